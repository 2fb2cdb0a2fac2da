// Where a mask is true: how often in each tile of it, and then the places in order.
//
// A workgroup takes a tile of `n_turns` times 4096 elements, an invocation 16 of them in a turn. The places are put
// together in workgroup memory, and written from there one beside the other.
//
// The host says `store(at, place)`; what was `before(at)` a tile; and IS_COUNTS, when only the count of each is stored.

@group(0) @binding(0) var<storage, read> mask: array<vec4<u32>>;

var<workgroup> sums: array<u32, 512>;
var<workgroup> places: array<u32, 4096>;

// A bit for each element of four words, the first one lowest; `n` of them are there.
fn marks(words: vec4<u32>, n: u32) -> u32 {
    // Four bits in the lowest bits of four bytes, moved together.
    let bits = (((words & vec4(0x01010101u)) * 0x01020408u) >> vec4(24u)) & vec4(15u);
    let all = bits.x | (bits.y << 4u) | (bits.z << 8u) | (bits.w << 12u);
    return all & ((1u << n) - 1u);
}

@compute @workgroup_size(256)
fn main(
    @builtin(local_invocation_index) thread: u32,
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let n = imm.words[1];
    let n_turns = imm.words[2];
    let n_tiles = imm.words[3];
    let tile = group.y * groups.x + group.x;
    if tile >= n_tiles {
        return;
    }
    var start = 0u;
    if !IS_COUNTS && tile > 0u {
        start = before(tile - 1u);
    }
    for (var turn = 0u; turn < n_turns; turn++) {
        let first = ((tile * n_turns + turn) * 256u + thread) * 16u;
        var bits = 0u;
        if first < n {
            bits = marks(mask[first / 16u], min(n - first, 16u));
        }
        let count = countOneBits(bits);
        var sum = count;
        var side = 0u;
        sums[thread] = sum;
        workgroupBarrier();
        for (var step = 1u; step < 256u; step = step * 2u) {
            if thread >= step {
                sum = sums[side + thread - step] + sum;
            }
            side = 256u - side;
            sums[side + thread] = sum;
            workgroupBarrier();
        }
        let total = sums[side + 255u];
        if !IS_COUNTS {
            var at = sum - count;
            while bits != 0u {
                places[at] = first + countTrailingZeros(bits);
                bits = bits & (bits - 1u);
                at++;
            }
            workgroupBarrier();
            for (var i = thread; i < total; i += 256u) {
                store(start + i, places[i]);
            }
        }
        start += total;
        workgroupBarrier();
    }
    if IS_COUNTS && thread == 0u {
        store(tile, start);
    }
}
