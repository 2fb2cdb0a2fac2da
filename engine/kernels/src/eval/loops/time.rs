//! Operations on moments and spans: nanoseconds, of which the least is no time at all.

use super::{Loop, binary, predicate, question, unary};
use crate::expr::Op;

/// Not a time.
const NAT: i64 = i64::MIN;

pub(super) fn find(op: Op) -> Option<Loop> {
    match op {
        Op::Add => both(i64::wrapping_add),
        Op::Subtract => both(i64::wrapping_sub),
        Op::Maximum => both(i64::max),
        Op::Minimum => both(i64::min),
        // The least integer, so a time is chosen before none.
        Op::Fmax => binary(|a: i64, b: i64| a.max(b)),
        Op::Fmin => binary(|a: i64, b: i64| if a == NAT || (b != NAT && b < a) { b } else { a }),
        Op::Equal => compare(|a, b| a == b),
        Op::NotEqual => predicate(|a: i64, b: i64| a != b || a == NAT),
        Op::Less => compare(|a, b| a < b),
        Op::LessEqual => compare(|a, b| a <= b),
        Op::Greater => compare(|a, b| a > b),
        Op::GreaterEqual => compare(|a, b| a >= b),
        Op::Negative => unary(|a: i64| a.wrapping_neg()),
        Op::Absolute => unary(|a: i64| a.wrapping_abs()),
        Op::Positive => unary(|a: i64| a),
        Op::Isnan => question(|a: i64| a == NAT),
        Op::Isinf => question(|_: i64| false),
        Op::Isfinite => question(|a: i64| a != NAT),
        _ => None,
    }
}

/// No time where one of both is none.
fn both(f: impl Fn(i64, i64) -> i64 + Copy + Send + Sync + 'static) -> Option<Loop> {
    binary(move |a: i64, b: i64| if a == NAT || b == NAT { NAT } else { f(a, b) })
}

fn compare(f: impl Fn(i64, i64) -> bool + Copy + Send + Sync + 'static) -> Option<Loop> {
    predicate(move |a: i64, b: i64| a != NAT && b != NAT && f(a, b))
}
