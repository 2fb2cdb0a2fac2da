//! Grids between two grids, so that cutting an array anew step by step holds few blocks at a time.
//!
//! Whoever cuts rows into columns at once has all rows in memory for each column, and an edge from each row to each
//! column. Two things help. Blocks can first be cut along the borders of *both* grids, into pieces that come from one
//! block and go into one block: then a task holds one block and its pieces, but there are as many pieces as there were
//! edges. And the way can be taken in several steps: the lengths of chunks grow, or shrink, by the same factor at each,
//! so that an axis that becomes coarser does so while another becomes finer, and blocks between are no larger than the
//! larger ones at the ends. Each step moves all elements once more, so the cheapest way of these is chosen.
//!
//! Both are known from Dask (`plan_rechunk` in `dask.array.rechunk`, by Antoine Pitrou, which merges chunks up to a size
//! and splits them) and Rechunker (`multistage_rechunking_plan`, by Stephan Hoyer, whose lengths are evenly spaced in
//! their logarithms). Here borders are always some of those of the finer grid, so that irregular chunks are not cut
//! needlessly.

use gristmill_data::ChunkGrid;

use crate::array::unify::refined;

/// How many times the bytes of the larger block, old or new, a task's inputs may take. Unaligned chunks of three axes
/// touch eight.
const HELD_BLOCKS_MAX: u128 = 8;
/// What a task costs beside moving its elements, in bytes that could be moved meanwhile: between some microseconds, where
/// it stays in memory, and a file, where it is spilled.
const TASK_NBYTES: u128 = 256 << 10;
/// Steps that are considered, at most: each lessens the blocks that meet by a root of higher order.
const STEPS_MAX: usize = 8;

/// The elements that the task of most has as its inputs, where each block of `to` reads the blocks of `from` in these
/// ranges along each axis.
pub(super) fn held(from: &ChunkGrid, spans: &[Vec<(u32, u32)>]) -> u128 {
    let along = spans.iter().enumerate().map(|(axis, spans)| {
        let chunks = from.chunks(axis);
        let read = spans.iter().map(|&(start, end)| {
            let read = chunks.get(start as usize..end as usize).unwrap_or_default();
            read.iter().map(|&length| u128::from(length)).sum::<u128>()
        });
        read.max().unwrap_or(0)
    });
    along.fold(1, u128::saturating_mul)
}

/// Whether a task may hold so many elements of blocks of these grids.
pub(super) fn is_bounded(held: u128, from: &ChunkGrid, to: &ChunkGrid) -> bool {
    held <= largest(from).max(largest(to)).saturating_mul(HELD_BLOCKS_MAX)
}

/// The grids between `from` and `to`, which cut the same shape; none where one step is good enough.
pub(super) fn between(from: &ChunkGrid, to: &ChunkGrid, itemsize: u64) -> Vec<ChunkGrid> {
    if is_one_step(from, to) {
        return Vec::new();
    }
    let ways = (1..=STEPS_MAX).filter_map(|n_steps| way(from, to, n_steps));
    ways.min_by_key(|way| cost(way, itemsize)).unwrap_or_default()
}

fn is_one_step(from: &ChunkGrid, to: &ChunkGrid) -> bool {
    let spans: Vec<_> = (0..from.ndim()).map(|axis| spans(from.chunks(axis), to.chunks(axis))).collect();
    is_bounded(held(from, &spans), from, to)
}

/// The grids of a way of so many steps, and between those that are still too far apart the pieces of both. None where a
/// grid has more blocks than can be counted.
fn way(from: &ChunkGrid, to: &ChunkGrid, n_steps: usize) -> Option<Vec<ChunkGrid>> {
    let along: Vec<_> =
        (0..from.ndim()).map(|axis| lengths_between(from.chunks(axis), to.chunks(axis), n_steps)).collect();
    let (mut way, mut last) = (Vec::new(), from.clone());
    for step in 1..=n_steps {
        let chunks = along.iter().filter_map(|axis| axis.get(step - 1).cloned());
        let next = if step == n_steps { to.clone() } else { ChunkGrid::new(chunks.collect()).ok()? };
        if next == last {
            continue;
        }
        if !is_one_step(&last, &next) {
            let pieces =
                (0..from.ndim()).map(|axis| refined(&[&last, &next].map(|grid| grid.chunks(axis).to_vec())));
            way.push(ChunkGrid::new(pieces.collect()).ok()?);
        }
        way.push(next.clone());
        last = next;
    }
    way.pop();
    Some(way)
}

/// The chunks along one axis after each step but the last. Each is made of whole chunks of the finer one beside it.
fn lengths_between(from: &[u64], to: &[u64], n_steps: usize) -> Vec<Vec<u64>> {
    let grows = longest(from) <= longest(to);
    let (finer, coarser) = if grows { (from, to) } else { (to, from) };
    let (least, most) = (longest(finer), longest(coarser));
    let mut chunks = finer.to_vec();
    let mut stages: Vec<Vec<u64>> = Vec::with_capacity(n_steps);
    for step in 1..n_steps {
        let share = step as f64 / n_steps as f64;
        let length = (least as f64).powf(1.0 - share) * (most as f64).powf(share);
        // Powers are not exact: the length is a whole number if it nearly is one.
        let length = ((length * (1.0 + 1e-9)) as u64).clamp(least, most);
        if from != to {
            chunks = together(&chunks, length);
        }
        stages.push(chunks.clone());
    }
    if !grows {
        stages.reverse();
    }
    stages
}

/// Neighbours put together as long as they are no longer than this.
fn together(chunks: &[u64], length: u64) -> Vec<u64> {
    let mut joined: Vec<u64> = Vec::new();
    for &chunk in chunks {
        match joined.last_mut() {
            Some(last) if last.saturating_add(chunk) <= length => *last += chunk,
            _ => joined.push(chunk),
        }
    }
    joined
}

/// What it takes to go this way, in bytes moved.
fn cost(way: &[ChunkGrid], itemsize: u64) -> u128 {
    let nbytes = way.first().map_or(0, |grid| n_elements(grid).saturating_mul(itemsize.into()));
    let tasks = way.iter().map(|grid| u128::from(grid.n_chunks()).saturating_mul(TASK_NBYTES));
    tasks.fold(nbytes.saturating_mul(way.len() as u128), u128::saturating_add)
}

/// For each chunk of `to`, which chunks of `from` it reads.
fn spans(from: &[u64], to: &[u64]) -> Vec<(u32, u32)> {
    crate::array::lower::spans(from, to, 0, 1)
}

fn longest(chunks: &[u64]) -> u64 {
    chunks.iter().copied().max().unwrap_or(0)
}

fn largest(grid: &ChunkGrid) -> u128 {
    (0..grid.ndim()).fold(1, |n, axis| u128::from(longest(grid.chunks(axis))).saturating_mul(n))
}

fn n_elements(grid: &ChunkGrid) -> u128 {
    grid.shape().into_iter().fold(1, |n, length| u128::from(length).saturating_mul(n))
}

#[cfg(test)]
mod tests;
