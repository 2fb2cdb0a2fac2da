//! Exponentials, and the hyperbolic functions that are made of them.
//!
//! An argument is k ln(2) + r with |r| <= ln(2) / 2, and ln(2) in two parts, so that r is exact but for its last bit.
//! Of exp(r), cosh(r) is the even part and sinh(r) the odd one: every function here adds those as it needs them.

use super::bits::{power_of_2, scale, whole, with_sign};
use super::coefficients::*;

/// The parts of an exponential.
struct Parts {
    /// By which power of 2.
    k: f32,
    /// cosh(r) - 1.
    even: f32,
    /// The argument without k ln(2), but for the last part of that.
    high: f32,
    /// sinh(r) without `high`.
    odd: f32,
}

#[inline(always)]
fn parts(x: f32) -> Parts {
    let k = (x * LOG2_E + 0.5).floor();
    let high = x - k * LN_2_HIGH;
    let low = k * LN_2_LOW;
    let r = high - low;
    let z = r * r;
    let even = z * (EXP_EVEN_0 + z * (EXP_EVEN_1 + z * EXP_EVEN_2));
    let odd = r * z * (EXP_ODD_0 + z * (EXP_ODD_1 + z * EXP_ODD_2)) - low;
    Parts { k, even, high, odd }
}

/// e to the power of `x`.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    let Parts { k, even, high, odd } = parts(x.clamp(EXP_MIN, EXP_MAX));
    scale(1.0 + (high + (even + odd)), whole(k))
}

/// 2 to the power of `r`, where |r| <= 1/2.
#[inline(always)]
pub(super) fn exp2_near_0(r: f32) -> f32 {
    1.0 + r * (EXP2_0 + r * (EXP2_1 + r * (EXP2_2 + r * (EXP2_3 + r * (EXP2_4 + r * EXP2_5)))))
}

/// 2 to the power of `x`.
#[inline(always)]
pub(crate) fn exp2(x: f32) -> f32 {
    let x = x.clamp(EXP2_MIN, EXP2_MAX);
    let k = (x + 0.5).floor();
    scale(exp2_near_0(x - k), whole(k))
}

/// e to the power of `x`, less 1.
#[inline(always)]
pub(crate) fn expm1(x: f32) -> f32 {
    let Parts { k, even, high, odd } = parts(x.clamp(EXPM1_MIN, EXP_MAX));
    let n = whole(k);
    // 2^k (exp(r) - 1) + 2^k - 1; beyond 2^30 the last 1 is nothing.
    let rest = 1.0 - power_of_2(-n.min(30));
    let result = scale(rest + (high + (even + odd)), n);
    if x.abs() < TINY { x } else { result }
}

/// The parts of exp(|x|) as those of cosh(x) and sinh(x): `(n, sum, difference, even, odd)`, with n = k - 1, and the
/// sum and the difference of 1 and 2^-2k.
#[inline(always)]
fn both_parts(x: f32) -> (i32, f32, f32, f32, f32) {
    let Parts { k, even, high, odd } = parts(x.abs().min(EXP_MAX + 1.0));
    let n = whole(k);
    let reflected = power_of_2(n.min(20).wrapping_mul(-2));
    (n.wrapping_sub(1), 1.0 + reflected, 1.0 - reflected, even, high + odd)
}

/// The hyperbolic sine.
#[inline(always)]
pub(crate) fn sinh(x: f32) -> f32 {
    let (n, sum, difference, even, odd) = both_parts(x);
    let result = scale(difference + (sum * odd + difference * even), n);
    if x.is_nan() { x } else { with_sign(result, x) }
}

/// The hyperbolic cosine.
#[inline(always)]
pub(crate) fn cosh(x: f32) -> f32 {
    let (n, sum, difference, even, odd) = both_parts(x);
    let result = scale(sum + (difference * odd + sum * even), n);
    if x.is_nan() { x } else { result }
}

/// The hyperbolic tangent.
#[inline(always)]
pub(crate) fn tanh(x: f32) -> f32 {
    let magnitude = x.abs();
    let z = magnitude * magnitude;
    let near_0 =
        magnitude + magnitude * z * (TANH_0 + z * (TANH_1 + z * (TANH_2 + z * (TANH_3 + z * TANH_4))));
    let Parts { k, even, high, odd } = parts(2.0 * magnitude.min(TANH_MAX));
    let square = (1.0 + (high + (even + odd))) * power_of_2(whole(k));
    let far = 1.0 - 2.0 / (square + 1.0);
    let result = if magnitude < TANH_SMALL { near_0 } else { far };
    if x.is_nan() { x } else { with_sign(result, x) }
}
