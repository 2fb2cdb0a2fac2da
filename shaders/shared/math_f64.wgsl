// NumPy's elementary functions of double precision; `math_f64_constants.wgsl` stands before them. They need SHADER_F64
// and SHADER_INT64.
//
// Drivers have no exponentials, logarithms or sines of double precision: those that they seem to have give garbage.
// These are wrong by at most 4 units in the last place. They are built as those of `math.wgsl`, whose remarks on drivers
// hold here too, with longer polynomials.

// --- Bits ---

fn np64_is_zero(x: f64) -> bool {
    return (bitcast<u64>(x) & NP64_MAGNITUDE_BITS) == 0lu;
}

// `result`, or the number of these bits.
fn np64_or_bits(result: f64, bits: u64, which: bool) -> f64 {
    return bitcast<f64>(select(bitcast<u64>(result), bits, which));
}

// `result`, or another number, though that be NaN.
fn np64_or(result: f64, other: f64, which: bool) -> f64 {
    return bitcast<f64>(select(bitcast<u64>(result), bitcast<u64>(other), which));
}

// A whole float below 2^31 as an integer.
fn np64_whole(k: f64) -> i32 {
    return bitcast<i32>(u32(bitcast<u64>(k + NP64_COUNTER) & 0xfffffffflu));
}

// 2^n, where that is a normal number.
fn np64_power_of_2(n: i32) -> f64 {
    return bitcast<f64>(u64(bitcast<u32>(n + 1023)) << 52u);
}

// `x`, in a way that no compiler looks through, since none knows the 0 of `zero()`. What is done to the result is not done
// together with what led to `x`.
fn np64_keep(x: f64) -> f64 {
    return bitcast<f64>(bitcast<u64>(x) ^ u64(zero()));
}

// x 2^n, also where that or 2^n is subnormal or infinite.
fn np64_scale(x: f64, n: i32) -> f64 {
    let half = n >> 1u;
    return np64_keep(x * np64_power_of_2(half)) * np64_power_of_2(n - half);
}

// The bits of `x` that are in the mask: parts that multiply exactly, and that no compiler takes for `x` itself.
fn np64_cut(x: f64, mask: u64) -> f64 {
    return bitcast<f64>(bitcast<u64>(x) & mask);
}

// A number that is not negative with the sign of another.
fn np64_with_sign(magnitude: f64, of_x: f64) -> f64 {
    return bitcast<f64>(bitcast<u64>(magnitude) | (bitcast<u64>(of_x) & NP64_SIGN_BIT));
}

// A positive number as a normal one, and by which power of 2 that is too large.
struct Np64Normal {
    x: f64,
    more: i32,
}

fn np64_normal(x: f64) -> Np64Normal {
    let bits = bitcast<u64>(x) & NP64_MAGNITUDE_BITS;
    if bits < NP64_NORMAL_BITS {
        // As the mantissa of a number that is 2^1023 times as large, or nearly.
        let subnormal = bitcast<f64>(bits | NP64_ONE_BITS) - 1.0lf;
        return Np64Normal(subnormal, 1022);
    }
    return Np64Normal(bitcast<f64>(bits), 0);
}

// a / b to the last bit but one, where b is between 2^-126 and 2^126, and the quotient normal.
fn np64_quotient(a: f64, b: f64) -> f64 {
    let reciprocal = 1.0lf / b;
    let high = np64_cut(a * reciprocal, NP64_UPPER_26);
    let b_high = np64_cut(b, NP64_UPPER_26);
    return high + (np64_keep(a - high * b_high) - high * (b - b_high)) * reciprocal;
}

// The square root, to the last bit but one.
fn np64_sqrt(x: f64) -> f64 {
    // Squares of numbers far from 1 are not normal.
    let is_large = x > NP64_HYPOT_MAX;
    let is_small = x < NP64_HYPOT_MIN;
    let unit = select(select(1.0lf, NP64_HYPOT_UP, is_small), NP64_HYPOT_DOWN, is_large);
    let back = select(select(1.0lf, NP64_ROOT_DOWN, is_small), NP64_ROOT_UP, is_large);
    let scaled = x * unit;
    let root = sqrt(scaled);
    let high = np64_cut(root, NP64_UPPER_26);
    let exact = high + (scaled - high * high) / (root + high + NP64_TINY_DIVISOR);
    let result = np64_or_bits(exact * back, NP64_NAN_BITS, x < 0.0lf);
    return np64_or(result, x, np64_is_zero(x) || np64_isnan(x) || bitcast<u64>(x) == NP64_INFINITY_BITS);
}

// --- Exponentials ---

struct Np64Exp {
    k: f64,
    even: f64,
    high: f64,
    odd: f64,
}

