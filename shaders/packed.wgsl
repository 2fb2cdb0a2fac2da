// A box of elements of one or two bytes copied from where it lies to where it belongs: each invocation writes a word at
// a time, or those bytes of it that belong to one row of the box; the others belong to other rows or boxes, so that they
// are zeros before any is written.
//
// Before it stand
//   const BITS: u32        bits of an element
//   const N_AXES: u32      axes of the box but the last, whose lengths and strides begin at word 7 of the immediates
// Word 1 is how many words there are to write, 4 the length of a row, 5 how far apart its elements lie, and 6 how many words
// a row touches at most. It is written in one piece.

@group(0) @binding(0) var<storage, read> given: array<u32>;
@group(0) @binding(1) var<storage, read_write> out: array<atomic<u32>>;

const PER_WORD: u32 = 32u / BITS;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) count: vec3<u32>) {
    let n = imm.words[1];
    let length = imm.words[4];
    let words = imm.words[6];
    for (var nth = id.x; nth < n; nth = nth + count.x * 256u) {
        let place = np_place(nth / words, N_AXES, 7u);
        let word = place.y / PER_WORD + nth % words;
        var bits = 0u;
        var n_inside = 0u;
        for (var lane = 0u; lane < PER_WORD; lane = lane + 1u) {
            // Below the row's beginning this is very large.
            let idx = word * PER_WORD + lane - place.y;
            if idx < length {
                let at = place.x + idx * imm.words[5];
                let element = given[at / PER_WORD] >> (BITS * (at % PER_WORD));
                bits = bits | ((element & ((1u << BITS) - 1u)) << (BITS * lane));
                n_inside = n_inside + 1u;
            }
        }
        if n_inside == PER_WORD {
            atomicStore(&out[word], bits);
        } else if n_inside > 0u {
            atomicOr(&out[word], bits);
        }
    }
}
