// The bin of a point, between edges that rise, for `bins.wgsl`: the last edge belongs to the last bin.
//
// The host says what a `Key` is, `less(a, b)`, `is_nan(key)`, and the keys of points and edges, `point(at)`, `edge(at)`.

fn bin(at: u32) -> u32 {
    let n_bins = imm.words[3];
    let key = point(at);
    // How many edges are not greater.
    var first = 0u;
    var last = n_bins + 1u;
    while first < last {
        let middle = first + (last - first) / 2u;
        if less(key, edge(middle)) {
            last = middle;
        } else {
            first = middle + 1u;
        }
    }
    if is_nan(key) {
        return n_bins;
    }
    if first == n_bins + 1u && !less(edge(n_bins), key) {
        return n_bins - 1u;
    }
    return first - 1u;
}
