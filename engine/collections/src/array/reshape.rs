//! Other shapes: axes merged and split, the elements in their order.
//!
//! Two shapes fall apart into the smallest groups of axes that hold the same elements. Within a group, the blocks of an
//! array lie one after the other in C order when there is an axis such that those before it are cut into single places
//! and those after it are whole. Such blocks are reshaped each by itself, and nothing is copied. Others are cut anew
//! first: from the first axis that leaves chunks short enough, all that follow become whole.

use std::ops::Range;

use gristmill_data::ChunkGrid;
use gristmill_graph::{Arg, LayerId, Wiring};
use gristmill_kernels::expr::Number;

use super::call::{Call, runs};
use super::lower::one_block;
use super::{Array, CHUNK_NBYTES, Op};
use crate::Error;

/// How many chunks an axis may be cut into here.
const CHUNKS_MAX: u64 = 1 << 26;

impl Array {
    /// The same elements in another shape, in C order: the last axis varies fastest. One length may be -1, and follows
    /// from the others.
    ///
    /// Blocks that hold elements that follow each other in both shapes are kept, so that adding and removing axes of
    /// length 1, merging axes of which only the first is cut, and splitting an axis whose chunks are whole rows move no
    /// data. Otherwise axes become whole from the last one on, as long as chunks take no more than
    /// [`CHUNK_NBYTES`], or than they did before.
    ///
    /// # Example
    /// ```
    /// use gristmill_collections::Array;
    ///
    /// let x = Array::arange(0, 24, 1, 6);
    /// let y = x.reshape(&[4, -1]);
    /// assert_eq!((y.shape(), y.numblocks()), (vec![4, 6], vec![4, 1]));
    /// y.check()?;
    /// # Ok::<(), gristmill_collections::Error>(())
    /// ```
    pub fn reshape(&self, shape: &[i64]) -> Self {
        Self::or_failed(self.try_reshape(shape))
    }

    /// All elements along one axis, in C order.
    pub fn ravel(&self) -> Self {
        self.reshape(&[-1])
    }

    /// All elements along one axis, in C order. As nothing is changed in place, this is [`Array::ravel`].
    pub fn flatten(&self) -> Self {
        self.ravel()
    }

    fn try_reshape(&self, shape: &[i64]) -> Result<Self, Error> {
        self.check()?;
        if shape == [-1] && self.ndim() == 1 {
            return Ok(self.clone());
        }
        Self::all_known("reshape", [self])?;
        let shape = known(shape, self.size())?;
        let own = self.shape();
        if shape == own {
            return Ok(self.clone());
        }
        if self.size() == 0 {
            let grid = one_block(&shape).map_err(|error| refused(error.to_string()))?;
            return Ok(Self::new(Op::Full(Number::Int(0)), Vec::new(), self.dtype(), grid));
        }
        let array = self.without_empty_chunks();
        let is_long = |length: &u64| *length != 1;
        if own.iter().copied().filter(is_long).eq(shape.iter().copied().filter(is_long)) {
            let mut long = (0..own.len()).filter(|&axis| own.get(axis).is_some_and(is_long));
            let axes = shape.iter().map(|length| if *length == 1 { None } else { long.next() });
            return array.with_axes("reshape", axes.collect());
        }
        array.regrouped(&shape)
    }

    /// Merges the axes of each group into one, and splits that.
    fn regrouped(&self, shape: &[u64]) -> Result<Self, Error> {
        let groups = groups(&self.shape(), shape);
        let chunks = |axes: &Range<usize>| -> Vec<Vec<u64>> {
            axes.clone().map(|axis| self.grid().chunks(axis).to_vec()).collect()
        };
        // How many elements a chunk has along each group.
        let mut longest: Vec<u64> =
            groups.iter().map(|(from, _)| chunks(from).iter().map(|chunks| max(chunks)).product()).collect();
        let most = self.most_elements();
        let (mut cut, mut flat, mut recut, mut split) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (n, (from, to)) in groups.iter().enumerate() {
            let others = longest.iter().enumerate().filter(|(other, _)| *other != n);
            let others = others.fold(1_u64, |product, (_, &length)| product.saturating_mul(length));
            let room = (most / others).max(1);
            let merged = merge(chunks(from), room)?;
            let parts = self::split(&merged.flat, shape.get(to.clone()).unwrap_or_default(), room)?;
            if let Some(longest) = longest.get_mut(n) {
                *longest = max(&parts.flat);
            }
            cut.extend(merged.axes);
            flat.push(merged.flat);
            recut.push(parts.flat);
            split.extend(parts.axes);
        }
        let cut = self.rechunk(cut);
        if flat == recut {
            return cut.reshaped(split);
        }
        cut.reshaped(flat)?.rechunk(recut).reshaped(split)
    }

