//! Each element once.

use gristmill_data::Chunk;
use gristmill_data::arrow::buffer::Buffer;

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

/// The different elements of a block, and for each of its elements which one it is: `int64`, of the block's shape.
///
/// # Errors
/// None that such a chunk can lead to.
pub fn unique(block: &Chunk) -> Result<(Unique, Chunk), Error> {
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

fn grouped<K: Kind>(block: &Chunk, weights: Option<&[i64]>) -> Result<(Unique, Vec<i64>), Error> {
    let from: &[K::Element] = elements(block);
    let marks = present(block);
    let is_there = |at: usize| marks.as_ref().is_none_or(|marks| marks.get(at) == Some(&1));
    let weight = |at: i64| weights.map_or(1, |weights| weights.get(at as usize).copied().unwrap_or_default());
    let keys = from.iter().zip(0_i64..).filter(|&(_, at)| is_there(at as usize));
    // NaN of complex numbers have different keys, and are one all the same.
    let mut keys: Vec<((bool, K::Key), i64)> =
        keys.map(|(&element, at)| ((K::is_nan(element), K::key(element)), at)).collect();
    keys.sort_unstable();
    let (mut values, mut counts) = (Vec::<K::Element>::new(), Vec::<i64>::new());
    let mut inverse = vec![0; from.len()];
    let mut last = None;
    for ((is_nan, key), at) in keys {
        let is_new = last != Some((is_nan, key)) && !(is_nan && matches!(last, Some((true, _))));
        last = Some((is_nan, key));
        if is_new {
            values.extend(from.get(at as usize));
            counts.push(0);
        }
        if let Some(count) = counts.last_mut() {
            *count = count.wrapping_add(weight(at));
        }
        if let Some(inverse) = inverse.get_mut(at as usize) {
            *inverse = counts.len() as i64 - 1;
        }
    }
    let n_there = values.len();
    let absent = (0..from.len()).filter(|&at| !is_there(at));
    let mut n_absent = None;
    for at in absent {
        n_absent = Some(n_absent.unwrap_or(0_i64).wrapping_add(weight(at as i64)));
        if let Some(inverse) = inverse.get_mut(at) {
            *inverse = n_there as i64;
        }
    }
    if let Some(n_absent) = n_absent {
        values.push(bytemuck::Zeroable::zeroed());
        counts.push(n_absent);
    }
    let validity = n_absent.map(|_| (0..values.len()).map(|at| at < n_there).collect::<Vec<_>>().into());
    let shape = [values.len() as u64];
    let values = Chunk::try_new(block.dtype(), &shape, buffer_of(&values), validity);
    let (values, counts) = (values.map_err(Error::data("unique"))?, Chunk::from_vec(counts, &shape));
    Ok((Unique { values, counts: counts.map_err(Error::data("unique"))? }, inverse))
}