// cosh(r) - 1.
fn np64_even(z: f64) -> f64 {
    let upper = NP64_EXP_EVEN_3 + z * (NP64_EXP_EVEN_4 + z * NP64_EXP_EVEN_5);
    return z * (NP64_EXP_EVEN_0 + z * (NP64_EXP_EVEN_1 + z * (NP64_EXP_EVEN_2 + z * upper)));
}

// sinh(r) - r.
fn np64_odd(r: f64, z: f64) -> f64 {
    let upper = NP64_EXP_ODD_3 + z * (NP64_EXP_ODD_4 + z * NP64_EXP_ODD_5);
    return r * z * (NP64_EXP_ODD_0 + z * (NP64_EXP_ODD_1 + z * (NP64_EXP_ODD_2 + z * upper)));
}

fn np64_exp_parts(x: f64) -> Np64Exp {
    let k = floor(x * NP64_LOG2_E + 0.5lf);
    let high = np64_keep(x - k * NP64_LN_2_HIGH);
    let low = k * NP64_LN_2_LOW;
    let r = high - low;
    let z = r * r;
    return Np64Exp(k, np64_even(z), high, np64_odd(r, z) - low);
}

fn np64_exp(x: f64) -> f64 {
    let parts = np64_exp_parts(clamp(x, NP64_EXP_MIN, NP64_EXP_MAX));
    let result = np64_scale(1.0lf + (parts.high + (parts.even + parts.odd)), np64_whole(parts.k));
    return np64_or(result, x, np64_isnan(x));
}

fn np64_exp2_near_0(r: f64) -> f64 {
    let x = np64_keep(r * NP64_LN_2);
    let z = x * x;
    return 1.0lf + (x + (np64_even(z) + np64_odd(x, z)));
}

fn np64_exp2(x: f64) -> f64 {
    let inside = clamp(x, NP64_EXP2_MIN, NP64_EXP2_MAX);
    let k = floor(inside + 0.5lf);
    let result = np64_scale(np64_exp2_near_0(inside - k), np64_whole(k));
    return np64_or(result, x, np64_isnan(x));
}

fn np64_expm1(x: f64) -> f64 {
    let parts = np64_exp_parts(clamp(x, NP64_EXPM1_MIN, NP64_EXP_MAX));
    let n = np64_whole(parts.k);
    // 2^k (exp(r) - 1) + 2^k - 1; beyond 2^60 the last 1 is nothing.
    let rest = np64_keep(1.0lf - np64_power_of_2(-min(n, 60)));
    let result = np64_scale(rest + (parts.high + (parts.even + parts.odd)), n);
    return np64_or(result, x, abs(x) < NP64_TINY || np64_isnan(x));
}

// The parts of exp(|x|) as those of cosh(x) and sinh(x), n being k - 1, and the sum and the difference of 1 and 2^-2k.
struct Np64Both {
    n: i32,
    sum: f64,
    difference: f64,
    even: f64,
    odd: f64,
}

fn np64_both_parts(x: f64) -> Np64Both {
    let parts = np64_exp_parts(min(abs(x), NP64_EXP_MAX + 1.0lf));
    let n = np64_whole(parts.k);
    let reflected = np64_power_of_2(min(n, 40) * -2);
    return Np64Both(n - 1, 1.0lf + reflected, 1.0lf - reflected, parts.even, parts.high + parts.odd);
}

fn np64_sinh(x: f64) -> f64 {
    let parts = np64_both_parts(x);
    let sinh_r = parts.difference + (parts.sum * parts.odd + parts.difference * parts.even);
    let result = np64_scale(sinh_r, parts.n);
    return np64_or(np64_with_sign(result, x), x, np64_isnan(x));
}

fn np64_cosh(x: f64) -> f64 {
    let parts = np64_both_parts(x);
    let result = np64_scale(parts.sum + (parts.difference * parts.odd + parts.sum * parts.even), parts.n);
    return np64_or(result, x, np64_isnan(x));
}

fn np64_tanh(x: f64) -> f64 {
    let magnitude = abs(x);
    // exp(2 |x|) - 1.
    let parts = np64_exp_parts(2.0lf * min(magnitude, NP64_TANH_MAX));
    let power = np64_power_of_2(np64_whole(parts.k));
    let more = power * (parts.high + (parts.even + parts.odd)) + np64_keep(power - 1.0lf);
    let near_0 = np64_quotient(more, more + 2.0lf);
    let far = 1.0lf - 2.0lf / (more + 2.0lf);
    let result = select(far, near_0, magnitude < 0.5lf);
    return np64_or(np64_with_sign(result, x), x, magnitude < NP64_TINY || np64_isnan(x));
}

// --- Logarithms ---

struct Np64Split {
    k: i32,
    f: f64,
}

