// For each row on the left the slot that has its key, and how many rows on the right have that key: 0 where none has.
//
// The host says what a `Key` is, `key_at(at)` of the right, `is_equal(a, b)`, `first_slot(key)`, and `left_key_at(at)`.

@group(0) @binding(1) var<storage, read> table: array<u32>;
@group(0) @binding(2) var<storage, read> counts: array<u32>;
@group(0) @binding(4) var<storage, read_write> slots: array<u32>;
@group(0) @binding(5) var<storage, read_write> matches: array<u32>;
@group(0) @binding(6) var<storage, read_write> failed: array<atomic<u32>, 1>;

@compute @workgroup_size(256)
fn main(
    @builtin(local_invocation_index) thread: u32,
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let n = imm.words[1];
    let mask = imm.words[2];
    let row = (group.y * groups.x + group.x) * 256u + thread;
    if row >= n {
        return;
    }
    let key = left_key_at(row);
    var slot = first_slot(key) & mask;
    for (var i = 0u; i < STEPS_MAX; i++) {
        let other = table[slot];
        let is_found = other != 0u && is_equal(key_at(max(other, 1u) - 1u), key);
        if is_found || other == 0u {
            slots[row] = slot;
            matches[row] = select(0u, counts[slot], is_found);
            return;
        }
        slot = (slot + 1u) & mask;
    }
    slots[row] = 0u;
    matches[row] = 0u;
    atomicMax(&failed[0], 1u);
}
