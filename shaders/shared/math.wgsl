// NumPy's elementary functions of single precision, line by line as in `engine/kernels/src/math`.
//
// The built-in functions may be wrong by thousands of units in the last place; these are not by more than 4. All
// constants that begin with NP_ come from the lines that `gristmill_kernels::shader_constants` writes.
//
// What a driver may do to floats decides how they are written. It may fuse products with sums, so a product that has to
// be exact is so by few bits. It may add and multiply in another order, so what must not be is kept from it by bits. It
// may divide wrongly by 2 1/2 units, and find roots worse, so where that would be too much the last bits are found anew.
// It may assume that there is neither infinity nor NaN, so these are asked for and given as bits. It may take subnormal
// numbers for zero: then results that are subnormal, and those of subnormal arguments, are those of zero.

// --- Bits ---

fn np_is_zero(x: f32) -> bool {
    return (bitcast<u32>(x) & NP_MAGNITUDE_BITS) == 0u;
}

// `result`, or the number of these bits.
fn np_or_bits(result: f32, bits: u32, which: bool) -> f32 {
    return bitcast<f32>(select(bitcast<u32>(result), bits, which));
}

// `result`, or another number, though that be NaN.
fn np_or(result: f32, other: f32, which: bool) -> f32 {
    return bitcast<f32>(select(bitcast<u32>(result), bitcast<u32>(other), which));
}

// A whole float below 2^22 as an integer.
fn np_whole(k: f32) -> i32 {
    return bitcast<i32>(bitcast<u32>(k + NP_COUNTER) - NP_COUNTER_BITS);
}

// 2^n, where that is a normal number.
fn np_power_of_2(n: i32) -> f32 {
    return bitcast<f32>(bitcast<u32>(n + 127) << 23u);
}

// `x`, in a way that no compiler looks through, since none knows the 0 of `zero()`. What is done to the result is not done
// together with what led to `x`.
fn np_keep(x: f32) -> f32 {
    return bitcast<f32>(bitcast<u32>(x) ^ zero());
}

// x 2^n, also where that or 2^n is subnormal or infinite.
fn np_scale(x: f32, n: i32) -> f32 {
    let half = n >> 1u;
    return np_keep(x * np_power_of_2(half)) * np_power_of_2(n - half);
}

// The bits of `x` that are in the mask: parts that multiply exactly, and that no compiler takes for `x` itself.
fn np_cut(x: f32, mask: u32) -> f32 {
    return bitcast<f32>(bitcast<u32>(x) & mask);
}

// A number that is not negative with the sign of another.
fn np_with_sign(magnitude: f32, of_x: f32) -> f32 {
    return bitcast<f32>(bitcast<u32>(magnitude) | (bitcast<u32>(of_x) & NP_SIGN_BIT));
}

// A positive number as a normal one, and by which power of 2 that is too large.
struct NpNormal {
    x: f32,
    more: i32,
}

fn np_normal(x: f32) -> NpNormal {
    let bits = bitcast<u32>(x) & NP_MAGNITUDE_BITS;
    let subnormal = NpNormal(f32(bits << 1u), 150);
    if bits < NP_NORMAL_BITS {
        return subnormal;
    }
    return NpNormal(bitcast<f32>(bits), 0);
}

// a / b to the last bit but one, where b is between 2^-126 and 2^126, and the quotient normal.
fn np_quotient(a: f32, b: f32) -> f32 {
    let reciprocal = 1.0 / b;
    let high = np_cut(a * reciprocal, NP_UPPER_12);
    let b_high = np_cut(b, NP_UPPER_12);
    return high + (np_keep(a - high * b_high) - high * (b - b_high)) * reciprocal;
}

// The square root, to the last bit but one.
fn np_sqrt(x: f32) -> f32 {
    // Squares of numbers far from 1 are not normal.
    let is_large = x > NP_HYPOT_MAX;
    let is_small = x < NP_HYPOT_MIN;
    let unit = select(select(1.0, NP_HYPOT_UP, is_small), NP_HYPOT_DOWN, is_large);
    let back = select(select(1.0, NP_ROOT_DOWN, is_small), NP_ROOT_UP, is_large);
    let scaled = x * unit;
    let root = sqrt(scaled);
    let high = np_cut(root, NP_UPPER_12);
    let exact = high + (scaled - high * high) / (root + high + NP_TINY_DIVISOR);
    let result = np_or_bits(exact * back, NP_NAN_BITS, x < 0.0);
    return np_or(result, x, np_is_zero(x) || np_isnan(x) || bitcast<u32>(x) == NP_INFINITY_BITS);
}

