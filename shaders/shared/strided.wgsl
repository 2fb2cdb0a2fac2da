// Where elements of boxes lie: the twin of `layout/strided.rs`.

// Where an element is read and where it is written, by its place along `n_axes` axes, of which each has a length and two
// strides in the immediates from word `at` on; words 2 and 3 are where the first one is.
fn np_place(nth: u32, n_axes: u32, at: u32) -> vec2<u32> {
    var rest = nth;
    var place = vec2<u32>(imm.words[2], imm.words[3]);
    for (var axis = n_axes; axis > 0u; axis = axis - 1u) {
        let word = at + 3u * (axis - 1u);
        let strides = vec2<u32>(imm.words[word + 1u], imm.words[word + 2u]);
        // Along the first one there is no need to divide.
        if axis == 1u {
            place = place + rest * strides;
        } else {
            place = place + (rest % imm.words[word]) * strides;
            rest = rest / imm.words[word];
        }
    }
    return place;
}
