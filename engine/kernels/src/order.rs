//! Blocks in order: sorted, their greatest elements, each of them once, and where others belong among them.
//!
//! The order is NumPy's: NaN after all numbers, not-a-time after all times, complex numbers by their real parts first.
//! Absent elements come after all that are there.
//!
//! # Layout
//! - `sort`: [`sort()`], [`argsort`], [`topk`], [`argtopk`]
//! - `unique`: [`unique()`], [`merge_unique`] and [`inverse`]
//! - `search`: [`searchsorted`] and [`digitize`]
//! - `bins`: [`bincount`], [`histogram`], [`merge_counts`], [`edges`] and [`density`]
//! - `buckets`: an array sorted out of sorted blocks
//! - `kernel`: the kernels of the same names

mod bins;
mod buckets;
pub(crate) mod kernel;
mod search;
mod sort;
mod unique;

pub use bins::{bincount, density, edges, histogram, merge_counts};
pub use buckets::{
    BUCKETS_MAX, Buckets, Sample, cuts, merge_samples, merge_sorted, piece, ranked, sample, splitters,
};
pub use search::{Side, digitize, searchsorted};
pub use sort::{argsort, argtopk, sort, topk};
pub use unique::{Unique, inverse, merge_unique, unique};

#[cfg(test)]
mod tests;
