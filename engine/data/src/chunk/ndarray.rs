//! Chunks as arrays of the `ndarray` crate, and back.

use ndarray::{ArrayViewD, Dimension, IxDyn};

use super::Chunk;
use crate::{Element, Error};

impl Chunk {
    /// A chunk of an array's elements. An array that lies whole and in C order is taken over, others are copied once.
    ///
    /// # Errors
    /// A shape that is impossible.
    ///
    /// # Example
    /// ```
    /// use gristmill_data::Chunk;
    ///
    /// let chunk = Chunk::from_ndarray(ndarray::array![[1.0, 2.0], [3.0, 4.0]])?;
    /// assert_eq!(chunk.as_ndarray::<f64>()?[[1, 0]], 3.0);
    /// # Ok::<(), gristmill_data::Error>(())
    /// ```
    pub fn from_ndarray<T: Element, D: Dimension>(array: ndarray::Array<T, D>) -> Result<Self, Error> {
        let shape: Vec<u64> = array.shape().iter().map(|&length| length as u64).collect();
        let n = array.len();
        let elements = if array.is_standard_layout() {
            let (mut elements, first) = array.into_raw_vec_and_offset();
            elements.drain(..first.unwrap_or(0));
            elements.truncate(n);
            elements
        } else {
            array.iter().copied().collect()
        };
        Self::from_vec(elements, &shape)
    }

    /// The elements, as a view that shares them; what stands at an absent one is of no meaning.
    ///
    /// # Errors
    /// [`Error::ElementType`] when the chunk is of another dtype, or a shape that this machine cannot address.
    pub fn as_ndarray<T: Element>(&self) -> Result<ArrayViewD<'_, T>, Error> {
        let shape: Vec<usize> = self.shape().iter().map(|&length| length as usize).collect();
        let overflow = |_| Error::ShapeOverflow { shape: self.shape().to_vec() };
        ArrayViewD::from_shape(IxDyn(&shape), self.as_slice::<T>()?).map_err(overflow)
    }
}
