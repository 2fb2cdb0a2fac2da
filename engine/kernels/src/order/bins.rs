//! Elements counted by the bin that they fall into.

use gristmill_data::{Chunk, DType};

use super::search::{keys, one_axis};
use crate::Error;
use crate::blocks::{Kind, cast, check_size, elements, present, with_kind};

/// How often each whole number from 0 on is in a block, as `int64`, or the sum of the weights of its places, as
/// `float64`; up to the greatest one, and at least `n_least` of them. What is absent does not count.
///
/// # Errors
/// [`Error::NoLoop`] when the block is not of integers, [`Error::NoSuchPosition`] for a negative one, [`Error::Invalid`]
/// when the weights have another shape, or a result that is too large.
pub fn bincount(block: &Chunk, weights: Option<&Chunk>, n_least: u64) -> Result<Chunk, Error> {
    const KERNEL: &str = "bincount";
    if !block.dtype().is_integer() && block.dtype() != DType::Boolean {
        return Err(Error::NoLoop { op: KERNEL, dtypes: vec![block.dtype()] });
    }
    let weights = weights.map(|weights| weights_of(KERNEL, block, weights)).transpose()?;
    // Of more than 63 bits is negative here, and refused as well.
    let numbers = cast(block, DType::Int64)?;
    let numbers: &[i64] = elements(&numbers);
    let marks = marks(block, weights.as_ref());
    let there = || numbers.iter().enumerate().filter(|&(at, _)| is_there(&marks, at));
    if let Some((_, &index)) = there().find(|(_, number)| **number < 0) {
        return Err(Error::NoSuchPosition { kernel: KERNEL, index, length: 0 });
    }
    let n = there().map(|(_, &number)| number as u64 + 1).max().unwrap_or(0).max(n_least);
    let n = check_size(KERNEL, &[n])?;
    sums(KERNEL, n, weights.as_ref(), there().map(|(at, &number)| (at, number as usize)))
}

/// How many elements of a block fall into each bin between edges that rise, as `int64`, or the sums of their weights, in
/// the dtype of these. An element at the last edge belongs to the last bin; what is absent, or NaN, belongs to none.
///
/// # Errors
/// [`Error::Invalid`] when the edges do not rise, or the weights have another shape; dtypes without a common one, or
/// without an order.
pub fn histogram(edges: &Chunk, block: &Chunk, weights: Option<&Chunk>) -> Result<Chunk, Error> {
    const KERNEL: &str = "histogram";
    one_axis(edges)?;
    let dtype = DType::promote(edges.dtype(), block.dtype()).map_err(Error::data(KERNEL))?;
    if dtype.is_complex() {
        return Err(Error::NoLoop { op: KERNEL, dtypes: vec![edges.dtype(), block.dtype()] });
    }
    let kind = weights.map(Chunk::dtype);
    let weights = weights.map(|weights| weights_of(KERNEL, block, weights)).transpose()?;
    let (edges, cast_block) = (cast(edges, dtype)?, cast(block, dtype)?);
    let marks = marks(block, weights.as_ref());
    let bins = with_kind!(dtype, K => bins::<K>(&edges, &cast_block))?;
    let n = edges.n_elements() - 1;
    let there = bins.iter().enumerate().filter(|&(at, &bin)| bin < n && is_there(&marks, at));
    let result = sums(KERNEL, n, weights.as_ref(), there.map(|(at, &bin)| (at, bin)))?;
    kind.map_or(Ok(result.clone()), |kind| cast(&result, kind))
}

/// The density that counts of a histogram have: each divided by the sum of all and the width of its bin.
///
/// # Errors
/// [`Error::Invalid`] when there is not one edge more than counts.
pub fn density(edges: &Chunk, counts: &Chunk) -> Result<Chunk, Error> {
    let (edges, counts) = (cast(edges, DType::Float64)?, cast(counts, DType::Float64)?);
    let (edges, heights): (&[f64], &[f64]) = (elements(&edges), elements(&counts));
    if edges.len() != heights.len() + 1 {
        return Err(Error::Invalid { kernel: "density", reason: "there must be one edge more than counts" });
    }
    let total: f64 = heights.iter().sum();
    let widths = edges.iter().zip(edges.iter().skip(1)).map(|(from, to)| to - from);
    let densities = heights.iter().zip(widths).map(|(height, width)| height / width / total);
    Chunk::from_vec(densities.collect(), counts.shape()).map_err(Error::data("density"))
}

/// The bin of each element; one that does not exist for those outside.
fn bins<K: Kind>(edges: &Chunk, block: &Chunk) -> Result<Vec<usize>, Error> {
    let keys = keys::<K>(edges, edges.n_elements());
    let (Some(&last), true) = (keys.last(), keys.is_sorted() && edges.validity().is_none()) else {
        let reason = "the edges must rise, and there must be one at least";
        return Err(Error::Invalid { kernel: "histogram", reason });
    };
    let bin = |&element: &K::Element| {
        if K::is_nan(element) {
            return usize::MAX;
        }
        let key = K::key(element);
        match keys.partition_point(|edge| *edge <= key).wrapping_sub(1) {
            // On the last edge, wherever that one begins.
            bin if bin == keys.len() - 1 && key == last => bin.wrapping_sub(1),
            bin => bin,
        }
    };
    Ok(elements::<K::Element>(block).iter().map(bin).collect())
}

/// Weights as floats.
fn weights_of(kernel: &'static str, block: &Chunk, weights: &Chunk) -> Result<Chunk, Error> {
    if weights.shape() != block.shape() || weights.dtype().is_complex() || weights.dtype().is_time() {
        let reason = "weights must be real numbers, and of the block's shape";
        return Err(Error::Invalid { kernel, reason });
    }
    cast(weights, DType::Float64)
}

/// What counts: a place where neither the element nor its weight is absent.
fn marks(block: &Chunk, weights: Option<&Chunk>) -> [Option<Vec<u8>>; 2] {
    [present(block), weights.and_then(present)]
}

fn is_there(marks: &[Option<Vec<u8>>; 2], at: usize) -> bool {
    marks.iter().flatten().all(|marks| marks.get(at) == Some(&1))
}

/// Ones or weights added up by bin.
fn sums(
    kernel: &'static str,
    n: usize,
    weights: Option<&Chunk>,
    places: impl Iterator<Item = (usize, usize)>,
) -> Result<Chunk, Error> {
    let Some(weights) = weights else {
        let mut counts = vec![0_i64; n];
        for (_, bin) in places {
            if let Some(count) = counts.get_mut(bin) {
                *count += 1;
            }
        }
        return Chunk::from_vec(counts, &[n as u64]).map_err(Error::data(kernel));
    };
    let (weights, mut sums): (&[f64], _) = (elements(weights), vec![0.0; n]);
    for (at, bin) in places {
        if let (Some(sum), Some(weight)) = (sums.get_mut(bin), weights.get(at)) {
            *sum += weight;
        }
    }
    Chunk::from_vec(sums, &[n as u64]).map_err(Error::data(kernel))
}
