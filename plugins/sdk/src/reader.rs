//! Format readers: how a file is cut into partitions, and how one is read.

use crate::bindings::format::exports::gristmill::plugin::reader as contract;
use crate::value::Map;

pub use contract::ReadPlan;

/// One piece of a file: what [`plan`](crate::plugin) makes and `read` gets back.
pub type Partition = contract::Partition;

/// The reader's options as the user gave them.
pub type Options = Map<String>;

/// Makes a [`Partition`] of a whole file.
#[must_use]
pub fn whole_file(path: impl Into<String>, size: u64) -> Partition {
    Partition { path: path.into(), offset: 0, length: size, rows: None, token: Vec::new() }
}
