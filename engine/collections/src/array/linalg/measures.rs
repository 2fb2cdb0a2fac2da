//! What numbers say of matrices and vectors; powers of matrices.

use gristmill_kernels::{Reduction, ReductionKind};

use super::lu::Factored;
use super::{Stacked, is_for_kernel, matrix, or_failed, real, shaped, sides, square, squared};
use crate::Error;
use crate::array::{Array, Axes, KeepDims};

/// How large a matrix is, by NumPy's `ord`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum MatrixNorm {
    /// The root of the sum of squares: `fro`.
    Frobenius,
    /// The sum of the singular values: `nuc`.
    Nuclear,
    /// The greatest sum of absolute values of a column: 1.
    One,
    /// The least one: -1.
    MinusOne,
    /// The greatest singular value: 2.
    Two,
    /// The least one: -2.
    MinusTwo,
    /// The greatest sum of absolute values of a row: infinity.
    Infinity,
    /// The least one: minus infinity.
    MinusInfinity,
}

impl Array {
    /// The root of the sum of the squares of all elements, as NumPy's `norm` without more words.
    pub fn norm(&self) -> Self {
        self.vector_norm(2.0, (), KeepDims::No)
    }

    /// The lengths of vectors along axes: the root of order `ord` of the sum of these powers of absolute values, the greatest of
    /// these for infinity, the least for minus infinity, and how many are not 0 for 0.
    pub fn vector_norm(&self, ord: f64, axes: impl Into<Axes>, keepdims: KeepDims) -> Self {
        let of = |array: &Self, kind| array.reduce(Reduction::of(kind), axes, keepdims);
        let sizes = as_floats(self).abs();
        if ord == f64::INFINITY {
            // Nothing has the length 0.
            of(&sizes, if sizes.size() == 0 { ReductionKind::Sum } else { ReductionKind::Max })
        } else if ord == f64::NEG_INFINITY {
            of(&sizes, ReductionKind::Min)
        } else if ord == 0.0 {
            of(&sizes.ne(0).astype(sizes.dtype()), ReductionKind::Sum)
        } else if ord == 1.0 {
            of(&sizes, ReductionKind::Sum)
        } else if ord == 2.0 {
            of(&sizes.square(), ReductionKind::Sum).sqrt()
        } else {
            of(&sizes.power(ord), ReductionKind::Sum).power(1.0 / ord)
        }
    }

    /// How large matrices are, which the last two axes are those of.
    pub fn matrix_norm(&self, norm: MatrixNorm) -> Self {
        let made = shaped("matrix_norm", self).map(|()| {
            let a = as_floats(self);
            let lines = |axis: i64| a.abs().sum(axis);
            match norm {
                MatrixNorm::Frobenius => a.vector_norm(2.0, [-2, -1], KeepDims::No),
                MatrixNorm::Nuclear => a.svdvals().sum(-1),
                MatrixNorm::Two => greatest(&a.svdvals()),
                MatrixNorm::MinusTwo => a.svdvals().min(-1),
                MatrixNorm::One => greatest(&lines(-2)),
                MatrixNorm::MinusOne => lines(-2).min(-1),
                MatrixNorm::Infinity => greatest(&lines(-1)),
                MatrixNorm::MinusInfinity => lines(-1).min(-1),
            }
        });
        Self::or_failed(made)
    }

    /// How many singular values are more than `rtol` times the greatest one; without it, than the precision of the dtype times the
    /// longer side.
    pub fn matrix_rank(&self, rtol: Option<f64>) -> Self {
        let made = matrix("matrix_rank", self).map(|a| {
            let ((m, n), s) = (sides(&a), a.svdvals());
            let part = rtol.unwrap_or(super::precision(a.dtype()) * m.max(n) as f64);
            let least = greatest(&s).expand_dims(-1) * part;
            s.gt(least).sum(-1)
        });
        Self::or_failed(made)
    }

    /// The greatest singular value over the least: how much an error in the right side of an equation may grow.
    pub fn cond(&self) -> Self {
        let s = self.svdvals();
        let ratio = s.max(-1) / s.min(-1);
        // Of zeros alone.
        Self::full(f64::INFINITY, &[], 1).astype(ratio.dtype()).where_else(&ratio.isnan(), &ratio)
    }

