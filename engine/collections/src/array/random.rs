//! Random arrays: each element follows from the seed, the stream and its place, however the array is cut.

use std::sync::atomic::{AtomicU32, Ordering};

use gristmill_data::DType;
use gristmill_graph::Arg;
use gristmill_kernels::Distribution;

use super::{Array, Chunks, Op};
use crate::Error;

/// A source of random arrays, as NumPy's `default_rng`: the same seed and the same order of calls give the same numbers.
#[derive(Debug)]
pub struct Generator {
    seed: u64,
    /// Which array is next: no two share their random bits.
    next: AtomicU32,
}

impl Generator {
    /// Random numbers of this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed, next: AtomicU32::new(0) }
    }

    /// An array of numbers of any distribution and a dtype that can hold them.
    pub fn draw(
        &self,
        distribution: Distribution,
        dtype: DType,
        shape: &[u64],
        chunks: impl Into<Chunks>,
    ) -> Array {
        let stream = self.next.fetch_add(1, Ordering::Relaxed);
        // An empty block of it tells what is wrong with the parameters.
        let checked = gristmill_kernels::generate(&distribution, dtype, self.seed, stream, &[0], &[0], &[0]);
        let made = checked.map_err(Error::kernel("random")).and_then(|_| {
            let (seed, stream) = (Arg::UInt(self.seed), Arg::UInt(stream.into()));
            let args = vec![Arg::text(&distribution.to_string()), Arg::text(dtype.name()), seed, stream];
            Ok(Array::new(
                Op::Made { kernel: "random", args },
                Vec::new(),
                dtype,
                chunks.into().grid(shape, dtype)?,
            ))
        });
        Array::or_failed(made)
    }

    /// Numbers in `[0, 1)`, of `float64`.
    pub fn random(&self, shape: &[u64], chunks: impl Into<Chunks>) -> Array {
        self.uniform(0.0, 1.0, shape, chunks)
    }

    /// Numbers in `[low, high)`, of `float64`.
    pub fn uniform(&self, low: f64, high: f64, shape: &[u64], chunks: impl Into<Chunks>) -> Array {
        self.draw(Distribution::Uniform { low, high }, DType::Float64, shape, chunks)
    }

    /// Normal numbers of a mean and a standard deviation, of `float64`.
    pub fn normal(&self, mean: f64, std: f64, shape: &[u64], chunks: impl Into<Chunks>) -> Array {
        self.draw(Distribution::Normal { mean, std }, DType::Float64, shape, chunks)
    }

    /// Integers from `low` to before `high`, of `int64`.
    pub fn integers(&self, low: i64, high: i64, shape: &[u64], chunks: impl Into<Chunks>) -> Array {
        let distribution = Distribution::Integers { low: low.into(), high: high.into() };
        self.draw(distribution, DType::Int64, shape, chunks)
    }
}
