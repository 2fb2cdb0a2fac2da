// A box of elements copied in another order of axes: neighbours where elements are read lie along another axis than
// neighbours where they are written, so that workgroups turn squares of these two axes in their own memory.
//
// Before it stand
//   alias Element          4, 8 or 16 bytes
//   const N_AXES: u32      the other axes, whose lengths and strides begin at word 10 of the immediates
// Word 1 is how many squares there are; 4, 6 and 7 are the length and the strides of the axis that is read in order, 5, 8
// and 9 those of the axis that is written in order.

@group(0) @binding(0) var<storage, read> given: array<Element>;
@group(0) @binding(1) var<storage, read_write> out: array<Element>;

const SIDE: u32 = 32u;
// How many rows of a square a workgroup moves at once.
const ROWS: u32 = 8u;

// With a column more, so that a column's elements lie in different banks.
var<workgroup> square: array<array<Element, 33>, 32>;

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
                square[row][x] = given[at];
            }
        }
        workgroupBarrier();
        for (var row = y; row < SIDE; row = row + ROWS) {
            if down + row < n_read && across + x < n_written {
                let at = place.y + (down + row) * imm.words[7] + (across + x) * imm.words[9];
                out[at] = square[x][row];
            }
        }
        workgroupBarrier();
    }
}
