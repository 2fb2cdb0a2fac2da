//! Elements taken by their positions or by a mask.

use std::ops::Range;

use gristmill_data::{Chunk, DType};

use crate::Error;
use crate::blocks::{Lanes, check_size, elements, present, with_length};
use crate::layout::strided::{Assembly, Rows};

/// The rows of a block at these positions along an axis, in their order; the axes of `indices` stand in place of the
/// axis. Where an index is absent, so is what it takes.
///
/// # Errors
/// [`Error::Axis`], [`Error::NoSuchPosition`] for one outside of the block, [`Error::InputDType`] when the indices are no
/// `int64`, or a result that is too large for one chunk.
pub fn take(axis: usize, indices: &Chunk, block: &Chunk) -> Result<Chunk, Error> {
    gather(axis..axis.saturating_add(1), indices, std::slice::from_ref(block))
        .map_err(|error| error.named("take"))
}

/// The same of several blocks that follow each other, and along axes that are taken as one: position 0 is the first in
/// the first block, and they go on in C order of these axes from block to block.
///
/// # Errors
/// As [`take`], and [`Error::Invalid`] when there is no block, or they differ in dtype or along other axes.
pub fn gather(axes: Range<usize>, indices: &Chunk, blocks: &[Chunk]) -> Result<Chunk, Error> {
    const KERNEL: &str = "gather";
    let invalid = |reason| Error::Invalid { kernel: KERNEL, reason };
    let first = blocks.first().ok_or_else(|| invalid("at least one block is needed"))?;
    let around = |block: &Chunk| -> Option<(Vec<u64>, Vec<u64>)> {
        Some((block.shape().get(..axes.start)?.to_vec(), block.shape().get(axes.end..)?.to_vec()))
    };
    let lanes = blocks.iter().map(|block| Lanes::along(block.shape(), axes.clone()));
    let lanes = lanes.collect::<Result<Vec<_>, _>>()?;
    if blocks.iter().any(|block| block.dtype() != first.dtype() || around(block) != around(first)) {
        return Err(invalid("blocks must be of one dtype, and of one length along the other axes"));
    }
    let (before, after) = around(first).unwrap_or_default();
    let shape = [&before, indices.shape(), &after].concat();
    check_size(KERNEL, &shape)?;
    if indices.dtype() != DType::Int64 {
        return Err(Error::InputDType { expected: DType::Int64, given: indices.dtype() });
    }
    let known = present(indices);
    let positions: &[i64] = elements(indices);
    let joined = Joined::new(lanes.iter().map(|lanes| lanes.length));
    joined.check(KERNEL, positions, known.as_deref())?;
    let mut pairs = vec![Vec::new(); blocks.len()];
    for (to, &position) in positions.iter().enumerate().filter(|&(to, _)| is_known(known.as_deref(), to)) {
        let Some((block, from)) = joined.locate(position) else { continue };
        if let Some(pairs) = pairs.get_mut(block) {
            pairs.push((to, from));
        }
    }
    // What absent indices take is not put, and stays absent.
    let mut assembly = match known {
        Some(_) => Assembly::absent(first.dtype(), &shape),
        None => Assembly::new(first.dtype(), &shape),
    };
    for ((block, lanes), pairs) in blocks.iter().zip(&lanes).zip(&pairs) {
        let rows = Rows { inner: lanes.inner, n_from: lanes.length, n_to: positions.len() };
        assembly.rows(rows, pairs, block);
    }
    assembly.finish(KERNEL)
}

