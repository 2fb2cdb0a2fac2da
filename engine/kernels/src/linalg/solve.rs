//! What is solved with matrices: equations, inverses, determinants, least squares.

use std::str::FromStr;

use gristmill_data::{Chunk, DType, broadcast_shapes};
use gristmill_dense::{Field, Lstsq, Matrix, Side, Triangle};

use super::stack::{Number, Results, Stack, each, matrix_dtype, ready, with_number};
use crate::Error;
use crate::blocks::{elements, place};

/// What stands on the left side of an equation, by LAPACK's letters: the matrix (`N`), its transpose (`T`), or that with
/// conjugate elements (`C`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "they say it")]
pub enum Trans {
    No,
    Transposed,
    Adjoint,
}

impl FromStr for Trans {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "N" => Ok(Self::No),
            "T" => Ok(Self::Transposed),
            "C" => Ok(Self::Adjoint),
            _ => {
                let name = text.chars().take(40).collect();
                Err(Error::NoSuchMode { what: "side of an equation", name, known: "N, T and C" })
            }
        }
    }
}

impl From<Trans> for Side {
    fn from(trans: Trans) -> Self {
        match trans {
            Trans::No => Self::Plain,
            Trans::Transposed => Self::Transposed,
            Trans::Adjoint => Self::Adjoint,
        }
    }
}

/// The dtype that two operands are computed in.
fn common_dtype(kernel: &'static str, a: &Chunk, b: &Chunk) -> Result<DType, Error> {
    let (a, b) = (matrix_dtype(kernel, a.dtype())?, matrix_dtype(kernel, b.dtype())?);
    DType::promote(a, b).map_err(Error::data(kernel))
}

/// The right sides of equations: one vector for all, or a stack of matrices.
struct RightSides {
    chunk: Chunk,
    outer: Vec<u64>,
    /// `None` for a vector.
    n_columns: Option<usize>,
}

impl RightSides {
    /// # Errors
    /// [`Error::Invalid`] when there are not as many rows as in the matrices of `a`.
    fn new(a: &Stack, b: &Chunk) -> Result<Self, Error> {
        let wrong = |reason| Err(Error::Invalid { kernel: a.kernel, reason });
        let (outer, n_rows, n_columns) = match b.shape() {
            [] => return wrong("the right side must have an axis at least"),
            &[n_rows] => (vec![], n_rows, None),
            &[ref outer @ .., n_rows, n_columns] => (outer.to_vec(), n_rows, Some(n_columns as usize)),
        };
        if n_rows as usize != a.n_rows {
            return wrong("the right side must have as many rows as the matrix");
        }
        Ok(Self { chunk: ready(a.kernel, b, a.dtype())?, outer, n_columns })
    }

    /// All solutions; each right side becomes its solution by `solve`, which is told which matrix it belongs to.
    fn solved<T: Number>(
        &self,
        a: &Stack,
        solve: impl Fn(usize, &mut [T], usize) -> Result<(), gristmill_dense::Error>,
    ) -> Result<Chunk, Error> {
        let outer = broadcast_shapes(&[&a.outer, &self.outer]).map_err(Error::data(a.kernel))?;
        let n_columns = self.n_columns.unwrap_or(1);
        let shape: Vec<usize> = [a.n_rows].into_iter().chain(self.n_columns).collect();
        let mut x = Results::<T>::new(a.kernel, &outer, &shape)?;
        let (b, size) = (elements::<T>(&self.chunk), a.n_rows * n_columns);
        each(a.kernel, &outer, |at| {
            let from = place(at as u64, &self.outer, &outer) * size;
            let x = x.item(at);
            x.iter_mut().zip(b.get(from..).unwrap_or_default()).for_each(|(x, b)| *x = *b);
            solve(place(at as u64, &a.outer, &outer), x, n_columns)
        })?;
        x.finish()
    }
}

