//! Floats of single precision by their bits.

use super::coefficients::{COUNTER, COUNTER_BITS, MAGNITUDE_BITS, NORMAL_BITS, SIGN_BIT};

/// A whole float below 2^22 as an integer; no conversion that would have to look for NaN.
#[inline(always)]
pub(super) fn whole(k: f32) -> i32 {
    (k + COUNTER).to_bits().wrapping_sub(COUNTER_BITS) as i32
}

/// 2^n, where that is a normal number.
#[inline(always)]
pub(super) fn power_of_2(n: i32) -> f32 {
    f32::from_bits((n.wrapping_add(127) as u32) << 23)
}

/// x 2^n, also where that or 2^n is subnormal or infinite.
#[inline(always)]
pub(super) fn scale(x: f32, n: i32) -> f32 {
    let half = n >> 1;
    x * power_of_2(half) * power_of_2(n.wrapping_sub(half))
}

/// The bits of `x` that are in the mask: parts that multiply exactly, and that no compiler takes for `x` itself.
#[inline(always)]
pub(super) fn cut(x: f32, mask: u32) -> f32 {
    f32::from_bits(x.to_bits() & mask)
}

/// A number that is not negative with the sign of another.
#[inline(always)]
pub(super) fn with_sign(magnitude: f32, of: f32) -> f32 {
    f32::from_bits(magnitude.to_bits() | (of.to_bits() & SIGN_BIT))
}

/// A positive number as a normal one, and by which power of 2 that is too large.
#[inline(always)]
pub(super) fn normal(x: f32) -> (f32, i32) {
    let bits = x.to_bits() & MAGNITUDE_BITS;
    if bits < NORMAL_BITS { ((bits << 1) as i32 as f32, 150) } else { (f32::from_bits(bits), 0) }
}
