// Running values along an axis that is not the last: an invocation takes a segment of a column, from its first element
// to its last, and its neighbours take those beside it.
//
// The host says what is merged: `Total`, `element(at)`, `merge(a, b)`, `nothing()`, which merges to the other; what was
// `before(at)` a segment; `store(at, total)`; and IS_TOTALS, when only the total of each segment is stored.

@compute @workgroup_size(256)
fn main(
    @builtin(local_invocation_index) thread: u32,
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let n = imm.words[1];
    let length = imm.words[2];
    let inner = imm.words[3];
    let n_segments = imm.words[4];
    let segment_length = imm.words[5];
    let nth = (group.y * groups.x + group.x) * 256u + thread;
    if nth >= n {
        return;
    }
    let segment = (nth / inner) % n_segments;
    let outer = nth / inner / n_segments;
    let first = segment * segment_length;
    let last = min(first + segment_length, length);
    var total = nothing();
    if segment > 0u && !IS_TOTALS {
        total = before(nth - inner);
    }
    var at = (outer * length + first) * inner + nth % inner;
    for (var i = first; i < last; i++) {
        total = merge(total, element(at));
        if !IS_TOTALS {
            store(at, total);
        }
        at = at + inner;
    }
    if IS_TOTALS {
        store(nth, total);
    }
}
