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
//! - [`generate`], [`Distribution`]: random numbers; [`normal`]: polynomials for normal ones
//! - [`reduce`], [`combine`], [`finish`]: reductions of blocks of arrays
//! - [`scan()`]: running sums, products and extremes
//! - [`take`], [`gather`], [`repeat`], [`take_along_axis`], [`compress`], [`flatnonzero`]: elements by their positions or a mask
//! - [`put`], [`put_mask`], [`scatter`]: others in their places
//! - [`masked_where`], [`getmaskarray`], [`filled`]: which elements are absent
//! - [`sort`], [`topk`], [`unique`], [`searchsorted`], [`histogram`]: blocks in order, and in bins
//! - [`arg_reduce`], [`arg_combine`], [`arg_finish`]: where the extremes are
//! - [`group_by()`]: values reduced by groups; [`join()`]: rows of two tables that belong together
//! - [`quantile()`]: of what is sorted; [`rank_counts`]: of all elements of an array
//! - [`matmul()`], [`einsum`]: products of matrices, and in index notation
//! - [`overlap()`], [`trim_overlap`], [`sliding_windows`]: blocks with parts of their neighbours; [`convolve()`]: their
//!   windows weighted; `functions`: what surrounds calls of users' functions
//! - [`Moves`]: what kernels that move elements copy from where to where, for those who copy elsewhere
//! - [`linalg`]: factors, solutions, inverses and eigenvalues of matrices
//! - [`fft`]: Fourier transforms
//! - `special`: tails of distributions; [`shader_constants`]: what shaders share with `math`
//! - `blocks`: what kernels of single blocks share; `layout`: elements moved and made, [`assemble`]: blocks made an array
//! - `aggregate`: sum, mean, min, max; `containers`: everything that does not compute;
//!   `bridge`: columns of tables as blocks, and back

mod registry;

pub mod expr;
pub mod fft;
pub mod linalg;

mod aggregate;
mod arithmetic;
mod blocks;
mod bridge;
mod chunks;
mod containers;
mod convolve;
mod eval;
mod extremes;
mod functions;
mod group_by;
mod indexing;
mod join;
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

pub use blocks::Args;
pub use containers::SLEEP_MS_MAX;
pub use convolve::{convolve, convolve_shape};
pub use error::Error;
pub use eval::evaluate;
pub use extremes::{ArgExtreme, Extremes, Place, arg_combine, arg_finish, arg_reduce};
pub use group_by::group_by;
pub use indexing::{
    BlockBox, compress, flatnonzero, gather, put, put_mask, repeat, scatter, take, take_along_axis,
};
pub use join::join;
pub use layout::kernel::grid_and_block;
pub use layout::{Move, Moves, Strides, assemble, select_moves, transpose_moves};
pub use masked::{filled, getmaskarray, masked_where};
pub use math::shader_constants;
pub use matmul::{einsum, matmul, matmul_shape};
pub use order::{
    BUCKETS_MAX, Buckets, Sample, Side, Unique, argsort, argtopk, bincount, cuts, density, digitize, edges,
    histogram, inverse, merge_counts, merge_samples, merge_sorted, merge_unique, piece, ranked, sample,
    searchsorted, sort, splitters, topk, unique,
};
pub use overlap::kernel::{overlap_depths, overlap_strip};
pub use overlap::{
    Beyond, Depth, Strip, overlap, overlap_moves, sliding_windows, trim_overlap, trim_overlap_moves,
};
pub use quantile::{
    QuantileMethod, Sought, quantile, rank_counts, rank_finish, rank_first, rank_levels, rank_nbytes,
    rank_next,
};
pub use random::{Distribution, generate, normal};
pub use reduction::{Partial, Reduction, ReductionKind, combine, finish, reduce, running_dtype};
pub use registry::{Kernel, Param, all, call, find, lookup};
pub use scan::{Scan, ScanKind, scan, scan_apply, scan_total, scan_totals};
