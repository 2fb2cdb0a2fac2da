// Random numbers of a Philox block's words: the twins of `random/continuous.rs` and `random/discrete.rs`.
// Each takes the four words of a block, which number of them it is to make, and its place in the whole array; parameters
// are words 9 to 14 of the immediates.

fn np_param(nth: u32) -> vec2<u32> {
    return vec2<u32>(imm.words[9u + 2u * nth], imm.words[10u + 2u * nth]);
}

fn np64_param(nth: u32) -> f64 {
    let words = np_param(nth);
    return bitcast<f64>(u64(words.x) | (u64(words.y) << 32u));
}

fn np64_words(x: f64) -> vec2<u32> {
    let bits = bitcast<u64>(x);
    return vec2<u32>(u32(bits & 0xfffffffflu), u32(bits >> 32u));
}

// One of four words.
fn np_word(words: vec4<u32>, nth: u32) -> u32 {
    let pair = np_pair(words, nth >> 1u);
    return select(pair.x, pair.y, (nth & 1u) == 1u);
}

// One of two numbers of 64 bits.
fn np_pair(words: vec4<u32>, nth: u32) -> vec2<u32> {
    return select(words.xy, words.zw, nth == 1u);
}

// In [0, 1): the upper 53 bits.
fn np64_unit(word: vec2<u32>) -> f64 {
    return f64((u64(word.x) | (u64(word.y) << 32u)) >> 11u) * 1.1102230246251565e-16lf;
}

// In (0, 1): the middle of one of 2^52 equal intervals.
fn np64_open_unit(word: vec2<u32>) -> f64 {
    let mantissa = (u64(word.x) | (u64(word.y) << 32u)) >> 12u;
    // Compilers would join what is subtracted here with what is subtracted of it, and round that.
    return np64_keep((bitcast<f64>(mantissa | 0x3ff0000000000000lu) - 1.0lf) + 1.1102230246251565e-16lf);
}

// The bits themselves, of numbers of so many bits.
fn np_bits(words: vec4<u32>, nth: u32, n_bits: u32) -> vec2<u32> {
    if n_bits == 64u {
        return np_pair(words, nth);
    }
    let at = nth * n_bits;
    return vec2<u32>(np_word(words, at >> 5u) >> (at & 31u), 0u);
}

// 1 with a probability, of which 2^53 times are known, rounded up: then it is a matter of integers.
fn np_bernoulli(words: vec4<u32>, nth: u32) -> vec2<u32> {
    let word = np_pair(words, nth);
    let upper = vec2<u32>((word.x >> 11u) | (word.y << 21u), word.y >> 11u);
    return vec2<u32>(select(0u, 1u, np_is_below_64(upper, np_param(0u))), 0u);
}

// The product of two numbers of 64 bits, low words first.
fn np_product_64(a: vec2<u32>, b: vec2<u32>) -> vec4<u32> {
    let low = product(a.x, b.x);
    let left = np_sum_64(product(a.y, b.x), vec2<u32>(low.y, 0u));
    let right = np_sum_64(product(a.x, b.y), vec2<u32>(left.x, 0u));
    let high = np_sum_64(product(a.y, b.y), np_sum_64(vec2<u32>(left.y, 0u), vec2<u32>(right.y, 0u)));
    return vec4<u32>(low.x, right.x, high.x, high.y);
}

// How often a number is drawn again at most: each time, one of two is good.
const NP_DRAWS_MAX: u32 = 128u;

// An integer that is drawn for this place alone: parameter 1 is below which one, 2 which products of 64 bits are no good.
fn np_below(place: vec2<u32>) -> vec2<u32> {
    var drawn = vec4<u32>();
    for (var draw = 0u; draw < NP_DRAWS_MAX; draw = draw + 1u) {
        let words = philox(place, 1u + (draw >> 1u));
        drawn = np_product_64(np_pair(words, draw & 1u), np_param(1u));
        if !np_is_below_64(drawn.xy, np_param(2u)) {
            break;
        }
    }
    return drawn.zw;
}

// Equally likely integers from parameter 0 on, fewer than 2^32; word 15 says which products of 32 bits are no good.
fn np_integers_narrow(words: vec4<u32>, nth: u32, place: vec2<u32>) -> vec2<u32> {
    let drawn = product(np_word(words, nth), np_param(1u).x);
    var offset = vec2<u32>(drawn.y, 0u);
    if drawn.x < imm.words[15] {
        offset = np_below(place);
    }
    return np_sum_64(np_param(0u), offset);
}

// And more than 2^32.
fn np_integers_wide(words: vec4<u32>, nth: u32, place: vec2<u32>) -> vec2<u32> {
    let drawn = np_product_64(np_pair(words, nth), np_param(1u));
    var offset = drawn.zw;
    if np_is_below_64(drawn.xy, np_param(2u)) {
        offset = np_below(place);
    }
    return np_sum_64(np_param(0u), offset);
}

// Of 2^32 or 2^64, each of which is as likely as its bits.
fn np_integers_all(word: vec2<u32>) -> vec2<u32> {
    return np_sum_64(np_param(0u), word);
}

fn np_uniform(words: vec4<u32>, nth: u32) -> f32 {
    let unit = f32(np_word(words, nth) >> 8u) * 5.9604645e-8;
    return bitcast<f32>(imm.words[9]) + np_keep(bitcast<f32>(imm.words[11]) * unit);
}

fn np64_uniform(words: vec4<u32>, nth: u32) -> f64 {
    return np64_param(0u) + np64_keep(np64_param(1u) * np64_unit(np_pair(words, nth)));
}

fn np_draw_normal(words: vec4<u32>, nth: u32) -> f32 {
    let quantile = np_quantile(bitcast<i32>(np_word(words, nth) ^ 0x80000000u));
    return bitcast<f32>(imm.words[9]) + bitcast<f32>(imm.words[11]) * quantile;
}

fn np64_draw_normal(words: vec4<u32>, nth: u32) -> f64 {
    return np64_param(0u) + np64_param(1u) * np64_quantile(np64_open_unit(np_pair(words, nth)));
}

fn np64_exponential(words: vec4<u32>, nth: u32) -> f64 {
    return 0.0lf - np64_param(0u) * np64_ln(np64_open_unit(np_pair(words, nth)));
}
