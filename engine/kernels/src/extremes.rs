//! Where the least and the greatest elements of an array are, found block by block.
//!
//! Like other reductions in three steps, each a kernel: [`arg_reduce`] finds the extremes of one block, [`arg_combine`]
//! those of several, and [`arg_finish`] makes the result of the last ones. Of equal elements the first counts, and NaN
//! or not-a-time goes before all others, unless it is skipped. Absent elements do not count.
//!
//! # Layout
//! - this file: what can be asked for, and the three steps
//! - `best`: the loops
//! - `kernel`: the kernels of the same names

mod best;
pub(crate) mod kernel;

use std::fmt;
use std::str::FromStr;

use gristmill_data::{Chunk, DType};

use crate::Error;
use crate::blocks::{Lanes, elements, validity, with_kind, with_length};

/// Nothing of a lane has been seen.
const NOTHING: i64 = -3;
/// All of a lane was absent.
const ONLY_ABSENT: i64 = -2;
/// All of a lane that is there was NaN, and skipped.
const ONLY_NAN: i64 = -1;

/// The position of an extreme element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArgExtreme {
    /// The greatest element, not the least.
    pub is_max: bool,
    /// Whether NaN, or not-a-time, counts as absent.
    pub skip_nan: bool,
}

/// Where a block lies in its array.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Where the block begins, along each axis.
    pub starts: &'a [u64],
    /// The shape of the whole array.
    pub array_shape: &'a [u64],
}

/// The extremes of a part of an array, of length 1 along the axis, or without axes when there is one for all.
#[derive(Debug, Clone, PartialEq)]
pub struct Extremes {
    /// The elements; of no meaning where there is none.
    pub values: Chunk,
    /// Their positions along the axis of the whole array, or in all of it in C order, as `int64`; negative where there
    /// is none.
    pub positions: Chunk,
}

/// The extremes of a block along an axis, or of all its elements.
///
/// # Errors
/// [`Error::Axis`], or [`Error::OutsideArray`] when the block is no part of such an array.
pub fn arg_reduce(
    of: ArgExtreme,
    axis: Option<usize>,
    place: Place<'_>,
    block: &Chunk,
) -> Result<Extremes, Error> {
    let (lanes, shape) = match axis {
        Some(axis) => (Lanes::new(block.shape(), axis)?, with_length(block.shape(), axis, 1)),
        None => (Lanes { outer: 1, length: block.n_elements(), inner: 1 }, Vec::new()),
    };
    place.check("arg_reduce", block)?;
    let (values, mut positions) = with_kind!(block.dtype(), K => best::of_lanes::<K>(of, lanes, block));
    for position in positions.iter_mut().filter(|position| **position >= 0) {
        *position = match axis {
            Some(axis) => *position + place.starts.get(axis).map_or(0, |&start| start as i64),
            None => place.in_array(*position as u64, block.shape()) as i64,
        };
    }
    let error = Error::data;
    Ok(Extremes {
        values: Chunk::try_new(block.dtype(), &shape, values, None).map_err(error("arg_reduce"))?,
        positions: Chunk::from_vec(positions, &shape).map_err(error("arg_reduce"))?,
    })
}

/// The extremes of several parts of an array, of theirs.
///
/// # Errors
/// [`Error::Empty`] for none, [`Error::Invalid`] when they do not go together.
pub fn arg_combine(of: ArgExtreme, parts: &[Extremes]) -> Result<Extremes, Error> {
    const KERNEL: &str = "arg_combine";
    let first = parts.first().ok_or(Error::Empty { kernel: KERNEL })?;
    let meta = |part: &Extremes| (part.values.dtype(), part.values.shape().to_vec());
    let fits = |part: &Extremes| {
        meta(part) == meta(first)
            && part.positions.shape() == first.values.shape()
            && part.positions.dtype() == DType::Int64
    };
    if !parts.iter().all(fits) {
        let reason = "all parts must be of one dtype and shape, and their positions int64";
        return Err(Error::Invalid { kernel: KERNEL, reason });
    }
    let (dtype, shape) = meta(first);
    let (values, positions) = with_kind!(dtype, K => best::of_parts::<K>(of, parts));
    Ok(Extremes {
        values: Chunk::try_new(dtype, &shape, values, None).map_err(Error::data(KERNEL))?,
        positions: Chunk::from_vec(positions, &shape).map_err(Error::data(KERNEL))?,
    })
}

