//! Counts of Poisson and binomial distributions.
//!
//! Below a mean of ten, probabilities are added up until they exceed a random number; above, Hörmann's transformed
//! rejection (1993) takes one attempt and a bit. The probability of a count is computed as the product of factors near
//! 1 (Loader 2000), so that it holds for means of 10^18 too.

use std::f64::consts::TAU;

use libm::{lgamma, log1p};

use super::draws::{ATTEMPTS_MAX, Draws};
use crate::math::{exp, ln};

/// Where probabilities are no longer added up.
const SMALL_MEAN: f64 = 10.0;
/// Where adding up ends at the latest: of a small mean, no count that can be told from it is greater.
const SMALL_COUNT_MAX: f64 = 200.0;

/// A Poisson distribution.
pub(super) struct Poisson {
    mean: f64,
    none: f64,
    hat: Hat,
}

impl Poisson {
    pub(super) fn new(mean: f64) -> Self {
        let width = 0.931 + 2.53 * mean.sqrt();
        let hat = Hat {
            width,
            slope: -0.059 + 0.02483 * width,
            centre: mean + 0.43,
            inside: 0.9277 - 3.6224 / (width - 2.0),
            ln_height: ln(1.1239 + 1.1328 / (width - 3.4)),
        };
        Self { mean, none: exp(-mean), hat }
    }

    pub(super) fn draw(&self, draws: &mut Draws) -> f64 {
        if self.mean < SMALL_MEAN {
            return add_up(draws.unit(), self.none, SMALL_COUNT_MAX, |count| self.mean / count);
        }
        let ln_probability = |count| -ln_factorial_rest(count) - deviance(count, self.mean);
        self.hat.draw(draws, f64::INFINITY, ln_probability).unwrap_or(self.mean.floor())
    }
}

/// A binomial distribution; `p` is the smaller of the two probabilities, that of a failure when `is_turned`.
pub(super) struct Binomial {
    n: f64,
    p: f64,
    is_turned: bool,
    none: f64,
    hat: Hat,
}

impl Binomial {
    pub(super) fn new(n: u64, p: f64) -> Self {
        let (n, is_turned) = (n as f64, p > 0.5);
        let p = if is_turned { 1.0 - p } else { p };
        let deviation = (n * p * (1.0 - p)).sqrt();
        let width = 1.15 + 2.53 * deviation;
        let ln_mode = ln_binomial(n, p, ((n + 1.0) * p).floor().min(n));
        let hat = Hat {
            width,
            slope: -0.0873 + 0.0248 * width + 0.01 * p,
            centre: n * p + 0.5,
            inside: 0.92 - 4.2 / width,
            ln_height: ln((2.83 + 5.1 / width) * deviation) + ln_mode,
        };
        Self { n, p, is_turned, none: exp(n * log1p(-p)), hat }
    }

    pub(super) fn draw(&self, draws: &mut Draws) -> f64 {
        let count = if self.n * self.p < SMALL_MEAN {
            let odds = self.p / (1.0 - self.p);
            let max = self.n.min(SMALL_COUNT_MAX);
            add_up(draws.unit(), self.none, max, |count| odds * (self.n - count + 1.0) / count)
        } else {
            let drawn = self.hat.draw(draws, self.n, |count| ln_binomial(self.n, self.p, count));
            drawn.unwrap_or((self.n * self.p).floor())
        };
        if self.is_turned { self.n - count } else { count }
    }
}

/// The first count whose probability, added to those of all below, exceeds `u`; `ratio` is that to the one before.
fn add_up(u: f64, none: f64, max: f64, ratio: impl Fn(f64) -> f64) -> f64 {
    let (mut left, mut probability, mut count) = (u, none, 0.0);
    while left >= probability && count < max {
        left -= probability;
        count += 1.0;
        probability *= ratio(count);
    }
    count
}

/// A curve above the probabilities of a distribution with one mode, under which points are easily drawn.
struct Hat {
    width: f64,
    slope: f64,
    centre: f64,
    /// Points below this are under the probabilities for sure, but for those at the ends.
    inside: f64,
    ln_height: f64,
}

/// How near to an end `inside` does not hold.
const END: f64 = 0.07;

impl Hat {
    /// A count up to `max`; `None` when none is accepted, which does not happen.
    fn draw(&self, draws: &mut Draws, max: f64, ln_probability: impl Fn(f64) -> f64) -> Option<f64> {
        for _ in 0..ATTEMPTS_MAX {
            let (across, up) = (draws.open_unit() - 0.5, draws.open_unit());
            let from_end = 0.5 - across.abs();
            let count = ((2.0 * self.slope / from_end + self.width) * across + self.centre).floor();
            if from_end >= END && up <= self.inside {
                return Some(count);
            }
            if !(0.0..=max).contains(&count) {
                continue;
            }
            let ln_density = ln(self.slope / (from_end * from_end) + self.width);
            if ln(up) + self.ln_height - ln_density <= ln_probability(count) {
                return Some(count);
            }
        }
        None
    }
}

fn ln_binomial(n: f64, p: f64, count: f64) -> f64 {
    let rest = n - count;
    ln_factorial_rest(n)
        - ln_factorial_rest(count)
        - ln_factorial_rest(rest)
        - deviance(count, n * p)
        - deviance(rest, n * (1.0 - p))
}

/// count · ln(count / mean) + mean - count.
fn deviance(count: f64, mean: f64) -> f64 {
    if count == 0.0 {
        return mean;
    }
    let away = (count - mean) / mean;
    mean * ((1.0 + away) * log1p(away) - away)
}

/// ln(count!) without count · ln(count) - count, by Stirling's series.
fn ln_factorial_rest(count: f64) -> f64 {
    if count == 0.0 {
        return 0.0;
    }
    if count < 16.0 {
        return lgamma(count + 1.0) - count * ln(count) + count;
    }
    let square = count * count;
    let series =
        (1.0 / 12.0 - (1.0 / 360.0 - (1.0 / 1260.0 - 1.0 / 1680.0 / square) / square) / square) / count;
    0.5 * ln(TAU * count) + series
}
