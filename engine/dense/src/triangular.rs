//! What is solved with a triangular matrix.

use faer::linalg::triangular_solve;
use faer::traits::ext::ComplexFieldExt;
use faer::{Conj, Mat, MatMut, MatRef, Par};

use crate::Error;
use crate::matrix::{Matrix, Number, view_mut};

/// Which half of a matrix counts; the other one is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "they say it")]
pub enum Triangle {
    Lower,
    Upper,
}

/// What stands on the left side of an equation: the matrix, its transpose, or that with conjugate elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "they say it")]
pub enum Side {
    Plain,
    Transposed,
    Adjoint,
}

/// Solves `side(a) x = b`, with `n_columns` columns in `b`, which becomes `x`.
pub(crate) fn solve_triangular<T: Number>(
    a: Matrix<'_, T>,
    triangle: Triangle,
    side: Side,
    is_unit: bool,
    b: &mut [T],
    n_columns: usize,
) -> Result<(), Error> {
    let view = a.view();
    if !is_unit && has_zero_pivot(view) {
        return Err(Error::Singular);
    }
    solve_in_place(view, triangle, side, is_unit, view_mut(b, a.n_rows(), n_columns));
    Ok(())
}

/// Whether an element of the diagonal is 0.
pub(crate) fn has_zero_pivot<T: Number>(a: MatRef<'_, T>) -> bool {
    (0..a.nrows().min(a.ncols())).any(|at| a[(at, at)] == T::zero())
}

/// The same for what is known to have a solution.
pub(crate) fn solve_in_place<T: Number>(
    a: MatRef<'_, T>,
    triangle: Triangle,
    side: Side,
    is_unit: bool,
    b: MatMut<'_, T>,
) {
    let conj = if side == Side::Adjoint { Conj::Yes } else { Conj::No };
    let (a, is_lower) = match side {
        Side::Plain => (a, triangle == Triangle::Lower),
        Side::Transposed | Side::Adjoint => (a.transpose(), triangle == Triangle::Upper),
    };
    let par = Par::Seq;
    match (is_lower, is_unit) {
        (true, false) => triangular_solve::solve_lower_triangular_in_place_with_conj(a, conj, b, par),
        (true, true) => triangular_solve::solve_unit_lower_triangular_in_place_with_conj(a, conj, b, par),
        (false, false) => triangular_solve::solve_upper_triangular_in_place_with_conj(a, conj, b, par),
        (false, true) => triangular_solve::solve_unit_upper_triangular_in_place_with_conj(a, conj, b, par),
    }
}

/// The lower half of a Hermitian matrix of which one half is known, and zeros; the diagonal is real.
pub(crate) fn lower_half<T: Number>(a: Matrix<'_, T>, known: Triangle) -> Mat<T> {
    let a = a.view();
    Mat::from_fn(a.nrows(), a.ncols(), |row, column| match known {
        _ if row < column => T::zero(),
        _ if row == column => a[(row, row)].as_real(),
        Triangle::Lower => a[(row, column)],
        Triangle::Upper => a[(column, row)].conj(),
    })
}
