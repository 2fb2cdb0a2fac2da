//! Arithmetic on chunks, element by element: broadcasting and promotion as in NumPy 2.

use gristmill_data::arrow::buffer::NullBuffer;
use gristmill_data::{Chunk, DType, Element, Value, broadcast_shapes, n_elements};

use crate::Error;
use crate::arithmetic::{Operation, TAKES, operand};
use crate::element::{Number, convert, with_number};

/// How many elements a chunk may have that is larger than what it was made of: two short axes can make a vast plane.
const STRETCHED_ELEMENTS_MAX: u64 = 1 << 31;

/// The operation on all pairs of elements; an element is absent where one of its operands is.
pub(crate) fn combine(operation: Operation, left: &Chunk, right: &Chunk) -> Result<Value, Error> {
    let kernel = operation.name();
    let unsupported = |chunk: &Chunk| operand(kernel, &Value::Chunk(chunk.clone()));
    if let Some(time) = [left, right].into_iter().find(|chunk| chunk.dtype().is_time()) {
        return Err(unsupported(time));
    }
    let promoted = DType::promote(left.dtype(), right.dtype()).map_err(Error::data(kernel))?;
    // NumPy divides integers as floats.
    let inexact = promoted.is_float() || promoted.is_complex();
    let dtype = if operation == Operation::Div && !inexact { DType::Float64 } else { promoted };
    let shape = broadcast_shapes(&[left.shape(), right.shape()]).map_err(Error::data(kernel))?;
    let n_elements = n_elements(&shape).map_err(Error::data(kernel))?;
    if n_elements > STRETCHED_ELEMENTS_MAX && left.shape() != right.shape() {
        return Err(Error::TooLarge { kernel, n_elements, max: STRETCHED_ELEMENTS_MAX });
    }
    let chunk = with_number!(
        dtype,
        N => combine_as::<N>(operation, left, right, &shape),
        else => return Err(unsupported(left))
    );
    chunk.map(Value::Chunk).map_err(Error::data(kernel))
}

fn combine_as<T: Number>(
    operation: Operation,
    left: &Chunk,
    right: &Chunk,
    shape: &[u64],
) -> Result<Chunk, gristmill_data::Error> {
    let (l, r) = (convert::<T>(left)?, convert::<T>(right)?);
    let elements: Vec<T> = if left.shape() == right.shape() {
        l.iter().zip(r.iter()).map(|(&l, &r)| T::apply(operation, l, r)).collect()
    } else {
        let pairs = stretch(&l, left.shape(), shape).zip(stretch(&r, right.shape(), shape));
        pairs.map(|(&l, &r)| T::apply(operation, l, r)).collect()
    };
    let validity = combine_validity(left, right, shape);
    Chunk::try_new(T::DTYPE, shape, T::into_buffer(elements), validity)
}

fn combine_validity(left: &Chunk, right: &Chunk, shape: &[u64]) -> Option<NullBuffer> {
    let present = |chunk: &Chunk| {
        let validity = chunk.validity()?;
        let bits: Vec<bool> = validity.iter().collect();
        Some(NullBuffer::from_iter(stretch(&bits, chunk.shape(), shape).copied()))
    };
    NullBuffer::union(present(left).as_ref(), present(right).as_ref())
}

/// The elements in the order of a shape that `own` broadcasts to.
fn stretch<'a, T>(elements: &'a [T], own: &[u64], shape: &[u64]) -> impl Iterator<Item = &'a T> {
    // How far apart, in elements, neighbours along each axis of `shape` are; 0 where an axis is stretched.
    let mut strides = vec![0; shape.len()];
    let mut stride = 1;
    for (axis, &length) in strides.iter_mut().rev().zip(own.iter().rev()) {
        *axis = if length == 1 { 0 } else { stride };
        stride *= length as usize;
    }
    let n_elements: u64 = shape.iter().product();
    let lengths: Vec<u64> = shape.to_vec();
    let mut position = vec![0_u64; shape.len()];
    let mut at = 0;
    (0..n_elements).filter_map(move |_| {
        let element = elements.get(at);
        // The next position, and with it the next index: the last axis is the fastest.
        for ((coord, &length), &stride) in position.iter_mut().zip(&lengths).zip(&strides).rev() {
            *coord += 1;
            at += stride;
            if *coord < length {
                break;
            }
            at -= stride * length as usize;
            *coord = 0;
        }
        element
    })
}

/// The plain number as a chunk without axes that takes the dtype of `other` where it can, as in NumPy 2.
pub(crate) fn number_like(number: &Value, other: &Chunk, operation: Operation) -> Result<Chunk, Error> {
    let dtype = other.dtype();
    let exact = dtype.is_integer() || dtype == DType::Boolean;
    let chunk = match *number {
        Value::Float(float) if exact => Chunk::from_vec(vec![float], &[]),
        Value::Float(float) => {
            with_number!(dtype, N => single(N::from_float(float)), else => return Err(operand(operation.name(), number)))
        }
        Value::Int(_) | Value::UInt(_) if dtype == DType::Boolean => match number.as_int() {
            Ok(int) => Chunk::from_vec(vec![int], &[]),
            Err(_) => return Err(too_large(number, DType::Int64)),
        },
        Value::Int(_) | Value::UInt(_) => {
            let int = number.as_int().map(i128::from).or_else(|_| number.as_uint().map(i128::from));
            let int = int.map_err(Error::data(operation.name()))?;
            if dtype.is_integer() && !integer_range(dtype).contains(&int) {
                return Err(too_large(number, dtype));
            }
            with_number!(dtype, N => single(N::from_int(int)), else => return Err(operand(operation.name(), &Value::Chunk(other.clone()))))
        }
        _ => return Err(operand(operation.name(), number)),
    };
    chunk.map_err(Error::data(operation.name()))
}

fn single<T: Element>(element: T) -> Result<Chunk, gristmill_data::Error> {
    Chunk::from_vec(vec![element], &[])
}

fn too_large(number: &Value, dtype: DType) -> Error {
    Error::NumberTooLarge { number: format!("{number:?}").trim_end_matches('u').to_owned(), dtype }
}

/// The integers that an integer dtype holds.
fn integer_range(dtype: DType) -> std::ops::RangeInclusive<i128> {
    let n_bits = 8 * dtype.itemsize() as u32;
    let unsigned = matches!(dtype, DType::UInt8 | DType::UInt16 | DType::UInt32 | DType::UInt64);
    if unsigned { 0..=(1 << n_bits) - 1 } else { -(1 << (n_bits - 1))..=(1 << (n_bits - 1)) - 1 }
}

/// Every element with the other sign.
pub(crate) fn negate(chunk: &Chunk) -> Result<Value, Error> {
    let negated = with_number!(
        chunk.dtype(),
        N => negate_as::<N>(chunk),
        else => {
            let given = Value::Chunk(chunk.clone()).type_of();
            return Err(Error::Operand { kernel: "neg", expected: TAKES, given });
        }
    );
    negated.map(Value::Chunk).map_err(Error::data("neg"))
}

fn negate_as<T: Number>(chunk: &Chunk) -> Result<Chunk, gristmill_data::Error> {
    let elements = chunk.as_slice::<T>()?.iter().map(|element| element.negate()).collect();
    Chunk::try_new(T::DTYPE, chunk.shape(), T::into_buffer(elements), chunk.validity().cloned())
}

#[cfg(test)]
mod tests;