// Of a positive number that is normal and finite: 2^k (1 + f), 1 + f being between the roots of 1/2 and 2.
fn np64_split(x: f64) -> Np64Split {
    let bits = bitcast<u64>(x) + (NP64_ONE_BITS - NP64_SQRT_HALF_BITS);
    let f = bitcast<f64>((bits & NP64_MANTISSA_BITS) + NP64_SQRT_HALF_BITS) - 1.0lf;
    return Np64Split(bitcast<i32>(u32(bits >> 52u)) - 1023, f);
}

// As np64_split, of any positive number.
fn np64_split_any(x: f64) -> Np64Split {
    let normal = np64_normal(x);
    let split = np64_split(normal.x);
    return Np64Split(split.k - normal.more, split.f);
}

// ln(1 + f) - f, as in FreeBSD's `e_log.c`: 1 + f is (1 + s) / (1 - s).
fn np64_log_rest(f: f64) -> f64 {
    let s = f / (2.0lf + f);
    let z = s * s;
    let upper = NP64_LOG_3 + z * (NP64_LOG_4 + z * (NP64_LOG_5 + z * NP64_LOG_6));
    let polynomial = z * (NP64_LOG_0 + z * (NP64_LOG_1 + z * (NP64_LOG_2 + z * upper)));
    let half_square = 0.5lf * f * f;
    return np64_keep(s * (half_square + polynomial) - half_square);
}

// What logarithms are of numbers that have none, or an infinite one; of others `result`.
fn np64_or_special(x: f64, result: f64) -> f64 {
    let bits = bitcast<u64>(x);
    let of_negative = np64_or_bits(result, NP64_NAN_BITS, bits > NP64_SIGN_BIT);
    let is_zero = (bits & NP64_MAGNITUDE_BITS) == 0lu;
    let of_zero = np64_or_bits(of_negative, NP64_SIGN_BIT | NP64_INFINITY_BITS, is_zero);
    return np64_or(of_zero, x, np64_isnan(x) || bits == NP64_INFINITY_BITS);
}

fn np64_log(x: f64) -> f64 {
    let split = np64_split_any(x);
    let k = f64(split.k);
    return np64_or_special(x, k * NP64_LN_2_HIGH + (split.f + (np64_log_rest(split.f) + k * NP64_LN_2_LOW)));
}

fn np64_log2(x: f64) -> f64 {
    let split = np64_split_any(x);
    let high = np64_cut(split.f, NP64_UPPER_26);
    let low = (split.f - high) * NP64_LOG2_E + high * NP64_LOG2_E_LOW;
    let near_1 = high * NP64_LOG2_E_HIGH + (np64_log_rest(split.f) * NP64_LOG2_E + low);
    return np64_or_special(x, f64(split.k) + near_1);
}

fn np64_log10(x: f64) -> f64 {
    let split = np64_split_any(x);
    let k = f64(split.k);
    let high = np64_cut(split.f, NP64_UPPER_26);
    let low = (split.f - high) * NP64_LOG10_E + high * NP64_LOG10_E_LOW;
    let rest = np64_log_rest(split.f) * NP64_LOG10_E + (low + k * NP64_LOG10_2_LOW);
    let near_1 = high * NP64_LOG10_E_HIGH + rest;
    return np64_or_special(x, k * NP64_LOG10_2_HIGH + near_1);
}

// ln(u + c), where c is less than 2^-30 of u, plus `more` times ln(2).
fn np64_log_of_sum(u: f64, c: f64, more: i32) -> f64 {
    let split = np64_split(u);
    let k = f64(split.k + more);
    return k * NP64_LN_2_HIGH + (split.f + (np64_log_rest(split.f) + (k * NP64_LN_2_LOW + c / u)));
}

// ln(1 + x) of a number above -1.
fn np64_log1p_inside(x: f64) -> f64 {
    // Cut, so that subtracting 1 again is exact.
    let u = np64_cut(1.0lf + x, NP64_UPPER_32);
    let far = np64_log_of_sum(u, x - (u - 1.0lf), 0);
    return select(far, x + np64_log_rest(x), x > NP64_LOG1P_MIN && x < NP64_LOG1P_MAX);
}

fn np64_log1p(x: f64) -> f64 {
    let result = np64_or_special(1.0lf + x, np64_log1p_inside(x));
    return np64_or(result, x, abs(x) < NP64_TINY || np64_isnan(x));
}

// `result`, but where the exponents are equal, and their difference perhaps NaN, or one is NaN or infinite.
fn np64_sum_of_powers(a: f64, b: f64, of_2: f64, result: f64) -> f64 {
    let greater = max(a, b);
    let finite = np64_or(result, greater, np64_isinf(a) || np64_isinf(b));
    let equal = np64_or(finite, a + of_2, a == b);
    return np64_or(np64_or(equal, b, np64_isnan(b)), a, np64_isnan(a));
}

fn np64_logaddexp(a: f64, b: f64) -> f64 {
    let result = max(a, b) + np64_log1p_inside(np64_exp(-abs(a - b)));
    return np64_sum_of_powers(a, b, NP64_LN_2, result);
}

