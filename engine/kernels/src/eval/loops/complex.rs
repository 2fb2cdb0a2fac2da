//! Operations on complex numbers. They are ordered by their real parts, then by their imaginary ones.

use bytemuck::Pod;
use num_complex::Complex;

use super::float::Real;
use super::{Loop, binary, predicate, question, unary};
use crate::expr::Op;

type C<T> = Complex<T>;

pub(super) fn find<T: Real>(op: Op) -> Option<Loop>
where
    C<T>: Pod,
{
    comparison::<T>(op).or_else(|| function::<T>(op)).or_else(|| match op {
        Op::Add => binary(|a: C<T>, b: C<T>| a + b),
        Op::Subtract => binary(|a: C<T>, b: C<T>| a - b),
        Op::Multiply => binary(|a: C<T>, b: C<T>| a * b),
        Op::Divide => binary(divide::<T>),
        Op::Power => binary(power::<T>),
        Op::Maximum => {
            binary(|a: C<T>, b: C<T>| if has_nan(a) || !less(a, b) && !has_nan(b) { a } else { b })
        }
        Op::Minimum => {
            binary(|a: C<T>, b: C<T>| if has_nan(a) || !less(b, a) && !has_nan(b) { a } else { b })
        }
        Op::Fmax => binary(|a: C<T>, b: C<T>| if has_nan(b) || !less(a, b) && !has_nan(a) { a } else { b }),
        Op::Fmin => binary(|a: C<T>, b: C<T>| if has_nan(b) || !less(b, a) && !has_nan(a) { a } else { b }),
        _ => None,
    })
}

fn comparison<T: Real>(op: Op) -> Option<Loop>
where
    C<T>: Pod,
{
    let is_true = |a: C<T>| a.re != T::zero() || a.im != T::zero();
    match op {
        Op::Equal => predicate(|a: C<T>, b: C<T>| a == b),
        Op::NotEqual => predicate(|a: C<T>, b: C<T>| a != b),
        Op::Less => predicate(less::<T>),
        Op::LessEqual => predicate(|a: C<T>, b: C<T>| less_equal(a, b)),
        Op::Greater => predicate(|a: C<T>, b: C<T>| less(b, a)),
        Op::GreaterEqual => predicate(|a: C<T>, b: C<T>| less_equal(b, a)),
        Op::LogicalAnd => predicate(move |a: C<T>, b: C<T>| is_true(a) && is_true(b)),
        Op::LogicalOr => predicate(move |a: C<T>, b: C<T>| is_true(a) || is_true(b)),
        Op::LogicalXor => predicate(move |a: C<T>, b: C<T>| is_true(a) != is_true(b)),
        Op::LogicalNot => question(move |a: C<T>| !is_true(a)),
        Op::Isnan => question(has_nan::<T>),
        Op::Isinf => question(|a: C<T>| a.re.is_infinite() || a.im.is_infinite()),
        Op::Isfinite => question(|a: C<T>| a.re.is_finite() && a.im.is_finite()),
        _ => None,
    }
}

fn function<T: Real>(op: Op) -> Option<Loop>
where
    C<T>: Pod,
{
    match op {
        Op::Positive => unary(|a: C<T>| a),
        Op::Negative => unary(|a: C<T>| -a),
        Op::Absolute => unary(|a: C<T>| a.re.hypot(a.im)),
        Op::Real => unary(|a: C<T>| a.re),
        Op::Imag => unary(|a: C<T>| a.im),
        Op::Conjugate => unary(|a: C<T>| a.conj()),
        Op::Sign => unary(sign::<T>),
        Op::Square => unary(|a: C<T>| a * a),
        Op::Reciprocal => unary(|a: C<T>| divide(C::new(T::one(), T::zero()), a)),
        Op::Sqrt => unary(|a: C<T>| a.sqrt()),
        Op::Exp => unary(|a: C<T>| a.exp()),
        Op::Exp2 => unary(|a: C<T>| (a * T::LN_2()).exp()),
        Op::Expm1 => unary(expm1::<T>),
        Op::Log => unary(|a: C<T>| a.ln()),
        Op::Log2 => unary(|a: C<T>| a.ln() * T::LOG2_E()),
        Op::Log10 => unary(|a: C<T>| a.ln() * T::LOG10_E()),
        Op::Log1p => unary(log1p::<T>),
        Op::Sin => unary(|a: C<T>| a.sin()),
        Op::Cos => unary(|a: C<T>| a.cos()),
        Op::Tan => unary(|a: C<T>| a.tan()),
        Op::Arcsin => unary(|a: C<T>| a.asin()),
        Op::Arccos => unary(|a: C<T>| a.acos()),
        Op::Arctan => unary(|a: C<T>| a.atan()),
        Op::Sinh => unary(|a: C<T>| a.sinh()),
        Op::Cosh => unary(|a: C<T>| a.cosh()),
        Op::Tanh => unary(|a: C<T>| a.tanh()),
        Op::Arcsinh => unary(|a: C<T>| a.asinh()),
        Op::Arccosh => unary(|a: C<T>| a.acosh()),
        Op::Arctanh => unary(|a: C<T>| a.atanh()),
        Op::Rint => unary(|a: C<T>| C::new(a.re.rint(), a.im.rint())),
        _ => None,
    }
}

