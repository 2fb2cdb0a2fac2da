//! Fourier transforms, by the words of `numpy.fft`.

use gristmill_data::ChunkGrid;
use gristmill_graph::Arg;
use gristmill_kernels::expr::Number;
pub use gristmill_kernels::fft::{Norm, Transform};

use super::call::{Call, aligned};
use super::{Array, Axes, AxisChunks, Chunks};
use crate::Error;

impl Array {
    /// The discrete Fourier transform along axes, one after the other.
    ///
    /// An axis becomes one chunk when it is transformed; the others stay cut as they are. Of several, the one that was
    /// transformed before is then cut into as many chunks as this one had, so that blocks get no larger than along one.
    ///
    /// What NumPy calls `n`, or `s` of several axes, is `lengths`: of each axis the number of data points, to which it is
    /// cut off or continued with zeros. Without them there are as many as there are elements, or for
    /// [`Transform::Irfft`] and [`Transform::Hfft`] twice as many as there are after the first.
    ///
    /// Transforms between real and complex numbers are those of the last axis given; along the others complex numbers
    /// are transformed the same way. The methods are short for this, without lengths and with [`Norm::Backward`].
    ///
    /// # Dtypes
    /// `complex64` of half and single precision and `complex128` of all else; for [`Transform::Irfft`] and
    /// [`Transform::Hfft`] the real one beside it, and half precision of half.
    ///
    /// # Errors
    /// Told by [`Array::check`]: axes that are not there or there twice, not one length for each axis, no data points,
    /// complex numbers where real ones are transformed, times, lengths that are not known. Absent elements are refused
    /// when it is computed.
    ///
    /// # Example
    /// ```
    /// use gristmill_collections::Array;
    /// use gristmill_collections::array::{Generator, Norm, Transform};
    ///
    /// let x = Generator::new(1).normal(0.0, 1.0, &[600, 1_001], [100, 1_001]);
    /// let spectrum = x.fourier(Transform::Rfft, [0, 1], None, Norm::Ortho);
    /// assert_eq!((spectrum.shape(), spectrum.numblocks()), (vec![600, 501], vec![1, 6]));
    /// let back = spectrum.fourier(Transform::Irfft, [0, 1], Some(&[600, 1_001]), Norm::Ortho);
    /// assert_eq!((back.shape(), back.dtype()), (x.shape(), x.dtype()));
    /// back.check()?;
    /// # Ok::<(), gristmill_collections::Error>(())
    /// ```
    pub fn fourier(
        &self,
        transform: Transform,
        axes: impl Into<Axes>,
        lengths: Option<&[u64]>,
        norm: Norm,
    ) -> Self {
        Self::or_failed(self.try_fourier(transform, &axes.into(), lengths, norm))
    }

    fn try_fourier(
        &self,
        transform: Transform,
        axes: &Axes,
        lengths: Option<&[u64]>,
        norm: Norm,
    ) -> Result<Self, Error> {
        let name = transform.name();
        Self::all_known(name, [self])?;
        let axes = axes.as_given(name, self.ndim())?;
        let Some(&last) = axes.last() else {
            return Err(Error::array(name, "there is no axis to go along".to_owned()));
        };
        if let Some(given) = lengths.filter(|given| given.len() != axes.len()) {
            return Err(Error::array(name, format!("lengths {given:?} are given for axes {axes:?}")));
        }
        let along = |(nth, &axis): (usize, &usize)| Pass {
            transform: if axis == last { transform } else { of_complex(transform) },
            axis,
            n: lengths.and_then(|lengths| lengths.get(nth).copied()),
        };
        let mut passes: Vec<Pass> = axes.iter().enumerate().map(along).collect();
        // Real numbers come in before all others, or out after them.
        if !matches!(transform, Transform::Irfft | Transform::Hfft) {
            passes.reverse();
        }
        let mut array = self.clone();
        let mut before = None;
        for pass in passes {
            array = array.transformed(pass, before, norm)?;
            before = Some(pass.axis);
        }
        Ok(array)
    }

    fn transformed(&self, pass: Pass, before: Option<usize>, norm: Norm) -> Result<Self, Error> {
        let Pass { transform, axis, n } = pass;
        let name = transform.name();
        let own = |at: usize| self.grid().chunks(at).to_vec();
        let length = |at: usize| own(at).iter().sum::<u64>();
        let dtype = transform.dtype(self.dtype()).map_err(Error::kernel(name))?;
        let result = transform.length(length(axis), n).map_err(Error::kernel(name))?;
        let n_chunks = own(axis).len() as u64;
        let chunks = |at: usize| match at {
            at if at == axis => AxisChunks::Whole,
            at if Some(at) == before => AxisChunks::Length(length(at).div_ceil(n_chunks).max(1)),
            at => AxisChunks::Lengths(own(at)),
        };
        let whole = self.rechunk(Chunks::each((0..self.ndim()).map(chunks)));
        whole.check()?;
        let cut = |at: usize| if at == axis { vec![result] } else { whole.grid().chunks(at).to_vec() };
        let grid = ChunkGrid::new((0..whole.ndim()).map(cut).collect()).map_err(Error::data(name))?;
        let n = n.map_or(Arg::Null, Arg::UInt);
        let args = vec![Arg::UInt(axis as u64), n, Arg::text(norm.name()), Arg::Input(0)];
        let inputs = vec![whole];
        Ok(Call::kernel(name, name, aligned(&grid, &inputs), args)?.on(inputs, dtype, grid))
    }