/// The solutions of `a x = b`. A `b` of one axis is one vector for all matrices; otherwise it is a stack of matrices, of
/// whose columns each is a right side; the axes before are broadcast.
///
/// # Errors
/// As [`qr`](super::qr); [`Error::NotSquare`], [`Error::Invalid`] when the rows are not as many, [`Error::Data`] when the
/// stacks do not broadcast, [`Error::Matrix`] when one is singular, which shows in a pivot that is exactly 0.
pub fn solve(a: &Chunk, b: &Chunk) -> Result<Chunk, Error> {
    let a = Stack::new("solve", a, common_dtype("solve", a, b)?)?.square()?;
    let b = RightSides::new(&a, b)?;
    with_number!(a.dtype(), N => b.solved::<N>(&a, |at, x, n_columns| N::solve(a.matrix(at), x, n_columns)))
}

/// The same for triangular matrices, as SciPy's `solve_triangular`: only one half is read, and ones are taken for the
/// diagonal when that is said.
///
/// # Errors
/// As [`solve`].
pub fn solve_triangular(
    lower: bool,
    trans: Trans,
    unit_diagonal: bool,
    a: &Chunk,
    b: &Chunk,
) -> Result<Chunk, Error> {
    let kernel = "solve_triangular";
    let a = Stack::new(kernel, a, common_dtype(kernel, a, b)?)?.square()?;
    let b = RightSides::new(&a, b)?;
    let triangle = if lower { Triangle::Lower } else { Triangle::Upper };
    with_number!(a.dtype(), N => b.solved::<N>(&a, |at, x, n_columns| {
        N::solve_triangular(a.matrix(at), triangle, trans.into(), unit_diagonal, x, n_columns)
    }))
}

/// The same with what [`lu_factor`](super::lu_factor) gave for the matrices.
///
/// # Errors
/// As [`solve`]; [`Error::Invalid`] when `piv` does not belong to `lu`.
pub fn lu_solve(trans: Trans, lu: &Chunk, piv: &Chunk, b: &Chunk) -> Result<Chunk, Error> {
    let kernel = "lu_solve";
    let a = Stack::new(kernel, lu, common_dtype(kernel, lu, b)?)?.square()?;
    let fits = piv.dtype() == DType::Int32 && piv.validity().is_none();
    if !fits || lu.shape().split_last().is_none_or(|(_, outer)| outer != piv.shape()) {
        let reason = "`piv` must be what lu_factor gave together with `lu`";
        return Err(Error::Invalid { kernel, reason });
    }
    let b = RightSides::new(&a, b)?;
    let (n, swaps) = (a.n_rows, elements::<i32>(piv));
    if swaps.iter().any(|&swap| usize::try_from(swap).is_ok_and(|swap| swap >= n) || swap < 0) {
        return Err(Error::Invalid { kernel, reason: "`piv` swaps a row with one that is not there" });
    }
    with_number!(a.dtype(), N => b.solved::<N>(&a, |at, x, n_columns| {
        let swaps = swaps.get(at * n..(at + 1) * n).unwrap_or_default();
        N::lu_solve(a.matrix(at), swaps, trans.into(), x, n_columns)
    }))
}

/// The inverses of square matrices.
///
/// # Errors
/// As [`solve`].
pub fn inv(a: &Chunk) -> Result<Chunk, Error> {
    fn of<T: Number>(a: &Stack) -> Result<Chunk, Error> {
        let mut inverse = a.results::<T>(&[a.n_rows, a.n_rows])?;
        a.each(|at| T::inv(a.matrix(at), inverse.item(at)))?;
        inverse.finish()
    }
    let a = Stack::of("inv", a)?.square()?;
    with_number!(a.dtype(), T => of::<T>(&a))
}

/// The pseudoinverses (Moore and Penrose) of matrices, of shape (…, N, M), from their singular values; those up to `rcond`
/// times the greatest count as 0. Without it that is 1e-15, as in NumPy.
///
/// # Errors
/// As [`svd`](super::svd).
pub fn pinv(rcond: Option<f64>, a: &Chunk) -> Result<Chunk, Error> {
    fn of<T: Number>(rcond: f64, a: &Stack) -> Result<Chunk, Error> {
        let mut inverse = a.results::<T>(&[a.n_columns, a.n_rows])?;
        a.each(|at| T::pinv(a.matrix(at), rcond, inverse.item(at)))?;
        inverse.finish()
    }
    let a = Stack::of("pinv", a)?;
    with_number!(a.dtype(), T => of::<T>(rcond.unwrap_or(1e-15), &a))
}

