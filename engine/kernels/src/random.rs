//! Random numbers for arrays: each follows from the seed, the stream and its element's place in the whole array.
//!
//! So an array holds the same numbers however it is cut, on any number of threads and on any machine: all arithmetic
//! is rounded as IEEE 754 says, and no function of the platform is asked.
//!
//! # Layout
//! - [`Distribution`]: names, parameters, text form
//! - `block`, `philox`: which places a block of an array has, and their random bits
//! - `vector`, `normal`: loops that become vector instructions
//! - `continuous`, `discrete`: numbers from bits, one distribution after the other
//! - `draws`, `gamma`, `counts`: the distributions whose elements may have to draw again
//! - `kernel`: the kernel `random`

mod distribution;

mod block;
mod philox;

pub mod normal;
mod vector;

mod continuous;
mod discrete;

mod counts;
mod draws;
mod gamma;

pub(crate) mod kernel;

use gristmill_data::{Chunk, DType};
use pulp::Arch;

use crate::Error;
use block::Region;
use philox::Generator;
use vector::Vector;

pub use distribution::Distribution;

/// The name under which errors and graphs know all this.
const KERNEL: &str = "random";

/// The random bits of an array, and the instructions to make numbers of them.
#[derive(Debug, Clone, Copy)]
struct Source {
    generator: Generator,
    vector: Vector,
}

impl Source {
    fn words(self, blocks: &[u64], out: &mut [u64]) {
        self.vector.words(self.generator, blocks, out);
    }
}

/// The block of shape `shape` that begins at `start`, of an array of random numbers of shape `array_shape`.
///
/// Arrays of the same seed need different streams, else they share their random bits. Continuous distributions have
/// `float64` and `float32` numbers, `bits`, `integers` and `bernoulli` those of every integer dtype and `bool` where it
/// fits, and counts are `int64` or `uint64`.
///
/// # Errors
/// [`Error::Parameter`], [`Error::RandomDType`], [`Error::OutsideArray`], or a shape that is impossible or too large.
///
/// # Example
/// ```
/// use gristmill_data::DType;
/// use gristmill_kernels::{Distribution, generate};
///
/// let normal = Distribution::Normal { mean: 0.0, std: 1.0 };
/// let whole = generate(&normal, DType::Float64, 42, 0, &[100], &[0], &[100])?;
/// let part = generate(&normal, DType::Float64, 42, 0, &[100], &[70], &[30])?;
/// assert_eq!(whole.as_slice::<f64>()?[70..], *part.as_slice::<f64>()?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn generate(
    distribution: &Distribution,
    dtype: DType,
    seed: u64,
    stream: u32,
    array_shape: &[u64],
    start: &[u64],
    shape: &[u64],
) -> Result<Chunk, Error> {
    let source = Source { generator: Generator { seed, stream }, vector: Vector(Arch::new()) };
    generate_from(source, distribution, dtype, &Region::new(array_shape, start, shape)?)
}

fn generate_from(
    source: Source,
    distribution: &Distribution,
    dtype: DType,
    region: &Region<'_>,
) -> Result<Chunk, Error> {
    distribution.check()?;
    check_dtype(distribution, dtype)?;
    let numbers = match dtype {
        DType::Float64 => continuous::float64(distribution, source, region)?,
        DType::Float32 => continuous::float32(distribution, source, region)?,
        _ => return discrete::chunk(distribution, dtype, source, region),
    };
    Chunk::try_new(dtype, region.shape(), numbers.into_buffer(), None).map_err(Error::data(KERNEL))
}

fn check_dtype(distribution: &Distribution, dtype: DType) -> Result<(), Error> {
    let held = discrete::range(dtype);
    let (fits, expected) = match *distribution {
        Distribution::Bits {} => (dtype.is_integer(), "an integer dtype"),
        Distribution::Bernoulli { .. } => (held.is_some(), "bool or an integer dtype"),
        Distribution::Integers { low, high } => {
            let fits = held.is_some_and(|held| held.contains(&low) && held.contains(&(high - 1)));
            (fits, "an integer dtype that holds low and high - 1")
        }
        Distribution::Binomial { .. } | Distribution::Geometric { .. } | Distribution::Poisson { .. } => {
            (matches!(dtype, DType::Int64 | DType::UInt64), "int64 or uint64")
        }
        _ => (matches!(dtype, DType::Float32 | DType::Float64), "float64 or float32"),
    };
    let wrong = Error::RandomDType { distribution: *distribution, dtype, expected };
    if fits { Ok(()) } else { Err(wrong) }
}

#[cfg(test)]
mod tests;
