//! Blocks with parts of their neighbours around them.
//!
//! A block gives its neighbours along an axis strips of its first and last elements. They are tasks of their own, so that
//! strips travel between workers and blocks stay, and reach into what lies beside them along the axes before: corners come
//! with the strips of the next axis. A block is put together once, of itself and at most two strips an axis.

mod windows;

use gristmill_data::ChunkGrid;
use gristmill_graph::{Arg, TaskRef};
use gristmill_kernels::expr::{Constant, Number};

use super::call::{Call, aligned, block_of, integers, listed, runs};
use super::lower::number;
use super::reduce::axis_of;
use super::{Array, Chunks};
use crate::Error;

pub use windows::WINDOWS_NBYTES_MAX;

/// What lies beyond the ends of an array whose blocks overlap.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub enum Boundary {
    /// Nothing: blocks at the ends reach no further.
    #[default]
    None,
    /// The elements in reverse order, the last one twice: `b a | a b c | c b`, which NumPy's `pad` calls `symmetric`.
    Reflect,
    /// The other end: `b c | a b c | a b`, which NumPy's `pad` calls `wrap`.
    Periodic,
    /// The last element: `a a | a b c | c c`, which NumPy's `pad` calls `edge`.
    Nearest,
    /// A number.
    Constant(Number),
}

/// How many elements a block has of its neighbours: as many on both sides with a number, or before and after it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Depth {
    before: u64,
    after: u64,
}

impl From<u64> for Depth {
    fn from(depth: u64) -> Self {
        Self { before: depth, after: depth }
    }
}

impl From<(u64, u64)> for Depth {
    fn from((before, after): (u64, u64)) -> Self {
        Self { before, after }
    }
}

/// Along one axis.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Reach {
    depth: Depth,
    boundary: Boundary,
}

/// How blocks overlap along the axes of an array; none of those that are not named.
///
/// # Example
/// ```
/// use gristmill_collections::Array;
/// use gristmill_collections::array::{Boundary, Overlap};
///
/// let overlap = Overlap::along(0, 1, Boundary::Periodic).and(-1, (1, 0), Boundary::Constant(0.into()));
/// let x = Array::arange(0, 100, 1, 25).slice(gristmill_collections::s![.., gristmill_collections::array::NewAxis]);
/// assert_eq!(x.overlap(&overlap).shape(), [108, 2]);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Overlap {
    all: Reach,
    axes: Vec<(i64, Reach)>,
}

impl Overlap {
    /// The same along all axes.
    #[must_use]
    pub fn all(depth: impl Into<Depth>, boundary: Boundary) -> Self {
        Self { all: Reach { depth: depth.into(), boundary }, axes: Vec::new() }
    }

    /// Along one axis; negative ones count from the last.
    #[must_use]
    pub fn along(axis: i64, depth: impl Into<Depth>, boundary: Boundary) -> Self {
        Self::default().and(axis, depth, boundary)
    }

    /// Along another axis too.
    #[must_use]
    pub fn and(mut self, axis: i64, depth: impl Into<Depth>, boundary: Boundary) -> Self {
        self.axes.push((axis, Reach { depth: depth.into(), boundary }));
        self
    }

    /// Along each axis of an array that has so many.
    pub(super) fn of(&self, name: &'static str, ndim: usize) -> Result<Vec<Reach>, Error> {
        let mut axes = vec![self.all; ndim];
        for (axis, reach) in &self.axes {
            if let Some(place) = axes.get_mut(axis_of(name, *axis, ndim)?) {
                *place = *reach;
            }
        }
        Ok(axes)
    }

    /// Arrays that are cut alike, cut into chunks that are as long as blocks reach, and their grid.
    pub(super) fn long_enough(
        &self,
        name: &'static str,
        arrays: Vec<Array>,
        grid: &ChunkGrid,
    ) -> Result<(Vec<Array>, ChunkGrid), Error> {
        Array::all_known(name, &arrays)?;
        let mut chunks = Vec::with_capacity(grid.ndim());
        for (axis, reach) in self.of(name, grid.ndim())?.iter().enumerate() {
            let least = reach.depth.before.max(reach.depth.after);
            chunks.push(at_least(name, axis, grid.chunks(axis), least)?);
        }
        let cut = ChunkGrid::new(chunks).map_err(Error::data(name))?;
        Ok((arrays.iter().map(|array| array.cut_alike(&cut)).collect(), cut))
    }

