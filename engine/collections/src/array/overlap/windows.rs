//! Windows that slide over an array.

use gristmill_data::ChunkGrid;

use super::{Boundary, Overlap, cut_to_least};
use crate::Error;
use crate::array::Array;
use crate::array::call::{Call, aligned, integers};
use crate::array::reduce::axis_of;
use gristmill_graph::Arg;

/// What the windows of one block may take in memory, in bytes.
pub const WINDOWS_NBYTES_MAX: u64 = 256 << 20;

impl Array {
    /// All windows of these lengths along these axes, as NumPy's `sliding_window_view`: the axes become shorter by what a
    /// window is longer than one element, and each window is a new axis at the end. Without axes, a length for each is
    /// given. An axis may be there more than once.
    ///
    /// There are no views here: the windows of a block are copied when it is computed, and take as many times its memory as
    /// a window has elements. A reduction over the new axes takes them as they are made, block by block; an array whose
    /// blocks would take more than [`WINDOWS_NBYTES_MAX`] is refused. [`Array::map_overlap`] needs no copies.
    ///
    /// # Example
    /// ```
    /// use gristmill_collections::Array;
    ///
    /// let x = Array::arange(0, 1000, 1, 100);
    /// let moving_mean = x.sliding_window_view(&[7], &[0]).mean(-1);
    /// assert_eq!(moving_mean.shape(), [994]);
    /// ```
    pub fn sliding_window_view(&self, lengths: &[u64], axes: &[i64]) -> Self {
        Self::or_failed(self.try_windows(lengths, axes))
    }

    fn try_windows(&self, lengths: &[u64], axes: &[i64]) -> Result<Self, Error> {
        const NAME: &str = "sliding_window_view";
        let refused = |reason: String| Error::array(NAME, reason);
        Self::all_known(NAME, [self])?;
        let axes: Vec<usize> = match axes {
            [] => (0..self.ndim()).collect(),
            axes => axes.iter().map(|&axis| axis_of(NAME, axis, self.ndim())).collect::<Result<_, _>>()?,
        };
        if axes.len() != lengths.len() {
            return Err(refused(format!("{} windows are given for {} axes", lengths.len(), axes.len())));
        }
        // How many elements the windows of one place reach over, along each axis.
        let mut least = vec![1_u64; self.ndim()];
        for (&axis, &length) in axes.iter().zip(lengths) {
            let own = self.shape().get(axis).copied().unwrap_or(0);
            let reach = least.get_mut(axis).zip(length.checked_sub(1));
            let reach = reach.and_then(|(least, more)| least.checked_add(more).map(|sum| (least, sum)));
            match reach {
                Some((least, sum)) if sum <= own => *least = sum,
                _ => {
                    return Err(refused(format!(
                        "a window of {length} elements does not fit into axis {axis}, which has {own}"
                    )));
                }
            }
        }
        let cut = cut_to_least(NAME, self, &least)?;
        cut.check()?;
        let mut overlap = Overlap::default();
        for (axis, &least) in (0..).zip(&least) {
            overlap = overlap.and(axis, (0, least - 1), Boundary::None);
        }
        let mut chunks: Vec<Vec<u64>> = Vec::with_capacity(self.ndim() + axes.len());
        for (axis, &least) in least.iter().enumerate() {
            let mut along = cut.grid().chunks(axis).to_vec();
            if let Some(last) = along.last_mut() {
                *last = last.saturating_sub(least - 1);
            }
            chunks.push(along);
        }
        chunks.extend(lengths.iter().map(|&length| vec![length]));
        check_size(&chunks, self.dtype().itemsize() as u64)?;
        let grid = ChunkGrid::new(chunks).map_err(|error| refused(error.to_string()))?;
        let inputs = vec![cut.overlap(&overlap)];
        Self::all_checked(&inputs)?;
        let axes: Vec<i64> = axes.iter().map(|&axis| axis as i64).collect();
        let lengths: Vec<i64> = lengths.iter().map(|&length| length as i64).collect();
        let args = vec![integers(&axes), integers(&lengths), Arg::Input(0)];
        let wiring = aligned(inputs.first().map_or(&grid, Self::grid), &inputs);
        let call = Call::kernel("windows", "sliding_windows", wiring, args)?;
        Ok(call.on(inputs, self.dtype(), grid))
    }
}

/// Refuses windows that take too much memory where a block has them.
fn check_size(chunks: &[Vec<u64>], itemsize: u64) -> Result<(), Error> {
    let longest = chunks.iter().map(|along| along.iter().copied().max().unwrap_or(0));
    let nbytes = longest.fold(itemsize, u64::saturating_mul);
    if nbytes <= WINDOWS_NBYTES_MAX {
        return Ok(());
    }
    let reason = format!(
        "the windows of one block take {nbytes} bytes, more than {WINDOWS_NBYTES_MAX}; rechunk the array into smaller \
         blocks, or use `map_overlap`, whose function gets each element once"
    );
    Err(Error::array("sliding_window_view", reason))
}
