// Random numbers, the twin of `random.rs`: each invocation makes 16 bytes of them at a time.
//
// Before it stand
//   const ITEM_BITS: u32    bits of an element
//   const PER_BLOCK: u32    how many elements share a Philox block, a power of two, and
//   const BLOCK_SHIFT: u32  which one
//   const N_AXES: u32       axes of the block that lie in one row each
//   fn number(words: vec4<u32>, nth: u32, place: vec2<u32>) -> vec2<u32>
// and after word 15 of the immediates, for each axis its length and the distance of its neighbours in the whole array.

@group(0) @binding(0) var<storage, read_write> out: array<vec4<u32>>;

const LANES: u32 = 128u / ITEM_BITS;
const AXES_AT: u32 = 16u;

// The words of a block of the array.
fn philox(block: vec2<u32>, attempt: u32) -> vec4<u32> {
    return np_philox(vec4<u32>(block, imm.words[6], attempt), vec2<u32>(imm.words[4], imm.words[5]));
}

// An element's place in the whole array, and how many follow it there in a row, itself included.
struct Run {
    place: vec2<u32>,
    left: u32,
}

fn run_at(element: u32) -> Run {
    let row = imm.words[AXES_AT + 3u * (N_AXES - 1u)];
    let within = element % row;
    var rest = element / row;
    var place = np_sum_64(vec2<u32>(imm.words[7], imm.words[8]), vec2<u32>(within, 0u));
    for (var axis = N_AXES - 1u; axis > 0u; axis = axis - 1u) {
        let at = AXES_AT + 3u * (axis - 1u);
        let idx = rest % imm.words[at];
        rest = rest / imm.words[at];
        let moved = product(idx, imm.words[at + 1u]) + vec2<u32>(0u, idx * imm.words[at + 2u]);
        place = np_sum_64(place, moved);
    }
    return Run(place, row - within);
}

// With an element added at the end of the 16 bytes, and the first one gone.
fn pushed(group: vec4<u32>, element: vec2<u32>) -> vec4<u32> {
    if ITEM_BITS == 64u {
        return vec4<u32>(group.zw, element);
    }
    if ITEM_BITS == 32u {
        return vec4<u32>(group.yzw, element.x);
    }
    let next = vec4<u32>(group.yzw, element.x);
    return (group >> vec4<u32>(ITEM_BITS & 31u)) | (next << vec4<u32>((32u - ITEM_BITS) & 31u));
}

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) count: vec3<u32>) {
    let n_groups = imm.words[1];
    let last = imm.words[3];
    for (var q = id.x; q < n_groups; q = q + count.x * 256u) {
        let first = imm.words[2] + q * LANES;
        var run = run_at(first);
        var block = vec2<u32>();
        var words = vec4<u32>();
        var group = vec4<u32>();
        for (var lane = 0u; lane < LANES; lane = lane + 1u) {
            let next = vec2<u32>(
                (run.place.x >> BLOCK_SHIFT) | ((run.place.y << 1u) << (31u - BLOCK_SHIFT)),
                run.place.y >> BLOCK_SHIFT,
            );
            if lane == 0u || any(next != block) {
                block = next;
                words = philox(block, 0u);
            }
            group = pushed(group, number(words, run.place.x & (PER_BLOCK - 1u), run.place));
            run.place = np_sum_64(run.place, vec2<u32>(1u, 0u));
            run.left = run.left - 1u;
            if run.left == 0u {
                run = run_at(min(first + lane + 1u, last));
            }
        }
        out[q] = group;
    }
}