fn has_nan<T: Real>(a: C<T>) -> bool {
    a.re.is_nan() || a.im.is_nan()
}

fn less<T: Real>(a: C<T>, b: C<T>) -> bool {
    a.re < b.re && !a.im.is_nan() && !b.im.is_nan() || a.re == b.re && a.im < b.im
}

fn less_equal<T: Real>(a: C<T>, b: C<T>) -> bool {
    a.re < b.re && !a.im.is_nan() && !b.im.is_nan() || a.re == b.re && a.im <= b.im
}

/// Smith's quotient (1962): no square of a part overflows.
fn divide<T: Real>(a: C<T>, b: C<T>) -> C<T> {
    if b.re.abs() >= b.im.abs() {
        if b.re == T::zero() && b.im == T::zero() {
            return C::new(a.re / b.re.abs(), a.im / b.re.abs());
        }
        let ratio = b.im / b.re;
        let scale = T::one() / (b.re + b.im * ratio);
        C::new((a.re + a.im * ratio) * scale, (a.im - a.re * ratio) * scale)
    } else {
        let ratio = b.re / b.im;
        let scale = T::one() / (b.im + b.re * ratio);
        C::new((a.re * ratio + a.im) * scale, (a.im * ratio - a.re) * scale)
    }
}

/// How small a whole exponent has to be to multiply instead of taking logarithms.
const WHOLE_EXPONENT_MAX: i32 = 100;

fn power<T: Real>(a: C<T>, b: C<T>) -> C<T> {
    let zero = T::zero();
    if b == C::new(zero, zero) {
        return C::new(T::one(), zero);
    }
    if a == C::new(zero, zero) {
        let result = if b.re > zero && b.im == zero { zero } else { T::nan() };
        return C::new(result, result);
    }
    if b.im == zero
        && b.re == b.re.trunc()
        && let Some(n) = b.re.to_i32().filter(|n| n.abs() < WHOLE_EXPONENT_MAX)
    {
        return a.powi(n);
    }
    a.powc(b)
}

fn sign<T: Real>(a: C<T>) -> C<T> {
    if has_nan(a) {
        return C::new(T::nan(), T::nan());
    }
    if a.re.is_infinite() || a.im.is_infinite() {
        let part = |part: T| if part.is_infinite() { T::one().copysign(part) } else { T::zero() };
        let both = a.re.is_infinite() && a.im.is_infinite();
        return if both { C::new(T::nan(), T::nan()) } else { C::new(part(a.re), part(a.im)) };
    }
    let modulus = a.re.hypot(a.im);
    if modulus == T::zero() { C::new(T::zero(), T::zero()) } else { C::new(a.re / modulus, a.im / modulus) }
}

/// exp(z) - 1 without cancellation: expm1(x) cos(y) - 2 sin²(y / 2), and exp(x) sin(y).
fn expm1<T: Real>(a: C<T>) -> C<T> {
    let half = (a.im / (T::one() + T::one())).sin();
    let re = a.re.exp_m1() * a.im.cos() - (half * half + half * half);
    C::new(re, a.re.exp() * a.im.sin())
}

fn log1p<T: Real>(a: C<T>) -> C<T> {
    let modulus = (a.re + T::one()).hypot(a.im);
    C::new(modulus.ln(), a.im.atan2(a.re + T::one()))
}