fn np64_logaddexp2(a: f64, b: f64) -> f64 {
    let result = max(a, b) + np64_log1p_inside(np64_exp2(-abs(a - b))) * NP64_LOG2_E;
    return np64_sum_of_powers(a, b, 1.0lf, result);
}

// ln(1 + t), or ln(2 x) where x is large.
fn np64_log_of_root(x: f64, is_large: bool, t: f64) -> f64 {
    let sum = np64_cut(1.0lf + t, NP64_UPPER_32);
    let c = t - (sum - 1.0lf);
    return np64_log_of_sum(select(sum, x, is_large), select(c, 0.0lf, is_large), select(0, 1, is_large));
}

fn np64_arcsinh(x: f64) -> f64 {
    let magnitude = abs(x);
    let is_large = magnitude >= NP64_ARCSINH_LARGE;
    let a = min(magnitude, NP64_ARCSINH_LARGE);
    let z = a * a;
    let t = a + z / (1.0lf + sqrt(1.0lf + z));
    let far = np64_log_of_root(magnitude, is_large, t);
    let result = np64_with_sign(select(far, t + np64_log_rest(t), t < NP64_LOG1P_MAX), x);
    return np64_or(result, x, magnitude < NP64_TINY || np64_isinf(x) || np64_isnan(x));
}

fn np64_arccosh(x: f64) -> f64 {
    let is_large = x >= NP64_ARCSINH_LARGE;
    let a = clamp(x, 1.0lf, NP64_ARCSINH_LARGE) - 1.0lf;
    let t = a + np64_sqrt(a * (a + 2.0lf));
    let far = np64_log_of_root(x, is_large, t);
    let result = select(far, t + np64_log_rest(t), t < NP64_LOG1P_MAX);
    let or_nan = np64_or_bits(result, NP64_NAN_BITS, x < 1.0lf);
    return np64_or(or_nan, x, np64_isnan(x) || bitcast<u64>(x) == NP64_INFINITY_BITS);
}

fn np64_arctanh(x: f64) -> f64 {
    let magnitude = abs(x);
    let t = 2.0lf * np64_quotient(magnitude, 1.0lf - magnitude);
    let finite = 0.5lf * np64_log1p_inside(t);
    let result = np64_with_sign(np64_or_bits(finite, NP64_INFINITY_BITS, magnitude == 1.0lf), x);
    let or_nan = np64_or_bits(result, NP64_NAN_BITS, magnitude > 1.0lf);
    return np64_or(or_nan, x, magnitude < NP64_TINY || np64_isnan(x));
}

// --- Sine, cosine, tangent ---

struct Np64Angle {
    quadrant: i32,
    high: f64,
    low: f64,
}

fn np64_reduce_easy(x: f64) -> Np64Angle {
    let k = floor(x * NP64_TWO_OVER_PI + 0.5lf);
    let exact = np64_keep(np64_keep(x - k * NP64_HALF_PI_0) - k * NP64_HALF_PI_1);
    let high = np64_cut(exact - k * NP64_HALF_PI_2, NP64_UPPER_32);
    let low = np64_keep((exact - high) - k * NP64_HALF_PI_2) - k * NP64_HALF_PI_3;
    return Np64Angle(np64_whole(k), high, low);
}

fn np64_join(a: u64, b: u64, up: u32) -> u64 {
    // In two steps: a shift by 64 is none.
    return (a << up) | ((b >> 1u) >> (63u - up));
}

// The upper word of a product.
fn np64_multiply_high(a: u64, b: u64) -> u64 {
    let a_low = a & 0xfffffffflu;
    let a_high = a >> 32u;
    let b_low = b & 0xfffffffflu;
    let b_high = b >> 32u;
    let middle = a_high * b_low + ((a_low * b_low) >> 32u);
    let other = a_low * b_high + (middle & 0xfffffffflu);
    return a_high * b_high + (middle >> 32u) + (other >> 32u);
}

// The 32 bits from there on.
fn np64_word(a: u64, from_bit: u32) -> f64 {
    return f64(u32((a >> from_bit) & 0xfffffffflu));
}

