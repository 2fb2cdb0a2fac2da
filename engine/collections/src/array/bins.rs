//! Elements put into bins, and counted by them.

use gristmill_data::{ChunkGrid, DType};
use gristmill_graph::Arg;
use gristmill_kernels::Side;

use super::Array;
use super::call::{Call, blocks, folded, labelled, single};
use super::lower::one_block;
use super::unknown::Unknown;
use crate::Error;

/// The greatest number of counts that there may be when it is known only by computing.
const N_COUNTS_MAX: u64 = 1 << 31;

impl Array {
    /// For each value how many elements of this sorted array of one axis go before it, on the left or right of equal
    /// ones: where it belongs. An `int64` array of the shape and chunks of the values.
    ///
    /// Each task looks for a block of values in one chunk of the sorted array, and the places are added up.
    pub fn searchsorted(&self, values: &Self, side: Side) -> Self {
        Self::or_failed(self.try_searchsorted(values, side))
    }

    fn try_searchsorted(&self, values: &Self, side: Side) -> Result<Self, Error> {
        const NAME: &str = "searchsorted";
        Self::all_checked([self, values])?;
        one_axis(NAME, self)?;
        comparable(NAME, self, values)?;
        let args = vec![Arg::text(&side.to_string()), Arg::Input(0), Arg::Input(1)];
        let (rank, n_chunks) = (values.ndim() as u32, self.grid().n_chunks() as u32);
        let along = || (0..rank).collect::<Vec<u32>>();
        if n_chunks == 1 {
            let inputs = vec![self.clone(), values.clone()];
            let wiring = labelled(&blocks(values.grid()), &inputs, &[vec![rank], along()]);
            let found = Call::kernel(NAME, NAME, wiring, args)?;
            let found = found.on(inputs, DType::Int64, values.grid().clone());
            return Ok(found.with_unknown(values.unknown().clone()));
        }
        // One axis more, along which there is a place for each chunk.
        let inputs = vec![self.clone(), values.expand_dims(-1)];
        let chunks = (0..values.ndim()).map(|axis| values.grid().chunks(axis).to_vec());
        let chunks = chunks.chain([vec![1; n_chunks as usize]]).collect();
        let grid = ChunkGrid::new(chunks).map_err(Error::data(NAME))?;
        let places = along().into_iter().chain([rank]).collect();
        let wiring = labelled(&blocks(&grid), &inputs, &[vec![rank], places]);
        let found = Call::kernel(NAME, NAME, wiring, args)?.on(inputs, DType::Int64, grid);
        Ok(found.with_unknown(values.unknown().clone()).sum(-1))
    }

    /// For each element the bin between edges that it falls into: bin `i` goes from edge `i - 1` to edge `i`, without
    /// the latter, or without the former when `right`. Edges rise or fall, which is checked when it is computed; they
    /// become one chunk.
    pub fn digitize(&self, edges: &Self, right: bool) -> Self {
        let made = Self::all_checked([self]).and_then(|()| {
            let edges = edges_in_one("digitize", edges)?;
            comparable("digitize", self, &edges)?;
            let (inputs, rank) = (vec![edges, self.clone()], self.ndim() as u32);
            let wiring = labelled(&blocks(self.grid()), &inputs, &[vec![rank], (0..rank).collect()]);
            let args = vec![Arg::Boolean(right), Arg::Input(0), Arg::Input(1)];
            let call = Call::kernel("digitize", "digitize", wiring, args)?;
            let result = call.on(inputs, DType::Int64, self.grid().clone());
            Ok(result.with_unknown(self.unknown().clone()))
        });
        Self::or_failed(made)
    }

    /// How often each whole number from 0 on is in an array of one axis, as `int64`, or the sums of the weights of its
    /// places, as `float64`: at least `n_least` numbers, in one chunk.
    ///
    /// How many there are is known only when the array is computed; negative numbers are refused then.
    pub fn bincount(&self, weights: Option<&Self>, n_least: u64) -> Self {
        Self::or_failed(self.try_bincount(weights, n_least))
    }