/// The positions, without the axis; absent where all elements were.
///
/// # Errors
/// [`Error::Axis`], [`Error::Empty`] for the extremes of nothing, [`Error::Invalid`] where all elements were NaN and
/// skipped.
pub fn arg_finish(axis: Option<usize>, extremes: &Extremes) -> Result<Chunk, Error> {
    const KERNEL: &str = "arg_finish";
    if extremes.positions.dtype() != DType::Int64 {
        return Err(Error::Invalid { kernel: KERNEL, reason: "positions must be int64" });
    }
    let mut shape = extremes.positions.shape().to_vec();
    if let Some(axis) = axis {
        if Lanes::new(&shape, axis)?.length != 1 {
            return Err(Error::Invalid {
                kernel: KERNEL,
                reason: "extremes must have length 1 along the axis",
            });
        }
        shape.remove(axis);
    }
    let positions: &[i64] = elements(&extremes.positions);
    if positions.contains(&NOTHING) {
        return Err(Error::Empty { kernel: KERNEL });
    }
    if positions.contains(&ONLY_NAN) {
        return Err(Error::Invalid {
            kernel: KERNEL,
            reason: "there is nothing but NaN, and that is skipped",
        });
    }
    let present: Vec<u8> = positions.iter().map(|&position| u8::from(position >= 0)).collect();
    let data = extremes.positions.data().clone();
    Chunk::try_new(DType::Int64, &shape, data, Some(validity(&present))).map_err(Error::data(KERNEL))
}

impl Place<'_> {
    /// # Errors
    /// [`Error::OutsideArray`].
    pub(crate) fn check(&self, kernel: &'static str, block: &Chunk) -> Result<(), Error> {
        let ends = self.starts.iter().zip(block.shape()).map(|(start, length)| start.checked_add(*length));
        let is_within = |(end, length): (Option<u64>, &u64)| end.is_some_and(|end| end <= *length);
        let ndims = [self.starts.len(), self.array_shape.len()];
        let n_elements = gristmill_data::n_elements(self.array_shape).map_err(Error::data(kernel))?;
        let is_countable = i64::try_from(n_elements).is_ok();
        if ndims == [block.ndim(); 2] && ends.zip(self.array_shape).all(is_within) && is_countable {
            return Ok(());
        }
        Err(Error::OutsideArray {
            array_shape: self.array_shape.to_vec(),
            start: self.starts.to_vec(),
            shape: block.shape().to_vec(),
        })
    }

    /// The position in the array of a position in the block, both in C order.
    #[must_use]
    pub fn in_array(&self, mut position: u64, shape: &[u64]) -> u64 {
        let (mut stride, mut result) = (1, 0);
        for ((&own, &start), &whole) in shape.iter().zip(self.starts).zip(self.array_shape).rev() {
            result += (position % own + start) * stride;
            position /= own;
            stride *= whole;
        }
        result
    }
}

/// `argmax`, `nanargmin`.
impl fmt::Display for ArgExtreme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nan = if self.skip_nan { "nan" } else { "" };
        write!(f, "{nan}{}", if self.is_max { "argmax" } else { "argmin" })
    }
}

impl FromStr for ArgExtreme {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let (is_max, skip_nan) = match text {
            "argmin" => (false, false),
            "argmax" => (true, false),
            "nanargmin" => (false, true),
            "nanargmax" => (true, true),
            _ => {
                let known = "argmin, argmax, nanargmin and nanargmax";
                let name = text.chars().take(40).collect();
                return Err(Error::NoSuchMode { what: "position of an extreme", name, known });
            }
        };
        Ok(Self { is_max, skip_nan })
    }
}

#[cfg(test)]
mod tests;
