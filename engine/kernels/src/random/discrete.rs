//! Integers, truth values and counts.

use std::ops::RangeInclusive;

use gristmill_data::{Chunk, DType, Element, Memory};

use super::block::Region;
use super::continuous::{invert, words_of};
use super::counts::{Binomial, Poisson};
use super::draws::Draws;
use super::vector::unit;
use super::{Distribution, KERNEL, Source};
use crate::Error;
use crate::expr::integer_range;

/// An element that is the lowest bits of an integer of 64.
trait Narrow: Element + Default {
    fn narrow(bits: u64) -> Self;
}

macro_rules! narrow_integers {
    ($($ty:ty),*) => {$(
        impl Narrow for $ty {
            fn narrow(bits: u64) -> Self {
                bits as Self
            }
        }
    )*};
}

narrow_integers!(i8, i16, i32, i64, u8, u16, u32, u64);

impl Narrow for bool {
    fn narrow(bits: u64) -> Self {
        bits & 1 == 1
    }
}

/// The integers that a dtype holds.
pub(super) fn range(dtype: DType) -> Option<RangeInclusive<i128>> {
    (dtype == DType::Boolean || dtype.is_integer()).then(|| integer_range(dtype))
}

/// The region's numbers.
pub(super) fn chunk(
    distribution: &Distribution,
    dtype: DType,
    source: Source,
    region: &Region<'_>,
) -> Result<Chunk, Error> {
    match dtype {
        DType::Boolean => chunk_of::<bool>(distribution, source, region),
        DType::Int8 => chunk_of::<i8>(distribution, source, region),
        DType::Int16 => chunk_of::<i16>(distribution, source, region),
        DType::Int32 => chunk_of::<i32>(distribution, source, region),
        DType::Int64 => chunk_of::<i64>(distribution, source, region),
        DType::UInt8 => chunk_of::<u8>(distribution, source, region),
        DType::UInt16 => chunk_of::<u16>(distribution, source, region),
        DType::UInt32 => chunk_of::<u32>(distribution, source, region),
        DType::UInt64 => chunk_of::<u64>(distribution, source, region),
        _ => Err(Error::RandomDType { distribution: *distribution, dtype, expected: "an integer dtype" }),
    }
}

fn chunk_of<T: Narrow>(
    distribution: &Distribution,
    source: Source,
    region: &Region<'_>,
) -> Result<Chunk, Error> {
    let numbers = numbers::<T>(distribution, source, region)?;
    Chunk::try_new(T::DTYPE, region.shape(), numbers.into_buffer(), None).map_err(Error::data(KERNEL))
}

fn numbers<T: Narrow>(
    distribution: &Distribution,
    source: Source,
    region: &Region<'_>,
) -> Result<Memory, Error> {
    let (mut words, mut reals) = (Vec::new(), Vec::new());
    match *distribution {
        Distribution::Bits {} => region.fill(16 / size_of::<T>(), &mut |blocks, out: &mut [T]| {
            split_words(words_of(source, blocks, &mut words), out);
        }),
        Distribution::Integers { low, high } => {
            let among = Among::new(low, high);
            region.fill(among.per_block(), &mut |blocks, out: &mut [T]| {
                among.fill(source, blocks, words_of(source, blocks, &mut words), out);
            })
        }
        Distribution::Bernoulli { p } => region.fill(2, &mut |blocks, out: &mut [T]| {
            let words = words_of(source, blocks, &mut words);
            out.iter_mut().zip(words).for_each(|(out, &word)| *out = T::narrow(u64::from(unit(word) < p)));
        }),
        Distribution::Binomial { n, p } => {
            let binomial = Binomial::new(n, p);
            count_each::<T>(source, region, &|draws| binomial.draw(draws))
        }
        Distribution::Poisson { lam } => {
            let poisson = Poisson::new(lam);
            count_each::<T>(source, region, &|draws| poisson.draw(draws))
        }
        _ => region.fill(2, &mut |blocks, out: &mut [T]| {
            reals.resize(out.len(), 0.0);
            invert(distribution, source, words_of(source, blocks, &mut words), &mut reals);
            out.iter_mut().zip(&reals).for_each(|(out, &real)| *out = count(real));
        }),
    }
}

