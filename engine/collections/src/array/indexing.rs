//! Elements taken by masks and by lists of places.

use gristmill_data::DType;
use gristmill_graph::Arg;

use super::call::{Call, blocks, labelled};
use super::reduce::axis_of;
use super::unknown::Unknown;
use super::{Array, Chunks};
use crate::Error;

impl Array {
    /// The rows along an axis where a mask is true, as NumPy's `compress`: `x[mask]` is `x.compress(&mask, 0)`.
    ///
    /// How many there are is known only when the array is computed: its shape says [`UNKNOWN`](super::UNKNOWN). Arrays taken
    /// with the same mask fit together; operations that need a length refuse the array until a client has found it.
    ///
    /// # Example
    /// ```
    /// use gristmill_collections::Array;
    ///
    /// let x = Array::arange(0, 10, 1, 5);
    /// let even = (&x % 2).eq(0);
    /// let mean = x.compress(&even, 0).mean(());
    /// mean.check()?;
    /// # Ok::<(), gristmill_collections::Error>(())
    /// ```
    pub fn compress(&self, mask: &Self, axis: i64) -> Self {
        Self::or_failed(self.try_compress(mask, axis))
    }

    fn try_compress(&self, mask: &Self, axis: i64) -> Result<Self, Error> {
        Self::all_known("compress", [self, mask])?;
        let axis = axis_of("compress", axis, self.ndim())?;
        let length = self.shape().get(axis).copied().unwrap_or(0);
        if mask.shape() != [length] || mask.dtype() != DType::Boolean {
            return Err(Error::array(
                "compress",
                format!(
                    "the mask of axis {axis} has {length} booleans, but {:?} of {} are given",
                    mask.shape(),
                    mask.dtype()
                ),
            ));
        }
        let cut = mask.rechunk(Chunks::from(vec![self.grid().chunks(axis).to_vec()]));
        let inputs = vec![cut, self.clone()];
        let along = (0..self.ndim() as u32).collect();
        let wiring = labelled(&blocks(self.grid()), &inputs, &[vec![axis as u32], along]);
        let args = vec![Arg::UInt(axis as u64), Arg::Input(0), Arg::Input(1)];
        let taken = Call::kernel("compress", "compress", wiring, args)?;
        let taken = taken.on(inputs, self.dtype(), self.grid().clone());
        Ok(taken.with_unknown(Unknown::axis(axis, mask.id())))
    }
}

#[cfg(test)]
mod tests;
