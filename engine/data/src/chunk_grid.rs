//! How an array is cut into chunks.

mod runs;

use std::sync::Arc;

use crate::{Error, NDIM_MAX, n_elements};
pub use runs::{ChunkRuns, Span};

/// The lengths of an array's chunks along each axis: `((5, 5), (8,))`. Cheap to clone.
///
/// A block is a chunk's position in the grid, `(i, j)`; its index counts blocks in C order, the last axis fastest.
/// An array without axes is one block `()`; an axis of length 0 has one chunk of length 0, or none at all.
///
/// The default is that of an array without axes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct ChunkGrid {
    axes: Arc<[Axis]>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Axis {
    /// Length of each chunk.
    chunks: Box<[u64]>,
    /// Where each chunk starts, and where the last one ends.
    offsets: Box<[u64]>,
}

impl Axis {
    fn new(chunks: Vec<u64>, axis: usize) -> Result<Self, Error> {
        let mut end = 0_u64;
        let mut offsets = Vec::with_capacity(chunks.len() + 1);
        offsets.push(0);
        for &length in &chunks {
            let overflow = || Error::ChunkGrid {
                reason: format!("the chunks along axis {axis} are longer than 64 bits can count"),
            };
            end = end.checked_add(length).ok_or_else(overflow)?;
            offsets.push(end);
        }
        Ok(Self { chunks: chunks.into(), offsets: offsets.into() })
    }

    fn length(&self) -> u64 {
        self.offsets.last().copied().unwrap_or(0)
    }
}

/// How many chunks a grid may have along one axis.
const CHUNKS_OF_AXIS_MAX: u64 = 1 << 26;

impl ChunkGrid {
    /// The grid with these chunks along each axis.
    ///
    /// # Errors
    /// [`Error::TooManyAxes`], [`Error::ChunkGrid`] when an axis has too many chunks, or [`Error::ShapeOverflow`].
    pub fn new(chunks: Vec<Vec<u64>>) -> Result<Self, Error> {
        if chunks.len() > NDIM_MAX {
            return Err(Error::TooManyAxes { given: chunks.len(), max: NDIM_MAX });
        }
        if let Some(axis) = chunks.iter().position(|chunks| chunks.len() as u64 > CHUNKS_OF_AXIS_MAX) {
            return Err(Error::ChunkGrid {
                reason: format!("axis {axis} has more than {CHUNKS_OF_AXIS_MAX} chunks; make them larger"),
            });
        }
        let axes = chunks.into_iter().enumerate().map(|(axis, chunks)| Axis::new(chunks, axis));
        let grid = Self { axes: axes.collect::<Result<_, _>>()? };
        n_elements(&grid.shape())?;
        n_elements(&grid.numblocks())?;
        Ok(grid)
    }

    /// The grid of an array of `shape` whose chunks are all of `chunk_shape`, but for shorter ones at the ends.
    ///
    /// # Errors
    /// [`Error::ChunkGrid`] when the two have different numbers of axes, or a chunk of length 0 should fill an axis;
    /// and as [`ChunkGrid::new`].
    pub fn regular(shape: &[u64], chunk_shape: &[u64]) -> Result<Self, Error> {
        if shape.len() != chunk_shape.len() {
            return Err(Error::ChunkGrid {
                reason: format!(
                    "the array has {} axes and the chunk shape {}",
                    shape.len(),
                    chunk_shape.len()
                ),
            });
        }
        let axes = shape.iter().zip(chunk_shape).enumerate();
        let chunks = axes.map(|(axis, (&length, &chunk))| regular_axis(axis, length, chunk));
        Self::new(chunks.collect::<Result<_, _>>()?)
    }

    /// How many axes the array has.
    #[must_use]
    pub fn ndim(&self) -> usize {
        self.axes.len()
    }

    /// The lengths of the chunks along one axis; empty when there is no such axis.
    #[must_use]
    pub fn chunks(&self, axis: usize) -> &[u64] {
        self.axes.get(axis).map_or(&[], |axis| &axis.chunks)
    }

    /// The shape of the whole array.
    #[must_use]
    pub fn shape(&self) -> Vec<u64> {
        self.axes.iter().map(Axis::length).collect()
    }

    /// How many blocks there are along each axis.
    #[must_use]
    pub fn numblocks(&self) -> Vec<u64> {
        self.axes.iter().map(|axis| axis.chunks.len() as u64).collect()
    }

