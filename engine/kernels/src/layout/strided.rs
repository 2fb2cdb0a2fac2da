//! Boxes of elements copied from one order into another.

use gristmill_data::{Chunk, DType, Memory};

use crate::{Error, blocks};

/// Where the elements of a box lie: the first one, and how far apart they are along each axis, in elements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strides {
    /// Where the first one is.
    pub first: usize,
    /// How far apart neighbours are along each axis.
    pub strides: Vec<isize>,
}

/// A box of elements that is copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// Out of which array, of those that there are.
    pub of: usize,
    /// How many elements it has along each axis.
    pub lengths: Vec<usize>,
    /// Where it lies.
    pub from: Strides,
    /// Where it belongs.
    pub to: Strides,
}

/// An array that is put together of others' elements: what kernels do that move elements and compute nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moves {
    /// The array's shape.
    pub shape: Vec<u64>,
    /// Together, they make each of its elements once.
    pub moves: Vec<Move>,
}

impl Moves {
    /// An array of a single other's elements, which lie there like this.
    pub(crate) fn one(from: Strides, shape: &[u64]) -> Self {
        let lengths = shape.iter().map(|&length| length as usize).collect();
        let to = Strides { first: 0, strides: c_order(shape) };
        Self { shape: shape.to_vec(), moves: vec![Move { of: 0, lengths, from, to }] }
    }
}

/// The strides of a whole array of this shape, in C order.
pub(crate) fn c_order(shape: &[u64]) -> Vec<isize> {
    let mut strides = vec![0; shape.len()];
    let mut stride = 1;
    for (place, &length) in strides.iter_mut().zip(shape).rev() {
        *place = stride;
        stride *= length as isize;
    }
    strides
}

/// The elements that are equally far along two axes, as the last axis in place of both.
///
/// # Errors
/// [`Error::Axis`], also when both are the same one.
pub(super) fn diagonal((left, right): (usize, usize), chunk: &Chunk) -> Result<Chunk, Error> {
    let wrong = |axis: usize| Error::Axis { axis: axis as u64, ndim: chunk.ndim() };
    let (lengths, strides) = (chunk.shape(), c_order(chunk.shape()));
    let axis = |axis: usize| lengths.get(axis).copied().zip(strides.get(axis)).ok_or_else(|| wrong(axis));
    let ((rows, down), (columns, across)) = (axis(left)?, axis(right)?);
    if left == right {
        return Err(wrong(right));
    }
    let others = || (0..lengths.len()).filter(|&axis| axis != left && axis != right);
    let shape: Vec<u64> =
        others().filter_map(|axis| lengths.get(axis).copied()).chain([rows.min(columns)]).collect();
    let from = others().filter_map(|axis| strides.get(axis).copied()).chain([down + across]).collect();
    copied("diagonal", chunk, &Strides { first: 0, strides: from }, &shape)
}

/// The elements of a chunk that lie like this, as a chunk of this shape.
pub(crate) fn copied(
    kernel: &'static str,
    chunk: &Chunk,
    from: &Strides,
    shape: &[u64],
) -> Result<Chunk, Error> {
    let mut assembly = Assembly::new(chunk.dtype(), shape);
    let lengths: Vec<usize> = shape.iter().map(|&length| length as usize).collect();
    assembly.put(&lengths, chunk, from, &Strides { first: 0, strides: c_order(shape) });
    assembly.finish(kernel)
}

/// A chunk that is being put together: elements, and which are there once one is not. All are to be put.
pub(crate) struct Assembly {
    dtype: DType,
    shape: Vec<u64>,
    n: usize,
    data: Memory,
    present: Option<Vec<u8>>,
}

impl Assembly {
    pub(crate) fn new(dtype: DType, shape: &[u64]) -> Self {
        let n: u64 = shape.iter().product();
        let data = Memory::new(n as usize * dtype.itemsize());
        Self { dtype, shape: shape.to_vec(), n: n as usize, data, present: None }
    }

    /// All elements are absent until they are put.
    pub(crate) fn absent(dtype: DType, shape: &[u64]) -> Self {
        let mut assembly = Self::new(dtype, shape);
        assembly.data.as_mut_slice().fill(0);
        assembly.present = Some(vec![0; assembly.n]);
        assembly
    }

    /// A copy of a chunk, to be changed.
    pub(crate) fn of(chunk: &Chunk) -> Self {
        let mut data = Memory::new(chunk.data().len());
        data.as_mut_slice().copy_from_slice(chunk.data());
        let (dtype, shape, n) = (chunk.dtype(), chunk.shape().to_vec(), chunk.n_elements());
        Self { dtype, shape, n, data, present: blocks::present(chunk) }
    }

