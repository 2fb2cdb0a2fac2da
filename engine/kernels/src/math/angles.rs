//! The inverse trigonometric functions.

use super::bits::{cut, with_sign};
use super::coefficients::*;

/// What arcsine and arccosine are made of: `z`, `root`, its last digits, and (arcsin(√z) - √z) / √z.
struct Parts {
    root: f32,
    low: f32,
    polynomial: f32,
}

/// Of a magnitude: itself up to 1/2, beyond √((1 - x) / 2), whose arcsine is half of the arccosine of `x`.
#[inline(always)]
fn parts(magnitude: f32, is_small: bool) -> Parts {
    let z = if is_small { magnitude * magnitude } else { (1.0 - magnitude) * 0.5 };
    let sqrt = z.sqrt();
    let cut = cut(sqrt, UPPER_12);
    let low = (z - cut * cut) / (sqrt + cut + TINY_DIVISOR);
    let polynomial = z * (ARCSIN_0 + z * (ARCSIN_1 + z * (ARCSIN_2 + z * (ARCSIN_3 + z * ARCSIN_4))));
    if is_small {
        Parts { root: magnitude, low: 0.0, polynomial }
    } else {
        Parts { root: cut, low, polynomial }
    }
}

/// The angle of a sine.
#[inline(always)]
pub(crate) fn arcsin(x: f32) -> f32 {
    let magnitude = x.abs();
    let is_small = magnitude <= 0.5;
    let Parts { root, low, polynomial } = parts(magnitude, is_small);
    let rest = low + (root + low) * polynomial;
    let far = QUARTER_PI + ((QUARTER_PI - 2.0 * root) - (2.0 * rest - HALF_PI_REST));
    let result = if is_small { root + rest } else { far };
    if magnitude <= 1.0 { with_sign(result, x) } else { nan_of(x) }
}

/// The angle of a cosine.
#[inline(always)]
pub(crate) fn arccos(x: f32) -> f32 {
    let magnitude = x.abs();
    let is_small = magnitude <= 0.5;
    let Parts { root, low, polynomial } = parts(magnitude, is_small);
    let rest = low + (root + low) * polynomial;
    let near_1 = 2.0 * (root + rest);
    let signed = if x < 0.0 { -(root + rest) } else { root + rest };
    let near_0 = HALF_PI - (signed - HALF_PI_REST);
    let near_minus_1 = PI - (near_1 - PI_REST);
    let far = if x < 0.0 { near_minus_1 } else { near_1 };
    let result = if is_small { near_0 } else { far };
    if magnitude <= 1.0 { result } else { nan_of(x) }
}

/// NaN, that of the argument if it is one.
#[inline(always)]
fn nan_of(x: f32) -> f32 {
    if x.is_nan() { x } else { f32::NAN }
}

/// The arctangent of a number from 0 to 1.
#[inline(always)]
fn arctan_near_0(t: f32) -> f32 {
    let z = t * t;
    let upper = ARCTAN_5 + z * (ARCTAN_6 + z * (ARCTAN_7 + z * ARCTAN_8));
    let lower = ARCTAN_0 + z * (ARCTAN_1 + z * (ARCTAN_2 + z * (ARCTAN_3 + z * (ARCTAN_4 + z * upper))));
    t + t * z * lower
}

/// The angle of a tangent.
#[inline(always)]
pub(crate) fn arctan(x: f32) -> f32 {
    let magnitude = x.abs();
    let is_small = magnitude <= 1.0;
    let angle = arctan_near_0(if is_small { magnitude } else { 1.0 / magnitude });
    let result = if is_small { angle } else { HALF_PI - (angle - HALF_PI_REST) };
    if x.is_nan() { x } else { with_sign(result, x) }
}

/// The angle of the point (x, y).
#[inline(always)]
pub(crate) fn arctan2(y: f32, x: f32) -> f32 {
    let (a, b) = (x.abs(), y.abs());
    let is_steep = b > a;
    let (greater, lesser) = if is_steep { (b, a) } else { (a, b) };
    let t = if greater == 0.0 {
        0.0
    } else if lesser == greater {
        1.0
    } else {
        lesser / greater
    };
    let angle = arctan_near_0(t);
    let angle = if is_steep { HALF_PI - (angle - HALF_PI_REST) } else { angle };
    let result = if x.is_sign_negative() { PI - (angle - PI_REST) } else { angle };
    if x.is_nan() || y.is_nan() { x + y } else { with_sign(result, y) }
}