// Of an angle beyond NP64_ANGLE_MAX.
fn np64_reduce_hard(x: f64) -> Np64Angle {
    let bits = bitcast<u64>(x) & NP64_MAGNITUDE_BITS;
    let exponent = clamp(u32(bits >> 52u), 1023u, 2046u);
    // x is this times 2^(exponent - 1075); digits of 2 / pi before 2^(1073 - exponent) make whole turns.
    let mantissa = (bits & NP64_MANTISSA_BITS) | NP64_NORMAL_BITS;
    let bit = exponent - 1013u;
    let at = bit >> 6u;
    let up = bit & 63u;
    var digits = NP64_TWO_OVER_PI_WORDS;
    let first = np64_join(digits[at], digits[at + 1u], up);
    let second = np64_join(digits[at + 1u], digits[at + 2u], up);
    let third = np64_join(digits[at + 2u], digits[at + 3u], up);
    let carried = np64_multiply_high(mantissa, third);
    let bottom = mantissa * second + carried;
    let carry = select(0lu, 1lu, bottom < carried);
    let top = mantissa * first + np64_multiply_high(mantissa, second) + carry;
    let quadrant = bitcast<i32>(u32((top + 0x2000000000000000lu) >> 62u));
    let fraction = (top << 2u) | (bottom >> 62u);
    let more = bottom << 2u;
    // In words of 32 bits, which are exact.
    let a = f64(bitcast<i32>(u32(fraction >> 32u))) * NP64_TWO_POW_MINUS_32;
    let b = np64_word(fraction, 0u) * NP64_TWO_POW_MINUS_64;
    let c = np64_word(more, 32u) * NP64_TWO_POW_MINUS_96 + np64_word(more, 0u) * NP64_TWO_POW_MINUS_128;
    let upper = np64_cut(a + b, NP64_UPPER_26);
    let high = upper * NP64_HALF_PI_0;
    let low = upper * NP64_HALF_PI_LOW + (np64_keep(np64_keep(a - upper) + b) + c) * NP64_HALF_PI;
    if x < 0.0lf {
        return Np64Angle(-quadrant, -high, -low);
    }
    return Np64Angle(quadrant, high, low);
}

fn np64_reduce(x: f64) -> Np64Angle {
    if abs(x) <= NP64_ANGLE_MAX {
        return np64_reduce_easy(x);
    }
    return np64_reduce_hard(x);
}

// Sine and cosine of what is left.
fn np64_sine_and_cosine(angle: Np64Angle) -> vec2<f64> {
    let r = angle.high + angle.low;
    let z = r * r;
    let upper = NP64_SIN_3 + z * (NP64_SIN_4 + z * NP64_SIN_5);
    let polynomial = NP64_SIN_0 + z * (NP64_SIN_1 + z * (NP64_SIN_2 + z * upper));
    let cos_upper = NP64_COS_3 + z * (NP64_COS_4 + z * NP64_COS_5);
    let cos_polynomial = NP64_COS_0 + z * (NP64_COS_1 + z * (NP64_COS_2 + z * cos_upper));
    let sin_r = angle.high + (angle.low + r * z * polynomial);
    return vec2<f64>(sin_r, (1.0lf - 0.5lf * z) + z * z * cos_polynomial);
}

// The sine of an angle, of the next quadrant its cosine.
fn np64_sine(angle: Np64Angle) -> f64 {
    let both = np64_sine_and_cosine(angle);
    let chosen = select(both.y, both.x, (angle.quadrant & 1) == 0);
    return bitcast<f64>(bitcast<u64>(chosen) ^ (u64(bitcast<u32>(angle.quadrant) & 2u) << 62u));
}

fn np64_tangent(angle: Np64Angle) -> f64 {
    let both = np64_sine_and_cosine(angle);
    let is_even = (angle.quadrant & 1) == 0;
    return np64_quotient(select(-both.y, both.x, is_even), select(both.x, both.y, is_even));
}

// The result, but for infinite arguments and NaN.
fn np64_of_finite(x: f64, result: f64) -> f64 {
    return np64_or(np64_or_bits(result, NP64_NAN_BITS, np64_isinf(x)), x, np64_isnan(x));
}

fn np64_sin(x: f64) -> f64 {
    return np64_or(np64_of_finite(x, np64_sine(np64_reduce(x))), x, abs(x) < NP64_TINY);
}

fn np64_cos(x: f64) -> f64 {
    let angle = np64_reduce(x);
    return np64_of_finite(x, np64_sine(Np64Angle(angle.quadrant + 1, angle.high, angle.low)));
}

fn np64_tan(x: f64) -> f64 {
    return np64_or(np64_of_finite(x, np64_tangent(np64_reduce(x))), x, abs(x) < NP64_TINY);
}

// --- Inverse trigonometric functions ---

struct Np64Arcsin {
    root: f64,
    low: f64,
    polynomial: f64,
}

// Of a magnitude: itself up to 1/2, beyond the root of (1 - x) / 2, whose arcsine is half of the arccosine of x.
fn np64_arcsin_parts(magnitude: f64, is_small: bool) -> Np64Arcsin {
    let z = select((1.0lf - magnitude) * 0.5lf, magnitude * magnitude, is_small);
    let root = sqrt(z);
    let high = np64_cut(root, NP64_UPPER_26);
    let low = (z - high * high) / (root + high + NP64_TINY_DIVISOR);
    let third = NP64_ARCSIN_9 + z * (NP64_ARCSIN_10 + z * (NP64_ARCSIN_11 + z * NP64_ARCSIN_12));
    let second = NP64_ARCSIN_6 + z * (NP64_ARCSIN_7 + z * (NP64_ARCSIN_8 + z * third));
    let first = NP64_ARCSIN_3 + z * (NP64_ARCSIN_4 + z * (NP64_ARCSIN_5 + z * second));
    let polynomial = z * (NP64_ARCSIN_0 + z * (NP64_ARCSIN_1 + z * (NP64_ARCSIN_2 + z * first)));
    return Np64Arcsin(select(high, magnitude, is_small), select(low, 0.0lf, is_small), polynomial);
}

