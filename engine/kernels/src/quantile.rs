//! Quantiles of what is sorted along an axis, or of all elements of an array, with all of NumPy's methods.
//!
//! Sorted as by [`sort`](crate::sort()): NaN after all numbers, then what is absent. Quantiles of integers are `float64`, of
//! floats of their dtype; all are computed in double precision.
//!
//! # Layout
//! - this file: the methods, and quantiles along an axis; `rank`: of all elements
//! - `kernel`: the kernels of the same names

pub(crate) mod kernel;
mod rank;

use std::fmt;
use std::str::FromStr;

use gristmill_data::{Chunk, DType};

use crate::Error;
use crate::blocks::{Lanes, cast, elements, present, validity};

pub use rank::{Sought, rank_counts, rank_finish, rank_first, rank_levels, rank_nbytes, rank_next};

macro_rules! methods {
    ($($method:ident $name:literal)*) => {
        /// How a quantile that falls between two elements follows from them; the names and rules are NumPy's.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[non_exhaustive]
        #[expect(missing_docs, reason = "NumPy's names, after Hyndman and Fan (1996)")]
        pub enum QuantileMethod {
            $($method,)*
        }

        impl fmt::Display for QuantileMethod {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$method => $name,)* })
            }
        }

        impl FromStr for QuantileMethod {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self, Error> {
                match text {
                    $($name => Ok(Self::$method),)*
                    _ => {
                        let name = text.chars().take(40).collect();
                        let known = concat!($($name, " "),*).trim_end();
                        Err(Error::NoSuchMode { what: "method for quantiles", name, known })
                    }
                }
            }
        }
    };
}

methods! {
    InvertedCdf "inverted_cdf"
    AveragedInvertedCdf "averaged_inverted_cdf"
    ClosestObservation "closest_observation"
    InterpolatedInvertedCdf "interpolated_inverted_cdf"
    Hazen "hazen"
    Weibull "weibull"
    Linear "linear"
    MedianUnbiased "median_unbiased"
    NormalUnbiased "normal_unbiased"
    Lower "lower"
    Higher "higher"
    Midpoint "midpoint"
    Nearest "nearest"
}

impl QuantileMethod {
    /// Whether each quantile is one of the elements.
    #[must_use]
    pub fn is_discrete(self) -> bool {
        matches!(
            self,
            Self::InvertedCdf | Self::ClosestObservation | Self::Lower | Self::Higher | Self::Nearest
        )
    }

    /// Where among `n` sorted elements the quantile lies: after which one, and how far on the way to the next.
    fn place(self, n: f64, q: f64) -> (f64, f64) {
        let between = |at: f64| (at.floor(), at - at.floor());
        let family = |alpha: f64, beta: f64| between(n * q + (alpha + q * (1.0 - alpha - beta)) - 1.0);
        let whole = |at: f64| (at, 0.0);
        // The next one, unless it is exact, and then what the method says.
        let step =
            |at: f64, is_lower: bool| if is_lower { whole(at.floor()) } else { whole(at.floor() + 1.0) };
        let linear = (n - 1.0) * q;
        match self {
            Self::Linear => between(linear),
            Self::Lower => whole(linear.floor()),
            Self::Higher => whole(linear.ceil()),
            Self::Nearest => whole(linear.round_ties_even()),
            Self::Midpoint => (linear.floor(), if linear.fract() == 0.0 { 0.0 } else { 0.5 }),
            Self::InvertedCdf => step(n * q - 1.0, (n * q).fract() == 0.0),
            Self::AveragedInvertedCdf => {
                let at = n * q - 1.0;
                (at.floor(), if at.fract() == 0.0 { 0.5 } else { 1.0 })
            }
            Self::ClosestObservation => {
                let at = n * q - 1.5;
                step(at, at.fract() == 0.0 && at.floor().rem_euclid(2.0) == 1.0)
            }
            Self::InterpolatedInvertedCdf => family(0.0, 1.0),
            Self::Hazen => family(0.5, 0.5),
            Self::Weibull => family(0.0, 0.0),
            Self::MedianUnbiased => family(1.0 / 3.0, 1.0 / 3.0),
            Self::NormalUnbiased => family(3.0 / 8.0, 3.0 / 8.0),
        }
    }
}

/// The ranks of the elements that a quantile lies between, and how far on the way it does.
struct Place {
    low: usize,
    high: usize,
    way: f64,
}

fn places(method: Option<QuantileMethod>, n: usize, q: f64) -> Place {
    let last = n.saturating_sub(1);
    let Some(method) = method else { return Place { low: last / 2, high: n / 2, way: 0.5 } };
    let (at, way) = method.place(n as f64, q);
    let low = (at.max(0.0) as usize).min(last);
    let is_one = at >= last as f64 || at < 0.0 || way == 0.0;
    if is_one { Place { low, high: low, way: 0.0 } } else { Place { low, high: low + 1, way } }
}

