//! Windows that slide over a block, as further axes.

use gristmill_data::Chunk;

use crate::Error;
use crate::blocks::check_size;
use crate::layout::strided::{Strides, c_order, copied};

/// All windows of these lengths along these axes: the axes become shorter, and each window is a new axis at the end.
///
/// An axis may be there more than once. Every window is copied.
///
/// # Errors
/// [`Error::Axis`], [`Error::Selection`] when a window is longer than the block, [`Error::TooLarge`].
pub fn sliding_windows(axes: &[usize], lengths: &[u64], block: &Chunk) -> Result<Chunk, Error> {
    let (mut shape, mut strides) = (block.shape().to_vec(), c_order(block.shape()));
    let ndim = block.ndim();
    for (&axis, &length) in axes.iter().zip(lengths) {
        let wrong = || Error::Axis { axis: axis as u64, ndim };
        let stride = *strides.get(axis).filter(|_| axis < ndim).ok_or_else(wrong)?;
        let along = shape.get_mut(axis).ok_or_else(wrong)?;
        let too_long = || Error::Selection { reason: "a window has no elements, or more than the block" };
        *along = (*along + 1).checked_sub(length).filter(|&n| n > 0 && length > 0).ok_or_else(too_long)?;
        shape.push(length);
        strides.push(stride);
    }
    check_size("sliding_windows", &shape)?;
    copied("sliding_windows", block, &Strides { first: 0, strides }, &shape)
}
