//! Eigenvalues and their vectors.
//!
//! Of symmetric and Hermitian matrices by way of tridiagonal ones, by division and conquest (Cuppen, 1981; Gu and
//! Eisenstat, 1995) or, when small, by the QR algorithm; of general ones by way of Hessenberg and triangular ones, by the
//! QR algorithm with several shifts and early deflation (Braman, Byers and Mathias, 2002).

use faer::traits::ext::ComplexFieldExt;
use faer::{Mat, Side};
use num_complex::Complex;

use crate::Error;
use crate::matrix::{Matrix, Number, phase_of_greatest, put, scaled};
use crate::triangular::{Triangle, lower_half};

/// The eigenvalues of a Hermitian matrix in ascending order, and its eigenvectors when they are asked for. One half of the
/// matrix is read; when something there is not finite, the results are NaN.
pub(crate) fn eigh<T: Number>(
    a: Matrix<'_, T>,
    triangle: Triangle,
    values: &mut [T::Real],
    vectors: Option<&mut [T]>,
) -> Result<(), Error> {
    let n = a.n_rows();
    if n == 0 {
        return Ok(());
    }
    let Ok((a, scale)) = scaled(lower_half(a, triangle).as_ref()) else {
        values.fill(T::Real::nan());
        vectors.into_iter().for_each(|vectors| vectors.fill(T::nan()));
        return Ok(());
    };
    let no_convergence = |_| Error::NoConvergence;
    let Some(vectors) = vectors else {
        let found = a.self_adjoint_eigenvalues(Side::Lower).map_err(no_convergence)?;
        values.iter_mut().zip(found).for_each(|(to, value)| *to = value * scale);
        return Ok(());
    };
    let found = a.self_adjoint_eigen(Side::Lower).map_err(no_convergence)?;
    for (to, value) in values.iter_mut().zip(found.S().column_vector().iter()) {
        *to = value.real() * scale;
    }
    put_vectors(found.U().to_owned(), vectors);
    Ok(())
}

/// The eigenvalues of a matrix in no particular order, and its eigenvectors when they are asked for.
pub(crate) fn eig<T: Number>(
    a: Matrix<'_, T>,
    values: &mut [Complex<T::Real>],
    vectors: Option<&mut [Complex<T::Real>]>,
) -> Result<(), Error> {
    if a.n_rows() == 0 {
        return Ok(());
    }
    let (a, scale) = scaled(a.view())?;
    let scaled = |value: &Complex<T::Real>| Complex::new(value.re * scale, value.im * scale);
    let no_convergence = |_| Error::NoConvergence;
    let Some(vectors) = vectors else {
        let found = a.eigenvalues().map_err(no_convergence)?;
        values.iter_mut().zip(&found).for_each(|(to, value)| *to = scaled(value));
        return Ok(());
    };
    let found = a.eigen().map_err(no_convergence)?;
    values.iter_mut().zip(found.S().column_vector().iter()).for_each(|(to, value)| *to = scaled(value));
    put_vectors(found.U().to_owned(), vectors);
    Ok(())
}

/// Writes vectors, which are columns, of length 1 and with the greatest element real and positive.
fn put_vectors<T: Number>(mut vectors: Mat<T>, to: &mut [T]) {
    let n = vectors.nrows();
    for column in 0..vectors.ncols() {
        let length = vectors.col(column).norm_l2();
        let phase = phase_of_greatest(n, |row| vectors[(row, column)]).conj();
        for element in vectors.col_mut(column).iter_mut() {
            *element = (*element * phase).mul_real(length.recip());
        }
    }
    put(vectors.as_ref(), to);
}
