//! Eigenvalues.

use gristmill_data::DType;
use gristmill_graph::Arg;
use gristmill_kernels::linalg::Uplo;

use super::{Stacked, or_failed, real, sides, square};
use crate::array::Array;

impl Array {
    /// The eigenvalues of Hermitian matrices, in ascending order, and the eigenvectors that belong to them, which are columns.
    /// One half of each is read; a matrix becomes one chunk.
    ///
    /// The first of the greatest elements of each vector is real and positive.
    pub fn eigh(&self, uplo: Uplo) -> [Self; 2] {
        or_failed(square("eigh", self).and_then(|a| {
            let (n, _) = sides(&a);
            let results = [(real(a.dtype()), vec![n]), (a.dtype(), vec![n, n])];
            Stacked::new("eigh", &[(&a, 2)])?.several(vec![Arg::text(uplo.name())], results)
        }))
    }

    /// The eigenvalues of [`Array::eigh`] alone.
    pub fn eigvalsh(&self, uplo: Uplo) -> Self {
        Self::or_failed(square("eigvalsh", self).and_then(|a| {
            let (n, _) = sides(&a);
            Stacked::new("eigvalsh", &[(&a, 2)])?.one(vec![Arg::text(uplo.name())], real(a.dtype()), &[n])
        }))
    }

    /// The eigenvalues of square matrices in no particular order, and the eigenvectors that belong to them, which are columns:
    /// complex numbers all. A matrix becomes one chunk.
    pub fn eig(&self) -> [Self; 2] {
        or_failed(square("eig", self).and_then(|a| {
            let ((n, _), dtype) = (sides(&a), complex(a.dtype()));
            Stacked::new("eig", &[(&a, 2)])?.several(Vec::new(), [(dtype, vec![n]), (dtype, vec![n, n])])
        }))
    }

    /// The eigenvalues of [`Array::eig`] alone.
    pub fn eigvals(&self) -> Self {
        Self::or_failed(square("eigvals", self).and_then(|a| {
            let (n, _) = sides(&a);
            Stacked::new("eigvals", &[(&a, 2)])?.one(Vec::new(), complex(a.dtype()), &[n])
        }))
    }
}

/// The complex dtype of the same precision.
fn complex(dtype: DType) -> DType {
    match real(dtype) {
        DType::Float32 => DType::Complex64,
        _ => DType::Complex128,
    }
}
