//! The type of an array's elements, and what two of them become together.

use std::fmt;
use std::str::FromStr;

use crate::Error;

/// The type of the elements of a [`Chunk`](crate::Chunk): NumPy's names, sizes and rules.
///
/// In memory every element takes [`DType::itemsize`] bytes, little-endian; a boolean is one byte, 0 or 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DType {
    /// `bool`: one byte, 0 or 1.
    Boolean,
    /// `int8`.
    Int8,
    /// `int16`.
    Int16,
    /// `int32`.
    Int32,
    /// `int64`.
    Int64,
    /// `uint8`.
    UInt8,
    /// `uint16`.
    UInt16,
    /// `uint32`.
    UInt32,
    /// `uint64`.
    UInt64,
    /// `float16`: IEEE half precision.
    Float16,
    /// `float32`.
    Float32,
    /// `float64`.
    Float64,
    /// `complex64`: two `float32`, real part first.
    Complex64,
    /// `complex128`: two `float64`, real part first.
    Complex128,
    /// `datetime64[ns]`: nanoseconds since 1970-01-01 00:00 UTC; `i64::MIN` is not-a-time.
    Datetime64Ns,
    /// `timedelta64[ns]`: nanoseconds; `i64::MIN` is not-a-time.
    Timedelta64Ns,
}

/// What a dtype is, apart from its size: promotion goes from kind to kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Boolean,
    Int,
    UInt,
    Float,
    Complex,
    Datetime,
    Timedelta,
}

impl DType {
    /// Every dtype, in the order of the enum.
    pub const ALL: [Self; 16] = [
        Self::Boolean,
        Self::Int8,
        Self::Int16,
        Self::Int32,
        Self::Int64,
        Self::UInt8,
        Self::UInt16,
        Self::UInt32,
        Self::UInt64,
        Self::Float16,
        Self::Float32,
        Self::Float64,
        Self::Complex64,
        Self::Complex128,
        Self::Datetime64Ns,
        Self::Timedelta64Ns,
    ];

    /// NumPy's name: `bool`, `int8`, `datetime64[ns]`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Boolean => "bool",
            Self::Int8 => "int8",
            Self::Int16 => "int16",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::UInt8 => "uint8",
            Self::UInt16 => "uint16",
            Self::UInt32 => "uint32",
            Self::UInt64 => "uint64",
            Self::Float16 => "float16",
            Self::Float32 => "float32",
            Self::Float64 => "float64",
            Self::Complex64 => "complex64",
            Self::Complex128 => "complex128",
            Self::Datetime64Ns => "datetime64[ns]",
            Self::Timedelta64Ns => "timedelta64[ns]",
        }
    }

    /// Bytes of one element.
    #[must_use]
    pub const fn itemsize(self) -> usize {
        match self {
            Self::Boolean | Self::Int8 | Self::UInt8 => 1,
            Self::Int16 | Self::UInt16 | Self::Float16 => 2,
            Self::Int32 | Self::UInt32 | Self::Float32 => 4,
            Self::Int64 | Self::UInt64 | Self::Float64 => 8,
            Self::Complex64 | Self::Datetime64Ns | Self::Timedelta64Ns => 8,
            Self::Complex128 => 16,
        }
    }

    /// What the address of the first element is a multiple of, in bytes.
    #[must_use]
    pub const fn alignment(self) -> usize {
        match self {
            Self::Complex64 => 4,
            Self::Complex128 => 8,
            other => other.itemsize(),
        }
    }

    /// Whether this is a signed or unsigned integer.
    #[must_use]
    pub fn is_integer(self) -> bool {
        matches!(self.kind(), Kind::Int | Kind::UInt)
    }

    /// Whether this is a real floating-point number.
    #[must_use]
    pub fn is_float(self) -> bool {
        self.kind() == Kind::Float
    }

    /// Whether this is a complex number.
    #[must_use]
    pub fn is_complex(self) -> bool {
        self.kind() == Kind::Complex
    }

    /// Whether this is a moment or a length of time.
    #[must_use]
    pub fn is_time(self) -> bool {
        matches!(self.kind(), Kind::Datetime | Kind::Timedelta)
    }

    /// The smallest dtype that both can be converted to, by the rules of NumPy 2 (`numpy.promote_types`).
    ///
    /// # Errors
    /// [`Error::NoPromotion`] when there is none, as for a datetime and a number.
    pub fn promote(left: Self, right: Self) -> Result<Self, Error> {
        // `high` is the later kind: the rules below are symmetric.
        let (low, high) =
            if (left.kind() as u8) <= (right.kind() as u8) { (left, right) } else { (right, left) };
        let promoted = match (low.kind(), high.kind()) {
            (a, b) if a == b => Some(if low.itemsize() >= high.itemsize() { low } else { high }),
            (Kind::Boolean, Kind::Datetime) => None,
            (Kind::Boolean, _) => Some(high),
            (Kind::Int, Kind::UInt) => Some(int_with_uint(low, high)),
            (Kind::Int | Kind::UInt, Kind::Float) => Some(wider(float_for(low), high)),
            (Kind::Int | Kind::UInt | Kind::Float, Kind::Complex) => Some(complex_for(low, high)),
            (Kind::Int | Kind::UInt, Kind::Timedelta) if low != Self::UInt64 => Some(high),
            (Kind::Datetime, Kind::Timedelta) => Some(low),
            _ => None,
        };
        promoted.ok_or(Error::NoPromotion { left, right })
    }

    const fn kind(self) -> Kind {
        match self {
            Self::Boolean => Kind::Boolean,
            Self::Int8 | Self::Int16 | Self::Int32 | Self::Int64 => Kind::Int,
            Self::UInt8 | Self::UInt16 | Self::UInt32 | Self::UInt64 => Kind::UInt,
            Self::Float16 | Self::Float32 | Self::Float64 => Kind::Float,
            Self::Complex64 | Self::Complex128 => Kind::Complex,
            Self::Datetime64Ns => Kind::Datetime,
            Self::Timedelta64Ns => Kind::Timedelta,
        }
    }
}

fn wider(left: DType, right: DType) -> DType {
    if left.itemsize() >= right.itemsize() { left } else { right }
}

/// The signed integer that holds both; nothing holds all of `uint64` and a sign but, roughly, `float64`.
fn int_with_uint(int: DType, uint: DType) -> DType {
    let signed = match uint {
        DType::UInt8 => DType::Int16,
        DType::UInt16 => DType::Int32,
        DType::UInt32 => DType::Int64,
        _ => DType::Float64,
    };
    wider(signed, int)
}

/// The smallest float whose precision an integer of this size may have, as NumPy sees it.
fn float_for(integer: DType) -> DType {
    match integer.itemsize() {
        1 => DType::Float16,
        2 => DType::Float32,
        _ => DType::Float64,
    }
}

/// The complex number whose parts hold `real`, and at least as wide as `complex`.
fn complex_for(real: DType, complex: DType) -> DType {
    let part = if real.is_float() { real } else { float_for(real) };
    if part == DType::Float64 { DType::Complex128 } else { complex }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for DType {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|dtype| dtype.name() == name)
            .ok_or_else(|| Error::UnknownDType { name: name.to_owned() })
    }
}

#[cfg(test)]
mod tests;
