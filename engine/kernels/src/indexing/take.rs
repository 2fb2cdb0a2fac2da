//! Elements taken by their positions or by a mask.

use gristmill_data::arrow::buffer::{Buffer, MutableBuffer};
use gristmill_data::{Chunk, DType};

use crate::Error;
use crate::blocks::{Lanes, check_size, elements, present, validity, with_length};

/// The rows of a block at these positions along an axis, in their order; the axes of `indices` stand in place of the
/// axis. Where an index is absent, so is what it takes.
///
/// # Errors
/// [`Error::Axis`], [`Error::NoSuchPosition`] for one outside of the block, [`Error::InputDType`] when the indices are no
/// `int64`, or a result that is too large for one chunk.
pub fn take(axis: usize, indices: &Chunk, block: &Chunk) -> Result<Chunk, Error> {
    const KERNEL: &str = "take";
    let lanes = Lanes::new(block.shape(), axis)?;
    if indices.dtype() != DType::Int64 {
        return Err(Error::InputDType { expected: DType::Int64, given: indices.dtype() });
    }
    let positions: &[i64] = elements(indices);
    let known = present(indices);
    let is_known = |at: usize| known.as_ref().is_none_or(|known| known.get(at) == Some(&1));
    let is_outside = |at, index| (index < 0 || index >= lanes.length as i64) && is_known(at);
    if let Some((_, &index)) = positions.iter().enumerate().find(|&(at, &index)| is_outside(at, index)) {
        return Err(Error::NoSuchPosition { kernel: KERNEL, index, length: lanes.length });
    }
    let (before, rest) = block.shape().split_at(axis);
    let after = rest.iter().skip(1);
    let shape: Vec<u64> = before.iter().chain(indices.shape()).chain(after).copied().collect();
    check_size(KERNEL, &shape)?;
    // An absent index may hold anything: whatever it takes is absent.
    let rows = Rows { lanes, positions };
    let data = rows.take(block.data(), block.dtype().itemsize());
    let own = present(block).map(|own| rows.take(&own, 1).to_vec());
    let present = match (own, known) {
        (own, None) => own,
        (own, Some(known)) => {
            let mut all = own.unwrap_or_else(|| vec![1; lanes.outer * positions.len() * lanes.inner]);
            for (row, known) in all.chunks_mut(lanes.inner.max(1)).zip(known.iter().cycle()) {
                row.iter_mut().for_each(|present| *present &= known);
            }
            Some(all)
        }
    };
    Chunk::try_new(block.dtype(), &shape, data, present.as_deref().map(validity)).map_err(Error::data(KERNEL))
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

/// Rows of a block, all of which lie within it, or are of no meaning.
struct Rows<'a> {
    lanes: Lanes,
    positions: &'a [i64],
}

impl Rows<'_> {
    fn take(&self, bytes: &[u8], itemsize: usize) -> Buffer {
        let Lanes { outer, length, inner } = self.lanes;
        let row = inner * itemsize;
        let mut out = MutableBuffer::from_len_zeroed(outer * self.positions.len() * row);
        let to = out.as_slice_mut();
        let plane = (self.positions.len() * row).max(1);
        for (from, to) in bytes.chunks((length * row).max(1)).zip(to.chunks_mut(plane)) {
            match row {
                1 => self.elements::<1>(from, to),
                2 => self.elements::<2>(from, to),
                4 => self.elements::<4>(from, to),
                8 => self.elements::<8>(from, to),
                16 => self.elements::<16>(from, to),
                row => {
                    for (to, &at) in to.chunks_mut(row.max(1)).zip(self.positions) {
                        let first = (at as usize).wrapping_mul(row);
                        if let Some(from) = from.get(first..first.wrapping_add(row)) {
                            to.copy_from_slice(from);
                        }
                    }
                }
            }
        }
        out.into()
    }

    /// With the size known, a row is a single move.
    fn elements<const N: usize>(&self, from: &[u8], to: &mut [u8]) {
        let (from, to) = (from.as_chunks::<N>().0, to.as_chunks_mut::<N>().0);
        for (to, &at) in to.iter_mut().zip(self.positions) {
            if let Some(from) = from.get(at as usize) {
                *to = *from;
            }
        }
    }
}
