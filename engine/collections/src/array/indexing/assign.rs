//! Arrays with other elements in some places: nothing is changed, and blocks without such a place are handed on.
//!
//! # Layout
//! - this file: the places of a slice and of a mask
//! - `rows`: places in lists; `value`: what is put there

mod rows;
mod value;

use gristmill_data::{ChunkGrid, DType};
use gristmill_graph::{Arg, Csr, TaskRef};
use gristmill_kernels::expr::Op as ElementOp;

use value::{Value, fitted};

use crate::Error;
use crate::array::call::{Call, block_of, integers, listed, n_blocks};
use crate::array::index::plain;
use crate::array::{Array, Index, Operand};

impl Array {
    /// The array with a value in the places of a slice, as after NumPy's `x[1:5, ::2] = value`: a number, or an array that
    /// broadcasts to the slice and is converted to the array's dtype, which stays. A number that the dtype cannot hold
    /// is refused.
    ///
    /// Blocks that the slice does not touch are handed on as they are. All lengths must be known.
    ///
    /// # Example
    /// ```
    /// use gristmill_collections::{Array, s};
    ///
    /// let x = Array::arange(0, 10, 1, 4);
    /// x.assign(s![..;2], 0).assign(s![7..], x.slice(s![..3])).check()?;
    /// assert!(x.assign(s![0], 0.5).check().is_err());
    /// # Ok::<(), gristmill_collections::Error>(())
    /// ```
    pub fn assign(&self, indices: impl AsRef<[Index]>, value: impl Into<Operand>) -> Self {
        Self::or_failed(self.try_assign(indices.as_ref(), value.into()))
    }

    fn try_assign(&self, indices: &[Index], value: Operand) -> Result<Self, Error> {
        const NAME: &str = "assign";
        Self::all_known(NAME, [self])?;
        let mut place = plain(indices, &self.shape())?;
        let mut value = Value::new(NAME, value, self.dtype())?;
        if let Value::Array(array) = &mut value {
            let taken = place
                .axes
                .iter()
                .map(|axis| axis.and_then(|axis| place.lengths.get(axis).copied()).unwrap_or(1));
            *array = fitted(NAME, array, &taken.collect::<Vec<_>>())?;
            // The axes of the slice are those of the array, but for new ones and single places.
            let skipped = place.axes.len() - array.ndim();
            let from = |own| place.axes.iter().position(|&axis| axis == Some(own))?.checked_sub(skipped);
            *array = array.with_axes(NAME, (0..self.ndim()).map(from).collect())?;
        }
        // Backwards is forwards, of a value the other way around.
        for (axis, ((start, step), &length)) in
            place.starts.iter_mut().zip(&mut place.steps).zip(&place.lengths).enumerate()
        {
            if length <= 1 {
                *step = 1;
            }
            if *step < 0 {
                *start += *step * (length as i64 - 1);
                *step = -*step;
                value = value.mapped(|array| {
                    if array.shape().get(axis) == Some(&1) { array.clone() } else { array.flip(axis as i64) }
                })?;
            }
        }
        if place.lengths.contains(&0) {
            return Ok(self.clone());
        }
        let touched: Vec<Vec<Touched>> = (0..self.ndim())
            .map(|axis| {
                let of = |all: &[i64]| all.get(axis).copied().unwrap_or(1);
                touched(
                    self.grid().chunks(axis),
                    of(&place.starts),
                    of(&place.steps),
                    place.lengths.get(axis).copied().unwrap_or(0),
                )
            })
            .collect();
        let cut = touched.iter().map(|axis| axis.iter().map(|touched| touched.length).collect());
        let cut = ChunkGrid::new(cut.collect()).map_err(Error::data(NAME))?;
        n_blocks(NAME, &cut)?;
        let value = value.mapped(|array| array.cut_alike(&cut))?;
        let (mut places, mut params) = (Vec::new(), Csr::new());
        for block in cut.blocks() {
            let parts = || touched.iter().zip(&block).filter_map(|(axis, &nth)| axis.get(nth as usize));
            let index = self.grid().index(&parts().map(|part| part.chunk).collect::<Vec<_>>());
            places.push(index.unwrap_or(0) as u32);
            let starts: Vec<i64> = parts().map(|part| part.start).collect();
            let lengths: Vec<i64> = parts().map(|part| part.length as i64).collect();
            params.push_row([integers(&starts), integers(&lengths)])?;
        }
        let own = places.iter().map(|&index| block_of(0, index));
        let rows = own.zip(cut.blocks()).map(|(own, block)| [own].into_iter().chain(value.read(1, &block)));
        let args = vec![Arg::Param(0), integers(&place.steps), Arg::Param(1), Arg::Input(0), value.arg(1)];
        let call = Call::kernel(NAME, "put", listed(rows)?, args)?.with_params(params);
        let inputs = std::iter::once(self.clone()).chain(value.array()).collect();
        self.with_blocks(call, inputs, &places)
    }

