//! Elementary functions without branches, for loops that the compiler turns into vector instructions.
//!
//! # Layout
//! - `double`: logarithm and exponential of doubles, whose bits are the same on every machine
//! - `exponentials`, `logarithms`, `trigonometric`, `angles`, `powers`, `division`: NumPy's functions of singles
//! - `coefficients`: their constants, also for shaders, `bits`: what they do to bits
//!
//! `shaders/shared/math.wgsl` has the functions of singles once more, line by line, for shaders. So nothing here counts
//! on roundings that a shader's compiler may change: it may fuse products with sums, and take (a + b) - a for b. What
//! has to be exact is so by few bits. What a CPU does well by itself has a name there: `np_keep` keeps the order of
//! operations, `np_quotient` and `np_sqrt` are exact divisions and roots.

pub(crate) mod angles;
mod bits;
mod coefficients;
pub(crate) mod division;
mod double;
pub(crate) mod exponentials;
pub(crate) mod logarithms;
pub(crate) mod powers;
pub(crate) mod trigonometric;

pub use coefficients::shader_constants;
pub(crate) use double::{exp, ln, ln_f32, ln_of_any};

#[cfg(test)]
mod tests;
