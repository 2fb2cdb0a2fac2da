// The greatest of whole numbers; what is none that fits 32 bits counts as 0xffffffff.
//
// The host says `number(at)`.

@group(0) @binding(1) var<storage, read_write> greatest: array<atomic<u32>, 1>;

var<workgroup> own: atomic<u32>;

@compute @workgroup_size(256)
fn main(
    @builtin(local_invocation_index) thread: u32,
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let n = imm.words[1];
    var most = 0u;
    for (var i = 0u; i < imm.words[2]; i++) {
        let at = (i * groups.x + group.x) * 256u + thread;
        if at < n {
            most = max(most, number(at));
        }
    }
    atomicMax(&own, most);
    workgroupBarrier();
    if thread == 0u {
        atomicMax(&greatest[0], atomicLoad(&own));
    }
}
