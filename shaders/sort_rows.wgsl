// Short rows sorted in workgroup memory: as many as fit 2048 slots, each filled up to a power of two, of `row_bits` bits.
//
// Bitonic sort (K. E. Batcher, "Sorting networks and their applications", 1968), by keys and then by places, so that
// equal keys stay in their order, and what a row is filled up with comes last.
//
// The host says what a `Key` is, `less(a, b)`, `LAST_KEY`, `key_at(at)`, and `store(at, key, place)`.

var<workgroup> keys: array<Key, 2048>;
var<workgroup> places: array<u32, 2048>;

@compute @workgroup_size(256)
fn main(
    @builtin(local_invocation_index) thread: u32,
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let n_rows = imm.words[1];
    let length = imm.words[2];
    let row_bits = imm.words[3];
    let row_slots = 1u << row_bits;
    let first_row = (group.y * groups.x + group.x) << (11u - row_bits);
    for (var i = 0u; i < 8u; i++) {
        let slot = i * 256u + thread;
        let row = first_row + (slot >> row_bits);
        let place = slot & (row_slots - 1u);
        keys[slot] = LAST_KEY;
        if row < n_rows && place < length {
            keys[slot] = key_at(row * length + place);
        }
        places[slot] = place;
    }
    workgroupBarrier();
    for (var run = 2u; run <= row_slots; run = run * 2u) {
        for (var apart = run / 2u; apart > 0u; apart = apart / 2u) {
            for (var i = 0u; i < 4u; i++) {
                let pair = i * 256u + thread;
                let within = pair & (apart - 1u);
                let a = (pair - within) * 2u + within;
                let b = a + apart;
                let rises = (a & (row_slots - 1u) & run) == 0u;
                let key_a = keys[a];
                let key_b = keys[b];
                let place_a = places[a];
                let place_b = places[b];
                let is_first = less(key_a, key_b) || (!less(key_b, key_a) && place_a < place_b);
                if is_first != rises {
                    keys[a] = key_b;
                    keys[b] = key_a;
                    places[a] = place_b;
                    places[b] = place_a;
                }
            }
            workgroupBarrier();
        }
    }
    for (var i = 0u; i < 8u; i++) {
        let slot = i * 256u + thread;
        let row = first_row + (slot >> row_bits);
        let column = slot & (row_slots - 1u);
        if row < n_rows && column < length {
            store(row * length + column, keys[slot], places[slot]);
        }
    }
}
