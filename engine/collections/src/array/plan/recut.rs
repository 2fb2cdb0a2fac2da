//! Slices and other chunks made in several steps, where one step would hold too many blocks.

use std::collections::HashMap;

use super::stages::{between, held, is_bounded};
use super::topological;
use crate::array::layout::sliced;
use crate::array::lower::spans;
use crate::array::{Array, Op};

/// What a task may have as its inputs, as a part of what a worker may hold, before chunks are cut in steps.
const INPUTS_PART: u64 = 8;

/// The same arrays, of which no task puts together more blocks than it should where workers may hold so many bytes.
pub(super) fn stepped(wanted: &[Array], memory_nbytes: u64) -> Vec<Array> {
    let room = u128::from(memory_nbytes / INPUTS_PART);
    let mut done: HashMap<u64, Array> = HashMap::new();
    for array in topological(wanted) {
        let inputs = super::replaced(&done, array.inputs());
        let new = match (array.op(), &inputs[..]) {
            (Op::Select { starts, steps }, [input]) => select(&array, input, starts, steps, room),
            (_, []) => array.clone(),
            _ => array.with_inputs(inputs),
        };
        done.insert(array.id(), new);
    }
    super::replaced(&done, wanted)
}

fn select(array: &Array, input: &Array, starts: &[i64], steps: &[i64], room: u128) -> Array {
    let (from, to) = (input.grid(), array.grid());
    let read: Vec<_> = starts
        .iter()
        .zip(steps)
        .enumerate()
        .map(|(axis, (&start, &step))| spans(from.chunks(axis), to.chunks(axis), start, step))
        .collect();
    let direct = || array.with_inputs(vec![input.clone()]);
    let held = held(from, &read);
    if is_bounded(held, from, to) || held.saturating_mul(array.dtype().itemsize() as u128) <= room {
        return direct();
    }
    // First what each block has of the slice, then these put together.
    let Ok(sliced) = sliced(from, starts, steps, &to.shape()) else { return direct() };
    let way = between(&sliced, to, array.dtype().itemsize() as u64);
    let first = match sliced == *from {
        true => input.clone(),
        false => {
            let op = Op::Select { starts: starts.to_vec(), steps: steps.to_vec() };
            Array::new(op, vec![input.clone()], array.dtype(), sliced)
        }
    };
    way.into_iter().chain([to.clone()]).fold(first, |last, grid| match *last.grid() == grid {
        true => last,
        false => last.recut(grid),
    })
}

#[cfg(test)]
mod tests;
