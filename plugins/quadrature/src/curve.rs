//! Curves, and Simpson's rule.

use gristmill_plugin::{Result, TaskError};

/// Samples are this many, and one more: an even number of even numbers of pieces.
const PIECES: u32 = 64;

/// A curve to integrate.
pub(crate) enum Curve {
    /// 1 / (1 + 25 x²), which polynomials follow badly.
    Runge,
    /// The square root, which is steep at 0.
    Sqrt,
    Sine,
}

impl Curve {
    pub(crate) fn named(name: &str) -> Result<Self> {
        match name {
            "runge" => Ok(Self::Runge),
            "sqrt" => Ok(Self::Sqrt),
            "sine" => Ok(Self::Sine),
            _ => Err(TaskError::invalid_argument(format!(
                "`{name}` is no curve; there are runge, sqrt and sine"
            ))),
        }
    }

    fn at(&self, x: f64) -> f64 {
        match self {
            Self::Runge => 1.0 / (1.0 + 25.0 * x * x),
            Self::Sqrt => x.sqrt(),
            Self::Sine => x.sin(),
        }
    }
}

/// The integral by Simpson's rule, by every second sample and by all.
pub(crate) fn simpson(curve: &Curve, from: f64, to: f64) -> (f64, f64) {
    let step = (to - from) / f64::from(PIECES);
    let sample = |i: u32| curve.at(from + f64::from(i) * step);
    let ends = sample(0) + sample(PIECES);
    let every = |first: usize, n: usize| (1..PIECES).skip(first - 1).step_by(n).map(sample).sum::<f64>();
    let coarse = ends + 4.0 * every(2, 4) + 2.0 * every(4, 4);
    let fine = ends + 4.0 * every(1, 2) + 2.0 * every(2, 2);
    (coarse * 2.0 * step / 3.0, fine * step / 3.0)
}
