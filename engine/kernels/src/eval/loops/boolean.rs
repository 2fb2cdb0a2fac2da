//! Operations on booleans, which are bytes of 0 and 1.

use super::{Loop, always, binary, question, unary};
use crate::expr::Op;

pub(super) fn find(op: Op) -> Option<Loop> {
    match op {
        Op::Add | Op::Maximum | Op::Fmax | Op::BitwiseOr | Op::LogicalOr => binary(|a: u8, b: u8| a | b),
        Op::Multiply | Op::Minimum | Op::Fmin | Op::BitwiseAnd | Op::LogicalAnd => {
            binary(|a: u8, b: u8| a & b)
        }
        Op::BitwiseXor | Op::LogicalXor | Op::NotEqual => binary(|a: u8, b: u8| a ^ b),
        Op::Equal => binary(|a: u8, b: u8| 1 ^ a ^ b),
        Op::Less => binary(|a: u8, b: u8| !a & b),
        Op::LessEqual => binary(|a: u8, b: u8| (1 ^ a) | b),
        Op::Greater => binary(|a: u8, b: u8| a & !b),
        Op::GreaterEqual => binary(|a: u8, b: u8| a | (1 ^ b)),
        Op::Invert | Op::LogicalNot => unary(|a: u8| 1 ^ a),
        Op::Absolute | Op::Real | Op::Floor | Op::Ceil | Op::Trunc => unary(|a: u8| a),
        Op::Imag | Op::Isnan | Op::Isinf | Op::Signbit => always::<u8>(false),
        Op::Isfinite => question(|_: u8| true),
        _ => None,
    }
}