// --- Exponentials ---

struct NpExp {
    k: f32,
    even: f32,
    high: f32,
    odd: f32,
}

fn np_exp_parts(x: f32) -> NpExp {
    let k = floor(x * NP_LOG2_E + 0.5);
    let high = np_keep(x - k * NP_LN_2_HIGH);
    let low = k * NP_LN_2_LOW;
    let r = high - low;
    let z = r * r;
    let even = z * (NP_EXP_EVEN_0 + z * (NP_EXP_EVEN_1 + z * NP_EXP_EVEN_2));
    let odd = r * z * (NP_EXP_ODD_0 + z * (NP_EXP_ODD_1 + z * NP_EXP_ODD_2)) - low;
    return NpExp(k, even, high, odd);
}

fn np_exp(x: f32) -> f32 {
    let parts = np_exp_parts(clamp(x, NP_EXP_MIN, NP_EXP_MAX));
    let result = np_scale(1.0 + (parts.high + (parts.even + parts.odd)), np_whole(parts.k));
    return np_or(result, x, np_isnan(x));
}

fn np_exp2_near_0(r: f32) -> f32 {
    let upper = NP_EXP2_3 + r * (NP_EXP2_4 + r * NP_EXP2_5);
    return 1.0 + r * (NP_EXP2_0 + r * (NP_EXP2_1 + r * (NP_EXP2_2 + r * upper)));
}

fn np_exp2(x: f32) -> f32 {
    let inside = clamp(x, NP_EXP2_MIN, NP_EXP2_MAX);
    let k = floor(inside + 0.5);
    let result = np_scale(np_exp2_near_0(inside - k), np_whole(k));
    return np_or(result, x, np_isnan(x));
}

fn np_expm1(x: f32) -> f32 {
    let parts = np_exp_parts(clamp(x, NP_EXPM1_MIN, NP_EXP_MAX));
    let n = np_whole(parts.k);
    // 2^k (exp(r) - 1) + 2^k - 1; beyond 2^30 the last 1 is nothing.
    let rest = np_keep(1.0 - np_power_of_2(-min(n, 30)));
    let result = np_scale(rest + (parts.high + (parts.even + parts.odd)), n);
    return np_or(result, x, abs(x) < NP_TINY || np_isnan(x));
}

// The parts of exp(|x|) as those of cosh(x) and sinh(x), n being k - 1, and the sum and the difference of 1 and 2^-2k.
struct NpBoth {
    n: i32,
    sum: f32,
    difference: f32,
    even: f32,
    odd: f32,
}

fn np_both_parts(x: f32) -> NpBoth {
    let parts = np_exp_parts(min(abs(x), NP_EXP_MAX + 1.0));
    let n = np_whole(parts.k);
    let reflected = np_power_of_2(min(n, 20) * -2);
    return NpBoth(n - 1, 1.0 + reflected, 1.0 - reflected, parts.even, parts.high + parts.odd);
}

fn np_sinh(x: f32) -> f32 {
    let parts = np_both_parts(x);
    let sinh_r = parts.difference + (parts.sum * parts.odd + parts.difference * parts.even);
    let result = np_scale(sinh_r, parts.n);
    return np_or(np_with_sign(result, x), x, np_isnan(x));
}

fn np_cosh(x: f32) -> f32 {
    let parts = np_both_parts(x);
    let result = np_scale(parts.sum + (parts.difference * parts.odd + parts.sum * parts.even), parts.n);
    return np_or(result, x, np_isnan(x));
}

fn np_tanh(x: f32) -> f32 {
    let magnitude = abs(x);
    let z = magnitude * magnitude;
    let polynomial = NP_TANH_0 + z * (NP_TANH_1 + z * (NP_TANH_2 + z * (NP_TANH_3 + z * NP_TANH_4)));
    let near_0 = magnitude + magnitude * z * polynomial;
    let parts = np_exp_parts(2.0 * min(magnitude, NP_TANH_MAX));
    let square = (1.0 + (parts.high + (parts.even + parts.odd))) * np_power_of_2(np_whole(parts.k));
    let far = 1.0 - 2.0 / (square + 1.0);
    let result = select(far, near_0, magnitude < NP_TANH_SMALL);
    return np_or(np_with_sign(result, x), x, np_isnan(x));
}

// --- Logarithms ---

struct NpSplit {
    k: i32,
    f: f32,
}

