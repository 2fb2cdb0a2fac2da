//! Conversions: towards 0, around where an integer does not fit, to the nearest where a float does not, and 0 of NaN;
//! of a complex number the real part. Whatever is not 0 is true.

use bytemuck::Pod;
use gristmill_data::DType;
use gristmill_data::number::{Complex32, Complex64, f16};
use num_traits::{AsPrimitive, Zero};

use super::{Loop, question, unary};

pub(super) fn find(from: DType, to: DType) -> Option<Loop> {
    match from {
        DType::Boolean | DType::UInt8 => find_from::<u8>(to),
        DType::Int8 => find_from::<i8>(to),
        DType::Int16 => find_from::<i16>(to),
        DType::Int32 => find_from::<i32>(to),
        DType::Int64 | DType::Datetime64Ns | DType::Timedelta64Ns => find_from::<i64>(to),
        DType::UInt16 => find_from::<u16>(to),
        DType::UInt32 => find_from::<u32>(to),
        DType::UInt64 => find_from::<u64>(to),
        DType::Float16 => find_from::<f16>(to),
        DType::Float32 => find_from::<f32>(to),
        DType::Float64 => find_from::<f64>(to),
        DType::Complex64 => find_from::<Complex32>(to),
        DType::Complex128 => find_from::<Complex64>(to),
    }
}

fn find_from<S: Source>(to: DType) -> Option<Loop> {
    match to {
        DType::Boolean => question(|x: S| !x.re().is_zero() || !x.im().is_zero()),
        DType::Int8 => unary(|x: S| -> i8 { x.re().as_() }),
        DType::Int16 => unary(|x: S| -> i16 { x.re().as_() }),
        DType::Int32 => unary(|x: S| -> i32 { x.re().as_() }),
        DType::Int64 | DType::Datetime64Ns | DType::Timedelta64Ns => unary(|x: S| -> i64 { x.re().as_() }),
        DType::UInt8 => unary(|x: S| -> u8 { x.re().as_() }),
        DType::UInt16 => unary(|x: S| -> u16 { x.re().as_() }),
        DType::UInt32 => unary(|x: S| -> u32 { x.re().as_() }),
        DType::UInt64 => unary(|x: S| -> u64 { x.re().as_() }),
        DType::Float16 => unary(|x: S| f16::from_f64(x.re().as_())),
        DType::Float32 => unary(|x: S| -> f32 { x.re().as_() }),
        DType::Float64 => unary(|x: S| -> f64 { x.re().as_() }),
        DType::Complex64 => unary(|x: S| Complex32::new(x.re().as_(), x.im().as_())),
        DType::Complex128 => unary(|x: S| Complex64::new(x.re().as_(), x.im().as_())),
    }
}

/// What can be converted to every dtype.
trait Source: Pod {
    type Real: Real;

    fn re(self) -> Self::Real;

    fn im(self) -> Self::Real;
}

/// A number that Rust's `as` converts.
trait Real:
    Zero
    + AsPrimitive<i8>
    + AsPrimitive<i16>
    + AsPrimitive<i32>
    + AsPrimitive<i64>
    + AsPrimitive<u8>
    + AsPrimitive<u16>
    + AsPrimitive<u32>
    + AsPrimitive<u64>
    + AsPrimitive<f32>
    + AsPrimitive<f64>
{
}

macro_rules! sources {
    ($($source:ty as $real:ty: $re:expr, $im:expr;)*) => {$(
        impl Source for $source {
            type Real = $real;

            #[inline(always)]
            fn re(self) -> $real {
                $re(self)
            }

            #[inline(always)]
            fn im(self) -> $real {
                $im(self)
            }
        }
    )*};
}

macro_rules! reals {
    ($($real:ty),*) => {$(
        impl Real for $real {}

        sources! { $real as $real: std::convert::identity, |_| Self::zero(); }
    )*};
}

reals!(i8, i16, i32, i64, u8, u16, u32, u64, f32, f64);

sources! {
    f16 as f32: f16::to_f32, |_| 0.0;
    Complex32 as f32: |x: Self| x.re, |x: Self| x.im;
    Complex64 as f64: |x: Self| x.re, |x: Self| x.im;
}
