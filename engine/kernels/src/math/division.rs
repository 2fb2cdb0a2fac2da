//! The exact remainder of a division, with whole numbers.

use super::coefficients::*;

/// How many digits of the dividend are brought down at once, so that all stay in 64 bits.
const DIGITS: u32 = 32;

/// What the division of `a` by `b` towards 0 leaves.
#[inline(always)]
pub(crate) fn fmod(a: f32, b: f32) -> f32 {
    let (dividend, divisor) = (a.to_bits() & MAGNITUDE_BITS, b.to_bits() & MAGNITUDE_BITS);
    if dividend >= INFINITY_BITS || divisor > INFINITY_BITS || divisor == 0 {
        return if a.is_nan() { a } else { b + f32::NAN };
    }
    if dividend < divisor {
        return a;
    }
    let (exponent_of_a, mantissa_of_a) = parts(dividend);
    let (exponent_of_b, mantissa_of_b) = parts(divisor);
    let mut n_digits = exponent_of_a - exponent_of_b;
    let mut rest = mantissa_of_a % mantissa_of_b;
    while n_digits > 0 {
        let n = n_digits.min(DIGITS);
        rest = ((u64::from(rest) << n) % u64::from(mantissa_of_b)) as u32;
        n_digits -= n;
    }
    f32::from_bits(assemble(exponent_of_b, rest) | (a.to_bits() & SIGN_BIT))
}

/// The exponent's bits, at least 1, and the mantissa.
#[inline(always)]
fn parts(magnitude: u32) -> (u32, u32) {
    let exponent = magnitude >> 23;
    let mantissa = magnitude & MANTISSA_BITS;
    if exponent == 0 { (1, mantissa) } else { (exponent, mantissa | NORMAL_BITS) }
}

/// The bits of a number from its exponent's bits and a mantissa below 2^24.
#[inline(always)]
fn assemble(exponent: u32, mantissa: u32) -> u32 {
    let up = (mantissa.leading_zeros().wrapping_sub(8)).min(exponent - 1);
    let shifted = mantissa << (up & 31);
    // Where the leading digit has come to its place it counts as one exponent more.
    if mantissa == 0 { 0 } else { ((exponent - up - 1) << 23) + shifted }
}
