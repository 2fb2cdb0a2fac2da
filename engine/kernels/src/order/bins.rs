//! Elements counted by the bin that they fall into.

use gristmill_data::number::f16;
use gristmill_data::{Chunk, DType, Element};

use super::search::{keys, one_axis};
use crate::Error;
use crate::blocks::{Kind, Lanes, cast, check_size, elements, present, with_kind};

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
    check_size(KERNEL, &[n])?;
    sums(KERNEL, &[n], weights.as_ref(), there().map(|(at, &number)| (at, number as usize)))
}

/// How many points fall into each bin of a grid, as `int64`, or the sums of their weights, as `float64`. Each axis of the
/// grid has edges that rise, and for each point a coordinate; a point at the last edge belongs to the last bin, one that
/// is absent, or has NaN, to none.
///
/// # Errors
/// [`Error::Empty`] without axes, [`Error::Invalid`] when edges do not rise, there are more or fewer edges than
/// coordinates, or they and the weights differ in shape; dtypes without a common one, or without an order.
pub fn histogram(edges: &[Chunk], points: &[Chunk], weights: Option<&Chunk>) -> Result<Chunk, Error> {
    const KERNEL: &str = "histogram";
    let first = points.first().ok_or(Error::Empty { kernel: KERNEL })?;
    if edges.len() != points.len() || points.iter().any(|axis| axis.shape() != first.shape()) {
        let reason = "each axis needs edges, and coordinates of the same shape";
        return Err(Error::Invalid { kernel: KERNEL, reason });
    }
    let weights = weights.map(|weights| weights_of(KERNEL, first, weights)).transpose()?;
    let shape: Vec<u64> = edges.iter().map(|edges| (edges.n_elements() as u64).saturating_sub(1)).collect();
    let n = check_size(KERNEL, &shape)?;
    let mut places = vec![0_usize; first.n_elements()];
    for ((edges, axis), &n_bins) in edges.iter().zip(points).zip(&shape) {
        let marks = present(axis);
        let is_there = |at: usize| marks.as_ref().is_none_or(|marks| marks.get(at) == Some(&1));
        for (at, (place, bin)) in places.iter_mut().zip(bins(edges, axis)?).enumerate() {
            let is_inside = *place < n && bin < n_bins as usize && is_there(at);
            *place = if is_inside { *place * n_bins as usize + bin } else { usize::MAX };
        }
    }
    let marks = [weights.as_ref().and_then(present), None];
    let there = places.iter().enumerate().filter(|&(at, &place)| place < n && is_there(&marks, at));
    sums(KERNEL, &shape, weights.as_ref(), there.map(|(at, &place)| (at, place)))
}

/// What counts or sums of weights of several blocks are together. Those of one axis may be of different lengths; the
/// shorter ones are 0 where they end.
///
/// # Errors
/// [`Error::Empty`] for none, [`Error::Invalid`] when they differ in dtype or number of axes, or in other lengths.
pub fn merge_counts(parts: &[Chunk]) -> Result<Chunk, Error> {
    const KERNEL: &str = "merge_counts";
    let longest = parts.iter().max_by_key(|part| part.n_elements()).ok_or(Error::Empty { kernel: KERNEL })?;
    let fits = |part: &Chunk| {
        let is_padded = part.ndim() == 1 && longest.ndim() == 1;
        part.dtype() == longest.dtype() && (is_padded || part.shape() == longest.shape())
    };
    if !parts.iter().all(fits) {
        let reason = "all parts must be of one dtype and shape";
        return Err(Error::Invalid { kernel: KERNEL, reason });
    }
    match longest.dtype() {
        DType::Int64 => added(parts, longest, 0, i64::wrapping_add),
        DType::Float64 => added(parts, longest, 0.0, |left: f64, right| left + right),
        dtype => Err(Error::NoLoop { op: KERNEL, dtypes: vec![dtype] }),
    }
}

fn added<T: Element>(parts: &[Chunk], like: &Chunk, zero: T, add: fn(T, T) -> T) -> Result<Chunk, Error> {
    let mut sums = vec![zero; like.n_elements()];
    for part in parts {
        let part: &[T] = part.as_slice().map_err(Error::data("merge_counts"))?;
        sums.iter_mut().zip(part).for_each(|(sum, &count)| *sum = add(*sum, count));
    }
    Chunk::from_vec(sums, like.shape()).map_err(Error::data("merge_counts"))
}

