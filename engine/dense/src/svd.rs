//! Singular values, and what follows from them.
//!
//! A matrix is made bidiagonal by reflections, and that diagonal by division and conquest (Gu and Eisenstat, 1995) or, when
//! small, by the QR algorithm.

use faer::Mat;
use faer::traits::ext::ComplexFieldExt;

use crate::Error;
use crate::field::{Lstsq, Svd};
use crate::matrix::{Matrix, Number, phase_of_greatest, put, scaled, view_mut};

/// The factors of a matrix: `u`, the singular values, and the adjoint of `vh`.
struct Factors<T: Number> {
    u: Mat<T>,
    s: Vec<T::Real>,
    v: Mat<T>,
}

impl<T: Number> Factors<T> {
    fn of(a: Matrix<'_, T>) -> Result<Self, Error> {
        let (a, scale) = scaled(a.view())?;
        let found = a.thin_svd().map_err(|_| Error::NoConvergence)?;
        let s = found.S().column_vector().iter().map(|value| value.real() * scale).collect();
        Ok(Self { u: found.U().to_owned(), s, v: found.V().to_owned() })
    }

    /// How many singular values are greater than this part of the greatest.
    fn rank(&self, tolerance: T::Real) -> usize {
        let Some(greatest) = self.s.first() else { return 0 };
        let least = *greatest * tolerance;
        self.s.iter().take_while(|&value| value > &least).count()
    }

    /// Multiplies each column of `v` with the inverse of its singular value; those from `rank` on become 0.
    fn divide(&mut self, rank: usize) {
        for (at, value) in self.s.iter().enumerate() {
            let factor = if at < rank { value.recip() } else { T::Real::zero() };
            self.v.col_mut(at).iter_mut().for_each(|element| *element = element.mul_real(factor));
        }
    }
}

/// The reduced factors of a matrix.
pub(crate) fn svd<T: Number>(a: Matrix<'_, T>, to: Svd<'_, T, T::Real>) -> Result<(), Error> {
    let n_columns = a.n_columns();
    if a.n_pivots() == 0 {
        return Ok(());
    }
    let Factors { mut u, s, v } = Factors::of(a)?;
    for (to, value) in to.s.iter_mut().zip(s) {
        *to = value;
    }
    for (at, row) in to.vh.chunks_exact_mut(n_columns).enumerate() {
        let phase = phase_of_greatest(n_columns, |row| v[(row, at)]);
        for (column, element) in row.iter_mut().enumerate() {
            *element = phase * v[(column, at)].conj();
        }
        u.col_mut(at).iter_mut().for_each(|element| *element *= phase.conj());
    }
    put(u.as_ref(), to.u);
    Ok(())
}

/// The singular values alone.
pub(crate) fn svdvals<T: Number>(a: Matrix<'_, T>, s: &mut [T::Real]) -> Result<(), Error> {
    if a.n_pivots() == 0 {
        return Ok(());
    }
    let (a, scale) = scaled(a.view())?;
    let found = a.singular_values().map_err(|_| Error::NoConvergence)?;
    for (to, value) in s.iter_mut().zip(found) {
        *to = value * scale;
    }
    Ok(())
}

/// The pseudoinverse (Moore and Penrose), in which singular values up to a part of the greatest count as 0.
pub(crate) fn pinv<T: Number>(a: Matrix<'_, T>, tolerance: T::Real, to: &mut [T]) -> Result<(), Error> {
    if a.n_pivots() == 0 {
        return Ok(());
    }
    let mut factors = Factors::of(a)?;
    factors.divide(factors.rank(tolerance));
    view_mut(to, a.n_columns(), a.n_rows()).copy_from(&factors.v * factors.u.adjoint());
    Ok(())
}

/// The shortest of those `x` for which `a x - b` is shortest, and the rank of `a`.
pub(crate) fn lstsq<T: Number>(
    a: Matrix<'_, T>,
    b: Matrix<'_, T>,
    tolerance: T::Real,
    to: Lstsq<'_, T, T::Real>,
) -> Result<usize, Error> {
    let mut x = view_mut(to.x, a.n_columns(), b.n_columns());
    let mut rank = 0;
    if a.n_pivots() > 0 {
        let mut factors = Factors::of(a)?;
        rank = factors.rank(tolerance);
        to.s.iter_mut().zip(&factors.s).for_each(|(to, value)| *to = *value);
        factors.divide(rank);
        x.copy_from(&factors.v * (factors.u.adjoint() * b.view()));
    }
    let gap = a.view() * x.as_ref() - b.view();
    for (to, column) in to.residuals.iter_mut().zip(gap.col_iter()) {
        *to = column.squared_norm_l2();
    }
    Ok(rank)
}
