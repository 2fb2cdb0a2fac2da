//! Element-wise programs run on the CPU: block by block, every step over a whole block before the next.
//!
//! A block's intermediate results stay in the first-level cache, so a program costs one pass over its inputs and one
//! over its result, however many steps it has (the design of numexpr's virtual machine).
//!
//! # Layout
//! - [`evaluate`]: a program on chunks
//! - `program`: steps made into loops, and registers for their results
//! - `input`: blocks of chunks that broadcast
//! - `loops`: what a step does to a block; `prefetch`: the next block, asked for while this one is computed

mod input;
mod loops;
mod prefetch;
mod program;

use gristmill_data::arrow::buffer::NullBuffer;
use gristmill_data::{Chunk, DType, Memory, broadcast_shapes};

use crate::Error;
use crate::blocks::{self, check_size};
use crate::expr::Expr;
pub(crate) use input::Input;
pub(crate) use program::{BLOCK, Program, bytes_of};

/// The name under which errors know this.
pub(crate) const KERNEL: &str = "elementwise";

/// The program on these chunks, which broadcast together; an element is absent where one of its inputs is.
///
/// # Errors
/// [`Error::Arity`], [`Error::Operand`] when a chunk is not of its input's dtype, shapes that do not broadcast, a result
/// that is too large for one chunk, or [`Error::NegativePower`].
///
/// # Example
/// ```
/// use gristmill_data::{Chunk, DType};
/// use gristmill_kernels::{evaluate, expr::{ExprBuilder, Op}};
///
/// let mut builder = ExprBuilder::new();
/// let (x, y) = (builder.input(DType::Int32)?, builder.input(DType::Float64)?);
/// let product = builder.apply(Op::Multiply, &[x, y])?;
/// let root = builder.apply(Op::Sqrt, &[product])?;
/// let expr = builder.finish(root);
///
/// let x = Chunk::from_vec(vec![1, 4, 9], &[3])?;
/// let y = Chunk::from_vec(vec![4.0], &[1])?;
/// assert_eq!(evaluate(&expr, &[x, y])?.as_slice::<f64>()?, [2.0, 4.0, 6.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn evaluate(expr: &Expr, inputs: &[Chunk]) -> Result<Chunk, Error> {
    let shape = shape_of(expr, inputs)?;
    let n_elements: usize = shape.iter().product::<u64>() as usize;
    let mut program = Program::new(expr, inputs, &shape)?;
    let itemsize = expr.dtype().itemsize();
    let mut data = Memory::new(n_elements * itemsize);
    for (n, out) in data.as_mut_slice().chunks_mut(BLOCK * itemsize).enumerate() {
        program.run(n * BLOCK, out)?;
    }
    let validity = validity_of(inputs, &shape);
    Chunk::try_new(expr.dtype(), &shape, data.into_buffer(), validity).map_err(Error::data(KERNEL))
}

/// The shape of the program's result on these chunks.
pub(crate) fn shape_of(expr: &Expr, inputs: &[Chunk]) -> Result<Vec<u64>, Error> {
    let expected = expr.inputs();
    if inputs.len() != expected.len() {
        let expected = format!("{} chunks", expected.len());
        return Err(Error::Arity { kernel: KERNEL, expected, given: inputs.len() });
    }
    if let Some((chunk, &dtype)) = inputs.iter().zip(expected).find(|(chunk, dtype)| chunk.dtype() != **dtype)
    {
        return Err(Error::InputDType { expected: dtype, given: chunk.dtype() });
    }
    let shapes: Vec<&[u64]> = inputs.iter().map(Chunk::shape).collect();
    let shape = broadcast_shapes(&shapes).map_err(Error::data(KERNEL))?;
    // Two short axes can make a vast plane.
    if !shapes.contains(&&*shape) {
        check_size(KERNEL, &shape)?;
    }
    Ok(shape)
}

/// Which elements of the result are there: those that are in every input.
pub(crate) fn validity_of(inputs: &[Chunk], shape: &[u64]) -> Option<NullBuffer> {
    inputs
        .iter()
        .filter_map(|chunk| broadcast_validity(chunk, shape))
        .fold(None, |all, next| NullBuffer::union(all.as_ref(), Some(&next)))
}

fn broadcast_validity(chunk: &Chunk, shape: &[u64]) -> Option<NullBuffer> {
    let validity = chunk.validity()?;
    if chunk.shape() == shape {
        return Some(validity.clone());
    }
    let present = blocks::present(chunk)?;
    let mut stretched = vec![0; shape.iter().product::<u64>() as usize];
    Input::new(&present, 1, chunk.shape(), shape).copy(0, &mut stretched);
    Some(blocks::validity(&stretched))
}

/// Room for so many elements of a dtype, aligned for every one.
pub(crate) fn with_capacity_for(dtype: DType, n_elements: usize) -> Vec<u128> {
    vec![0; (n_elements * dtype.itemsize()).div_ceil(size_of::<u128>())]
}

#[cfg(test)]
mod tests;