/// The density that counts of a histogram have: each divided by the sum of all and the size of its bin.
///
/// # Errors
/// [`Error::Invalid`] when there is not one edge more than counts along each axis.
pub fn density(edges: &[Chunk], counts: &Chunk) -> Result<Chunk, Error> {
    const KERNEL: &str = "density";
    let (shape, counts) = (counts.shape(), cast(counts, DType::Float64)?);
    let mut heights: Vec<f64> = elements(&counts).to_vec();
    let total: f64 = heights.iter().sum();
    let n_edges = edges.iter().map(|edges| edges.n_elements() as u64);
    if !n_edges.eq(shape.iter().map(|n| n + 1)) {
        let reason = "there must be one edge more than counts along each axis";
        return Err(Error::Invalid { kernel: KERNEL, reason });
    }
    for (axis, edges) in edges.iter().enumerate() {
        let (edges, lanes) = (cast(edges, DType::Float64)?, Lanes::new(shape, axis)?);
        let edges: &[f64] = elements(&edges);
        let widths: Vec<f64> = edges.iter().zip(edges.iter().skip(1)).map(|(from, to)| to - from).collect();
        let each = widths.iter().flat_map(|width| std::iter::repeat_n(width, lanes.inner)).cycle();
        heights.iter_mut().zip(each).for_each(|(height, width)| *height /= width);
    }
    heights.iter_mut().for_each(|height| *height /= total);
    Chunk::from_vec(heights, shape).map_err(Error::data(KERNEL))
}

/// The edges of `n` bins of one width from the least to the greatest, both chunks of one number, in a dtype: as NumPy
/// rounds them. Where both are equal they are moved apart by 1.
///
/// # Errors
/// [`Error::Invalid`] when a limit is not finite, or they are the wrong way around.
pub fn edges(n: u64, dtype: DType, least: &Chunk, greatest: &Chunk) -> Result<Chunk, Error> {
    const KERNEL: &str = "edges";
    let computed = match (least.dtype(), greatest.dtype()) {
        (least, greatest) if least == greatest && least.is_float() => least,
        _ => DType::Float64,
    };
    let limit = |chunk: &Chunk| -> Result<f64, Error> {
        let float = cast(chunk, DType::Float64)?;
        elements::<f64>(&float).first().copied().ok_or(Error::Empty { kernel: KERNEL })
    };
    let (mut first, mut last) = (limit(least)?, limit(greatest)?);
    if !(first.is_finite() && last.is_finite() && first <= last) {
        let reason = "the range of the bins must be finite, and from the least to the greatest; give edges, or a range";
        return Err(Error::Invalid { kernel: KERNEL, reason });
    }
    let n_edges = check_size(KERNEL, &[n.saturating_add(1)])?;
    // Each step is rounded to the dtype that it is computed in.
    let rounded = |number: f64| match computed {
        DType::Float16 => f16::from_f64(number).to_f64(),
        DType::Float32 => f64::from(number as f32),
        _ => number,
    };
    if first == last {
        (first, last) = (rounded(first - 0.5), rounded(last + 0.5));
    }
    let width = rounded(last - first);
    let step = rounded(width / n as f64);
    let edge = |nth: usize| match step {
        _ if nth as u64 == n => last,
        0.0 => rounded(rounded(rounded(nth as f64 / n as f64) * width) + first),
        step => rounded(rounded(nth as f64 * step) + first),
    };
    let edges = Chunk::from_vec((0..n_edges).map(edge).collect(), &[n_edges as u64]);
    cast(&edges.map_err(Error::data(KERNEL))?, dtype)
}

/// The bin between edges of each element; one that does not exist for those outside.
fn bins(edges: &Chunk, block: &Chunk) -> Result<Vec<usize>, Error> {
    one_axis(edges)?;
    let dtype = DType::promote(edges.dtype(), block.dtype()).map_err(Error::data("histogram"))?;
    if dtype.is_complex() {
        return Err(Error::NoLoop { op: "histogram", dtypes: vec![edges.dtype(), block.dtype()] });
    }
    let (edges, block) = (cast(edges, dtype)?, cast(block, dtype)?);
    with_kind!(dtype, K => bins_of::<K>(&edges, &block))
}

fn bins_of<K: Kind>(edges: &Chunk, block: &Chunk) -> Result<Vec<usize>, Error> {
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
    shape: &[u64],
    weights: Option<&Chunk>,
    places: impl Iterator<Item = (usize, usize)>,
) -> Result<Chunk, Error> {
    let n = shape.iter().product::<u64>() as usize;
    let Some(weights) = weights else {
        let mut counts = vec![0_i64; n];
        for (_, bin) in places {
            if let Some(count) = counts.get_mut(bin) {
                *count += 1;
            }
        }
        return Chunk::from_vec(counts, shape).map_err(Error::data(kernel));
    };
    let (weights, mut sums): (&[f64], _) = (elements(weights), vec![0.0; n]);
    for (at, bin) in places {
        if let (Some(sum), Some(weight)) = (sums.get_mut(bin), weights.get(at)) {
            *sum += weight;
        }
    }
    Chunk::from_vec(sums, shape).map_err(Error::data(kernel))
}
