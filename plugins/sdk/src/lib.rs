//! Write Gristmill task functions in Rust: plain functions in, a WebAssembly component out.
//!
//! ```
//! use gristmill_plugin::prelude::*;
//!
//! #[plugin]
//! mod functions {
//!     use super::*;
//!
//!     /// `x` in another unit.
//!     pub fn convert(x: f64, factor: f64) -> f64 {
//!         x * factor
//!     }
//!
//!     /// The sum of one chunk.
//!     pub fn total(chunk: NdArray<f64>) -> f64 {
//!         slices::sum(chunk.as_slice())
//!     }
//! }
//! # fn main() {}
//! ```
//!
//! Every `pub fn` of the module is a task function; its name, its doc comment and its Rust types are all that is
//! declared. See [`plugin`] for reductions, chunk maps, record functions and format readers.
//!
//! # Layout
//! - [`Value`], [`NdArray`], [`Table`], [`Map`]: what goes in and out. [`FromValue`], [`IntoValue`]: how.
//! - [`TaskError`], [`Context`]: errors. [`log!`], [`progress`], [`current_task`]: the host. [`storage`]: granted files.
//!   [`submit`], [`Future`]: tasks that a task starts.
//! - [`slices`]: loops over numbers that stay fast under the sandbox's deadline checks.

mod error;
mod value;

mod convert;
mod ndarray;
mod nodes;
mod table;

pub mod slices;

mod host;
pub mod reader;
pub mod storage;
mod tasks;

mod runtime;

#[cfg(feature = "arrow")]
mod arrow_bridge;

#[doc(hidden)]
pub mod bindings;

pub use bindings::task::gristmill::plugin::types::{ColumnDtype, Dtype};
pub use convert::{FromValue, IntoValue, Outcome, Typed};
pub use error::{Context, ErrorKind, Result, TaskError};
pub use gristmill_plugin_macros::plugin;
pub use host::{BlockInfo, Level, TaskInfo, current_task, log_line, progress};
pub use ndarray::{AnyArray, Element, NdArray};
pub use runtime::Plugin;
#[doc(hidden)]
pub use runtime::{Arguments, FormatReader, describe, no_such};
pub use table::{
    Column, ColumnItem, ColumnView, Date, Datetime, IntoColumn, Table, TableBuilder, TextColumn, Timedelta,
};
pub use tasks::{Future, Operand, submit};
pub use value::{Map, Record, Value};

/// What a plugin usually needs.
pub mod prelude {
    pub use crate::{
        AnyArray, Context, Date, Datetime, Future, Map, NdArray, Operand, Record, Result, Table,
        TableBuilder, TaskError, Timedelta, Value, current_task, log, plugin, progress, slices, storage,
        submit,
    };
}
