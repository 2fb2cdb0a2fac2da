//! Quantiles and medians, along an axis or of all elements.

use gristmill_data::{ChunkGrid, DType};
use gristmill_graph::Arg;
use gristmill_kernels::{rank_levels, rank_nbytes};

use super::bins::only;
use super::call::{Call, blocks, folded, labelled, single};
use super::{Array, Axes};
use crate::Error;

pub use gristmill_kernels::QuantileMethod;

/// Which quantiles: one with a number, of which the result has no axis, several with a list, of which it has a first one.
#[derive(Debug, Clone, PartialEq)]
pub struct Quantiles {
    quantiles: Vec<f64>,
    is_one: bool,
}

impl From<f64> for Quantiles {
    fn from(quantile: f64) -> Self {
        Self { quantiles: vec![quantile], is_one: true }
    }
}

impl<const N: usize> From<[f64; N]> for Quantiles {
    fn from(quantiles: [f64; N]) -> Self {
        Self { quantiles: quantiles.to_vec(), is_one: false }
    }
}

impl From<&[f64]> for Quantiles {
    fn from(quantiles: &[f64]) -> Self {
        Self { quantiles: quantiles.to_vec(), is_one: false }
    }
}

/// What is asked for.
struct Request<'a> {
    name: &'static str,
    /// None for the median.
    method: Option<QuantileMethod>,
    quantiles: &'a [f64],
    skip_nan: bool,
}

impl Array {
    /// Quantiles between 0 and 1 along axes, or of all elements with `()`, by one of NumPy's methods: NaN where there is
    /// NaN.
    ///
    /// Of floats they are of their dtype, of integers `float64`, or of their dtype where the method gives elements;
    /// integers beyond 2^53 are rounded. Axes along which they are become one chunk. Of all elements they are exact as well, but
    /// no task holds more than a block and some thousand counts: up to six times the elements are counted by the next
    /// bits of the numbers that are sought, which takes as many looks at the blocks.
    ///
    /// # Example
    /// ```
    /// use gristmill_collections::{Array, array::QuantileMethod};
    ///
    /// let x = Array::arange(0, 1_000, 1, 100);
    /// let quartiles = x.quantile([0.25, 0.5, 0.75], (), QuantileMethod::Linear);
    /// quartiles.check()?;
    /// assert_eq!(quartiles.shape(), [3]);
    /// # Ok::<(), gristmill_collections::Error>(())
    /// ```
    pub fn quantile(&self, q: impl Into<Quantiles>, axes: impl Into<Axes>, method: QuantileMethod) -> Self {
        self.quantiles("quantile", q.into(), &axes.into(), method, false)
    }

    /// [Quantiles](Self::quantile) without NaN; NaN where there is nothing else.
    pub fn nanquantile(
        &self,
        q: impl Into<Quantiles>,
        axes: impl Into<Axes>,
        method: QuantileMethod,
    ) -> Self {
        self.quantiles("nanquantile", q.into(), &axes.into(), method, true)
    }

    /// [Quantiles](Self::quantile) in hundredths: numbers between 0 and 100.
    pub fn percentile(&self, q: impl Into<Quantiles>, axes: impl Into<Axes>, method: QuantileMethod) -> Self {
        self.quantiles("percentile", q.into().hundredths(), &axes.into(), method, false)
    }

    /// [Percentiles](Self::percentile) without NaN; NaN where there is nothing else.
    pub fn nanpercentile(
        &self,
        q: impl Into<Quantiles>,
        axes: impl Into<Axes>,
        method: QuantileMethod,
    ) -> Self {
        self.quantiles("nanpercentile", q.into().hundredths(), &axes.into(), method, true)
    }

    /// The median along axes, or of all elements with `()`: of an even number of elements the mean of the two in the
    /// middle. NaN where there is NaN; computed as [quantiles](Self::quantile) are.
    pub fn median(&self, axes: impl Into<Axes>) -> Self {
        self.medians("median", &axes.into(), false)
    }

    /// The [median](Self::median) without NaN; NaN where there is nothing else.
    pub fn nanmedian(&self, axes: impl Into<Axes>) -> Self {
        self.medians("nanmedian", &axes.into(), true)
    }

    fn medians(&self, name: &'static str, axes: &Axes, skip_nan: bool) -> Self {
        let request = Request { name, method: None, quantiles: &[0.5], skip_nan };
        Self::or_failed(self.requested(&request, axes).map(|medians| medians.squeeze(0)))
    }

    fn quantiles(
        &self,
        name: &'static str,
        q: Quantiles,
        axes: &Axes,
        method: QuantileMethod,
        skip_nan: bool,
    ) -> Self {
        let Quantiles { quantiles, is_one } = q;
        let request = Request { name, method: Some(method), quantiles: &quantiles, skip_nan };
        let made = self.requested(&request, axes).map(|found| {
            let found = if is_one { found.squeeze(0) } else { found };
            let is_integer = self.dtype().is_integer();
            if method.is_discrete() && is_integer { found.astype(self.dtype()) } else { found }
        });
        Self::or_failed(made)
    }

    /// With a first axis for the quantiles.
    fn requested(&self, request: &Request<'_>, axes: &Axes) -> Result<Self, Error> {
        Self::all_checked([self])?;
        let (name, dtype) = (request.name, self.dtype());
        if let Some(wrong) = request.quantiles.iter().find(|q| !(0.0..=1.0).contains(*q)) {
            return Err(Error::array(name, format!("{wrong} is no quantile: they are between 0 and 1")));
        }
        let is_boolean = dtype == DType::Boolean && request.method.is_some();
        if dtype.is_complex() || dtype.is_time() || is_boolean {
            return Err(Error::array(
                name,
                format!("it is not defined for {dtype}; convert with astype first"),
            ));
        }
        let axes = axes.of(name, self.ndim())?;
        match axes[..] {
            _ if axes.len() == self.ndim() && (self.ndim() != 1 || self.grid().n_chunks() > 1) => {
                self.of_ranks(request)
            }
            [axis] => self.of_lanes(request, axis as usize),
            _ => self.merged(name, &axes)?.of_lanes(request, self.ndim() - axes.len()),
        }
    }

