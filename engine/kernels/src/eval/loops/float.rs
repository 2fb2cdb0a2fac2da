//! Operations on floats, with NumPy's rules for NaN, infinities and signed zeros.

use bytemuck::Pod;
use num_traits::{Float, FloatConst};

use super::{Loop, binary, double, predicate, question, single, unary};
use crate::expr::Op;
use crate::math::division;

/// What the two float types have in common, and what is computed in its own way in each.
pub(super) trait Real: Float + FloatConst + Pod + Send + Sync {
    /// The nearest whole number, of two the even one.
    fn rint(self) -> Self;
    /// The next number away from 0; of 0 the least positive one.
    fn away(self) -> Self;
    /// The next number towards 0.
    fn towards_0(self) -> Self;
    /// What the division towards 0 leaves.
    fn fmod(self, divisor: Self) -> Self;
    /// The loop of an elementary function, which each type computes in its own way.
    fn elementary(op: Op) -> Option<Loop>;
}

macro_rules! reals {
    ($($real:ident: $fmod:expr, $elementary:expr;)*) => {$(
        impl Real for $real {
            #[inline(always)]
            fn rint(self) -> Self {
                self.round_ties_even()
            }

            fn away(self) -> Self {
                if self == 0.0 { Self::from_bits(1) } else { Self::from_bits(self.to_bits() + 1) }
            }

            fn towards_0(self) -> Self {
                Self::from_bits(self.to_bits() - 1)
            }

            #[inline(always)]
            fn fmod(self, divisor: Self) -> Self {
                $fmod(self, divisor)
            }

            fn elementary(op: Op) -> Option<Loop> {
                $elementary(op)
            }
        }
    )*};
}

reals! {
    f32: division::fmod, single::find;
    f64: std::ops::Rem::rem, double::find;
}

pub(super) fn find<T: Real>(op: Op) -> Option<Loop> {
    if let Some(found) = comparison::<T>(op).or_else(|| function::<T>(op)).or_else(|| T::elementary(op)) {
        return Some(found);
    }
    match op {
        Op::Add => binary(|a: T, b: T| a + b),
        Op::Subtract => binary(|a: T, b: T| a - b),
        Op::Multiply => binary(|a: T, b: T| a * b),
        Op::Divide => binary(|a: T, b: T| a / b),
        Op::FloorDivide => binary(floor_divide::<T>),
        Op::Remainder => binary(remainder::<T>),
        Op::Fmod => binary(T::fmod),
        Op::Maximum => binary(|a: T, b: T| if a > b || a.is_nan() { a } else { b }),
        Op::Minimum => binary(|a: T, b: T| if a < b || a.is_nan() { a } else { b }),
        Op::Fmax => binary(|a: T, b: T| if a > b || b.is_nan() { a } else { b }),
        Op::Fmin => binary(|a: T, b: T| if a < b || b.is_nan() { a } else { b }),
        Op::Copysign => binary(|a: T, b: T| a.copysign(b)),
        Op::Nextafter => binary(next_after::<T>),
        Op::Heaviside => binary(heaviside::<T>),
        _ => None,
    }
}

fn comparison<T: Real>(op: Op) -> Option<Loop> {
    let is_true = |a: T| a != T::zero();
    match op {
        Op::Equal => predicate(|a: T, b: T| a == b),
        Op::NotEqual => predicate(|a: T, b: T| a != b),
        Op::Less => predicate(|a: T, b: T| a < b),
        Op::LessEqual => predicate(|a: T, b: T| a <= b),
        Op::Greater => predicate(|a: T, b: T| a > b),
        Op::GreaterEqual => predicate(|a: T, b: T| a >= b),
        Op::LogicalAnd => predicate(move |a: T, b: T| is_true(a) & is_true(b)),
        Op::LogicalOr => predicate(move |a: T, b: T| is_true(a) | is_true(b)),
        Op::LogicalXor => predicate(move |a: T, b: T| is_true(a) != is_true(b)),
        Op::LogicalNot => question(move |a: T| !is_true(a)),
        Op::Isnan => question(|a: T| a.is_nan()),
        Op::Isinf => question(|a: T| a.is_infinite()),
        Op::Isfinite => question(|a: T| a.is_finite()),
        Op::Signbit => question(|a: T| a.is_sign_negative()),
        _ => None,
    }
}

fn function<T: Real>(op: Op) -> Option<Loop> {
    match op {
        Op::Positive | Op::Conjugate | Op::Real => unary(|a: T| a),
        Op::Imag => unary(|_: T| T::zero()),
        Op::Negative => unary(|a: T| -a),
        Op::Absolute => unary(|a: T| a.abs()),
        Op::Sign => unary(sign::<T>),
        Op::Square => unary(|a: T| a * a),
        Op::Reciprocal => unary(|a: T| T::one() / a),
        Op::Sqrt => unary(|a: T| a.sqrt()),
        Op::Deg2rad => unary(|a: T| a.to_radians()),
        Op::Rad2deg => unary(|a: T| a.to_degrees()),
        Op::Floor => unary(|a: T| a.floor()),
        Op::Ceil => unary(|a: T| a.ceil()),
        Op::Trunc => unary(|a: T| a.trunc()),
        Op::Rint => unary(|a: T| a.rint()),
        Op::Spacing => unary(spacing::<T>),
        _ => None,
    }
}

fn sign<T: Real>(a: T) -> T {
    if a > T::zero() {
        T::one()
    } else if a < T::zero() {
        -T::one()
    } else {
        // NaN stays, and 0 loses its sign.
        a + T::zero()
    }
}

/// The remainder of the division towards negative infinity.
fn remainder<T: Real>(a: T, b: T) -> T {
    let rest = a.fmod(b);
    if b == T::zero() {
        rest
    } else if rest == T::zero() {
        rest.copysign(b)
    } else if (rest < T::zero()) != (b < T::zero()) {
        rest + b
    } else {
        rest
    }
}

/// The whole number that fits to [`remainder`], as Python computes it.
fn floor_divide<T: Real>(a: T, b: T) -> T {
    if b == T::zero() {
        return a / b;
    }
    let rest = a.fmod(b);
    let mut quotient = (a - rest) / b;
    if rest != T::zero() && (rest < T::zero()) != (b < T::zero()) {
        quotient = quotient - T::one();
    }
    if quotient == T::zero() {
        return quotient.copysign(a / b);
    }
    let floor = quotient.floor();
    // Rounded below a whole number.
    let half = T::one() / (T::one() + T::one());
    if quotient - floor > half { floor + T::one() } else { floor }
}

fn next_after<T: Real>(a: T, b: T) -> T {
    if a.is_nan() || b.is_nan() {
        a + b
    } else if a == b {
        b
    } else if a == T::zero() {
        a.away().copysign(b)
    } else if (b > a) == (a > T::zero()) {
        a.away()
    } else {
        a.towards_0()
    }
}

fn spacing<T: Real>(a: T) -> T {
    if !a.is_finite() { T::nan() } else { a.away() - a }
}

fn heaviside<T: Real>(a: T, at_0: T) -> T {
    if a.is_nan() {
        a
    } else if a == T::zero() {
        at_0
    } else if a < T::zero() {
        T::zero()
    } else {
        T::one()
    }
}
