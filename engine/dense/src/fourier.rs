//! Fourier transforms, by mixed radices (Cooley and Tukey, 1965), with other ways for prime lengths (Rader, 1968;
//! Bluestein, 1970), and at half the cost where one side is real.

use std::sync::Arc;

use num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use rustfft::{Fft, FftNum, FftPlanner};

/// Which way a transform goes. The forward one has a minus before its exponent, and none has a factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "they say it")]
pub enum Direction {
    Forward,
    Inverse,
    /// Forward from real numbers, to that half of the result which is not the conjugate of the other.
    RealForward,
    /// And back.
    RealInverse,
}

/// What is known beforehand about the transforms of one length: tables of a few numbers for each element.
#[derive(Clone)]
pub struct Plan<T>(Way<T>);

#[derive(Clone)]
enum Way<T> {
    Complex(Arc<dyn Fft<T>>),
    RealForward(Arc<dyn RealToComplex<T>>),
    RealInverse(Arc<dyn ComplexToReal<T>>),
}

/// The real numbers that a transform computes with.
pub trait Real: FftNum + Default {
    /// Plans transforms of lanes of `n` elements, at least one.
    fn plan(direction: Direction, n: usize) -> Plan<Self>;
}

macro_rules! real {
    ($($real:ty),*) => {$(
        impl Real for $real {
            fn plan(direction: Direction, n: usize) -> Plan<Self> {
                Plan(match direction {
                    Direction::Forward => Way::Complex(FftPlanner::new().plan_fft_forward(n)),
                    Direction::Inverse => Way::Complex(FftPlanner::new().plan_fft_inverse(n)),
                    Direction::RealForward => Way::RealForward(RealFftPlanner::new().plan_fft_forward(n)),
                    Direction::RealInverse => Way::RealInverse(RealFftPlanner::new().plan_fft_inverse(n)),
                })
            }
        }
    )*};
}

real!(f32, f64);

impl<T: Real> Plan<T> {
    /// Transforms lanes that lie one after the other: `complex` in place, or from `real` to `complex`, or back.
    ///
    /// A lane is of the planned length `n`, or of `n / 2 + 1` complex numbers on the other side of a real one. The real
    /// ways use up what they read.
    pub fn run(&self, real: &mut [T], complex: &mut [Complex<T>]) {
        let zero = Complex::<T>::default();
        match &self.0 {
            Way::Complex(fft) => {
                let mut scratch = vec![zero; fft.get_inplace_scratch_len()];
                fft.process_with_scratch(complex, &mut scratch);
            }
            Way::RealForward(fft) => {
                let mut scratch = vec![zero; fft.get_scratch_len()];
                let lanes = real.chunks_exact_mut(fft.len()).zip(complex.chunks_exact_mut(fft.complex_len()));
                for (from, to) in lanes {
                    // It fails for other lengths than these only.
                    let _ = fft.process_with_scratch(from, to, &mut scratch);
                }
            }
            Way::RealInverse(fft) => {
                let mut scratch = vec![zero; fft.get_scratch_len()];
                let lanes = complex.chunks_exact_mut(fft.complex_len()).zip(real.chunks_exact_mut(fft.len()));
                for (from, to) in lanes {
                    // These stand for real numbers, whatever is given; so it fails for other lengths only.
                    if let Some(first) = from.first_mut() {
                        first.im = T::zero();
                    }
                    if let Some(last) = from.last_mut().filter(|_| fft.len() % 2 == 0) {
                        last.im = T::zero();
                    }
                    let _ = fft.process_with_scratch(from, to, &mut scratch);
                }
            }
        }
    }
}
