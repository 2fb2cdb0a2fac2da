// Keys put into a table with open addressing, each once: a slot has the first row that came to it, plus 1, and of each
// row it is written down which slot has its key. How often a key is there is counted by its slot.
//
// No invocation waits for another one: whoever finds a slot taken looks at the key there, and goes on. One that has gone
// too far marks that in `failed`.
//
// The host says what a `Key` is, `key_at(at)`, `is_equal(a, b)`, and `first_slot(key)`.

@group(0) @binding(1) var<storage, read_write> table: array<atomic<u32>>;
@group(0) @binding(2) var<storage, read_write> counts: array<atomic<u32>>;
@group(0) @binding(3) var<storage, read_write> slots: array<u32>;
@group(0) @binding(4) var<storage, read_write> failed: array<atomic<u32>, 1>;

@compute @workgroup_size(256)
fn main(
    @builtin(local_invocation_index) thread: u32,
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let n = imm.words[1];
    let mask = imm.words[2];
    let row = (group.y * groups.x + group.x) * 256u + thread;
    if row >= n {
        return;
    }
    let key = key_at(row);
    var slot = first_slot(key) & mask;
    for (var i = 0u; i < STEPS_MAX; i++) {
        // Weak: it may fail where the slot is free, and then it is tried again.
        let taken = atomicCompareExchangeWeak(&table[slot], 0u, row + 1u);
        let other = taken.old_value;
        if taken.exchanged || (other != 0u && is_equal(key_at(other - 1u), key)) {
            atomicAdd(&counts[slot], 1u);
            slots[row] = slot;
            return;
        }
        if other != 0u {
            slot = (slot + 1u) & mask;
        }
    }
    slots[row] = 0u;
    atomicMax(&failed[0], 1u);
}
