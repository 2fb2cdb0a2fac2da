// Running values of rows that lie one after the other.
//
// A workgroup takes a tile of one row, turn by turn, or all of several short rows: a power of two of its invocations has
// a row, and each of them four elements at a time. They are loaded in the order in which they lie, and exchanged in
// workgroup memory.
//
// The host says what is merged: `Total`, `element(at)`, `merge(a, b)`, `nothing()`, which merges to the other; what was
// `before(at)` a tile; `store(at, total)`; and IS_TOTALS, when only the total of each tile is stored.

var<workgroup> values: array<Total, 1056>;
var<workgroup> sums: array<Total, 512>;

// Where a slot is, so that invocations which are four slots apart reach different banks.
fn place(slot: u32) -> u32 {
    return slot + (slot >> 5u);
}

@compute @workgroup_size(256)
fn main(
    @builtin(local_invocation_index) thread: u32,
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let n_rows = imm.words[1];
    let length = imm.words[2];
    let row_bits = imm.words[3] + 2u;
    let n_tiles = imm.words[4];
    let n_turns = imm.words[5];
    let nth = group.y * groups.x + group.x;
    let tile = nth % n_tiles;
    let row_slots = 1u << row_bits;
    let row_threads = row_slots / 4u;
    let first_row = (nth / n_tiles) << (10u - row_bits);
    let lane = thread & (row_threads - 1u);
    var carry = nothing();
    if tile > 0u && !IS_TOTALS {
        carry = before(nth - 1u);
    }
    for (var turn = 0u; turn < n_turns; turn++) {
        let first = (tile * n_turns + turn) * row_slots;
        for (var i = 0u; i < 4u; i++) {
            let slot = i * 256u + thread;
            let row = first_row + (slot >> row_bits);
            let column = first + (slot & (row_slots - 1u));
            var value = nothing();
            if row < n_rows && column < length {
                value = element(row * length + column);
            }
            values[place(slot)] = value;
        }
        workgroupBarrier();
        let a = values[place(thread * 4u)];
        let b = merge(a, values[place(thread * 4u + 1u)]);
        let c = merge(b, values[place(thread * 4u + 2u)]);
        let d = merge(c, values[place(thread * 4u + 3u)]);
        // The total of the row up to here, over twice as many invocations each time.
        var sum = d;
        var side = 0u;
        sums[thread] = sum;
        workgroupBarrier();
        for (var step = 1u; step < row_threads; step = step * 2u) {
            if lane >= step {
                sum = merge(sums[side + thread - step], sum);
            }
            side = 256u - side;
            sums[side + thread] = sum;
            workgroupBarrier();
        }
        var start = carry;
        if lane > 0u {
            start = merge(carry, sums[side + thread - 1u]);
        }
        values[place(thread * 4u)] = merge(start, a);
        values[place(thread * 4u + 1u)] = merge(start, b);
        values[place(thread * 4u + 2u)] = merge(start, c);
        values[place(thread * 4u + 3u)] = merge(start, d);
        carry = merge(carry, sums[side + thread - lane + row_threads - 1u]);
        workgroupBarrier();
        if !IS_TOTALS {
            for (var i = 0u; i < 4u; i++) {
                let slot = i * 256u + thread;
                let row = first_row + (slot >> row_bits);
                let column = first + (slot & (row_slots - 1u));
                if row < n_rows && column < length {
                    store(row * length + column, values[place(slot)]);
                }
            }
        }
    }
    if IS_TOTALS && thread == 0u && nth < n_rows * n_tiles {
        store(nth, carry);
    }
}
