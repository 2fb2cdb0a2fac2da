// Keys as elements of which several share a word: each invocation makes a word.
//
// The host says `from_key(key)`, and how many elements share a word, PER_WORD.

const BITS = 32u / PER_WORD;

@group(0) @binding(0) var<storage, read> keys: array<u32>;
@group(0) @binding(1) var<storage, read_write> elements: array<u32>;

@compute @workgroup_size(256)
fn main(
    @builtin(local_invocation_index) thread: u32,
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let n = imm.words[1];
    let first = ((group.y * groups.x + group.x) * 256u + thread) * PER_WORD;
    if first >= n {
        return;
    }
    var word = 0u;
    for (var i = 0u; i < PER_WORD; i++) {
        word |= from_key(keys[min(first + i, n - 1u)]) << (i * BITS);
    }
    elements[first / PER_WORD] = word;
}
