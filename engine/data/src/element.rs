//! Rust's types as elements of chunks.

use arrow_buffer::Buffer;
use bytemuck::{CheckedBitPattern, NoUninit};
use half::f16;
use num_complex::{Complex32, Complex64};

use crate::DType;

/// A Rust type that is the element of a [`Chunk`](crate::Chunk).
pub trait Element: CheckedBitPattern + NoUninit + Send + Sync + sealed::Sealed {
    /// The dtype that a vector of these becomes.
    const DTYPE: DType;

    /// Whether the elements of a chunk of this dtype can be read as this type; `i64` also reads datetimes and timedeltas.
    #[must_use]
    fn reads(dtype: DType) -> bool {
        dtype == Self::DTYPE
    }

    /// The elements as bytes; the vector's memory is taken over, not copied.
    #[must_use]
    fn into_buffer(elements: Vec<Self>) -> Buffer;
}

mod sealed {
    /// Elements are bytes in memory, so no other crate can add one.
    pub trait Sealed {}
}

macro_rules! native_elements {
    ($($element:ty => $dtype:ident),*) => {$(
        impl sealed::Sealed for $element {}

        impl Element for $element {
            const DTYPE: DType = DType::$dtype;

            fn into_buffer(elements: Vec<Self>) -> Buffer {
                Buffer::from_vec(elements)
            }
        }
    )*};
}

native_elements!(
    i8 => Int8, i16 => Int16, i32 => Int32, u8 => UInt8, u16 => UInt16, u32 => UInt32, u64 => UInt64,
    f16 => Float16, f32 => Float32, f64 => Float64
);

impl sealed::Sealed for i64 {}

impl Element for i64 {
    const DTYPE: DType = DType::Int64;

    fn reads(dtype: DType) -> bool {
        matches!(dtype, DType::Int64 | DType::Datetime64Ns | DType::Timedelta64Ns)
    }

    fn into_buffer(elements: Vec<Self>) -> Buffer {
        Buffer::from_vec(elements)
    }
}

/// Elements that Arrow does not know; their memory is taken over as that of `$part`, of the same alignment.
macro_rules! composed_elements {
    ($($element:ty => $dtype:ident of $part:ty),*) => {$(
        impl sealed::Sealed for $element {}

        impl Element for $element {
            const DTYPE: DType = DType::$dtype;

            fn into_buffer(elements: Vec<Self>) -> Buffer {
                match bytemuck::allocation::try_cast_vec::<$element, $part>(elements) {
                    Ok(parts) => Buffer::from_vec(parts),
                    Err((_, elements)) => Buffer::from_slice_ref(bytemuck::cast_slice::<$element, $part>(&elements)),
                }
            }
        }
    )*};
}

composed_elements!(bool => Boolean of u8, Complex32 => Complex64 of f32, Complex64 => Complex128 of f64);