fn np64_arcsin(x: f64) -> f64 {
    let magnitude = abs(x);
    let is_small = magnitude <= 0.5lf;
    let parts = np64_arcsin_parts(magnitude, is_small);
    let rest = parts.low + (parts.root + parts.low) * parts.polynomial;
    let far = NP64_QUARTER_PI + ((NP64_QUARTER_PI - 2.0lf * parts.root) - (2.0lf * rest - NP64_HALF_PI_REST));
    let result = np64_with_sign(select(far, parts.root + rest, is_small), x);
    return np64_or(np64_or_bits(result, NP64_NAN_BITS, magnitude > 1.0lf), x, np64_isnan(x));
}

fn np64_arccos(x: f64) -> f64 {
    let magnitude = abs(x);
    let is_small = magnitude <= 0.5lf;
    let parts = np64_arcsin_parts(magnitude, is_small);
    let rest = parts.low + (parts.root + parts.low) * parts.polynomial;
    let angle = parts.root + rest;
    let near_0 = NP64_HALF_PI - (select(angle, -angle, x < 0.0lf) - NP64_HALF_PI_REST);
    let far = select(2.0lf * angle, NP64_PI - (2.0lf * angle - NP64_PI_REST), x < 0.0lf);
    let result = select(far, near_0, is_small);
    return np64_or(np64_or_bits(result, NP64_NAN_BITS, magnitude > 1.0lf), x, np64_isnan(x));
}

// The arctangent of a quotient from 0 to 1: pi / 4 less that of (b - a) / (b + a), if that is smaller.
fn np64_arctan_of(a: f64, b: f64) -> f64 {
    let is_large = a > b * NP64_TAN_EIGHTH;
    let t = np64_quotient(select(a, a - b, is_large), select(b, a + b, is_large));
    let z = t * t;
    let third = NP64_ARCTAN_8 + z * (NP64_ARCTAN_9 + z * NP64_ARCTAN_10);
    let second = NP64_ARCTAN_5 + z * (NP64_ARCTAN_6 + z * (NP64_ARCTAN_7 + z * third));
    let first = NP64_ARCTAN_2 + z * (NP64_ARCTAN_3 + z * (NP64_ARCTAN_4 + z * second));
    let angle = t + t * z * (NP64_ARCTAN_0 + z * (NP64_ARCTAN_1 + z * first));
    return select(angle, NP64_QUARTER_PI + angle, is_large);
}

fn np64_arctan(x: f64) -> f64 {
    // An infinite one would do no harm, if only a driver knew it.
    let magnitude = min(abs(x), NP64_ARCTAN_MAX);
    let is_small = magnitude <= 1.0lf;
    let angle = np64_arctan_of(select(1.0lf, magnitude, is_small), select(magnitude, 1.0lf, is_small));
    let result = select(NP64_HALF_PI - (angle - NP64_HALF_PI_REST), angle, is_small);
    return np64_or(np64_with_sign(result, x), x, magnitude < NP64_TINY || np64_isnan(x));
}

fn np64_arctan2(y: f64, x: f64) -> f64 {
    let a = abs(x);
    let b = abs(y);
    let is_steep = b > a;
    let greater = select(a, b, is_steep);
    let lesser = select(b, a, is_steep);
    // Neither is the divisor too large for a shader, nor anything subnormal that counts.
    let up = select(1.0lf, NP64_ARCTAN_UP, greater < NP64_ARCTAN_MIN);
    let unit = select(up, NP64_ARCTAN_DOWN, greater > NP64_ARCTAN_MAX);
    let divisor = np64_keep(greater * unit);
    let dividend = np64_keep(lesser * unit);
    // Of a quotient that is nearly subnormal the last digits would be.
    let is_tiny = dividend < divisor * NP64_TINY_DIVISOR;
    let quotient = np64_arctan_of(select(dividend, dividend * NP64_ARCTAN_UP, is_tiny), divisor);
    let is_equal = bitcast<u64>(lesser) == bitcast<u64>(greater) && !np64_is_zero(greater);
    let scaled = np64_keep(quotient) * select(1.0lf, NP64_ARCTAN_BACK, is_tiny);
    let of_end = np64_or_bits(scaled, 0lu, divisor == 0.0lf || np64_isinf(greater));
    let shallow = np64_or(of_end, NP64_QUARTER_PI, is_equal);
    let angle = select(shallow, NP64_HALF_PI - (shallow - NP64_HALF_PI_REST), is_steep);
    let result = np64_with_sign(select(angle, NP64_PI - (angle - NP64_PI_REST), np64_signbit(x)), y);
    return np64_or(np64_or(result, x, np64_isnan(x)), y, np64_isnan(y));
}

