//! Sums of products along axes: of matrices, of arrays, in index notation.
//!
//! All come down to [`contract`], which adds up products of blocks, one after the other, so that no task holds more than
//! four blocks: two, what was added up before them, and what is now.

mod einsum;

use std::ops::Range;

use gristmill_data::{ChunkGrid, DType};
use gristmill_graph::{Arg, TaskRef};

use super::Array;
use super::call::{Call, block_of, listed, n_blocks};
use super::reduce::axis_of;
use super::unify::unify_labelled;
use crate::Error;

pub use einsum::einsum;

/// How many tasks are wanted at the same time at least: where the result has fewer blocks, its sums are made in parts.
const TASKS_WANTED: u32 = 32;
/// How many products are added up one after the other at most, each of which is a layer of the graph.
const STEPS_MAX: u32 = 256;
/// How much all parts of a sum may take together, in bytes: they are added up when all are there.
const PARTS_NBYTES: u64 = 128 << 20;

impl Array {
    /// The product as NumPy's `dot`: of vectors the sum of the products of their elements, of matrices theirs, and else the
    /// sum along the last axis and the other array's last but one. A number multiplies.
    pub fn dot(&self, other: &Self) -> Self {
        match (self.ndim(), other.ndim()) {
            (0, _) | (_, 0) => self * other,
            (_, 1) => self.tensordot(other, &[-1], &[0]),
            (_, _) => self.tensordot(other, &[-1], &[-2]),
        }
    }

    /// The sum of the products of the elements, the first ones conjugate, of arrays of any shape.
    pub fn vdot(&self, other: &Self) -> Self {
        self.conj().ravel().dot(&other.ravel())
    }

    /// The sum of products along the last axes.
    pub fn inner(&self, other: &Self) -> Self {
        match (self.ndim(), other.ndim()) {
            (0, _) | (_, 0) => self * other,
            _ => self.tensordot(other, &[-1], &[-1]),
        }
    }

    /// Each element by each of the other array's: a matrix.
    pub fn outer(&self, other: &Self) -> Self {
        self.ravel().with_new_axes(0, 1) * other.ravel().with_new_axes(1, 0)
    }

    /// The array in place of each element of this one, times it. The one with fewer axes gets more at its front.
    pub fn kron(&self, other: &Self) -> Self {
        let ndim = self.ndim().max(other.ndim());
        let [left, right] =
            [self, other].map(|array| array.with_new_axes(ndim.saturating_sub(array.ndim()), 0));
        let shape: Vec<i64> =
            left.shape().iter().zip(right.shape()).map(|(a, b)| a.saturating_mul(b) as i64).collect();
        let between = |first: bool| {
            (0..ndim).flat_map(move |axis| if first { [Some(axis), None] } else { [None, Some(axis)] })
        };
        let product = || {
            Self::all_known("kron", [&left, &right])?;
            let [left, right] = [(&left, true), (&right, false)]
                .map(|(array, first)| array.with_axes("kron", between(first).collect()));
            Ok((left? * right?).reshape(&shape))
        };
        Self::or_failed(product())
    }

    /// The product of two matrices, as NumPy's `matmul`: of the last two axes, all axes before them broadcast, and an array of
    /// one axis is a row or a column, which the result has not.
    pub fn matmul(&self, other: &Self) -> Self {
        Self::or_failed(self.try_matmul(other, None))
    }

    /// The same, added to what has the dtype, shape and chunks of the product.
    pub(super) fn matmul_onto(&self, other: &Self, sum: &Self) -> Self {
        Self::or_failed(self.try_matmul(other, Some(sum.clone())))
    }

    fn try_matmul(&self, other: &Self, sum: Option<Self>) -> Result<Self, Error> {
        Self::all_known("matmul", [self, other])?;
        if self.ndim() == 0 || other.ndim() == 0 {
            let reason = "an array without axes is no matrix; multiply by it".to_owned();
            return Err(Error::array("matmul", reason));
        }
        let n_outer = self.ndim().max(other.ndim()).saturating_sub(2) as u32;
        let [row, column, inner] = [n_outer, n_outer + 1, n_outer + 2];
        let outer = |array: &Self| n_outer - (array.ndim().saturating_sub(2) as u32)..n_outer;
        let left = outer(self).chain((self.ndim() > 1).then_some(row)).chain([inner]).collect();
        let right = outer(other).chain([inner]).chain((other.ndim() > 1).then_some(column)).collect();
        let result =
            (0..n_outer).chain((self.ndim() > 1).then_some(row)).chain((other.ndim() > 1).then_some(column));
        contract("matmul", (self, left), (other, right), &result.collect::<Vec<u32>>(), sum)
    }

    /// The sum of products along pairs of axes, of which the first are this array's and the second the other's. The axes that
    /// are left are the result's, this array's first. Along none, each element is multiplied by each.
    pub fn tensordot(&self, other: &Self, axes: &[i64], other_axes: &[i64]) -> Self {
        Self::or_failed(self.try_tensordot(other, axes, other_axes))
    }

