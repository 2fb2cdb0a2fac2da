//! Elements of a block taken by their positions or by a mask, and others put in their places.
//!
//! # Layout
//! - `take`: [`take`], [`repeat`] and [`compress`]
//! - `put`: [`put`] and [`put_mask`]
//! - `kernel`: the kernels of the same names

pub(crate) mod kernel;
mod put;
mod take;

pub use put::{BlockBox, put, put_mask};
pub use take::{compress, repeat, take};

#[cfg(test)]
mod tests;
