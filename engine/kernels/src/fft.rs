//! Fourier transforms of a block along one axis.
//!
//! The words, dtypes and factors are those of `numpy.fft`: half and single precision are computed in single precision, all
//! else in double. The routines are those of `gristmill_dense`, which says whose algorithms they are; what they know
//! beforehand about a length is kept for the next block.
//!
//! # Layout
//! - this file: lengths, dtypes and factors
//! - `lanes`: what is along the axis, in groups, to buffers and back
//! - `plans`: what is kept

mod lanes;
mod plans;

use std::str::FromStr;

use bytemuck::Pod;
use gristmill_data::{Chunk, DType, Element, Memory, Type, Value};
use gristmill_dense::Direction;
use num_complex::Complex;

use crate::Error;
use crate::blocks::{Args, Lanes, array_kernel, cast, cast_mut, check_size, elements, with_length};
use crate::registry::{Kernel, param};
use lanes::through_buffers;
use plans::Precision;

/// A discrete Fourier transform, by NumPy's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transform {
    /// Of complex numbers, with a minus in the exponent.
    Fft,
    /// Of complex numbers, with a plus in the exponent.
    Ifft,
    /// Of real numbers; that half of the result which is not the conjugate of the other.
    Rfft,
    /// The inverse of `Rfft`: from half of a signal to real numbers.
    Irfft,
    /// The forward transform of a signal whose other half is the conjugate, which is real.
    Hfft,
    /// The inverse of `Hfft`.
    Ihfft,
}

/// Which way has the factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Norm {
    /// The inverse one, which is divided by the number of data points.
    Backward,
    /// Both: each is divided by the square root of that.
    Ortho,
    /// The forward one.
    Forward,
}

impl Norm {
    /// NumPy's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Backward => "backward",
            Self::Ortho => "ortho",
            Self::Forward => "forward",
        }
    }
}

impl FromStr for Norm {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "backward" => Ok(Self::Backward),
            "ortho" => Ok(Self::Ortho),
            "forward" => Ok(Self::Forward),
            _ => {
                let name = text.chars().take(40).collect();
                let known = "backward, ortho and forward";
                Err(Error::NoSuchMode { what: "norm of a Fourier transform", name, known })
            }
        }
    }
}

impl Transform {
    /// The name, which is also the kernel's.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Fft => "fft",
            Self::Ifft => "ifft",
            Self::Rfft => "rfft",
            Self::Irfft => "irfft",
            Self::Hfft => "hfft",
            Self::Ihfft => "ihfft",
        }
    }

    /// The dtype of the result for this one: `complex64` or `complex128`, or the real one beside it; half precision stays where the result is real.
    ///
    /// # Errors
    /// [`Error::NoLoop`] for moments and lengths of time, and for complex numbers where real ones are transformed.
    pub fn dtype(self, of: DType) -> Result<DType, Error> {
        let takes_real = self.direction() == Direction::RealForward;
        if of.is_time() || takes_real && of.is_complex() {
            return Err(Error::NoLoop { op: self.name(), dtypes: vec![of] });
        }
        Ok(match (self.direction(), is_single(of)) {
            (Direction::RealInverse, true) if of == DType::Float16 => of,
            (Direction::RealInverse, true) => DType::Float32,
            (Direction::RealInverse, false) => DType::Float64,
            (_, true) => DType::Complex64,
            (_, false) => DType::Complex128,
        })
    }

    /// The length of the result along an axis of this length, transformed with `n` data points if that is given.
    ///
    /// # Errors
    /// [`Error::Invalid`] when there would be none.
    pub fn length(self, of: u64, n: Option<u64>) -> Result<u64, Error> {
        let n = self.n_points(of, n)?;
        Ok(if self.direction() == Direction::RealForward { n / 2 + 1 } else { n })
    }

    /// How many data points there are, on the side where these are not a half.
    fn n_points(self, of: u64, n: Option<u64>) -> Result<u64, Error> {
        let is_half = self.direction() == Direction::RealInverse;
        let own = if is_half { of.saturating_sub(1).saturating_mul(2) } else { of };
        match n.unwrap_or(own) {
            0 => {
                let reason =
                    "invalid number of data points: there must be one at least, so give n or a longer axis";
                Err(Error::Invalid { kernel: self.name(), reason })
            }
            n => Ok(n),
        }
    }

    fn direction(self) -> Direction {
        match self {
            Self::Fft => Direction::Forward,
            Self::Ifft => Direction::Inverse,
            Self::Rfft | Self::Ihfft => Direction::RealForward,
            Self::Irfft | Self::Hfft => Direction::RealInverse,
        }
    }

    fn factor(self, norm: Norm, n: usize) -> f64 {
        let is_forward = matches!(self, Self::Fft | Self::Rfft | Self::Hfft);
        match norm {
            Norm::Ortho => 1.0 / (n as f64).sqrt(),
            Norm::Forward if is_forward => 1.0 / n as f64,
            Norm::Backward if !is_forward => 1.0 / n as f64,
            Norm::Forward | Norm::Backward => 1.0,
        }
    }
}

