// A box of elements copied from where it lies to where it belongs: each invocation moves one at a time.
//
// Before it stand
//   alias Element          4, 8 or 16 bytes
//   const N_AXES: u32      axes of the box, whose lengths and strides begin at word 4 of the immediates
// Word 1 is how many elements there are.

@group(0) @binding(0) var<storage, read> given: array<Element>;
@group(0) @binding(1) var<storage, read_write> out: array<Element>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) count: vec3<u32>) {
    let n = imm.words[1];
    for (var nth = id.x; nth < n; nth = nth + count.x * 256u) {
        let place = np_place(nth, N_AXES, 4u);
        out[place.y] = given[place.x];
    }
}
