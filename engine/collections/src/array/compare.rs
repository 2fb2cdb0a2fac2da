//! Whether arrays are equal, or nearly so.

use gristmill_data::DType;

use super::{Array, Operand};

/// How far two numbers may be apart and still be close.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tolerance {
    /// In parts of the other number.
    pub rtol: f64,
    /// At any rate.
    pub atol: f64,
    /// Whether NaN is close to NaN.
    pub equal_nan: bool,
}

impl Default for Tolerance {
    /// NumPy's: a hundred-thousandth of the other number and 1e-8, and NaN is close to nothing.
    fn default() -> Self {
        Self { rtol: 1e-5, atol: 1e-8, equal_nan: false }
    }
}

impl Array {
    /// Whether each element is equal to the other one, or no farther from it than `atol` and `rtol` times the other's
    /// absolute value.
    pub fn isclose(&self, other: impl Into<Operand>, tolerance: Tolerance) -> Self {
        let other = other.into().array();
        let Tolerance { rtol, atol, equal_nan } = tolerance;
        // Differences of unsigned integers would wrap around.
        let exact = other.dtype().is_integer() || other.dtype() == DType::Boolean;
        let float = if exact { other.astype(DType::Float64) } else { other.clone() };
        let is_near = (self - &float).abs().le(float.abs() * rtol + atol);
        let close = (is_near & float.isfinite()) | self.eq(&other);
        if equal_nan { close | (self.isnan() & other.isnan()) } else { close }
    }

    /// Whether all elements are close to the other ones: one boolean.
    pub fn allclose(&self, other: impl Into<Operand>, tolerance: Tolerance) -> Self {
        self.isclose(other, tolerance).all(())
    }

    /// Whether the shapes are the same, and all elements: one boolean. NaN is equal to NaN only when `equal_nan`.
    pub fn array_equal(&self, other: &Self, equal_nan: bool) -> Self {
        let made = Self::all_checked([self, other]).map(|()| {
            if self.unknown() == other.unknown() && self.grid().shape() != other.grid().shape() {
                return Self::zeros(DType::Boolean, &[], 1);
            }
            let equal = self.eq(other);
            if equal_nan { (equal | (self.isnan() & other.isnan())).all(()) } else { equal.all(()) }
        });
        Self::or_failed(made)
    }
}