/// Whether this is computed in single precision.
fn is_single(dtype: DType) -> bool {
    matches!(dtype, DType::Float16 | DType::Float32 | DType::Complex64)
}

/// The transform of every lane along an axis.
///
/// A lane is cut off, or continued with zeros, to `n` data points; without `n` there are as many as it has, or for
/// [`Transform::Irfft`] and [`Transform::Hfft`] twice as many as it has after the first. The result is of the length that
/// [`Transform::length`] tells, and of the dtype that [`Transform::dtype`] does.
///
/// # Errors
/// [`Error::Axis`]; [`Error::Invalid`] when there are no data points, or absent elements; [`Error::NoLoop`];
/// [`Error::TooLarge`].
///
/// # Example
/// ```
/// use gristmill_kernels::fft::{Norm, Transform, fft};
///
/// let x = gristmill_data::Chunk::from_vec(vec![1.0, 2.0, 3.0, 4.0], &[4])?;
/// let spectrum = fft(Transform::Rfft, 0, None, Norm::Backward, &x)?;
/// assert_eq!(spectrum.shape(), [3]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn fft(
    transform: Transform,
    axis: usize,
    n: Option<u64>,
    norm: Norm,
    of: &Chunk,
) -> Result<Chunk, Error> {
    let kernel = transform.name();
    let dtype = transform.dtype(of.dtype())?;
    let lanes = Lanes::new(of.shape(), axis)?;
    if of.validity().is_some() {
        let reason = "all elements must be there; put numbers in place of what is absent first";
        return Err(Error::Invalid { kernel, reason });
    }
    let n_points = transform.n_points(lanes.length as u64, n)?;
    let shape = with_length(of.shape(), axis, transform.length(lanes.length as u64, n)? as usize);
    check_size(kernel, &shape)?;
    let n = n_points as usize;
    let job = Job { transform, lanes, n, factor: transform.factor(norm, n), shape };
    let result = if is_single(of.dtype()) { job.run::<f32>(of)? } else { job.run::<f64>(of)? };
    cast(&result, dtype)
}

struct Job {
    transform: Transform,
    lanes: Lanes,
    /// Data points.
    n: usize,
    factor: f64,
    /// Of the result.
    shape: Vec<u64>,
}

impl Job {
    fn run<T: Precision>(&self, of: &Chunk) -> Result<Chunk, Error>
    where
        Complex<T>: Element + Pod,
    {
        let (direction, half) = (self.transform.direction(), self.n / 2 + 1);
        let factor = T::of(self.factor);
        if matches!(direction, Direction::Forward | Direction::Inverse) && !of.dtype().is_complex() {
            return self.of_real(of, half, factor);
        }
        let plan = T::plans().get(direction, self.n);
        let conjugate = |half: &mut [Complex<T>]| half.iter_mut().for_each(|point| *point = point.conj());
        match direction {
            Direction::Forward | Direction::Inverse => self.finish(of, (self.n, self.n), |from, to| {
                to.copy_from_slice(from);
                plan.run(&mut [], to);
                to.iter_mut().for_each(|point: &mut Complex<T>| *point = *point * factor);
            }),
            Direction::RealForward => self.finish(of, (self.n, half), |from, to| {
                plan.run(from, to);
                to.iter_mut().for_each(|point| *point = *point * factor);
                if self.transform == Transform::Ihfft {
                    conjugate(to);
                }
            }),
            Direction::RealInverse => self.finish(of, (half, self.n), |from, to| {
                if self.transform == Transform::Hfft {
                    conjugate(from);
                }
                plan.run(to, from);
                to.iter_mut().for_each(|point| *point = *point * factor);
            }),
        }
    }

