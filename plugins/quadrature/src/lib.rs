//! Integrals by tasks that start tasks: where a curve is difficult, a task starts two for the halves of its interval.

use gristmill_plugin::prelude::*;

mod curve;

use curve::{Curve, simpson};

/// The task functions.
#[plugin]
pub mod functions {
    use super::*;

    /// The integral of a curve (`runge`, `sqrt`, `sine`) from `from` to `to`, off by `tolerance` at most as far as
    /// Simpson's rule can tell from how it differs between all samples and every second one.
    pub fn integrate(curve: &str, from: f64, to: f64, tolerance: f64) -> Result<f64> {
        let f = Curve::named(curve)?;
        if !(from.is_finite() && to.is_finite() && tolerance > 0.0) {
            return Err(TaskError::invalid_argument(
                "an interval has finite ends, and a tolerance is positive",
            ));
        }
        let (coarse, fine) = simpson(&f, from, to);
        let middle = from + (to - from) / 2.0;
        // Between neighbours there is nothing more to see.
        let is_narrow = middle == from || middle == to;
        // Richardson: the error of the finer one is a fifteenth of the difference.
        if is_narrow || (fine - coarse).abs() <= 15.0 * tolerance {
            return Ok(fine + (fine - coarse) / 15.0);
        }
        let half = |from: f64, to: f64| {
            submit("integrate", vec![curve.into(), from.into(), to.into(), (tolerance / 2.0).into()])
        };
        let (left, right) = (half(from, middle)?, half(middle, to)?);
        Ok(left.wait::<f64>()? + right.wait::<f64>()?)
    }

    /// The integral from 0 to 1 of each of `n` powers of x, added up by pairs: all are started before any is waited for.
    pub fn powers(n: u64) -> Result<f64> {
        let mut parts = Vec::new();
        for exponent in 0..n {
            parts.push(submit("power", vec![exponent.into()])?);
        }
        while parts.len() > 1 {
            let pairs = parts.chunks(2).map(|pair| match pair {
                [one, other] => submit("add", vec![one.into(), other.into()]),
                rest => submit("add", vec![rest.first().map_or(0.0.into(), Operand::from), 0.0.into()]),
            });
            parts = pairs.collect::<Result<_>>()?;
        }
        parts.first().map_or(Ok(0.0), |total| total.wait())
    }

    /// The integral of x to the power of `exponent` from 0 to 1.
    pub fn power(exponent: u64) -> f64 {
        1.0 / (exponent as f64 + 1.0)
    }

    /// `a + b`.
    pub fn add(a: f64, b: f64) -> f64 {
        a + b
    }

    /// Waits for a task that waits for a task, and so on without end.
    pub fn endless(depth: u64) -> Result<u64> {
        submit("endless", vec![depth.wrapping_add(1).into()])?.wait()
    }

    /// Waits for the next in a circle of tasks, which in the end waits for this one.
    pub fn circle(at: u64, of: u64) -> Result<u64> {
        let next = at.wrapping_add(1).checked_rem(of).unwrap_or(0);
        submit("circle", vec![next.into(), of.into()])?.wait()
    }

    /// Starts a task with wrong arguments.
    pub fn mistaken() -> Result<f64> {
        submit("add", vec!["one".into(), 2.0.into()])?.wait()
    }

    /// Starts a task that never ends, and waits for it.
    pub fn patient() -> Result<u64> {
        submit("spin", Vec::new())?.wait()
    }

    /// Never ends.
    pub fn spin() -> u64 {
        let mut n = 0u64;
        loop {
            n = std::hint::black_box(n.wrapping_add(1));
        }
    }
}

#[cfg(test)]
mod tests;
