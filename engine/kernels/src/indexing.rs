//! Elements of a block taken by their positions or by a mask, and others put in their places.
//!
//! # Layout
//! - `take`: [`take`], [`gather`], [`repeat`] and [`compress`]
//! - `along`: [`take_along_axis`] and [`flatnonzero`]
//! - `put`: [`put`], [`put_mask`] and [`scatter`]
//! - `kernel`: the kernels of the same names

mod along;
pub(crate) mod kernel;
mod put;
mod take;

pub use along::{flatnonzero, take_along_axis};
pub(crate) use put::broadcast;
pub use put::{BlockBox, put, put_mask, scatter};
pub use take::{compress, gather, repeat, take};

#[cfg(test)]
mod tests;