// Of a positive number that is normal and finite: 2^k (1 + f).
fn np_split(x: f32) -> NpSplit {
    let bits = bitcast<u32>(x) + (NP_ONE_BITS - NP_SQRT_HALF_BITS);
    let f = bitcast<f32>((bits & NP_MANTISSA_BITS) + NP_SQRT_HALF_BITS) - 1.0;
    return NpSplit(bitcast<i32>(bits >> 23u) - 127, f);
}

// As np_split, of any positive number.
fn np_split_any(x: f32) -> NpSplit {
    let normal = np_normal(x);
    let split = np_split(normal.x);
    return NpSplit(split.k - normal.more, split.f);
}

// ln(1 + f) - f.
fn np_log_rest(f: f32) -> f32 {
    let upper = NP_LOG_5 + f * (NP_LOG_6 + f * NP_LOG_7);
    let polynomial = NP_LOG_0 + f * (NP_LOG_1 + f * (NP_LOG_2 + f * (NP_LOG_3 + f * (NP_LOG_4 + f * upper))));
    return f * f * (f * polynomial - 0.5);
}

// What logarithms are of numbers that have none, or an infinite one; of others `result`.
fn np_or_special(x: f32, result: f32) -> f32 {
    let bits = bitcast<u32>(x);
    let of_negative = np_or_bits(result, NP_NAN_BITS, bits > NP_SIGN_BIT);
    let of_zero = np_or_bits(of_negative, NP_SIGN_BIT | NP_INFINITY_BITS, (bits & NP_MAGNITUDE_BITS) == 0u);
    return np_or(of_zero, x, np_isnan(x) || bits == NP_INFINITY_BITS);
}

fn np_log(x: f32) -> f32 {
    let split = np_split_any(x);
    let k = f32(split.k);
    return np_or_special(x, k * NP_LN_2_HIGH + (split.f + (np_log_rest(split.f) + k * NP_LN_2_LOW)));
}

fn np_log2(x: f32) -> f32 {
    let split = np_split_any(x);
    let f = split.f;
    let rest = np_log_rest(f);
    return np_or_special(x, f32(split.k) + (f + (rest + (f * NP_LOG2_E_REST + rest * NP_LOG2_E_REST))));
}

fn np_log10(x: f32) -> f32 {
    let split = np_split_any(x);
    let k = f32(split.k);
    let high = np_cut(split.f, NP_UPPER_12);
    let low = (split.f - high) * NP_LOG10_E + high * NP_LOG10_E_LOW;
    let near_1 = high * NP_LOG10_E_HIGH + (np_log_rest(split.f) * NP_LOG10_E + (low + k * NP_LOG10_2_LOW));
    return np_or_special(x, k * NP_LOG10_2_HIGH + near_1);
}

// ln(u + c), where c is less than 2^-15 of u, plus `more` times ln(2).
fn np_log_of_sum(u: f32, c: f32, more: i32) -> f32 {
    let split = np_split(u);
    let k = f32(split.k + more);
    return k * NP_LN_2_HIGH + (split.f + (np_log_rest(split.f) + (k * NP_LN_2_LOW + c / u)));
}

// ln(1 + x) of a number above -1.
fn np_log1p_inside(x: f32) -> f32 {
    // Cut, so that subtracting 1 again is exact.
    let u = np_cut(1.0 + x, NP_UPPER_16);
    let far = np_log_of_sum(u, x - (u - 1.0), 0);
    return select(far, x + np_log_rest(x), x > NP_LOG1P_MIN && x < NP_LOG1P_MAX);
}

fn np_log1p(x: f32) -> f32 {
    let result = np_or_special(1.0 + x, np_log1p_inside(x));
    return np_or(result, x, abs(x) < NP_TINY || np_isnan(x));
}

// `result`, but where the exponents are equal, and their difference perhaps NaN, or one is NaN or infinite.
fn np_sum_of_powers(a: f32, b: f32, of_2: f32, result: f32) -> f32 {
    let greater = max(a, b);
    let finite = np_or(result, greater, np_isinf(a) || np_isinf(b));
    let equal = np_or(finite, a + of_2, a == b);
    return np_or(np_or(equal, b, np_isnan(b)), a, np_isnan(a));
}

fn np_logaddexp(a: f32, b: f32) -> f32 {
    let result = max(a, b) + np_log1p_inside(np_exp(-abs(a - b)));
    return np_sum_of_powers(a, b, NP_LN_2, result);
}

fn np_logaddexp2(a: f32, b: f32) -> f32 {
    let result = max(a, b) + np_log1p_inside(np_exp2(-abs(a - b))) * NP_LOG2_E;
    return np_sum_of_powers(a, b, 1.0, result);
}

