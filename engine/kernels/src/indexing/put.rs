//! Other elements put in the places of some.

use std::ops::Range;

use gristmill_data::{Chunk, DType, NDIM_MAX};

use super::take::{Joined, kept};
use crate::Error;
use crate::blocks::{Lanes, cast, check_size, elements};
use crate::layout::strided::{Assembly, Rows, Strides, c_order, copied};

/// A box of a block: along each axis the first position, how far apart they are, and how many.
#[derive(Debug, Clone, Copy)]
pub struct BlockBox<'a> {
    /// The first position along each axis.
    pub starts: &'a [i64],
    /// From one position to the next, along each axis; negative when they go backwards.
    pub steps: &'a [i64],
    /// How many positions along each axis.
    pub lengths: &'a [u64],
}

/// The block with a value in the places of a box, as `x[1:9:2] = value` does it: the value becomes the block's dtype and
/// broadcasts to the box. What is absent in the value becomes absent.
///
/// # Errors
/// [`Error::Invalid`] when the box lies outside of the block, or the value does not broadcast to it.
pub fn put(place: BlockBox<'_>, block: &Chunk, value: &Chunk) -> Result<Chunk, Error> {
    const KERNEL: &str = "put";
    let outside = |reason| Error::Invalid { kernel: KERNEL, reason };
    let ndim = block.ndim();
    if [place.starts.len(), place.steps.len(), place.lengths.len()] != [ndim; 3] {
        return Err(outside("a box must have as many axes as the block"));
    }
    let mut to = Strides { first: 0, strides: Vec::with_capacity(NDIM_MAX) };
    let axes = place.starts.iter().zip(place.steps).zip(place.lengths);
    for (((&start, &step), &length), (own, &stride)) in
        axes.zip(block.shape().iter().zip(&c_order(block.shape())))
    {
        let last = i64::try_from(length.saturating_sub(1))
            .ok()
            .and_then(|n| n.checked_mul(step)?.checked_add(start));
        let is_within = |at: i64| at >= 0 && (at as u64) < *own;
        if length == 0 {
            to.strides.push(0);
            continue;
        }
        if !is_within(start) || !last.is_some_and(is_within) {
            return Err(outside("a box must lie within the block, along every axis"));
        }
        if step == 0 && length > 1 {
            return Err(outside("a box must not stay at one position: a step is 0"));
        }
        to.first = to.first.wrapping_add_signed(start as isize * stride);
        to.strides.push(if length > 1 { step as isize * stride } else { 0 });
    }
    let value = cast(value, block.dtype())?;
    let strides = broadcast_strides(value.shape(), place.lengths)
        .ok_or_else(|| outside("the value does not broadcast to the box"))?;
    if place.lengths.contains(&0) {
        return Ok(block.clone());
    }
    let mut assembly = Assembly::of(block);
    let lengths: Vec<usize> = place.lengths.iter().map(|&length| length as usize).collect();
    assembly.put(&lengths, &value, &Strides { first: 0, strides }, &to);
    assembly.finish(KERNEL)
}

/// The block with a value where a mask of its shape is true: one element, a chunk that broadcasts to the block, or as
/// many elements as there are true ones, which go there in C order.
///
/// # Errors
/// [`Error::Invalid`] when the mask is not boolean or has another shape, or the value fits none of these.
pub fn put_mask(mask: &Chunk, block: &Chunk, value: &Chunk) -> Result<Chunk, Error> {
    const KERNEL: &str = "put_mask";
    let kept = kept(KERNEL, mask)?;
    if mask.shape() != block.shape() {
        return Err(Error::Invalid { kernel: KERNEL, reason: "a mask must have the shape of the block" });
    }
    let value = cast(value, block.dtype())?;
    let n_true = kept.iter().filter(|&&kept| kept == 1).count();
    let places = kept.iter().enumerate().filter(|(_, kept)| **kept == 1).map(|(at, _)| at);
    let mut assembly = Assembly::of(block);
    // A row of as many as are true is that, though it may have the length of the last axis.
    if value.shape() == [n_true as u64] {
        assembly.replace(places.zip(0..), &value);
    } else if let Some(whole) = broadcast(KERNEL, &value, block.shape())? {
        assembly.replace(places.map(|at| (at, at)), &whole);
    } else {
        let reason =
            "the value must broadcast to the block, or have as many elements as the mask has true ones";
        return Err(Error::Invalid { kernel: KERNEL, reason });
    }
    assembly.finish(KERNEL)
}

/// The block with rows of a value at these positions along axes that are taken as one, which [`gather`](super::gather)
/// would take: the value becomes the block's dtype and broadcasts to them. Of a position that is there twice, the last
/// row stays.
///
/// # Errors
/// [`Error::Axis`], [`Error::NoSuchPosition`] for one outside of the block, [`Error::InputDType`] when the positions are no
/// `int64`, or [`Error::Invalid`] when one is absent or the value does not broadcast.
pub fn scatter(axes: Range<usize>, positions: &Chunk, block: &Chunk, value: &Chunk) -> Result<Chunk, Error> {
    const KERNEL: &str = "scatter";
    let invalid = |reason| Error::Invalid { kernel: KERNEL, reason };
    let lanes = Lanes::along(block.shape(), axes.clone())?;
    if positions.dtype() != DType::Int64 {
        return Err(Error::InputDType { expected: DType::Int64, given: positions.dtype() });
    }
    if positions.validity().is_some() {
        return Err(invalid("a position must not be absent"));
    }
    let places: &[i64] = elements(positions);
    Joined::new(std::iter::once(lanes.length)).check(KERNEL, places, None)?;
    let (before, rest) = block.shape().split_at_checked(axes.start).unwrap_or_default();
    let after = rest.get(axes.len()..).unwrap_or_default();
    let shape = [before, positions.shape(), after].concat();
    check_size(KERNEL, &shape)?;
    let value = broadcast(KERNEL, &cast(value, block.dtype())?, &shape)?
        .ok_or_else(|| invalid("the value does not broadcast to the rows at the positions"))?;
    let mut assembly = Assembly::of(block);
    let rows = Rows { inner: lanes.inner, n_from: places.len(), n_to: lanes.length };
    let pairs: Vec<(usize, usize)> =
        places.iter().enumerate().map(|(from, &to)| (to as usize, from)).collect();
    assembly.rows(rows, &pairs, &value);
    assembly.finish(KERNEL)
}

/// The value as a chunk of this shape, if it broadcasts to it.
pub(crate) fn broadcast(kernel: &'static str, value: &Chunk, shape: &[u64]) -> Result<Option<Chunk>, Error> {
    if value.shape() == shape {
        return Ok(Some(value.clone()));
    }
    let Some(strides) = broadcast_strides(value.shape(), shape) else { return Ok(None) };
    copied(kernel, value, &Strides { first: 0, strides }, shape).map(Some)
}

/// How far apart a chunk's elements are along the axes of a shape that it broadcasts to; 0 where it is stretched.
fn broadcast_strides(own: &[u64], shape: &[u64]) -> Option<Vec<isize>> {
    let leading = own.len().saturating_sub(shape.len());
    // As NumPy, which lets go of leading axes of length 1 here.
    let (dropped, own) = own.split_at(leading);
    if dropped.iter().any(|&length| length != 1) {
        return None;
    }
    let mut strides = vec![0; shape.len() - own.len()];
    let lengths = shape.iter().skip(strides.len());
    for ((&own, stride), &length) in own.iter().zip(c_order(own)).zip(lengths) {
        match own {
            own if own == length && own != 1 => strides.push(stride),
            1 => strides.push(0),
            _ => return None,
        }
    }
    Some(strides)
}
