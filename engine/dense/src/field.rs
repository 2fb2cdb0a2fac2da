//! Every routine, by the type of its numbers.

use num_complex::Complex;

use crate::{Error, Matrix, Side, Triangle};
use crate::{cholesky, eigen, lu, product, qr, svd, triangular};

/// Where the three factors of a singular value decomposition go.
#[derive(Debug)]
pub struct Svd<'a, T, R> {
    /// The left vectors, which are columns.
    pub u: &'a mut [T],
    /// The singular values, the greatest first.
    pub s: &'a mut [R],
    /// The right vectors with conjugate elements, which are rows.
    pub vh: &'a mut [T],
}

/// Where what [`Field::lstsq`] finds goes.
#[derive(Debug)]
pub struct Lstsq<'a, T, R> {
    /// The solution.
    pub x: &'a mut [T],
    /// For each column, the square of the length of `a x - b`.
    pub residuals: &'a mut [R],
    /// The singular values of `a`, the greatest first.
    pub s: &'a mut [R],
}

/// Numbers that matrices are made of: `f32`, `f64` and their complex ones.
///
/// All matrices are in C order. What is written to must have the size that the result has, and be 0 where nothing is
/// written: a result without elements is left alone.
///
/// Where vectors are determined but for a factor, the first of their greatest elements is real and positive, and their
/// length is 1.
pub trait Field: Copy + Default + Send + Sync + 'static {
    /// The real numbers among them.
    type Real: Copy + Default + PartialOrd + Send + Sync + 'static;
    /// The complex numbers over them.
    type Complex: Copy + Default + Send + Sync + 'static;

    /// Adds the product of two matrices to `c`.
    fn add_product(a: Matrix<'_, Self>, b: Matrix<'_, Self>, c: &mut [Self]);

    /// Solves `side(a) x = b` for a triangular matrix, with so many columns in `b`, which becomes `x`.
    ///
    /// # Errors
    /// [`Error::Singular`].
    fn solve_triangular(
        a: Matrix<'_, Self>,
        triangle: Triangle,
        side: Side,
        is_unit: bool,
        b: &mut [Self],
        n_columns: usize,
    ) -> Result<(), Error>;

    /// The lower triangular matrix which times its adjoint is `a`.
    ///
    /// # Errors
    /// [`Error::NotPositiveDefinite`].
    fn cholesky(a: Matrix<'_, Self>, l: &mut [Self]) -> Result<(), Error>;

    /// The three factors whose product is `a`: `p` puts rows in their places, `l` is lower and `u` upper triangular.
    fn lu(a: Matrix<'_, Self>, p: &mut [Self::Real], l: &mut [Self], u: &mut [Self]);

    /// The factors in one matrix, and with which row the row of each pivot was swapped, as LAPACK tells it.
    fn lu_factor(a: Matrix<'_, Self>, packed: &mut [Self], swaps: &mut [i32]);

    /// Solves `side(a) x = b` for the factors of `a`, with so many columns in `b`, which becomes `x`.
    ///
    /// # Errors
    /// [`Error::Singular`].
    fn lu_solve(
        packed: Matrix<'_, Self>,
        swaps: &[i32],
        side: Side,
        b: &mut [Self],
        n_columns: usize,
    ) -> Result<(), Error>;

    /// Solves `a x = b`, with so many columns in `b`, which becomes `x`.
    ///
    /// # Errors
    /// [`Error::Singular`].
    fn solve(a: Matrix<'_, Self>, b: &mut [Self], n_columns: usize) -> Result<(), Error>;

    /// The inverse.
    ///
    /// # Errors
    /// [`Error::Singular`].
    fn inv(a: Matrix<'_, Self>, to: &mut [Self]) -> Result<(), Error>;

    /// The direction of the determinant, and the logarithm of its size.
    fn slogdet(a: Matrix<'_, Self>) -> (Self, Self::Real);

    /// The determinant.
    fn det(a: Matrix<'_, Self>) -> Self;

    /// The reduced factors, of which `r` has a diagonal that is real and not negative.
    fn qr(a: Matrix<'_, Self>, q: Option<&mut [Self]>, r: &mut [Self]);

    /// The reduced singular value decomposition.
    ///
    /// # Errors
    /// [`Error::NotFinite`] and [`Error::NoConvergence`].
    fn svd(a: Matrix<'_, Self>, to: Svd<'_, Self, Self::Real>) -> Result<(), Error>;

    /// The singular values alone.
    ///
    /// # Errors
    /// As [`Field::svd`].
    fn svdvals(a: Matrix<'_, Self>, s: &mut [Self::Real]) -> Result<(), Error>;

    /// The pseudoinverse, in which singular values up to this part of the greatest count as 0.
    ///
    /// # Errors
    /// As [`Field::svd`].
    fn pinv(a: Matrix<'_, Self>, tolerance: f64, to: &mut [Self]) -> Result<(), Error>;

    /// The shortest of those `x` for which `a x - b` is shortest, and the rank of `a`; singular values up to this part of the
    /// greatest count as 0.
    ///
    /// # Errors
    /// As [`Field::svd`].
    fn lstsq(
        a: Matrix<'_, Self>,
        b: Matrix<'_, Self>,
        tolerance: f64,
        to: Lstsq<'_, Self, Self::Real>,
    ) -> Result<usize, Error>;

    /// The eigenvalues of a Hermitian matrix in ascending order, and its eigenvectors, which are columns. When something is
    /// not finite in the half that is read, all are NaN.
    ///
    /// # Errors
    /// [`Error::NoConvergence`].
    fn eigh(
        a: Matrix<'_, Self>,
        triangle: Triangle,
        values: &mut [Self::Real],
        vectors: Option<&mut [Self]>,
    ) -> Result<(), Error>;

    /// The eigenvalues in no particular order, and the eigenvectors, which are columns.
    ///
    /// # Errors
    /// As [`Field::svd`].
    fn eig(
        a: Matrix<'_, Self>,
        values: &mut [Self::Complex],
        vectors: Option<&mut [Self::Complex]>,
    ) -> Result<(), Error>;
}

macro_rules! field {
    ($($number:ty: $real:ty;)*) => {$(
        impl Field for $number {
            type Real = $real;
            type Complex = Complex<$real>;

            fn add_product(a: Matrix<'_, Self>, b: Matrix<'_, Self>, c: &mut [Self]) {
                product::add_product(a, b, c);
            }

            fn solve_triangular(
                a: Matrix<'_, Self>,
                triangle: Triangle,
                side: Side,
                is_unit: bool,
                b: &mut [Self],
                n_columns: usize,
            ) -> Result<(), Error> {
                triangular::solve_triangular(a, triangle, side, is_unit, b, n_columns)
            }

            fn cholesky(a: Matrix<'_, Self>, l: &mut [Self]) -> Result<(), Error> {
                cholesky::cholesky(a, l)
            }

            fn lu(a: Matrix<'_, Self>, p: &mut [$real], l: &mut [Self], u: &mut [Self]) {
                lu::lu(a, p, l, u);
            }

            fn lu_factor(a: Matrix<'_, Self>, packed: &mut [Self], swaps: &mut [i32]) {
                lu::lu_factor(a, packed, swaps);
            }

            fn lu_solve(
                packed: Matrix<'_, Self>,
                swaps: &[i32],
                side: Side,
                b: &mut [Self],
                n_columns: usize,
            ) -> Result<(), Error> {
                lu::lu_solve(packed, swaps, side, b, n_columns)
            }

            fn solve(a: Matrix<'_, Self>, b: &mut [Self], n_columns: usize) -> Result<(), Error> {
                lu::solve(a, b, n_columns)
            }

            fn inv(a: Matrix<'_, Self>, to: &mut [Self]) -> Result<(), Error> {
                lu::inv(a, to)
            }

            fn slogdet(a: Matrix<'_, Self>) -> (Self, $real) {
                lu::slogdet(a, <$real>::ln)
            }

            fn det(a: Matrix<'_, Self>) -> Self {
                lu::det(a, <$real>::ln, <$real>::exp)
            }

            fn qr(a: Matrix<'_, Self>, q: Option<&mut [Self]>, r: &mut [Self]) {
                qr::qr(a, q, r);
            }

            fn svd(a: Matrix<'_, Self>, to: Svd<'_, Self, $real>) -> Result<(), Error> {
                svd::svd(a, to)
            }

            fn svdvals(a: Matrix<'_, Self>, s: &mut [$real]) -> Result<(), Error> {
                svd::svdvals(a, s)
            }

            fn pinv(a: Matrix<'_, Self>, tolerance: f64, to: &mut [Self]) -> Result<(), Error> {
                svd::pinv(a, tolerance as $real, to)
            }

            fn lstsq(
                a: Matrix<'_, Self>,
                b: Matrix<'_, Self>,
                tolerance: f64,
                to: Lstsq<'_, Self, $real>,
            ) -> Result<usize, Error> {
                svd::lstsq(a, b, tolerance as $real, to)
            }

            fn eigh(
                a: Matrix<'_, Self>,
                triangle: Triangle,
                values: &mut [$real],
                vectors: Option<&mut [Self]>,
            ) -> Result<(), Error> {
                eigen::eigh(a, triangle, values, vectors)
            }

            fn eig(
                a: Matrix<'_, Self>,
                values: &mut [Complex<$real>],
                vectors: Option<&mut [Complex<$real>]>,
            ) -> Result<(), Error> {
                eigen::eig(a, values, vectors)
            }
        }
    )*};
}

field! {
    f32: f32;
    f64: f64;
    Complex<f32>: f32;
    Complex<f64>: f64;
}
