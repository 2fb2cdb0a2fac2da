// Totals of few groups: each invocation has one of every group in workgroup memory, and takes every THREADS-th row of its
// workgroup's tile; then they are merged in pairs. Of a group all tiles' totals are stored one after the other.
//
// The host says what is merged: `Total`, `element(at)`, `merge(a, b)`, `nothing()`, which merges to the other; the code of
// a row, `number(at)`; `store(at, total)`; THREADS, two to the power of
// LOG_THREADS, and SLOTS, which are enough for THREADS totals of each group.

var<workgroup> totals: array<Total, SLOTS>;

@compute @workgroup_size(THREADS)
fn main(@builtin(local_invocation_index) thread: u32, @builtin(workgroup_id) group: vec3<u32>) {
    let n = imm.words[1];
    let n_groups = imm.words[2];
    let n_tiles = imm.words[3];
    let tile_length = imm.words[4];
    let tile = group.x;
    for (var code = 0u; code < n_groups; code++) {
        totals[code * THREADS + thread] = nothing();
    }
    let last = min(n, (tile + 1u) * tile_length);
    for (var at = tile * tile_length + thread; at < last; at += THREADS) {
        let code = number(at);
        if code < n_groups {
            let slot = code * THREADS + thread;
            totals[slot] = merge(totals[slot], element(at));
        }
    }
    workgroupBarrier();
    for (var bits = LOG_THREADS; bits > 0u; bits--) {
        let n_pairs = 1u << (bits - 1u);
        for (var i = thread; i < n_groups * n_pairs; i += THREADS) {
            let slot = (i >> (bits - 1u)) * THREADS + (i & (n_pairs - 1u));
            totals[slot] = merge(totals[slot], totals[slot + n_pairs]);
        }
        workgroupBarrier();
    }
    for (var code = thread; code < n_groups; code += THREADS) {
        store(code * n_tiles + tile, totals[code * THREADS]);
    }
}
