//! Singular values and vectors.

use super::qr::{factored, triangular};
use super::{Stacked, adjoint, is_for_kernel, matrix, or_failed, real, sides};
use crate::Error;
use crate::array::{Array, Generator};
use crate::s;

impl Array {
    /// Matrices as `u` times a diagonal `s` times `vh`: of M by N, M by K, K and K by N, where K is the lesser of M and N. The
    /// singular values descend.
    ///
    /// A matrix of several blocks goes through [`Array::qr`] of its rows or, when it has more columns than rows, of its columns.
    /// Of the smaller of both, the first of the greatest elements of each vector is real and positive.
    ///
    /// # Example
    /// ```
    /// use gristmill_collections::array::Generator;
    ///
    /// let x = Generator::new(1).normal(0.0, 1.0, &[100_000, 20], [10_000, 20]);
    /// let [u, s, vh] = x.svd();
    /// assert_eq!((u.shape(), s.shape(), vh.shape()), (vec![100_000, 20], vec![20], vec![20, 20]));
    /// ```
    pub fn svd(&self) -> [Self; 3] {
        or_failed(matrix("svd", self).and_then(|matrix| decomposed(&matrix)))
    }

    /// The singular values alone.
    pub fn svdvals(&self) -> Self {
        Self::or_failed(matrix("svdvals", self).and_then(|matrix| {
            let (m, n) = sides(&matrix);
            let r = match is_for_kernel(&matrix) {
                true => matrix,
                false if m < n => triangular(&adjoint(&matrix))?,
                false => triangular(&matrix)?,
            };
            Stacked::new("svdvals", &[(&r, 2)])?.one(Vec::new(), real(r.dtype()), &[m.min(n)])
        }))
    }

    /// The greatest `k` singular values and their vectors, nearly: the matrix is multiplied with a few random vectors, and
    /// decomposed in the space that these span (Halko, Martinsson and Tropp, 2011).
    ///
    /// Nothing of the size of the matrix is made, and it is read once for each product: 2, and 2 more for each power of
    /// [`Compressed::n_power_iter`]. Each power makes the results more exact where singular values do not fall off quickly.
    pub fn svd_compressed(&self, k: u64, options: Compressed) -> [Self; 3] {
        or_failed(matrix("svd_compressed", self).and_then(|matrix| compressed(&matrix, k, &options)))
    }
}

/// The most powers: the plan grows with them, and two or three make results exact.
const POWERS_MAX: u32 = 100;

/// How exact [`Array::svd_compressed`] is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compressed {
    /// How many vectors more than singular values are taken.
    pub n_oversamples: u64,
    /// How many times the matrix and its adjoint are applied to the vectors.
    pub n_power_iter: u32,
    /// Which random numbers the vectors are.
    pub seed: u64,
}

/// Ten vectors more, no powers.
impl Default for Compressed {
    fn default() -> Self {
        Self { n_oversamples: 10, n_power_iter: 0, seed: 0 }
    }
}

pub(super) fn decomposed(a: &Array) -> Result<[Array; 3], Error> {
    let (m, n) = sides(a);
    let (k, dtype) = (m.min(n), a.dtype());
    if is_for_kernel(a) {
        let results = [(dtype, vec![m, k]), (real(dtype), vec![k]), (dtype, vec![k, n])];
        return Stacked::new("svd", &[(a, 2)])?.several(Vec::new(), results);
    }
    if m < n {
        let [u, s, vh] = decomposed(&adjoint(a))?;
        return Ok([adjoint(&vh), s, adjoint(&u)]);
    }
    let [q, r] = factored(a)?;
    let results = [(dtype, vec![k, k]), (real(dtype), vec![k]), (dtype, vec![k, k])];
    let [u, s, vh] = Stacked::new("svd", &[(&r, 2)])?.several(Vec::new(), results)?;
    Ok([q.matmul(&u), s, vh])
}

fn compressed(a: &Array, k: u64, options: &Compressed) -> Result<[Array; 3], Error> {
    const NAME: &str = "svd_compressed";
    let (m, n) = sides(a);
    if options.n_power_iter > POWERS_MAX {
        return Err(Error::array(NAME, format!("more than {POWERS_MAX} powers make nothing more exact")));
    }
    if a.ndim() != 2 || k == 0 || k > m.min(n) {
        let reason = format!("an array of shape {:?} is no matrix with {k} singular values", a.shape());
        return Err(Error::array(NAME, reason));
    }
    let n_vectors = k.saturating_add(options.n_oversamples).min(m.min(n));
    let chunks = vec![a.grid().chunks(1).to_vec(), vec![n_vectors]];
    let vectors = Generator::new(options.seed).normal(0.0, 1.0, &[n, n_vectors], chunks).astype(a.dtype());
    let turned = adjoint(a);
    let span = |vectors: &Array| factored(vectors).map(|[q, _]| q);
    let mut q = span(&a.matmul(&vectors))?;
    for _ in 0..options.n_power_iter {
        q = span(&a.matmul(&span(&turned.matmul(&q))?))?;
    }
    let [u, s, vh] = decomposed(&adjoint(&q).matmul(a))?;
    let first = k as i64;
    Ok([q.matmul(&u).slice(s![.., ..first]), s.slice(s![..first]), vh.slice(s![..first])])
}
