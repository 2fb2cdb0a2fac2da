//! Elements that are there more than once: broadcast, repeated, tiled.

use gristmill_data::{Chunk, ChunkGrid, DType};
use gristmill_graph::Arg;
use gristmill_kernels::expr::{ExprBuilder, Number};

use super::call::{Call, blocks, labelled};
use super::reduce::axis_of;
use super::reshape::subdivided;
use super::{Array, AxisChunks, Chunks, Op};
use crate::Error;

impl Array {
    /// The array stretched to a shape, as it is beside an array of that shape: new axes come first, and axes of length 1
    /// become longer. Chunks are whole along these as far as [`CHUNK_NBYTES`](super::CHUNK_NBYTES) allow.
    pub fn broadcast_to(&self, shape: &[u64]) -> Self {
        Self::or_failed(self.try_broadcast_to(shape, &AxisChunks::Auto))
    }

    /// `stretched` is how stretched axes are cut.
    pub(super) fn try_broadcast_to(&self, shape: &[u64], stretched: &AxisChunks) -> Result<Self, Error> {
        const NAME: &str = "broadcast_to";
        Self::all_known(NAME, [self])?;
        let own = self.shape();
        if own == shape {
            return Ok(self.clone());
        }
        let n_new = shape.len().checked_sub(own.len());
        let fits = |n: usize| own.iter().zip(shape.iter().skip(n)).all(|(own, of)| own == of || *own == 1);
        let Some(n_new) = n_new.filter(|&n| fits(n)) else {
            return Err(Error::array(NAME, format!("shape {own:?} does not broadcast to {shape:?}")));
        };
        let array = self.without_empty_chunks();
        let axes = shape.iter().enumerate().map(|(axis, length)| match axis.checked_sub(n_new) {
            Some(own_axis) if own.get(own_axis) == Some(length) => {
                AxisChunks::Lengths(array.grid().chunks(own_axis).to_vec())
            }
            _ => stretched.clone(),
        });
        let grid = Chunks::each(axes).grid(shape, self.dtype())?;
        let target = Self::new(Op::Full(Number::Int(0)), Vec::new(), DType::Boolean, grid.clone());
        // A program whose result is one of its inputs: slices go through it, and it is put into other programs.
        let mut builder = ExprBuilder::new();
        let itself = builder.input(self.dtype()).map_err(Error::kernel(NAME))?;
        builder.input(DType::Boolean).map_err(Error::kernel(NAME))?;
        let program = Op::Elementwise(builder.finish(itself));
        Ok(Self::new(program, vec![array, target], self.dtype(), grid))
    }

    /// The whole array so often along each axis; missing numbers are 1 and come first, as do missing axes.
    pub fn tile(&self, counts: &[u64]) -> Self {
        Self::or_failed(self.try_tile(counts))
    }

    fn try_tile(&self, counts: &[u64]) -> Result<Self, Error> {
        Self::all_known("tile", [self])?;
        let n_missing = counts.len().saturating_sub(self.ndim());
        let mut array = self.with_new_axes(n_missing, 0);
        array.check()?;
        let first = array.ndim() - counts.len().min(array.ndim());
        for (axis, &n) in (first..).zip(counts) {
            array = array.tiled(axis, n)?;
        }
        Ok(array)
    }

    /// A new axis before this one, along which all is the same, merged with it.
    fn tiled(&self, axis: usize, n: u64) -> Result<Self, Error> {
        let shape = self.shape();
        let length = shape.get(axis).copied().unwrap_or(1);
        let overflow = || Error::array("tile", format!("{length} elements {n} times are too many to count"));
        let total = length.checked_mul(n).and_then(|total| i64::try_from(total).ok()).ok_or_else(overflow)?;
        if n == 1 {
            return Ok(self.clone());
        }
        let with = |lengths: &[u64]| -> Vec<u64> {
            let (before, after) = shape.split_at(axis);
            [before, lengths, after.get(1..).unwrap_or_default()].concat()
        };
        // Blocks follow each other in both shapes when there is one along the axis, or one copy in each.
        let is_whole = self.grid().chunks(axis).len() == 1;
        let chunks = if is_whole { AxisChunks::Auto } else { AxisChunks::Length(1) };
        let copies = self.expand_dims(axis as i64).try_broadcast_to(&with(&[n, length]), &chunks)?;
        let shape: Vec<i64> = with(&[total as u64]).into_iter().map(|length| length as i64).collect();
        Ok(copies.reshape(&shape))
    }