    /// Real numbers: half of the work, and the other half of the result is the conjugate.
    fn of_real<T: Precision>(&self, of: &Chunk, half: usize, factor: T) -> Result<Chunk, Error>
    where
        Complex<T>: Element + Pod,
    {
        let plan = T::plans().get(Direction::RealForward, self.n);
        let is_inverse = self.transform.direction() == Direction::Inverse;
        let mut halves: Vec<Complex<T>> = Vec::new();
        self.finish(of, (self.n, self.n), |from: &mut [T], to: &mut [Complex<T>]| {
            halves.resize(from.len() / self.n * half, Complex::default());
            plan.run(from, &mut halves);
            for (lane, to) in halves.chunks_exact_mut(half).zip(to.chunks_exact_mut(self.n)) {
                for point in lane.iter_mut() {
                    *point = if is_inverse { point.conj() * factor } else { *point * factor };
                }
                let (first, rest) = to.split_at_mut(half);
                first.copy_from_slice(lane);
                let others = rest.iter_mut().rev().zip(lane.iter().skip(1));
                others.for_each(|(to, point)| *to = point.conj());
            }
        })
    }

    /// Lets `run` transform all lanes, of these lengths before and after.
    fn finish<I: Element + Pod + Default, O: Element + Pod + Default>(
        &self,
        of: &Chunk,
        (n_from, n_to): (usize, usize),
        run: impl FnMut(&mut [I], &mut [O]),
    ) -> Result<Chunk, Error> {
        let kernel = self.transform.name();
        let from = cast(of, I::DTYPE)?;
        let to_lanes = Lanes { length: n_to, ..self.lanes };
        let mut to = Memory::new(check_size(kernel, &self.shape)? * size_of::<O>());
        through_buffers(self.lanes, elements(&from), n_from, to_lanes, cast_mut::<O>(&mut to), run);
        Chunk::try_new(O::DTYPE, &self.shape, to.into(), None).map_err(Error::data(kernel))
    }
}

fn value(transform: Transform, args: &[Value]) -> Result<Value, Error> {
    let args = Args::new(transform.name(), args);
    let n = args.optional(1, Args::size)?;
    fft(transform, args.axis(0)?, n, args.parsed(2)?, args.chunk(3)?).map(Value::Chunk)
}

pub(crate) fn kernels() -> Vec<Kernel> {
    let of = |transform: Transform, doc, run| {
        let params = vec![
            param("axis", Type::Int),
            param("n", Type::Any),
            param("norm", Type::Text),
            param("of", Type::ANY_ARRAY),
        ];
        array_kernel(transform.name(), doc, params, run)
    };
    vec![
        of(Transform::Fft, "The Fourier transforms along an axis.", |args| value(Transform::Fft, args)),
        of(Transform::Ifft, "The inverse Fourier transforms along an axis.", |args| {
            value(Transform::Ifft, args)
        }),
        of(Transform::Rfft, "The halves of the Fourier transforms of real numbers along an axis.", |args| {
            value(Transform::Rfft, args)
        }),
        of(Transform::Irfft, "The real numbers that `rfft` makes these of, along an axis.", |args| {
            value(Transform::Irfft, args)
        }),
        of(Transform::Hfft, "The real Fourier transforms along an axis, from half of it.", |args| {
            value(Transform::Hfft, args)
        }),
        of(Transform::Ihfft, "What `hfft` makes these real numbers of, along an axis.", |args| {
            value(Transform::Ihfft, args)
        }),
    ]
}

#[cfg(test)]
mod tests;
