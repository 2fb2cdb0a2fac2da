//! What can be done to values on the CPU, by name.
//!
//! A [`Kernel`] is a pure function from values to a value, with a name and a version that enter the keys of the tasks
//! that call it. Raw graphs, delayed calls and pipelines name kernels; [`lookup`] and [`find`] give them.
//!
//! Numbers are computed with as Rust computes them, but for integers that overflow and divisions by zero, which are
//! errors. Chunks follow NumPy 2: broadcasting, promotion (a plain number takes the chunk's dtype where it can),
//! integers that wrap around, divisions by zero that are infinite. Sums of floats are pairwise.
//!
//! # Layout
//! - [`Kernel`], [`lookup`], [`find`], [`all`], [`call`]: the registry, and every kernel's signature
//! - `arithmetic`: on numbers, and the choice between numbers and chunks; `chunks`: on chunks
//! - [`expr`]: element-wise programs; [`evaluate`] runs them, `math` has functions for their loops
//! - [`generate`], [`Distribution`]: random numbers
//! - [`reduce`], [`combine`], [`finish`]: reductions of blocks of arrays
//! - [`scan()`]: running sums, products and extremes
//! - [`take`], [`gather`], [`repeat`], [`take_along_axis`], [`compress`], [`flatnonzero`]: elements by their positions or a mask
//! - [`put`], [`put_mask`], [`scatter`]: others in their places
//! - [`masked_where`], [`getmaskarray`], [`filled`]: which elements are absent
//! - [`sort`], [`topk`], [`unique`], [`searchsorted`], [`histogram`]: blocks in order, and in bins
//! - [`arg_reduce`], [`arg_combine`], [`arg_finish`]: where the extremes are
//! - [`quantile()`]: of what is sorted; [`rank_counts`]: of all elements of an array
//! - [`matmul()`], [`einsum`]: products of matrices, and in index notation
//! - [`overlap()`], [`trim_overlap`], [`sliding_windows`]: blocks with parts of their neighbours; `functions`: what
//!   surrounds calls of users' functions
//! - [`linalg`]: factors, solutions, inverses and eigenvalues of matrices
//! - [`fft`]: Fourier transforms
//! - `special`: tails of distributions
//! - `blocks`: what kernels of single blocks share; `layout`: elements moved and made, [`assemble`]: blocks made an array
//! - `aggregate`: sum, mean, min, max; `containers`: everything that does not compute

mod registry;

pub mod expr;
pub mod fft;
pub mod linalg;

mod aggregate;
mod arithmetic;
mod blocks;
mod chunks;
mod containers;
mod eval;
mod extremes;
mod functions;
mod indexing;
mod layout;
mod masked;
mod math;
mod matmul;
mod order;
mod overlap;
mod quantile;
mod random;
mod reduction;
mod scan;
mod special;

mod error;

#[cfg(test)]
mod table;

pub use containers::SLEEP_MS_MAX;
pub use error::Error;
pub use eval::evaluate;
pub use extremes::{ArgExtreme, Extremes, Place, arg_combine, arg_finish, arg_reduce};
pub use indexing::{
    BlockBox, compress, flatnonzero, gather, put, put_mask, repeat, scatter, take, take_along_axis,
};
pub use layout::assemble;
pub use masked::{filled, getmaskarray, masked_where};
pub use matmul::{einsum, matmul};
pub use order::{
    BUCKETS_MAX, Buckets, Sample, Side, Unique, argsort, argtopk, bincount, cuts, density, digitize, edges,
    histogram, inverse, merge_counts, merge_samples, merge_sorted, merge_unique, piece, ranked, sample,
    searchsorted, sort, splitters, topk, unique,
};
pub use overlap::{Beyond, Depth, Strip, overlap, sliding_windows, trim_overlap};
pub use quantile::{
    QuantileMethod, Sought, quantile, rank_counts, rank_finish, rank_first, rank_levels, rank_nbytes,
    rank_next,
};
pub use random::{Distribution, generate};
pub use reduction::{Partial, Reduction, ReductionKind, combine, finish, reduce};
pub use registry::{Kernel, Param, all, call, find, lookup};
pub use scan::{Scan, ScanKind, scan, scan_apply, scan_total, scan_totals};