    /// The elements of the first half along each of these axes moved behind those of the second, as
    /// [`Array::fftfreq`] orders frequencies, so that 0 is in the middle. The axes are cut there too.
    pub fn fftshift(&self, axes: impl Into<Axes>) -> Self {
        self.shifted("fftshift", &axes.into(), |length| length / 2)
    }

    /// What [`Array::fftshift`] moved, back at its place.
    pub fn ifftshift(&self, axes: impl Into<Axes>) -> Self {
        self.shifted("ifftshift", &axes.into(), |length| -(length / 2))
    }

    fn shifted(&self, name: &'static str, axes: &Axes, by: impl Fn(i64) -> i64) -> Self {
        let made = Self::all_known(name, [self]).and_then(|()| {
            let length = |axis: u32| self.shape().get(axis as usize).map_or(0, |&length| length as i64);
            let along = |array: Self, axis: u32| array.roll(by(length(axis)), i64::from(axis));
            Ok(axes.of(name, self.ndim())?.into_iter().fold(self.clone(), along))
        });
        Self::or_failed(made)
    }

    /// The frequencies of the results of [`Array::fft`] with `n` data points that are `d` apart, as `float64`: from 0
    /// up, and then the negative ones.
    ///
    /// # Errors
    /// Told by [`Array::check`]: when `n` or `d` is 0.
    pub fn fftfreq(n: u64, d: f64, chunks: impl Into<Chunks>) -> Self {
        frequencies("fftfreq", n, d, || {
            let k = Self::arange(0, n, 1, chunks);
            (&k - Number::from(n)).where_else(&k.ge(n.div_ceil(2)), k)
        })
    }

    /// The frequencies of the results of [`Array::rfft`] with `n` data points that are `d` apart, as `float64`.
    ///
    /// # Errors
    /// Told by [`Array::check`]: when `n` or `d` is 0.
    pub fn rfftfreq(n: u64, d: f64, chunks: impl Into<Chunks>) -> Self {
        frequencies("rfftfreq", n, d, || Self::arange(0, n / 2 + 1, 1, chunks))
    }
}

/// What these numbers of periods in `n` data points are as frequencies.
fn frequencies(name: &'static str, n: u64, d: f64, periods: impl FnOnce() -> Array) -> Array {
    let step = 1.0 / (n as f64 * d);
    if step.is_infinite() {
        let reason = format!("{n} data points that are {d} apart have no frequencies");
        return Array::or_failed(Err(Error::array(name, reason)));
    }
    periods() * step
}

/// The transform along one of several axes.
#[derive(Clone, Copy)]
struct Pass {
    transform: Transform,
    axis: usize,
    /// Data points, if not as many as there are.
    n: Option<u64>,
}

/// The transform of complex numbers that goes the same way.
fn of_complex(transform: Transform) -> Transform {
    match transform {
        Transform::Fft | Transform::Rfft | Transform::Hfft => Transform::Fft,
        Transform::Ifft | Transform::Irfft | Transform::Ihfft => Transform::Ifft,
    }
}

macro_rules! along_one_axis {
    ($($name:ident $transform:ident $doc:literal;)*) => {
        impl Array {
            $(#[doc = $doc]
            ///
            /// The axis becomes one chunk; see [`Array::fourier`], also for other numbers of data points.
            pub fn $name(&self, axis: i64) -> Self {
                self.fourier(Transform::$transform, axis, None, Norm::Backward)
            })*
        }
    };
}

along_one_axis! {
    fft Fft "The discrete Fourier transform along an axis.";
    ifft Ifft "The inverse discrete Fourier transform along an axis.";
    rfft Rfft "The transform of real numbers along an axis: its half without negative frequencies, `n / 2 + 1` numbers.";
    irfft Irfft "The real numbers whose [`Array::rfft`] this is along an axis, of an even number.";
    hfft Hfft "The real transform of what is the conjugate of itself backwards, from its first half along an axis.";
    ihfft Ihfft "The half along an axis whose [`Array::hfft`] these real numbers are.";
}

macro_rules! along_axes {
    ($($name:ident $name_2:ident $transform:ident $doc:literal;)*) => {
        impl Array {
            $(#[doc = $doc]
            /// along these axes, or all with `()`.
            ///
            /// Each becomes one chunk in turn; see [`Array::fourier`], also for other numbers of data points.
            pub fn $name(&self, axes: impl Into<Axes>) -> Self {
                self.fourier(Transform::$transform, axes, None, Norm::Backward)
            }

            #[doc = $doc]
            /// along the last two axes.
            ///
            /// Each becomes one chunk in turn; see [`Array::fourier`], also for other axes and numbers of data points.
            pub fn $name_2(&self) -> Self {
                self.fourier(Transform::$transform, [-2, -1], None, Norm::Backward)
            })*
        }
    };
}

along_axes! {
    fftn fft2 Fft "The discrete Fourier transform";
    ifftn ifft2 Ifft "The inverse discrete Fourier transform";
    rfftn rfft2 Rfft "The transform of real numbers, of which the last axis has the half without negative frequencies,";
    irfftn irfft2 Irfft "The real numbers whose [`Array::rfftn`] this is, of an even number along the last axis,";
}

#[cfg(test)]
mod tests;
