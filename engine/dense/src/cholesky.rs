//! The square root of a positive definite matrix that is lower triangular (Cholesky).

use faer::Side;
use faer::traits::ext::ComplexFieldExt;

use crate::Error;
use crate::matrix::{Matrix, Number, put, view_mut};
use crate::triangular::{Triangle, lower_half};

/// The lower triangular matrix which times its adjoint is `a`, of which the lower half is read.
pub(crate) fn cholesky<T: Number>(a: Matrix<'_, T>, l: &mut [T]) -> Result<(), Error> {
    let found = lower_half(a, Triangle::Lower).llt(Side::Lower).map_err(|_| Error::NotPositiveDefinite)?;
    put(found.L(), l);
    // It may have imaginary parts of the size of rounding.
    for element in view_mut(l, a.n_rows(), a.n_rows()).diagonal_mut().column_vector_mut().iter_mut() {
        *element = element.as_real();
    }
    Ok(())
}
