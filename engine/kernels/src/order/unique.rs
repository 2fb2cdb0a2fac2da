//! Each element once.

use bytemuck::Zeroable;
use gristmill_data::{Chunk, DType};

use crate::blocks::{Kind, buffer_of, elements, joined, present, validity, with_kind};
use crate::{Error, Place};

const KERNEL: &str = "unique";

/// The different elements of one block or of several.
#[derive(Debug, Clone, PartialEq)]
pub struct Unique {
    /// Each once, in order: any NaN is the same one, and so is any absent element, which comes last.
    pub values: Chunk,
    /// How often each is there, as `int64`.
    pub counts: Chunk,
    /// Where each is first in the whole array, in C order, as `int64`, if that was asked for.
    pub positions: Option<Chunk>,
}

/// The different elements of a block, and where they are first if a place is given.
///
/// # Errors
/// [`Error::OutsideArray`] when the block is no part of such an array.
pub fn unique(place: Option<Place<'_>>, block: &Chunk) -> Result<Unique, Error> {
    let Some(place) = place else { return with_kind!(block.dtype(), K => counted::<K>(block)) };
    place.check(KERNEL, block)?;
    let position = |at: usize| place.in_array(at as u64, block.shape()) as i64;
    with_kind!(block.dtype(), K => grouped::<K>(block, |_| 1, Some(&position)))
}

/// The different elements of several blocks, of theirs.
///
/// # Errors
/// [`Error::Empty`] for none; [`Error::Invalid`] when they are of different dtypes, or values, counts and positions do
/// not go together.
pub fn merge_unique(parts: &[Unique]) -> Result<Unique, Error> {
    const KERNEL: &str = "merge_unique";
    let first = parts.first().ok_or(Error::Empty { kernel: KERNEL })?;
    let (mut counts, mut positions): (Vec<i64>, Vec<i64>) = (Vec::new(), Vec::new());
    for part in parts {
        let fits = part.values.dtype() == first.values.dtype()
            && part.counts.n_elements() == part.values.n_elements()
            && part.positions.as_ref().map(Chunk::n_elements)
                == first.positions.as_ref().map(|_| part.values.n_elements());
        if !fits {
            let reason = "all values must be of one dtype, and there must be as many counts, and positions of all or none";
            return Err(Error::Invalid { kernel: KERNEL, reason });
        }
        counts.extend_from_slice(part.counts.as_slice().map_err(Error::data(KERNEL))?);
        if let Some(part) = &part.positions {
            positions.extend_from_slice(part.as_slice().map_err(Error::data(KERNEL))?);
        }
    }
    let values: Vec<&Chunk> = parts.iter().map(|part| &part.values).collect();
    let all = joined(KERNEL, &values)?;
    let of = |numbers: &[i64], at: usize| numbers.get(at).copied().unwrap_or_default();
    let position = |at| of(&positions, at);
    let position: Option<&dyn Fn(usize) -> i64> = first.positions.as_ref().map(|_| &position as _);
    with_kind!(all.dtype(), K => grouped::<K>(&all, |at| of(&counts, at), position))
}

/// For each element of a block which one it is of the different elements of an array, as `int64`. Those that are not
/// among them get the place where they belong.
///
/// # Errors
/// [`Error::Invalid`] when both are of different dtypes.
pub fn inverse(values: &Chunk, block: &Chunk) -> Result<Chunk, Error> {
    const KERNEL: &str = "inverse";
    if values.dtype() != block.dtype() {
        return Err(Error::Invalid { kernel: KERNEL, reason: "values and elements must be of one dtype" });
    }
    let places = with_kind!(block.dtype(), K => places::<K>(values, block));
    Chunk::from_vec(places, block.shape()).map_err(Error::data(KERNEL))
}

fn places<K: Kind>(values: &Chunk, block: &Chunk) -> Vec<i64> {
    let n_there = values.n_elements() - values.validity().map_or(0, |validity| validity.null_count());
    let there = elements::<K::Element>(values).get(..n_there).unwrap_or_default();
    let n_numbers = there.partition_point(|&value| !K::is_nan(value));
    let keys: Vec<K::Key> = there.iter().take(n_numbers).map(|&value| K::key(value)).collect();
    let place = |element: K::Element| match K::is_nan(element) {
        true => n_numbers,
        false => keys.partition_point(|&key| key < K::key(element)),
    };
    let all = elements::<K::Element>(block).iter().enumerate();
    let is_there = |at: usize| block.validity().is_none_or(|validity| validity.is_valid(at));
    all.map(|(at, &element)| if is_there(at) { place(element) } else { n_there } as i64).collect()
}

