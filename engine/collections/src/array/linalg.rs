//! Linear algebra: factors, solutions and values of matrices, of one block or of many.
//!
//! The words are those of `numpy.linalg`, and of `scipy.linalg` for `lu` and `solve_triangular`. A matrix of two axes may be
//! larger than a task may hold: it is factored by blocks. An array of more axes is a stack of matrices, each of which becomes
//! one chunk; the axes before stay cut as they are, and broadcast where two arrays meet. Integers and booleans are computed as
//! `float64`, and half precision is refused.
//!
//! # Layout
//! - this file: matrices, and calls of a kernel for each block of a stack
//! - `qr`, `svd`, `cholesky`, `lu`: factors
//! - `solve`: equations, inverses, least squares; `measures`: norms, determinants, ranks, powers
//! - `eigen`: eigenvalues

mod cholesky;
mod eigen;
mod lu;
mod measures;
mod qr;
mod solve;
mod svd;

use gristmill_data::{ChunkGrid, DType};
use gristmill_graph::Arg;
use gristmill_kernels::linalg::matrix_dtype;

use super::call::{Call, blocks, labelled};
use super::unify::{refined, unify_labelled};
use super::{Array, concatenate};
use crate::Error;

pub use measures::MatrixNorm;
pub use svd::Compressed;

/// The array in a dtype that matrices are computed in.
///
/// # Errors
/// When it has less than two axes, a length that is not known, or a dtype without such.
fn matrix(name: &'static str, array: &Array) -> Result<Array, Error> {
    shaped(name, array)?;
    Ok(array.astype(matrix_dtype(name, array.dtype()).map_err(Error::kernel(name))?).without_empty_chunks())
}

/// Whether it has the axes of matrices.
fn shaped(name: &'static str, array: &Array) -> Result<(), Error> {
    Array::all_known(name, [array])?;
    match array.ndim() {
        0 | 1 => {
            Err(Error::array(name, format!("a matrix has two axes, and the array has {}", array.ndim())))
        }
        _ => Ok(()),
    }
}

/// Whether these are matrices with as many rows as columns.
fn squared(name: &'static str, array: &Array) -> Result<(), Error> {
    shaped(name, array)?;
    let (n_rows, n_columns) = sides(array);
    match n_rows == n_columns {
        true => Ok(()),
        false => {
            let reason = format!("the matrix is not square: it has {n_rows} rows and {n_columns} columns");
            Err(Error::array(name, reason))
        }
    }
}

/// Such in a dtype that matrices are computed in.
fn square(name: &'static str, array: &Array) -> Result<Array, Error> {
    squared(name, array)?;
    matrix(name, array)
}

/// How many rows and columns matrices have.
fn sides(array: &Array) -> (u64, u64) {
    match array.grid().shape()[..] {
        [.., n_rows, n_columns] => (n_rows, n_columns),
        _ => (1, 1),
    }
}

/// Whether a kernel is called for it: a stack, a matrix of one block or without elements.
fn is_for_kernel(array: &Array) -> bool {
    array.ndim() > 2 || array.grid().n_chunks() == 1 || array.size() == 0
}

/// A matrix cut alike along both axes.
fn cut_square(array: &Array) -> Array {
    let both = refined(&[0, 1].map(|axis| array.grid().chunks(axis).to_vec()));
    array.rechunk(vec![both; 2])
}

/// The conjugate transpose of matrices.
fn adjoint(array: &Array) -> Array {
    let turned = array.swapaxes(-2, -1);
    if array.dtype().is_complex() { turned.conj() } else { turned }
}

/// The dtype of sizes of numbers of this one.
fn real(dtype: DType) -> DType {
    match dtype {
        DType::Complex64 => DType::Float32,
        DType::Complex128 => DType::Float64,
        real => real,
    }
}

/// The distance from 1 to the next number.
fn precision(dtype: DType) -> f64 {
    if real(dtype) == DType::Float32 { f32::EPSILON.into() } else { f64::EPSILON }
}

/// A matrix after zeros along an axis, which are cut so there.
fn after_zeros(axis: usize, lengths: &[u64], matrix: &Array) -> Array {
    if lengths.is_empty() {
        return matrix.clone();
    }
    let own = |other: usize| matrix.grid().chunks(other).to_vec();
    let chunks = [0, 1].map(|other| if other == axis { lengths.to_vec() } else { own(other) });
    let shape = chunks.each_ref().map(|lengths| lengths.iter().sum());
    let zeros = Array::zeros(matrix.dtype(), &shape, chunks.to_vec());
    concatenate(&[zeros, matrix.clone()], axis as i64)
}