    /// These axes merged into the last one.
    fn merged(&self, name: &'static str, axes: &[u32]) -> Result<Self, Error> {
        Self::all_known(name, [self])?;
        let is_merged = |axis: usize| axes.contains(&(axis as u32));
        let whole = self.whole_along(is_merged);
        let kept: Vec<usize> = (0..self.ndim()).filter(|&axis| !is_merged(axis)).collect();
        let order = kept.iter().map(|&axis| axis as i64).chain(axes.iter().map(|&axis| axis.into()));
        let shape = kept.iter().filter_map(|&axis| self.shape().get(axis).map(|&length| length as i64));
        let n = axes.iter().filter_map(|&axis| self.shape().get(axis as usize).copied()).product::<u64>();
        let shape: Vec<i64> = shape.chain([n as i64]).collect();
        Ok(whole.transpose(&order.collect::<Vec<i64>>()).reshape(&shape))
    }

    /// Sorted along the axis, block by block.
    fn of_lanes(&self, request: &Request<'_>, axis: usize) -> Result<Self, Error> {
        let Request { name, method, quantiles, skip_nan } = *request;
        let sorted = self.sort(axis as i64);
        sorted.check().map_err(|error| error.of(name))?;
        let others = (0..self.ndim()).filter(|&other| other != axis);
        let n = std::iter::once(vec![quantiles.len() as u64]);
        let chunks = n.chain(others.map(|axis| self.grid().chunks(axis).to_vec())).collect();
        let grid = ChunkGrid::new(chunks).map_err(Error::data(name))?;
        let rank = self.ndim() as u32;
        let place = |other: u32| match other.cmp(&(axis as u32)) {
            std::cmp::Ordering::Less => other + 1,
            std::cmp::Ordering::Equal => rank,
            std::cmp::Ordering::Greater => other,
        };
        let inputs = vec![sorted];
        let wiring = labelled(&blocks(&grid), &inputs, &[(0..rank).map(place).collect()]);
        let args = vec![
            method_arg(method),
            Arg::UInt(axis as u64),
            floats(quantiles),
            Arg::Boolean(skip_nan),
            Arg::Input(0),
        ];
        let call = Call::kernel(name, "quantile", wiring, args)?;
        Ok(call.on(inputs, self.quantiles_dtype(), grid))
    }

    /// Sought among all elements, level by level: see [`gristmill_kernels::rank_counts`].
    fn of_ranks(&self, request: &Request<'_>) -> Result<Self, Error> {
        let Request { name, method, quantiles, skip_nan } = *request;
        let args = vec![method_arg(method), floats(quantiles), Arg::Boolean(skip_nan), Arg::Input(0)];
        let first = Call::kernel(name, "rank_first", single(1), args)?;
        let mut sought = first.partials(vec![self.counts_of_digits(name, 0, None, 1)?], &[1])?;
        let n_levels = rank_levels(self.dtype());
        for level in 1..n_levels {
            let counts = self.counts_of_digits(name, level, Some(&sought), 2 * quantiles.len())?;
            let args = vec![Arg::UInt(level.into()), Arg::Input(0), Arg::Input(1)];
            let next = Call::kernel(name, "rank_next", single(2), args)?;
            sought = next.partials(vec![sought, counts], &[1])?;
        }
        let dtype = self.quantiles_dtype();
        let args =
            vec![method_arg(method), Arg::UInt(n_levels.into()), Arg::text(dtype.name()), Arg::Input(0)];
        let finish = Call::kernel(name, "rank_finish", single(1), args)?.partials(vec![sought], &[1])?;
        only(name, finish, dtype, &[quantiles.len() as u64])
    }

    /// How many elements of all blocks have each next digit.
    fn counts_of_digits(
        &self,
        name: &str,
        level: u32,
        sought: Option<&Self>,
        n_sought: usize,
    ) -> Result<Self, Error> {
        let inputs: Vec<Self> = std::iter::once(self).chain(sought).cloned().collect();
        let (grid, rank) = (blocks(self.grid()), self.ndim() as u32);
        let wiring = labelled(&grid, &inputs, &[(0..rank).collect(), vec![rank]]);
        let sought = sought.map_or(Arg::Null, |_| Arg::Input(1));
        let args = vec![Arg::UInt(level.into()), sought, Arg::Input(0)];
        let counts = Call::kernel(&format!("{name}-count"), "rank_counts", wiring, args)?;
        let counts = counts.sized(rank_nbytes(n_sought)).partials(inputs, &grid)?;
        folded(counts, &format!("{name}-combine"), "merge_counts")
    }

    fn quantiles_dtype(&self) -> DType {
        if self.dtype().is_float() { self.dtype() } else { DType::Float64 }
    }
}

impl Quantiles {
    fn hundredths(mut self) -> Self {
        self.quantiles.iter_mut().for_each(|q| *q /= 100.0);
        self
    }
}

fn method_arg(method: Option<QuantileMethod>) -> Arg {
    method.map_or(Arg::Null, |method| Arg::text(&method.to_string()))
}

fn floats(floats: &[f64]) -> Arg {
    Arg::List(floats.iter().map(|&float| Arg::Float(float)).collect())
}

#[cfg(test)]
mod tests;
