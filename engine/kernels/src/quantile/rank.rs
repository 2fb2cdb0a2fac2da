//! Quantiles of all elements of an array, found by counting them block by block.
//!
//! An element is a key of 64 bits, in whose order they are: its bits in double precision. Level by level the next
//! [`DIGIT_BITS`] bits of the keys that are sought are found: elements whose keys begin with the bits found so far are
//! counted by the next ones, the counts of all blocks added up, and the digit taken that a rank falls into. So the
//! result is exact, and a task holds a block and some thousand counts, however large the array is.

use gristmill_data::{Chunk, DType};

use super::{Place, QuantileMethod, between, checked};
use crate::Error;
use crate::blocks::{Kind, cast, elements, present, validity};

const DIGIT_BITS: u32 = 11;
const N_DIGITS: usize = 1 << DIGIT_BITS;
/// After the counts of digits, how many elements are NaN, and how many absent.
const ROW: usize = N_DIGITS + 2;

/// For each quantile the two elements that it lies between.
#[derive(Debug, Clone, PartialEq)]
pub struct Sought {
    /// The first bits of their keys, as `uint64`: the lower and the higher of each, one after the other.
    pub prefixes: Chunk,
    /// Their ranks among the elements whose keys begin so, as `int64`.
    pub ranks: Chunk,
    /// How far on the way from the lower to the higher, as `float64`: NaN where the quantile is NaN, absent where it is.
    pub ways: Chunk,
}

/// How many levels there are until elements of a dtype are found.
#[must_use]
pub fn rank_levels(dtype: DType) -> u32 {
    let mantissa = match dtype {
        DType::Float16 => 10,
        DType::Float32 => 23,
        DType::Float64 => 52,
        integer => (8 * integer.itemsize() as u32 - 1).min(52),
    };
    // After the sign and the exponent.
    (12 + mantissa).div_ceil(DIGIT_BITS)
}

/// What [`rank_counts`] takes of so many elements that are sought, in bytes at most.
#[must_use]
pub fn rank_nbytes(n_sought: usize) -> u64 {
    (n_sought as u64).saturating_mul((ROW * size_of::<i64>()) as u64)
}

/// How many elements of a block there are whose keys begin with each prefix in order, by their next digit, as `int64`;
/// at the first level also how many are NaN and absent.
///
/// # Errors
/// As [`quantile`](crate::quantile()).
pub fn rank_counts(level: u32, sought: Option<&Sought>, block: &Chunk) -> Result<Chunk, Error> {
    const KERNEL: &str = "rank_counts";
    checked(KERNEL, block.dtype())?;
    let prefixes = sought.map_or(Ok(vec![0]), Sought::distinct)?;
    let (floats, marks) = (cast(block, DType::Float64)?, present(block));
    let all: &[f64] = elements(&floats);
    let mut counts = vec![0_i64; prefixes.len() * ROW];
    let mut count = |at: usize| counts.get_mut(at).into_iter().for_each(|count| *count += 1);
    let (before, after) = (shift(level), shift(level.saturating_add(1)));
    let digit = |key: u64| (key >> after) as usize & ((1 << (before - after)) - 1);
    let there = all.iter().enumerate();
    for (_, &float) in there.filter(|&(at, _)| marks.as_ref().is_none_or(|marks| marks.get(at) == Some(&1))) {
        let key = f64::key(float);
        match (level, &prefixes[..]) {
            (0, _) => count(if float.is_nan() { N_DIGITS } else { digit(key) }),
            (_, _) if float.is_nan() => {}
            (_, &[only]) if key >> before == only => count(digit(key)),
            (_, &[_]) => {}
            (_, prefixes) => {
                let row = prefixes.binary_search(&(key >> before));
                row.into_iter().for_each(|row| count(row * ROW + digit(key)));
            }
        }
    }
    let n_absent = floats.validity().map_or(0, |validity| validity.null_count());
    if let (0, Some(last)) = (level, counts.last_mut()) {
        *last = n_absent as i64;
    }
    Chunk::from_vec(counts, &[prefixes.len() as u64, ROW as u64]).map_err(Error::data(KERNEL))
}

