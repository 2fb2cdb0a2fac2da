//! Histograms: how many points fall into each bin along one axis, or several.

use gristmill_data::DType;
use gristmill_graph::Arg;

use super::Array;
use super::bins::{cut_alike, edges_in_one, only};
use super::call::{Call, blocks, folded, labelled, single};
use super::lower::one_block;
use crate::Error;

/// The bins along an axis.
#[derive(Debug, Clone)]
pub struct Bins(Kind);

#[derive(Debug, Clone)]
enum Kind {
    /// So many of one width, from the least to the greatest number.
    Even(u64),
    /// So many of one width, in a range.
    In(u64, f64, f64),
    Between(Array),
}

impl From<u64> for Bins {
    /// So many bins of one width, from the least element to the greatest one.
    fn from(n: u64) -> Self {
        Self(Kind::Even(n))
    }
}

impl From<i32> for Bins {
    fn from(n: i32) -> Self {
        Self(Kind::Even(u64::try_from(n).unwrap_or(0)))
    }
}

impl From<(u64, f64, f64)> for Bins {
    /// So many bins of one width in a range; what lies outside of it is not counted.
    fn from((n, least, greatest): (u64, f64, f64)) -> Self {
        Self(Kind::In(n, least, greatest))
    }
}

impl From<&Array> for Bins {
    /// The bins between edges, which rise and become one chunk.
    fn from(edges: &Array) -> Self {
        Self(Kind::Between(edges.clone()))
    }
}

/// How many points are in each bin.
#[non_exhaustive]
#[derive(Debug, Clone)]
pub struct Histogram {
    /// For each bin the number of its points, or the sum of their weights; in one chunk.
    pub counts: Array,
    /// For each axis the edges of its bins, one more than there are bins. Bins hold their first edge but not their last
    /// one, except for the last bin.
    pub edges: Vec<Array>,
}

impl Histogram {
    /// The density that the counts stand for, as `float64`: each divided by the sum of all and the size of its bin.
    pub fn density(&self) -> Array {
        let made = Array::all_checked(self.edges.iter().chain([&self.counts])).and_then(|()| {
            let n = self.edges.len() as u32;
            let args = vec![Arg::List((0..n).map(Arg::Input).collect()), Arg::Input(n)];
            let inputs = self.edges.iter().chain([&self.counts]).cloned().collect();
            let call = Call::kernel("density", "density", single(n + 1), args)?;
            Ok(call.on(inputs, DType::Float64, self.counts.grid().clone()))
        });
        Array::or_failed(made)
    }
}

impl Array {
    /// How many elements fall into each bin, as `int64`, or the sums of their weights in the dtype of these: NumPy's
    /// `histogram`. NaN falls into none.
    ///
    /// Bins are a number of them, a number and a range, or their edges. Without a range the least and the greatest
    /// element are found first, which takes a second look at the array, and they must be finite.
    ///
    /// # Example
    /// ```
    /// use gristmill_collections::Array;
    ///
    /// let x = Array::arange(0, 1_000, 1, 100);
    /// let by_hundred = x.histogram((10, 0.0, 1_000.0), None);
    /// by_hundred.counts.check()?;
    /// assert_eq!((by_hundred.counts.shape(), by_hundred.edges[0].shape()), (vec![10], vec![11]));
    /// # Ok::<(), gristmill_collections::Error>(())
    /// ```
    pub fn histogram(&self, bins: impl Into<Bins>, weights: Option<&Self>) -> Histogram {
        let dtype = weights.map_or(DType::Int64, Self::dtype);
        counted("histogram", std::slice::from_ref(self), &[bins.into()], weights, dtype)
    }
}

/// How many points fall into each bin of a grid, as `float64`, or the sums of their weights: NumPy's `histogramdd`. There
/// is an array of one shape for the coordinates along each axis of the grid, and it is cut as the first one is.
pub fn histogramdd(points: &[Array], bins: &[Bins], weights: Option<&Array>) -> Histogram {
    counted("histogramdd", points, bins, weights, DType::Float64)
}

/// [`histogramdd`] of two axes.
pub fn histogram2d(x: &Array, y: &Array, bins: [impl Into<Bins>; 2], weights: Option<&Array>) -> Histogram {
    counted("histogram2d", &[x.clone(), y.clone()], &bins.map(Into::into), weights, DType::Float64)
}

