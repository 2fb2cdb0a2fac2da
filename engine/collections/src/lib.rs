//! Lazy collections: graph builders that never run anything.
//!
//! # Layout
//! - `callee`: what a task can call: a component's function, a built-in kernel, a native closure.
//! - `file_kernel`: functions of tasks that touch files.
//! - `library`: a component with what it declares.
//! - `argument`: what a call takes: values, other lazy calls, lists and maps of them.
//! - `delayed`: one lazy call.
//! - [`mod@array`]: lazy n-dimensional arrays.
//! - `source`: lazy partitions of files, read by a component.
//! - `program`: collections made into one graph with everything that it needs to run.

pub mod array;

mod argument;
mod callee;
mod delayed;
mod error;
mod file_kernel;
mod library;
mod pending;
mod program;
mod source;

pub use argument::Argument;
pub use array::Array;
pub use callee::{COMPONENT_NBYTES_MAX, Callee, Component, Native, NativeFunction, kernel, native};
pub use delayed::{Delayed, delayed};
pub use error::Error;
pub use file_kernel::{FileKernel, file_kernel};
pub use library::{Declaration, Library};
pub use program::{BlockSizes, Collection, LITERAL_NBYTES_MAX, PeakMemory, Program, RawFormat};
pub use source::{ReadPiece, ReadPlan, read};