    /// The array with a value where a mask of its shape is true, as after NumPy's `x[mask] = number` and `copyto`: a number,
    /// or an array that broadcasts to the array. It is converted to the array's dtype, which stays; a number that the
    /// dtype cannot hold is refused.
    ///
    /// Lengths may be unknown where the same mask decides them.
    pub fn assign_where(&self, mask: &Self, value: impl Into<Operand>) -> Self {
        const NAME: &str = "assign_where";
        let made = Self::all_checked([self, mask]).and_then(|()| {
            if mask.shape() != self.shape() || mask.dtype() != DType::Boolean {
                let (given, shape, dtype) = (mask.shape(), self.shape(), mask.dtype());
                let reason = format!(
                    "the mask must be booleans of shape {shape:?}, but {given:?} of {dtype} are given"
                );
                return Err(Error::array(NAME, reason));
            }
            let value = value.into().array_of(self.dtype());
            let assigned = Self::apply(ElementOp::Where, &[mask.into(), value.into(), self.into()]);
            assigned.check()?;
            if assigned.shape() != self.shape() {
                let reason = format!("the value does not broadcast to shape {:?}", self.shape());
                return Err(Error::array(NAME, reason));
            }
            Ok(assigned)
        });
        Self::or_failed(made)
    }

    /// The array with the blocks that a call makes in place of these of its own.
    fn with_blocks(&self, call: Call, inputs: Vec<Self>, places: &[u32]) -> Result<Self, Error> {
        let n = n_blocks("assign", self.grid())?;
        if places.len() == n as usize {
            return Ok(call.on(inputs, self.dtype(), self.grid().clone()));
        }
        let changed = call.partials(inputs, &[places.len() as u32])?;
        let mut all: Vec<TaskRef> = (0..n).map(|index| block_of(0, index)).collect();
        for (&place, nth) in places.iter().zip(0..) {
            all.get_mut(place as usize).into_iter().for_each(|task| *task = block_of(1, nth));
        }
        let all = listed(all.into_iter().map(|task| [task]))?;
        let all = Call::kernel("assign", "identity", all, vec![Arg::Input(0)])?;
        Ok(all.on(vec![self.clone(), changed], self.dtype(), self.grid().clone()))
    }
}

/// The part of a slice that lies in one chunk, along one axis.
struct Touched {
    chunk: u64,
    /// The first place in the chunk.
    start: i64,
    /// How many there are.
    length: u64,
}

/// The chunks that a slice forwards touches.
fn touched(chunks: &[u64], start: i64, step: i64, length: u64) -> Vec<Touched> {
    let (mut touched, mut chunk_start, mut done) = (Vec::new(), 0, 0);
    for (&own, chunk) in chunks.iter().zip(0..) {
        let end = chunk_start + own as i64;
        let before = ((end - start).max(0) as u64).div_ceil(step.unsigned_abs().max(1)).min(length);
        if before > done {
            touched.push(Touched {
                chunk,
                start: start + step * done as i64 - chunk_start,
                length: before - done,
            });
            done = before;
        }
        chunk_start = end;
    }
    touched
}
