//! Products of matrices.
//!
//! `faer` copies both operands into panels that stay in the caches and keeps tiles of the result in registers (Goto and
//! van de Geijn, 2008).

use faer::traits::ext::ComplexFieldExt;
use faer::{Accum, Par};

use crate::matrix::{Matrix, Number, view_mut};

/// Adds `a` times `b` to `c`.
pub(crate) fn add_product<T: Number>(a: Matrix<'_, T>, b: Matrix<'_, T>, c: &mut [T]) {
    let c = view_mut(c, a.n_rows(), b.n_columns());
    faer::linalg::matmul::matmul(c, Accum::Add, a.view(), b.view(), T::one(), Par::Seq);
}