    /// Copies a box of `lengths` from where it lies in the chunk to where it belongs here.
    pub(crate) fn put(&mut self, lengths: &[usize], chunk: &Chunk, from: &Strides, to: &Strides) {
        let Some(plan) = Plan::new(lengths, from, to) else { return };
        plan.run(chunk.data(), self.data.as_mut_slice(), self.dtype.itemsize());
        let n = self.n;
        if chunk.validity().is_some() && self.present.is_none() {
            self.present = Some(vec![1; n]);
        }
        if let Some(present) = &mut self.present {
            let from = blocks::present(chunk).unwrap_or_else(|| vec![1; chunk.n_elements()]);
            plan.run(&from, present, 1);
        }
    }

    /// Copies single elements: to which place, and from which of the chunk's.
    pub(crate) fn replace(&mut self, places: impl Iterator<Item = (usize, usize)> + Clone, chunk: &Chunk) {
        let itemsize = self.dtype.itemsize();
        let (from, to) = (chunk.data().as_slice(), self.data.as_mut_slice());
        if chunk.validity().is_some() && self.present.is_none() {
            self.present = Some(vec![1; self.n]);
        }
        match itemsize {
            1 => replace::<1>(places.clone(), from, to),
            2 => replace::<2>(places.clone(), from, to),
            4 => replace::<4>(places.clone(), from, to),
            8 => replace::<8>(places.clone(), from, to),
            _ => replace::<16>(places.clone(), from, to),
        }
        if let Some(present) = &mut self.present {
            let from = blocks::present(chunk).unwrap_or_else(|| vec![1; chunk.n_elements()]);
            replace::<1>(places, &from, present);
        }
    }

    /// Copies rows: to which of a plane, and from which of the chunk's.
    pub(crate) fn rows(&mut self, rows: Rows, places: &[(usize, usize)], chunk: &Chunk) {
        rows.copy(places, chunk.data(), self.data.as_mut_slice(), self.dtype.itemsize());
        if chunk.validity().is_some() && self.present.is_none() {
            self.present = Some(vec![1; self.n]);
        }
        if let Some(present) = &mut self.present {
            let from = blocks::present(chunk).unwrap_or_else(|| vec![1; chunk.n_elements()]);
            rows.copy(places, &from, present, 1);
        }
    }

    pub(crate) fn finish(self, kernel: &'static str) -> Result<Chunk, Error> {
        let validity = self.present.as_deref().map(blocks::validity);
        Chunk::try_new(self.dtype, &self.shape, self.data.into_buffer(), validity)
            .map_err(Error::data(kernel))
    }
}

/// Copies a box of elements from where it lies in some bytes to where it belongs in others.
pub(crate) fn copy_box(
    lengths: &[usize],
    (bytes, from): (&[u8], &Strides),
    (out, to): (&mut [u8], &Strides),
    itemsize: usize,
) {
    if let Some(plan) = Plan::new(lengths, from, to) {
        plan.run(bytes, out, itemsize);
    }
}

/// Copies single elements: to which place, and from which.
fn replace<const N: usize>(places: impl Iterator<Item = (usize, usize)>, from: &[u8], to: &mut [u8]) {
    let (from, to) = (from.as_chunks::<N>().0, to.as_chunks_mut::<N>().0);
    for (to_idx, from_idx) in places {
        if let (Some(to), Some(from)) = (to.get_mut(to_idx), from.get(from_idx)) {
            *to = *from;
        }
    }
}

/// Rows of `inner` elements, moved from planes of `n_from` rows to planes of `n_to`.
#[derive(Clone, Copy)]
pub(crate) struct Rows {
    pub(crate) inner: usize,
    pub(crate) n_from: usize,
    pub(crate) n_to: usize,
}

impl Rows {
    /// To which row of a plane, and from which.
    fn copy(self, places: &[(usize, usize)], from: &[u8], to: &mut [u8], itemsize: usize) {
        let row = (self.inner * itemsize).max(1);
        let planes = to.chunks_mut((self.n_to * row).max(1)).zip(from.chunks((self.n_from * row).max(1)));
        for (to, from) in planes {
            // With the size known, a row is a single move.
            match row {
                1 => replace::<1>(places.iter().copied(), from, to),
                2 => replace::<2>(places.iter().copied(), from, to),
                4 => replace::<4>(places.iter().copied(), from, to),
                8 => replace::<8>(places.iter().copied(), from, to),
                16 => replace::<16>(places.iter().copied(), from, to),
                _ => {
                    for &(to_row, from_row) in places {
                        let (to_row, from_row) = (to_row * row, from_row * row);
                        let to = to.get_mut(to_row..to_row + row);
                        if let (Some(to), Some(from)) = (to, from.get(from_row..from_row + row)) {
                            to.copy_from_slice(from);
                        }
                    }
                }
            }
        }
    }
}

