//! Slices, other chunks, other orders of axes, and arrays joined.

use gristmill_data::ChunkGrid;
use gristmill_graph::Arg;

use super::call::{Call, aligned};
use super::index::{Plain, plain};
use super::reduce::axis_of;
use super::{Array, Chunks, Index, Op};
use crate::{Callee, Error};

impl Array {
    /// A part of the array; see [`s!`](crate::s). Only the blocks that it touches are computed.
    pub fn slice(&self, indices: impl AsRef<[Index]>) -> Self {
        Self::or_failed(self.try_slice(indices.as_ref()))
    }

    fn try_slice(&self, indices: &[Index]) -> Result<Self, Error> {
        Self::all_known("slice", [self])?;
        let Plain { starts, steps, lengths, axes } = plain(indices, &self.shape())?;
        let mut chunks = Vec::with_capacity(self.ndim());
        for (axis, &length) in lengths.iter().enumerate() {
            let (start, step) =
                (starts.get(axis).copied().unwrap_or(0), steps.get(axis).copied().unwrap_or(1));
            chunks.push(sliced_chunks(self.grid().chunks(axis), start, step, length));
        }
        let grid = ChunkGrid::new(chunks).map_err(|error| Error::array("slice", error.to_string()))?;
        let part = if grid == *self.grid() && steps.iter().all(|&step| step == 1) {
            self.clone()
        } else {
            let op = Op::Select { starts, steps };
            Self::new(op, vec![self.clone()], self.dtype(), grid)
        };
        let is_as_before = axes.iter().copied().eq((0..self.ndim()).map(Some));
        if is_as_before { Ok(part) } else { part.with_axes("slice", axes) }
    }

    /// The same array, cut anew. What is computed from it is the same.
    pub fn rechunk(&self, chunks: impl Into<Chunks>) -> Self {
        let made = Self::all_checked([self]).and_then(|()| {
            let grid = chunks.into().grid(&self.grid().shape(), self.dtype())?;
            if grid == *self.grid() {
                return Ok(self.clone());
            }
            Self::all_known("rechunk", [self])?;
            let op = Op::Select { starts: vec![0; self.ndim()], steps: vec![1; self.ndim()] };
            Ok(Self::new(op, vec![self.clone()], self.dtype(), grid))
        });
        Self::or_failed(made)
    }

    /// The axes in this order; the other way around when none is given.
    pub fn transpose(&self, axes: &[i64]) -> Self {
        let made = Self::all_checked([self]).and_then(|()| {
            let mut order = axes
                .iter()
                .map(|&axis| axis_of("transpose", axis, self.ndim()))
                .collect::<Result<Vec<_>, _>>()?;
            if axes.is_empty() {
                order = (0..self.ndim()).rev().collect();
            }
            let mut sorted = order.clone();
            sorted.sort_unstable();
            if !sorted.into_iter().eq(0..self.ndim()) {
                return Err(Error::array(
                    "transpose",
                    format!("{axes:?} is no order of {} axes", self.ndim()),
                ));
            }
            self.with_axes("transpose", order.into_iter().map(Some).collect())
        });
        Self::or_failed(made)
    }

    /// The axes the other way around.
    pub fn t(&self) -> Self {
        self.transpose(&[])
    }

    /// Two axes exchanged.
    pub fn swapaxes(&self, left: i64, right: i64) -> Self {
        let axes = axis_of("swapaxes", left, self.ndim())
            .and_then(|left| Ok((left, axis_of("swapaxes", right, self.ndim())?)));
        let made = axes.and_then(|(left, right)| {
            let mut order: Vec<Option<usize>> = (0..self.ndim()).map(Some).collect();
            order.swap(left, right);
            Self::all_checked([self])?;
            self.with_axes("swapaxes", order)
        });
        Self::or_failed(made)
    }

