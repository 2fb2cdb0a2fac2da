//! Matrices of one block: factors, solutions, inverses, eigenvalues.
//!
//! The words, dtypes and shapes are those of `numpy.linalg`, and for factors by elimination those of `scipy.linalg`. The
//! last two axes are those of matrices, and what stands before them is a stack, of which each matrix is worked on by
//! itself. Integers and booleans become `float64`, half precision is refused, and all else is computed in its own dtype.
//! The routines are those of `gristmill_dense`, which says whose algorithms they are.
//!
//! What mathematics leaves open is settled here, so that equal input gives equal results: the diagonal of `r` of [`qr`] is
//! real and not negative, and the first of the greatest elements of every row of `vh` of [`svd`], and of every vector of
//! [`eigh`] and [`eig`], is real and positive.
//!
//! # Layout
//! - `stack`: how matrices come out of chunks, and results into them
//! - `factors`: [`qr`], [`svd`], [`svdvals`], [`cholesky`], [`lu`], [`lu_factor`], [`row_order`]
//! - `eigen`: [`eigh`], [`eigvalsh`], [`eig`], [`eigvals`]
//! - `solve`: [`solve()`], [`solve_triangular`], [`lu_solve`], [`inv`], [`pinv`], [`det`], [`slogdet`], [`lstsq`]
//! - `kernel`: the same with values for arguments

mod stack;

mod eigen;
mod factors;
mod solve;

pub(crate) mod kernel;

pub use eigen::{Uplo, eig, eigh, eigvals, eigvalsh};
pub use factors::{QrMode, cholesky, lu, lu_factor, qr, row_order, svd, svdvals};
pub use solve::{Trans, det, inv, lstsq, lu_solve, pinv, slogdet, solve, solve_triangular};
pub use stack::matrix_dtype;

#[cfg(test)]
mod tests;