/// A whole number that is not negative; those above the greatest of 63 bits become that.
fn count<T: Narrow>(real: f64) -> T {
    T::narrow(real as i64 as u64)
}

/// The count that `draw` gives for each element.
fn count_each<T: Narrow>(
    source: Source,
    region: &Region<'_>,
    draw: &dyn Fn(&mut Draws) -> f64,
) -> Result<Memory, Error> {
    let mut words = Vec::new();
    region.fill(1, &mut |blocks, out: &mut [T]| {
        let words = words_of(source, blocks, &mut words).as_chunks().0;
        for ((out, &place), &words) in out.iter_mut().zip(blocks).zip(words) {
            *out = count(draw(&mut Draws::new(source.generator, place, words)));
        }
    })
}

/// The words' bits, lowest first.
fn split_words<T: Narrow>(words: &[u64], out: &mut [T]) {
    for (&word, out) in words.iter().zip(out.chunks_mut(8 / size_of::<T>())) {
        let shifts = (0..).step_by(8 * size_of::<T>());
        out.iter_mut().zip(shifts).for_each(|(out, shift)| *out = T::narrow(word >> shift));
    }
}

/// Products of a random word of `n_bits` with `n` whose lower half is below this are drawn again: what is left is
/// divided evenly among the upper halves (Lemire 2019).
pub(super) fn threshold(n_bits: u32, n: u128) -> u128 {
    (1 << n_bits) % n
}

/// Equally likely integers.
struct Among {
    low: u64,
    n: u128,
}

impl Among {
    fn new(low: i128, high: i128) -> Self {
        Self { low: low as u64, n: high.abs_diff(low) }
    }

    /// Half a word suffices where it has enough values.
    fn is_narrow(&self) -> bool {
        self.n <= 1 << 32
    }

    fn per_block(&self) -> usize {
        if self.is_narrow() { 4 } else { 2 }
    }

    fn fill<T: Narrow>(&self, source: Source, blocks: &[u64], words: &[u64], out: &mut [T]) {
        let again = if self.is_narrow() { self.fill_narrow(words, out) } else { self.fill_wide(words, out) };
        let n_per_block = self.per_block();
        for idx in again {
            let block = blocks.get(idx / n_per_block).copied().unwrap_or_default();
            // Past the array's end lie numbers that nobody wants.
            let place = block.wrapping_mul(n_per_block as u64).wrapping_add((idx % n_per_block) as u64);
            if let Some(out) = out.get_mut(idx) {
                *out = self.number(Draws::again(source.generator, place).below(self.n));
            }
        }
    }

    fn number<T: Narrow>(&self, offset: u64) -> T {
        T::narrow(self.low.wrapping_add(offset))
    }

    /// A number for each half of a word; gives those that must be drawn again.
    fn fill_narrow<T: Narrow>(&self, words: &[u64], out: &mut [T]) -> Vec<usize> {
        let (n, threshold) = (self.n as u64, threshold(32, self.n) as u32);
        let products = |word: u64| [word & 0xFFFF_FFFF, word >> 32].map(|half| half * n);
        let mut some_again = false;
        for (&word, out) in words.iter().zip(out.as_chunks_mut::<2>().0) {
            let products = products(word);
            some_again |= products.iter().any(|&product| (product as u32) < threshold);
            *out = products.map(|product| self.number(product >> 32));
        }
        if !some_again {
            return Vec::new();
        }
        let products = words.iter().flat_map(|&word| products(word)).enumerate();
        products.filter(|&(_, product)| (product as u32) < threshold).map(|(idx, _)| idx).collect()
    }

    /// A number for each word; gives those that must be drawn again.
    fn fill_wide<T: Narrow>(&self, words: &[u64], out: &mut [T]) -> Vec<usize> {
        let threshold = threshold(64, self.n) as u64;
        let mut again = Vec::new();
        for (idx, (&word, out)) in words.iter().zip(out).enumerate() {
            let product = u128::from(word) * self.n;
            *out = self.number((product >> 64) as u64);
            if (product as u64) < threshold {
                again.push(idx);
            }
        }
        again
    }
}
