//! Lower times upper triangular matrices, with rows swapped so that pivots are large.

use gristmill_data::DType;
use gristmill_graph::Arg;
use gristmill_kernels::linalg::Uplo;

use super::solve::triangular;
use super::{Stacked, after_zeros, matrix, or_failed, real, sides};
use crate::Error;
use crate::array::call::{Call, single};
use crate::array::unify::refined;
use crate::array::{Array, concatenate};
use crate::s;

impl Array {
    /// Matrices as `p` times `l` times `u`: `p` puts rows in another order, `l` is lower triangular with ones on its diagonal, and
    /// `u` is upper triangular; of M by N, M by M, M by K and K by N, where K is the lesser of M and N.
    ///
    /// A matrix of several blocks is factored by columns of blocks, with the pivots of LAPACK: the greatest element of a whole
    /// column, not only of its block. So a column of blocks becomes one chunk, of which a task holds three.
    pub fn lu(&self) -> [Self; 3] {
        or_failed(matrix("lu", self).and_then(|matrix| factors(&matrix)))
    }
}

fn factors(a: &Array) -> Result<[Array; 3], Error> {
    let ((m, n), dtype) = (sides(a), a.dtype());
    let k = m.min(n);
    // One matrix of one block is better off without all of `p` in one block.
    if a.ndim() > 2 || a.size() == 0 {
        let results = [(real(dtype), vec![m, m]), (dtype, vec![m, k]), (dtype, vec![k, n])];
        return Stacked::new("lu", &[(a, 2)])?.several(Vec::new(), results);
    }
    let factored = Factored::new(a)?;
    let cuts = factored.cuts();
    let (mut lower, mut upper) = (Vec::new(), Vec::new());
    for (at, step) in factored.steps.iter().enumerate() {
        let before = cuts.get(..at).unwrap_or_default();
        let ones = Array::identity(dtype, cuts.get(at).copied().unwrap_or(0), -1);
        let left =
            [Some(step.pivots.tril(-1) + ones), step.below.clone()].into_iter().flatten().collect::<Vec<_>>();
        lower.push(after_zeros(0, before, &concatenate(&left, 0)));
        let right = [Some(step.pivots.triu(0)), step.right.clone()].into_iter().flatten().collect::<Vec<_>>();
        upper.push(after_zeros(1, before, &concatenate(&right, 1)));
    }
    let [rows, columns] = [0, 1].map(|axis| a.grid().chunks(axis).to_vec());
    let places = Array::arange(0, m as i64, 1, vec![rows.clone()]).expand_dims(1);
    let p = factored.order.rechunk(vec![rows.clone()]).expand_dims(0).eq(&places).astype(real(dtype));
    let lower = concatenate(&lower, 1).rechunk(vec![rows, cuts.clone()]);
    Ok([p, lower, concatenate(&upper, 0).rechunk(vec![cuts, columns])])
}

/// A matrix in several blocks, factored.
pub(super) struct Factored {
    pub(super) steps: Vec<Step>,
    /// Where each row comes from.
    pub(super) order: Array,
}

/// What the elimination of a column of blocks leaves.
pub(super) struct Step {
    /// Both factors on the diagonal, in one matrix.
    pub(super) pivots: Array,
    /// The lower factor below it, if there is more, with its rows where all swaps leave them.
    pub(super) below: Option<Array>,
    /// The upper factor right of it.
    pub(super) right: Option<Array>,
    /// With which row each was swapped, from the step's first on.
    pub(super) swaps: Array,
    /// Where rows come from, from the step's first on.
    order: Array,
}

impl Factored {
    pub(super) fn new(a: &Array) -> Result<Self, Error> {
        let (m, n) = sides(a);
        let n_pivots = m.min(n);
        // A column of blocks ends with the pivots.
        let pivots = [n_pivots, n - n_pivots].into_iter().filter(|&length| length > 0).collect();
        let columns = refined(&[a.grid().chunks(1).to_vec(), pivots]);
        let mut rest = a.rechunk(vec![vec![m], columns]);
        let mut steps = Vec::new();
        let mut n_done = 0;
        while n_done < n_pivots {
            rest.check()?;
            let (step, left) = Step::new(&rest)?;
            n_done += sides(&step.pivots).0;
            steps.push(step);
            match left {
                Some(left) => rest = left,
                None => break,
            }
        }
        Self::ordered(steps)
    }

    /// Rows that were swapped later, in the factors of earlier steps.
    fn ordered(mut steps: Vec<Step>) -> Result<Self, Error> {
        // Where rows come from, from the next step's first on.
        let mut after: Option<Array> = None;
        for step in steps.iter_mut().rev() {
            let n = sides(&step.pivots).0 as i64;
            if let (Some(below), Some(order)) = (&step.below, &after) {
                step.below = Some(below.take_at(order, 0)?);
            }
            after = Some(match &after {
                None => step.order.clone(),
                Some(after) => {
                    let within = concatenate(&[Array::arange(0, n, 1, -1), after + n], 0).rechunk(-1);
                    step.order.take_at(&within, 0)?
                }
            });
        }
        let order = after.ok_or_else(|| Error::array("lu", "the matrix has no elements".to_owned()))?;
        Ok(Self { steps, order })
    }

    /// How many pivots each step has.
    pub(super) fn cuts(&self) -> Vec<u64> {
        self.steps.iter().map(|step| sides(&step.pivots).0).collect()
    }
}

impl Step {
    /// Eliminates the first column of blocks; also gives what is left right of it and below.
    fn new(a: &Array) -> Result<(Self, Option<Array>), Error> {
        let (m, n) = sides(a);
        let panel = a.blocks(s![.., 0]);
        let width = sides(&panel).1;
        let results = [(a.dtype(), vec![m, width]), (DType::Int32, vec![m.min(width)])];
        let [packed, swaps] = Stacked::new("lu_factor", &[(&panel, 2)])?.several(Vec::new(), results)?;
        let args = vec![Arg::UInt(m), Arg::Input(0)];
        let grid = gristmill_data::ChunkGrid::new(vec![vec![m]]).map_err(Error::data("lu"))?;
        let order =
            Call::kernel("lu", "row_order", single(1), args)?.on(vec![swaps.clone()], DType::Int64, grid);
        let end = width as i64;
        let (pivots, below) = (packed.slice(s![..end]), (m > width).then(|| packed.slice(s![end..])));
        let mut right = None;
        let mut left = None;
        if n > width {
            let rows = a.blocks(s![.., 1..]).take_at(&order, 0)?;
            let solved = triangular(&pivots, Uplo::Lower, true, &rows.slice(s![..end]))?;
            left = below.as_ref().map(|below| (-below).matmul_onto(&solved, &rows.slice(s![end..])));
            right = Some(solved);
        }
        Ok((Self { pivots, below, right, swaps, order }, left))
    }
}