// ln(1 + t), or ln(2 x) where x is large.
fn np_log_of_root(x: f32, is_large: bool, t: f32) -> f32 {
    let sum = np_cut(1.0 + t, NP_UPPER_16);
    let c = t - (sum - 1.0);
    return np_log_of_sum(select(sum, x, is_large), select(c, 0.0, is_large), select(0, 1, is_large));
}

fn np_arcsinh(x: f32) -> f32 {
    let magnitude = abs(x);
    let is_large = magnitude >= NP_ARCSINH_LARGE;
    let a = min(magnitude, NP_ARCSINH_LARGE);
    let z = a * a;
    let upper = NP_ARCSINH_2 + z * (NP_ARCSINH_3 + z * NP_ARCSINH_4);
    let near_0 = magnitude + magnitude * z * (NP_ARCSINH_0 + z * (NP_ARCSINH_1 + z * upper));
    let far = np_log_of_root(magnitude, is_large, a + z / (1.0 + sqrt(1.0 + z)));
    let result = np_with_sign(select(far, near_0, magnitude < 0.5), x);
    return np_or(result, x, np_isinf(x) || np_isnan(x));
}

fn np_arccosh(x: f32) -> f32 {
    let is_large = x >= NP_ARCSINH_LARGE;
    let a = clamp(x, 1.0, NP_ARCSINH_LARGE) - 1.0;
    let t = a + np_sqrt(a * (a + 2.0));
    let far = np_log_of_root(x, is_large, t);
    let result = select(far, t + np_log_rest(t), t < NP_LOG1P_MAX);
    let or_nan = np_or_bits(result, NP_NAN_BITS, x < 1.0);
    return np_or(or_nan, x, np_isnan(x) || bitcast<u32>(x) == NP_INFINITY_BITS);
}

fn np_arctanh(x: f32) -> f32 {
    let magnitude = abs(x);
    let z = magnitude * magnitude;
    let upper = NP_ARCTANH_2 + z * (NP_ARCTANH_3 + z * (NP_ARCTANH_4 + z * NP_ARCTANH_5));
    let near_0 = magnitude + magnitude * z * (NP_ARCTANH_0 + z * (NP_ARCTANH_1 + z * upper));
    let t = 2.0 * magnitude / (1.0 - magnitude);
    let u = np_cut(1.0 + t, NP_UPPER_16);
    let far = 0.5 * np_log_of_sum(u, t - (u - 1.0), 0);
    let finite = select(far, near_0, magnitude < 0.5);
    let result = np_with_sign(np_or_bits(finite, NP_INFINITY_BITS, magnitude == 1.0), x);
    return np_or(np_or_bits(result, NP_NAN_BITS, magnitude > 1.0), x, np_isnan(x));
}

// --- Sine, cosine, tangent ---

struct NpAngle {
    quadrant: i32,
    high: f32,
    low: f32,
}

fn np_reduce_easy(x: f32) -> NpAngle {
    let k = floor(x * NP_TWO_OVER_PI + 0.5);
    let exact = np_keep(np_keep(x - k * NP_HALF_PI_0) - k * NP_HALF_PI_1);
    let high = np_cut(exact - k * NP_HALF_PI_2, NP_UPPER_16);
    return NpAngle(np_whole(k), high, np_keep((exact - high) - k * NP_HALF_PI_2) - k * NP_HALF_PI_3);
}

fn np_join(a: u32, b: u32, up: u32) -> u32 {
    // In two steps: a shift by 32 is none.
    return (a << up) | ((b >> 1u) >> (31u - up));
}

// The 96 digits of 2 / pi from 2^-bit on, in three words, where bit is less than 135; 32 zeros stand before the first.
fn np_digits(bit: u32) -> vec3<u32> {
    let by_2 = (bit & 64u) != 0u;
    let a0 = select(0u, NP_TWO_OVER_PI_1, by_2);
    let a1 = select(NP_TWO_OVER_PI_0, NP_TWO_OVER_PI_2, by_2);
    let a2 = select(NP_TWO_OVER_PI_1, NP_TWO_OVER_PI_3, by_2);
    let a3 = select(NP_TWO_OVER_PI_2, NP_TWO_OVER_PI_4, by_2);
    let a4 = select(NP_TWO_OVER_PI_3, NP_TWO_OVER_PI_5, by_2);
    let by_1 = (bit & 32u) != 0u;
    let by_4 = (bit & 128u) != 0u;
    let b0 = select(select(a0, a1, by_1), NP_TWO_OVER_PI_3, by_4);
    let b1 = select(select(a1, a2, by_1), NP_TWO_OVER_PI_4, by_4);
    let b2 = select(select(a2, a3, by_1), NP_TWO_OVER_PI_5, by_4);
    let b3 = select(select(a3, a4, by_1), NP_TWO_OVER_PI_6, by_4);
    let up = bit & 31u;
    return vec3<u32>(np_join(b0, b1, up), np_join(b1, b2, up), np_join(b2, b3, up));
}

