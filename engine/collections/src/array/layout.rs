//! Slices, other chunks, and other axes.

use gristmill_data::ChunkGrid;

use super::index::{Plain, plain};
use super::reduce::{Axes, axis_of};
use super::{Array, AxisChunks, Chunks, Index, Op};
use crate::Error;

impl Array {
    /// A part of the array; see [`s!`](crate::s). Only the blocks that it touches are computed.
    pub fn slice(&self, indices: impl AsRef<[Index]>) -> Self {
        Self::or_failed(self.try_slice(indices.as_ref()))
    }

    fn try_slice(&self, indices: &[Index]) -> Result<Self, Error> {
        Self::all_known("slice", [self])?;
        let Plain { starts, steps, lengths, axes } = plain(indices, &self.shape())?;
        let grid = sliced(self.grid(), &starts, &steps, &lengths)?;
        let part = if grid == *self.grid() && steps.iter().all(|&step| step == 1) {
            self.clone()
        } else {
            let op = Op::Select { starts, steps };
            Self::new(op, vec![self.clone()], self.dtype(), grid)
        };
        part.with_axes("slice", axes)
    }

    /// The same array, cut anew. What is computed from it is the same.
    pub fn rechunk(&self, chunks: impl Into<Chunks>) -> Self {
        let made = Self::all_checked([self]).and_then(|()| {
            let grid = chunks.into().grid(&self.grid().shape(), self.dtype())?;
            if grid == *self.grid() {
                return Ok(self.clone());
            }
            Self::all_known("rechunk", [self])?;
            Ok(self.recut(grid))
        });
        Self::or_failed(made)
    }

    /// The same elements, cut as this grid is.
    pub(super) fn recut(&self, grid: ChunkGrid) -> Self {
        let op = Op::Select { starts: vec![0; self.ndim()], steps: vec![1; self.ndim()] };
        Self::new(op, vec![self.clone()], self.dtype(), grid)
    }

    /// With one chunk along some axes, the others cut as they are.
    pub(super) fn whole_along(&self, is_whole: impl Fn(usize) -> bool) -> Self {
        let chunks = |axis: usize| match is_whole(axis) {
            true => AxisChunks::Whole,
            false => AxisChunks::Lengths(self.grid().chunks(axis).to_vec()),
        };
        self.rechunk(Chunks::each((0..self.ndim()).map(chunks)))
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
        self.with_axes("squeeze", kept)
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

    /// With so many new axes of length 1 before its own, and after them.
    pub(super) fn with_new_axes(&self, before: usize, after: usize) -> Self {
        let new = |n| std::iter::repeat_n(None, n);
        let axes = new(before).chain((0..self.ndim()).map(Some)).chain(new(after)).collect();
        Self::or_failed(self.check().and_then(|()| self.with_axes("expand_dims", axes)))
    }

    /// The axes in this order, `None` being a new one; those that are left out have length 1.
    pub(super) fn with_axes(&self, name: &'static str, axes: Vec<Option<usize>>) -> Result<Self, Error> {
        if axes.iter().copied().eq((0..self.ndim()).map(Some)) {
            return Ok(self.clone());
        }
        let is_gone = |axis: usize| !axes.contains(&Some(axis));
        // There may be empty chunks beside the one of an axis that goes.
        let array = match (0..self.ndim()).all(|axis| !is_gone(axis) || self.grid().chunks(axis).len() == 1) {
            true => self.clone(),
            false => self.whole_along(is_gone),
        };
        array.check()?;
        let chunks =
            axes.iter().map(|axis| axis.map_or_else(|| vec![1], |axis| array.grid().chunks(axis).to_vec()));
        let grid = ChunkGrid::new(chunks.collect()).map_err(Error::data(name))?;
        let unknown = array.unknown().moved(|axis| axes.iter().position(|&from| from == Some(axis)));
        let dtype = array.dtype();
        Ok(Self::new(Op::Transpose(axes), vec![array], dtype, grid).with_unknown(unknown))
    }
}

/// How a slice is cut whose blocks each come from one block.
pub(super) fn sliced(
    grid: &ChunkGrid,
    starts: &[i64],
    steps: &[i64],
    lengths: &[u64],
) -> Result<ChunkGrid, Error> {
    let axes = starts.iter().zip(steps).zip(lengths).enumerate();
    let chunks =
        axes.map(|(axis, ((&start, &step), &length))| sliced_chunks(grid.chunks(axis), start, step, length));
    ChunkGrid::new(chunks.collect()).map_err(Error::data("slice"))
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
