//! Sums of a block's windows times weights: stencils, moving averages, derivatives.
//!
//! Windows lie within the block, so that the result is shorter by a window less one along each axis. What lies beside the
//! block is what [`overlap`](crate::overlap()) is for.

use std::ops::{Add, Mul};

use bytemuck::Pod;
use gristmill_data::{Chunk, DType, Memory, Type, Value};

use crate::Error;
use crate::blocks::{Args, array_kernel, cast_mut, elements};
use crate::registry::{Kernel, param};

const KERNEL: &str = "convolve";
/// How many axes a block may have.
const NDIM_MAX: usize = 3;

/// For each window of a block the sum of its elements times the weights, which have the window's shape: SciPy's
/// `correlate` in the mode `valid`. A convolution in the narrow sense has its weights turned round before.
///
/// Blocks have one to three axes, of `float32` or `float64` as the weights; all elements must be there.
///
/// # Errors
/// [`Error::NoLoop`] for other dtypes; [`Error::Invalid`] for other numbers of axes, windows without elements or longer than
/// the block, and absent elements.
///
/// # Example
/// ```
/// use gristmill_data::Chunk;
/// use gristmill_kernels::convolve;
///
/// let x = Chunk::from_vec(vec![1.0, 4.0, 9.0, 16.0, 25.0], &[5])?;
/// let second_difference = Chunk::from_vec(vec![1.0, -2.0, 1.0], &[3])?;
/// assert_eq!(convolve(&x, &second_difference)?.as_slice::<f64>()?, [2.0, 2.0, 2.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn convolve(block: &Chunk, weights: &Chunk) -> Result<Chunk, Error> {
    let shape = convolve_shape(block.shape(), weights.shape())?;
    if block.validity().is_some() || weights.validity().is_some() {
        return Err(wrong("all elements must be there: fill those that are absent"));
    }
    let data = match (block.dtype(), weights.dtype()) {
        (DType::Float32, DType::Float32) => sums::<f32>(block, weights, &shape),
        (DType::Float64, DType::Float64) => sums::<f64>(block, weights, &shape),
        (block, weights) => return Err(Error::NoLoop { op: KERNEL, dtypes: vec![block, weights] }),
    };
    Chunk::try_new(block.dtype(), &shape, data.into_buffer(), None).map_err(Error::data(KERNEL))
}

/// The shape of what [`convolve`] gives.
///
/// # Errors
/// [`Error::Invalid`], as there.
pub fn convolve_shape(block: &[u64], weights: &[u64]) -> Result<Vec<u64>, Error> {
    if !(1..=NDIM_MAX).contains(&block.len()) || block.len() != weights.len() {
        return Err(wrong("a block has one to three axes, and the weights as many"));
    }
    let left = |(&length, &window): (&u64, &u64)| (length + 1).checked_sub(window).filter(|_| window > 0);
    let lengths = block.iter().zip(weights).map(left).collect::<Option<Vec<u64>>>();
    let lengths = lengths.filter(|lengths| lengths.iter().all(|&length| length > 0));
    lengths.ok_or_else(|| wrong("a window has no elements, or more than the block"))
}

fn wrong(reason: &'static str) -> Error {
    Error::Invalid { kernel: KERNEL, reason }
}

/// The sums, in C order of the weights; the innermost loop goes along a row, so that it becomes vector instructions.
fn sums<T: Pod + Add<Output = T> + Mul<Output = T>>(block: &Chunk, weights: &Chunk, shape: &[u64]) -> Memory {
    let [_, rows, columns] = three(block.shape());
    let [_, window_rows, window_columns] = three(weights.shape());
    let [planes, n_rows, n_columns] = three(shape);
    let (from, weights): (&[T], &[T]) = (elements(block), elements(weights));
    let mut data = Memory::zeroed(planes * n_rows * n_columns * size_of::<T>());
    let out = cast_mut::<T>(&mut data);
    for (nth, out) in out.chunks_mut(n_columns.max(1)).enumerate() {
        let (plane, row) = (nth / n_rows, nth % n_rows);
        for (at, &weight) in weights.iter().enumerate() {
            let (along, column) = (at / window_columns, at % window_columns);
            let (down, across) = (along / window_rows, along % window_rows);
            let first = ((plane + down) * rows + row + across) * columns + column;
            let from = from.get(first..first + n_columns).unwrap_or_default();
            out.iter_mut().zip(from).for_each(|(out, &from)| *out = *out + weight * from);
        }
    }
    data
}

/// The lengths along three axes, of which the first ones may be added.
fn three(shape: &[u64]) -> [usize; 3] {
    let mut lengths = [1; 3];
    for (length, &own) in lengths.iter_mut().rev().zip(shape.iter().rev()) {
        *length = own as usize;
    }
    lengths
}

pub(crate) fn kernels() -> [Kernel; 1] {
    [array_kernel(
        KERNEL,
        "The sum of each window's elements times weights of its shape.",
        vec![param("of", Type::ANY_ARRAY), param("weights", Type::ANY_ARRAY)],
        |args| {
            let args = Args::new(KERNEL, args);
            convolve(args.chunk(0)?, args.chunk(1)?).map(Value::Chunk)
        },
    )]
}

#[cfg(test)]
mod tests;
