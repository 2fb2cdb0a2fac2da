//! Blocks with parts of their neighbours around them, without them again, and windows that slide over a block.
//!
//! Neighbours are met axis by axis. Along an axis, a block gives its first and its last rows to its neighbours as strips,
//! which already reach into what lies beside them along the axes before: so corners come with the strips of the axis after,
//! and a block of *n* axes reads 2 *n* strips instead of all 3ⁿ - 1 neighbours.
//!
//! # Layout
//! - this file: what surrounds a block, the block put together, and its ends cut off
//! - `windows`: a block's windows as further axes
//! - `kernel`: the kernels `overlap`, `trim_overlap` and `sliding_windows`

pub(crate) mod kernel;
mod windows;

use std::ops::Range;

use gristmill_data::{Chunk, ChunkRuns, DType, Span};

use crate::Error;
use crate::blocks::check_size;
use crate::layout::strided::{Assembly, Move, Moves, Strides, c_order, copied};

pub use windows::sliding_windows;

/// What lies beyond the first and the last element along an axis.
#[derive(Debug, Clone)]
pub enum Beyond {
    /// Nothing: there, blocks reach no further.
    None,
    /// The elements in reverse order, from the last one on, which is there twice: NumPy's `symmetric`.
    Reflect,
    /// The other end: NumPy's `wrap`.
    Periodic,
    /// The last element again and again: NumPy's `edge`.
    Nearest,
    /// One element, as a chunk of it.
    Constant(Chunk),
}

/// How far a block reaches along an axis.
#[derive(Debug, Clone)]
pub struct Depth {
    /// How many elements before its first.
    pub before: u64,
    /// How many after its last.
    pub after: u64,
    /// What they are beyond the array's ends.
    pub beyond: Beyond,
}

impl Depth {
    /// The element that lies beyond the ends of the axis at this place.
    ///
    /// # Errors
    /// [`Error::Selection`] when it is not one element of this dtype.
    pub fn element(depths: &[Self], axis: usize, dtype: DType) -> Result<&Chunk, Error> {
        match depths.get(axis).map(|depth| &depth.beyond) {
            Some(Beyond::Constant(chunk)) if chunk.n_elements() == 1 && chunk.dtype() == dtype => Ok(chunk),
            _ => Err(wrong("what lies beyond the ends is not one element of the array's dtype")),
        }
    }
}

/// A part of a block along an axis.
#[derive(Debug, Clone, Copy)]
pub struct Strip {
    /// The axis.
    pub axis: usize,
    /// How many elements: the first ones, or the last ones if it is negative.
    pub n: i64,
}

/// Along one axis, elements that lie evenly where they are read, and next to each other where they go.
#[derive(Debug, Clone, Copy)]
struct Take {
    from: i64,
    step: i64,
    to: u64,
    length: u64,
}

/// What is read on one side of a block.
#[derive(Debug, Clone, Copy)]
enum Side {
    Nothing,
    /// The block itself: the first element, and how far apart they are.
    Own(i64, i64),
    /// The neighbour's strip: which of the blocks.
    Strip(usize),
    Constant,
}

/// One axis of what is put together.
#[derive(Debug, Clone, Copy)]
struct Axis {
    /// The block's own elements.
    own: Take,
    before: (u64, Side),
    after: (u64, Side),
}

impl Axis {
    fn length(&self) -> u64 {
        self.before.0 + self.own.length + self.after.0
    }
}

/// How many elements a block at this place has before and after it.
fn reach(depth: &Depth, span: &Span, length: u64) -> (u64, u64) {
    let is_open = |at_end: bool| at_end && matches!(depth.beyond, Beyond::None);
    let before = if is_open(span.start == 0) { 0 } else { depth.before };
    let after = if is_open(span.start + span.length == length) { 0 } else { depth.after };
    (before, after)
}

