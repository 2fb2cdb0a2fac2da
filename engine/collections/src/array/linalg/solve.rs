//! Equations: exact ones, and those that are solved as well as can be.

use gristmill_data::DType;
use gristmill_graph::Arg;
use gristmill_kernels::linalg::Uplo;

use super::lu::Factored;
use super::qr::factored;
use super::svd::decomposed;
use super::{Stacked, adjoint, cut_square, is_for_kernel, matrix, or_failed, precision, real, sides, square};
use crate::Error;
use crate::array::call::{Call, blocks, labelled};
use crate::array::{Array, concatenate};
use crate::s;

impl Array {
    /// The solution `x` of `a x = b` for square matrices. `b` is one vector, or matrices whose columns are solved for.
    ///
    /// Matrices of several blocks are factored as [`Array::lu`] does it.
    ///
    /// # Errors
    /// When it is computed, for a matrix that has no inverse.
    pub fn solve(&self, b: &Self) -> Self {
        Self::or_failed(square("solve", self).and_then(|a| solved(&a, b)))
    }

    /// The same for Hermitian matrices that are positive definite, in half of the time: by [`Array::cholesky`].
    pub fn solve_positive(&self, b: &Self) -> Self {
        let root = self.cholesky();
        adjoint(&root).solve_triangular(&root.solve_triangular(b, Uplo::Lower), Uplo::Upper)
    }

    /// The same for triangular matrices, of which one half is read.
    pub fn solve_triangular(&self, b: &Self, uplo: Uplo) -> Self {
        let made = square("solve_triangular", self).and_then(|a| {
            let (a, b) = both("solve_triangular", &a, b)?;
            let as_matrix = if b.ndim() == 1 { b.expand_dims(1) } else { b.clone() };
            let x = substituted(&a, &as_matrix, uplo)?;
            Ok(if b.ndim() == 1 { x.squeeze(-1) } else { x })
        });
        Self::or_failed(made)
    }

    /// The inverses of square matrices. To solve equations, [`Array::solve`] is faster and more exact.
    ///
    /// # Errors
    /// When it is computed, for a matrix that has none.
    pub fn inv(&self) -> Self {
        let made = square("inv", self).and_then(|a| {
            let (n, _) = sides(&a);
            if is_for_kernel(&a) {
                return Stacked::new("inv", &[(&a, 2)])?.one(Vec::new(), a.dtype(), &[n, n]);
            }
            let chunks = [0, 1].map(|axis| a.grid().chunks(axis).to_vec()).to_vec();
            solved(&a, &Self::eye(a.dtype(), n, n, 0, chunks))
        });
        Self::or_failed(made)
    }

    /// The pseudoinverses (Moore and Penrose) of matrices; singular values up to `rcond` times the greatest count as 0: 1e-15
    /// without it, as in NumPy.
    pub fn pinv(&self, rcond: Option<f64>) -> Self {
        let made = matrix("pinv", self).and_then(|a| {
            let (m, n) = sides(&a);
            if is_for_kernel(&a) {
                let rcond = rcond.map_or(Arg::Null, Arg::Float);
                return Stacked::new("pinv", &[(&a, 2)])?.one(vec![rcond], a.dtype(), &[n, m]);
            }
            let [u, s, vh] = decomposed(&a)?;
            let is_there = s.gt(s.max(()) * rcond.unwrap_or(1e-15));
            let inverse = s.reciprocal().where_else(&is_there, s.zeros_like());
            Ok((adjoint(&vh) * inverse).matmul(&adjoint(&u)))
        });
        Self::or_failed(made)
    }

    /// What solves `a x = b` best for one matrix: `x`, for each column of `b` the sum of the squares of what is left, the rank of
    /// the matrix (`int32`), and its singular values. Of several solutions, `x` is the shortest.
    ///
    /// Singular values up to `rcond` times the greatest count as 0; without it, the precision of the dtype times the longer
    /// side of the matrix. What is left is told for every matrix, where NumPy has nothing to say of some.
    pub fn lstsq(&self, b: &Self, rcond: Option<f64>) -> [Self; 4] {
        or_failed(matrix("lstsq", self).and_then(|a| least_squares(&a, b, rcond)))
    }
}

/// Both in one dtype, with as many rows.
fn both(name: &'static str, a: &Array, b: &Array) -> Result<(Array, Array), Error> {
    Array::all_known(name, [b])?;
    let rows = if b.ndim() > 1 { b.ndim().checked_sub(2) } else { b.ndim().checked_sub(1) };
    let n_rows = rows.and_then(|axis| b.shape().get(axis).copied());
    if n_rows != Some(sides(a).0) {
        let reason = format!("shapes {:?} and {:?} do not have as many rows", a.shape(), b.shape());
        return Err(Error::array(name, reason));
    }
    let other = gristmill_kernels::linalg::matrix_dtype(name, b.dtype()).map_err(Error::kernel(name))?;
    let dtype = DType::promote(a.dtype(), other).map_err(Error::data(name))?;
    Ok((a.astype(dtype), b.astype(dtype).without_empty_chunks()))
}