    /// Each block with the shape of the block at the same place among these.
    fn reshaped(&self, chunks: Vec<Vec<u64>>) -> Result<Self, Error> {
        self.check()?;
        let grid = ChunkGrid::new(chunks).map_err(|error| refused(error.to_string()))?;
        // More blocks than a layer has tasks are refused when it is pushed.
        let each = Wiring::each(LayerId(0), u32::try_from(grid.n_chunks()).unwrap_or(u32::MAX));
        let args = vec![runs(&grid), Arg::Param(0), Arg::Input(0)];
        Ok(Call::kernel("reshape", "reshape", each, args)?.on(vec![self.clone()], self.dtype(), grid))
    }

    /// How many elements a chunk may have where chunks are chosen for this array.
    pub(super) fn most_elements(&self) -> u64 {
        (CHUNK_NBYTES / self.dtype().itemsize() as u64).max(self.n_chunk_elements())
    }

    /// How many elements the largest chunk has.
    pub(super) fn n_chunk_elements(&self) -> u64 {
        (0..self.ndim()).map(|axis| max(self.grid().chunks(axis))).product()
    }

    /// The same array without chunks of no elements, as far as it has elements.
    pub(super) fn without_empty_chunks(&self) -> Self {
        let chunks = (0..self.ndim()).map(|axis| {
            let chunks: Vec<u64> =
                self.grid().chunks(axis).iter().copied().filter(|&length| length > 0).collect();
            if chunks.is_empty() { vec![0] } else { chunks }
        });
        self.rechunk(chunks.collect::<Vec<_>>())
    }
}

fn refused(reason: String) -> Error {
    Error::array("reshape", reason)
}

/// The shape of so many elements, -1 replaced.
fn known(shape: &[i64], size: u64) -> Result<Vec<u64>, Error> {
    let n_open = shape.iter().filter(|&&length| length == -1).count();
    if n_open > 1 || shape.iter().any(|&length| length < -1) {
        return Err(refused(format!("lengths are 0 or more, and one may be -1, unlike {shape:?}")));
    }
    let lengths = || shape.iter().filter_map(|&length| u64::try_from(length).ok());
    let given = lengths().try_fold(1_u64, u64::checked_mul);
    let open = match given {
        Some(given) if n_open == 0 => (given == size).then_some(1),
        Some(given) => size.checked_div(given).filter(|open| open * given == size),
        None => None,
    };
    let Some(open) = open else {
        return Err(refused(format!("{size} elements do not fill the shape {shape:?}")));
    };
    Ok(shape.iter().map(|&length| u64::try_from(length).unwrap_or(open)).collect())
}

/// The smallest groups of axes of two shapes that hold the same elements.
fn groups(from: &[u64], to: &[u64]) -> Vec<(Range<usize>, Range<usize>)> {
    let (mut groups, mut own, mut other) = (Vec::new(), 0, 0);
    while own < from.len() || other < to.len() {
        let (first_own, first_other) = (own, other);
        let step = |at: &mut usize, shape: &[u64]| {
            let length = shape.get(*at).copied().unwrap_or(1);
            *at = (*at + 1).min(shape.len());
            length
        };
        let (mut left, mut right) = (step(&mut own, from), step(&mut other, to));
        while left != right {
            if left < right {
                left *= step(&mut own, from);
            } else {
                right *= step(&mut other, to);
            }
        }
        groups.push((first_own..own, first_other..other));
    }
    groups
}

/// Chunks of the axes of a group, and of the one axis that holds the same elements.
struct Cut {
    axes: Vec<Vec<u64>>,
    flat: Vec<u64>,
}

impl Cut {
    /// One axis cut into these multiples of what follows it, those before it into single places.
    fn at(pivot: usize, chunks: Vec<u64>, lengths: &[u64]) -> Result<Self, Error> {
        let (row, times) = (product_after(lengths, pivot), product(lengths.get(..pivot).unwrap_or_default()));
        let n = times.saturating_mul(chunks.len() as u64);
        check_number(n)?;
        let flat: Vec<u64> = chunks.iter().map(|length| length * row).collect();
        let axes = lengths.iter().enumerate().map(|(axis, &length)| match axis.cmp(&pivot) {
            std::cmp::Ordering::Less => vec![1; length as usize],
            std::cmp::Ordering::Equal => chunks.clone(),
            std::cmp::Ordering::Greater => vec![length],
        });
        Ok(Self { axes: axes.collect(), flat: flat.repeat(times as usize) })
    }
}

