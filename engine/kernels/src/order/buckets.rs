//! An array of one axis sorted out of sorted blocks, with no task that holds more than a few of them.
//!
//! Parallel sorting by regular sampling (Shi and Schaeffer, 1992): elements at regular distances of each sorted block
//! tell where to cut all blocks, so that the pieces up to the first cut are a bucket of the least elements, those up to
//! the next one another, and so on. Of equal elements those of earlier blocks go first, so that all are in one order and
//! no bucket is much larger than another, whatever the elements are. How much larger is known beforehand: so chunks of
//! known lengths can be taken from the sorted buckets.
//!
//! `kernel`: the kernels of the same names

pub(super) mod kernel;

use std::ops::Range;

use gristmill_data::Chunk;
use gristmill_data::arrow::buffer::Buffer;

use super::{argsort, sort};
use crate::Error;
use crate::blocks::{Kind, elements, joined, with_kind};

/// How many buckets there may be: each block has a piece of each.
pub const BUCKETS_MAX: u64 = 1024;

/// How an array is put into as many buckets as it has blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Buckets {
    n: u64,
    n_elements: u64,
}

/// Elements of a sorted array, and what tells equal ones apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// The elements.
    pub values: Chunk,
    /// Their places when sorted blocks stand one after the other, as `int64`.
    pub places: Chunk,
}

impl Buckets {
    /// The buckets of an array of so many blocks and elements.
    ///
    /// # Errors
    /// [`Error::Invalid`] for no blocks, or more than [`BUCKETS_MAX`].
    pub fn new(n_blocks: u64, n_elements: u64) -> Result<Self, Error> {
        if (1..=BUCKETS_MAX).contains(&n_blocks) {
            return Ok(Self { n: n_blocks, n_elements });
        }
        let reason = "it puts at most 1024 blocks into buckets; use fewer and larger chunks";
        Err(Error::Invalid { kernel: "sort", reason })
    }

    /// How many elements of a block there are to one of its sample: so few that buckets differ by less than half.
    #[must_use]
    fn step(self) -> u64 {
        (self.n_elements / (2 * self.n * self.n)).max(1)
    }

    /// How many elements there should be before a bucket.
    fn wanted(self, nth: u64) -> u64 {
        (u128::from(self.n_elements) * u128::from(nth) / u128::from(self.n)) as u64
    }

    /// How many samples make the cut before a bucket. `t` of them have `t * step` elements up to the last one, and in
    /// each other block less than `step` more.
    fn n_samples(self, nth: u64, n: u64) -> u64 {
        let more = (self.n - 1) * (self.step() - 1);
        ((self.wanted(nth).saturating_sub(more / 2) + self.step() / 2) / self.step()).min(n)
    }

    /// The buckets that can hold elements of these ranks.
    #[must_use]
    pub fn of_ranks(self, ranks: Range<u64>) -> Range<u64> {
        let slack = self.n * (self.step() - 1) + self.step();
        let first = (0..self.n)
            .find(|&nth| nth + 1 == self.n || self.wanted(nth + 1).saturating_add(slack) > ranks.start);
        let last = (0..self.n).rfind(|&nth| nth == 0 || self.wanted(nth).saturating_sub(slack) < ranks.end);
        first.unwrap_or(0)..last.map_or(0, |last| last + 1)
    }
}

/// The elements of blocks in order, without axes but one.
///
/// # Errors
/// [`Error::Empty`] for none, [`Error::Invalid`] when they are of different dtypes.
pub fn merge_sorted(parts: &[Chunk]) -> Result<Chunk, Error> {
    sort(0, &joined("merge_sorted", &parts.iter().collect::<Vec<_>>())?)
}

/// Every `step`th element of a sorted block that begins at this place.
///
/// # Errors
/// None that such a chunk can lead to.
pub fn sample(buckets: Buckets, start: u64, sorted: &Chunk) -> Result<Sample, Error> {
    let step = buckets.step();
    let nths = (1..=sorted.n_elements() as u64 / step).map(|nth| nth * step - 1);
    sampled(sorted, nths.map(|nth| (nth, start + nth)))
}

fn sampled(of: &Chunk, nths: impl Iterator<Item = (u64, u64)>) -> Result<Sample, Error> {
    let (nths, places): (Vec<i64>, Vec<i64>) = nths.map(|(nth, place)| (nth as i64, place as i64)).unzip();
    let n = [nths.len() as u64];
    let nths = Chunk::from_vec(nths, &n).map_err(Error::data("sample"))?;
    let places = Chunk::from_vec(places, &n).map_err(Error::data("sample"))?;
    Ok(Sample { values: crate::take(0, &nths, of)?, places })
}

/// Samples of blocks, which follow each other, in one order.
///
/// # Errors
/// [`Error::Empty`] for none, [`Error::Invalid`] when they are of different dtypes.
pub fn merge_samples(parts: &[Sample]) -> Result<Sample, Error> {
    let joined =
        |of: fn(&Sample) -> &Chunk| joined("merge_samples", &parts.iter().map(of).collect::<Vec<_>>());
    let (values, places) = (joined(|part| &part.values)?, joined(|part| &part.places)?);
    let order = argsort(0, &values)?;
    Ok(Sample { values: crate::take(0, &order, &values)?, places: crate::take(0, &order, &places)? })
}

