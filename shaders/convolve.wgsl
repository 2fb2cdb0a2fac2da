// The sum of each window of a block times weights, the twin of `convolve.rs`: each workgroup makes a box of the result, with
// what its windows reach in the workgroup's memory, and each invocation four elements of it.
//
// Before it stand
//   alias Element, alias Four   elements, and four of them
//   const BOX_X, BOX_Y, BOX_Z: u32            the box's lengths, along the last axis first
//   const WINDOW_X, WINDOW_Y, WINDOW_Z: u32   and the window's
// Words of the immediates: 1 is how many boxes there are, from 2 on come the block's lengths, from 5 on the result's, and 8 and
// 9 are how many boxes there are along the first two.

@group(0) @binding(0) var<storage, read> given: array<Element>;
@group(0) @binding(1) var<storage, read> weights: array<Element>;
@group(0) @binding(2) var<storage, read_write> out: array<Element>;

const REACH_X: u32 = BOX_X + WINDOW_X - 1u;
const REACH_Y: u32 = BOX_Y + WINDOW_Y - 1u;
const REACH_Z: u32 = BOX_Z + WINDOW_Z - 1u;
const N_REACHED: u32 = REACH_X * REACH_Y * REACH_Z;

var<workgroup> reached: array<Element, N_REACHED>;

// The n-th place of a box with sides of these lengths.
fn within(nth: u32, x: u32, y: u32) -> vec3<u32> {
    return vec3<u32>(nth % x, nth / x % y, nth / x / y);
}

// Where the window begins that makes the n-th element of the box.
fn window_at(nth: u32) -> u32 {
    let at = within(nth % (BOX_X * BOX_Y * BOX_Z), BOX_X, BOX_Y);
    return (at.z * REACH_Y + at.y) * REACH_X + at.x;
}

fn put(corner: vec3<u32>, nth: u32, element: Element) {
    let at = corner + within(nth, BOX_X, BOX_Y);
    let lengths = vec3<u32>(imm.words[5], imm.words[6], imm.words[7]);
    if nth < BOX_X * BOX_Y * BOX_Z && all(at < lengths) {
        out[(at.z * lengths.y + at.y) * lengths.x + at.x] = element;
    }
}

@compute @workgroup_size(256)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) idx: u32,
) {
    let nth_box = group.x + group.y * count.x;
    if nth_box >= imm.words[1] {
        return;
    }
    let corner = within(nth_box, imm.words[8], imm.words[9]) * vec3<u32>(BOX_X, BOX_Y, BOX_Z);
    let lengths = vec3<u32>(imm.words[2], imm.words[3], imm.words[4]);
    for (var nth = idx; nth < N_REACHED; nth = nth + 256u) {
        let at = corner + within(nth, REACH_X, REACH_Y);
        if all(at < lengths) {
            reached[nth] = given[(at.z * lengths.y + at.y) * lengths.x + at.x];
        }
    }
    workgroupBarrier();
    let begin =
        vec4<u32>(window_at(idx), window_at(idx + 256u), window_at(idx + 512u), window_at(idx + 768u));
    var sum = Four();
    var nth_weight = 0u;
    for (var z = 0u; z < WINDOW_Z; z = z + 1u) {
        for (var y = 0u; y < WINDOW_Y; y = y + 1u) {
            let row = begin + vec4<u32>((z * REACH_Y + y) * REACH_X);
            for (var x = 0u; x < WINDOW_X; x = x + 1u) {
                let elements =
                    Four(reached[row.x + x], reached[row.y + x], reached[row.z + x], reached[row.w + x]);
                sum = sum + weights[nth_weight] * elements;
                nth_weight = nth_weight + 1u;
            }
        }
    }
    put(corner, idx, sum.x);
    put(corner, idx + 256u, sum.y);
    put(corner, idx + 512u, sum.z);
    put(corner, idx + 768u, sum.w);
}
