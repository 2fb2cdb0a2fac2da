//! Blocks in order: sorted, their greatest elements, each of them once, and where others belong among them.
//!
//! The order is NumPy's: NaN after all numbers, not-a-time after all times, complex numbers by their real parts first.
//! Absent elements come after all that are there.
//!
//! # Layout
//! - `sort`: [`sort()`], [`argsort`], [`topk`], [`argtopk`]
//! - `unique`: [`unique()`], [`unique_inverse`] and [`merge_unique`]
//! - `search`: [`searchsorted`] and [`digitize`]
//! - `bins`: [`bincount`], [`histogram`] and [`density`]
//! - `kernel`: the kernels of the same names

mod bins;
pub(crate) mod kernel;
mod search;
mod sort;
mod unique;

pub use bins::{bincount, density, histogram};
pub use search::{Side, digitize, searchsorted};
pub use sort::{argsort, argtopk, sort, topk};
pub use unique::{Unique, merge_unique, unique, unique_inverse};

#[cfg(test)]
mod tests;
