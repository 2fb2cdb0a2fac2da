//! Quantiles of what is sorted along an axis, with all of NumPy's methods.
//!
//! Sorted as by [`sort`](crate::sort()): NaN after all numbers, then what is absent. Quantiles of integers are `float64`, of
//! floats of their dtype; all are computed in double precision.

use std::str::FromStr;

use gristmill_data::{Chunk, DType, Type, Value};

use crate::Error;
use crate::blocks::{Args, Lanes, array_kernel, cast, elements, present, validity};
use crate::registry::{Kernel, param};

/// How a quantile that falls between two elements follows from them; the names and rules are NumPy's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "NumPy's names, after Hyndman and Fan (1996)")]
pub enum QuantileMethod {
    InvertedCdf,
    AveragedInvertedCdf,
    ClosestObservation,
    InterpolatedInvertedCdf,
    Hazen,
    Weibull,
    Linear,
    MedianUnbiased,
    NormalUnbiased,
    Lower,
    Higher,
    Midpoint,
    Nearest,
}

impl FromStr for QuantileMethod {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Ok(match text {
            "inverted_cdf" => Self::InvertedCdf,
            "averaged_inverted_cdf" => Self::AveragedInvertedCdf,
            "closest_observation" => Self::ClosestObservation,
            "interpolated_inverted_cdf" => Self::InterpolatedInvertedCdf,
            "hazen" => Self::Hazen,
            "weibull" => Self::Weibull,
            "linear" => Self::Linear,
            "median_unbiased" => Self::MedianUnbiased,
            "normal_unbiased" => Self::NormalUnbiased,
            "lower" => Self::Lower,
            "higher" => Self::Higher,
            "midpoint" => Self::Midpoint,
            "nearest" => Self::Nearest,
            _ => {
                let known = "linear, lower, higher, midpoint, nearest, inverted_cdf, averaged_inverted_cdf, \
                    closest_observation, interpolated_inverted_cdf, hazen, weibull, median_unbiased and normal_unbiased";
                let name = text.chars().take(40).collect();
                return Err(Error::NoSuchMode { what: "method for quantiles", name, known });
            }
        })
    }
}

impl QuantileMethod {
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

    /// The quantile of these elements.
    fn of(self, elements: &[f64], q: f64) -> f64 {
        let Some(last) = elements.len().checked_sub(1) else { return f64::NAN };
        let (at, way) = self.place(elements.len() as f64, q);
        let element = |at: f64| elements.get((at.max(0.0) as usize).min(last)).copied().unwrap_or(f64::NAN);
        if at >= last as f64 || at < 0.0 || way == 0.0 {
            return element(at);
        }
        let (low, high) = (element(at), element(at + 1.0));
        // From the nearer one, so that both ends are exact.
        if way < 0.5 { low + (high - low) * way } else { high - (high - low) * (1.0 - way) }
    }
}

/// The quantiles of a sorted block along an axis, the first axis of the result being that of the quantiles.
///
/// NaN where a lane has NaN, unless that is skipped, or nothing else; absent where all of it is.
///
/// # Errors
/// [`Error::Axis`], [`Error::NoLoop`] when the elements are no real numbers, [`Error::Invalid`] for quantiles that are
/// not between 0 and 1.
pub fn quantile(
    method: QuantileMethod,
    axis: usize,
    quantiles: &[f64],
    skip_nan: bool,
    sorted: &Chunk,
) -> Result<Chunk, Error> {
    if !quantiles.iter().all(|q| (0.0..=1.0).contains(q)) {
        return Err(Error::Invalid { kernel: "quantile", reason: "quantiles must be between 0 and 1" });
    }
    if sorted.dtype() == DType::Boolean {
        return Err(Error::NoLoop { op: "quantile", dtypes: vec![sorted.dtype()] });
    }
    let of = |lane: &[f64], out: &mut dyn FnMut(f64)| quantiles.iter().for_each(|&q| out(method.of(lane, q)));
    lanes_to("quantile", axis, quantiles.len(), skip_nan, sorted, of)
}

/// The median of a sorted block along an axis: of an even number of elements the mean of the two in the middle.
///
/// # Errors
/// As [`quantile`].
pub fn median(axis: usize, skip_nan: bool, sorted: &Chunk) -> Result<Chunk, Error> {
    let middle = |lane: &[f64], out: &mut dyn FnMut(f64)| {
        let at = |at: usize| lane.get(at).copied().unwrap_or(f64::NAN);
        let half = lane.len() / 2;
        // The same for both, which may be infinite.
        let (low, high) = (at(half.saturating_sub(1)), at(half));
        out(if lane.len() % 2 == 1 || low == high { high } else { low.midpoint(high) });
    };
    let with_axis = lanes_to("median", axis, 1, skip_nan, sorted, middle)?;
    let shape = with_axis.shape().get(1..).unwrap_or_default().to_vec();
    with_axis.reshape(&shape).map_err(Error::data("median"))
}

/// So many numbers of what is there of each lane, along a new first axis in place of this one.
fn lanes_to(
    kernel: &'static str,
    axis: usize,
    n: usize,
    skip_nan: bool,
    sorted: &Chunk,
    of: impl Fn(&[f64], &mut dyn FnMut(f64)),
) -> Result<Chunk, Error> {
    let lanes = Lanes::new(sorted.shape(), axis)?;
    let dtype = match sorted.dtype() {
        complex if complex.is_complex() || complex.is_time() => {
            return Err(Error::NoLoop { op: kernel, dtypes: vec![complex] });
        }
        float if float.is_float() => float,
        _ => DType::Float64,
    };
    let mut shape = sorted.shape().to_vec();
    shape.remove(axis);
    shape.insert(0, n as u64);
    crate::blocks::check_size(kernel, &shape)?;
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
        let mut places = (nth..).step_by(lanes.n());
        of(&lane, &mut |number| {
            if let Some(place) = places.next().and_then(|at| out.get_mut(at)) {
                *place = number;
            }
        });
    }
    let present = marks.map(|_| validity(&there_at_all.repeat(n)));
    let result = Chunk::from_vec(out, &shape).map_err(Error::data(kernel))?;
    let result = cast(&result, dtype)?;
    Chunk::try_new(dtype, &shape, result.data().clone(), present).map_err(Error::data(kernel))
}

pub(crate) fn kernels() -> [Kernel; 2] {
    let (axis, skip_nan) = (|| param("axis", Type::Int), || param("skip_nan", Type::Boolean));
    let sorted = || param("sorted", Type::ANY_ARRAY);
    let of_quantile = vec![
        param("method", Type::Text),
        axis(),
        param("quantiles", Type::list_of(Type::Float)),
        skip_nan(),
        sorted(),
    ];
    [
        array_kernel(
            "quantile",
            "The quantiles of a sorted block along an axis, by one of NumPy's methods.",
            of_quantile,
            |args| {
                let args = Args::new("quantile", args);
                let method = args.parsed(0)?;
                quantile(method, args.axis(1)?, &args.floats(2)?, args.bool(3)?, args.chunk(4)?)
                    .map(Value::Chunk)
            },
        ),
        array_kernel(
            "median",
            "The median of a sorted block along an axis.",
            vec![axis(), skip_nan(), sorted()],
            |args| {
                let args = Args::new("median", args);
                median(args.axis(0)?, args.bool(1)?, args.chunk(2)?).map(Value::Chunk)
            },
        ),
    ]
}

#[cfg(test)]
mod tests;
