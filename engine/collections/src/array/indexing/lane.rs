//! Axes that are taken as one, and rows along them that are taken at places that are known.

use std::ops::Range;

use gristmill_data::{Chunk, ChunkGrid};
use gristmill_graph::Arg;
use gristmill_kernels::expr::Number;

use super::route::{Tasks, route, span_of};
use crate::Error;
use crate::array::call::{Call, block_of, blocks, listed, n_blocks};
use crate::array::{Array, Op};

/// The rows of an array along axes that are taken as one: block after block in C order, and in each in C order.
pub(super) struct Lane<'a> {
    /// The operation that is told of in errors.
    name: &'static str,
    array: &'a Array,
    axes: Range<usize>,
    /// The rows that each block along these axes has.
    pub(super) spans: Vec<Range<i64>>,
}

impl<'a> Lane<'a> {
    /// # Errors
    /// When there are more blocks than a layer has tasks.
    pub(super) fn new(name: &'static str, array: &'a Array, axes: Range<usize>) -> Result<Self, Error> {
        n_blocks(name, array.grid())?;
        let lengths = axes.clone().fold(vec![1_i64], |lengths, axis| {
            let own = array.grid().chunks(axis);
            let within = |length: &i64| {
                own.iter().map(|&chunk| length.saturating_mul(chunk as i64)).collect::<Vec<_>>()
            };
            lengths.iter().flat_map(within).collect()
        });
        let span = |end: &mut i64, length: i64| {
            let start = *end;
            *end = end.saturating_add(length);
            Some(start..*end)
        };
        Ok(Self { name, array, axes, spans: lengths.into_iter().scan(0, span).collect() })
    }

    /// The row at this place along each of the axes, which must lie within.
    pub(super) fn rows(&self, places: &[Vec<i64>]) -> Result<Vec<i64>, Error> {
        let n = places.first().map_or(0, Vec::len);
        let (mut block, mut within) = (vec![0_usize; n], vec![0_i64; n]);
        for (axis, places) in self.axes.clone().zip(places) {
            let own = Lane::new(self.name, self.array, axis..axis + 1)?.spans;
            for ((block, within), &place) in block.iter_mut().zip(&mut within).zip(places) {
                let chunk = span_of(&own, place);
                let Some(span) = own.get(chunk) else { continue };
                *block = *block * own.len() + chunk;
                *within = *within * (span.end - span.start) + place - span.start;
            }
        }
        let start = |block: usize| self.spans.get(block).map_or(0, |span| span.start);
        Ok(block.into_iter().zip(within).map(|(block, within)| start(block) + within).collect())
    }

    /// Which block has a row.
    pub(super) fn block(&self, row: i64) -> usize {
        span_of(&self.spans, row)
    }

    /// How many rows the longest block has.
    pub(super) fn longest(&self) -> u64 {
        self.spans.iter().map(|span| (span.end - span.start) as u64).max().unwrap_or(0).max(1)
    }

    /// How the array is cut with these chunks in place of the axes.
    pub(super) fn grid_with(&self, chunks: &ChunkGrid) -> Result<ChunkGrid, Error> {
        let own = |axis: usize| self.array.grid().chunks(axis).to_vec();
        let (before, after) = (0..self.axes.start, self.axes.end..self.array.ndim());
        let new = (0..chunks.ndim()).map(|axis| chunks.chunks(axis).to_vec());
        let grid = ChunkGrid::new(before.map(own).chain(new).chain(after.map(own)).collect());
        let grid = grid.map_err(Error::data(self.name))?;
        n_blocks(self.name, &grid)?;
        Ok(grid)
    }

    /// These rows, in place of the axes and cut as `to`: the blocks of `to` have them in their order. All must be there.
    pub(super) fn gathered(&self, rows: &[i64], to: &ChunkGrid) -> Result<Array, Error> {
        let grid = self.grid_with(to)?;
        let unknown = self.array.unknown().moved(|axis| match axis {
            axis if axis < self.axes.start => Some(axis),
            axis if axis < self.axes.end => None,
            axis => Some(axis + to.ndim() - self.axes.len()),
        });
        if rows.is_empty() && unknown.is_empty() {
            return Ok(Array::new(Op::Full(Number::Int(0)), Vec::new(), self.array.dtype(), grid));
        }
        let mut rest = rows;
        let shapes = to.blocks().filter_map(|block| to.block_shape(&block));
        let wanted: Vec<&[i64]> = shapes
            .map(|shape| {
                let n = usize::try_from(shape.iter().product::<u64>()).unwrap_or(usize::MAX);
                let (block, after) = rest.split_at_checked(n).unwrap_or((rest, &[]));
                rest = after;
                block
            })
            .collect();
        let (earlier, last) = route(&self.spans, &wanted);
        let mut from = (self.array.clone(), self.axes.clone());
        for tasks in earlier {
            let lengths = ChunkGrid::new(vec![tasks.lengths.clone()]).map_err(Error::data(self.name))?;
            let mut pieces = blocks(self.array.grid());
            pieces.splice(self.axes.clone(), [tasks.lengths.len() as u32]);
            let (call, inputs) = self.step(&from, tasks, &lengths)?;
            from = (call.partials(inputs, &pieces)?, self.axes.start..self.axes.start + 1);
        }
        let (call, inputs) = self.step(&from, last, to)?;
        Ok(call.on(inputs, self.array.dtype(), grid).with_unknown(unknown))
    }

    /// One step: the call, and what it reads.
    fn step(
        &self,
        (array, axes): &(Array, Range<usize>),
        tasks: Tasks,
        to: &ChunkGrid,
    ) -> Result<(Call, Vec<Array>), Error> {
        let (n_before, n_along, n_after) = around(self.name, array, axes)?;
        let reads = |before: u32| {
            (0_u32..).zip(&tasks.reads).flat_map(move |(nth, pieces)| {
                (0..n_after).map(move |after| {
                    let block = move |&piece: &u32| block_of(0, (before * n_along + piece) * n_after + after);
                    std::iter::once(block_of(1, nth)).chain(pieces.iter().map(block))
                })
            })
        };
        let wiring = listed((0..n_before).flat_map(reads))?;
        let args = vec![Arg::UInt(axes.start as u64), Arg::UInt(axes.len() as u64), Arg::Inputs];
        let call = Call::kernel(self.name, "gather", wiring, args)?;
        let indices = Chunk::from_vec(tasks.indices, &to.shape()).map_err(Error::data(self.name))?;
        Ok((call, vec![array.clone(), Array::from_chunk(indices, to)]))
    }

    /// How many blocks the array has along the axes before these, along these, and along those after them.
    pub(super) fn around(&self) -> Result<(u32, u32, u32), Error> {
        around(self.name, self.array, &self.axes)
    }
}

/// How many blocks an array has along the axes before these, along these, and along those after them.
///
/// # Errors
/// When there are more blocks than a layer has tasks.
fn around(name: &'static str, array: &Array, axes: &Range<usize>) -> Result<(u32, u32, u32), Error> {
    n_blocks(name, array.grid())?;
    let grid = blocks(array.grid());
    let product = |axes: Range<usize>| grid.get(axes).unwrap_or_default().iter().product();
    Ok((product(0..axes.start), product(axes.clone()), product(axes.end..grid.len())))
}