// --- Powers ---

struct Np64Log2 {
    high: f64,
    low: f64,
}

// log2 of a positive, finite number in two parts, the first of 26 bits; to 2^-65 together.
fn np64_log2_parts(x: f64) -> Np64Log2 {
    let normal = np64_normal(x);
    let bits = bitcast<u64>(normal.x) + (NP64_ONE_BITS - NP64_SQRT_HALF_BITS);
    let k = f64(bitcast<i32>(u32(bits >> 52u)) - 1023 - normal.more);
    let m = bitcast<f64>((bits & NP64_MANTISSA_BITS) + NP64_SQRT_HALF_BITS);
    let m_high = np64_cut(m, NP64_UPPER_25);
    let f = m - 1.0lf;
    let divisor = m_high + 1.0lf;
    let divisor_low = m - m_high;
    let reciprocal = 1.0lf / (m + 1.0lf);
    let s = f * reciprocal;
    let s_high = np64_cut(s, NP64_UPPER_26);
    let s_low = reciprocal * (np64_keep(f - s_high * divisor) - s_high * divisor_low);
    let z = s * s;
    let square = s_high * s_high;
    let upper = NP64_POWER_3 + z * (NP64_POWER_4 + z * (NP64_POWER_5 + z * NP64_POWER_6));
    let polynomial = NP64_POWER_0 + z * (NP64_POWER_1 + z * (NP64_POWER_2 + z * upper));
    let rest = z * z * polynomial + s_low * (s_high + s);
    // 3 + s^2 + ... in two parts, and s times that.
    let series = np64_cut(3.0lf + (square + rest), NP64_UPPER_26);
    let series_low = rest - np64_keep(np64_keep(series - 3.0lf) - square);
    let product = s_high * series;
    let product_low = s_low * series + series_low * s;
    let high = np64_cut(product + product_low, NP64_UPPER_26);
    let low = product_low - np64_keep(high - product);
    let scaled = NP64_POWER_SCALE_HIGH * high;
    let scaled_low = NP64_POWER_SCALE_LOW * high + low * NP64_POWER_SCALE;
    let sum = np64_cut((scaled + scaled_low) + k, NP64_UPPER_26);
    return Np64Log2(sum, scaled_low - np64_keep(np64_keep(sum - k) - scaled));
}

// |x| to the power of y, where x is neither 0 nor infinite, and y is finite.
fn np64_power_of_magnitude(x: f64, y: f64) -> f64 {
    let log_x = np64_log2_parts(x);
    let exponent = clamp(y, -NP64_POWER_EXPONENT_MAX, NP64_POWER_EXPONENT_MAX);
    let y_high = np64_cut(exponent, NP64_UPPER_26);
    let low = (exponent - y_high) * log_x.high + exponent * log_x.low;
    let high = np64_keep(y_high * log_x.high);
    let k = clamp(floor(high + low + 0.5lf), NP64_EXP2_MIN, NP64_EXP2_MAX + 0.5lf);
    let r = clamp(np64_keep(high - k) + low, -1.0lf, 1.0lf);
    return np64_scale(np64_exp2_near_0(r), np64_whole(k));
}

fn np64_power(x: f64, y: f64) -> f64 {
    let magnitude = abs(x);
    let is_whole = floor(y) == y;
    let half = y * 0.5lf;
    let is_odd = is_whole && !(floor(half) == half) && !np64_isinf(y);
    let is_end = np64_is_zero(x) || np64_isinf(x);
    let is_below = (bitcast<u64>(x) & NP64_MAGNITUDE_BITS) < NP64_ONE_BITS;
    let ends = select(0lu, NP64_INFINITY_BITS, is_below == np64_signbit(y));
    let beyond = select(ends, NP64_ONE_BITS, magnitude == 1.0lf);
    let positive = np64_or_bits(np64_power_of_magnitude(x, y), beyond, np64_isinf(y) || is_end);
    let signed = np64_or(positive, np64_with_sign(positive, x), is_odd);
    let is_nan = np64_signbit(x) && !is_whole && !is_end && !np64_isinf(y);
    let result = np64_or_bits(signed, NP64_NAN_BITS, is_nan);
    let with_nan = np64_or(np64_or(result, y, np64_isnan(y)), x, np64_isnan(x));
    return np64_or_bits(with_nan, NP64_ONE_BITS, bitcast<u64>(x) == NP64_ONE_BITS || np64_is_zero(y));
}