/// How axes are cut so that their blocks follow each other.
fn merge(axes: Vec<Vec<u64>>, room: u64) -> Result<Cut, Error> {
    if let [only] = &axes[..] {
        return Ok(Cut { flat: only.clone(), axes });
    }
    let lengths: Vec<u64> = axes.iter().map(|chunks| chunks.iter().sum()).collect();
    let is_in_ones = |chunks: &Vec<u64>| max(chunks) == 1;
    let first = axes.iter().position(|chunks| !is_in_ones(chunks)).unwrap_or(axes.len().saturating_sub(1));
    let Some(own) = axes.get(first) else { return Ok(Cut { axes, flat: vec![1] }) };
    if axes.iter().skip(first + 1).all(|chunks| chunks.len() == 1) {
        return Cut::at(first, own.clone(), &lengths);
    }
    let pivot = first.max(first_short(&lengths, room));
    let longest = room / product_after(&lengths, pivot);
    if pivot == first {
        return Cut::at(pivot, subdivided(own, longest)?, &lengths);
    }
    // Axes before it are cut finer, so this one is cut less, and blocks stay about as large.
    let own = axes.get(pivot).map_or(1, |chunks| max(chunks));
    let as_before = axes.iter().map(|chunks| max(chunks)).product::<u64>() / product_after(&lengths, pivot);
    let length = lengths.get(pivot).copied().unwrap_or(1);
    Cut::at(pivot, subdivided(&[length], as_before.max(own).min(longest))?, &lengths)
}

/// How one axis is cut so that its blocks are blocks of these lengths too.
fn split(flat: &[u64], lengths: &[u64], room: u64) -> Result<Cut, Error> {
    if lengths.len() < 2 {
        let axes = lengths.iter().map(|_| flat.to_vec()).collect();
        return Ok(Cut { axes, flat: flat.to_vec() });
    }
    if let Some((pivot, chunks)) =
        (0..lengths.len()).find_map(|pivot| Some((pivot, multiples(flat, lengths, pivot)?)))
    {
        return Cut::at(pivot, chunks, lengths);
    }
    let first = lengths.iter().position(|&length| length > 1).unwrap_or(0);
    let pivot = first.max(first_short(lengths, room));
    let row = product_after(lengths, pivot);
    if pivot == first {
        return Cut::at(pivot, subdivided(&in_multiples(flat, row), room / row)?, lengths);
    }
    let length = lengths.get(pivot).copied().unwrap_or(1);
    Cut::at(pivot, subdivided(&[length], (max(flat) / row).min(room / row))?, lengths)
}

/// The chunks of an axis, if it is cut alike at every place of those before it, and all after it are whole.
fn multiples(flat: &[u64], lengths: &[u64], pivot: usize) -> Option<Vec<u64>> {
    let (row, times) = (product_after(lengths, pivot), product(lengths.get(..pivot)?));
    let n = (flat.len() as u64).checked_div(times).filter(|n| *n > 0 && n * times == flat.len() as u64)?;
    let own = flat.get(..n as usize)?;
    let is_alike = flat.chunks(own.len()).all(|chunks| chunks == own);
    let fits = own.iter().all(|length| length % row == 0)
        && Some(own.iter().sum::<u64>() / row) == lengths.get(pivot).copied();
    (is_alike && fits).then(|| own.iter().map(|length| length / row).collect())
}

/// The first axis after which no more elements follow than there is room for.
fn first_short(lengths: &[u64], room: u64) -> usize {
    (0..lengths.len()).find(|&axis| product_after(lengths, axis) <= room).unwrap_or(0)
}

/// Chunks that end at the next multiple of a length after each of these, in such multiples.
pub(super) fn in_multiples(chunks: &[u64], of: u64) -> Vec<u64> {
    let (mut end, mut last) = (0, 0);
    let ends = chunks.iter().map(|length| {
        end += length;
        end.div_ceil(of)
    });
    let lengths = ends.map(|end| end - std::mem::replace(&mut last, end));
    let lengths: Vec<u64> = lengths.filter(|&length| length > 0).collect();
    if lengths.is_empty() { vec![0] } else { lengths }
}

/// Each chunk cut into parts of nearly the same length, none longer than this.
pub(super) fn subdivided(chunks: &[u64], longest: u64) -> Result<Vec<u64>, Error> {
    let n_parts = |length: u64| length.div_ceil(longest.max(1)).max(1);
    check_number(chunks.iter().fold(0, |n: u64, &length| n.saturating_add(n_parts(length))))?;
    let parts = chunks.iter().flat_map(|&length| {
        let n = n_parts(length);
        (0..n).map(move |part| length / n + u64::from(part < length % n))
    });
    Ok(parts.collect())
}

fn check_number(n_chunks: u64) -> Result<(), Error> {
    if n_chunks <= CHUNKS_MAX {
        return Ok(());
    }
    Err(refused(format!("it would be cut into {n_chunks} chunks, at most {CHUNKS_MAX} are possible")))
}

fn max(chunks: &[u64]) -> u64 {
    chunks.iter().copied().max().unwrap_or(1)
}

/// Lengths of parts of an array, whose product is known to fit.
fn product(lengths: &[u64]) -> u64 {
    lengths.iter().product()
}

fn product_after(lengths: &[u64], axis: usize) -> u64 {
    product(lengths.get(axis + 1..).unwrap_or_default())
}

#[cfg(test)]
mod tests;
