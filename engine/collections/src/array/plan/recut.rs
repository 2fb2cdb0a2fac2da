//! Slices and other chunks made in several steps, where one step would hold too many blocks.

use std::collections::HashMap;

use gristmill_data::ChunkGrid;

use super::stages::{between, held, is_bounded};
use super::topological;
use crate::array::layout::sliced_chunks;
use crate::array::lower::spans;
use crate::array::{Array, Op};

/// The same arrays, of which no task puts together more blocks than it should.
pub(super) fn stepped(wanted: &[Array]) -> Vec<Array> {
    let mut done: HashMap<u64, Array> = HashMap::new();
    for array in topological(wanted) {
        let inputs = super::replaced(&done, array.inputs());
        let new = match (array.op(), &inputs[..]) {
            (Op::Select { starts, steps }, [input]) => select(&array, input, starts, steps),
            (_, []) => array.clone(),
            _ => array.with_inputs(inputs),
        };
        done.insert(array.id(), new);
    }
    super::replaced(&done, wanted)
}

fn select(array: &Array, input: &Array, starts: &[i64], steps: &[i64]) -> Array {
    let (from, to) = (input.grid(), array.grid());
    let read: Vec<_> = starts
        .iter()
        .zip(steps)
        .enumerate()
        .map(|(axis, (&start, &step))| spans(from.chunks(axis), to.chunks(axis), start, step))
        .collect();
    let direct = || array.with_inputs(vec![input.clone()]);
    if is_bounded(held(from, &read), from, to) {
        return direct();
    }
    // First what each block has of the slice, then these put together.
    let Some(sliced) = sliced(from, to, starts, steps) else { return direct() };
    let cut = |of: &Array, (starts, steps): (Vec<i64>, Vec<i64>), grid: ChunkGrid| {
        Array::new(Op::Select { starts, steps }, vec![of.clone()], array.dtype(), grid)
    };
    let way = between(&sliced, to, array.dtype().itemsize() as u64);
    let first = match sliced == *from {
        true => input.clone(),
        false => cut(input, (starts.to_vec(), steps.to_vec()), sliced),
    };
    let whole = || (vec![0; to.ndim()], vec![1; to.ndim()]);
    way.into_iter().chain([to.clone()]).fold(first, |last, grid| match *last.grid() == grid {
        true => last,
        false => cut(&last, whole(), grid),
    })
}

/// The grid of a slice whose blocks come from one block each.
fn sliced(from: &ChunkGrid, to: &ChunkGrid, starts: &[i64], steps: &[i64]) -> Option<ChunkGrid> {
    let lengths = to.shape();
    let axes = starts.iter().zip(steps).zip(&lengths).enumerate();
    let chunks =
        axes.map(|(axis, ((&start, &step), &length))| sliced_chunks(from.chunks(axis), start, step, length));
    ChunkGrid::new(chunks.collect()).ok()
}

#[cfg(test)]
mod tests;
