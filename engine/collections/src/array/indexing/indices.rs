//! Places along axes: given as lists, or computed by an array.

use gristmill_data::{Chunk, DType};
use gristmill_kernels::expr::Op as ElementOp;

use crate::Error;
use crate::array::{Array, Op};

/// Places along an axis; negative ones count from the end. A number or a list is known when the expression is written, and
/// so is an array of data at hand; of another array of integers only the shape is.
#[derive(Debug, Clone)]
pub struct Indices(pub(super) Kind);

#[derive(Debug, Clone)]
pub(super) enum Kind {
    /// Their shape, and them.
    Known(Vec<u64>, Vec<i64>),
    Lazy(Array),
}

impl Indices {
    /// The shape of what is known, and it.
    ///
    /// # Errors
    /// When it is only known when it is computed.
    pub(super) fn known(self, name: &'static str) -> Result<(Vec<u64>, Vec<i64>), Error> {
        match self.0 {
            Kind::Known(shape, places) => Ok((shape, places)),
            Kind::Lazy(array) => {
                array.check()?;
                let reason =
                    "its places must be known when it is written: give a list, or an array of data at hand";
                Err(Error::array(name, reason.to_owned()))
            }
        }
    }
}

impl From<Array> for Indices {
    fn from(indices: Array) -> Self {
        let known = match indices.op() {
            Op::Data(chunk) => integers(chunk),
            _ => None,
        };
        Self(known.map_or_else(|| Kind::Lazy(indices.clone()), |places| Kind::Known(indices.shape(), places)))
    }
}

impl From<&Array> for Indices {
    fn from(indices: &Array) -> Self {
        indices.clone().into()
    }
}

impl From<i64> for Indices {
    fn from(index: i64) -> Self {
        Self(Kind::Known(Vec::new(), vec![index]))
    }
}

impl From<Vec<i64>> for Indices {
    fn from(indices: Vec<i64>) -> Self {
        Self(Kind::Known(vec![indices.len() as u64], indices))
    }
}

impl From<&[i64]> for Indices {
    fn from(indices: &[i64]) -> Self {
        indices.to_vec().into()
    }
}

impl<const N: usize> From<[i64; N]> for Indices {
    fn from(indices: [i64; N]) -> Self {
        indices.to_vec().into()
    }
}

/// The elements as integers, if they are and all are there.
fn integers(chunk: &Chunk) -> Option<Vec<i64>> {
    macro_rules! of {
        ($($dtype:ident: $integer:ty),*) => {
            match chunk.dtype() {
                $(DType::$dtype => {
                    let elements = chunk.as_slice::<$integer>().ok()?.iter();
                    // What does not fit is a place of no axis.
                    Some(elements.map(|&element| i64::try_from(element).unwrap_or(i64::MAX)).collect())
                })*
                _ => None,
            }
        };
    }
    if chunk.validity().is_some() {
        return None;
    }
    of!(Int8: i8, Int16: i16, Int32: i32, Int64: i64, UInt8: u8, UInt16: u16, UInt32: u32, UInt64: u64)
}

/// The places along an axis of this length, counted from its start.
///
/// # Errors
/// With the first that is outside.
pub(super) fn from_start(
    name: &'static str,
    places: &[i64],
    axis: usize,
    length: u64,
) -> Result<Vec<i64>, Error> {
    let place = |&place: &i64| {
        let from_start = if place < 0 { place.checked_add_unsigned(length)? } else { place };
        u64::try_from(from_start).is_ok_and(|place| place < length).then_some(from_start)
    };
    let refused =
        |at: &i64| Error::array(name, format!("{at} is no place along axis {axis}, which has {length}"));
    places.iter().map(|at| place(at).ok_or_else(|| refused(at))).collect()
}

/// The places of an array of integers, counted from the start of an axis of this length; those outside stay outside.
pub(super) fn wrapped(name: &'static str, indices: &Array, length: u64) -> Result<Array, Error> {
    indices.check()?;
    let dtype = indices.dtype();
    if !dtype.is_integer() {
        let reason =
            format!("places must be integers, but they are {dtype}; `compress` and `extract` take masks");
        return Err(Error::array(name, reason));
    }
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    if dtype == DType::UInt64 {
        return Ok(indices.minimum(length).astype(DType::Int64));
    }
    let indices = indices.astype(DType::Int64);
    let is_negative = indices.lt(0);
    Ok(Array::apply(ElementOp::Where, &[is_negative.into(), (&indices + length).into(), indices.into()]))
}

/// Places of one shape as those of a shape that it broadcasts to.
pub(super) fn stretched(places: &[i64], own: &[u64], shape: &[u64]) -> Vec<i64> {
    let n = shape.iter().product::<u64>();
    let skipped = shape.len().saturating_sub(own.len());
    let place = |mut at: u64| {
        let (mut from, mut stride) = (0, 1);
        for (&length, axis) in shape.iter().rev().zip((0..shape.len()).rev()) {
            let within = at % length.max(1);
            at /= length.max(1);
            let own = axis.checked_sub(skipped).and_then(|axis| own.get(axis)).copied().unwrap_or(1);
            from += if own == 1 { 0 } else { within * stride };
            stride *= own;
        }
        places.get(from as usize).copied()
    };
    if own == shape { places.to_vec() } else { (0..n).filter_map(place).collect() }
}