/// The determinants of square matrices: 0 where there is no inverse, 1 for those without elements.
///
/// # Errors
/// As [`qr`](super::qr); [`Error::NotSquare`].
pub fn det(a: &Chunk) -> Result<Chunk, Error> {
    fn of<T: Number>(a: &Stack) -> Result<Chunk, Error> {
        let mut found = a.results::<T>(&[])?;
        a.each(|at| {
            found.item(at).fill(T::det(a.matrix(at)));
            Ok(())
        })?;
        found.finish()
    }
    let a = Stack::of("det", a)?.square()?;
    with_number!(a.dtype(), T => of::<T>(&a))
}

/// The determinants as a number of size 1, or 0, and the natural logarithm of the size, which is real.
///
/// # Errors
/// As [`det`].
pub fn slogdet(a: &Chunk) -> Result<[Chunk; 2], Error> {
    fn of<T: Number>(a: &Stack) -> Result<[Chunk; 2], Error> {
        let (mut signs, mut logs) = (a.results::<T>(&[])?, a.results::<T::Real>(&[])?);
        a.each(|at| {
            let (sign, log) = T::slogdet(a.matrix(at));
            signs.item(at).fill(sign);
            logs.item(at).fill(log);
            Ok(())
        })?;
        Ok([signs.finish()?, logs.finish()?])
    }
    let a = Stack::of("slogdet", a)?.square()?;
    with_number!(a.dtype(), T => of::<T>(&a))
}

/// The `x` of shape (N) or (N, K) for which `a x - b` is shortest, and among several the shortest `x`; with the squared
/// lengths of what is left, the rank of `a`, and its singular values.
///
/// `a` is one matrix of shape (M, N), `b` of shape (M) or (M, K). The lengths are of shape (1) or (K); and (0), as in NumPy,
/// when the rank is less than N, or there are no more rows than columns. The rank is an `int32` without axes. Singular
/// values up to `rcond` times the greatest count as 0: the precision of the dtype when it is negative, and when there is
/// none that times the greater of M and N.
///
/// # Errors
/// As [`svd`](super::svd); [`Error::Invalid`] for stacks of matrices, and when the rows are not as many.
pub fn lstsq(rcond: Option<f64>, a: &Chunk, b: &Chunk) -> Result<[Chunk; 4], Error> {
    fn of<T: Number>(rcond: f64, a: &Stack, b: &RightSides) -> Result<[Chunk; 4], Error> {
        let kernel = a.kernel;
        let n_columns = b.n_columns.unwrap_or(1);
        let shape: Vec<usize> = [a.n_columns].into_iter().chain(b.n_columns).collect();
        let mut x = a.results::<T>(&shape)?;
        let mut residuals = a.results::<T::Real>(&[n_columns])?;
        let mut s = a.results::<T::Real>(&[a.n_pivots()])?;
        let to = Lstsq { x: x.item(0), residuals: residuals.item(0), s: s.item(0) };
        let right = Matrix::new(elements::<T>(&b.chunk), a.n_rows, n_columns);
        let rank = T::lstsq(a.matrix(0), right, rcond, to);
        let rank = rank.map_err(|source| Error::Matrix { kernel, at: 0, source })?;
        if rank < a.n_columns || a.n_rows <= a.n_columns {
            residuals = a.results(&[0])?;
        }
        let rank = Chunk::from_vec(vec![rank as i32], &[]).map_err(Error::data(kernel))?;
        Ok([x.finish()?, residuals.finish()?, rank, s.finish()?])
    }
    let kernel = "lstsq";
    let dtype = common_dtype(kernel, a, b)?;
    if a.ndim() != 2 || b.ndim() > 2 {
        let reason = "one matrix is solved for, of two axes, with a right side of one axis or two";
        return Err(Error::Invalid { kernel, reason });
    }
    let a = Stack::new(kernel, a, dtype)?;
    let b = RightSides::new(&a, b)?;
    let is_single = matches!(dtype, DType::Float32 | DType::Complex64);
    let eps = if is_single { f64::from(f32::EPSILON) } else { f64::EPSILON };
    let rcond = match rcond {
        None => eps * a.n_rows.max(a.n_columns) as f64,
        Some(negative) if negative < 0.0 => eps,
        Some(rcond) => rcond,
    };
    with_number!(dtype, T => of::<T>(rcond, &a, &b))
}
