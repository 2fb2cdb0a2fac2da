//! Matrices as products of simpler ones.

use std::str::FromStr;

use gristmill_data::{Chunk, DType};
use gristmill_dense::Svd;

use super::stack::{Number, Stack, with_number};
use crate::Error;
use crate::blocks::{check_size, elements};

/// Which factors [`qr`] gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum QrMode {
    /// Both, of as few columns and rows as there can be.
    Reduced,
    /// The triangular one.
    R,
}

impl FromStr for QrMode {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "reduced" => Ok(Self::Reduced),
            "r" => Ok(Self::R),
            _ => {
                let name = text.chars().take(40).collect();
                Err(Error::NoSuchMode { what: "mode of qr", name, known: "reduced and r" })
            }
        }
    }
}

/// Matrices as `q` with orthogonal columns times `r`, upper triangular: of shapes (…, M, K) and (…, K, N), where K is the
/// lesser of M and N. Without `q` for [`QrMode::R`].
///
/// The diagonal of `r` is real and not negative, where LAPACK leaves the sign to chance. So matrices of independent columns
/// have one result, in whatever blocks it was computed.
///
/// # Errors
/// [`Error::NoLoop`], [`Error::Invalid`] for less than two axes and absent elements.
///
/// # Example
/// ```
/// use gristmill_kernels::linalg::{QrMode, qr};
///
/// let a = gristmill_data::Chunk::from_vec(vec![3.0, 1.0, -4.0, 2.0], &[2, 2])?;
/// let (q, r) = qr(QrMode::Reduced, &a)?;
/// assert_eq!(r.shape(), [2, 2]);
/// assert!((r.as_slice::<f64>()?[0] - 5.0).abs() < 1e-12 && q.is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn qr(mode: QrMode, a: &Chunk) -> Result<(Option<Chunk>, Chunk), Error> {
    fn of<T: Number>(mode: QrMode, a: &Stack) -> Result<(Option<Chunk>, Chunk), Error> {
        let k = a.n_pivots();
        let mut r = a.results::<T>(&[k, a.n_columns])?;
        let mut q = match mode {
            QrMode::Reduced => Some(a.results::<T>(&[a.n_rows, k])?),
            QrMode::R => None,
        };
        a.each(|at| {
            T::qr(a.matrix(at), q.as_mut().map(|q| q.item(at)), r.item(at));
            Ok(())
        })?;
        Ok((q.map(|q| q.finish()).transpose()?, r.finish()?))
    }
    let a = Stack::of("qr", a)?;
    with_number!(a.dtype(), T => of::<T>(mode, &a))
}

/// Matrices as `u` times a diagonal `s` times `vh`: of shapes (…, M, K), (…, K) and (…, K, N), where K is the lesser of M and
/// N. These are NumPy's with `full_matrices=False`; the singular values descend.
///
/// The first of the greatest elements of every row of `vh` is real and positive.
///
/// # Errors
/// As [`qr`]; [`Error::Matrix`] when an element is NaN or infinite, or the iteration does not converge.
pub fn svd(a: &Chunk) -> Result<[Chunk; 3], Error> {
    fn of<T: Number>(a: &Stack) -> Result<[Chunk; 3], Error> {
        let k = a.n_pivots();
        let mut u = a.results::<T>(&[a.n_rows, k])?;
        let mut s = a.results::<T::Real>(&[k])?;
        let mut vh = a.results::<T>(&[k, a.n_columns])?;
        a.each(|at| T::svd(a.matrix(at), Svd { u: u.item(at), s: s.item(at), vh: vh.item(at) }))?;
        Ok([u.finish()?, s.finish()?, vh.finish()?])
    }
    let a = Stack::of("svd", a)?;
    with_number!(a.dtype(), T => of::<T>(&a))
}

/// The singular values alone, which takes a fraction of the time of [`svd`].
///
/// # Errors
/// As [`svd`].
pub fn svdvals(a: &Chunk) -> Result<Chunk, Error> {
    fn of<T: Number>(a: &Stack) -> Result<Chunk, Error> {
        let mut s = a.results::<T::Real>(&[a.n_pivots()])?;
        a.each(|at| T::svdvals(a.matrix(at), s.item(at)))?;
        s.finish()
    }
    let a = Stack::of("svdvals", a)?;
    with_number!(a.dtype(), T => of::<T>(&a))
}

