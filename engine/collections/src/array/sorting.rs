//! Arrays in order, along an axis or all in all.

use gristmill_data::{ChunkGrid, DType};
use gristmill_graph::{Arg, LayerId, TaskRef, Wiring};
use gristmill_kernels::Buckets;

use super::call::{Call, aligned, block_of, folded, labelled, listed, runs, single};
use super::reduce::axis_of;
use super::{Array, Axes};
use crate::Error;

impl Array {
    /// The elements sorted along an axis, NaN last; or with `()` all of them, without axes but one.
    ///
    /// The axis becomes one chunk, unless it is the only one. All elements of several chunks are sorted in as many
    /// buckets, so that no task holds more than a few chunks, and the result is cut as the array is: of n chunks n² pieces
    /// are moved, and there may be 1,024.
    pub fn sort(&self, axis: impl Into<Axes>) -> Self {
        let axes = axis.into();
        let made =
            Self::all_known("sort", [self]).and_then(|()| match axes.one_or_all("sort", self.ndim())? {
                Some(axis) if self.ndim() > 1 || self.grid().n_chunks() == 1 => {
                    self.by_kernel("sort", axis, self.dtype())
                }
                _ => self.all_in_order(),
            });
        Self::or_failed(made)
    }

    /// The positions that sort the elements along an axis, of equal ones in their order. The axis becomes one chunk.
    pub fn argsort(&self, axis: i64) -> Self {
        let made = Self::all_known("argsort", [self])
            .and_then(|()| self.by_kernel("argsort", axis_of("argsort", axis, self.ndim())?, DType::Int64));
        Self::or_failed(made)
    }

    /// A kernel that is called with the axis and a block, and gives a block of the same shape.
    fn by_kernel(&self, name: &'static str, axis: usize, dtype: DType) -> Result<Self, Error> {
        let whole = self.whole_along(|other| other == axis);
        whole.check()?;
        let grid = whole.grid().clone();
        let inputs = vec![whole];
        let args = vec![Arg::UInt(axis as u64), Arg::Input(0)];
        Ok(Call::kernel(name, name, aligned(&grid, &inputs), args)?.on(inputs, dtype, grid))
    }

    /// Sorted in buckets; see [`Buckets`].
    fn all_in_order(&self) -> Result<Self, Error> {
        let n = self.grid().n_chunks() as u32;
        let sizes = self
            .grid()
            .blocks()
            .map(|block| self.grid().block_shape(&block).map_or(0, |shape| shape.iter().product()));
        let sizes: Vec<u64> = sizes.collect();
        let grid = ChunkGrid::new(vec![sizes.clone()]);
        let grid = grid.map_err(Error::data("sort"))?;
        let buckets = Buckets::new(n.into(), self.size()).map_err(Error::kernel("sort"))?;
        let call =
            |name: &str, kernel_name: &str, wiring, args| Call::kernel(name, kernel_name, wiring, args);
        let place = |more: Vec<Arg>| {
            let place = [Arg::UInt(n.into()), runs(&grid), Arg::Param(0)];
            place.into_iter().chain(more).collect::<Vec<Arg>>()
        };
        let each = Wiring::each(LayerId(0), n);
        let sorted = call("sort-blocks", "merge_sorted", each.clone(), vec![Arg::Inputs])?;
        let sorted = sorted.on(vec![self.clone()], self.dtype(), grid.clone());
        if n == 1 {
            return Ok(sorted);
        }
        let sample = call("sort-sample", "sample", each, place(vec![Arg::Input(0)]))?;
        let (itemsize, n_pieces) = (self.dtype().itemsize() as u64, u64::from(n) * u64::from(n));
        let sample = sample.sized(2 * u64::from(n) * (itemsize + 8)).partials(vec![sorted.clone()], &[n])?;
        let sample = folded(sample, "sort-sample", "merge_samples")?;
        let args = vec![Arg::UInt(n.into()), Arg::UInt(self.size()), Arg::Input(0)];
        let splitters = call("sort-splitters", "splitters", single(1), args)?.partials(vec![sample], &[1])?;
        let inputs = vec![splitters, sorted.clone()];
        let wiring = labelled(&[n], &inputs, &[vec![1], vec![0]]);
        let cuts = call("sort-cuts", "cuts", wiring, place(vec![Arg::Input(0), Arg::Input(1)]))?;
        let cuts = cuts.sized(8 * u64::from(n)).partials(inputs, &[n])?;
        let starts = folded(cuts.clone(), "sort-starts", "merge_counts")?;
        let inputs = vec![cuts, sorted];
        let wiring = labelled(&[n, n], &inputs, &[vec![1], vec![1]]);
        let args = vec![Arg::UInt(n.into()), Arg::Param(0), Arg::Input(0), Arg::Input(1)];
        // As large as they are on the average.
        let pieces = call("sort-piece", "piece", wiring, args)?.sized(self.nbytes() / n_pieces);
        let pieces = pieces.partials(inputs, &[n, n])?;
        let wiring = labelled(&[n], std::slice::from_ref(&pieces), &[vec![0, 1]]);
        let filled = call("sort-bucket", "merge_sorted", wiring, vec![Arg::Inputs])?;
        let filled = filled.sized(self.nbytes() / u64::from(n)).partials(vec![pieces], &[n])?;
        let mut start = 0;
        let rows = sizes.iter().map(|size| {
            let ranks = start..start + size;
            start = ranks.end;
            let from = buckets.of_ranks(ranks).map(|nth| block_of(1, nth as u32));
            std::iter::once(block_of(0, 0)).chain(from).collect::<Vec<TaskRef>>()
        });
        let ranked = call("sort", "ranked", listed(rows)?, place(vec![Arg::Inputs]))?;
        Ok(ranked.on(vec![starts, filled], self.dtype(), grid))
    }
}

#[cfg(test)]
mod tests;
