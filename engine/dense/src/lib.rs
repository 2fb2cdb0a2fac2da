//! Matrices and Fourier transforms, one at a time, by routines that others have written.
//!
//! Two large generic crates enter here and nowhere else: `faer` for decompositions of matrices, for what is solved with
//! them and for products; `rustfft` and `realfft` for transforms. They are compiled here once, for the four types of a
//! [`Field`]; whoever calls them knows plain slices only. Everything runs on the calling thread.
//!
//! ```
//! use gristmill_dense::{Field, Matrix};
//!
//! let (a, mut l) = ([4.0, 2.0, 2.0, 10.0], [0.0; 4]);
//! f64::cholesky(Matrix::new(&a, 2, 2), &mut l)?;
//! assert_eq!(l, [2.0, 0.0, 1.0, 3.0]);
//! # Ok::<(), gristmill_dense::Error>(())
//! ```
//!
//! # Layout
//! - [`Field`]: every routine, by the type of its numbers; [`Matrix`]: what they read
//! - `product`, `triangular`, `lu`, `cholesky`, `qr`, `svd`, `eigen`: the routines
//! - [`Plan`]: Fourier transforms

mod field;
mod matrix;

mod cholesky;
mod eigen;
mod lu;
mod product;
mod qr;
mod svd;
mod triangular;

mod fourier;

mod error;

pub use error::Error;
pub use field::{Field, Lstsq, Svd};
pub use fourier::{Direction, Plan, Real};
pub use matrix::Matrix;
pub use triangular::{Side, Triangle};