/// What is sought, and its first digits: of the counts of all blocks at the first level. Without a method it is the
/// median.
///
/// # Errors
/// [`Error::Invalid`] when these are no such counts, or quantiles are not between 0 and 1.
pub fn rank_first(
    method: Option<QuantileMethod>,
    quantiles: &[f64],
    skip_nan: bool,
    counts: &Chunk,
) -> Result<Sought, Error> {
    const KERNEL: &str = "rank_first";
    super::check_quantiles(quantiles)?;
    let row = row_of(KERNEL, counts, 0)?;
    let (digits, rest) = row.split_at_checked(N_DIGITS).unwrap_or_default();
    let &[n_nan, n_absent] = rest else { return Err(wrong(KERNEL)) };
    let n = digits.iter().sum::<i64>();
    let (is_nan, is_absent) = (n == 0 || n_nan > 0 && !skip_nan, n == 0 && n_nan == 0 && n_absent > 0);
    let places: Vec<Place> = quantiles.iter().map(|&q| super::places(method, n as usize, q)).collect();
    let ranks = places.iter().flat_map(|place| [place.low as i64, place.high as i64]).collect();
    let ways = places.iter().map(|place| if is_nan { f64::NAN } else { place.way }).collect();
    let (n, error) = (places.len() as u64, Error::data);
    let ways: Chunk = Chunk::from_vec(ways, &[n]).map_err(error(KERNEL))?;
    let marks = is_absent.then(|| validity(&vec![0; places.len()]));
    let sought = Sought {
        prefixes: Chunk::from_vec(vec![0_u64; 2 * places.len()], &[2 * n]).map_err(error(KERNEL))?,
        ranks: Chunk::from_vec(ranks, &[2 * n]).map_err(error(KERNEL))?,
        ways: Chunk::try_new(DType::Float64, &[n], ways.data().clone(), marks).map_err(error(KERNEL))?,
    };
    rank_next(0, &sought, counts)
}

/// What is sought with one digit more: of the counts of all blocks at a level.
///
/// # Errors
/// [`Error::Invalid`] when these are no such counts.
pub fn rank_next(level: u32, sought: &Sought, counts: &Chunk) -> Result<Sought, Error> {
    const KERNEL: &str = "rank_next";
    let distinct = sought.distinct()?;
    let width = shift(level) - shift(level.saturating_add(1));
    let (mut prefixes, mut ranks) = (Vec::new(), Vec::new());
    for (&prefix, &rank) in sought.prefixes()?.iter().zip(sought.ranks()?) {
        let row = row_of(KERNEL, counts, distinct.partition_point(|&other| other < prefix))?;
        let (mut digit, mut rank) = (0, rank);
        for &count in row.iter().take((1 << width) - 1) {
            if rank < count {
                break;
            }
            (digit, rank) = (digit + 1, rank - count);
        }
        prefixes.push(prefix << width | digit);
        ranks.push(rank);
    }
    Ok(Sought {
        prefixes: Chunk::from_vec(prefixes, sought.prefixes.shape()).map_err(Error::data(KERNEL))?,
        ranks: Chunk::from_vec(ranks, sought.ranks.shape()).map_err(Error::data(KERNEL))?,
        ways: sought.ways.clone(),
    })
}

/// The quantiles, in a dtype: of what is sought after the last of so many levels.
///
/// # Errors
/// [`Error::Invalid`] when there are not two elements for each quantile.
pub fn rank_finish(
    method: Option<QuantileMethod>,
    n_levels: u32,
    dtype: DType,
    sought: &Sought,
) -> Result<Chunk, Error> {
    const KERNEL: &str = "rank_finish";
    let float = |&prefix: &u64| {
        // The key's other bits are 0; see `Kind::key`.
        let key = prefix.checked_shl(shift(n_levels)).unwrap_or(0);
        f64::from_bits(if key >> 63 == 1 { key ^ 1 << 63 } else { !key.wrapping_sub(1) })
    };
    let pairs = sought.prefixes()?.as_chunks::<2>().0;
    if sought.prefixes.n_elements() != 2 * sought.ways.n_elements() {
        return Err(wrong(KERNEL));
    }
    let ways: &[f64] = sought.ways.as_slice().map_err(Error::data(KERNEL))?;
    let quantile = |([low, high], &way): (&[u64; 2], &f64)| match way.is_nan() {
        true => f64::NAN,
        false => between(method, float(low), float(high), way),
    };
    let all = pairs.iter().zip(ways).map(quantile).collect();
    let all = cast(&Chunk::from_vec(all, sought.ways.shape()).map_err(Error::data(KERNEL))?, dtype)?;
    Chunk::try_new(dtype, all.shape(), all.data().clone(), sought.ways.validity().cloned())
        .map_err(Error::data(KERNEL))
}

impl Sought {
    fn prefixes(&self) -> Result<&[u64], Error> {
        self.prefixes.as_slice().map_err(Error::data("rank_counts"))
    }

    fn ranks(&self) -> Result<&[i64], Error> {
        self.ranks.as_slice().map_err(Error::data("rank_counts"))
    }

    /// Each prefix once, in order.
    fn distinct(&self) -> Result<Vec<u64>, Error> {
        let mut prefixes = self.prefixes()?.to_vec();
        prefixes.sort_unstable();
        prefixes.dedup();
        Ok(prefixes)
    }
}

/// How many bits of a key are left after so many levels.
fn shift(level: u32) -> u32 {
    64_u32.saturating_sub(level.saturating_mul(DIGIT_BITS))
}

fn row_of<'a>(kernel: &'static str, counts: &'a Chunk, nth: usize) -> Result<&'a [i64], Error> {
    let rows = counts.as_slice::<i64>().map_err(Error::data(kernel))?.chunks_exact(ROW);
    rows.clone().nth(nth).ok_or_else(|| wrong(kernel))
}

fn wrong(kernel: &'static str) -> Error {
    Error::Invalid { kernel, reason: "these are no counts of the elements that are sought" }
}
