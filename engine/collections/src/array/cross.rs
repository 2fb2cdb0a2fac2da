//! Vector products.

use super::reduce::axis_of;
use super::{Array, stack};
use crate::Error;

impl Array {
    /// The vector product along an axis of length 3, which becomes one chunk; other axes broadcast.
    ///
    /// An axis of length 2 is that of vectors whose third component is 0. Where both are, the third component of the
    /// product is all there is of it, and the axis goes.
    pub fn cross(&self, other: &Self, axis: i64) -> Self {
        Self::or_failed(self.try_cross(other, axis))
    }

    fn try_cross(&self, other: &Self, axis: i64) -> Result<Self, Error> {
        let (left, right) = (self.vectors(axis)?, other.vectors(axis)?);
        let times = |part: &Option<Self>, other: &Self| part.as_ref().map(|part| part * other);
        let third = &left.x * &right.y - &left.y * &right.x;
        let first = difference(times(&right.z, &left.y), times(&left.z, &right.y));
        let second = difference(times(&left.z, &right.x), times(&right.z, &left.x));
        let (Some(first), Some(second)) = (first, second) else { return Ok(third) };
        let product = stack(&[first, second, third], -1);
        Ok(product.whole_along(|at| at + 1 == product.ndim()).moveaxis(-1, axis))
    }

    /// The components along an axis.
    fn vectors(&self, axis: i64) -> Result<Vectors, Error> {
        Self::all_known("cross", [self])?;
        let axis = axis_of("cross", axis, self.ndim())?;
        let n = self.shape().get(axis).copied().unwrap_or(0);
        if n != 2 && n != 3 {
            return Err(Error::array("cross", format!("vectors have 2 or 3 components, not {n}")));
        }
        let part = |at: i64| self.along(axis, at);
        Ok(Vectors { x: part(0), y: part(1), z: (n == 3).then(|| part(2)) })
    }
}

/// Vectors of 3 components, or of 2.
struct Vectors {
    x: Array,
    y: Array,
    z: Option<Array>,
}

/// What is not there is 0.
fn difference(left: Option<Array>, right: Option<Array>) -> Option<Array> {
    match (left, right) {
        (Some(left), Some(right)) => Some(left - right),
        (None, Some(right)) => Some(-right),
        (left, None) => left,
    }
}

#[cfg(test)]
mod tests;