    fn try_tensordot(&self, other: &Self, left_axes: &[i64], right_axes: &[i64]) -> Result<Self, Error> {
        Self::all_known("tensordot", [self, other])?;
        let refused = |reason: &str| Error::array("tensordot", reason.to_owned());
        if left_axes.len() != right_axes.len() {
            return Err(refused("as many axes of the one array meet as of the other"));
        }
        let mut next = 0;
        let n_all = (self.ndim() + other.ndim()) as u32;
        let mut labels = |array: &Self, axes: &[i64]| {
            let axes = axes
                .iter()
                .map(|&axis| axis_of("tensordot", axis, array.ndim()))
                .collect::<Result<Vec<_>, _>>()?;
            if axes.iter().enumerate().any(|(n, axis)| axes.iter().take(n).any(|other| other == axis)) {
                return Err(refused("an axis is there twice"));
            }
            let label = |axis: usize| match axes.iter().position(|&own| own == axis) {
                Some(pair) => n_all + pair as u32,
                None => {
                    next += 1;
                    next - 1
                }
            };
            Ok((0..array.ndim()).map(label).collect::<Vec<u32>>())
        };
        let (left, right) = (labels(self, left_axes)?, labels(other, right_axes)?);
        contract("tensordot", (self, left), (other, right), &(0..next).collect::<Vec<u32>>(), None)
    }
}

/// An array, and an index for each of its axes.
type Indexed<'a> = (&'a Array, Vec<u32>);

/// The sum of products of two arrays in index notation, along the indices that both have and the result has not, added to
/// `sum` if there is one. Any other index is the result's.
fn contract(
    name: &'static str,
    left: Indexed<'_>,
    right: Indexed<'_>,
    result: &[u32],
    sum: Option<Array>,
) -> Result<Array, Error> {
    let product = Product::new(name, left, right, result)?;
    let (n_results, n_products) = (n_blocks(name, &product.grid)?, n_blocks(name, &product.along)?);
    let n_parts = match sum {
        Some(_) => 1,
        None => {
            let room = u32::try_from(PARTS_NBYTES / product.nbytes().max(1)).unwrap_or(u32::MAX).max(1);
            let wanted = TASKS_WANTED.div_ceil(n_results.max(1)).max(n_products.div_ceil(STEPS_MAX));
            wanted.min(room).clamp(1, n_products.max(1))
        }
    };
    // Of equal length but for one, the longer ones first.
    let (length, n_longer) = (n_products / n_parts, n_products % n_parts);
    let start = |part: u32| part * length + part.min(n_longer);
    let mut steps: Vec<Array> = Vec::new();
    for step in 0..length + u32::from(n_longer > 0) {
        let n_open = if step < length { n_parts } else { n_longer };
        let at: Vec<u32> = (0..n_open).map(|part| start(part) + step).collect();
        let before = steps.last().cloned().or_else(|| sum.clone());
        steps.push(product.step(&at, n_results, before)?);
    }
    let last = |part: u32| steps.get((start(part + 1) - start(part)) as usize - 1);
    let parts = (0..n_parts).filter_map(|part| last(part).map(|sums| product.part(sums, part, n_results)));
    let parts = parts.collect::<Result<Vec<_>, _>>()?;
    added(&parts).ok_or_else(|| Error::array(name, "it has no blocks to add up".to_owned()))
}

/// The sum of all, those beside each other first.
fn added(parts: &[Array]) -> Option<Array> {
    match parts {
        [] => None,
        [part] => Some(part.clone()),
        parts => {
            let (left, right) = parts.split_at(parts.len() / 2);
            Some(added(left)? + added(right)?)
        }
    }
}

/// Two arrays that are multiplied block by block.
struct Product {
    name: &'static str,
    /// Their axes have numbers: the result's axes first, and then those that are summed along.
    arrays: Vec<Array>,
    numbers: [Vec<u32>; 2],
    dtype: DType,
    /// How the result is cut.
    grid: ChunkGrid,
    /// How that is cut which is summed along.
    along: ChunkGrid,
    /// What each task does, in letters.
    subscripts: String,
}

