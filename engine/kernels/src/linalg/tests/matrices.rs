//! Matrices for tests, in double precision and multiplied as they are written.

use gristmill_data::number::Complex64;
use gristmill_data::{Chunk, DType};
use proptest::prelude::*;

use crate::blocks::cast;
use crate::table::numbers;

pub(super) const DTYPES: [DType; 4] = [DType::Float32, DType::Float64, DType::Complex64, DType::Complex128];

/// A matrix, in C order.
#[derive(Clone, Debug)]
pub(super) struct M {
    pub(super) m: usize,
    pub(super) n: usize,
    pub(super) at: Vec<Complex64>,
}

impl M {
    pub(super) fn from_fn(m: usize, n: usize, mut element: impl FnMut(usize, usize) -> Complex64) -> Self {
        let at = (0..m * n).map(|at| element(at / n, at % n)).collect();
        Self { m, n, at }
    }

    pub(super) fn unit(n: usize) -> Self {
        Self::from_fn(n, n, |i, j| if i == j { 1.0.into() } else { 0.0.into() })
    }

    pub(super) fn diagonal(of: &[Complex64]) -> Self {
        Self::from_fn(of.len(), of.len(), |i, j| if i == j { of[i] } else { 0.0.into() })
    }

    /// A chunk of two axes, or one, which is a column.
    pub(super) fn of(chunk: &Chunk) -> Self {
        let shape: Vec<usize> = chunk.shape().iter().map(|&n| n as usize).collect();
        let (m, n) = (shape[0], shape.get(1).copied().unwrap_or(1));
        Self { m, n, at: numbers(chunk).unwrap() }
    }

    pub(super) fn get(&self, i: usize, j: usize) -> Complex64 {
        self.at[i * self.n + j]
    }

    pub(super) fn chunk(&self, dtype: DType) -> Chunk {
        let shape = [self.m as u64, self.n as u64];
        if dtype.is_complex() {
            return cast(&Chunk::from_vec(self.at.clone(), &shape).unwrap(), dtype).unwrap();
        }
        let real = self.at.iter().map(|number| number.re).collect::<Vec<_>>();
        cast(&Chunk::from_vec(real, &shape).unwrap(), dtype).unwrap()
    }

    /// The same but for what the dtype cannot hold.
    pub(super) fn rounded(&self, dtype: DType) -> Self {
        Self::of(&self.chunk(dtype))
    }

    pub(super) fn adjoint(&self) -> Self {
        Self::from_fn(self.n, self.m, |i, j| self.get(j, i).conj())
    }

    pub(super) fn transposed(&self) -> Self {
        Self::from_fn(self.n, self.m, |i, j| self.get(j, i))
    }

    pub(super) fn times(&self, other: &Self) -> Self {
        assert_eq!(self.n, other.m);
        Self::from_fn(self.m, other.n, |i, j| (0..self.n).map(|k| self.get(i, k) * other.get(k, j)).sum())
    }

    pub(super) fn plus(&self, other: &Self, factor: f64) -> Self {
        assert_eq!((self.m, self.n), (other.m, other.n));
        Self::from_fn(self.m, self.n, |i, j| self.get(i, j) + other.get(i, j) * factor)
    }

    /// The Frobenius norm; of large elements too.
    pub(super) fn norm(&self) -> f64 {
        let greatest = self.at.iter().map(|number| number.norm()).fold(0.0, f64::max);
        if greatest == 0.0 {
            return 0.0;
        }
        greatest * self.at.iter().map(|number| (number.norm() / greatest).powi(2)).sum::<f64>().sqrt()
    }
}

pub(super) fn eps(dtype: DType) -> f64 {
    if matches!(dtype, DType::Float32 | DType::Complex64) { f64::from(f32::EPSILON) } else { f64::EPSILON }
}

/// Checks that two matrices are equal, but for some roundings of numbers of this size.
#[track_caller]
pub(super) fn near(found: &M, expected: &M, size: f64, dtype: DType) {
    let distance = found.plus(expected, -1.0).norm();
    let allowed = 60.0 * (found.m.max(found.n) as f64 + 1.0) * eps(dtype) * size;
    assert!(
        distance <= allowed,
        "{dtype}: {distance:e} off, {allowed:e} allowed: {found:?} and not {expected:?}"
    );
}

/// Checks that the columns are orthogonal and of length 1.
#[track_caller]
pub(super) fn orthogonal(q: &M, dtype: DType) {
    near(&q.adjoint().times(q), &M::unit(q.n), 1.0, dtype);
}

/// Checks that the first of the greatest elements of a vector is real and positive.
#[track_caller]
pub(super) fn oriented(vector: &[Complex64], dtype: DType) {
    let mut greatest = Complex64::default();
    for &element in vector {
        if element.norm() > greatest.norm() * 1.001 {
            greatest = element;
        }
    }
    let is_real = greatest.im.abs() <= 4.0 * eps(dtype);
    assert!(greatest.re > 0.0 && is_real, "{dtype}: {greatest} in {vector:?}");
}

/// Numbers without pattern, of which the first bits are `seed`.
pub(super) fn random(m: usize, n: usize, seed: u64) -> M {
    let part = |at: usize| {
        let hash = (at as u64 + 1 + seed * 7919).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let hash = (hash ^ (hash >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        (hash >> 40) as f64 / (1 << 23) as f64 - 1.0
    };
    M::from_fn(m, n, |i, j| Complex64::new(part(2 * (i * n + j)), part(2 * (i * n + j) + 1)))
}

/// Matrices of all kinds, of so many rows and columns: without pattern, of low rank, with many zeros, of small integers.
pub(super) fn any_kind(m: usize, n: usize, kind: usize, seed: u64) -> M {
    let random = random(m, n, seed);
    match kind % 6 {
        0 => random,
        1 => {
            let rank = 1 + seed as usize % 3;
            super::matrices::random(m, rank, seed).times(&super::matrices::random(rank, n, seed + 1))
        }
        2 => M::from_fn(m, n, |i, j| if random.get(i, j).re > 0.3 { random.get(i, j) } else { 0.0.into() }),
        3 => M::from_fn(m, n, |i, j| {
            Complex64::new((random.get(i, j).re * 2.0).round(), (random.get(i, j).im * 2.0).round())
        }),
        4 => M::from_fn(m, n, |i, j| if i == j { 1.0.into() } else { 0.0.into() }),
        _ => M::from_fn(m, n, |_, _| 0.0.into()),
    }
}

/// Rows, columns, kind and seed of matrices that are small.
pub(super) fn small() -> impl Strategy<Value = (usize, usize, usize, u64)> {
    (1_usize..13, 1_usize..13, 0_usize..6, 0_u64..10_000)
}