// The upper word of a product.
fn np_multiply_high(a: u32, b: u32) -> u32 {
    let a_low = a & 0xffffu;
    let a_high = a >> 16u;
    let b_low = b & 0xffffu;
    let b_high = b >> 16u;
    let middle = a_high * b_low + ((a_low * b_low) >> 16u);
    let other = a_low * b_high + (middle & 0xffffu);
    return a_high * b_high + (middle >> 16u) + (other >> 16u);
}

// Of an angle beyond NP_ANGLE_MAX.
fn np_reduce_hard(x: f32) -> NpAngle {
    let bits = bitcast<u32>(x) & NP_MAGNITUDE_BITS;
    let exponent = max(bits >> 23u, 140u);
    // x is this times 2^(exponent - 150); digits of 2 / pi before 2^(148 - exponent) make whole turns.
    let mantissa = (bits & NP_MANTISSA_BITS) | NP_NORMAL_BITS;
    let words = np_digits(exponent - 120u);
    let carried = np_multiply_high(mantissa, words.z);
    let bottom = mantissa * words.y + carried;
    let carry = select(0u, 1u, bottom < carried);
    let top = mantissa * words.x + np_multiply_high(mantissa, words.y) + carry;
    let quadrant = bitcast<i32>((top + 0x20000000u) >> 30u);
    let fraction = bitcast<i32>((top << 2u) | (bottom >> 30u));
    let more = bottom << 2u;
    // In 24 bits each, which are exact.
    let a = f32(fraction >> 8u) * NP_TWO_POW_MINUS_24;
    let b = f32(((fraction & 0xff) << 16u) | bitcast<i32>(more >> 16u)) * NP_TWO_POW_MINUS_48;
    let c = f32(more & 0xffffu) * NP_TWO_POW_MINUS_64;
    let upper = np_cut(a + b, NP_UPPER_12);
    let high = upper * NP_HALF_PI_0;
    let low = upper * NP_HALF_PI_LOW + (np_keep(np_keep(a - upper) + b) + c) * NP_HALF_PI;
    if x < 0.0 {
        return NpAngle(-quadrant, -high, -low);
    }
    return NpAngle(quadrant, high, low);
}

fn np_reduce(x: f32) -> NpAngle {
    if abs(x) <= NP_ANGLE_MAX {
        return np_reduce_easy(x);
    }
    return np_reduce_hard(x);
}

// The sine of an angle, of the next quadrant its cosine.
fn np_sine(angle: NpAngle) -> f32 {
    let r = angle.high + angle.low;
    let z = r * r;
    let sin_r = angle.high + (angle.low + r * z * (NP_SIN_0 + z * (NP_SIN_1 + z * NP_SIN_2)));
    let cos_r = (1.0 - 0.5 * z) + z * z * (NP_COS_0 + z * (NP_COS_1 + z * NP_COS_2));
    let chosen = select(cos_r, sin_r, (angle.quadrant & 1) == 0);
    return bitcast<f32>(bitcast<u32>(chosen) ^ ((bitcast<u32>(angle.quadrant) << 30u) & NP_SIGN_BIT));
}

fn np_tangent(angle: NpAngle) -> f32 {
    let r = angle.high + angle.low;
    let z = r * r;
    let upper = NP_TAN_3 + z * (NP_TAN_4 + z * (NP_TAN_5 + z * NP_TAN_6));
    let tan_r = angle.high + (angle.low + r * z * (NP_TAN_0 + z * (NP_TAN_1 + z * (NP_TAN_2 + z * upper))));
    return select(np_quotient(-1.0, tan_r), tan_r, (angle.quadrant & 1) == 0);
}

// The result, but for infinite arguments and NaN.
fn np_of_finite(x: f32, result: f32) -> f32 {
    return np_or(np_or_bits(result, NP_NAN_BITS, np_isinf(x)), x, np_isnan(x));
}

fn np_sin(x: f32) -> f32 {
    return np_or(np_of_finite(x, np_sine(np_reduce(x))), x, abs(x) < NP_TINY);
}