    /// An array that is cut as `grid` is, whose chunks are long enough, with what surrounds its blocks. Its axes are the
    /// last of the grid's; those of length 1 stay as they are where the grid's are longer.
    pub(super) fn around(&self, name: &'static str, array: &Array, grid: &ChunkGrid) -> Array {
        let made = self.of(name, grid.ndim()).and_then(|mut reach| {
            let first = grid.ndim().saturating_sub(array.ndim());
            for (axis, (reach, whole)) in reach.iter_mut().zip(grid.shape()).enumerate() {
                let own = axis.checked_sub(first).and_then(|axis| array.shape().get(axis).copied());
                if own != Some(whole) {
                    *reach = Reach::default();
                }
            }
            surrounded(name, array, reach.get(first..).unwrap_or_default())
        });
        Array::or_failed(made)
    }
}

impl Array {
    /// The array with its blocks extended by parts of their neighbours, as Dask's `overlap`: the same elements several
    /// times, so that the result is only good for functions of blocks, and [`Array::trim_overlap`] takes them off again.
    ///
    /// Chunks that are shorter than the overlap are put together first. Axes are extended one after the other: what lies
    /// beyond the ends along a later one is made of what the earlier ones are extended by.
    ///
    /// An overlap that is longer than its axis is refused, and so are unknown lengths.
    pub fn overlap(&self, overlap: &Overlap) -> Self {
        let made = overlap.long_enough("overlap", vec![self.clone()], self.grid());
        let made = made.map(|(arrays, grid)| match &arrays[..] {
            [array] => overlap.around("overlap", array, &grid),
            _ => self.clone(),
        });
        Self::or_failed(made)
    }

    /// The array without what its blocks have of their neighbours: the inverse of [`Array::overlap`].
    pub fn trim_overlap(&self, overlap: &Overlap) -> Self {
        Self::or_failed(overlap.of("trim_overlap", self.ndim()).and_then(|reach| trimmed(self, &reach)))
    }
}

/// Neighbours put together until all are so long.
fn at_least(name: &'static str, axis: usize, chunks: &[u64], least: u64) -> Result<Vec<u64>, Error> {
    let length: u64 = chunks.iter().sum();
    if chunks.iter().all(|&chunk| chunk >= least) {
        return Ok(chunks.to_vec());
    }
    if length < least {
        return Err(Error::array(
            name,
            format!(
                "blocks overlap by {least} elements along axis {axis}, which has {length}; use a smaller depth"
            ),
        ));
    }
    let (mut longer, mut rest) = (Vec::new(), 0);
    for &chunk in chunks {
        rest += chunk;
        if rest >= least {
            longer.push(rest);
            rest = 0;
        }
    }
    if let Some(last) = longer.last_mut() {
        *last += rest;
    }
    Ok(longer)
}

/// How long blocks are along an axis with what surrounds them, or without it again.
fn reaching(chunks: &[u64], reach: &Reach, change: impl Fn(u64, u64) -> Option<u64>) -> Option<Vec<u64>> {
    let is_open = matches!(reach.boundary, Boundary::None);
    let last = chunks.len().saturating_sub(1);
    let lengths = chunks.iter().enumerate().map(|(at, &chunk)| {
        let before = if is_open && at == 0 { 0 } else { reach.depth.before };
        let after = if is_open && at == last { 0 } else { reach.depth.after };
        change(chunk, before.checked_add(after)?)
    });
    lengths.collect()
}

/// What a kernel is told of how blocks overlap. Elements that are cut off are not told what they were.
fn reach_args(array: &Array, reach: &[Reach], with_numbers: bool) -> Result<[Arg; 2], Error> {
    let depths: Vec<i64> = reach
        .iter()
        .flat_map(|reach| [reach.depth.before, reach.depth.after])
        .map(|depth| i64::try_from(depth).unwrap_or(i64::MAX))
        .collect();
    let mut beyond = Vec::with_capacity(reach.len());
    for reach in reach {
        beyond.push(match reach.boundary {
            Boundary::None => Arg::text("none"),
            Boundary::Periodic => Arg::text("periodic"),
            Boundary::Nearest => Arg::text("nearest"),
            Boundary::Constant(constant) if with_numbers => {
                number(Constant::new(array.dtype(), constant).map_err(Error::kernel("overlap"))?.number)
            }
            Boundary::Reflect | Boundary::Constant(_) => Arg::text("reflect"),
        });
    }
    Ok([integers(&depths), Arg::List(beyond)])
}

/// Strips of all blocks that neighbours along an axis read.
struct Strips {
    axis: usize,
    /// Whether they are of the blocks before.
    are_before: bool,
    wrap: bool,
    array: Array,
}

