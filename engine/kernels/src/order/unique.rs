//! Each element once.

use bytemuck::Zeroable;
use gristmill_data::arrow::buffer::Buffer;
use gristmill_data::{Chunk, DType};

use crate::Error;
use crate::blocks::{Kind, buffer_of, elements, present, validity, with_kind};

/// The different elements of one block or of several.
#[derive(Debug, Clone, PartialEq)]
pub struct Unique {
    /// Each once, in order: any NaN is the same one, and so is any absent element, which comes last.
    pub values: Chunk,
    /// How often each is there, as `int64`.
    pub counts: Chunk,
}

/// The different elements of a block.
///
/// # Errors
/// None that such a chunk can lead to.
pub fn unique(block: &Chunk) -> Result<Unique, Error> {
    with_kind!(block.dtype(), K => counted::<K>(block))
}

/// The different elements of a block, and for each of its elements which one it is: `int64`, of the block's shape.
///
/// # Errors
/// None that such a chunk can lead to.
pub fn unique_inverse(block: &Chunk) -> Result<(Unique, Chunk), Error> {
    let (unique, inverse) = with_kind!(block.dtype(), K => grouped::<K>(block, None))?;
    let inverse = Chunk::from_vec(inverse, block.shape()).map_err(Error::data("unique"))?;
    Ok((unique, inverse))
}

/// The different elements of several blocks, of theirs.
///
/// # Errors
/// [`Error::Empty`] for none; [`Error::Invalid`] when they are of different dtypes, or values and counts do not go together.
pub fn merge_unique(parts: &[Unique]) -> Result<Unique, Error> {
    const KERNEL: &str = "merge_unique";
    let first = parts.first().ok_or(Error::Empty { kernel: KERNEL })?;
    let dtype = first.values.dtype();
    let mut counts: Vec<i64> = Vec::new();
    for part in parts {
        if part.values.dtype() != dtype || part.values.n_elements() != part.counts.n_elements() {
            let reason = "all values must be of one dtype, and there must be as many counts";
            return Err(Error::Invalid { kernel: KERNEL, reason });
        }
        counts.extend_from_slice(part.counts.as_slice().map_err(Error::data(KERNEL))?);
    }
    let bytes = parts.iter().map(|part| part.values.data().as_slice()).collect::<Vec<_>>().concat();
    let marks = parts
        .iter()
        .flat_map(|part| present(&part.values).unwrap_or_else(|| vec![1; part.values.n_elements()]));
    let marks: Vec<u8> = marks.collect();
    let all = Chunk::try_new(dtype, &[counts.len() as u64], Buffer::from_vec(bytes), Some(validity(&marks)));
    let all = all.map_err(Error::data(KERNEL))?;
    Ok(with_kind!(dtype, K => grouped::<K>(&all, Some(&counts)))?.0)
}

/// Different elements as they are found, in order.
struct Groups<K: Kind> {
    values: Vec<K::Element>,
    counts: Vec<i64>,
}

impl<K: Kind> Groups<K> {
    /// Takes in the next element: any NaN of a complex number is the same one, though its key is another.
    fn take(&mut self, element: K::Element, weight: i64) {
        let is_same =
            |&last: &K::Element| K::key(last) == K::key(element) || (K::is_nan(last) && K::is_nan(element));
        if !self.values.last().is_some_and(is_same) {
            self.values.push(element);
            self.counts.push(0);
        }
        if let Some(count) = self.counts.last_mut() {
            *count = count.wrapping_add(weight);
        }
    }

    /// With an absent one at the end, when there were any.
    fn finish(mut self, dtype: DType, n_absent: Option<i64>) -> Result<Unique, Error> {
        let n_there = self.values.len();
        if let Some(n_absent) = n_absent {
            self.values.push(Zeroable::zeroed());
            self.counts.push(n_absent);
        }
        let shape = [self.values.len() as u64];
        let validity = (0..self.values.len()).map(|at| at < n_there).collect::<Vec<_>>();
        let values = Chunk::try_new(dtype, &shape, buffer_of(&self.values), Some(validity.into()));
        let counts = Chunk::from_vec(self.counts, &shape).map_err(Error::data("unique"))?;
        Ok(Unique { values: values.map_err(Error::data("unique"))?, counts })
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
    let mut groups = Groups::<K> { values: Vec::new(), counts: Vec::new() };
    there.iter().for_each(|&element| groups.take(element, 1));
    groups.finish(block.dtype(), (there.len() < from.len()).then(|| (from.len() - there.len()) as i64))
}

/// With the group of each element.
fn grouped<K: Kind>(block: &Chunk, weights: Option<&[i64]>) -> Result<(Unique, Vec<i64>), Error> {
    let from: &[K::Element] = elements(block);
    let marks = present(block);
    let is_there = |at: usize| marks.as_ref().is_none_or(|marks| marks.get(at) == Some(&1));
    let weight = |at: usize| weights.map_or(1, |weights| weights.get(at).copied().unwrap_or_default());
    let keys = from.iter().zip(0_i64..).filter(|&(_, at)| is_there(at as usize));
    let mut keys: Vec<(K::Key, i64)> = keys.map(|(&element, at)| (K::key(element), at)).collect();
    keys.sort_unstable();
    let mut groups = Groups::<K> { values: Vec::new(), counts: Vec::new() };
    let mut inverse = vec![0; from.len()];
    for (_, at) in keys {
        let at = at as usize;
        if let (Some(&element), Some(inverse)) = (from.get(at), inverse.get_mut(at)) {
            groups.take(element, weight(at));
            *inverse = groups.values.len() as i64 - 1;
        }
    }
    let n_there = groups.values.len() as i64;
    let mut n_absent = None;
    for (inverse, at) in inverse.iter_mut().zip(0..).filter(|&(_, at)| !is_there(at)) {
        n_absent = Some(n_absent.unwrap_or(0_i64).wrapping_add(weight(at)));
        *inverse = n_there;
    }
    Ok((groups.finish(block.dtype(), n_absent)?, inverse))
}