fn counted(
    name: &'static str,
    points: &[Array],
    bins: &[Bins],
    weights: Option<&Array>,
    dtype: DType,
) -> Histogram {
    try_counted(name, points, bins, weights, dtype).unwrap_or_else(|error| {
        let failed = Array::or_failed(Err(error));
        Histogram { counts: failed.clone(), edges: vec![failed; bins.len()] }
    })
}

fn try_counted(
    name: &'static str,
    points: &[Array],
    bins: &[Bins],
    weights: Option<&Array>,
    dtype: DType,
) -> Result<Histogram, Error> {
    let cut = cut_alike(name, points, weights)?;
    if points.len() != bins.len() {
        let reason = format!("there are {} coordinates, and bins for {}", points.len(), bins.len());
        return Err(Error::array(name, reason));
    }
    let edges = cut.iter().zip(bins).map(|(axis, bins)| bins.edges(name, axis));
    let edges = edges.collect::<Result<Vec<Array>, Error>>()?;
    let shape: Vec<u64> = edges.iter().map(|edges| edges.size().saturating_sub(1)).collect();
    let grid = cut.first().map_or_else(Vec::new, |first| blocks(first.grid()));
    let (n, rank) = (edges.len() as u32, grid.len() as u32);
    let list = |from: u32| Arg::List((from..from + n).map(Arg::Input).collect());
    let args = [list(0), list(n)].into_iter().chain(weights.map(|_| Arg::Input(2 * n)));
    let labels = edges.iter().map(|_| vec![rank]).chain(cut.iter().map(|_| (0..rank).collect()));
    let labels: Vec<Vec<u32>> = labels.collect();
    let inputs: Vec<Array> = edges.iter().chain(&cut).cloned().collect();
    let counts = Call::kernel(name, "histogram", labelled(&grid, &inputs, &labels), args.collect())?;
    let counts = counts.sized(shape.iter().copied().fold(8, u64::saturating_mul)).partials(inputs, &grid)?;
    let counts = folded(counts, &format!("{name}-combine"), "merge_counts")?;
    let own = if weights.is_some() { DType::Float64 } else { DType::Int64 };
    Ok(Histogram { counts: only(name, counts, own, &shape)?.astype(dtype), edges })
}

impl Bins {
    /// The edges of the bins of this array.
    fn edges(&self, name: &'static str, array: &Array) -> Result<Array, Error> {
        let dtype = array.dtype();
        if dtype.is_complex() {
            return Err(Error::array(name, "complex numbers fall into no bins: take their parts".to_owned()));
        }
        let (n, [least, greatest]) = match &self.0 {
            Kind::Between(edges) => return edges_in_one(name, edges),
            _ if dtype.is_time() => {
                return Err(Error::array(name, "bins of times need edges".to_owned()));
            }
            Kind::In(n, least, greatest) => {
                if !(least.is_finite() && greatest.is_finite() && least <= greatest) {
                    let reason = format!("{least} to {greatest} is no range of finite numbers");
                    return Err(Error::array(name, reason));
                }
                (*n, [least, greatest].map(|&limit| Array::full(limit, &[], 1)))
            }
            Kind::Even(n) if array.unknown().is_empty() && array.size() == 0 => {
                (*n, [0.0, 1.0].map(|limit| Array::full(limit, &[], 1)))
            }
            Kind::Even(n) => {
                let numbers =
                    if dtype == DType::Boolean { array.astype(DType::UInt8) } else { array.clone() };
                (*n, [numbers.min(()), numbers.max(())])
            }
        };
        if n == 0 {
            return Err(Error::array(name, "there must be one bin at least".to_owned()));
        }
        let dtype = if dtype.is_float() { dtype } else { DType::Float64 };
        let grid = one_block(&[n.saturating_add(1)]).map_err(Error::data(name))?;
        let args = vec![Arg::UInt(n), Arg::text(dtype.name()), Arg::Input(0), Arg::Input(1)];
        Ok(Call::kernel("edges", "edges", single(2), args)?.on(vec![least, greatest], dtype, grid))
    }
}

#[cfg(test)]
mod tests;
