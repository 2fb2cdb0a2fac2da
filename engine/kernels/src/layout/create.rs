//! Arrays that follow from a few numbers.

use gristmill_data::{Chunk, DType, Memory, Span};

use crate::Error;
use crate::blocks::{cast, check_size};
use crate::eval::{Input, bytes_of};
use crate::expr::{Constant, Number};

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
    check_size("arange", &shape_of(block))?;
    let shape = [span.length];
    let places = span.start..span.start + span.length;
    // In 64 bits, which wrap around to the same bits as any smaller integer does.
    let numbers = match (start, step) {
        (Number::Int(start), Number::Int(step)) => {
            let (start, step) = (start as i64, step as i64);
            let number = |idx: u64| start.wrapping_add(step.wrapping_mul(idx as i64));
            Chunk::from_vec(places.map(number).collect::<Vec<i64>>(), &shape)
        }
        (start, step) => {
            let (start, step) = (float(start), float(step));
            Chunk::from_vec(places.map(|idx| start + idx as f64 * step).collect::<Vec<f64>>(), &shape)
        }
    };
    let numbers = numbers.map_err(Error::data("arange"))?;
    let numbers = cast(&numbers, dtype)?;
    let own: Vec<u64> = (0..block.len()).map(|n| if n == axis { span.length } else { 1 }).collect();
    stretched("arange", dtype, numbers.data(), &own, block)
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
    let shape = shape_of(block);
    let mut data = Memory::new(check_size(kernel, &shape)? * dtype.itemsize());
    Input::new(bytes, dtype.itemsize(), own, &shape).copy(0, data.as_mut_slice());
    Chunk::try_new(dtype, &shape, data.into_buffer(), None).map_err(Error::data(kernel))
}

fn shape_of(block: &[Span]) -> Vec<u64> {
    block.iter().map(|span| span.length).collect()
}

fn float(number: Number) -> f64 {
    match number {
        Number::Int(int) => int as f64,
        Number::Float(float) => float,
        Number::Complex(complex) => complex.re,
    }
}
