// How many elements fall into each bin, added to 64-bit counts, of which the low words are enough.
//
// Few bins are counted by each workgroup for itself in workgroup memory, and then added up; IS_SHARED says so.
// The host says `bin(at)`; a bin that there is not does not count.

@group(0) @binding(1) var<storage, read_write> counts: array<atomic<u32>>;

var<workgroup> own: array<atomic<u32>, 4096>;

@compute @workgroup_size(256)
fn main(
    @builtin(local_invocation_index) thread: u32,
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let n = imm.words[1];
    let n_turns = imm.words[2];
    let n_bins = imm.words[3];
    if IS_SHARED {
        for (var i = thread; i < n_bins; i += 256u) {
            atomicStore(&own[i], 0u);
        }
        workgroupBarrier();
    }
    for (var i = 0u; i < n_turns; i++) {
        let at = (i * groups.x + group.x) * 256u + thread;
        if at < n {
            let to = bin(at);
            if to < n_bins {
                if IS_SHARED {
                    atomicAdd(&own[to], 1u);
                } else {
                    atomicAdd(&counts[2u * to], 1u);
                }
            }
        }
    }
    if IS_SHARED {
        workgroupBarrier();
        for (var i = thread; i < n_bins; i += 256u) {
            let count = atomicLoad(&own[i]);
            if count > 0u {
                atomicAdd(&counts[2u * i], count);
            }
        }
    }
}