/// Different elements as they are found, in order.
struct Groups<K: Kind> {
    values: Vec<K::Element>,
    counts: Vec<i64>,
    positions: Vec<i64>,
}

impl<K: Kind> Groups<K> {
    fn new() -> Self {
        Self { values: Vec::new(), counts: Vec::new(), positions: Vec::new() }
    }

    /// Takes in the next element: any NaN of a complex number is the same one, though its key is another.
    fn take(&mut self, element: K::Element, count: i64, position: i64) {
        let is_same =
            |&last: &K::Element| K::key(last) == K::key(element) || (K::is_nan(last) && K::is_nan(element));
        if !self.values.last().is_some_and(is_same) {
            self.open(element);
        }
        self.add(count, position);
    }

    fn open(&mut self, element: K::Element) {
        self.values.push(element);
        self.counts.push(0);
        self.positions.push(i64::MAX);
    }

    fn add(&mut self, count: i64, position: i64) {
        if let (Some(own), Some(first)) = (self.counts.last_mut(), self.positions.last_mut()) {
            *own = own.wrapping_add(count);
            *first = position.min(*first);
        }
    }

    /// The last `n_absent` values are absent.
    fn finish(self, dtype: DType, n_absent: usize, with_positions: bool) -> Result<Unique, Error> {
        let (shape, n_there) = ([self.values.len() as u64], self.values.len() - n_absent);
        let present: Vec<u8> = (0..self.values.len()).map(|at| u8::from(at < n_there)).collect();
        let numbers = |numbers| Chunk::from_vec(numbers, &shape).map_err(Error::data(KERNEL));
        Ok(Unique {
            values: Chunk::try_new(dtype, &shape, buffer_of(&self.values), Some(validity(&present)))
                .map_err(Error::data(KERNEL))?,
            counts: numbers(self.counts)?,
            positions: with_positions.then(|| numbers(self.positions)).transpose()?,
        })
    }
}

/// Without positions, which is faster.
fn counted<K: Kind>(block: &Chunk) -> Result<Unique, Error> {
    let from: &[K::Element] = elements(block);
    let mut there: Vec<K::Element> = match present(block) {
        Some(marks) => from.iter().zip(marks).filter(|(_, mark)| *mark == 1).map(|(&of, _)| of).collect(),
        None => from.to_vec(),
    };
    K::sort(&mut there);
    let mut groups = Groups::<K>::new();
    there.iter().for_each(|&element| groups.take(element, 1, 0));
    let n_absent = from.len() - there.len();
    if n_absent > 0 {
        groups.open(Zeroable::zeroed());
        groups.add(n_absent as i64, 0);
    }
    groups.finish(block.dtype(), usize::from(n_absent > 0), false)
}

/// With the count and the position of each element.
fn grouped<K: Kind>(
    block: &Chunk,
    count: impl Fn(usize) -> i64,
    position: Option<&dyn Fn(usize) -> i64>,
) -> Result<Unique, Error> {
    let from: &[K::Element] = elements(block);
    let marks = present(block);
    let is_there = |at: usize| marks.as_ref().is_none_or(|marks| marks.get(at) == Some(&1));
    let position_of = |at| position.map_or(0, |position| position(at));
    let keys = from.iter().enumerate().filter(|&(at, _)| is_there(at));
    let mut keys: Vec<(K::Key, usize)> = keys.map(|(at, &element)| (K::key(element), at)).collect();
    keys.sort_unstable();
    let mut groups = Groups::<K>::new();
    for (_, at) in keys {
        from.get(at).into_iter().for_each(|&element| groups.take(element, count(at), position_of(at)));
    }
    let mut absent = (0..from.len()).filter(|&at| !is_there(at)).peekable();
    let n_absent = usize::from(absent.peek().is_some());
    if n_absent > 0 {
        groups.open(Zeroable::zeroed());
    }
    absent.for_each(|at| groups.add(count(at), position_of(at)));
    groups.finish(block.dtype(), n_absent, position.is_some())
}
