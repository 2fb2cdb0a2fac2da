//! Loops over numbers that stay fast in the sandbox.
//!
//! The host can stop a guest at every loop back-edge, and each check costs about two nanoseconds. These loops do 64
//! items between two back-edges, in lanes that the compiler turns into SIMD instructions. They are `#[inline]`, so the
//! plugin's own optimisation level counts.

use std::ops::Add;

/// Items between two back-edges.
const BLOCK: usize = 64;
/// Independent accumulators: enough to hide the latency of an addition.
const LANES: usize = 16;

/// The sum; zero for an empty slice. The order of additions depends on the length alone.
#[must_use]
#[inline]
pub fn sum<T: Copy + Default + Add<Output = T>>(items: &[T]) -> T {
    fold(items, T::default(), |acc, x| acc + x, |a, b| a + b)
}

/// The sum of products `a[i] * b[i]`, over the shorter length.
#[must_use]
#[inline]
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut lanes = [0.0; LANES];
    let (a_blocks, b_blocks) = (a.chunks_exact(BLOCK), b.chunks_exact(BLOCK));
    let n_blocks = a_blocks.len().min(b_blocks.len());
    for (a, b) in a_blocks.zip(b_blocks) {
        for (a, b) in a.chunks_exact(LANES).zip(b.chunks_exact(LANES)) {
            for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
                *lane += a * b;
            }
        }
    }
    let rest = a.iter().zip(b).skip(n_blocks * BLOCK).map(|(a, b)| a * b);
    lanes.into_iter().sum::<f64>() + rest.sum::<f64>()
}

/// The mean; none for an empty slice.
#[must_use]
#[inline]
pub fn mean(items: &[f64]) -> Option<f64> {
    if items.is_empty() { None } else { Some(sum(items) / items.len() as f64) }
}

/// The least number, NaN if there is one; none for an empty slice.
#[must_use]
#[inline]
pub fn min(items: &[f64]) -> Option<f64> {
    items.first().map(|&first| fold(items, first, lesser, lesser))
}

/// The greatest number, NaN if there is one; none for an empty slice.
#[must_use]
#[inline]
pub fn max(items: &[f64]) -> Option<f64> {
    items.first().map(|&first| fold(items, first, greater, greater))
}

#[inline]
fn lesser(a: f64, b: f64) -> f64 {
    if a < b || a.is_nan() { a } else { b }
}

#[inline]
fn greater(a: f64, b: f64) -> f64 {
    if a > b || a.is_nan() { a } else { b }
}

/// Folds items into lanes that all start with `init`, then the lanes into one: `init` must be neutral or idempotent.
#[inline(always)]
fn fold<T: Copy>(items: &[T], init: T, step: impl Fn(T, T) -> T, join: impl Fn(T, T) -> T) -> T {
    let mut lanes = [init; LANES];
    let blocks = items.chunks_exact(BLOCK);
    let rest = blocks.remainder();
    for block in blocks {
        for part in block.chunks_exact(LANES) {
            for (lane, &x) in lanes.iter_mut().zip(part) {
                *lane = step(*lane, x);
            }
        }
    }
    let tail = rest.iter().fold(init, |acc, &x| step(acc, x));
    lanes.into_iter().fold(tail, join)
}

/// `f` of every item.
#[must_use]
#[inline]
pub fn map<T: Copy, U: Copy>(items: &[T], f: impl Fn(T) -> U) -> Vec<U> {
    let mut out = Vec::with_capacity(items.len());
    for block in items.chunks(BLOCK) {
        out.extend(block.iter().map(|&x| f(x)));
    }
    out
}

/// `f` of every item, written over the items.
#[inline]
pub fn map_in_place<T: Copy>(items: &mut [T], f: impl Fn(T) -> T) {
    let mut blocks = items.chunks_exact_mut(BLOCK);
    for block in &mut blocks {
        for part in block.chunks_exact_mut(LANES) {
            for x in part {
                *x = f(*x);
            }
        }
    }
    for x in blocks.into_remainder() {
        *x = f(*x);
    }
}

#[cfg(test)]
mod tests;
