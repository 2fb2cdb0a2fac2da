//! Parts of an array by the indices of its blocks.

use gristmill_data::ChunkGrid;
use gristmill_graph::Arg;

use crate::Error;
use crate::array::call::{Call, block_of, listed, n_blocks};
use crate::array::index::plain;
use crate::array::unknown::{Unknown, next_id};
use crate::array::{Array, Index};

impl Array {
    /// The array of the blocks with these indices, as Dask's `blocks`: what [`Array::slice`] takes of elements this takes of
    /// blocks, which stay as they are. A single index takes one block and keeps the axis.
    ///
    /// Lengths may be unknown; those of some of the blocks along an axis fit to no other array.
    ///
    /// # Example
    /// ```
    /// use gristmill_collections::{Array, s};
    ///
    /// let x = Array::arange(0, 10, 1, 4);
    /// assert_eq!(x.blocks(s![..;2]).shape(), [6]);
    /// assert_eq!(x.blocks(s![-1]).shape(), [2]);
    /// # Ok::<(), gristmill_collections::Error>(())
    /// ```
    pub fn blocks(&self, indices: impl AsRef<[Index]>) -> Self {
        Self::or_failed(self.try_blocks(indices.as_ref()))
    }

    fn try_blocks(&self, indices: &[Index]) -> Result<Self, Error> {
        const NAME: &str = "blocks";
        self.check()?;
        let place = plain(indices, &self.numblocks())?;
        if place.axes.contains(&None) || place.lengths.contains(&0) {
            let reason = "at least one block is taken along each axis, and no axis is new";
            return Err(Error::Index { shape: self.numblocks(), reason: reason.to_owned() });
        }
        let axes = place.starts.iter().zip(&place.steps).zip(&place.lengths);
        let taken: Vec<Vec<u64>> = axes
            .map(|((&start, &step), &n)| (0..n as i64).map(|nth| (start + step * nth) as u64).collect())
            .collect();
        let lengths = taken.iter().enumerate().map(|(axis, blocks)| {
            let own = self.grid().chunks(axis);
            blocks.iter().map(|&block| own.get(block as usize).copied().unwrap_or(0)).collect()
        });
        let grid = ChunkGrid::new(lengths.collect()).map_err(Error::data(NAME))?;
        n_blocks(NAME, &grid)?;
        let is_whole = |axis: usize| {
            taken
                .get(axis)
                .is_some_and(|all| all.iter().copied().eq(0..self.grid().chunks(axis).len() as u64))
        };
        if (0..self.ndim()).all(is_whole) {
            return Ok(self.clone());
        }
        let index = |block: Vec<u64>| {
            let own =
                taken.iter().zip(&block).map(|(along, &nth)| along.get(nth as usize).copied().unwrap_or(0));
            self.grid().index(&own.collect::<Vec<_>>()).unwrap_or(0) as u32
        };
        let rows = grid.blocks().map(|block| [block_of(0, index(block))]);
        let call = Call::kernel(NAME, "identity", listed(rows)?, vec![Arg::Input(0)])?;
        let unknown = (0..self.ndim()).filter_map(|axis| {
            let by = self.unknown().by(axis)?;
            Some(Unknown::axis(axis, if is_whole(axis) { by } else { next_id() }))
        });
        let unknown = unknown.fold(Unknown::default(), |all, axis| all.and(&axis).unwrap_or_default());
        Ok(call.on(vec![self.clone()], self.dtype(), grid).with_unknown(unknown))
    }
}
