// Rows of a block at positions along an axis, of elements of which several share a word: each invocation makes a word.
//
// The host says how many elements share one, PER_WORD, and `position(nth)`, which marks in `outside` a position that is
// none.

const BITS = 32u / PER_WORD;

@group(0) @binding(0) var<storage, read> block: array<u32>;
@group(0) @binding(1) var<storage, read_write> rows: array<u32>;

@compute @workgroup_size(256)
fn main(
    @builtin(local_invocation_index) thread: u32,
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let n = imm.words[1];
    let inner = imm.words[2];
    let n_positions = imm.words[3];
    let length = imm.words[4];
    let first = ((group.y * groups.x + group.x) * 256u + thread) * PER_WORD;
    if first >= n {
        return;
    }
    var word = 0u;
    for (var i = 0u; i < PER_WORD; i++) {
        let at = min(first + i, n - 1u);
        let row = at / inner;
        let from_row = row / n_positions * length + position(row % n_positions, length);
        let from_at = from_row * inner + at % inner;
        let bits = block[from_at / PER_WORD] >> (from_at % PER_WORD * BITS);
        word |= (bits & ((1u << BITS) - 1u)) << (i * BITS);
    }
    rows[first / PER_WORD] = word;
}
