// The twin of `transpose.wgsl` for elements of one or two bytes: squares of single elements, of which each invocation
// writes a word at a time, or those bytes of it that belong to one row of a square; the others are zeros before any is
// written.
//
// Before it stand
//   const BITS: u32        bits of an element
//   const N_AXES: u32      as there
// Words of the immediates are as there too. The axis that is written in order is written in one piece.

@group(0) @binding(0) var<storage, read> given: array<u32>;
@group(0) @binding(1) var<storage, read_write> out: array<atomic<u32>>;

const SIDE: u32 = 32u;
// How many rows of a square a workgroup reads at once.
const ROWS: u32 = 8u;
const PER_WORD: u32 = 32u / BITS;
// How many words a row touches at most.
const WORDS: u32 = SIDE / PER_WORD + 1u;

var<workgroup> square: array<array<u32, 33>, 32>;

fn put(row: u32, nth_word: u32, to: u32, n_inside: u32) {
    let word = to / PER_WORD + nth_word;
    var bits = 0u;
    var n_put = 0u;
    for (var lane = 0u; lane < PER_WORD; lane = lane + 1u) {
        // Before the row's beginning this is very large.
        let column = word * PER_WORD + lane - to;
        if column < n_inside {
            bits = bits | (square[column][row] << (BITS * lane));
            n_put = n_put + 1u;
        }
    }
    if n_put == PER_WORD {
        atomicStore(&out[word], bits);
    } else if n_put > 0u {
        atomicOr(&out[word], bits);
    }
}

@compute @workgroup_size(256)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) idx: u32,
) {
    let x = idx % SIDE;
    let y = idx / SIDE;
    let n_read = imm.words[4];
    let n_written = imm.words[5];
    let n_across = (n_written + SIDE - 1u) / SIDE;
    let n_down = (n_read + SIDE - 1u) / SIDE;
    for (var nth = group.x; nth < imm.words[1]; nth = nth + count.x) {
        let place = np_place(nth / n_across / n_down, N_AXES, 10u);
        let across = nth % n_across * SIDE;
        let down = nth / n_across % n_down * SIDE;
        for (var row = y; row < SIDE; row = row + ROWS) {
            if down + x < n_read && across + row < n_written {
                let at = place.x + (down + x) * imm.words[6] + (across + row) * imm.words[8];
                square[row][x] = (given[at / PER_WORD] >> (BITS * (at % PER_WORD))) & ((1u << BITS) - 1u);
            }
        }
        workgroupBarrier();
        for (var nth_word = idx; nth_word < SIDE * WORDS; nth_word = nth_word + 256u) {
            let row = nth_word / WORDS;
            if down + row < n_read {
                let to = place.y + (down + row) * imm.words[7] + across;
                put(row, nth_word % WORDS, to, min(n_written - across, SIDE));
            }
        }
        workgroupBarrier();
    }
}
