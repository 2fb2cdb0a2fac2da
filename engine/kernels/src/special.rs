//! Incomplete gamma and beta functions, and the tails of distributions that follow from them.
//!
//! Powers and gamma functions, which may be beyond all floats each by itself, are put together in logarithms without
//! differences of large numbers, by Stirling's series; the rest are continued fractions, and a series below the mean.
//!
//! # Layout
//! - this file: the functions; `kernel`: `f_survival` and `chi2_survival` on chunks

pub(crate) mod kernel;

use std::f64::consts::{LN_2, PI};

use libm::lgamma;

/// Fractions and series end long before this, but for parameters of billions near the mean.
const STEPS_MAX: u32 = 200_000;
const NEGLIGIBLE: f64 = 1e-15;
/// From here on Stirling's series has all digits.
const STIRLING_MIN: f64 = 10.0;

/// How likely an F distributed number of `d1` and `d2` degrees of freedom is greater than `x`.
pub(crate) fn f_survival(d1: f64, d2: f64, x: f64) -> f64 {
    if !(d1 > 0.0 && d2 > 0.0) || x.is_nan() {
        return f64::NAN;
    }
    let x = x.max(0.0) * d1 / d2;
    // Both are exact near 0: the square of Student's t of many degrees of freedom is.
    let (below, above) = if x.is_infinite() { (0.0, 1.0) } else { (1.0 / (1.0 + x), x / (1.0 + x)) };
    beta(d2 / 2.0, d1 / 2.0, below, above)
}

/// How likely a χ² distributed number of `k` degrees of freedom is greater than `x`.
pub(crate) fn chi2_survival(k: f64, x: f64) -> f64 {
    if x.is_nan() || k.is_nan() || k <= 0.0 {
        return f64::NAN;
    }
    gamma(k / 2.0, x / 2.0)[1]
}

/// The regularised incomplete gamma functions of a positive shape: below `x`, and above it.
pub(crate) fn gamma(shape: f64, x: f64) -> [f64; 2] {
    if x <= 0.0 {
        return [0.0, 1.0];
    }
    if x.is_infinite() {
        return [1.0, 0.0];
    }
    // x^shape e^-x / Γ(shape)
    let factor = if shape < STIRLING_MIN {
        (shape * x.ln() - x - lgamma(shape)).exp()
    } else {
        let apart = (x - shape) / shape;
        let exponent = if apart.abs() < 0.5 { apart.ln_1p() - apart } else { (x / shape).ln() - apart };
        (shape / (2.0 * PI)).sqrt() * (shape * exponent - stirling(shape)).exp()
    };
    if x < shape + 1.0 {
        let (mut term, mut sum) = (1.0 / shape, 1.0 / shape);
        for k in 1..STEPS_MAX {
            term *= x / (shape + f64::from(k));
            sum += term;
            if term < sum * NEGLIGIBLE {
                break;
            }
        }
        return [factor * sum, 1.0 - factor * sum];
    }
    let step = |k: f64| (-k * (k - shape), x + 1.0 - shape + 2.0 * k);
    let above = factor / continued(x + 1.0 - shape, step);
    [1.0 - above, above]
}

/// The regularised incomplete beta function of positive `a` and `b`, at `x` = 1 - `y`.
pub(crate) fn beta(a: f64, b: f64, x: f64, y: f64) -> f64 {
    if x <= 0.0 || y <= 0.0 {
        return if x <= 0.0 { 0.0 } else { 1.0 };
    }
    // On the side of the mean where the function is small.
    let apart = a * y - b * x;
    if apart < 0.0 {
        return 1.0 - beta_below(b, a, (y, x), -apart);
    }
    beta_below(a, b, (x, y), apart)
}

fn beta_below(a: f64, b: f64, (x, y): (f64, f64), apart: f64) -> f64 {
    let ln = |x: f64, y: f64| if y < 0.5 { (-y).ln_1p() } else { x.ln() };
    let factor = (a * ln(x, y) + b * ln(y, x) - ln_beta(a, b)).exp();
    // The fraction of Didonato and Morris (1992), whose terms are all positive here.
    let step = |n: f64| {
        let (even, odd) = (a + 2.0 * n - 1.0, a + 2.0 * n + 1.0);
        let numerator = ((a + n - 1.0) / even) * ((a + b + n - 1.0) / even) * n * (b - n) * x * x;
        let next = n + n * (b - n) * x / even + (a + n) / odd * (apart + 1.0 + n * (1.0 + y));
        (numerator, next)
    };
    factor / continued(a / (a + 1.0) * (apart + 1.0), step)
}

/// The logarithm of the beta function.
fn ln_beta(a: f64, b: f64) -> f64 {
    let (p, q) = (a.min(b), a.max(b));
    if q < STIRLING_MIN {
        return lgamma(p) + lgamma(q) - lgamma(p + q);
    }
    let (part, rest) = (p / (p + q), stirling(q) - stirling(p + q));
    let power = q * (-part).ln_1p();
    if p < STIRLING_MIN {
        return lgamma(p) + rest + p - p * (p + q).ln() + power - 0.5 * (-part).ln_1p();
    }
    stirling(p) + rest + 0.5 * (LN_2 + PI.ln() - q.ln()) + (p - 0.5) * part.ln() + power
}

/// The rest of Stirling's series: ln Γ(z) - (z - ½) ln z + z - ½ ln 2π, from [`STIRLING_MIN`] on.
fn stirling(z: f64) -> f64 {
    let square = 1.0 / (z * z);
    let terms = [1.0 / 12.0, -1.0 / 360.0, 1.0 / 1260.0, -1.0 / 1680.0, 1.0 / 1188.0, -691.0 / 360_360.0];
    terms.iter().rev().fold(0.0, |sum, term| sum * square + term) / z
}

/// A continued fraction: `first`, and each numerator over what follows. By Lentz's way down.
fn continued(first: f64, step: impl Fn(f64) -> (f64, f64)) -> f64 {
    const TINY: f64 = 1e-300;
    let nonzero = |x: f64| if x == 0.0 { TINY } else { x };
    let mut fraction = nonzero(first);
    let (mut up, mut down) = (fraction, 0.0);
    for n in 1..STEPS_MAX {
        let (numerator, next) = step(f64::from(n));
        down = 1.0 / nonzero(next + numerator * down);
        up = nonzero(next + numerator / up);
        fraction *= up * down;
        if (up * down - 1.0).abs() < NEGLIGIBLE {
            break;
        }
    }
    fraction
}

#[cfg(test)]
mod tests;
