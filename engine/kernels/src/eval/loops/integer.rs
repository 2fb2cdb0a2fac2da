//! Operations on integers, which wrap around; dividing by 0 gives 0, as NumPy has it.

use bytemuck::Pod;
use num_traits::{CheckedDiv, CheckedRem, PrimInt, WrappingAdd, WrappingMul, WrappingNeg, WrappingSub};
use pulp::Arch;

use super::{Loop, always, binary, predicate, question, unary};
use crate::Error;
use crate::expr::Op;

/// What the eight integer types have in common.
pub(super) trait Integer:
    PrimInt + Pod + WrappingAdd + WrappingSub + WrappingMul + WrappingNeg + CheckedDiv + CheckedRem
{
}

macro_rules! integers {
    ($($integer:ty),*) => { $(impl Integer for $integer {})* };
}

integers!(i8, i16, i32, i64, u8, u16, u32, u64);

pub(super) fn find<T: Integer>(op: Op) -> Option<Loop> {
    let is_zero = |a: T| a == T::zero();
    match op {
        Op::Add => binary(|a: T, b: T| a.wrapping_add(&b)),
        Op::Subtract => binary(|a: T, b: T| a.wrapping_sub(&b)),
        Op::Multiply => binary(|a: T, b: T| a.wrapping_mul(&b)),
        Op::FloorDivide => binary(floor_divide::<T>),
        Op::Remainder => binary(remainder::<T>),
        Op::Fmod => binary(|a: T, b: T| a.checked_rem(&b).unwrap_or(T::zero())),
        Op::Power => Some(power::<T>()),
        Op::Maximum | Op::Fmax => binary(|a: T, b: T| a.max(b)),
        Op::Minimum | Op::Fmin => binary(|a: T, b: T| a.min(b)),
        Op::BitwiseAnd => binary(|a: T, b: T| a & b),
        Op::BitwiseOr => binary(|a: T, b: T| a | b),
        Op::BitwiseXor => binary(|a: T, b: T| a ^ b),
        Op::LeftShift => binary(|a: T, b: T| shift_of(b).map_or(T::zero(), |n| a << n)),
        Op::RightShift => binary(|a: T, b: T| shift_of(b).map_or(sign_bits(a), |n| a >> n)),
        Op::Gcd => binary(|a: T, b: T| gcd(a, b)),
        Op::Lcm => binary(lcm::<T>),
        Op::Equal => predicate(|a: T, b: T| a == b),
        Op::NotEqual => predicate(|a: T, b: T| a != b),
        Op::Less => predicate(|a: T, b: T| a < b),
        Op::LessEqual => predicate(|a: T, b: T| a <= b),
        Op::Greater => predicate(|a: T, b: T| a > b),
        Op::GreaterEqual => predicate(|a: T, b: T| a >= b),
        Op::LogicalAnd => predicate(move |a: T, b: T| !is_zero(a) & !is_zero(b)),
        Op::LogicalOr => predicate(move |a: T, b: T| !is_zero(a) | !is_zero(b)),
        Op::LogicalXor => predicate(move |a: T, b: T| is_zero(a) != is_zero(b)),
        Op::LogicalNot => question(is_zero),
        Op::Negative => unary(|a: T| a.wrapping_neg()),
        Op::Invert => unary(|a: T| !a),
        Op::Absolute => unary(absolute::<T>),
        Op::Sign => unary(|a: T| if a > T::zero() { T::one() } else { sign_bits(a) }),
        Op::Square => unary(|a: T| a.wrapping_mul(&a)),
        Op::Reciprocal => unary(|a: T| if is_unit(a) { a } else { T::zero() }),
        Op::Positive | Op::Conjugate | Op::Real | Op::Floor | Op::Ceil | Op::Trunc => unary(|a: T| a),
        Op::Imag => unary(|_: T| T::zero()),
        Op::Isnan | Op::Isinf => always::<T>(false),
        Op::Isfinite => always::<T>(true),
        Op::Signbit => question(|a: T| a < T::zero()),
        _ => None,
    }
}

/// All ones where the integer is negative: -1 of a signed one.
fn sign_bits<T: Integer>(a: T) -> T {
    if a < T::zero() { !T::zero() } else { T::zero() }
}

fn is_unit<T: Integer>(a: T) -> bool {
    a == T::one() || (sign_bits(a) == a && a != T::zero())
}

fn absolute<T: Integer>(a: T) -> T {
    if a < T::zero() { a.wrapping_neg() } else { a }
}

fn floor_divide<T: Integer>(a: T, b: T) -> T {
    if b == T::zero() {
        return b;
    }
    // The least one divided by -1 is itself, as its negative wraps around.
    let Some(quotient) = a.checked_div(&b) else { return a };
    let rest = a.wrapping_sub(&quotient.wrapping_mul(&b));
    let is_above = rest != T::zero() && (rest < T::zero()) != (b < T::zero());
    if is_above { quotient.wrapping_sub(&T::one()) } else { quotient }
}

fn remainder<T: Integer>(a: T, b: T) -> T {
    let rest = a.checked_rem(&b).unwrap_or(T::zero());
    let other_sign = rest != T::zero() && (rest < T::zero()) != (b < T::zero());
    if other_sign { rest.wrapping_add(&b) } else { rest }
}

/// How many bits to shift by, unless that is all of them or more.
fn shift_of<T: Integer>(b: T) -> Option<usize> {
    b.to_usize().filter(|&n| n < 8 * size_of::<T>())
}

fn gcd<T: Integer>(a: T, b: T) -> T {
    let (mut a, mut b) = (a, b);
    while b != T::zero() {
        (a, b) = (b, a.checked_rem(&b).unwrap_or(T::zero()));
    }
    absolute(a)
}

fn lcm<T: Integer>(a: T, b: T) -> T {
    let divisor = gcd(a, b);
    a.checked_div(&divisor).map_or(T::zero(), |part| absolute(part).wrapping_mul(&absolute(b)))
}

/// By squaring; there are no integers for negative exponents.
fn power<T: Integer>() -> Loop {
    let arch = Arch::new();
    Box::new(move |[base, exponent, _], out| {
        let exponents: &[T] = bytemuck::cast_slice(exponent);
        if exponents.iter().any(|exponent| *exponent < T::zero()) {
            return Err(Error::NegativePower);
        }
        arch.dispatch(|| {
            let pairs = bytemuck::cast_slice(base).iter().zip(exponents);
            for (out, (&base, &exponent)) in bytemuck::cast_slice_mut(out).iter_mut().zip(pairs) {
                *out = power_of::<T>(base, exponent);
            }
        });
        Ok(())
    })
}

fn power_of<T: Integer>(base: T, exponent: T) -> T {
    let (mut base, mut exponent, mut result) = (base, exponent, T::one());
    while exponent > T::zero() {
        if exponent & T::one() == T::one() {
            result = result.wrapping_mul(&base);
        }
        base = base.wrapping_mul(&base);
        exponent = exponent >> 1;
    }
    result
}
