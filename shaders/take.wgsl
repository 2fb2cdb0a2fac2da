// Rows of a block at positions along an axis: each invocation copies four units of 4, 8 or 16 bytes, which lie 256 units
// apart, so that its neighbours copy those beside them.
//
// The host says what a `Unit` is, and `position(nth)`, which marks in `outside` a position that is none.

@group(0) @binding(0) var<storage, read> block: array<Unit>;
@group(0) @binding(1) var<storage, read_write> rows: array<Unit>;

@compute @workgroup_size(256)
fn main(
    @builtin(local_invocation_index) thread: u32,
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let n_units = imm.words[1];
    let row_units = imm.words[2];
    let n_positions = imm.words[3];
    let length = imm.words[4];
    let first = (group.y * groups.x + group.x) * 1024u + thread;
    for (var i = 0u; i < 4u; i++) {
        let unit = first + i * 256u;
        if unit < n_units {
            let row = unit / row_units;
            let from_row = row / n_positions * length + position(row % n_positions, length);
            rows[unit] = block[from_row * row_units + unit % row_units];
        }
    }
}
