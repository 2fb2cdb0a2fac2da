//! Elements that can be computed with.

use std::borrow::Cow;

use gristmill_data::number::{Complex32, Complex64, f16};
use gristmill_data::{Chunk, DType, Element};

use crate::arithmetic::Operation;

/// An element of a numeric chunk.
pub(crate) trait Number: Element {
    /// The nearest one to an integer that fits.
    fn from_int(integer: i128) -> Self;
    /// The nearest one to a float; for integers of no meaning, since promotion never asks for it.
    fn from_float(float: f64) -> Self;
    /// The nearest one to a complex number; for real numbers of no meaning, as above.
    fn from_complex(complex: Complex64) -> Self;
    /// The result of the operation; integers wrap around, and their quotient is of no meaning.
    fn apply(operation: Operation, left: Self, right: Self) -> Self;
    /// The one with the other sign; integers wrap around.
    fn negate(self) -> Self;
}

macro_rules! integers {
    ($($integer:ty),*) => {$(
        impl Number for $integer {
            fn from_int(integer: i128) -> Self {
                integer as Self
            }

            fn from_float(float: f64) -> Self {
                float as Self
            }

            fn from_complex(complex: Complex64) -> Self {
                complex.re as Self
            }

            fn apply(operation: Operation, left: Self, right: Self) -> Self {
                match operation {
                    Operation::Add => left.wrapping_add(right),
                    Operation::Sub => left.wrapping_sub(right),
                    Operation::Mul => left.wrapping_mul(right),
                    Operation::Div => left.checked_div(right).unwrap_or(0),
                }
            }

            fn negate(self) -> Self {
                self.wrapping_neg()
            }
        }
    )*};
}

integers!(i8, i16, i32, i64, u8, u16, u32, u64);

macro_rules! inexact {
    ($($number:ty: $int:expr, $float:expr, $complex:expr;)*) => {$(
        impl Number for $number {
            fn from_int(integer: i128) -> Self {
                $int(integer)
            }

            fn from_float(float: f64) -> Self {
                $float(float)
            }

            fn from_complex(complex: Complex64) -> Self {
                $complex(complex)
            }

            fn apply(operation: Operation, left: Self, right: Self) -> Self {
                match operation {
                    Operation::Add => left + right,
                    Operation::Sub => left - right,
                    Operation::Mul => left * right,
                    Operation::Div => left / right,
                }
            }

            fn negate(self) -> Self {
                -self
            }
        }
    )*};
}

inexact! {
    f16: |i: i128| f16::from_f64(i as f64), f16::from_f64, |c: Complex64| f16::from_f64(c.re);
    f32: |i: i128| i as f32, |x: f64| x as f32, |c: Complex64| c.re as f32;
    f64: |i: i128| i as f64, std::convert::identity, |c: Complex64| c.re;
    Complex32: |i: i128| Complex32::new(i as f32, 0.0), |x: f64| Complex32::new(x as f32, 0.0),
        |c: Complex64| Complex32::new(c.re as f32, c.im as f32);
    Complex64: |i: i128| Complex64::new(i as f64, 0.0), |x: f64| Complex64::new(x, 0.0), std::convert::identity;
}

/// The chunk's elements as another type, which promotion says is wide enough.
pub(crate) fn convert<T: Number>(chunk: &Chunk) -> Result<Cow<'_, [T]>, gristmill_data::Error> {
    fn each<S: Element, T: Number>(
        chunk: &Chunk,
        convert: impl Fn(S) -> T,
    ) -> Result<Cow<'_, [T]>, gristmill_data::Error> {
        let elements = chunk.as_slice::<S>()?;
        Ok(Cow::Owned(elements.iter().map(|&element| convert(element)).collect()))
    }
    match chunk.dtype() {
        same if same == T::DTYPE => Ok(Cow::Borrowed(chunk.as_slice::<T>()?)),
        DType::Boolean => each(chunk, |x: bool| T::from_int(x.into())),
        DType::Int8 => each(chunk, |x: i8| T::from_int(x.into())),
        DType::Int16 => each(chunk, |x: i16| T::from_int(x.into())),
        DType::Int32 => each(chunk, |x: i32| T::from_int(x.into())),
        DType::Int64 | DType::Datetime64Ns | DType::Timedelta64Ns => {
            each(chunk, |x: i64| T::from_int(x.into()))
        }
        DType::UInt8 => each(chunk, |x: u8| T::from_int(x.into())),
        DType::UInt16 => each(chunk, |x: u16| T::from_int(x.into())),
        DType::UInt32 => each(chunk, |x: u32| T::from_int(x.into())),
        DType::UInt64 => each(chunk, |x: u64| T::from_int(x.into())),
        DType::Float16 => each(chunk, |x: f16| T::from_float(x.to_f64())),
        DType::Float32 => each(chunk, |x: f32| T::from_float(x.into())),
        DType::Float64 => each(chunk, |x: f64| T::from_float(x)),
        DType::Complex64 => {
            each(chunk, |x: Complex32| T::from_complex(Complex64::new(x.re.into(), x.im.into())))
        }
        DType::Complex128 => each(chunk, |x: Complex64| T::from_complex(x)),
    }
}

/// Runs code with the Rust type of a numeric dtype; booleans and times take the other branch.
macro_rules! with_number {
    ($dtype:expr, $number:ident => $then:expr, else => $otherwise:expr) => {
        crate::element::with_number!(
            @arms $dtype, $number, $then, $otherwise;
            Int8 i8, Int16 i16, Int32 i32, Int64 i64, UInt8 u8, UInt16 u16, UInt32 u32, UInt64 u64,
            Float16 gristmill_data::number::f16, Float32 f32, Float64 f64,
            Complex64 gristmill_data::number::Complex32, Complex128 gristmill_data::number::Complex64
        )
    };
    (@arms $dtype:expr, $number:ident, $then:expr, $otherwise:expr; $($variant:ident $type:ty),*) => {
        match $dtype {
            $(gristmill_data::DType::$variant => {
                type $number = $type;
                $then
            })*
            _ => $otherwise,
        }
    };
}
pub(crate) use with_number;