/// What lies so far on the way between two numbers: from the nearer one, so that both ends are exact.
fn between(method: Option<QuantileMethod>, low: f64, high: f64, way: f64) -> f64 {
    match way {
        // Both may be infinite.
        _ if method.is_none() => {
            if low == high {
                high
            } else {
                low.midpoint(high)
            }
        }
        0.0 => low,
        way if way < 0.5 => low + (high - low) * way,
        way => high - (high - low) * (1.0 - way),
    }
}

fn check_quantiles(quantiles: &[f64]) -> Result<(), Error> {
    if quantiles.iter().all(|q| (0.0..=1.0).contains(q)) {
        return Ok(());
    }
    Err(Error::Invalid { kernel: "quantile", reason: "quantiles must be between 0 and 1" })
}

const KERNEL: &str = "quantile";

/// The dtype of quantiles of elements of this one.
fn checked(kernel: &'static str, dtype: DType) -> Result<DType, Error> {
    match dtype {
        complex if complex.is_complex() || complex.is_time() => {
            Err(Error::NoLoop { op: kernel, dtypes: vec![complex] })
        }
        float if float.is_float() => Ok(float),
        _ => Ok(DType::Float64),
    }
}

/// The quantiles of a sorted block along an axis, the first axis of the result being that of the quantiles. Without a
/// method they are medians: of an even number of elements the mean of the two in the middle.
///
/// NaN where a lane has NaN, unless that is skipped, or nothing else; absent where all of it is.
///
/// # Errors
/// [`Error::Axis`], [`Error::NoLoop`] when the elements are no real numbers, [`Error::Invalid`] for quantiles that are
/// not between 0 and 1.
pub fn quantile(
    method: Option<QuantileMethod>,
    axis: usize,
    quantiles: &[f64],
    skip_nan: bool,
    sorted: &Chunk,
) -> Result<Chunk, Error> {
    check_quantiles(quantiles)?;
    if sorted.dtype() == DType::Boolean && method.is_some() {
        return Err(Error::NoLoop { op: KERNEL, dtypes: vec![sorted.dtype()] });
    }
    of_lanes(method, axis, quantiles, skip_nan, sorted)
}

/// The quantiles of what is there of each lane, along a new first axis in place of this one.
fn of_lanes(
    method: Option<QuantileMethod>,
    axis: usize,
    quantiles: &[f64],
    skip_nan: bool,
    sorted: &Chunk,
) -> Result<Chunk, Error> {
    let lanes = Lanes::new(sorted.shape(), axis)?;
    let (n, dtype) = (quantiles.len(), checked(KERNEL, sorted.dtype())?);
    let mut shape = sorted.shape().to_vec();
    shape.remove(axis);
    shape.insert(0, n as u64);
    crate::blocks::check_size(KERNEL, &shape)?;
    let marks = present(sorted);
    let floats = cast(sorted, DType::Float64)?;
    let from: &[f64] = elements(&floats);
    let mut out = vec![0.0; n * lanes.n()];
    let (mut lane, mut there) = (Vec::with_capacity(lanes.length), Vec::new());
    let mut there_at_all = vec![1_u8; lanes.n()];
    for (nth, is_there) in there_at_all.iter_mut().enumerate() {
        lanes.gather(nth, from, &mut lane);
        if let Some(marks) = &marks {
            lanes.gather(nth, marks, &mut there);
            lane.truncate(there.iter().filter(|&&mark| mark == 1).count());
            *is_there = u8::from(!lane.is_empty());
        }
        let has_nan = lane.last().is_some_and(|last| last.is_nan());
        if has_nan {
            let n_numbers = lane.partition_point(|element| !element.is_nan());
            lane.truncate(if skip_nan { n_numbers } else { 0 });
        }
        let element = |at: usize| lane.get(at).copied().unwrap_or(f64::NAN);
        for (&q, out) in quantiles.iter().zip(out.iter_mut().skip(nth).step_by(lanes.n())) {
            let place = places(method, lane.len(), q);
            *out = between(method, element(place.low), element(place.high), place.way);
        }
    }
    let present = marks.map(|_| validity(&there_at_all.repeat(n)));
    let result = Chunk::from_vec(out, &shape).map_err(Error::data(KERNEL))?;
    let result = cast(&result, dtype)?;
    Chunk::try_new(dtype, &shape, result.data().clone(), present).map_err(Error::data(KERNEL))
}

#[cfg(test)]
mod tests;
