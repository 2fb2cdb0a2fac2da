//! Keys, tasks, symbolic layers, order and optimisation of task graphs.
//!
//! A [`Graph`] is a list of [`Layer`]s. A layer is all tasks of one operation: one [`Function`], its [`Arg`]s, and a
//! [`Wiring`] that says which inputs each task has. Nothing here runs a task or looks at data.
//! [`Graph::materialize`] turns layers into a [`TaskTable`]: the tasks that are really needed, each named by a [`Key`],
//! in an order that holds memory down.
//!
//! # Layout
//! - [`Key`], [`Digest`]: names that follow from content; `encode` is what they are hashes of
//! - [`Function`], [`Arg`]: what a task does
//! - [`Layer`], [`Wiring`], [`Graph`]: symbolic graphs
//! - [`RawGraph`]: graphs written by hand, in JSON or TOML
//! - [`TaskTable`]: materialised graphs; `materialize` makes them, `order` orders them, `optimize` inlines and fuses
//! - [`draw_svg`], [`draw_ascii`]: pictures
//! - [`shapes`]: graphs of the usual shapes, for tests, benches and the simulator

mod csr;
mod draw;
mod encode;
mod error;
mod function;
mod graph;
mod key;
mod key_index;
mod layer;
mod materialize;
mod optimize;
mod order;
mod raw;
pub mod shapes;
mod table;
mod wiring;

#[cfg(test)]
mod testing;

pub use csr::Csr;
pub use draw::{draw_ascii, draw_svg};
pub use error::Error;
pub use function::{ARG_DEPTH_MAX, Arg, Export, Function};
pub use graph::{Graph, Spec};
pub use key::{Digest, Key};
pub use layer::{Layer, LayerId, Params, TaskOptions, TaskRef};
pub use optimize::{FUSE_STEPS_MAX, INLINE_STEPS_MAX};
pub use raw::{RAW_DEPTH_MAX, RAW_TASKS_MAX, RawGraph};
pub use table::{Family, Operand, TaskTable};
pub use wiring::{BlockMap, Boundary, RANK_MAX, Wiring};

/// How many tasks a graph may have, before culling.
pub const TASKS_MAX: u64 = 1 << 26;

/// How many inputs the tasks of one table may have, all together.
pub const INPUTS_MAX: u64 = 1 << 28;
