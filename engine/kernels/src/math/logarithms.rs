//! Logarithms, and the inverse hyperbolic functions that are made of them.
//!
//! A number is 2^k (1 + f) with 1 + f between √½ and √2, as in FreeBSD's `e_log.c`; ln(1 + f) is f less half its square
//! and a polynomial, as in Cephes' `logf.c`.

use super::bits::{cut, normal, with_sign};
use super::coefficients::*;
use super::exponentials::{exp, exp2};

/// `(k, f)` of a positive number that is normal and finite.
#[inline(always)]
fn split(x: f32) -> (i32, f32) {
    let bits = x.to_bits().wrapping_add(ONE_BITS - SQRT_HALF_BITS);
    let f = f32::from_bits((bits & MANTISSA_BITS).wrapping_add(SQRT_HALF_BITS)) - 1.0;
    ((bits >> 23) as i32 - 127, f)
}

/// As [`split`], of any positive number.
#[inline(always)]
fn split_any(x: f32) -> (f32, f32) {
    let (x, more) = normal(x);
    let (k, f) = split(x);
    ((k - more) as f32, f)
}

/// ln(1 + f) - f.
#[inline(always)]
fn rest(f: f32) -> f32 {
    let even = LOG_5 + f * (LOG_6 + f * LOG_7);
    let polynomial = LOG_0 + f * (LOG_1 + f * (LOG_2 + f * (LOG_3 + f * (LOG_4 + f * even))));
    f * f * (f * polynomial - 0.5)
}

/// What logarithms are of numbers that have none, or an infinite one; of others `result`.
#[inline(always)]
fn or_special(x: f32, result: f32) -> f32 {
    if x > 0.0 && x < f32::INFINITY {
        result
    } else if x == 0.0 {
        f32::NEG_INFINITY
    } else if x < 0.0 {
        f32::NAN
    } else {
        x
    }
}

/// The natural logarithm.
#[inline(always)]
pub(crate) fn log(x: f32) -> f32 {
    let (k, f) = split_any(x);
    or_special(x, k * LN_2_HIGH + (f + (rest(f) + k * LN_2_LOW)))
}

/// The logarithm of base 2.
#[inline(always)]
pub(crate) fn log2(x: f32) -> f32 {
    let (k, f) = split_any(x);
    let rest = rest(f);
    or_special(x, k + (f + (rest + (f * LOG2_E_REST + rest * LOG2_E_REST))))
}

/// The logarithm of base 10.
#[inline(always)]
pub(crate) fn log10(x: f32) -> f32 {
    let (k, f) = split_any(x);
    let high = cut(f, UPPER_12);
    let low = (f - high) * LOG10_E + high * LOG10_E_LOW;
    let near_1 = high * LOG10_E_HIGH + (rest(f) * LOG10_E + (low + k * LOG10_2_LOW));
    or_special(x, k * LOG10_2_HIGH + near_1)
}

/// ln(u + c), where c is less than 2^-15 of u, plus `more` times ln(2).
#[inline(always)]
fn log_of_sum(u: f32, c: f32, more: i32) -> f32 {
    let (k, f) = split(u);
    let k = (k + more) as f32;
    k * LN_2_HIGH + (f + (rest(f) + (k * LN_2_LOW + c / u)))
}

/// ln(1 + x) of a number above -1.
#[inline(always)]
fn log1p_inside(x: f32) -> f32 {
    // Cut, so that subtracting 1 again is exact.
    let u = cut(1.0 + x, UPPER_16);
    let far = log_of_sum(u, x - (u - 1.0), 0);
    if x > LOG1P_MIN && x < LOG1P_MAX { x + rest(x) } else { far }
}

/// The natural logarithm of 1 + x.
#[inline(always)]
pub(crate) fn log1p(x: f32) -> f32 {
    let result = or_special(1.0 + x, log1p_inside(x));
    if x.abs() < TINY { x } else { result }
}

/// ln(exp(a) + exp(b)).
#[inline(always)]
pub(crate) fn logaddexp(a: f32, b: f32) -> f32 {
    let greater = if a > b { a } else { b };
    let result = greater + log1p_inside(exp(-(a - b).abs()));
    sum_of_powers(a, b, LN_2, result)
}

/// log2(2^a + 2^b).
#[inline(always)]
pub(crate) fn logaddexp2(a: f32, b: f32) -> f32 {
    let greater = if a > b { a } else { b };
    let result = greater + log1p_inside(exp2(-(a - b).abs())) * LOG2_E;
    sum_of_powers(a, b, 1.0, result)
}

/// `result`, but where the exponents are equal, and their difference perhaps NaN, or one is NaN.
#[inline(always)]
fn sum_of_powers(a: f32, b: f32, of_2: f32, result: f32) -> f32 {
    if a == b {
        a + of_2
    } else if a.is_nan() || b.is_nan() {
        a + b
    } else {
        result
    }
}

/// The inverse hyperbolic sine.
#[inline(always)]
pub(crate) fn arcsinh(x: f32) -> f32 {
    let magnitude = x.abs();
    let is_large = magnitude >= ARCSINH_LARGE;
    let a = magnitude.min(ARCSINH_LARGE);
    let z = a * a;
    let polynomial = ARCSINH_0 + z * (ARCSINH_1 + z * (ARCSINH_2 + z * (ARCSINH_3 + z * ARCSINH_4)));
    let near_0 = magnitude + magnitude * z * polynomial;
    let far = log_of_root(magnitude, is_large, a + z / (1.0 + (1.0 + z).sqrt()));
    let result = if magnitude < 0.5 { near_0 } else { far };
    if magnitude < f32::INFINITY { with_sign(result, x) } else { x }
}

/// ln(1 + t), or ln(2 x) where x is large.
#[inline(always)]
fn log_of_root(x: f32, is_large: bool, t: f32) -> f32 {
    let sum = cut(1.0 + t, UPPER_16);
    let u = if is_large { x } else { sum };
    let c = if is_large { 0.0 } else { t - (sum - 1.0) };
    log_of_sum(u, c, i32::from(is_large))
}

/// The inverse hyperbolic cosine.
#[inline(always)]
pub(crate) fn arccosh(x: f32) -> f32 {
    let is_large = x >= ARCSINH_LARGE;
    let a = x.min(ARCSINH_LARGE) - 1.0;
    let t = a + (a * (a + 2.0)).sqrt();
    let far = log_of_root(x, is_large, t);
    let result = if t < LOG1P_MAX { t + rest(t) } else { far };
    if x < 1.0 {
        f32::NAN
    } else if x < f32::INFINITY {
        result
    } else {
        x
    }
}

/// The inverse hyperbolic tangent.
#[inline(always)]
pub(crate) fn arctanh(x: f32) -> f32 {
    let magnitude = x.abs();
    let z = magnitude * magnitude;
    let odd = ARCTANH_2 + z * (ARCTANH_3 + z * (ARCTANH_4 + z * ARCTANH_5));
    let near_0 = magnitude + magnitude * z * (ARCTANH_0 + z * (ARCTANH_1 + z * odd));
    let t = 2.0 * magnitude / (1.0 - magnitude);
    let u = cut(1.0 + t, UPPER_16);
    let far = 0.5 * log_of_sum(u, t - (u - 1.0), 0);
    let finite = if magnitude < 0.5 { near_0 } else { far };
    let result = if magnitude == 1.0 { f32::INFINITY } else { finite };
    if magnitude > 1.0 {
        f32::NAN
    } else if x.is_nan() {
        x
    } else {
        with_sign(result, x)
    }
}