    /// How many chunks there are.
    #[must_use]
    pub fn n_chunks(&self) -> u64 {
        // The constructor has checked that this does not overflow.
        self.axes.iter().map(|axis| axis.chunks.len() as u64).product()
    }

    /// Whether along each axis all chunks have one length, but for a shorter last one.
    #[must_use]
    pub fn is_regular(&self) -> bool {
        self.axes.iter().all(|axis| match axis.chunks.split_last() {
            None => true,
            Some((last, rest)) => {
                let first = rest.first().unwrap_or(last);
                rest.iter().all(|length| length == first) && last <= first
            }
        })
    }

    /// The block of this index; `None` when there are not so many.
    #[must_use]
    pub fn block(&self, index: u64) -> Option<Vec<u64>> {
        if index >= self.n_chunks() {
            return None;
        }
        let mut rest = index;
        let mut block: Vec<u64> = self
            .axes
            .iter()
            .rev()
            .map(|axis| {
                let n_blocks = axis.chunks.len() as u64;
                let coord = rest % n_blocks;
                rest /= n_blocks;
                coord
            })
            .collect();
        block.reverse();
        Some(block)
    }

    /// The index of this block; `None` when it lies outside the grid.
    #[must_use]
    pub fn index(&self, block: &[u64]) -> Option<u64> {
        if block.len() != self.axes.len() {
            return None;
        }
        self.axes.iter().zip(block).try_fold(0, |index, (axis, &coord)| {
            let n_blocks = axis.chunks.len() as u64;
            (coord < n_blocks).then(|| index * n_blocks + coord)
        })
    }

    /// The shape of the chunk at this block; `None` when it lies outside the grid.
    #[must_use]
    pub fn block_shape(&self, block: &[u64]) -> Option<Vec<u64>> {
        self.along(block, |axis, coord| axis.chunks.get(coord).copied())
    }

    /// Where the chunk at this block starts in the array; `None` when it lies outside the grid.
    #[must_use]
    pub fn block_offset(&self, block: &[u64]) -> Option<Vec<u64>> {
        self.along(block, |axis, coord| {
            axis.chunks.get(coord)?;
            axis.offsets.get(coord).copied()
        })
    }

    /// The block that holds the element at `position`, and where in its chunk; `None` when it lies outside the array.
    #[must_use]
    pub fn locate(&self, position: &[u64]) -> Option<(Vec<u64>, Vec<u64>)> {
        let mut within = Vec::with_capacity(position.len());
        if position.len() != self.axes.len() {
            return None;
        }
        let block = self.axes.iter().zip(position).map(|(axis, &position)| {
            if position >= axis.length() {
                return None;
            }
            // Empty chunks start where the next one does: the last that starts at or before the position has it.
            let coord = axis.offsets.partition_point(|&offset| offset <= position).checked_sub(1)?;
            within.push(position - axis.offsets.get(coord)?);
            Some(coord as u64)
        });
        let block = block.collect::<Option<_>>()?;
        Some((block, within))
    }

    /// Every block in order of its index.
    pub fn blocks(&self) -> impl Iterator<Item = Vec<u64>> + '_ {
        (0..self.n_chunks()).filter_map(|index| self.block(index))
    }

    fn along(&self, block: &[u64], of: impl Fn(&Axis, usize) -> Option<u64>) -> Option<Vec<u64>> {
        if block.len() != self.axes.len() {
            return None;
        }
        self.axes.iter().zip(block).map(|(axis, &coord)| of(axis, usize::try_from(coord).ok()?)).collect()
    }
}

fn regular_axis(axis: usize, length: u64, chunk: u64) -> Result<Vec<u64>, Error> {
    if length == 0 {
        return Ok(vec![0]);
    }
    if chunk == 0 {
        return Err(Error::ChunkGrid {
            reason: format!("chunks of length 0 cannot fill axis {axis} of length {length}"),
        });
    }
    let n_chunks = length.div_ceil(chunk);
    if n_chunks > CHUNKS_OF_AXIS_MAX {
        return Err(Error::ChunkGrid {
            reason: format!(
                "axis {axis} has {n_chunks} chunks, at most {CHUNKS_OF_AXIS_MAX} are possible; make them larger"
            ),
        });
    }
    Ok((0..n_chunks).map(|idx| chunk.min(length - idx * chunk)).collect())
}

#[cfg(test)]
mod tests;