fn surrounded(name: &'static str, array: &Array, reach: &[Reach]) -> Result<Array, Error> {
    array.check()?;
    if reach.iter().all(|reach| reach.depth == Depth::default()) {
        return Ok(array.clone());
    }
    let too_large = || Error::array(name, "blocks with what surrounds them are too large".to_owned());
    let [depths, beyond] = reach_args(array, reach, true)?;
    let grid = array.grid();
    let whole: Vec<Vec<u64>> = (0..grid.ndim()).map(|axis| grid.chunks(axis).to_vec()).collect();
    let part = |strip: &[i64], chunks: Vec<Vec<u64>>, before: &[Strips]| {
        let rows = grid.blocks().zip(0..).map(|(block, index)| read(&block, index, grid, before));
        let args = vec![
            Arg::text(array.dtype().name()),
            runs(grid),
            Arg::Param(0),
            depths.clone(),
            beyond.clone(),
            integers(strip),
            Arg::Inputs,
        ];
        let label = if strip.is_empty() { "overlap" } else { "edge" };
        let call = Call::kernel(label, "overlap", listed(rows)?, args)?;
        let grid = ChunkGrid::new(chunks).map_err(Error::data(name))?;
        let inputs = std::iter::once(array.clone()).chain(before.iter().map(|strips| strips.array.clone()));
        Ok::<_, Error>(call.on(inputs.collect(), array.dtype(), grid))
    };
    let mut strips: Vec<Strips> = Vec::new();
    let mut chunks = whole;
    for (axis, reach) in reach.iter().enumerate() {
        let own = grid.chunks(axis);
        let n_before = strips.len();
        for (depth, are_before) in [(reach.depth.before, true), (reach.depth.after, false)] {
            if own.len() < 2 || depth == 0 {
                continue;
            }
            // The last elements of the block before, the first of the block after.
            let n = if are_before { -(depth as i64) } else { depth as i64 };
            let mut chunks = chunks.clone();
            if let Some(along) = chunks.get_mut(axis) {
                *along = vec![depth; own.len()];
            }
            let array = part(&[axis as i64, n], chunks, strips.get(..n_before).unwrap_or_default())?;
            strips.push(Strips {
                axis,
                are_before,
                wrap: matches!(reach.boundary, Boundary::Periodic),
                array,
            });
        }
        if let Some(along) = chunks.get_mut(axis) {
            *along = reaching(own, reach, u64::checked_add).ok_or_else(too_large)?;
        }
    }
    part(&[], chunks, &strips)
}

/// What a block is put together of: itself, and the strips of its neighbours.
fn read(block: &[u64], index: u32, grid: &ChunkGrid, strips: &[Strips]) -> Vec<TaskRef> {
    let mut tasks = vec![block_of(0, index)];
    for (input, Strips { axis, are_before, wrap, .. }) in (1..).zip(strips) {
        let n = grid.chunks(*axis).len() as u64;
        let at = block.get(*axis).copied().unwrap_or(0);
        let is_end = if *are_before { at == 0 } else { at + 1 == n };
        if is_end && !wrap {
            continue;
        }
        let mut neighbour = block.to_vec();
        if let Some(place) = neighbour.get_mut(*axis) {
            *place = if *are_before { (at + n - 1) % n } else { (at + 1) % n };
        }
        tasks.extend(grid.index(&neighbour).map(|index| block_of(input, index as u32)));
    }
    tasks
}

/// The array with what surrounds its blocks cut off.
pub(super) fn trimmed(array: &Array, reach: &[Reach]) -> Result<Array, Error> {
    const NAME: &str = "trim_overlap";
    Array::all_known(NAME, [array])?;
    if reach.iter().all(|reach| reach.depth == Depth::default()) {
        return Ok(array.clone());
    }
    let mut chunks = Vec::with_capacity(reach.len());
    for (axis, reach) in reach.iter().enumerate() {
        chunks.push(reaching(array.grid().chunks(axis), reach, u64::checked_sub).ok_or_else(|| {
            let (before, after) = (reach.depth.before, reach.depth.after);
            let lengths = array.grid().chunks(axis);
            Error::array(
                NAME,
                format!(
                    "{before} and {after} elements cannot be cut off blocks of {lengths:?} along axis {axis}"
                ),
            )
        })?);
    }
    let grid = ChunkGrid::new(chunks).map_err(Error::data(NAME))?;
    let [depths, beyond] = reach_args(array, reach, false)?;
    let args = vec![runs(array.grid()), Arg::Param(0), depths, beyond, Arg::Input(0)];
    let inputs = vec![array.clone()];
    let call = Call::kernel("trim", NAME, aligned(array.grid(), &inputs), args)?;
    Ok(call.on(inputs, array.dtype(), grid))
}

/// The chunks of an array put together until along these axes all have so many elements; one is no more than there are.
fn cut_to_least(name: &'static str, array: &Array, least: &[u64]) -> Result<Array, Error> {
    let axes = least.iter().enumerate();
    let chunks = axes.map(|(axis, &least)| match least {
        0 | 1 => Ok(array.grid().chunks(axis).to_vec()),
        _ => at_least(name, axis, array.grid().chunks(axis), least),
    });
    Ok(array.rechunk(Chunks::from(chunks.collect::<Result<Vec<_>, _>>()?)))
}

#[cfg(test)]
mod tests;
