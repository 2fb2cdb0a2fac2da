//! Elements taken lane by lane, and the places of those that are true.

use gristmill_data::{Chunk, DType, Span, broadcast_shapes};

use super::put::broadcast;
use super::take::{Joined, gather, kept};
use crate::Error;
use crate::blocks::{Lanes, buffer_of, elements, offset, present, with_length};

/// Of each lane along an axis the elements at the positions that the same lane of `indices` has, as NumPy's
/// `take_along_axis`: of blocks that follow each other along the axis. The other axes broadcast.
///
/// # Errors
/// [`Error::Axis`], [`Error::NoSuchPosition`], [`Error::InputDType`] when the indices are no `int64`, or [`Error::Invalid`]
/// when there is no block, or the indices have other axes.
pub fn take_along_axis(axis: usize, indices: &Chunk, blocks: &[Chunk]) -> Result<Chunk, Error> {
    const KERNEL: &str = "take_along_axis";
    let invalid = |reason| Error::Invalid { kernel: KERNEL, reason };
    let first = blocks.first().ok_or_else(|| invalid("at least one block is needed"))?;
    if indices.ndim() != first.ndim() {
        return Err(invalid("the indices must have as many axes as the block"));
    }
    if indices.dtype() != DType::Int64 {
        return Err(Error::InputDType { expected: DType::Int64, given: indices.dtype() });
    }
    let around = [indices, first].map(|chunk| with_length(chunk.shape(), axis, 1));
    let around = broadcast_shapes(&around.each_ref().map(Vec::as_slice)).map_err(Error::data(KERNEL))?;
    let stretched = |chunk: &Chunk| {
        let own = Lanes::new(chunk.shape(), axis)?.length;
        broadcast(KERNEL, chunk, &with_length(&around, axis, own))?
            .ok_or_else(|| invalid("blocks must be of one length along the other axes"))
    };
    let indices = stretched(indices)?;
    let blocks = blocks.iter().map(stretched).collect::<Result<Vec<_>, _>>()?;
    let lanes = blocks.iter().map(|block| Lanes::new(block.shape(), axis)).collect::<Result<Vec<_>, _>>()?;
    let joined = Joined::new(lanes.iter().map(|lanes| lanes.length));
    let positions: &[i64] = elements(&indices);
    joined.check(KERNEL, positions, present(&indices).as_deref())?;
    let firsts: Vec<usize> = blocks
        .iter()
        .scan(0, |end, block| {
            let first = *end;
            *end += block.n_elements();
            Some(first)
        })
        .collect();
    let to = Lanes::new(indices.shape(), axis)?;
    let flat = |(at, &position): (usize, &i64)| {
        let (nth, place) = joined.locate(position)?;
        let plane = at / (to.length * to.inner).max(1);
        let within = (plane * lanes.get(nth)?.length + place) * to.inner + at % to.inner.max(1);
        Some((firsts.get(nth)? + within) as i64)
    };
    // Of an absent index nothing is taken.
    let flat: Vec<i64> = positions.iter().enumerate().map(|index| flat(index).unwrap_or(0)).collect();
    let (n, validity) = (flat.len() as u64, indices.validity().cloned());
    let flat = Chunk::try_new(DType::Int64, &[n], buffer_of(&flat), validity).map_err(Error::data(KERNEL))?;
    let blocks = blocks.iter().map(|block| block.reshape(&[block.n_elements() as u64]));
    let blocks = blocks.collect::<Result<Vec<_>, _>>().map_err(Error::data(KERNEL))?;
    let taken = gather(0..1, &flat, &blocks).map_err(|error| error.named(KERNEL))?;
    taken.reshape(indices.shape()).map_err(Error::data(KERNEL))
}

/// The places of a block's true elements, counted over the array that it is a part of, in C order.
///
/// # Errors
/// [`Error::Invalid`] when the block is not boolean, or not the one that the spans tell.
pub fn flatnonzero(spans: &[Span], array_shape: &[u64], block: &Chunk) -> Result<Chunk, Error> {
    const KERNEL: &str = "flatnonzero";
    let kept = kept(KERNEL, block)?;
    if !spans.iter().map(|span| &span.length).eq(block.shape()) || array_shape.len() != spans.len() {
        return Err(Error::Invalid {
            kernel: KERNEL,
            reason: "a block must have the shape that its grid tells",
        });
    }
    let mut strides = vec![1_usize; spans.len()];
    let mut stride = 1_usize;
    for (own, &length) in strides.iter_mut().zip(array_shape).rev() {
        *own = stride;
        // It is too large only where there are no elements.
        stride = stride.wrapping_mul(length as usize);
    }
    let axes = || spans.iter().zip(&strides);
    let outer = axes().len().saturating_sub(1);
    let row = spans.last().map_or(1, |span| span.length as usize);
    let mut places = Vec::new();
    for (nth, row) in kept.chunks(row.max(1)).enumerate() {
        let start: usize = axes().map(|(span, stride)| span.start as usize * stride).sum();
        let lengths = axes().take(outer).map(|(span, &stride)| (span.length as usize, stride));
        let first = (start + offset(lengths, nth)) as i64;
        places.extend((first..).zip(row).filter(|(_, kept)| **kept == 1).map(|(place, _)| place));
    }
    let n = places.len() as u64;
    Chunk::from_vec(places, &[n]).map_err(Error::data(KERNEL))
}
