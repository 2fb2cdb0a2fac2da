//! The elementary functions of double precision: the standard library's, but for five.

use std::f64::consts::{LN_2, LOG2_E};

use super::{Loop, binary, unary};
use crate::expr::Op;
use crate::math;

/// From here on the hyperbolic cosine is half of the exponential.
const LARGE: f64 = 268_435_456.0;

pub(super) fn find(op: Op) -> Option<Loop> {
    match op {
        Op::Cbrt => unary(f64::cbrt),
        Op::Exp => unary(math::exp),
        Op::Exp2 => unary(f64::exp2),
        Op::Expm1 => unary(f64::exp_m1),
        Op::Log => unary(math::ln_of_any),
        Op::Log2 => unary(f64::log2),
        Op::Log10 => unary(f64::log10),
        Op::Log1p => unary(f64::ln_1p),
        Op::Sin => unary(f64::sin),
        Op::Cos => unary(f64::cos),
        Op::Tan => unary(f64::tan),
        Op::Arcsin => unary(f64::asin),
        Op::Arccos => unary(f64::acos),
        Op::Arctan => unary(f64::atan),
        Op::Sinh => unary(f64::sinh),
        Op::Cosh => unary(f64::cosh),
        Op::Tanh => unary(f64::tanh),
        // Those of the standard library lose digits: arccosh near 1, the others near 0.
        Op::Arcsinh => unary(libm::asinh),
        Op::Arccosh => unary(arccosh),
        Op::Arctanh => unary(libm::atanh),
        Op::Power => binary(f64::powf),
        Op::Arctan2 => binary(f64::atan2),
        Op::Hypot => binary(f64::hypot),
        Op::Logaddexp => binary(|a, b| log_add(a, b, LN_2, |d| d.exp().ln_1p())),
        Op::Logaddexp2 => binary(|a, b| log_add(a, b, 1.0, |d| d.exp2().ln_1p() * LOG2_E)),
        _ => None,
    }
}

/// By what is above 1, which is exact where that matters.
fn arccosh(x: f64) -> f64 {
    let above = x - 1.0;
    if x > LARGE {
        x.ln() + LN_2
    } else if above >= 0.0 {
        (above + (above * (above + 2.0)).sqrt()).ln_1p()
    } else {
        f64::NAN
    }
}

/// The logarithm of a sum of powers from their exponents: the greater one, and what the lesser adds to it.
fn log_add(a: f64, b: f64, of_2: f64, more: impl Fn(f64) -> f64) -> f64 {
    // Also two infinities, whose difference is NaN.
    if a == b {
        return a + of_2;
    }
    let difference = a - b;
    if difference > 0.0 {
        a + more(-difference)
    } else if difference <= 0.0 {
        b + more(difference)
    } else {
        difference
    }
}