/// The lower triangular matrices that times their adjoints are `a`, of which the lower halves are read.
///
/// # Errors
/// As [`qr`]; [`Error::NotSquare`], [`Error::Matrix`] when one is not positive definite.
pub fn cholesky(a: &Chunk) -> Result<Chunk, Error> {
    fn of<T: Number>(a: &Stack) -> Result<Chunk, Error> {
        let mut l = a.results::<T>(&[a.n_rows, a.n_rows])?;
        a.each(|at| T::cholesky(a.matrix(at), l.item(at)))?;
        l.finish()
    }
    let a = Stack::of("cholesky", a)?.square()?;
    with_number!(a.dtype(), T => of::<T>(&a))
}

/// Matrices as `p` times `l` times `u`, as SciPy's `lu`: rows in another order, lower triangular with ones on the diagonal,
/// upper triangular; of shapes (…, M, M), (…, M, K) and (…, K, N). `p` is real.
///
/// # Errors
/// As [`qr`].
pub fn lu(a: &Chunk) -> Result<[Chunk; 3], Error> {
    fn of<T: Number>(a: &Stack) -> Result<[Chunk; 3], Error> {
        let k = a.n_pivots();
        let mut p = a.results::<T::Real>(&[a.n_rows, a.n_rows])?;
        let mut l = a.results::<T>(&[a.n_rows, k])?;
        let mut u = a.results::<T>(&[k, a.n_columns])?;
        a.each(|at| {
            T::lu(a.matrix(at), p.item(at), l.item(at), u.item(at));
            Ok(())
        })?;
        Ok([p.finish()?, l.finish()?, u.finish()?])
    }
    let a = Stack::of("lu", a)?;
    with_number!(a.dtype(), T => of::<T>(&a))
}

/// Both triangular factors in one matrix of the shape of `a`, and of shape (…, K) and dtype `int32` with which row that of
/// each pivot was swapped; as SciPy's `lu_factor`. A matrix without inverse has factors too.
///
/// # Errors
/// As [`qr`].
pub fn lu_factor(a: &Chunk) -> Result<[Chunk; 2], Error> {
    fn of<T: Number>(a: &Stack) -> Result<[Chunk; 2], Error> {
        let mut packed = a.results::<T>(&[a.n_rows, a.n_columns])?;
        let mut swaps = a.results::<i32>(&[a.n_pivots()])?;
        a.each(|at| {
            T::lu_factor(a.matrix(at), packed.item(at), swaps.item(at));
            Ok(())
        })?;
        Ok([packed.finish()?, swaps.finish()?])
    }
    let a = Stack::of("lu_factor", a)?;
    with_number!(a.dtype(), T => of::<T>(&a))
}

/// The order that rows are in when each pivot's has been swapped with the one that [`lu_factor`] says: of so many rows, the
/// place that each comes from, as `int64`.
///
/// # Errors
/// [`Error::Invalid`] for other swaps than such, [`Error::TooLarge`].
pub fn row_order(n_rows: u64, swaps: &Chunk) -> Result<Chunk, Error> {
    const KERNEL: &str = "row_order";
    let wrong = |reason| Error::Invalid { kernel: KERNEL, reason };
    if swaps.ndim() != 1 || swaps.dtype() != DType::Int32 {
        return Err(wrong("swaps are one axis of int32"));
    }
    let n = check_size(KERNEL, &[n_rows])?;
    let mut order: Vec<i64> = (0..n as i64).collect();
    for (at, &swap) in elements::<i32>(swaps).iter().enumerate() {
        match usize::try_from(swap).ok().filter(|&swap| swap < n && at < n) {
            Some(swap) => order.swap(at, swap),
            None => return Err(wrong("a row is swapped with one that is not there")),
        }
    }
    Chunk::from_vec(order, &[n_rows]).map_err(Error::data(KERNEL))
}