fn np_cos(x: f32) -> f32 {
    let angle = np_reduce(x);
    return np_of_finite(x, np_sine(NpAngle(angle.quadrant + 1, angle.high, angle.low)));
}

fn np_tan(x: f32) -> f32 {
    return np_or(np_of_finite(x, np_tangent(np_reduce(x))), x, abs(x) < NP_TINY);
}

// --- Inverse trigonometric functions ---

struct NpArcsin {
    root: f32,
    low: f32,
    polynomial: f32,
}

// Of a magnitude: itself up to 1/2, beyond the root of (1 - x) / 2, whose arcsine is half of the arccosine of x.
fn np_arcsin_parts(magnitude: f32, is_small: bool) -> NpArcsin {
    let z = select((1.0 - magnitude) * 0.5, magnitude * magnitude, is_small);
    let root = sqrt(z);
    let high = np_cut(root, NP_UPPER_12);
    let low = (z - high * high) / (root + high + NP_TINY_DIVISOR);
    let upper = NP_ARCSIN_2 + z * (NP_ARCSIN_3 + z * NP_ARCSIN_4);
    let polynomial = z * (NP_ARCSIN_0 + z * (NP_ARCSIN_1 + z * upper));
    return NpArcsin(select(high, magnitude, is_small), select(low, 0.0, is_small), polynomial);
}

fn np_arcsin(x: f32) -> f32 {
    let magnitude = abs(x);
    let is_small = magnitude <= 0.5;
    let parts = np_arcsin_parts(magnitude, is_small);
    let rest = parts.low + (parts.root + parts.low) * parts.polynomial;
    let far = NP_QUARTER_PI + ((NP_QUARTER_PI - 2.0 * parts.root) - (2.0 * rest - NP_HALF_PI_REST));
    let result = np_with_sign(select(far, parts.root + rest, is_small), x);
    return np_or(np_or_bits(result, NP_NAN_BITS, magnitude > 1.0), x, np_isnan(x));
}

fn np_arccos(x: f32) -> f32 {
    let magnitude = abs(x);
    let is_small = magnitude <= 0.5;
    let parts = np_arcsin_parts(magnitude, is_small);
    let rest = parts.low + (parts.root + parts.low) * parts.polynomial;
    let angle = parts.root + rest;
    let near_0 = NP_HALF_PI - (select(angle, -angle, x < 0.0) - NP_HALF_PI_REST);
    let far = select(2.0 * angle, NP_PI - (2.0 * angle - NP_PI_REST), x < 0.0);
    let result = select(far, near_0, is_small);
    return np_or(np_or_bits(result, NP_NAN_BITS, magnitude > 1.0), x, np_isnan(x));
}

// The arctangent of a number from 0 to 1.
fn np_arctan_near_0(t: f32) -> f32 {
    let z = t * t;
    let upper = NP_ARCTAN_5 + z * (NP_ARCTAN_6 + z * (NP_ARCTAN_7 + z * NP_ARCTAN_8));
    let middle = NP_ARCTAN_2 + z * (NP_ARCTAN_3 + z * (NP_ARCTAN_4 + z * upper));
    return t + t * z * (NP_ARCTAN_0 + z * (NP_ARCTAN_1 + z * middle));
}

fn np_arctan(x: f32) -> f32 {
    // An infinite one would do no harm, if only a driver knew it.
    let magnitude = min(abs(x), NP_ARCTAN_MAX);
    let is_small = magnitude <= 1.0;
    let angle = np_arctan_near_0(select(1.0 / magnitude, magnitude, is_small));
    let result = np_with_sign(select(NP_HALF_PI - (angle - NP_HALF_PI_REST), angle, is_small), x);
    return np_or(result, x, np_isnan(x));
}

fn np_arctan2(y: f32, x: f32) -> f32 {
    let a = abs(x);
    let b = abs(y);
    let is_steep = b > a;
    let greater = select(a, b, is_steep);
    let lesser = select(b, a, is_steep);
    // Neither is the divisor too large for a shader, nor anything subnormal that counts.
    let up = select(1.0, NP_ARCTAN_UP, greater < NP_ARCTAN_MIN);
    let unit = select(up, NP_ARCTAN_DOWN, greater > NP_ARCTAN_MAX);
    let divisor = np_keep(greater * unit);
    let dividend = np_keep(lesser * unit);
    // Of a quotient that is nearly subnormal the last digits would be.
    let is_tiny = dividend < divisor * NP_TINY_DIVISOR;
    let quotient = np_quotient(select(dividend, dividend * NP_ARCTAN_UP, is_tiny), divisor);
    let is_equal = bitcast<u32>(lesser) == bitcast<u32>(greater) && !np_is_zero(greater);
    let of_end = np_or_bits(quotient, 0u, divisor == 0.0 || np_isinf(greater));
    let t = np_or_bits(of_end, NP_ONE_BITS, is_equal);
    let shallow = np_keep(np_arctan_near_0(t)) * select(1.0, NP_TWO_POW_MINUS_64, is_tiny);
    let angle = select(shallow, NP_HALF_PI - (shallow - NP_HALF_PI_REST), is_steep);
    let result = np_with_sign(select(angle, NP_PI - (angle - NP_PI_REST), np_signbit(x)), y);
    return np_or(np_or(result, x, np_isnan(x)), y, np_isnan(y));
}