    /// The determinants of square matrices; of one of several blocks from its pivots ([`Array::lu`]).
    pub fn det(&self) -> Self {
        let made = square("det", self).and_then(|a| {
            if is_for_kernel(&a) {
                return Stacked::new("det", &[(&a, 2)])?.one(Vec::new(), a.dtype(), &[]);
            }
            let (sign, pivots) = pivots(&a)?;
            let product = pivots.prod(());
            // The product may leave the range of numbers on its way.
            let is_right = product.isfinite().logical_and(product.ne(0));
            let [direction, log] = polar(&pivots);
            Ok(sign * product.where_else(&is_right, direction * log.exp()))
        });
        Self::or_failed(made)
    }

    /// The directions of determinants, numbers of size 1 or 0, and the logarithms of their sizes.
    pub fn slogdet(&self) -> [Self; 2] {
        or_failed(square("slogdet", self).and_then(|a| {
            let dtype = a.dtype();
            if is_for_kernel(&a) {
                return Stacked::new("slogdet", &[(&a, 2)])?
                    .several(Vec::new(), [(dtype, vec![]), (real(dtype), vec![])]);
            }
            let (sign, pivots) = pivots(&a)?;
            let [direction, log] = polar(&pivots);
            Ok([sign * direction, log])
        }))
    }

    /// Square matrices multiplied with themselves so many times; their inverses, for negative `n`.
    pub fn matrix_power(&self, n: i64) -> Self {
        let made = squared("matrix_power", self).map(|()| {
            let (mut power, mut rest) = (if n < 0 { self.inv() } else { self.clone() }, n.unsigned_abs());
            let mut product: Option<Self> = None;
            while rest > 0 {
                if rest % 2 == 1 {
                    product = Some(product.map_or_else(|| power.clone(), |product| product.matmul(&power)));
                }
                rest /= 2;
                if rest > 0 {
                    power = power.matmul(&power);
                }
            }
            product.unwrap_or_else(|| {
                let chunks = [-2, -1]
                    .map(|axis| self.grid().chunks((self.ndim() as i64 + axis) as usize).to_vec())
                    .to_vec();
                let (n_rows, n_columns) = sides(self);
                Self::eye(self.dtype(), n_rows, n_columns, 0, chunks).broadcast_to(&self.shape())
            })
        });
        Self::or_failed(made)
    }
}

/// Floats and complex numbers as they are; all else as `float64`.
fn as_floats(array: &Array) -> Array {
    let is_inexact = array.dtype().is_float() || array.dtype().is_complex();
    if is_inexact { array.clone() } else { array.astype(gristmill_data::DType::Float64) }
}

/// The greatest along the last axis, and 0 of nothing.
fn greatest(sizes: &Array) -> Array {
    if sizes.size() == 0 { sizes.sum(-1) } else { sizes.max(-1) }
}

/// The direction of the product of numbers, and the logarithm of its size.
fn polar(numbers: &Array) -> [Array; 2] {
    [numbers.sign().prod(()), numbers.abs().log().sum(())]
}

/// The pivots of a matrix of several blocks, and the sign of their order.
fn pivots(a: &Array) -> Result<(Array, Array), Error> {
    let factored = Factored::new(a)?;
    let mut n_swapped: Option<Array> = None;
    let mut pivots = Vec::with_capacity(factored.steps.len());
    for step in &factored.steps {
        let own = Array::arange(0, step.swaps.size() as i64, 1, -1);
        let swapped = step.swaps.ne(&own).sum(());
        n_swapped = Some(n_swapped.map_or_else(|| swapped.clone(), |n| n + &swapped));
        pivots.push(step.pivots.diagonal(0, [0, 1]));
    }
    let n_swapped = n_swapped.ok_or_else(|| Error::array("det", "the matrix has no elements".to_owned()))?;
    let sign = (n_swapped.remainder(2) * -2 + 1).astype(a.dtype());
    Ok((sign, crate::array::concatenate(&pivots, 0)))
}