/// Block `index` of an array with what surrounds it, or a strip of that for a neighbour.
///
/// `blocks` has the block, and for each axis with neighbours the strips of those before and after it, as far as there
/// are any. A strip reaches along the axes before its own; along its own axis and those after it, it is a part of the block.
///
/// # Errors
/// [`Error::NoSuchBlock`], [`Error::Axis`], or [`Error::Selection`] when the blocks are not those that are needed.
pub fn overlap(
    dtype: DType,
    grid: &ChunkRuns,
    index: u64,
    depths: &[Depth],
    strip: Option<Strip>,
    blocks: &[Chunk],
) -> Result<Chunk, Error> {
    let shapes: Vec<&[u64]> = blocks.iter().map(Chunk::shape).collect();
    let Moves { shape, moves } = overlap_moves(grid, index, depths, strip, &shapes)?;
    if let Some(own) = blocks.first()
        && (own.shape(), own.dtype()) == (&shape, dtype)
    {
        return Ok(own.clone());
    }
    let mut into = Assembly::new(dtype, &shape);
    for Move { of, lengths, from, to } in &moves {
        let chunk = match blocks.get(*of) {
            Some(block) if block.dtype() == dtype => block,
            Some(_) => return Err(wrong(OTHER_BLOCK)),
            None => Depth::element(depths, of - blocks.len(), dtype)?,
        };
        into.put(lengths, chunk, from, to);
    }
    into.finish("overlap")
}

/// What [`overlap`] copies of blocks of these shapes. After the blocks come the elements [beyond](Depth::element) the
/// array's ends, one for each axis.
///
/// # Errors
/// As [`overlap`], and [`Error::TooLarge`].
pub fn overlap_moves(
    grid: &ChunkRuns,
    index: u64,
    depths: &[Depth],
    strip: Option<Strip>,
    shapes: &[&[u64]],
) -> Result<Moves, Error> {
    let spans = grid.block(index).ok_or(Error::NoSuchBlock { index })?;
    let (shape, ndim) = (grid.shape(), spans.len());
    if depths.len() != ndim || strip.is_some_and(|strip| strip.axis >= ndim) {
        return Err(Error::Axis { axis: strip.map_or(depths.len(), |strip| strip.axis) as u64, ndim });
    }
    if shapes.is_empty() {
        return Err(wrong("a block is missing"));
    }
    let mut strips = 1..shapes.len();
    let mut axes = Vec::with_capacity(ndim);
    for (at, ((span, depth), &length)) in spans.iter().zip(depths).zip(&shape).enumerate() {
        axes.push(match strip {
            Some(strip) if at >= strip.axis => part(span, (at == strip.axis).then_some(strip.n))?,
            _ => surrounded(span, length, depth, &mut strips)?,
        });
    }
    if !strips.is_empty() {
        return Err(wrong("there are more strips than the block has neighbours"));
    }
    let lengths: Vec<u64> = axes.iter().map(Axis::length).collect();
    check_size("overlap", &lengths)?;
    let own_shape = spans.iter().map(|span| span.length).collect();
    let (strides, moves) = (c_order(&lengths), Vec::new());
    let mut filling = Filling { shapes, own_shape, axes: &axes, strides, lengths, moves };
    filling.along(ndim, &mut Vec::with_capacity(ndim))?;
    Ok(Moves { shape: filling.lengths, moves: filling.moves })
}

const OTHER_BLOCK: &str = "a block has another shape or dtype than the array's chunks say";

fn wrong(reason: &'static str) -> Error {
    Error::Selection { reason }
}

/// The block itself along an axis, or some of its first or last elements.
fn part(span: &Span, n: Option<i64>) -> Result<Axis, Error> {
    let length = n.map_or(span.length, i64::unsigned_abs);
    let first = span.length.checked_sub(length).ok_or_else(|| wrong("a strip is longer than its block"))?;
    let from = if n.is_some_and(|n| n < 0) { first as i64 } else { 0 };
    let own = Take { from, step: 1, to: 0, length };
    Ok(Axis { own, before: (0, Side::Nothing), after: (0, Side::Nothing) })
}