    /// The elements along an axis, each as often as its count says, which may be one for all.
    ///
    /// Chunks grow with their counts, and are cut finer where they would take more than
    /// [`CHUNK_NBYTES`](super::CHUNK_NBYTES).
    pub fn repeat(&self, counts: &[u64], axis: i64) -> Self {
        Self::or_failed(self.try_repeat(counts, axis))
    }

    fn try_repeat(&self, counts: &[u64], axis: i64) -> Result<Self, Error> {
        const NAME: &str = "repeat";
        Self::all_known(NAME, [self])?;
        let axis = axis_of(NAME, axis, self.ndim())?;
        let length = self.shape().get(axis).copied().unwrap_or(0);
        let refused = |reason: String| Error::array(NAME, reason);
        if counts.len() != 1 && counts.len() as u64 != length {
            return Err(refused(format!("axis {axis} needs 1 or {length} counts, not {}", counts.len())));
        }
        let total = match counts {
            [only] => only.checked_mul(length),
            _ => counts.iter().try_fold(0_u64, |total, &count| total.checked_add(count)),
        };
        if total.is_none_or(|total| i64::try_from(total).is_err()) {
            return Err(refused(format!("axis {axis} would be too long to count")));
        }
        let rows = self.grid().chunks(axis).iter().copied().max().unwrap_or(1);
        let most = (self.most_elements() / (self.n_chunk_elements() / rows.max(1)).max(1)).max(1);
        let own = self.grid().chunks(axis);
        let (cut, lengths): (_, Vec<u64>) = match counts {
            [only] => {
                let cut = subdivided(own, most / (*only).max(1))?;
                let lengths = cut.iter().map(|length| length * only).collect();
                (cut, lengths)
            }
            _ => cut_by(own, counts, most).into_iter().unzip(),
        };
        let each = match counts {
            [only] => Self::full(*only as i64, &[length], vec![cut.clone()]),
            _ => {
                let counts = counts.iter().map(|&count| count as i64).collect();
                let counts = Chunk::from_vec::<i64>(counts, &[length]);
                Self::from_chunk(counts.map_err(|error| refused(error.to_string()))?, vec![cut.clone()])
            }
        };
        let with = |along: Vec<u64>| -> Vec<Vec<u64>> {
            let other = |axis| self.grid().chunks(axis).to_vec();
            (0..self.ndim()).map(|at| if at == axis { along.clone() } else { other(at) }).collect()
        };
        let grid = ChunkGrid::new(with(lengths)).map_err(|error| refused(error.to_string()))?;
        let inputs = vec![each, self.rechunk(with(cut))];
        Self::all_checked(&inputs)?;
        let labels = [vec![axis as u32], (0..self.ndim() as u32).collect()];
        let wiring = labelled(&blocks(&grid), &inputs, &labels);
        let args = vec![Arg::UInt(axis as u64), Arg::Input(0), Arg::Input(1)];
        let repeated = Call::kernel(NAME, NAME, wiring, args)?.on(inputs, self.dtype(), grid);
        Ok(repeated.without_empty_chunks())
    }
}

/// Chunks cut so that the counts of each add up to no more than `most`, where it is of more than one; and these sums.
fn cut_by(chunks: &[u64], counts: &[u64], most: u64) -> Vec<(u64, u64)> {
    let mut counts = counts.iter().copied();
    let mut cut = Vec::new();
    for &chunk in chunks {
        let (mut length, mut total) = (0, 0_u64);
        for count in counts.by_ref().take(chunk as usize) {
            if length > 0 && total.saturating_add(count) > most {
                cut.push((length, total));
                (length, total) = (0, 0);
            }
            length += 1;
            total += count;
        }
        cut.push((length, total));
    }
    cut
}

#[cfg(test)]
mod tests;
