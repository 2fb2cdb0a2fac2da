// One pass of a stable sort by digits of 8 bits (D. Merrill and A. Grimshaw, "High performance and scalable radix
// sorting", 2011): the keys of a tile are sorted in workgroup memory by the digit's low and then its high half, and
// written to where the counts of all tiles say.
//
// A workgroup takes its tile part by part, PER_THREAD keys an invocation. Where a key belongs among those of the part:
// each invocation counts the 16 values of its own keys, in 8 words with a count in either half (of a value, and of that
// plus 8), and the running sum of all words, value by value, tells how many come before.
//
// The host says what a `Key` is, `LAST_KEY`, `key_at(at)`, `digit(key, shift)`, PER_THREAD, whether places go along,
// HAS_PLACES, with `place_at(at, column)`, and `store(at, key, place)`.

const PART = PER_THREAD * 256u;
const PLACES = select(1u, PART + PART / 32u, HAS_PLACES);

@group(0) @binding(1) var<storage, read> counts: array<u32>;

var<workgroup> keys: array<Key, PART + PART / 32u>;
var<workgroup> places: array<u32, PLACES>;
var<workgroup> words: array<u32, 2112>;
var<workgroup> sums: array<u32, 512>;
var<workgroup> starts: array<u32, 256>;
var<workgroup> targets: array<u32, 256>;

// Where a slot is, so that invocations which are some slots apart reach different banks.
fn bank(slot: u32) -> u32 {
    return slot + (slot >> 5u);
}

// Sorts the keys of a part by 4 bits from `shift` on.
fn split(thread: u32, shift: u32) {
    var own_keys: array<Key, PER_THREAD>;
    var own_places: array<u32, PER_THREAD>;
    var ranks: array<u32, PER_THREAD>;
    for (var i = 0u; i < 8u; i++) {
        words[bank(i * 256u + thread)] = 0u;
    }
    for (var i = 0u; i < PER_THREAD; i++) {
        let slot = bank(thread * PER_THREAD + i);
        own_keys[i] = keys[slot];
        if HAS_PLACES {
            own_places[i] = places[slot];
        }
        let value = digit(own_keys[i], shift) & 15u;
        let word = bank((value & 7u) * 256u + thread);
        let upper = (value >> 3u) * 16u;
        ranks[i] = (words[word] >> upper) & 0xffffu;
        words[word] += 1u << upper;
    }
    workgroupBarrier();
    var sum = 0u;
    for (var i = 0u; i < 8u; i++) {
        let word = bank(thread * 8u + i);
        let count = words[word];
        words[word] = sum;
        sum += count;
    }
    let own = sum;
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
    // The upper halves come after all lower ones.
    let before = sum - own + (sums[side + 255u] << 16u);
    for (var i = 0u; i < 8u; i++) {
        words[bank(thread * 8u + i)] += before;
    }
    workgroupBarrier();
    for (var i = 0u; i < PER_THREAD; i++) {
        let value = digit(own_keys[i], shift) & 15u;
        let word = words[bank((value & 7u) * 256u + thread)];
        let slot = bank(ranks[i] + ((word >> ((value >> 3u) * 16u)) & 0xffffu));
        keys[slot] = own_keys[i];
        if HAS_PLACES {
            places[slot] = own_places[i];
        }
    }
    workgroupBarrier();
}

@compute @workgroup_size(256)
fn main(
    @builtin(local_invocation_index) thread: u32,
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let n_rows = imm.words[1];
    let length = imm.words[2];
    let n_tiles = imm.words[3];
    let tile_length = imm.words[4];
    let shift = imm.words[5];
    let nth = group.y * groups.x + group.x;
    if nth >= n_rows * n_tiles {
        return;
    }
    let row = nth / n_tiles;
    let tile = nth % n_tiles;
    // Where the next key with a digit goes.
    var next = 0u;
    if thread + tile > 0u {
        next = counts[(row * 256u + thread) * n_tiles + tile - 1u];
    }
    targets[thread] = next;
    let last = min(length, (tile + 1u) * tile_length);
    for (var first = tile * tile_length; first < last; first += PART) {
        let n = min(last - first, PART);
        for (var i = 0u; i < PER_THREAD; i++) {
            let slot = i * 256u + thread;
            var key = LAST_KEY;
            if slot < n {
                let column = first + slot;
                key = key_at(row * length + column);
                if HAS_PLACES {
                    places[bank(slot)] = place_at(row * length + column, column);
                }
            }
            keys[bank(slot)] = key;
        }
        workgroupBarrier();
        split(thread, shift);
        split(thread, shift + 4u);
        for (var i = 0u; i < PER_THREAD; i++) {
            let slot = i * 256u + thread;
            let value = digit(keys[bank(slot)], shift);
            if slot == 0u || digit(keys[bank(slot - 1u)], shift) != value {
                starts[value] = slot;
            }
        }
        workgroupBarrier();
        for (var i = 0u; i < PER_THREAD; i++) {
            let slot = i * 256u + thread;
            if slot < n {
                let key = keys[bank(slot)];
                let value = digit(key, shift);
                let to = row * length + targets[value] + slot - starts[value];
                var place = 0u;
                if HAS_PLACES {
                    place = places[bank(slot)];
                }
                store(to, key, place);
            }
        }
        workgroupBarrier();
        for (var i = 0u; i < PER_THREAD; i++) {
            let slot = i * 256u + thread;
            if slot < n {
                let value = digit(keys[bank(slot)], shift);
                if slot + 1u == n || digit(keys[bank(slot + 1u)], shift) != value {
                    targets[value] += slot + 1u - starts[value];
                }
            }
        }
        workgroupBarrier();
    }
}