fn np64_cbrt(x: f64) -> f64 {
    let normal = np64_normal(x);
    let bits = bitcast<u64>(normal.x);
    // The exponent in thirds, rounded down: 1023 is 3 times 341, and 1023 + 1022 + 1 is 3 times 682.
    let is_subnormal = normal.more != 0;
    let e = u32(bits >> 52u) + select(0u, 1u, is_subnormal);
    let q = e / 3u;
    let third = e - 3u * q;
    let fraction = bitcast<f64>((bits & NP64_MANTISSA_BITS) | NP64_ONE_BITS);
    let m = fraction * np64_power_of_2(bitcast<i32>(third));
    let upper = NP64_CBRT_SEED_3 + fraction * (NP64_CBRT_SEED_4 + fraction * NP64_CBRT_SEED_5);
    let lower = NP64_CBRT_SEED_1 + fraction * (NP64_CBRT_SEED_2 + fraction * upper);
    let seed = NP64_CBRT_SEED_0 + fraction * lower;
    let factor = select(select(NP64_CBRT_OF_4, NP64_CBRT_OF_2, third == 1u), 1.0lf, third == 0u);
    // Of 17 bits, so that its cube is exact.
    let t = bitcast<f64>((bitcast<u64>(seed * factor) + NP64_HALF_OF_UPPER_17) & NP64_UPPER_17);
    let error = (m - t * t * t) / m;
    let root = t + t * (error * (NP64_CBRT_0 + error * (NP64_CBRT_1 + error * NP64_CBRT_2)));
    let result = root * np64_power_of_2(bitcast<i32>(q) - select(341, 682, is_subnormal));
    return np64_or(np64_with_sign(result, x), x, np64_is_zero(x) || np64_isinf(x) || np64_isnan(x));
}

fn np64_hypot(x: f64, y: f64) -> f64 {
    let a = abs(x);
    let b = abs(y);
    let greater = max(a, b);
    let is_large = greater > NP64_HYPOT_MAX;
    let is_small = greater < NP64_HYPOT_MIN;
    let unit = select(select(1.0lf, NP64_HYPOT_UP, is_small), NP64_HYPOT_DOWN, is_large);
    let back = select(select(1.0lf, NP64_HYPOT_DOWN, is_small), NP64_HYPOT_UP, is_large);
    let c = np64_keep(a * unit);
    let d = np64_keep(b * unit);
    let result = np64_sqrt(c * c + d * d) * back;
    let with_nan = np64_or(np64_or(result, y, np64_isnan(y)), x, np64_isnan(x));
    return np64_or_bits(with_nan, NP64_INFINITY_BITS, np64_isinf(x) || np64_isinf(y));
}

// --- Division ---

struct Np64Whole {
    exponent: u32,
    mantissa: u64,
}

// The exponent's bits, at least 1, and the mantissa.
fn np64_whole_parts(magnitude: u64) -> Np64Whole {
    let exponent = u32(magnitude >> 52u);
    let mantissa = magnitude & NP64_MANTISSA_BITS;
    return Np64Whole(max(exponent, 1u), select(mantissa | NP64_NORMAL_BITS, mantissa, exponent == 0u));
}

// The bits of a number from its exponent's bits and a mantissa below 2^53.
fn np64_assemble(exponent: u32, mantissa: u64) -> u64 {
    let high = u32(mantissa >> 32u);
    let low = u32(mantissa & 0xfffffffflu);
    let zeros = select(countLeadingZeros(high), 32u + countLeadingZeros(low), high == 0u);
    let up = min(zeros - 11u, exponent - 1u);
    let shifted = mantissa << (up & 63u);
    // Where the leading digit has come to its place it counts as one exponent more.
    return select((u64(exponent - up - 1u) << 52u) + shifted, 0lu, mantissa == 0lu);
}

// What the division of a by b towards 0 leaves, exactly: at most 191 turns, of 11 digits each.
fn np64_fmod(a: f64, b: f64) -> f64 {
    let dividend = bitcast<u64>(a) & NP64_MAGNITUDE_BITS;
    let divisor = bitcast<u64>(b) & NP64_MAGNITUDE_BITS;
    if dividend >= NP64_INFINITY_BITS || divisor > NP64_INFINITY_BITS || divisor == 0lu {
        return np64_or(np64_or_bits(a, NP64_NAN_BITS, !np64_isnan(a)), b, np64_isnan(b) && !np64_isnan(a));
    }
    if dividend < divisor {
        return a;
    }
    let of_a = np64_whole_parts(dividend);
    let of_b = np64_whole_parts(divisor);
    var n_digits = of_a.exponent - of_b.exponent;
    var rest = of_a.mantissa % of_b.mantissa;
    while n_digits > 0u {
        let n = min(n_digits, 11u);
        rest = (rest << n) % of_b.mantissa;
        n_digits -= n;
    }
    return bitcast<f64>(np64_assemble(of_b.exponent, rest) | (bitcast<u64>(a) & NP64_SIGN_BIT));
}
