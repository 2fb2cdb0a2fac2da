//! Matrices in slices, and what the routines share.

use faer::traits::ComplexField;
use faer::traits::ext::ComplexFieldExt;
use faer::{Mat, MatMut, MatRef};

use crate::Error;

/// The numbers of `faer`, of which ours are moved about as they are.
pub(crate) trait Number: ComplexField<Real: Copy> + Copy {}

impl<T: ComplexField<Real: Copy> + Copy> Number for T {}

/// A matrix in C order, to be read.
#[derive(Debug, Clone, Copy)]
pub struct Matrix<'a, T> {
    elements: &'a [T],
    n_rows: usize,
    n_columns: usize,
}

impl<'a, T> Matrix<'a, T> {
    /// So many rows and columns of these elements; there must be as many as they say, or the routines panic.
    #[must_use]
    pub fn new(elements: &'a [T], n_rows: usize, n_columns: usize) -> Self {
        Self { elements, n_rows, n_columns }
    }

    pub(crate) fn n_rows(self) -> usize {
        self.n_rows
    }

    pub(crate) fn n_columns(self) -> usize {
        self.n_columns
    }

    /// The lesser of the two: how many pivots, or singular values, there are.
    pub(crate) fn n_pivots(self) -> usize {
        self.n_rows.min(self.n_columns)
    }

    pub(crate) fn view(self) -> MatRef<'a, T> {
        MatRef::from_row_major_slice(self.elements, self.n_rows, self.n_columns)
    }
}

/// A matrix in C order, to be written.
pub(crate) fn view_mut<T>(elements: &mut [T], n_rows: usize, n_columns: usize) -> MatMut<'_, T> {
    MatMut::from_row_major_slice_mut(elements, n_rows, n_columns)
}

/// Writes a matrix in C order.
pub(crate) fn put<T: Number>(from: MatRef<'_, T>, to: &mut [T]) {
    view_mut(to, from.nrows(), from.ncols()).copy_from(from);
}

/// A copy whose greatest element is near 1, and the power of two to multiply its values with: so no square of an element is
/// 0 or infinite, and the limits of `faer`'s iterations, some of which are not relative to the matrix, are low enough.
pub(crate) fn scaled<T: Number>(of: MatRef<'_, T>) -> Result<(Mat<T>, T::Real), Error> {
    let (zero, one) = (T::Real::zero(), T::Real::one());
    let mut greatest = zero;
    for at in 0..of.ncols() {
        for element in of.col(at).iter() {
            if !element.is_finite() {
                return Err(Error::NotFinite);
            }
            let size = element.abs1();
            if size > greatest {
                greatest = size;
            }
        }
    }
    // Exact; in large steps and then small ones.
    let (mut factor, mut inverse) = (one, one);
    for exponent in [30, 1] {
        let (up, down) = (T::Real::from_f64(2_f64.powi(exponent)), T::Real::from_f64(2_f64.powi(-exponent)));
        while greatest > zero && greatest * factor <= down && (factor * up).is_finite() {
            (factor, inverse) = (factor * up, inverse * down);
        }
        while greatest * factor > up {
            (factor, inverse) = (factor * down, inverse * up);
        }
    }
    let copy = Mat::from_fn(of.nrows(), of.ncols(), |row, column| of[(row, column)].mul_real(factor));
    Ok((copy, inverse))
}

/// The number of size 1 in the direction of this one, or 1.
pub(crate) fn phase<T: Number>(of: &T) -> T {
    // A second time for what is so small that its inverse is infinite.
    let larger = of.mul_real(T::Real::from_f64(2_f64.powi(60)));
    let mut units = [of, &larger].into_iter().map(|of| of.mul_real(of.abs().recip()));
    units.find(ComplexFieldExt::is_finite).unwrap_or_else(T::one)
}

/// The direction of the greatest element of a vector, the first of such.
///
/// Vectors that are determined but for a factor are divided by it, so that they are the same in every run. Elements that
/// are greatest but for rounding count as equal.
pub(crate) fn phase_of_greatest<T: Number>(n: usize, element: impl Fn(usize) -> T) -> T {
    let mut greatest = T::Real::zero();
    let mut found = T::one();
    let surplus = T::Real::from_f64(1.0 + 1e-3);
    for element in (0..n).map(element) {
        let size = element.abs();
        if size > greatest * surplus {
            (greatest, found) = (size, element);
        }
    }
    phase(&found)
}
