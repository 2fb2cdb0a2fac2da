//! Numbers in a program.

use gristmill_data::DType;
use gristmill_data::number::Complex64;

use crate::Error;

/// A number of a dtype.
#[derive(Debug, Clone, Copy)]
pub struct Constant {
    /// Its dtype.
    pub dtype: DType,
    /// Its value, which the dtype can hold.
    pub number: Number,
}

/// The value of a [`Constant`]: booleans and times are integers.
#[derive(Debug, Clone, Copy)]
pub enum Number {
    /// Of a boolean, an integer or a time.
    Int(i128),
    /// Of a float.
    Float(f64),
    /// Of a complex number.
    Complex(Complex64),
}

macro_rules! from_numbers {
    ($($type:ty => $variant:ident),*) => {$(
        impl From<$type> for Number {
            fn from(number: $type) -> Self {
                Self::$variant(number.into())
            }
        }
    )*};
}

from_numbers!(bool => Int, i32 => Int, i64 => Int, u64 => Int, f32 => Float, f64 => Float, Complex64 => Complex);

impl Constant {
    /// The number as this dtype.
    ///
    /// # Errors
    /// [`Error::NumberTooLarge`] when an integer does not fit, or a number has a part that the dtype has no room for.
    pub fn new(dtype: DType, number: Number) -> Result<Self, Error> {
        let refused = || Error::NumberTooLarge { number: number.to_string(), dtype };
        let number = match number {
            Number::Int(int) if dtype.is_float() => Number::Float(int as f64),
            Number::Int(int) if dtype.is_complex() => Number::Complex(Complex64::new(int as f64, 0.0)),
            Number::Int(int) if integer_range(dtype).contains(&int) => Number::Int(int),
            Number::Float(float) if dtype.is_float() => Number::Float(rounded(float, dtype)),
            Number::Float(float) if dtype.is_complex() => Number::Complex(Complex64::new(float, 0.0)),
            Number::Complex(complex) if dtype.is_complex() => Number::Complex(complex),
            _ => return Err(refused()),
        };
        Ok(Self { dtype, number })
    }

    /// A plain number beside an array of this dtype, as NumPy 2 takes it: of the array's dtype, unless it is a float beside
    /// integers, or a complex number beside real ones.
    ///
    /// # Errors
    /// [`Error::NumberTooLarge`] when an integer does not fit.
    pub fn beside(dtype: DType, number: Number) -> Result<Self, Error> {
        let dtype = match number {
            Number::Int(_) if dtype == DType::Boolean => DType::Int64,
            Number::Int(_) => dtype,
            Number::Float(_) if dtype.is_float() || dtype.is_complex() => dtype,
            Number::Float(_) => DType::Float64,
            Number::Complex(_) if dtype.is_complex() => dtype,
            Number::Complex(_) if matches!(dtype, DType::Float16 | DType::Float32) => DType::Complex64,
            Number::Complex(_) => DType::Complex128,
        };
        Self::new(dtype, number)
    }

    /// What makes two constants one: the bits of their values, so that NaN equals itself and -0 is not 0.
    fn bits(&self) -> (DType, u128, u64) {
        match self.number {
            Number::Int(int) => (self.dtype, int as u128, 0),
            Number::Float(float) => (self.dtype, float.to_bits().into(), 0),
            Number::Complex(complex) => (self.dtype, complex.re.to_bits().into(), complex.im.to_bits()),
        }
    }
}

impl PartialEq for Constant {
    fn eq(&self, other: &Self) -> bool {
        self.bits() == other.bits()
    }
}

/// The float as its dtype holds it, so that equal constants have equal texts.
fn rounded(float: f64, dtype: DType) -> f64 {
    match dtype {
        DType::Float16 => gristmill_data::number::f16::from_f64(float).to_f64(),
        DType::Float32 => f64::from(float as f32),
        _ => float,
    }
}

/// The integers that a boolean, an integer or a time can be.
pub(crate) fn integer_range(dtype: DType) -> std::ops::RangeInclusive<i128> {
    let n_bits = 8 * dtype.itemsize() as u32;
    match dtype {
        DType::Boolean => 0..=1,
        DType::UInt8 | DType::UInt16 | DType::UInt32 | DType::UInt64 => 0..=(1 << n_bits) - 1,
        _ => -(1 << (n_bits - 1))..=(1 << (n_bits - 1)) - 1,
    }
}
