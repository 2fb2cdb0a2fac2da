//! Gamma numbers and what is made of them: proposed until one is accepted.

use super::draws::{ATTEMPTS_MAX, Draws};
use crate::math::{exp, ln};

/// A Gamma number of scale 1.
pub(super) fn gamma(draws: &mut Draws, shape: f64) -> f64 {
    let (number, ln_factor) = gamma_parts(draws, shape);
    if ln_factor == 0.0 { number } else { number * exp(ln_factor) }
}

/// A Beta number. Of small parameters both Gamma numbers would be 0, so their logarithms are compared.
pub(super) fn beta(draws: &mut Draws, a: f64, b: f64) -> f64 {
    let mut ln_gamma = |shape| {
        let (number, ln_factor) = gamma_parts(draws, shape);
        ln(number) + ln_factor
    };
    let (of_a, of_b) = (ln_gamma(a), ln_gamma(b));
    1.0 / (1.0 + exp(of_b - of_a))
}

/// Two parts whose product is a Gamma number, the second as its logarithm: Marsaglia and Tsang (2000) for shapes of 1
/// and more; below, one of a shape greater by 1 is made smaller.
fn gamma_parts(draws: &mut Draws, shape: f64) -> (f64, f64) {
    if shape < 1.0 {
        let number = gamma_of_1(draws, shape + 1.0);
        return (number, ln(draws.open_unit()) / shape);
    }
    (gamma_of_1(draws, shape), 0.0)
}

fn gamma_of_1(draws: &mut Draws, shape: f64) -> f64 {
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    for _ in 0..ATTEMPTS_MAX {
        let (x, u) = (draws.normal(), draws.open_unit());
        let root = 1.0 + c * x;
        let v = root * root * root;
        let square = x * x;
        let is_surely_below = u < 1.0 - 0.0331 * square * square;
        if v > 0.0 && (is_surely_below || ln(u) < 0.5 * square + d * (1.0 - v + ln(v))) {
            return d * v;
        }
    }
    d
}
