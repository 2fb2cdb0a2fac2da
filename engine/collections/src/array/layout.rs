//! Slices, other chunks, and other axes.

use gristmill_data::ChunkGrid;

use super::index::{Plain, plain};
use super::reduce::{Axes, axis_of};
use super::{Array, Chunks, Index, Op};
use crate::Error;

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
        let made = Self::all_checked([self]).and_then(|()| {
            let place = |axis| axis_of("swapaxes", axis, self.ndim());
            let mut order: Vec<Option<usize>> = (0..self.ndim()).map(Some).collect();
            order.swap(place(left)?, place(right)?);
            self.with_axes("swapaxes", order)
        });
        Self::or_failed(made)
    }

    /// An axis moved to another place; the others stay in order.
    pub fn moveaxis(&self, from: i64, to: i64) -> Self {
        let made = Self::all_checked([self]).and_then(|()| {
            let place = |axis| axis_of("moveaxis", axis, self.ndim());
            let mut order: Vec<Option<usize>> = (0..self.ndim()).map(Some).collect();
            let axis = order.remove(place(from)?);
            order.insert(place(to)?, axis);
            self.with_axes("moveaxis", order)
        });
        Self::or_failed(made)
    }

    /// Without these axes, whose lengths are 1; without all that are, for `()`.
    pub fn squeeze(&self, axes: impl Into<Axes>) -> Self {
        Self::or_failed(self.try_squeeze(&axes.into()))
    }

    fn try_squeeze(&self, axes: &Axes) -> Result<Self, Error> {
        self.check()?;
        let shape = self.shape();
        let is_short = |axis: usize| shape.get(axis) == Some(&1);
        let gone: Vec<usize> = match axes.is_all() {
            true => (0..self.ndim()).filter(|&axis| is_short(axis)).collect(),
            false => axes.of("squeeze", self.ndim())?.into_iter().map(|axis| axis as usize).collect(),
        };
        if let Some(axis) = gone.iter().find(|&&axis| !is_short(axis)) {
            return Err(Error::array("squeeze", format!("axis {axis} is longer than 1")));
        }
        let kept = (0..self.ndim()).filter(|axis| !gone.contains(axis)).map(Some).collect();
        self.with_one_block(&gone).with_axes("squeeze", kept)
    }

    /// The same array, of which these axes, of length 1, have no empty chunks beside the one.
    fn with_one_block(&self, axes: &[usize]) -> Self {
        if axes.iter().all(|&axis| self.grid().chunks(axis).len() == 1) {
            return self.clone();
        }
        let chunks = |axis: usize| match axes.contains(&axis) {
            true => vec![1],
            false => self.grid().chunks(axis).to_vec(),
        };
        self.rechunk((0..self.ndim()).map(chunks).collect::<Vec<_>>())
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

    /// With at least one axis.
    pub fn atleast_1d(&self) -> Self {
        if self.ndim() == 0 { self.expand_dims(0) } else { self.clone() }
    }

    /// With at least two axes: a vector becomes a row.
    pub fn atleast_2d(&self) -> Self {
        if self.ndim() < 2 { self.atleast_1d().expand_dims(0) } else { self.clone() }
    }

    /// With at least three axes: a vector becomes the middle one, and a matrix the first two.
    pub fn atleast_3d(&self) -> Self {
        if self.ndim() < 3 { self.atleast_2d().expand_dims(-1) } else { self.clone() }
    }

    /// An axis moved to before the axis that is at `start` now, which may be their number.
    ///
    /// [`Array::moveaxis`] says where the axis will be, and is easier to read.
    pub fn rollaxis(&self, axis: i64, start: i64) -> Self {
        let made = Self::all_checked([self]).and_then(|()| {
            let axis = axis_of("rollaxis", axis, self.ndim())? as i64;
            // As NumPy has it, the end is no place to count from.
            let start = if start < 0 { start + self.ndim() as i64 } else { start };
            if start < 0 {
                return Err(Error::array("rollaxis", "it starts before the first axis".to_owned()));
            }
            let start = axis_of("rollaxis", start, self.ndim() + 1)? as i64;
            Ok(self.moveaxis(axis, if axis < start { start - 1 } else { start }))
        });
        Self::or_failed(made)
    }

    /// What an index takes along one axis.
    pub(super) fn along(&self, axis: usize, index: impl Into<Index>) -> Self {
        let index = index.into();
        let at = |other| if other == axis { index } else { Index::from(..) };
        self.slice((0..self.ndim()).map(at).collect::<Vec<_>>())
    }

    pub(super) fn with_axes(&self, name: &'static str, axes: Vec<Option<usize>>) -> Result<Self, Error> {
        let chunks =
            axes.iter().map(|axis| axis.map_or_else(|| vec![1], |axis| self.grid().chunks(axis).to_vec()));
        let grid = ChunkGrid::new(chunks.collect()).map_err(|error| Error::array(name, error.to_string()))?;
        let unknown = self.unknown().moved(|axis| axes.iter().position(|&from| from == Some(axis)));
        Ok(Self::new(Op::Transpose(axes), vec![self.clone()], self.dtype(), grid).with_unknown(unknown))
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