/// One axis of a copy.
#[derive(Debug, Clone, Copy)]
struct Axis {
    length: usize,
    from: isize,
    to: isize,
}

/// A copy, with axes merged where both sides allow it.
struct Plan {
    outer: Vec<Axis>,
    /// The axis along which neighbours lie nearest to each other where they are read, if not the inner one.
    crossing: Option<Axis>,
    inner: Axis,
    from: usize,
    to: usize,
}

/// Sides of the squares in which a transposed plane is copied: both sides' lines stay in the cache.
const TILE: usize = 16;

impl Plan {
    /// `None` when there is nothing to copy.
    fn new(lengths: &[usize], from: &Strides, to: &Strides) -> Option<Self> {
        if lengths.contains(&0) {
            return None;
        }
        let mut axes: Vec<Axis> = Vec::with_capacity(lengths.len());
        let all = lengths.iter().zip(from.strides.iter().zip(&to.strides));
        for (&length, (&from, &to)) in all.filter(|(length, _)| **length > 1) {
            let axis = Axis { length, from, to };
            match axes.last_mut() {
                Some(outer) if outer.from == from * length as isize && outer.to == to * length as isize => {
                    *outer = Axis { length: outer.length * length, from, to };
                }
                _ => axes.push(axis),
            }
        }
        let inner = axes.pop().unwrap_or(Axis { length: 1, from: 1, to: 1 });
        let nearest = (0..axes.len()).min_by_key(|&n| axes.get(n).map_or(0, |axis| axis.from.unsigned_abs()));
        let is_nearer =
            |axis: &Axis| axis.from.unsigned_abs() < inner.from.unsigned_abs() && axis.length >= TILE;
        let crossing = nearest.filter(|&n| axes.get(n).is_some_and(is_nearer)).map(|n| axes.remove(n));
        Some(Self { outer: axes, crossing, inner, from: from.first, to: to.first })
    }

    fn run(&self, from: &[u8], to: &mut [u8], itemsize: usize) {
        match itemsize {
            1 => self.run_as::<1>(from, to),
            2 => self.run_as::<2>(from, to),
            4 => self.run_as::<4>(from, to),
            8 => self.run_as::<8>(from, to),
            _ => self.run_as::<16>(from, to),
        }
    }

    /// With the size known, an element is a single move.
    fn run_as<const N: usize>(&self, from: &[u8], to: &mut [u8]) {
        let (from, to) = (from.as_chunks::<N>().0, to.as_chunks_mut::<N>().0);
        let n_outer: usize = self.outer.iter().map(|axis| axis.length).product();
        for outer in 0..n_outer {
            let (mut rest, mut at) = (outer, (self.from, self.to));
            for axis in self.outer.iter().rev() {
                at = axis.step(at, rest % axis.length);
                rest /= axis.length;
            }
            match self.crossing {
                Some(crossing) => self.plane(crossing, at, from, to),
                None => line(self.inner, at, from, to),
            }
        }
    }

    fn plane<T: Copy>(&self, crossing: Axis, at: (usize, usize), from: &[T], to: &mut [T]) {
        for first in (0..crossing.length).step_by(TILE) {
            for start in (0..self.inner.length).step_by(TILE) {
                let tile = Axis { length: TILE.min(self.inner.length - start), ..self.inner };
                for row in first..crossing.length.min(first + TILE) {
                    line(tile, self.inner.step(crossing.step(at, row), start), from, to);
                }
            }
        }
    }
}

impl Axis {
    /// Where one is after so many steps.
    fn step(self, (from, to): (usize, usize), n: usize) -> (usize, usize) {
        let n = n as isize;
        (from.wrapping_add_signed(self.from * n), to.wrapping_add_signed(self.to * n))
    }
}

fn line<T: Copy>(axis: Axis, at: (usize, usize), from: &[T], to: &mut [T]) {
    if axis.from == 1 && axis.to == 1 {
        let (from, to) = (from.get(at.0..at.0 + axis.length), to.get_mut(at.1..at.1 + axis.length));
        if let (Some(from), Some(to)) = (from, to) {
            to.copy_from_slice(from);
        }
        return;
    }
    for n in 0..axis.length {
        let (from_idx, to_idx) = axis.step(at, n);
        if let (Some(from), Some(to)) = (from.get(from_idx), to.get_mut(to_idx)) {
            *to = *from;
        }
    }
}
