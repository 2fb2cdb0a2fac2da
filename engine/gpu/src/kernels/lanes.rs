//! Arrays along an axis.

use super::elementwise::countable;
use crate::Error;

/// An array as lanes along one axis: `outer` planes of `length` rows of `inner` elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lanes {
    pub(crate) outer: u32,
    pub(crate) length: u32,
    pub(crate) inner: u32,
}

impl Lanes {
    /// # Errors
    /// [`Error::Unsupported`] when there is no such axis, or more elements than shaders count.
    pub(crate) fn new(shape: &[u64], axis: usize) -> Result<Self, Error> {
        let product = |axes: &[u64]| axes.iter().fold(1_u64, |n, &length| n.saturating_mul(length));
        let parts = shape.get(..axis).zip(shape.get(axis)).zip(shape.get(axis + 1..));
        let Some(((outer, &length), inner)) = parts else {
            return Err(Error::unsupported(format!("axis {axis} of {} axes", shape.len())));
        };
        countable(shape)?;
        let count = |n: u64| u32::try_from(n).map_err(|_| Error::unsupported(format!("{n} lanes")));
        Ok(Self { outer: count(product(outer))?, length: count(length)?, inner: count(product(inner))? })
    }

    /// One lane of so many elements.
    pub(crate) fn row(length: u32) -> Self {
        Self { outer: 1, length, inner: 1 }
    }

    /// How many elements there are.
    pub(crate) fn n(self) -> u64 {
        u64::from(self.outer) * u64::from(self.length) * u64::from(self.inner)
    }

    /// As the shape of an array.
    pub(crate) fn shape(self) -> [u64; 3] {
        [self.outer, self.length, self.inner].map(u64::from)
    }
}