    /// An axis moved to another place; the others stay in order.
    pub fn moveaxis(&self, from: i64, to: i64) -> Self {
        let axes = axis_of("moveaxis", from, self.ndim())
            .and_then(|from| Ok((from, axis_of("moveaxis", to, self.ndim())?)));
        let made = axes.and_then(|(from, to)| {
            let mut order: Vec<Option<usize>> = (0..self.ndim()).map(Some).collect();
            let axis = order.remove(from);
            order.insert(to, axis);
            Self::all_checked([self])?;
            self.with_axes("moveaxis", order)
        });
        Self::or_failed(made)
    }

    /// Without this axis, whose length is 1.
    pub fn squeeze(&self, axis: i64) -> Self {
        let made = Self::all_checked([self]).and_then(|()| {
            let axis = axis_of("squeeze", axis, self.ndim())?;
            if self.shape().get(axis) != Some(&1) {
                return Err(Error::array("squeeze", format!("axis {axis} is longer than 1")));
            }
            self.with_axes("squeeze", (0..self.ndim()).filter(|&other| other != axis).map(Some).collect())
        });
        Self::or_failed(made)
    }

    /// With a new axis of length 1 at this place.
    pub fn expand_dims(&self, axis: i64) -> Self {
        let made = Self::all_checked([self]).and_then(|()| {
            let axis = axis_of("expand_dims", axis, self.ndim() + 1)?;
            let mut axes: Vec<Option<usize>> = (0..self.ndim()).map(Some).collect();
            axes.insert(axis, None);
            self.with_axes("expand_dims", axes)
        });
        Self::or_failed(made)
    }

    /// The elements along an axis the other way around.
    pub fn flip(&self, axis: i64) -> Self {
        let made = axis_of("flip", axis, self.ndim()).and_then(|axis| {
            let mut indices = vec![Index::from(..); self.ndim()];
            if let Some(index) = indices.get_mut(axis) {
                *index = index.step_by(-1);
            }
            self.try_slice(&indices)
        });
        Self::or_failed(made)
    }

    /// The elements along an axis moved on by so many, those that fall off the end put in at the start.
    pub fn roll(&self, shift: i64, axis: i64) -> Self {
        let made = axis_of("roll", axis, self.ndim()).and_then(|at| {
            let length = self.shape().get(at).map_or(0, |&length| length as i64);
            let cut = if length == 0 { 0 } else { length - shift.rem_euclid(length) };
            let part = |index: Index| {
                let mut indices = vec![Index::from(..); self.ndim()];
                if let Some(place) = indices.get_mut(at) {
                    *place = index;
                }
                self.try_slice(&indices)
            };
            if cut == length || cut == 0 {
                return Ok(self.clone());
            }
            Ok(concatenate(&[part(Index::from(cut..))?, part(Index::from(..cut))?], axis))
        });
        Self::or_failed(made)
    }

    fn with_axes(&self, name: &'static str, axes: Vec<Option<usize>>) -> Result<Self, Error> {
        let chunks =
            axes.iter().map(|axis| axis.map_or_else(|| vec![1], |axis| self.grid().chunks(axis).to_vec()));
        let grid = ChunkGrid::new(chunks.collect()).map_err(|error| Error::array(name, error.to_string()))?;
        let unknown = self.unknown().moved(|axis| axes.iter().position(|&from| from == Some(axis)));
        Ok(Self::new(Op::Transpose(axes), vec![self.clone()], self.dtype(), grid).with_unknown(unknown))
    }

    /// `callee` called with each block, and with the blocks of `others` at the same place, gives blocks of the same shape
    /// and of `dtype`.
    ///
    /// The arrays are cut alike first; those that are broadcast give the same block many times.
    pub fn map_blocks(
        &self,
        callee: impl Into<Callee>,
        others: &[Self],
        dtype: gristmill_data::DType,
    ) -> Self {
        let all: Vec<Self> = std::iter::once(self).chain(others).cloned().collect();
        let made = Self::all_checked(&all).and_then(|()| {
            let unified = super::elementwise::unify(&all).map_err(|error| error.of("map_blocks"))?;
            let (callee, args) = (callee.into(), (0..unified.arrays.len() as u32).map(Arg::Input).collect());
            let wiring = aligned(&unified.grid, &unified.arrays);
            let call = Call::new(&callee.name(), callee, wiring, args);
            Ok(call.on(unified.arrays, dtype, unified.grid).with_unknown(unified.unknown))
        });
        Self::or_failed(made)
    }
}