fn solved(a: &Array, b: &Array) -> Result<Array, Error> {
    let (a, b) = both("solve", a, b)?;
    let is_one = a.grid().n_chunks() == 1 && b.grid().n_chunks() == 1;
    if a.ndim() > 2 || b.ndim() > 2 || a.size() == 0 || is_one {
        let n_inner = b.ndim().min(2);
        let shape = b.shape().split_off(b.ndim() - n_inner);
        return Stacked::new("solve", &[(&a, 2), (&b, n_inner)])?.one(Vec::new(), b.dtype(), &shape);
    }
    if b.ndim() == 1 {
        return Ok(solved(&a, &b.expand_dims(1))?.squeeze(-1));
    }
    let factored = Factored::new(&a)?;
    let mut rest = b.whole_along(|axis| axis == 0).take_at(&factored.order, 0)?;
    let mut right_sides = Vec::new();
    for step in &factored.steps {
        let n = sides(&step.pivots).0 as i64;
        let top = triangular(&step.pivots, Uplo::Lower, true, &rest.slice(s![..n]))?;
        if let Some(below) = &step.below {
            rest = below.matmul_onto(&-&top, &rest.slice(s![n..]));
        }
        right_sides.push(top);
    }
    // From the last unknowns to the first; with another sign in what is still open.
    let mut found: Vec<Array> = Vec::new();
    let mut negated: Option<Array> = None;
    for (step, mut side) in factored.steps.iter().zip(right_sides).rev() {
        if let (Some(right), Some(negated)) = (&step.right, &negated) {
            side = right.matmul_onto(negated, &side);
        }
        let x = triangular(&step.pivots, Uplo::Upper, false, &side)?;
        let minus = [Some(-&x), negated].into_iter().flatten().collect::<Vec<_>>();
        negated = Some(concatenate(&minus, 0));
        found.push(x);
    }
    found.reverse();
    let x = concatenate(&found, 0);
    x.check()?;
    Ok(x.recut(b.grid().clone()))
}

/// The solution for a triangular matrix of one block: each block of columns by itself.
pub(super) fn triangular(a: &Array, uplo: Uplo, is_unit: bool, b: &Array) -> Result<Array, Error> {
    let b = b.whole_along(|axis| axis == 0);
    let inputs = vec![a.clone(), b];
    Array::all_checked(&inputs)?;
    let grid = inputs.last().map(|b| b.grid().clone()).unwrap_or_default();
    let wiring = labelled(&blocks(&grid), &inputs, &[vec![2, 3], vec![0, 1]]);
    let args = vec![
        Arg::Boolean(uplo == Uplo::Lower),
        Arg::text("N"),
        Arg::Boolean(is_unit),
        Arg::Input(0),
        Arg::Input(1),
    ];
    Ok(Call::kernel("solve_triangular", "solve_triangular", wiring, args)?.on(inputs, a.dtype(), grid))
}

/// The solution for a triangular matrix, block by block from the end that has one unknown.
fn substituted(a: &Array, b: &Array, uplo: Uplo) -> Result<Array, Error> {
    let is_lower = uplo == Uplo::Lower;
    if a.ndim() > 2 || b.ndim() > 2 || a.size() == 0 {
        let shape = b.shape().split_off(b.ndim() - 2);
        let args = vec![Arg::Boolean(is_lower), Arg::text("N"), Arg::Boolean(false)];
        return Stacked::new("solve_triangular", &[(a, 2), (b, 2)])?.one(args, b.dtype(), &shape);
    }
    let a = cut_square(a);
    let rows = a.grid().chunks(0).to_vec();
    let n = rows.len() as i64;
    // What is left of the right side when the unknowns found so far are put in.
    let mut rest = b.rechunk(vec![rows, b.grid().chunks(1).to_vec()]);
    let mut found = Vec::with_capacity(n as usize);
    for step in 0..n {
        let at = if is_lower { step } else { n - 1 - step };
        let side = rest.blocks(if is_lower { s![0] } else { s![-1] });
        side.check()?;
        let x = triangular(&a.blocks(s![at, at]), uplo, false, &side)?;
        if step + 1 < n {
            let (below, others) = match is_lower {
                true => (a.blocks(s![at + 1.., at]), rest.blocks(s![1..])),
                false => (a.blocks(s![..at, at]), rest.blocks(s![..-1])),
            };
            rest = below.matmul_onto(&-&x, &others);
        }
        found.push(x);
    }
    if !is_lower {
        found.reverse();
    }
    let x = concatenate(&found, 0);
    x.check()?;
    Ok(x.recut(b.grid().clone()))
}

fn least_squares(a: &Array, b: &Array, rcond: Option<f64>) -> Result<[Array; 4], Error> {
    const NAME: &str = "lstsq";
    let (a, b) = both(NAME, a, b)?;
    if a.ndim() != 2 || b.ndim() > 2 {
        return Err(Error::array(NAME, "one matrix is solved for, not a stack of them".to_owned()));
    }
    let ((m, n), dtype) = (sides(&a), a.dtype());
    let k = m.min(n);
    let rcond = Arg::Float(rcond.unwrap_or(precision(dtype) * m.max(n) as f64));
    let small = |a: &Array, b: &Array| {
        let x = [vec![sides(a).1], b.shape().split_off(1)].concat();
        // What is left there says nothing, and has no length to count on.
        let results = [(dtype, x), (real(dtype), vec![0]), (DType::Int32, vec![]), (real(dtype), vec![k])];
        Stacked::new(NAME, &[(a, 2), (b, b.ndim())])?.several(vec![rcond.clone()], results)
    };
    let [x, _, rank, s] = match m >= n {
        true => {
            let [q, r] = factored(&a)?;
            small(&r, &adjoint(&q).matmul(&b))?
        }
        false => {
            let [q, r] = factored(&adjoint(&a))?;
            let [x, left, rank, s] = small(&adjoint(&r), &b)?;
            [q.matmul(&x), left, rank, s]
        }
    };
    let left = b - a.matmul(&x);
    let size = left.abs();
    let residuals = size.square().sum(0);
    Ok([x, residuals, rank, s])
}
