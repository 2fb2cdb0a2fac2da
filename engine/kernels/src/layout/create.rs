//! Arrays that follow from a few numbers.

use gristmill_data::{Chunk, DType, Span, n_elements};

use crate::Error;
use crate::eval::{Input, bytes_of};
use crate::expr::{Constant, Number};

/// How many elements one made chunk may have: a shape is short to write.
const ELEMENTS_MAX: u64 = 1 << 31;

/// A block full of a number.
pub(super) fn full(constant: Constant, block: &[Span]) -> Result<Chunk, Error> {
    stretched("full", constant.dtype, &bytes_of(constant), &[], block)
}

/// A block whose elements grow evenly along one axis: `start + i * step` at place `i` of the whole array.
///
/// Integers wrap around; floats are made in double precision, each by itself.
pub(super) fn arange(
    dtype: DType,
    (start, step): (Number, Number),
    axis: usize,
    block: &[Span],
) -> Result<Chunk, Error> {
    let span = block.get(axis).ok_or(Error::Axis { axis: axis as u64, ndim: block.len() })?;
    n_elements(&[span.length]).map_err(Error::data("arange"))?;
    let mut bytes = Vec::new();
    for idx in span.start..span.start + span.length.min(ELEMENTS_MAX) {
        let number = match (start, step) {
            (Number::Int(start), Number::Int(step)) => {
                Number::Int(wrapped(start + i128::from(idx) * step, dtype))
            }
            (start, step) => Number::Float(float(start) + idx as f64 * float(step)),
        };
        bytes.extend_from_slice(&bytes_of(Constant::new(dtype, number)?));
    }
    let own: Vec<u64> = (0..block.len()).map(|n| if n == axis { span.length } else { 1 }).collect();
    stretched("arange", dtype, &bytes, &own, block)
}

/// A block of ones on a diagonal, the `k`-th above the main one, and zeros elsewhere.
pub(super) fn eye(dtype: DType, k: i64, block: &[Span]) -> Result<Chunk, Error> {
    let [rows, columns] = block else { return Err(Error::Axis { axis: 1, ndim: block.len() }) };
    let zeros = full(Constant::new(dtype, Number::Int(0))?, block)?;
    let one = bytes_of(Constant::new(dtype, Number::Int(1))?);
    let mut bytes = zeros.data().to_vec();
    for row in 0..rows.length {
        let column = i128::from(rows.start + row) + i128::from(k) - i128::from(columns.start);
        if let Ok(column) = u64::try_from(column)
            && column < columns.length
        {
            let first = (row * columns.length + column) as usize * one.len();
            if let Some(place) = bytes.get_mut(first..first + one.len()) {
                place.copy_from_slice(&one);
            }
        }
    }
    Chunk::try_new(dtype, zeros.shape(), bytes.into(), None).map_err(Error::data("eye"))
}

fn stretched(
    kernel: &'static str,
    dtype: DType,
    bytes: &[u8],
    own: &[u64],
    block: &[Span],
) -> Result<Chunk, Error> {
    let shape: Vec<u64> = block.iter().map(|span| span.length).collect();
    let n_elements = n_elements(&shape).map_err(Error::data(kernel))?;
    if n_elements > ELEMENTS_MAX {
        return Err(Error::TooLarge { kernel, n_elements, max: ELEMENTS_MAX });
    }
    let mut data =
        gristmill_data::arrow::buffer::MutableBuffer::from_len_zeroed(n_elements as usize * dtype.itemsize());
    Input::new(bytes, dtype.itemsize(), own, &shape).copy(0, data.as_slice_mut());
    Chunk::try_new(dtype, &shape, data.into(), None).map_err(Error::data(kernel))
}

fn float(number: Number) -> f64 {
    match number {
        Number::Int(int) => int as f64,
        Number::Float(float) => float,
        Number::Complex(complex) => complex.re,
    }
}

/// The integer that the dtype's bits make of it.
fn wrapped(int: i128, dtype: DType) -> i128 {
    let n_bits = 8 * dtype.itemsize() as u32;
    match dtype {
        DType::UInt8 | DType::UInt16 | DType::UInt32 | DType::UInt64 => int & ((1 << n_bits) - 1),
        dtype if dtype.is_integer() || dtype.is_time() => (int << (128 - n_bits)) >> (128 - n_bits),
        _ => int,
    }
}