// --- Powers ---

struct NpLog2 {
    high: f32,
    low: f32,
}

// log2 of a positive, finite number in two parts, the first of 12 bits; to 2^-34 together.
fn np_log2_parts(x: f32) -> NpLog2 {
    let normal = np_normal(x);
    let bits = bitcast<u32>(normal.x) + (NP_ONE_BITS - NP_SQRT_HALF_BITS);
    let k = f32(bitcast<i32>(bits >> 23u) - 127 - normal.more);
    let m = bitcast<f32>((bits & NP_MANTISSA_BITS) + NP_SQRT_HALF_BITS);
    let m_high = np_cut(m, NP_UPPER_11);
    let f = m - 1.0;
    let divisor = m_high + 1.0;
    let divisor_low = m - m_high;
    let reciprocal = 1.0 / (m + 1.0);
    let s = f * reciprocal;
    let s_high = np_cut(s, NP_UPPER_12);
    let s_low = reciprocal * (np_keep(f - s_high * divisor) - s_high * divisor_low);
    let z = s * s;
    let square = s_high * s_high;
    let rest = z * z * (NP_POWER_0 + z * (NP_POWER_1 + z * NP_POWER_2)) + s_low * (s_high + s);
    // 3 + s^2 + ... in two parts, and s times that.
    let series = np_cut(3.0 + (square + rest), NP_UPPER_12);
    let series_low = rest - np_keep(np_keep(series - 3.0) - square);
    let product = s_high * series;
    let product_low = s_low * series + series_low * s;
    let high = np_cut(product + product_low, NP_UPPER_12);
    let low = product_low - np_keep(high - product);
    let scaled = NP_POWER_SCALE_HIGH * high;
    let scaled_low = NP_POWER_SCALE_LOW * high + low * NP_POWER_SCALE;
    let sum = np_cut((scaled + scaled_low) + k, NP_UPPER_12);
    return NpLog2(sum, scaled_low - np_keep(np_keep(sum - k) - scaled));
}

// |x| to the power of y, where x is neither 0 nor infinite, and y is finite.
fn np_power_of_magnitude(x: f32, y: f32) -> f32 {
    let log_x = np_log2_parts(x);
    let exponent = clamp(y, -NP_POWER_EXPONENT_MAX, NP_POWER_EXPONENT_MAX);
    let y_high = np_cut(exponent, NP_UPPER_12);
    let low = (exponent - y_high) * log_x.high + exponent * log_x.low;
    let high = np_keep(y_high * log_x.high);
    let k = clamp(floor(high + low + 0.5), NP_EXP2_MIN, NP_EXP2_MAX + 0.5);
    let r = clamp(np_keep(high - k) + low, -1.0, 1.0);
    return np_scale(np_exp2_near_0(r), np_whole(k));
}

fn np_power(x: f32, y: f32) -> f32 {
    let magnitude = abs(x);
    let is_whole = floor(y) == y;
    let half = y * 0.5;
    let is_odd = is_whole && !(floor(half) == half) && !np_isinf(y);
    let is_end = np_is_zero(x) || np_isinf(x);
    let is_below = (bitcast<u32>(x) & NP_MAGNITUDE_BITS) < NP_ONE_BITS;
    let ends = select(0u, NP_INFINITY_BITS, is_below == np_signbit(y));
    let beyond = select(ends, NP_ONE_BITS, magnitude == 1.0);
    let positive = np_or_bits(np_power_of_magnitude(x, y), beyond, np_isinf(y) || is_end);
    let signed = np_or(positive, np_with_sign(positive, x), is_odd);
    let is_nan = np_signbit(x) && !is_whole && !is_end && !np_isinf(y);
    let result = np_or_bits(signed, NP_NAN_BITS, is_nan);
    let with_nan = np_or(np_or(result, y, np_isnan(y)), x, np_isnan(x));
    return np_or_bits(with_nan, NP_ONE_BITS, bitcast<u32>(x) == NP_ONE_BITS || np_is_zero(y));
}