impl Product {
    fn new(
        name: &'static str,
        (left, left_indices): Indexed<'_>,
        (right, right_indices): Indexed<'_>,
        result: &[u32],
    ) -> Result<Self, Error> {
        let refused = |reason: String| Error::array(name, reason);
        let dtype =
            DType::promote(left.dtype(), right.dtype()).map_err(|error| refused(error.to_string()))?;
        if dtype.is_time() {
            return Err(refused("times have no products".to_owned()));
        }
        let summed = left_indices.iter().filter(|index| !result.contains(index));
        let all: Vec<u32> = result.iter().chain(summed).copied().collect();
        let number = |index: &u32| all.iter().position(|other| other == index).unwrap_or(all.len()) as u32;
        let numbers =
            [&left_indices, &right_indices].map(|indices| indices.iter().map(number).collect::<Vec<u32>>());
        let n_out = result.len();
        let length = |array: &Array, numbers: &[u32], number: usize| {
            numbers
                .iter()
                .position(|&own| own as usize == number)
                .and_then(|axis| array.shape().get(axis).copied())
        };
        let [left_numbers, right_numbers] = &numbers;
        let differ = |_| refused(format!("shapes {:?} and {:?} do not fit", left.shape(), right.shape()));
        // Where a sum goes along, lengths of 1 are not broadcast.
        if let Some(number) =
            (n_out..all.len()).find(|&at| length(left, left_numbers, at) != length(right, right_numbers, at))
        {
            return Err(differ(number));
        }
        let arrays = [left.clone(), right.clone()];
        let unified = unify_labelled(&arrays, &numbers, all.len(), differ).map_err(|error| error.of(name))?;
        let grid = |axes: Range<usize>| {
            let chunks = axes.map(|axis| unified.grid.chunks(axis).to_vec()).collect();
            ChunkGrid::new(chunks).map_err(Error::data(name))
        };
        let (grid, along) = (grid(0..n_out)?, grid(n_out..all.len())?);
        Ok(Self {
            name,
            arrays: unified.arrays,
            subscripts: subscripts(&numbers, n_out),
            numbers,
            dtype,
            grid,
            along,
        })
    }

    /// The products of blocks at some places of what is summed along, each added to the sum before: for each place, the
    /// result's blocks.
    fn step(&self, places: &[u32], n_results: u32, before: Option<Array>) -> Result<Array, Error> {
        let rows = (0..).zip(places).flat_map(|(part, &at)| {
            let along = self.along.block(at.into()).unwrap_or_default();
            let before = before.is_some();
            (0..n_results).map(move |index| {
                let sum = before.then(|| block_of(2, part * n_results + index));
                self.reads(index, &along).into_iter().chain(sum).collect::<Vec<TaskRef>>()
            })
        });
        let wiring = listed(rows)?;
        let n_inputs = if before.is_some() { 3 } else { 2 };
        let args = [Arg::text(&self.subscripts)].into_iter().chain((0..n_inputs).map(Arg::Input)).collect();
        let inputs = self.arrays.iter().cloned().chain(before).collect();
        let call = Call::kernel(self.name, "einsum", wiring, args)?;
        match places.len() {
            1 => Ok(call.on(inputs, self.dtype, self.grid.clone())),
            // As large as they are on the average.
            n => call
                .sized(self.nbytes() / u64::from(n_results.max(1)))
                .partials(inputs, &[n as u32, n_results]),
        }
    }

    /// The sum that is the so-many-th part of a step.
    fn part(&self, sums: &Array, part: u32, n_results: u32) -> Result<Array, Error> {
        if sums.grid() == &self.grid {
            return Ok(sums.clone());
        }
        let rows = (0..n_results).map(|index| [block_of(0, part * n_results + index)]);
        let call = Call::kernel(self.name, "identity", listed(rows)?, vec![Arg::Input(0)])?;
        Ok(call.on(vec![sums.clone()], self.dtype, self.grid.clone()))
    }

    /// The blocks that make this one of the result, at a place of what is summed along.
    fn reads(&self, index: u32, along: &[u64]) -> [TaskRef; 2] {
        let place = [&self.grid.block(index.into()).unwrap_or_default(), along].concat();
        std::array::from_fn(|input| {
            let (array, numbers) = (self.arrays.get(input), self.numbers.get(input));
            let index = array.zip(numbers).and_then(|(array, numbers)| {
                let block = (0..).zip(numbers).map(|(axis, &number)| {
                    // What is broadcast has one block.
                    let is_cut = array.grid().chunks(axis).len() > 1;
                    place.get(number as usize).copied().filter(|_| is_cut).unwrap_or(0)
                });
                array.grid().index(&block.collect::<Vec<u64>>())
            });
            block_of(input as u32, index.unwrap_or(0) as u32)
        })
    }

    fn nbytes(&self) -> u64 {
        let n: u64 = self.grid.shape().iter().product();
        n.saturating_mul(self.dtype.itemsize() as u64)
    }
}

/// Index notation of these numbers, for the kernel.
fn subscripts([left, right]: &[Vec<u32>; 2], n_out: usize) -> String {
    let letters = |numbers: &mut dyn Iterator<Item = u32>| {
        numbers.filter_map(|number| char::from_u32(u32::from('a') + number)).collect::<String>()
    };
    let [left, right] = [left, right].map(|numbers| letters(&mut numbers.iter().copied()));
    format!("{left},{right}->{}", letters(&mut (0..n_out as u32)))
}

#[cfg(test)]
mod tests;
