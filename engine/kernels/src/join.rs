//! Rows of two tables that belong together.

use std::collections::HashMap;

use gristmill_data::{Chunk, DType, Type, Value};

use crate::Error;
use crate::blocks::{Args, arrays_kernel, cast, elements, present};
use crate::registry::{Kernel, param};

const KERNEL: &str = "join";

/// All pairs of a row on the left and a row on the right that have equal keys: the positions of both, as two `int64`
/// chunks, in the order of the left ones, and of the right ones where those are equal. A key that is absent is equal to
/// none.
///
/// # Shapes
/// Keys `[n]` and `[m]`; both results `[k]`.
///
/// # Errors
/// [`Error::NoLoop`] when keys are no integers, booleans or times of one dtype, [`Error::Axis`] when they have more axes
/// than one, [`Error::TooLarge`] for more pairs than one chunk may hold.
pub fn join(left: &Chunk, right: &Chunk) -> Result<(Chunk, Chunk), Error> {
    let dtype = left.dtype();
    let is_exact = dtype.is_integer() || dtype.is_time() || dtype == DType::Boolean;
    if !is_exact || dtype != right.dtype() {
        return Err(Error::NoLoop { op: KERNEL, dtypes: vec![dtype, right.dtype()] });
    }
    if let Some(other) = [left, right].into_iter().find(|chunk| chunk.ndim() != 1) {
        return Err(Error::Axis { axis: 0, ndim: other.ndim() });
    }
    let (left_keys, right_keys) = (keys(left)?, keys(right)?);
    // Rows of one key from the first on: each knows the next, so that they are put in from the last on.
    let mut firsts: HashMap<i64, usize> = HashMap::with_capacity(right_keys.len());
    let mut next: Vec<Option<usize>> = vec![None; right_keys.len()];
    for ((row, key), next) in right_keys.iter().enumerate().zip(&mut next).rev() {
        if let Some(key) = key {
            *next = firsts.insert(*key, row);
        }
    }
    let (mut lefts, mut rights) = (Vec::new(), Vec::new());
    for (row, key) in left_keys.iter().enumerate() {
        let mut other = key.and_then(|key| firsts.get(&key).copied());
        while let Some(at) = other {
            lefts.push(row as i64);
            rights.push(at as i64);
            other = next.get(at).copied().flatten();
        }
        crate::blocks::check_size(KERNEL, &[lefts.len() as u64])?;
    }
    let n = [lefts.len() as u64];
    let chunk = |rows| Chunk::from_vec(rows, &n).map_err(Error::data(KERNEL));
    Ok((chunk(lefts)?, chunk(rights)?))
}

/// The keys, those of unsigned integers by their bits; `None` where one is absent.
fn keys(chunk: &Chunk) -> Result<Vec<Option<i64>>, Error> {
    let is_wide = chunk.dtype().itemsize() == 8;
    let wide = if is_wide { chunk.clone() } else { cast(chunk, DType::Int64)? };
    let marks = present(chunk);
    let is_there = |at: usize| marks.as_ref().is_none_or(|marks| marks.get(at) == Some(&1));
    let key = |(at, &key): (usize, &i64)| is_there(at).then_some(key);
    Ok(elements::<i64>(&wide).iter().enumerate().map(key).collect())
}

pub(crate) fn kernels() -> [Kernel; 1] {
    let keys = vec![param("left", Type::ANY_ARRAY), param("right", Type::ANY_ARRAY)];
    [arrays_kernel(
        KERNEL,
        "The rows of two tables whose keys are equal, as pairs of their positions.",
        keys,
        |args| {
            let args = Args::new(KERNEL, args);
            let (left, right) = join(args.chunk(0)?, args.chunk(1)?)?;
            Ok(Value::list([left, right]))
        },
    )]
}

#[cfg(test)]
mod tests;