/// An array, and how many of its last axes are a matrix's or a vector's.
type Operand<'a> = (&'a Array, usize);

/// Calls of a kernel for each block of the axes before those of matrices and vectors, which become one chunk.
struct Stacked {
    name: &'static str,
    inputs: Vec<Array>,
    labels: Vec<Vec<u32>>,
    /// The axes before.
    outer: ChunkGrid,
}

impl Stacked {
    fn new(name: &'static str, operands: &[Operand<'_>]) -> Result<Self, Error> {
        let n_outer = operands.iter().map(|(array, n)| array.ndim().saturating_sub(*n)).max().unwrap_or(0);
        let mut next = n_outer as u32;
        let (mut arrays, mut labels) = (Vec::new(), Vec::new());
        for &(array, n_inner) in operands {
            let n_own = array.ndim().saturating_sub(n_inner);
            arrays.push(array.whole_along(|axis| axis >= n_own));
            let inner = next..next + n_inner as u32;
            next = inner.end;
            labels.push(((n_outer - n_own) as u32..n_outer as u32).chain(inner).collect::<Vec<u32>>());
        }
        Array::all_checked(&arrays)?;
        let differ = |axis| Error::array(name, format!("stacks of matrices differ along axis {axis}"));
        let unified =
            unify_labelled(&arrays, &labels, next as usize, differ).map_err(|error| error.of(name))?;
        let outer = (0..n_outer).map(|axis| unified.grid.chunks(axis).to_vec()).collect();
        let outer = ChunkGrid::new(outer).map_err(Error::data(name))?;
        Ok(Self { name, inputs: unified.arrays, labels, outer })
    }

    /// The axes before, and these.
    fn grid(&self, shape: &[u64]) -> Result<ChunkGrid, Error> {
        let outer = (0..self.outer.ndim()).map(|axis| self.outer.chunks(axis).to_vec());
        ChunkGrid::new(outer.chain(shape.iter().map(|&length| vec![length])).collect())
            .map_err(Error::data(self.name))
    }

    fn call(&self, args: Vec<Arg>) -> Result<Call, Error> {
        let wiring = labelled(&blocks(&self.outer), &self.inputs, &self.labels);
        let args = args.into_iter().chain((0..self.inputs.len() as u32).map(Arg::Input)).collect();
        Call::kernel(self.name, self.name, wiring, args)
    }

    /// The kernel's result, of this dtype and shape after the axes before.
    fn one(self, args: Vec<Arg>, dtype: DType, shape: &[u64]) -> Result<Array, Error> {
        let grid = self.grid(shape)?;
        Ok(self.call(args)?.on(self.inputs, dtype, grid))
    }

    /// The kernel's results, of these dtypes and shapes.
    fn several<const N: usize>(
        self,
        args: Vec<Arg>,
        results: [(DType, Vec<u64>); N],
    ) -> Result<[Array; N], Error> {
        let size = |(dtype, shape): &(DType, Vec<u64>)| {
            let nbytes = dtype.itemsize() as u64;
            shape.iter().fold(nbytes, |all, &length| all.saturating_mul(length))
        };
        let nbytes = results.iter().map(size).fold(0, u64::saturating_add);
        let grids = results.each_ref().map(|(_, shape)| self.grid(shape));
        let call = self.call(args)?.sized(nbytes);
        let all = call.on(self.inputs, DType::UInt8, self.outer);
        let mut made = Vec::with_capacity(N);
        for (number, ((dtype, _), grid)) in (0..).zip(results.into_iter().zip(grids)) {
            made.push(super::call::item(&all, number, dtype, grid?)?);
        }
        made.try_into().map_err(|_| Error::array(self.name, "it has other results".to_owned()))
    }
}

/// Several arrays, or as many that remember why there are none.
fn or_failed<const N: usize>(made: Result<[Array; N], Error>) -> [Array; N] {
    made.unwrap_or_else(|error| {
        let failed = Array::or_failed(Err(error));
        std::array::from_fn(|_| failed.clone())
    })
}

#[cfg(test)]
mod tests;
