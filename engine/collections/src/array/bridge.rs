//! Arrays of the results of lazy calls, and lazy calls of the blocks of arrays.

use std::sync::Arc;

use gristmill_data::{DType, Type};

use super::functions::declared;
use super::plan::{planned, topological};
use super::{Array, Chunks, Op};
use crate::{Argument, Delayed, Error, ReadPlan, delayed, kernel};

impl Array {
    /// The result of a lazy call as an array of one block, of this shape and dtype. A result of another shape or dtype is
    /// refused when it is there; a number is an array without axes.
    ///
    /// # Example
    /// ```
    /// use gristmill_collections::array::concatenate;
    /// use gristmill_collections::{Array, args, delayed, native};
    /// use gristmill_data::{Chunk, DType};
    ///
    /// let load = native("load", |args| Ok(Chunk::from_vec(vec![args[0].as_float()?; 100], &[100])?.into()));
    /// let parts: Vec<Array> = (0..20)
    ///     .map(|n| Array::from_delayed(&delayed(&load, args![f64::from(n)]), &[100], DType::Float64))
    ///     .collect();
    /// let whole = concatenate(&parts, 0);
    /// assert_eq!(whole.shape(), [2000]);
    /// ```
    pub fn from_delayed(delayed: &Delayed, shape: &[u64], dtype: DType) -> Self {
        Self::from_blocks(std::slice::from_ref(delayed), shape, -1, dtype)
    }

    /// The results of lazy calls as the blocks of an array, in C order: the inverse of [`Array::to_delayed`].
    pub fn from_blocks(blocks: &[Delayed], shape: &[u64], chunks: impl Into<Chunks>, dtype: DType) -> Self {
        let made = chunks.into().grid(shape, dtype).and_then(|grid| {
            if grid.n_chunks() != blocks.len() as u64 {
                let (n, given) = (grid.n_chunks(), blocks.len());
                return Err(Error::array(
                    "from_blocks",
                    format!("the array has {n} blocks, and {given} are given"),
                ));
            }
            let name = blocks.first().map_or("delayed", Delayed::name);
            declared(Self::new(Op::Delayed(Arc::new(blocks.to_vec())), Vec::new(), dtype, grid), name)
        });
        Self::or_failed(made)
    }

    /// The pieces that a component's reader planned of files, and the calls that read them, as an array: one after the other
    /// along the first axis. `row` is the shape of what follows that axis, which a plan does not tell.
    ///
    /// A piece of another shape or dtype is refused when it is there.
    pub fn from_pieces(plan: &ReadPlan, pieces: &[Delayed], row: &[u64]) -> Self {
        Self::or_failed(Self::try_from_pieces(plan, pieces, row))
    }

    fn try_from_pieces(plan: &ReadPlan, pieces: &[Delayed], row: &[u64]) -> Result<Self, Error> {
        let refused = |reason: String| Error::array("read_array", reason);
        let dtype = match &plan.ty {
            Type::NdArray { dtype: Some(dtype), ndim } if ndim.is_none_or(|ndim| ndim == row.len() + 1) => {
                *dtype
            }
            other => {
                let wanted = Type::NdArray { dtype: None, ndim: Some(row.len() + 1) };
                return Err(refused(format!("the reader gives {other}, and {wanted} of a dtype is wanted")));
            }
        };
        let rows = plan.pieces.iter().map(|piece| {
            piece.rows.ok_or_else(|| {
                let path = &piece.path;
                refused(format!(
                    "the reader does not tell how many rows its piece of `{path}` has; let it count them"
                ))
            })
        });
        let rows = rows.collect::<Result<Vec<u64>, Error>>()?;
        let shape: Vec<u64> = std::iter::once(rows.iter().sum()).chain(row.iter().copied()).collect();
        let chunks: Vec<Vec<u64>> =
            std::iter::once(rows).chain(row.iter().map(|&length| vec![length])).collect();
        let array = Self::from_blocks(pieces, &shape, chunks, dtype);
        array.check().map(|()| array)
    }

    /// The blocks of the array as lazy calls, in C order: [`Array::numblocks`] says how many there are along each axis.
    ///
    /// The array is optimised by itself: slices of what is computed from its blocks do not reach into it.
    ///
    /// # Errors
    /// The mistake in the array, if there is one, or when it has more tasks than a graph may have.
    ///
    /// # Example
    /// ```
    /// use gristmill_collections::{Array, args, delayed, kernel};
    ///
    /// let x = Array::arange(0, 100, 1, 10) * 2;
    /// let sums: Vec<_> = x.to_delayed()?.iter().map(|block| delayed(kernel("sum").unwrap(), args![block])).collect();
    /// let total = delayed(kernel("sum")?, args![sums]);
    /// # let _ = total;
    /// # Ok::<(), gristmill_collections::Error>(())
    /// ```
    pub fn to_delayed(&self) -> Result<Vec<Delayed>, Error> {
        self.check()?;
        let planned = planned(std::slice::from_ref(self), 0)?;
        let identity = kernel("identity")?;
        let name: Arc<str> = format!("block of {}", self.op().name()).into();
        let blocks = planned.into_iter().flat_map(|array| {
            let n_blocks = array.grid().n_chunks() as u32;
            (0..n_blocks).map(move |index| Argument::Block { array: array.clone(), index })
        });
        Ok(blocks.map(|block| delayed(&identity, vec![block]).named(name.clone())).collect())
    }

    /// The calls whose results are blocks of this array itself.
    pub(crate) fn own_calls(&self) -> &[Delayed] {
        match self.op() {
            Op::Delayed(calls) => calls,
            _ => &[],
        }
    }

    /// The calls whose results are blocks of anything that this array is made of.
    pub(crate) fn calls(&self) -> Vec<Delayed> {
        topological(std::slice::from_ref(self)).iter().flat_map(Self::own_calls).cloned().collect()
    }
}

#[cfg(test)]
mod tests;
