//! Where elements belong among others in order.

use std::fmt;
use std::str::FromStr;

use gristmill_data::{Chunk, DType};

use crate::Error;
use crate::blocks::{Kind, cast, elements, present, with_kind};

/// On which side of equal elements another one belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Before them.
    Left,
    /// After them.
    Right,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Left => "left",
            Self::Right => "right",
        })
    }
}

impl FromStr for Side {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "left" => Ok(Self::Left),
            "right" => Ok(Self::Right),
            _ => Err(Error::NoSuchMode {
                what: "side",
                name: text.chars().take(40).collect(),
                known: "left and right",
            }),
        }
    }
}

/// For each value how many elements of a sorted block without axes but one go before it, as `int64`: of a block of a
/// longer sorted array, what is to be added up for the whole. Where a value is absent, so is its place.
///
/// # Errors
/// [`Error::Axis`] when the block has not one axis, and dtypes without a common one.
pub fn searchsorted(side: Side, sorted: &Chunk, values: &Chunk) -> Result<Chunk, Error> {
    const KERNEL: &str = "searchsorted";
    one_axis(sorted)?;
    let dtype = DType::promote(sorted.dtype(), values.dtype()).map_err(Error::data(KERNEL))?;
    let (sorted, cast_values) = (cast(sorted, dtype)?, cast(values, dtype)?);
    // Those that are absent come last.
    let n = sorted.n_elements() - sorted.validity().map_or(0, |validity| validity.null_count());
    let places = with_kind!(dtype, K => {
        let keys = keys::<K>(&sorted, n);
        places::<K>(&cast_values, |key| before(&keys, side, key))
    });
    places_of(KERNEL, values, places)
}

/// For each element the bin that it falls into, as `int64`: bin `i` goes from edge `i - 1` to edge `i`, without the
/// latter, or without the former when `right`. Edges may also fall.
///
/// # Errors
/// [`Error::Invalid`] when the edges neither rise nor fall, and as [`searchsorted`].
pub fn digitize(right: bool, edges: &Chunk, block: &Chunk) -> Result<Chunk, Error> {
    const KERNEL: &str = "digitize";
    one_axis(edges)?;
    let dtype = DType::promote(edges.dtype(), block.dtype()).map_err(Error::data(KERNEL))?;
    if dtype.is_complex() || edges.validity().is_some() {
        return Err(Error::Invalid { kernel: KERNEL, reason: "edges must be there, and real" });
    }
    let (edges, cast_block) = (cast(edges, dtype)?, cast(block, dtype)?);
    let side = if right { Side::Left } else { Side::Right };
    let places = with_kind!(dtype, K => {
        let mut keys = keys::<K>(&edges, edges.n_elements());
        let n = keys.len() as i64;
        if keys.is_sorted() {
            places::<K>(&cast_block, |key| before(&keys, side, key))
        } else {
            keys.reverse();
            if !keys.is_sorted() {
                return Err(Error::Invalid { kernel: KERNEL, reason: "edges must rise, or fall" });
            }
            places::<K>(&cast_block, |key| n - before(&keys, side, key))
        }
    });
    places_of(KERNEL, block, places)
}

pub(super) fn one_axis(chunk: &Chunk) -> Result<(), Error> {
    match chunk.ndim() {
        1 => Ok(()),
        ndim => Err(Error::Axis { axis: 0, ndim }),
    }
}

pub(super) fn keys<K: Kind>(chunk: &Chunk, n: usize) -> Vec<K::Key> {
    elements::<K::Element>(chunk).iter().take(n).map(|&element| K::key(element)).collect()
}

fn before<K: Ord>(keys: &[K], side: Side, key: K) -> i64 {
    let n = match side {
        Side::Left => keys.partition_point(|other| *other < key),
        Side::Right => keys.partition_point(|other| *other <= key),
    };
    n as i64
}

fn places<K: Kind>(values: &Chunk, place: impl Fn(K::Key) -> i64) -> Vec<i64> {
    elements::<K::Element>(values).iter().map(|&element| place(K::key(element))).collect()
}

fn places_of(kernel: &'static str, values: &Chunk, places: Vec<i64>) -> Result<Chunk, Error> {
    let data = <i64 as gristmill_data::Element>::into_buffer(places);
    let validity = present(values).as_deref().map(crate::blocks::validity);
    Chunk::try_new(DType::Int64, values.shape(), data, validity).map_err(Error::data(kernel))
}
