// The sum of products that were made in parts along k, in the parts' order.
//
// Before it stand
//   alias Element
//   fn acc_at(at: u32) -> Element    of what the sum is added to, or 0
// Word 1 is how many elements the sum has, and 2 how many parts there are.

@group(0) @binding(0) var<storage, read> parts: array<Element>;
@group(0) @binding(1) var<storage, read_write> out: array<Element>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) count: vec3<u32>) {
    let n = imm.words[1];
    for (var at = id.x; at < n; at = at + count.x * 256u) {
        var sum = acc_at(at);
        for (var part = 0u; part < imm.words[2]; part = part + 1u) {
            sum = sum + parts[part * n + at];
        }
        out[at] = sum;
    }
}