/// The block along an axis with what lies before and after it.
fn surrounded(span: &Span, length: u64, depth: &Depth, strips: &mut Range<usize>) -> Result<Axis, Error> {
    let (before, after) = reach(depth, span, length);
    if before.max(after) > span.length {
        return Err(wrong("a block is shorter than its neighbours reach"));
    }
    let ends = [(before, span.start == 0), (after, span.start + span.length == length)];
    let own = [depth.beyond.of_own(before, span.length, 0), depth.beyond.of_own(after, span.length, 1)];
    let wraps = matches!(depth.beyond, Beyond::Periodic) && span.length < length;
    let mut sides = [Side::Nothing; 2];
    for ((side, (depth, is_end)), own) in sides.iter_mut().zip(ends).zip(own) {
        *side = match depth {
            0 => continue,
            _ if is_end && !wraps => own,
            _ => strips.next().map(Side::Strip).ok_or_else(|| wrong("a neighbour's strip is missing"))?,
        };
    }
    let own = Take { from: 0, step: 1, to: before, length: span.length };
    let [low, high] = sides;
    Ok(Axis { own, before: (before, low), after: (after, high) })
}

impl Beyond {
    /// What is read before the first (0) or after the last (1) of `length` elements.
    fn of_own(&self, depth: u64, length: u64, end: usize) -> Side {
        let (depth, n) = (depth as i64, length as i64);
        match (self, end) {
            (Self::None, _) => Side::Nothing,
            (Self::Reflect, 0) => Side::Own(depth - 1, -1),
            (Self::Reflect, _) => Side::Own(n - 1, -1),
            (Self::Periodic, 0) => Side::Own(n - depth, 1),
            (Self::Periodic, _) => Side::Own(0, 1),
            (Self::Nearest, 0) => Side::Own(0, 0),
            (Self::Nearest, _) => Side::Own(n - 1, 0),
            (Self::Constant(_), _) => Side::Constant,
        }
    }
}

/// A block that is being put together, from the last axis to the first.
struct Filling<'a> {
    /// Of the block and the strips.
    shapes: &'a [&'a [u64]],
    own_shape: Vec<u64>,
    axes: &'a [Axis],
    /// Of what is put together.
    lengths: Vec<u64>,
    strides: Vec<isize>,
    moves: Vec<Move>,
}