/// The chunks of a slice: each is what one chunk of the array has of it.
pub(super) fn sliced_chunks(chunks: &[u64], start: i64, step: i64, length: u64) -> Vec<u64> {
    if length == 0 {
        return vec![0];
    }
    // Where the slice's elements lie, from the lowest on; backwards, the chunks are the other way around.
    let last = start + step * (length as i64 - 1);
    let (lowest, stride) = (start.min(last), step.unsigned_abs());
    let (mut sliced, mut chunk_start, mut taken) = (Vec::new(), 0_u64, 0_u64);
    for &chunk in chunks {
        let end = chunk_start + chunk;
        // How many of the elements lie before the chunk's end.
        let before = (end.saturating_sub(lowest as u64)).div_ceil(stride).min(length);
        if before > taken {
            sliced.push(before - taken);
            taken = before;
        }
        chunk_start = end;
    }
    if step < 0 {
        sliced.reverse();
    }
    sliced
}

/// Arrays one after the other along an axis; their other lengths are the same.
pub fn concatenate(arrays: &[Array], axis: i64) -> Array {
    Array::or_failed(try_concatenate(arrays, axis))
}

fn try_concatenate(arrays: &[Array], axis: i64) -> Result<Array, Error> {
    let refused = |reason: String| Error::array("concatenate", reason);
    Array::all_known("concatenate", arrays)?;
    let Some((first, rest)) = arrays.split_first() else {
        return Err(refused("at least one array is needed".to_owned()));
    };
    let axis = axis_of("concatenate", axis, first.ndim())?;
    let mut dtype = first.dtype();
    for other in rest {
        dtype = gristmill_data::DType::promote(dtype, other.dtype())
            .map_err(|error| refused(error.to_string()))?;
        let (left, right) = (first.shape(), other.shape());
        let differs = |n: usize| n != axis && left.get(n) != right.get(n);
        if left.len() != right.len() || (0..left.len()).any(differs) {
            return Err(refused(format!(
                "shapes {left:?} and {right:?} differ along another axis than {axis}"
            )));
        }
    }
    // All are cut as the first one, but along the axis itself.
    let inputs: Vec<Array> = arrays
        .iter()
        .map(|array| {
            let own = (0..array.ndim()).map(|n| {
                let like = if n == axis { array } else { first };
                like.grid().chunks(n).to_vec()
            });
            array.rechunk(own.collect::<Vec<_>>()).astype(dtype)
        })
        .collect();
    // Empty ones add nothing but their dtype.
    let filled = || inputs.iter().filter(|array| array.shape().get(axis) != Some(&0));
    let inputs: Vec<Array> = if filled().next().is_none() { inputs } else { filled().cloned().collect() };
    if let [only] = &inputs[..] {
        return Ok(only.clone());
    }
    let chunks = (0..first.ndim()).map(|n| match n == axis {
        true => inputs.iter().flat_map(|array| array.grid().chunks(n)).copied().collect(),
        false => first.grid().chunks(n).to_vec(),
    });
    let grid = ChunkGrid::new(chunks.collect()).map_err(|error| refused(error.to_string()))?;
    Ok(Array::new(Op::Concatenate(axis), inputs, dtype, grid))
}

/// Arrays of one shape as the parts of a new axis at this place.
pub fn stack(arrays: &[Array], axis: i64) -> Array {
    let expanded: Vec<Array> = arrays.iter().map(|array| array.expand_dims(axis)).collect();
    concatenate(&expanded, axis)
}
