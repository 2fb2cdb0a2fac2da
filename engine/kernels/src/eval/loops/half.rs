//! The operations on half-precision floats that single precision cannot stand in for.

use gristmill_data::number::f16;

use super::{Loop, binary, unary};
use crate::expr::Op;

/// Whether half precision has its own loop for an operation.
pub(in crate::eval) fn has_own(op: Op) -> bool {
    matches!(op, Op::Nextafter | Op::Spacing)
}

pub(super) fn find(op: Op) -> Option<Loop> {
    match op {
        Op::Nextafter => binary(next_after),
        Op::Spacing => unary(spacing),
        _ => None,
    }
}

fn next_after(a: f16, b: f16) -> f16 {
    if a.is_nan() || b.is_nan() {
        f16::NAN
    } else if a == b {
        a
    } else if a == f16::ZERO {
        away(a).copysign(b)
    } else if (b > a) == (a > f16::ZERO) {
        away(a)
    } else {
        f16::from_bits(a.to_bits() - 1)
    }
}

fn spacing(a: f16) -> f16 {
    if a.is_finite() { f16::from_f32(away(a).to_f32() - a.to_f32()) } else { f16::NAN }
}

/// The next number away from 0; of 0 the least positive one.
fn away(a: f16) -> f16 {
    if a == f16::ZERO { f16::from_bits(1) } else { f16::from_bits(a.to_bits() + 1) }
}