/// The rows of a block along an axis, each as often as its count says.
///
/// # Errors
/// [`Error::Axis`], [`Error::Invalid`] when there is not one count for each row, or one is negative,
/// [`Error::InputDType`] when they are no `int64`, or a result that is too large for one chunk.
pub fn repeat(axis: usize, counts: &Chunk, block: &Chunk) -> Result<Chunk, Error> {
    const KERNEL: &str = "repeat";
    let lanes = Lanes::new(block.shape(), axis)?;
    if counts.dtype() != DType::Int64 {
        return Err(Error::InputDType { expected: DType::Int64, given: counts.dtype() });
    }
    let each: &[i64] = elements(counts);
    if counts.shape() != [lanes.length as u64] || each.iter().any(|&n| n < 0) {
        return Err(Error::Invalid { kernel: KERNEL, reason: "each row must have a count, 0 or more" });
    }
    let n = each.iter().fold(0_u64, |n, &count| n.saturating_add(count as u64));
    // Before the positions are written down.
    check_size(KERNEL, &with_length(block.shape(), axis, n as usize))?;
    let positions = (0..).zip(each).flat_map(|(at, &n)| std::iter::repeat_n(at, n as usize));
    let positions = Chunk::from_vec(positions.collect::<Vec<i64>>(), &[n]).map_err(Error::data(KERNEL))?;
    take(axis, &positions, block).map_err(|error| error.named(KERNEL))
}

/// The elements of a block where a mask is true, in C order and without axes but one; or with an axis, its rows where a
/// mask of that length is. What is absent in a mask is not true.
///
/// # Errors
/// [`Error::Axis`], or [`Error::Invalid`] when the mask is not boolean, or has another shape.
pub fn compress(axis: Option<usize>, mask: &Chunk, block: &Chunk) -> Result<Chunk, Error> {
    let kept = kept("compress", mask)?;
    let indices: Vec<i64> = (0..).zip(&kept).filter(|(_, kept)| **kept == 1).map(|(at, _)| at).collect();
    let expected = match axis {
        Some(axis) => vec![Lanes::new(block.shape(), axis)?.length as u64],
        None => block.shape().to_vec(),
    };
    if mask.shape() != expected {
        let reason = "a mask must have the shape of what it is for: the block, or its length along the axis";
        return Err(Error::Invalid { kernel: "compress", reason });
    }
    let n = indices.len() as u64;
    let indices = Chunk::from_vec(indices, &[n]).map_err(Error::data("compress"))?;
    match axis {
        Some(axis) => take(axis, &indices, block),
        None => {
            let flat = block.reshape(&[block.n_elements() as u64]).map_err(Error::data("compress"))?;
            take(0, &indices, &flat)
        }
    }
    .map_err(|error| error.named("compress"))
}

/// A byte for each element of a mask: 1 where it is there and true.
pub(super) fn kept(kernel: &'static str, mask: &Chunk) -> Result<Vec<u8>, Error> {
    if mask.dtype() != DType::Boolean {
        return Err(Error::Invalid { kernel, reason: "a mask must be of booleans" });
    }
    let mut kept = elements::<u8>(mask).to_vec();
    if let Some(present) = present(mask) {
        kept.iter_mut().zip(present).for_each(|(kept, present)| *kept &= present);
    }
    Ok(kept)
}

/// Blocks that follow each other along axes.
pub(super) struct Joined {
    /// Where each of them ends.
    ends: Vec<usize>,
}

impl Joined {
    pub(super) fn new(lengths: impl Iterator<Item = usize>) -> Self {
        let end = |end: &mut usize, length| {
            *end += length;
            Some(*end)
        };
        Self { ends: lengths.scan(0, end).collect() }
    }

    pub(super) fn length(&self) -> usize {
        self.ends.last().copied().unwrap_or(0)
    }

    /// Which block has this position, and where in it.
    pub(super) fn locate(&self, position: i64) -> Option<(usize, usize)> {
        let position = usize::try_from(position).ok()?;
        let block = self.ends.partition_point(|&end| end <= position);
        let start = block.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied())?;
        (position < self.length()).then_some((block, position - start))
    }

    /// # Errors
    /// [`Error::NoSuchPosition`] for one that lies in no block, unless it is absent.
    pub(super) fn check(
        &self,
        kernel: &'static str,
        positions: &[i64],
        known: Option<&[u8]>,
    ) -> Result<(), Error> {
        let is_outside = |index: i64| index < 0 || index >= self.length() as i64;
        match positions.iter().enumerate().find(|&(at, &index)| is_outside(index) && is_known(known, at)) {
            None => Ok(()),
            Some((_, &index)) => Err(Error::NoSuchPosition { kernel, index, length: self.length() }),
        }
    }
}

fn is_known(known: Option<&[u8]>, at: usize) -> bool {
    known.is_none_or(|known| known.get(at) == Some(&1))
}
