//! Powers, the cube root and the length of a hypotenuse.

use super::bits::{cut, normal, scale, with_sign};
use super::coefficients::*;
use super::exponentials::exp2_near_0;

/// log2 of a positive, finite number in two parts, the first of 12 bits; to 2^-34 together.
///
/// As in FreeBSD's `e_powf.c`: of s = (m - 1) / (m + 1), 2 / ln(2) (s + s³ / 3 + ...), every large term in parts whose
/// products are exact.
#[inline(always)]
fn log2_parts(x: f32) -> (f32, f32) {
    let (x, more) = normal(x);
    let bits = x.to_bits().wrapping_add(ONE_BITS - SQRT_HALF_BITS);
    let k = ((bits >> 23) as i32 - 127 - more) as f32;
    let m = f32::from_bits((bits & MANTISSA_BITS).wrapping_add(SQRT_HALF_BITS));
    let m_high = cut(m, UPPER_11);
    let f = m - 1.0;
    let (divisor, divisor_low) = (m_high + 1.0, m - m_high);
    let reciprocal = 1.0 / (m + 1.0);
    let s = f * reciprocal;
    let s_high = cut(s, UPPER_12);
    let s_low = reciprocal * ((f - s_high * divisor) - s_high * divisor_low);
    let z = s * s;
    let square = s_high * s_high;
    let rest = z * z * (POWER_0 + z * (POWER_1 + z * POWER_2)) + s_low * (s_high + s);
    // 3 + s² + ... in two parts, and s times that.
    let series = cut(3.0 + (square + rest), UPPER_12);
    let series_low = rest - ((series - 3.0) - square);
    let product = s_high * series;
    let product_low = s_low * series + series_low * s;
    let high = cut(product + product_low, UPPER_12);
    let low = product_low - (high - product);
    let scaled = POWER_SCALE_HIGH * high;
    let scaled_low = POWER_SCALE_LOW * high + low * POWER_SCALE;
    let sum = cut((scaled + scaled_low) + k, UPPER_12);
    (sum, scaled_low - ((sum - k) - scaled))
}

/// |x| to the power of `y`, where `x` is neither 0 nor infinite, and `y` is finite.
#[inline(always)]
fn power_of_magnitude(x: f32, y: f32) -> f32 {
    let (log, log_low) = log2_parts(x);
    let y = y.clamp(-POWER_EXPONENT_MAX, POWER_EXPONENT_MAX);
    let y_high = cut(y, UPPER_12);
    let low = (y - y_high) * log + y * log_low;
    let high = y_high * log;
    let k = (high + low + 0.5).floor().clamp(EXP2_MIN, EXP2_MAX + 0.5);
    let r = ((high - k) + low).clamp(-1.0, 1.0);
    scale(exp2_near_0(r), super::bits::whole(k))
}

/// `x` to the power of `y`, by the rules of IEEE 754.
#[inline(always)]
pub(crate) fn power(x: f32, y: f32) -> f32 {
    let magnitude = x.abs();
    let is_whole = y.floor() == y;
    let half = y * 0.5;
    let is_odd = is_whole && half.floor() != half;
    let is_end = magnitude == 0.0 || magnitude == f32::INFINITY;
    let finite = power_of_magnitude(x, y);
    let ends = if (magnitude < 1.0) == (y < 0.0) { f32::INFINITY } else { 0.0 };
    let beyond = if magnitude == 1.0 { 1.0 } else { ends };
    let y_is_infinite = y.abs() == f32::INFINITY;
    let positive = if y_is_infinite || is_end { beyond } else { finite };
    let signed = if is_odd { with_sign(positive, x) } else { positive };
    let result = if x < 0.0 && !is_whole && !is_end { f32::NAN } else { signed };
    if x == 1.0 || y == 0.0 {
        1.0
    } else if x.is_nan() || y.is_nan() {
        x + y
    } else {
        result
    }
}

/// The cube root.
#[inline(always)]
pub(crate) fn cbrt(x: f32) -> f32 {
    let (magnitude, more) = normal(x);
    let bits = magnitude.to_bits();
    // The exponent in thirds, rounded down: e is that of 2^3q, and 129 is 3 times 43.
    let e = (bits >> 23) + 2;
    let q = (e * 683) >> 11;
    let third = e - 3 * q;
    let fraction = f32::from_bits((bits & MANTISSA_BITS) | ONE_BITS);
    let m = fraction * f32::from_bits(ONE_BITS + (third << 23));
    let seed = CBRT_SEED_0 + fraction * (CBRT_SEED_1 + fraction * (CBRT_SEED_2 + fraction * CBRT_SEED_3));
    let factor = if third == 0 {
        1.0
    } else if third == 1 {
        CBRT_OF_2
    } else {
        CBRT_OF_4
    };
    // Of 8 bits, so that its cube is exact.
    let t = cut(f32::from_bits((seed * factor).to_bits() + HALF_OF_UPPER_8), UPPER_8);
    let e = (m - t * t * t) / m;
    let root = t + t * (e * (CBRT_0 + e * (CBRT_1 + e * CBRT_2)));
    let shift = (q as i32) - 43 - more / 3;
    let result = root * super::bits::power_of_2(shift);
    if x.abs() < f32::INFINITY && x != 0.0 { with_sign(result, x) } else { x }
}

/// The square root of x² + y².
#[inline(always)]
pub(crate) fn hypot(x: f32, y: f32) -> f32 {
    let (a, b) = (x.abs(), y.abs());
    let greater = if a > b { a } else { b };
    let (unit, back) = if greater > HYPOT_MAX {
        (HYPOT_DOWN, HYPOT_UP)
    } else if greater < HYPOT_MIN {
        (HYPOT_UP, HYPOT_DOWN)
    } else {
        (1.0, 1.0)
    };
    let (c, d) = (a * unit, b * unit);
    let result = (c * c + d * d).sqrt() * back;
    if a == f32::INFINITY || b == f32::INFINITY {
        f32::INFINITY
    } else if a.is_nan() || b.is_nan() {
        a + b
    } else {
        result
    }
}