fn np_cbrt(x: f32) -> f32 {
    let normal = np_normal(x);
    let bits = bitcast<u32>(normal.x);
    // The exponent in thirds, rounded down: e is that of 2^3q, and 129 is 3 times 43.
    let e = (bits >> 23u) + 2u;
    let q = (e * 683u) >> 11u;
    let third = e - 3u * q;
    let fraction = bitcast<f32>((bits & NP_MANTISSA_BITS) | NP_ONE_BITS);
    let m = fraction * bitcast<f32>(NP_ONE_BITS + (third << 23u));
    let upper = NP_CBRT_SEED_2 + fraction * NP_CBRT_SEED_3;
    let seed = NP_CBRT_SEED_0 + fraction * (NP_CBRT_SEED_1 + fraction * upper);
    let factor = select(select(NP_CBRT_OF_4, NP_CBRT_OF_2, third == 1u), 1.0, third == 0u);
    // Of 8 bits, so that its cube is exact.
    let t = bitcast<f32>((bitcast<u32>(seed * factor) + NP_HALF_OF_UPPER_8) & NP_UPPER_8);
    let error = (m - t * t * t) / m;
    let root = t + t * (error * (NP_CBRT_0 + error * (NP_CBRT_1 + error * NP_CBRT_2)));
    let result = root * np_power_of_2(bitcast<i32>(q) - 43 - normal.more / 3);
    return np_or(np_with_sign(result, x), x, np_is_zero(x) || np_isinf(x) || np_isnan(x));
}

fn np_hypot(x: f32, y: f32) -> f32 {
    let a = abs(x);
    let b = abs(y);
    let greater = max(a, b);
    let is_large = greater > NP_HYPOT_MAX;
    let is_small = greater < NP_HYPOT_MIN;
    let unit = select(select(1.0, NP_HYPOT_UP, is_small), NP_HYPOT_DOWN, is_large);
    let back = select(select(1.0, NP_HYPOT_DOWN, is_small), NP_HYPOT_UP, is_large);
    let c = np_keep(a * unit);
    let d = np_keep(b * unit);
    let result = np_sqrt(c * c + d * d) * back;
    let with_nan = np_or(np_or(result, y, np_isnan(y)), x, np_isnan(x));
    return np_or_bits(with_nan, NP_INFINITY_BITS, np_isinf(x) || np_isinf(y));
}

// --- Division ---

struct NpWhole {
    exponent: u32,
    mantissa: u32,
}

// The exponent's bits, at least 1, and the mantissa.
fn np_whole_parts(magnitude: u32) -> NpWhole {
    let exponent = magnitude >> 23u;
    let mantissa = magnitude & NP_MANTISSA_BITS;
    return NpWhole(max(exponent, 1u), select(mantissa | NP_NORMAL_BITS, mantissa, exponent == 0u));
}

// The bits of a number from its exponent's bits and a mantissa below 2^24.
fn np_assemble(exponent: u32, mantissa: u32) -> u32 {
    let up = min(countLeadingZeros(mantissa) - 8u, exponent - 1u);
    let shifted = mantissa << (up & 31u);
    // Where the leading digit has come to its place it counts as one exponent more.
    return select(((exponent - up - 1u) << 23u) + shifted, 0u, mantissa == 0u);
}

// What the division of a by b towards 0 leaves, exactly: at most 32 turns, of 8 digits each.
fn np_fmod(a: f32, b: f32) -> f32 {
    let dividend = bitcast<u32>(a) & NP_MAGNITUDE_BITS;
    let divisor = bitcast<u32>(b) & NP_MAGNITUDE_BITS;
    if dividend >= NP_INFINITY_BITS || divisor > NP_INFINITY_BITS || divisor == 0u {
        return np_or(np_or_bits(a, NP_NAN_BITS, !np_isnan(a)), b, np_isnan(b) && !np_isnan(a));
    }
    if dividend < divisor {
        return a;
    }
    let of_a = np_whole_parts(dividend);
    let of_b = np_whole_parts(divisor);
    var n_digits = of_a.exponent - of_b.exponent;
    var rest = of_a.mantissa % of_b.mantissa;
    while n_digits > 0u {
        let n = min(n_digits, 8u);
        rest = (rest << n) % of_b.mantissa;
        n_digits -= n;
    }
    return bitcast<f32>(np_assemble(of_b.exponent, rest) | (bitcast<u32>(a) & NP_SIGN_BIT));
}
