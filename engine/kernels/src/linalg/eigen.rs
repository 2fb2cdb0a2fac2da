//! Eigenvalues and eigenvectors.

use std::str::FromStr;

use gristmill_data::Chunk;
use gristmill_dense::Triangle;

use super::stack::{Number, Stack, with_number};
use crate::Error;

/// Which half of a Hermitian matrix is read, by LAPACK's letters `L` and `U`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "they say it")]
pub enum Uplo {
    Lower,
    Upper,
}

impl Uplo {
    /// LAPACK's letter.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Lower => "L",
            Self::Upper => "U",
        }
    }
}

impl FromStr for Uplo {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "L" | "l" => Ok(Self::Lower),
            "U" | "u" => Ok(Self::Upper),
            _ => {
                let name = text.chars().take(40).collect();
                Err(Error::NoSuchMode { what: "half of a matrix", name, known: "L and U" })
            }
        }
    }
}

impl From<Uplo> for Triangle {
    fn from(uplo: Uplo) -> Self {
        match uplo {
            Uplo::Lower => Self::Lower,
            Uplo::Upper => Self::Upper,
        }
    }
}

/// The eigenvalues of symmetric or Hermitian matrices, real and ascending, of shape (…, M), and the eigenvectors, which are
/// the columns of matrices of shape (…, M, M), of length 1 and orthogonal. Only one half of each matrix is read; where that
/// has NaN or something infinite, all results are NaN.
///
/// The first of the greatest elements of every vector is real and positive.
///
/// # Errors
/// As [`qr`](super::qr); [`Error::NotSquare`], [`Error::Matrix`] when the iteration does not converge.
pub fn eigh(uplo: Uplo, a: &Chunk) -> Result<[Chunk; 2], Error> {
    fn of<T: Number>(uplo: Uplo, a: &Stack) -> Result<[Chunk; 2], Error> {
        let mut values = a.results::<T::Real>(&[a.n_rows])?;
        let mut vectors = a.results::<T>(&[a.n_rows, a.n_rows])?;
        a.each(|at| T::eigh(a.matrix(at), uplo.into(), values.item(at), Some(vectors.item(at))))?;
        Ok([values.finish()?, vectors.finish()?])
    }
    let a = Stack::of("eigh", a)?.square()?;
    with_number!(a.dtype(), T => of::<T>(uplo, &a))
}

/// The eigenvalues of [`eigh`] alone.
///
/// # Errors
/// As [`eigh`].
pub fn eigvalsh(uplo: Uplo, a: &Chunk) -> Result<Chunk, Error> {
    fn of<T: Number>(uplo: Uplo, a: &Stack) -> Result<Chunk, Error> {
        let mut values = a.results::<T::Real>(&[a.n_rows])?;
        a.each(|at| T::eigh(a.matrix(at), uplo.into(), values.item(at), None))?;
        values.finish()
    }
    let a = Stack::of("eigvalsh", a)?.square()?;
    with_number!(a.dtype(), T => of::<T>(uplo, &a))
}

/// The eigenvalues of any square matrices, of shape (…, M) and in no particular order, and the eigenvectors, which are the
/// columns of matrices of shape (…, M, M) and of length 1.
///
/// Both are always complex, where NumPy looks at the results and gives real ones if it can: a dtype is known before there
/// are results. The first of the greatest elements of every vector is real and positive.
///
/// # Errors
/// As [`eigh`]; [`Error::Matrix`] also when an element is NaN or infinite.
pub fn eig(a: &Chunk) -> Result<[Chunk; 2], Error> {
    fn of<T: Number>(a: &Stack) -> Result<[Chunk; 2], Error> {
        let mut values = a.results::<T::Complex>(&[a.n_rows])?;
        let mut vectors = a.results::<T::Complex>(&[a.n_rows, a.n_rows])?;
        a.each(|at| T::eig(a.matrix(at), values.item(at), Some(vectors.item(at))))?;
        Ok([values.finish()?, vectors.finish()?])
    }
    let a = Stack::of("eig", a)?.square()?;
    with_number!(a.dtype(), T => of::<T>(&a))
}

/// The eigenvalues of [`eig`] alone.
///
/// # Errors
/// As [`eig`].
pub fn eigvals(a: &Chunk) -> Result<Chunk, Error> {
    fn of<T: Number>(a: &Stack) -> Result<Chunk, Error> {
        let mut values = a.results::<T::Complex>(&[a.n_rows])?;
        a.each(|at| T::eig(a.matrix(at), values.item(at), None))?;
        values.finish()
    }
    let a = Stack::of("eigvals", a)?.square()?;
    with_number!(a.dtype(), T => of::<T>(&a))
}
