//! Lower triangular roots.

use gristmill_kernels::linalg::Uplo;

use super::solve::triangular;
use super::{Stacked, adjoint, after_zeros, cut_square, is_for_kernel, sides, square};
use crate::Error;
use crate::array::{Array, concatenate};
use crate::s;

impl Array {
    /// The lower triangular matrices that times their adjoints are these, which are Hermitian and positive definite. Their lower
    /// halves are read.
    ///
    /// A matrix of several blocks is cut alike along both axes and factored by columns of blocks, so that no task holds more than
    /// four blocks.
    pub fn cholesky(&self) -> Self {
        Self::or_failed(square("cholesky", self).and_then(|matrix| root(&matrix)))
    }
}

fn whole(a: &Array) -> Result<Array, Error> {
    let (n, _) = sides(a);
    Stacked::new("cholesky", &[(a, 2)])?.one(Vec::new(), a.dtype(), &[n, n])
}

fn root(a: &Array) -> Result<Array, Error> {
    if is_for_kernel(a) {
        return whole(a);
    }
    let a = cut_square(a);
    let n_blocks = a.grid().chunks(0).len() as i64;
    // From the diagonal down.
    let mut columns: Vec<Array> = Vec::new();
    for at in 0..n_blocks {
        let mut column = a.blocks(s![at.., at]);
        for (before, done) in columns.iter().enumerate() {
            let row = at - before as i64;
            column = done.blocks(s![row..]).matmul_onto(&-adjoint(&done.blocks(s![row])), &column);
        }
        column.check()?;
        let top = whole(&column.blocks(s![0]))?;
        if at + 1 < n_blocks {
            let below = adjoint(&triangular(&top, Uplo::Lower, false, &adjoint(&column.blocks(s![1..])))?);
            column = concatenate(&[top, below], 0);
            columns.push(column);
        } else {
            columns.push(top);
        }
    }
    let cuts = a.grid().chunks(0);
    let columns = columns
        .into_iter()
        .enumerate()
        .map(|(at, column)| after_zeros(0, cuts.get(..at).unwrap_or_default(), &column));
    Ok(concatenate(&columns.collect::<Vec<_>>(), 1))
}
