//! What a device can do with arrays: the twins of the CPU kernels of the same names.
//!
//! Each is a function from arrays on a device to an array on it, which records dispatches and does not wait for them.
//! What it cannot do (a dtype that the adapter lacks, sizes beyond its limits) is [`Error::Unsupported`](crate::Error),
//! and then the CPU does it.
//!
//! # Layout
//! - `source`: what shaders begin with, inputs that broadcast, shaders by name
//! - `elementwise`, `fold`, `reduce`, `arg_reduce`: generated from programs
//! - `lanes`: arrays along an axis; `recording`: dispatches in the making
//! - `scan`: running sums, products and extremes; `running`: how two values become one there
//! - `take`: elements by their positions; `compress`: those where a mask is true, and where that is
//! - `sort`: rows in order; `keys`: elements as keys
//! - `bins`: elements counted by whole numbers or between edges
//! - `random`: random numbers
//! - `matmul`: products of matrices
//! - `convolve`: windows times weights
//! - `layout`: elements moved: other orders of axes, slices, parts of neighbours
//! - `group_by`: values reduced by groups; `join`: rows of two tables that belong together

mod arg_reduce;
mod bins;
mod compress;
mod convolve;
pub(crate) mod elementwise;
mod fold;
mod group_by;
mod join;
mod keys;
mod lanes;
mod layout;
mod matmul;
mod random;
mod recording;
mod reduce;
mod running;
mod scan;
mod sort;
pub(crate) mod source;
mod take;

pub(crate) use arg_reduce::arg_reduce;
pub(crate) use bins::{bincount, histogram};
pub(crate) use compress::{compress, flatnonzero};
pub(crate) use convolve::convolve;
pub(crate) use elementwise::elementwise;
pub(crate) use group_by::{Grouped, group_by};
pub(crate) use join::join;
pub(crate) use layout::{Reach, Selection, overlap, select, transpose, trim_overlap};
pub(crate) use matmul::matmul;
pub(crate) use random::{Draw, random};
pub(crate) use reduce::{Count, reduce};
pub(crate) use scan::scan;
pub(crate) use sort::{argsort, sort};
pub(crate) use source::Operand;
pub(crate) use take::take;

#[cfg(test)]
mod tests;