    fn try_bincount(&self, weights: Option<&Self>, n_least: u64) -> Result<Self, Error> {
        const NAME: &str = "bincount";
        Self::all_checked([self])?;
        one_axis(NAME, self)?;
        if !self.dtype().is_integer() && self.dtype() != DType::Boolean {
            return Err(Error::array(
                NAME,
                format!("{} are no integers; convert with astype first", self.dtype()),
            ));
        }
        let inputs = cut_alike(NAME, std::slice::from_ref(self), weights)?;
        let dtype = if weights.is_some() { DType::Float64 } else { DType::Int64 };
        let wiring = labelled(&blocks(self.grid()), &inputs, &vec![vec![0]; inputs.len()]);
        let args = [Arg::Input(0), Arg::UInt(n_least)].into_iter().chain(weights.map(|_| Arg::Input(1)));
        let counts = Call::kernel(NAME, NAME, wiring, args.collect())?;
        let counts =
            folded(counts.partials(inputs, &blocks(self.grid()))?, "bincount-combine", "merge_counts")?;
        let n_max = match self.dtype().itemsize() {
            itemsize @ 1..=2 => 1 << (8 * itemsize),
            _ => N_COUNTS_MAX,
        };
        let by = counts.id();
        let counts = only(NAME, counts, dtype, &[n_max.max(n_least)])?;
        Ok(counts.with_unknown(Unknown::axis(0, by)))
    }
}

/// The result that is the only partial one.
pub(super) fn only(name: &'static str, partials: Array, dtype: DType, shape: &[u64]) -> Result<Array, Error> {
    let grid = one_block(shape).map_err(Error::data(name))?;
    Ok(Call::kernel(name, "identity", single(1), vec![Arg::Input(0)])?.on(vec![partials], dtype, grid))
}

fn one_axis(name: &'static str, array: &Array) -> Result<(), Error> {
    match array.ndim() {
        1 => Ok(()),
        ndim => Err(Error::array(name, format!("it takes an array of one axis, and not of {ndim}"))),
    }
}

fn comparable(name: &'static str, left: &Array, right: &Array) -> Result<(), Error> {
    DType::promote(left.dtype(), right.dtype()).map(|_| ()).map_err(Error::data(name))
}

/// Edges of bins as one block.
pub(super) fn edges_in_one(name: &'static str, edges: &Array) -> Result<Array, Error> {
    Array::all_known(name, [edges])?;
    one_axis(name, edges)?;
    if edges.size() == 0 || edges.dtype().is_complex() {
        return Err(Error::array(name, "edges are real numbers, and there is one at least".to_owned()));
    }
    Ok(edges.rechunk(-1))
}

/// Arrays of one shape, and their weights, cut as the first one.
pub(super) fn cut_alike(
    name: &'static str,
    arrays: &[Array],
    weights: Option<&Array>,
) -> Result<Vec<Array>, Error> {
    let all: Vec<Array> = arrays.iter().chain(weights).cloned().collect();
    Array::all_checked(&all)?;
    let Some(first) = all.first() else {
        return Err(Error::array(name, "at least one array is needed".to_owned()));
    };
    for other in &all {
        if other.grid().shape() != first.grid().shape() || other.unknown() != first.unknown() {
            let (left, right) = (first.shape(), other.shape());
            return Err(Error::array(name, format!("shapes {left:?} and {right:?} are not the same")));
        }
    }
    if let Some(weights) = weights.filter(|weights| weights.dtype().is_complex() || weights.dtype().is_time())
    {
        return Err(Error::array(name, format!("weights are real numbers, and not {}", weights.dtype())));
    }
    Ok(all.iter().map(|array| array.rechunk(first.grid())).collect())
}

#[cfg(test)]
mod tests;
