//! Sine, cosine and tangent.
//!
//! An angle is a multiple of π / 2 and a remainder of two parts. Up to [`ANGLE_MAX`] the multiple is subtracted in four
//! parts (Cody and Waite, 1980), beyond by the digits of 2 / π from where they count (Payne and Hanek, 1983).

use super::bits::{cut, whole};
use super::coefficients::*;

/// A multiple of a right angle, and what is left: a number and its last digits.
#[derive(Clone, Copy)]
struct Angle {
    quadrant: i32,
    high: f32,
    low: f32,
}

/// Whether an angle is small enough for the functions that end in `_easy`.
#[inline(always)]
pub(crate) fn is_easy(x: f32) -> bool {
    x.abs() <= ANGLE_MAX
}

#[inline(always)]
fn reduce_easy(x: f32) -> Angle {
    let k = (x * TWO_OVER_PI + 0.5).floor();
    let exact = (x - k * HALF_PI_0) - k * HALF_PI_1;
    let high = cut(exact - k * HALF_PI_2, UPPER_16);
    Angle { quadrant: whole(k), high, low: ((exact - high) - k * HALF_PI_2) - k * HALF_PI_3 }
}

/// The 96 digits of 2 / π from 2^-bit on, in three words, where bit is less than 135; 32 zeros stand before the first.
#[inline(always)]
fn digits(bit: u32) -> [u32; 3] {
    let choose = |which: bool, a: u32, b: u32| if which { a } else { b };
    let by_2 = bit & 64 != 0;
    let a0 = choose(by_2, TWO_OVER_PI_1, 0);
    let a1 = choose(by_2, TWO_OVER_PI_2, TWO_OVER_PI_0);
    let a2 = choose(by_2, TWO_OVER_PI_3, TWO_OVER_PI_1);
    let a3 = choose(by_2, TWO_OVER_PI_4, TWO_OVER_PI_2);
    let a4 = choose(by_2, TWO_OVER_PI_5, TWO_OVER_PI_3);
    let by_1 = bit & 32 != 0;
    let by_4 = bit & 128 != 0;
    let b0 = choose(by_4, TWO_OVER_PI_3, choose(by_1, a1, a0));
    let b1 = choose(by_4, TWO_OVER_PI_4, choose(by_1, a2, a1));
    let b2 = choose(by_4, TWO_OVER_PI_5, choose(by_1, a3, a2));
    let b3 = choose(by_4, TWO_OVER_PI_6, choose(by_1, a4, a3));
    let up = bit & 31;
    // In two steps: a shift by 32 is none.
    let join = |a: u32, b: u32| (a << up) | ((b >> 1) >> (31 - up));
    [join(b0, b1), join(b1, b2), join(b2, b3)]
}

#[inline(always)]
fn reduce(x: f32) -> Angle {
    let bits = x.to_bits() & MAGNITUDE_BITS;
    let exponent = (bits >> 23).max(140);
    // x is this times 2^(exponent - 150); digits of 2 / π before 2^(148 - exponent) make whole turns.
    let mantissa = u64::from((bits & MANTISSA_BITS) | NORMAL_BITS);
    let [first, second, third] = digits(exponent - 120);
    let product = ((mantissa * u64::from(first)) << 32)
        .wrapping_add(mantissa * u64::from(second))
        .wrapping_add((mantissa * u64::from(third)) >> 32);
    let (top, bottom) = ((product >> 32) as u32, product as u32);
    let quadrant = (top.wrapping_add(0x2000_0000) >> 30) as i32;
    let fraction = ((top << 2) | (bottom >> 30)) as i32;
    let more = bottom << 2;
    // In 24 bits each, which are exact.
    let a = (fraction >> 8) as f32 * TWO_POW_MINUS_24;
    let b = (((fraction & 0xff) << 16) | (more >> 16) as i32) as f32 * TWO_POW_MINUS_48;
    let c = (more & 0xffff) as i32 as f32 * TWO_POW_MINUS_64;
    let upper = cut(a + b, UPPER_12);
    let high = upper * HALF_PI_0;
    let low = upper * HALF_PI_LOW + (((a - upper) + b) + c) * HALF_PI;
    let hard = if x < 0.0 {
        Angle { quadrant: -quadrant, high: -high, low: -low }
    } else {
        Angle { quadrant, high, low }
    };
    let easy = reduce_easy(x);
    if is_easy(x) { easy } else { hard }
}

/// The sine of an angle, of the next quadrant its cosine.
#[inline(always)]
fn sine(Angle { quadrant, high, low }: Angle) -> f32 {
    let r = high + low;
    let z = r * r;
    let sin = high + (low + r * z * (SIN_0 + z * (SIN_1 + z * SIN_2)));
    let cos = (1.0 - 0.5 * z) + z * z * (COS_0 + z * (COS_1 + z * COS_2));
    let chosen = if quadrant & 1 == 0 { sin } else { cos };
    f32::from_bits(chosen.to_bits() ^ (((quadrant as u32) << 30) & SIGN_BIT))
}

#[inline(always)]
fn tangent(Angle { quadrant, high, low }: Angle) -> f32 {
    let r = high + low;
    let z = r * r;
    let upper = TAN_3 + z * (TAN_4 + z * (TAN_5 + z * TAN_6));
    let tan = high + (low + r * z * (TAN_0 + z * (TAN_1 + z * (TAN_2 + z * upper))));
    if quadrant & 1 == 0 { tan } else { -1.0 / tan }
}

/// The result, but for arguments so small that they are their own sine, and for infinite ones.
#[inline(always)]
fn odd(x: f32, result: f32) -> f32 {
    if x.abs() < TINY { x } else { finite(x, result) }
}

#[inline(always)]
fn finite(x: f32, result: f32) -> f32 {
    if x.abs() < f32::INFINITY { result } else { f32::NAN }
}

/// The sine of an angle that [is easy](is_easy).
#[inline(always)]
pub(crate) fn sin_easy(x: f32) -> f32 {
    odd(x, sine(reduce_easy(x)))
}

/// The sine.
#[inline(always)]
pub(crate) fn sin(x: f32) -> f32 {
    odd(x, sine(reduce(x)))
}

fn next(angle: Angle) -> Angle {
    Angle { quadrant: angle.quadrant.wrapping_add(1), ..angle }
}

/// The cosine of an angle that [is easy](is_easy).
#[inline(always)]
pub(crate) fn cos_easy(x: f32) -> f32 {
    finite(x, sine(next(reduce_easy(x))))
}

/// The cosine.
#[inline(always)]
pub(crate) fn cos(x: f32) -> f32 {
    finite(x, sine(next(reduce(x))))
}

/// The tangent of an angle that [is easy](is_easy).
#[inline(always)]
pub(crate) fn tan_easy(x: f32) -> f32 {
    odd(x, tangent(reduce_easy(x)))
}

/// The tangent.
#[inline(always)]
pub(crate) fn tan(x: f32) -> f32 {
    odd(x, tangent(reduce(x)))
}
