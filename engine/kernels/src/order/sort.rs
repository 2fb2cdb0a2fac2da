//! Blocks sorted along an axis.

use gristmill_data::arrow::buffer::Buffer;
use gristmill_data::{Chunk, DType};

use crate::blocks::{Kind, Lanes, cast_mut, elements, present, validity, with_kind, with_length, zeroed};
use crate::{Error, take_along_axis};

/// A block sorted along an axis; of zeros, those with a sign come first.
///
/// # Errors
/// [`Error::Axis`].
pub fn sort(axis: usize, block: &Chunk) -> Result<Chunk, Error> {
    let lanes = Lanes::new(block.shape(), axis)?;
    let mut present = present(block);
    let data = with_kind!(block.dtype(), K => sorted::<K>(lanes, block, present.as_deref_mut()));
    Chunk::try_new(block.dtype(), block.shape(), data, present.as_deref().map(validity))
        .map_err(Error::data("sort"))
}

fn sorted<K: Kind>(lanes: Lanes, block: &Chunk, mut present: Option<&mut [u8]>) -> Buffer {
    let from: &[K::Element] = elements(block);
    let mut out = zeroed::<K::Element>(from.len());
    let to = cast_mut::<K::Element>(&mut out);
    if lanes.inner == 1 && present.is_none() {
        to.copy_from_slice(from);
        to.chunks_mut(lanes.length.max(1)).for_each(K::sort);
        return out.into();
    }
    let (mut lane, mut marks) = (Vec::with_capacity(lanes.length), Vec::new());
    for nth in 0..lanes.n() {
        lanes.gather(nth, from, &mut lane);
        if let Some(present) = &mut present {
            lanes.gather(nth, present, &mut marks);
            let mut all = marks.iter();
            lane.retain(|_| all.next() == Some(&1));
            let n = lane.len();
            lanes.scatter(nth, (0..lanes.length).map(|at| u8::from(at < n)), present);
        }
        K::sort(&mut lane);
        lanes.scatter(nth, lane.iter().copied(), to);
    }
    out.into()
}

/// The positions that sort a block along an axis, as `int64`; of equal elements the first comes first.
///
/// # Errors
/// [`Error::Axis`].
pub fn argsort(axis: usize, block: &Chunk) -> Result<Chunk, Error> {
    let lanes = Lanes::new(block.shape(), axis)?;
    let data = with_kind!(block.dtype(), K => first_places::<K>(lanes, block, lanes.length, false));
    Chunk::try_new(DType::Int64, block.shape(), data, None).map_err(Error::data("argsort"))
}

/// The `k` greatest elements along an axis, the greatest first; or the `-k` least of a negative `k`, the least first.
/// All in this order, where there are not as many.
///
/// # Errors
/// [`Error::Axis`].
pub fn topk(k: i64, axis: usize, block: &Chunk) -> Result<Chunk, Error> {
    Ok(argtopk(k, axis, block, None)?.0)
}

/// The elements that [`topk`] gives, and their positions along the axis.
///
/// Positions are those in `positions`, an `int64` chunk of the block's shape, when that is given: blocks of elements and of positions,
/// each with the others of their kind along the axis, have the greatest of the whole.
///
/// # Errors
/// [`Error::Axis`], or [`Error::Invalid`] when the positions are of another shape or dtype.
pub fn argtopk(
    k: i64,
    axis: usize,
    block: &Chunk,
    positions: Option<&Chunk>,
) -> Result<(Chunk, Chunk), Error> {
    const KERNEL: &str = "argtopk";
    let lanes = Lanes::new(block.shape(), axis)?;
    if let Some(positions) = positions
        && (positions.shape(), positions.dtype()) != (block.shape(), DType::Int64)
    {
        return Err(Error::Invalid {
            kernel: KERNEL,
            reason: "positions must be int64, and of the block's shape",
        });
    }
    let n = lanes.length.min(usize::try_from(k.unsigned_abs()).unwrap_or(usize::MAX));
    let (shape, dtype) = (with_length(block.shape(), axis, n), block.dtype());
    let places = with_kind!(dtype, K => first_places::<K>(lanes, block, n, k > 0));
    let places = Chunk::try_new(DType::Int64, &shape, places, None).map_err(Error::data(KERNEL))?;
    let taken = |of: &Chunk| take_along_axis(axis, &places, std::slice::from_ref(of));
    let values = taken(block)?;
    let positions = match positions {
        Some(positions) => taken(positions)?,
        None => places,
    };
    Ok((values, positions))
}

/// The places in each lane of the first `n` elements in order, or in the reverse order; equal ones by their places.
fn first_places<K: Kind>(lanes: Lanes, block: &Chunk, n: usize, reverse: bool) -> Buffer {
    let from: &[K::Element] = elements(block);
    let present = present(block);
    let mut out = zeroed::<i64>(lanes.n() * n);
    let to = cast_mut::<i64>(&mut out);
    let to_lanes = Lanes { length: n, ..lanes };
    let (mut lane, mut marks, mut absent) = (Vec::with_capacity(lanes.length), Vec::new(), Vec::new());
    let mut keys: Vec<(K::Key, i64)> = Vec::with_capacity(lanes.length);
    for nth in 0..lanes.n() {
        lanes.gather(nth, from, &mut lane);
        keys.clear();
        keys.extend(lane.iter().map(|&element| K::key(element)).zip(0..));
        absent.clear();
        if let Some(present) = &present {
            lanes.gather(nth, present, &mut marks);
            absent.extend((0..).zip(&marks).filter(|(_, mark)| **mark == 0).map(|(at, _)| at));
            keys.retain(|&(_, at)| marks.get(at as usize) == Some(&1));
        }
        first_of(&mut keys, n, reverse);
        to_lanes.scatter(nth, keys.iter().map(|&(_, at)| at).chain(absent.iter().copied()), to);
    }
    out.into()
}

/// Sorts so that the first `n` are right.
fn first_of<K: Ord + Copy>(keys: &mut [(K, i64)], n: usize, reverse: bool) {
    let descending = |a: &(K, i64), b: &(K, i64)| b.0.cmp(&a.0).then(a.1.cmp(&b.1));
    let last = if n < keys.len() { n.checked_sub(1) } else { None };
    match (last, reverse) {
        (Some(last), false) => _ = keys.select_nth_unstable(last),
        (Some(last), true) => _ = keys.select_nth_unstable_by(last, descending),
        (None, _) => {}
    }
    let n = n.min(keys.len());
    let keys = keys.get_mut(..n).unwrap_or_default();
    if reverse { keys.sort_unstable_by(descending) } else { keys.sort_unstable() }
}
