//! The elements of every dtype, in NumPy's order: NaN after all numbers, not-a-time after all times, complex numbers by
//! their real parts first.

use bytemuck::Pod;
use gristmill_data::number::{Complex32, Complex64, f16};

/// What the elements of a dtype are, and how they are ordered.
pub(crate) trait Kind {
    /// The element as it lies in memory.
    type Element: Pod + Send + Sync;
    /// What is compared in its place.
    type Key: Ord + Copy;

    /// The key: equal for elements that are equal to NumPy, so for both zeros, and for any NaN.
    fn key(element: Self::Element) -> Self::Key;

    /// Whether it is no number, or no time, at all.
    fn is_nan(_: Self::Element) -> bool {
        false
    }

    /// Sorts by keys; equal elements that are not the same to the bit by their bits, or in the order that they are in.
    fn sort(elements: &mut [Self::Element]) {
        elements.sort_unstable_by_key(|&element| Self::key(element));
    }
}

/// Datetimes and timedeltas.
pub(crate) enum Time {}

impl Kind for Time {
    type Element = i64;
    type Key = u64;

    fn key(element: i64) -> u64 {
        // Not-a-time is the least integer, and goes around to the greatest key.
        (element as u64 ^ (1 << 63)).wrapping_sub(1)
    }

    fn is_nan(element: i64) -> bool {
        element == i64::MIN
    }
}

impl Kind for bool {
    type Element = u8;
    type Key = u8;

    fn key(element: u8) -> u8 {
        element
    }
}

macro_rules! integers {
    ($($integer:ty),*) => {$(
        impl Kind for $integer {
            type Element = Self;
            type Key = Self;

            fn key(element: Self) -> Self {
                element
            }
        }
    )*};
}

integers!(i8, i16, i32, i64, u8, u16, u32, u64);

macro_rules! floats {
    ($($float:ty: $bits:ty),*) => {$(
        impl Kind for $float {
            type Element = Self;
            type Key = $bits;

            #[inline(always)]
            fn key(element: Self) -> $bits {
                const SIGN: $bits = 1 << (<$bits>::BITS - 1);
                let bits = element.to_bits();
                if element.is_nan() {
                    <$bits>::MAX
                } else if bits & SIGN == 0 {
                    bits | SIGN
                } else {
                    // Turns the order around; the negative zero becomes the positive one.
                    (!bits).wrapping_add(1)
                }
            }

            fn is_nan(element: Self) -> bool {
                element.is_nan()
            }

            /// As integers, whose order needs no branches.
            fn sort(elements: &mut [Self]) {
                const SIGN: $bits = 1 << (<$bits>::BITS - 1);
                let bits: &mut [$bits] = bytemuck::cast_slice_mut(elements);
                let flip = |bits: $bits| if bits & SIGN == 0 { bits | SIGN } else { !bits };
                let back = |bits: $bits| if bits & SIGN == 0 { !bits } else { bits & !SIGN };
                bits.iter_mut().for_each(|bits| *bits = flip(*bits));
                bits.sort_unstable();
                bits.iter_mut().for_each(|bits| *bits = back(*bits));
                // NaN with a sign has come first.
                let n = elements.iter().take_while(|element| element.is_nan()).count();
                elements.rotate_left(n);
            }
        }
    )*};
}

floats!(f16: u16, f32: u32, f64: u64);

macro_rules! complex {
    ($($complex:ty: $part:ty),*) => {$(
        impl Kind for $complex {
            type Element = Self;
            /// Which parts are NaN, the real one foremost, then the parts.
            type Key = (u8, <$part as Kind>::Key, <$part as Kind>::Key);

            fn key(element: Self) -> Self::Key {
                let nans = 2 * u8::from(element.re.is_nan()) + u8::from(element.im.is_nan());
                (nans, <$part>::key(element.re), <$part>::key(element.im))
            }

            fn is_nan(element: Self) -> bool {
                element.re.is_nan() || element.im.is_nan()
            }

            fn sort(elements: &mut [Self]) {
                elements.sort_by_key(|&element| Self::key(element));
            }
        }
    )*};
}

complex!(Complex32: f32, Complex64: f64);

/// An expression with `$kind` standing for the [`Kind`] of a dtype.
macro_rules! with_kind {
    ($dtype:expr, $kind:ident => $body:expr) => {{
        macro_rules! body {
            ($of:ty) => {{
                type $kind = $of;
                $body
            }};
        }
        match $dtype {
            gristmill_data::DType::Boolean => body!(bool),
            gristmill_data::DType::Int8 => body!(i8),
            gristmill_data::DType::Int16 => body!(i16),
            gristmill_data::DType::Int32 => body!(i32),
            gristmill_data::DType::Int64 => body!(i64),
            gristmill_data::DType::UInt8 => body!(u8),
            gristmill_data::DType::UInt16 => body!(u16),
            gristmill_data::DType::UInt32 => body!(u32),
            gristmill_data::DType::UInt64 => body!(u64),
            gristmill_data::DType::Float16 => body!(gristmill_data::number::f16),
            gristmill_data::DType::Float32 => body!(f32),
            gristmill_data::DType::Float64 => body!(f64),
            gristmill_data::DType::Complex64 => body!(gristmill_data::number::Complex32),
            gristmill_data::DType::Complex128 => body!(gristmill_data::number::Complex64),
            gristmill_data::DType::Datetime64Ns | gristmill_data::DType::Timedelta64Ns => {
                body!(crate::blocks::Time)
            }
        }
    }};
}

pub(crate) use with_kind;
