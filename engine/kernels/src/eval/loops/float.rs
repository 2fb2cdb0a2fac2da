//! Operations on floats, with NumPy's rules for NaN, infinities and signed zeros.

use bytemuck::Pod;
use num_traits::{Float, FloatConst};

use super::{Loop, binary, predicate, question, unary};
use crate::expr::Op;
use crate::math;

/// What the two float types have in common, and what is computed in its own way in each.
pub(super) trait Real: Float + FloatConst + Pod + Send + Sync {
    /// The nearest whole number, of two the even one.
    fn rint(self) -> Self;
    /// The next number away from 0; of 0 the least positive one.
    fn away(self) -> Self;
    /// The next number towards 0.
    fn towards_0(self) -> Self;
    /// The exponential, fit for vector instructions.
    fn fast_exp(self) -> Self;
    /// The natural logarithm, fit for vector instructions.
    fn fast_ln(self) -> Self;
}

macro_rules! reals {
    ($($real:ident: $exp:expr, $ln:expr;)*) => {$(
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
            fn fast_exp(self) -> Self {
                $exp(self)
            }

            #[inline(always)]
            fn fast_ln(self) -> Self {
                $ln(self)
            }
        }
    )*};
}

reals! {
    f32: Float::exp, Float::ln;
    f64: math::exp, math::ln_of_any;
}

pub(super) fn find<T: Real>(op: Op) -> Option<Loop> {
    if let Some(found) = comparison::<T>(op).or_else(|| function::<T>(op)) {
        return Some(found);
    }
    match op {
        Op::Add => binary(|a: T, b: T| a + b),
        Op::Subtract => binary(|a: T, b: T| a - b),
        Op::Multiply => binary(|a: T, b: T| a * b),
        Op::Divide => binary(|a: T, b: T| a / b),
        Op::FloorDivide => binary(floor_divide::<T>),
        Op::Remainder => binary(remainder::<T>),
        Op::Fmod => binary(|a: T, b: T| a % b),
        Op::Power => binary(|a: T, b: T| a.powf(b)),
        Op::Maximum => binary(|a: T, b: T| if a > b || a.is_nan() { a } else { b }),
        Op::Minimum => binary(|a: T, b: T| if a < b || a.is_nan() { a } else { b }),
        Op::Fmax => binary(|a: T, b: T| if a > b || b.is_nan() { a } else { b }),
        Op::Fmin => binary(|a: T, b: T| if a < b || b.is_nan() { a } else { b }),
        Op::Arctan2 => binary(|a: T, b: T| a.atan2(b)),
        Op::Hypot => binary(|a: T, b: T| a.hypot(b)),
        Op::Copysign => binary(|a: T, b: T| a.copysign(b)),
        Op::Nextafter => binary(next_after::<T>),
        Op::Logaddexp => binary(|a: T, b: T| log_add(a, b, T::LN_2(), |d| d.exp().ln_1p())),
        Op::Logaddexp2 => binary(|a: T, b: T| log_add(a, b, T::one(), |d| d.exp2().ln_1p() * T::LOG2_E())),
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
        Op::Cbrt => unary(|a: T| a.cbrt()),
        Op::Exp => unary(|a: T| a.fast_exp()),
        Op::Exp2 => unary(|a: T| a.exp2()),
        Op::Expm1 => unary(|a: T| a.exp_m1()),
        Op::Log => unary(|a: T| a.fast_ln()),
        Op::Log2 => unary(|a: T| a.log2()),
        Op::Log10 => unary(|a: T| a.log10()),
        Op::Log1p => unary(|a: T| a.ln_1p()),
        Op::Sin => unary(|a: T| a.sin()),
        Op::Cos => unary(|a: T| a.cos()),
        Op::Tan => unary(|a: T| a.tan()),
        Op::Arcsin => unary(|a: T| a.asin()),
        Op::Arccos => unary(|a: T| a.acos()),
        Op::Arctan => unary(|a: T| a.atan()),
        Op::Sinh => unary(|a: T| a.sinh()),
        Op::Cosh => unary(|a: T| a.cosh()),
        Op::Tanh => unary(|a: T| a.tanh()),
        Op::Arcsinh => unary(|a: T| a.asinh()),
        Op::Arccosh => unary(|a: T| a.acosh()),
        Op::Arctanh => unary(|a: T| a.atanh()),
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
    let rest = a % b;
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
    let rest = a % b;
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

/// The logarithm of a sum of powers from their exponents: the greater one, and what the lesser adds to it.
fn log_add<T: Real>(a: T, b: T, of_2: T, more: impl Fn(T) -> T) -> T {
    // Also two infinities, whose difference is NaN.
    if a == b {
        return a + of_2;
    }
    let difference = a - b;
    if difference > T::zero() {
        a + more(-difference)
    } else if difference <= T::zero() {
        b + more(difference)
    } else {
        difference
    }
}
