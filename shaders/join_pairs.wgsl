// The pairs of a join: each invocation makes one, of the row on the left within whose pairs it falls.
//
// `ends` are the running counts of the left rows' pairs, and `right_ends` those of the slots' rows on the right, which
// `right_rows` has slot by slot.

@group(0) @binding(0) var<storage, read> ends: array<vec2<u32>>;
@group(0) @binding(1) var<storage, read> slots: array<u32>;
@group(0) @binding(2) var<storage, read> right_ends: array<u32>;
@group(0) @binding(3) var<storage, read> right_rows: array<u32>;
@group(0) @binding(4) var<storage, read_write> lefts: array<vec2<u32>>;
@group(0) @binding(5) var<storage, read_write> rights: array<vec2<u32>>;

@compute @workgroup_size(256)
fn main(
    @builtin(local_invocation_index) thread: u32,
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let n = imm.words[1];
    let n_left = imm.words[2];
    let nth = (group.y * groups.x + group.x) * 256u + thread;
    if nth >= n {
        return;
    }
    // The first row whose pairs end after this one.
    var row = 0u;
    var last = n_left;
    while row < last {
        let middle = row + (last - row) / 2u;
        if ends[middle].x > nth {
            last = middle;
        } else {
            row = middle + 1u;
        }
    }
    var start = 0u;
    if row > 0u {
        start = ends[row - 1u].x;
    }
    let slot = slots[row];
    var right_start = 0u;
    if slot > 0u {
        right_start = right_ends[slot - 1u];
    }
    lefts[nth] = vec2(row, 0u);
    rights[nth] = vec2(right_rows[right_start + nth - start], 0u);
}