/// The last elements of the buckets before the last one, of all samples in order. The first buckets may be empty, and
/// have none.
///
/// # Errors
/// [`Error::Invalid`] when values and places are not as many.
pub fn splitters(buckets: Buckets, sample: &Sample) -> Result<Sample, Error> {
    let places: &[i64] = sample.places.as_slice().map_err(Error::data("splitters"))?;
    let n = places.len() as u64;
    if n != sample.values.n_elements() as u64 {
        return Err(Error::Invalid { kernel: "splitters", reason: "each sample needs a place" });
    }
    let last = (1..buckets.n).filter_map(|nth| buckets.n_samples(nth, n).checked_sub(1));
    let place = |nth: u64| places.get(nth as usize).map_or(0, |&place| place as u64);
    sampled(&sample.values, last.map(|nth| (nth, place(nth))))
}

/// Where a sorted block that begins at this place is to be cut, between each two buckets, as `int64`.
///
/// # Errors
/// [`Error::Invalid`] when there are more splitters than cuts, or of another dtype.
pub fn cuts(buckets: Buckets, splitters: &Sample, start: u64, sorted: &Chunk) -> Result<Chunk, Error> {
    const KERNEL: &str = "cuts";
    let places: &[i64] = splitters.places.as_slice().map_err(Error::data(KERNEL))?;
    let n_cuts = (buckets.n - 1) as usize;
    let fits = splitters.values.dtype() == sorted.dtype() && splitters.values.n_elements() == places.len();
    if !fits || places.len() > n_cuts {
        let reason = "there must be one splitter less than buckets at most, and of the dtype of the block";
        return Err(Error::Invalid { kernel: KERNEL, reason });
    }
    let mut cuts = vec![0; n_cuts - places.len()];
    with_kind!(sorted.dtype(), K => cuts.extend(cuts_of::<K>(&splitters.values, places, start, sorted)));
    Chunk::from_vec(cuts, &[n_cuts as u64]).map_err(Error::data(KERNEL))
}

fn cuts_of<K: Kind>(splitters: &Chunk, places: &[i64], start: u64, sorted: &Chunk) -> Vec<i64> {
    let n_there = sorted.n_elements() - sorted.validity().map_or(0, |validity| validity.null_count());
    let there = elements::<K::Element>(sorted).get(..n_there).unwrap_or_default();
    let cut = |(nth, (&splitter, &place)): (usize, (&K::Element, &i64))| {
        // Those that are equal, of which some go before the cut.
        let equal = match splitters.validity().is_none_or(|validity| validity.is_valid(nth)) {
            true => {
                let key = K::key(splitter);
                let n_less = there.partition_point(|&element| K::key(element) < key);
                n_less..there.partition_point(|&element| K::key(element) <= key)
            }
            false => n_there..sorted.n_elements(),
        };
        (place.saturating_add(1).saturating_sub(start as i64)).clamp(equal.start as i64, equal.end as i64)
    };
    elements::<K::Element>(splitters).iter().zip(places).enumerate().map(cut).collect()
}

/// What a sorted block has of a bucket.
///
/// # Errors
/// [`Error::Invalid`] when the cuts are none of this block.
pub fn piece(cuts: &Chunk, nth: u64, sorted: &Chunk) -> Result<Chunk, Error> {
    let cuts: &[i64] = cuts.as_slice().map_err(Error::data("piece"))?;
    let cut = |nth: Option<u64>| nth.and_then(|nth| cuts.get(nth as usize)).map(|&cut| cut as u64);
    let (from, to) = (cut(nth.checked_sub(1)), cut(Some(nth)));
    let piece = part("piece", sorted, from.unwrap_or(0)..to.unwrap_or(sorted.n_elements() as u64))?;
    // A copy, so that the block can go.
    let data = Buffer::from_slice_ref(piece.data().as_slice());
    Chunk::try_new(piece.dtype(), piece.shape(), data, piece.validity().cloned())
        .map_err(Error::data("piece"))
}

/// The elements of these ranks, of the sorted buckets that can hold them; `starts` is where each bucket but the first
/// one begins.
///
/// # Errors
/// [`Error::Invalid`] when the buckets are not those.
pub fn ranked(buckets: Buckets, ranks: Range<u64>, starts: &Chunk, sorted: &[Chunk]) -> Result<Chunk, Error> {
    const KERNEL: &str = "ranked";
    let starts: &[i64] = starts.as_slice().map_err(Error::data(KERNEL))?;
    let start =
        |nth: u64| nth.checked_sub(1).and_then(|nth| starts.get(nth as usize)).map_or(0, |&at| at as u64);
    let parts = buckets.of_ranks(ranks.clone()).zip(sorted).map(|(nth, bucket)| {
        let n = bucket.n_elements() as u64;
        let within = |rank: u64| rank.saturating_sub(start(nth)).min(n);
        part(KERNEL, bucket, within(ranks.start)..within(ranks.end))
    });
    let parts = parts.collect::<Result<Vec<_>, Error>>()?;
    let found = joined(KERNEL, &parts.iter().collect::<Vec<_>>())?;
    if found.n_elements() as u64 != ranks.end.saturating_sub(ranks.start) {
        return Err(Error::Invalid {
            kernel: KERNEL,
            reason: "the buckets do not hold all elements of these ranks",
        });
    }
    Ok(found)
}

/// A part of a chunk of one axis, of the same memory.
fn part(kernel: &'static str, of: &Chunk, range: Range<u64>) -> Result<Chunk, Error> {
    if range.start > range.end || range.end > of.n_elements() as u64 {
        return Err(Error::Invalid { kernel, reason: "there are not as many elements" });
    }
    of.part(range.start as usize, &[range.end - range.start]).map_err(Error::data(kernel))
}
