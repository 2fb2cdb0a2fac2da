//! Lazy dataframes and SQL, planned and run by [DataFusion](https://datafusion.apache.org) inside of tasks.
//!
//! A [`DataFrame`] is files or partitions, and what is to be done with them. A client computes it as it computes arrays: the
//! frame is one task of the graph, whose key follows from the plan, the files and the inputs, and what comes of it is a
//! [`Partition`](gristmill_data::Partition). [`Session`] has SQL over the same frames.
//!
//! # Layout
//! - [`DataFrame`], [`GroupBy`], [`Join`]: what is done with tables; [`ReadOptions`], [`WriteTable`]: files
//! - [`col`], [`lit`], [`ColumnExt`], [`TextExt`], [`DateTimeExt`]: expressions over columns
//! - [`Session`] has SQL
//! - [`Functions`]: functions of plugins in expressions and in SQL
//! - [`Engine`], [`RelationalEngine`], [`Surroundings`]: what runs the task, and what its process has for it
//! - `bridge`: arrays of frames and frames of arrays
//! - `files`: tables in files: which, which columns, how they are cut; `parts`: tables of partitions
//! - `guard`: what the optimiser would get wrong; `codec`, `task`: a plan as a task's arguments; `planner`: where plans are made; `failure`: why one fails

mod bridge;
mod codec;
mod convert;
mod engine;
mod error;
mod explain;
mod expr;
mod failure;
mod files;
mod frame;
mod functions;
mod guard;
mod options;
mod parts;
mod planner;
mod session;
mod task;
mod write;

pub use datafusion::prelude::Expr;
pub use engine::{Engine, RelationalEngine, Surroundings};
pub use error::Error;
pub use expr::{ColumnExt, DateTimeExt, TextExt, coalesce, col, if_else, len, lit};
pub use frame::{DataFrame, GroupBy, IntoExpr, Join};
pub use functions::Functions;
pub use options::ReadOptions;
pub use session::Session;
pub use task::{PURE_ARGS, QUERY, VERSION, WRITE, WriteTable, runs_plans};

#[cfg(test)]
mod tests;
