//! Elements moved and made, not computed with: boxes of arrays, other orders of axes, ranges and constants.
//!
//! Tasks of one layer differ in their index only: the chunk grid, as text, says which block of the array is theirs.
//!
//! # Layout
//! - `strided`: boxes of elements copied from one order into another
//! - `select`: slices and other chunks of an array, out of the blocks that they touch; whole arrays of their blocks
//! - `create`: arrays that follow from a few numbers
//! - `kernel`: the kernels `select`, `transpose`, `diagonal`, `reshape`, `shape`, `full`, `arange` and `eye`

mod create;
pub(crate) mod kernel;
mod select;
pub(crate) mod strided;

pub use kernel::transpose_moves;
pub use select::{assemble, select_moves};
pub use strided::{Move, Moves, Strides};

#[cfg(test)]
mod tests;
