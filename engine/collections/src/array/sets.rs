//! Each element once, and arrays as sets.

use gristmill_data::{ChunkGrid, DType};
use gristmill_graph::Arg;
use gristmill_kernels::Side;

use super::call::{Call, aligned, blocks, folded, item, labelled, runs, single};
use super::lower::one_block;
use super::unknown::Unknown;
use super::{Array, Operand};
use crate::Error;

/// The different elements of an array and what else is told of them. Only what is computed of it is made.
#[non_exhaustive]
#[derive(Debug, Clone)]
pub struct Unique {
    /// Each element once, in order.
    pub values: Array,
    /// Where each value is first among all elements in C order, as `int64`.
    pub indices: Array,
    /// For each element which value it is, as `int64`, of the array's shape and chunks.
    pub inverse_indices: Array,
    /// How often each value is there, as `int64`.
    pub counts: Array,
}

impl Array {
    /// Each element once, in order, as NumPy's `unique`: without axes but one, in one chunk. NaN is there once.
    ///
    /// How many there are is known only when the array is computed. Blocks are merged in a tree, and the last task
    /// holds all different elements.
    ///
    /// # Example
    /// ```
    /// use gristmill_collections::{Array, array::UNKNOWN};
    ///
    /// let kinds = (Array::arange(0, 1_000, 1, 100) % 7).unique();
    /// kinds.check()?;
    /// assert_eq!(kinds.shape(), [UNKNOWN]);
    /// # Ok::<(), gristmill_collections::Error>(())
    /// ```
    pub fn unique(&self) -> Self {
        Self::or_failed(self.different(false).and_then(|different| different.values(0, self.dtype())))
    }

    /// Each element once, where it is first, which one each element is, and how often it is there: what NumPy's
    /// `unique` gives when all is asked for.
    pub fn unique_all(&self) -> Unique {
        let different = self.different(false);
        let of = |nth, dtype| match &different {
            Ok(different) => Self::or_failed(different.values(nth, dtype)),
            Err(_) => self.unique(),
        };
        let (values, counts) = (of(0, self.dtype()), of(1, DType::Int64));
        let indices = self
            .different(true)
            .and_then(|placed| Ok(placed.values(2, DType::Int64)?.with_unknown(values.unknown().clone())));
        let inverse = Self::all_checked([&values]).and_then(|()| self.inverse(&values));
        Unique {
            values,
            indices: Self::or_failed(indices),
            inverse_indices: Self::or_failed(inverse),
            counts,
        }
    }

    /// The elements of both arrays, each once and in order; see [`unique`](Self::unique).
    pub fn union1d(&self, other: &Self) -> Self {
        let made = common("union1d", self, other).and_then(|[left, right]| {
            let parts = vec![left.different(false)?.0, right.different(false)?.0];
            let merged = Call::kernel("union1d", "merge_unique", single(2), vec![Arg::Inputs])?;
            let n_max = left.size().saturating_add(right.size());
            Different(merged.partials(parts, &[1])?, n_max).values(0, left.dtype())
        });
        Self::or_failed(made)
    }

    /// The elements that both arrays have, each once and in order; NaN is none of them.
    pub fn intersect1d(&self, other: &Self) -> Self {
        let made = common("intersect1d", self, other).map(|[left, right]| {
            let values = left.unique();
            values.compress(&values.isin(&right), 0)
        });
        Self::or_failed(made)
    }

    /// The elements that the other array has not, each once and in order; NaN is always one of them.
    pub fn setdiff1d(&self, other: &Self) -> Self {
        let values = self.unique();
        values.compress(&values.isin(other).logical_not(), 0)
    }

    /// The elements that only one of the arrays has, each once and in order.
    pub fn setxor1d(&self, other: &Self) -> Self {
        self.setdiff1d(other).union1d(&other.setdiff1d(self))
    }

    /// Whether each element is among those of another array, which is NaN never.
    ///
    /// The different elements of the other array are read by every task.
    pub fn isin(&self, among: &Self) -> Self {
        let made = common("isin", self, among).map(|[array, among]| {
            let values = among.unique();
            let n_before = |side| values.searchsorted(&array, side);
            let is_there = n_before(Side::Right).ne(n_before(Side::Left));
            is_there.logical_and(Operand::from(array.isnan().logical_not()))
        });
        Self::or_failed(made)
    }

    /// What the blocks have of different elements, merged.
    fn different(&self, with_positions: bool) -> Result<Different, Error> {
        Self::all_checked([self])?;
        let mut args = vec![Arg::Input(0)];
        if with_positions {
            Self::all_known("unique", [self])?;
            args.extend([runs(self.grid()), Arg::Param(0)]);
        }
        let inputs = vec![self.clone()];
        let found = Call::kernel("unique", "unique", aligned(self.grid(), &inputs), args)?;
        let found = found.partials(inputs, &blocks(self.grid()))?;
        Ok(Different(folded(found, "unique-combine", "merge_unique")?, self.size()))
    }

    /// Which of the values each element is.
    fn inverse(&self, values: &Self) -> Result<Self, Error> {
        let (inputs, rank) = (vec![values.clone(), self.clone()], self.ndim() as u32);
        let wiring = labelled(&blocks(self.grid()), &inputs, &[vec![rank], (0..rank).collect()]);
        let call = Call::kernel("inverse", "inverse", wiring, vec![Arg::Input(0), Arg::Input(1)])?;
        Ok(call.on(inputs, DType::Int64, self.grid().clone()).with_unknown(self.unknown().clone()))
    }
}

/// What is told of the different elements of an array, and how many they are at most.
struct Different(Array, u64);

impl Different {
    fn values(&self, nth: i64, dtype: DType) -> Result<Array, Error> {
        let Self(partials, n_max) = self;
        let grid: ChunkGrid = one_block(&[*n_max]).map_err(Error::data("unique"))?;
        Ok(item(partials, nth, dtype, grid)?.with_unknown(Unknown::axis(0, partials.id())))
    }
}

/// Both arrays of a dtype that holds the elements of both.
fn common(name: &'static str, left: &Array, right: &Array) -> Result<[Array; 2], Error> {
    Array::all_checked([left, right])?;
    let dtype = DType::promote(left.dtype(), right.dtype()).map_err(Error::data(name))?;
    Ok([left.astype(dtype), right.astype(dtype)])
}

#[cfg(test)]
mod tests;