impl Filling<'_> {
    /// Fills what lies at these places along the axes from `n_left` on, which are there in reverse order.
    fn along(&mut self, n_left: usize, later: &mut Vec<Take>) -> Result<(), Error> {
        let Some((at, axis)) = n_left.checked_sub(1).and_then(|at| self.axes.get(at).map(|axis| (at, *axis)))
        else {
            let shape = self.own_shape.clone();
            return self.put(0, &shape, later);
        };
        later.push(axis.own);
        self.along(at, later)?;
        later.pop();
        let ends = [(axis.before, 0), (axis.after, axis.own.to + axis.own.length)];
        for ((length, side), to) in ends {
            let n_later = later.len();
            let place = |from, step| Take { from, step, to, length };
            match side {
                Side::Nothing => {}
                Side::Own(from, step) => {
                    later.push(place(from, step));
                    self.along(at, later)?;
                }
                Side::Strip(of) => {
                    later.push(place(0, 1));
                    let shape = self.with_all_before(at, later);
                    self.put(of, &shape, later)?;
                }
                Side::Constant => {
                    later.push(place(0, 0));
                    self.with_all_before(at, later);
                    let from = Strides { first: 0, strides: vec![0; later.len()] };
                    self.copy(self.shapes.len() + at, from, later);
                }
            }
            later.truncate(n_later);
        }
        Ok(())
    }

    /// Takes all there is along the first axes, which a strip has too; and the strip's shape.
    fn with_all_before(&self, n: usize, later: &mut Vec<Take>) -> Vec<u64> {
        let before = self.lengths.get(..n).unwrap_or_default();
        let own_length = later.last().map(|take| take.length);
        later.extend(before.iter().rev().map(|&length| Take { from: 0, step: 1, to: 0, length }));
        let after = self.own_shape.iter().skip(n + 1);
        before.iter().copied().chain(own_length).chain(after.copied()).collect()
    }

    /// Copies elements of a block that must have this shape.
    fn put(&mut self, of: usize, shape: &[u64], reversed: &[Take]) -> Result<(), Error> {
        if self.shapes.get(of).is_none_or(|own| *own != shape) {
            return Err(wrong(OTHER_BLOCK));
        }
        let takes = || reversed.iter().rev().zip(c_order(shape));
        let first: isize = takes().map(|(take, stride)| take.from as isize * stride).sum();
        let strides = takes().map(|(take, stride)| take.step as isize * stride).collect();
        self.copy(of, Strides { first: first as usize, strides }, reversed);
        Ok(())
    }

    fn copy(&mut self, of: usize, from: Strides, reversed: &[Take]) {
        let places = reversed.iter().rev().zip(&self.strides);
        let first: isize = places.map(|(take, stride)| take.to as isize * stride).sum();
        let to = Strides { first: first as usize, strides: self.strides.clone() };
        let lengths = reversed.iter().rev().map(|take| take.length as usize).collect();
        self.moves.push(Move { of, lengths, from, to });
    }
}

/// A block of an array whose blocks overlap, without what surrounds it.
///
/// One that is most of the block and lies in one piece stays where it is.
///
/// # Errors
/// [`Error::NoSuchBlock`], [`Error::Axis`], or [`Error::Selection`] when the block is shorter than what is to be cut off.
pub fn trim_overlap(grid: &ChunkRuns, index: u64, depths: &[Depth], block: &Chunk) -> Result<Chunk, Error> {
    let Moves { shape, moves } = trim_overlap_moves(grid, index, depths, block.shape())?;
    let [Move { from, .. }] = &moves[..] else { return Ok(block.clone()) };
    if shape == block.shape() {
        return Ok(block.clone());
    }
    let is_rows = shape.iter().skip(1).eq(block.shape().iter().skip(1));
    let n: u64 = shape.iter().product();
    if is_rows && 2 * n as usize > block.n_elements() {
        return block.part(from.first, &shape).map_err(Error::data("trim_overlap"));
    }
    copied("trim_overlap", block, from, &shape)
}

/// What [`trim_overlap`] leaves of a block of this shape.
///
/// # Errors
/// As [`trim_overlap`].
pub fn trim_overlap_moves(
    grid: &ChunkRuns,
    index: u64,
    depths: &[Depth],
    of: &[u64],
) -> Result<Moves, Error> {
    let spans = grid.block(index).ok_or(Error::NoSuchBlock { index })?;
    let ndim = of.len();
    if depths.len() != ndim || spans.len() != ndim {
        return Err(Error::Axis { axis: depths.len() as u64, ndim });
    }
    let strides = c_order(of);
    let (mut first, mut lengths) = (0, Vec::with_capacity(ndim));
    let axes = spans.iter().zip(grid.shape()).zip(depths).zip(of.iter().zip(&strides));
    for (((span, whole), depth), (&length, stride)) in axes {
        let (before, after) = reach(depth, span, whole);
        let left = before.checked_add(after).and_then(|cut| length.checked_sub(cut));
        lengths.push(left.ok_or_else(|| wrong("a block is shorter than what is to be cut off its ends"))?);
        first += before as isize * stride;
    }
    Ok(Moves::one(Strides { first: first as usize, strides }, &lengths))
}

#[cfg(test)]
mod tests;
