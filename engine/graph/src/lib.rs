//! Keys, tasks, symbolic layers, order and optimisation of task graphs.
//!
//! A [`Graph`] is a list of [`Layer`]s. A layer is all tasks of one operation: one [`Function`], its [`Arg`]s, and a
//! [`Wiring`] that says which inputs each task has. Nothing here runs a task or looks at data.
//! [`Graph::materialize`] turns layers into a [`TaskTable`]: the tasks that are really needed, each named by a [`Key`],
//! in an order that holds memory down. [`Graph::optimize`] also makes fewer, larger tasks of them.
//!
//! # A computation, from layers to tasks
//! ```
//! use gristmill_graph::{Arg, Function, Graph, Layer, Operand, Params, Wiring, draw_ascii};
//!
//! let kernel = |name| Function::kernel(name, 1);
//! let mut graph = Graph::new();
//! // Eight blocks; what tells their tasks apart is a literal of their own, here the task's index.
//! let read = Layer::new("read", kernel("read"), Wiring::Source { n: 8 }).args([Arg::Param(0)]).params(Params::Index);
//! let read = graph.push(read)?;
//! let double = Layer::new("scale", kernel("scale"), Wiring::each(read, 8)).args([Arg::Input(0), Arg::Float(2.0)]);
//! let double = graph.push(double)?;
//! let sum = graph.push(Layer::new("sum", kernel("sum"), Wiring::groups(double, 8, 4)))?;
//! assert_eq!(draw_ascii(&graph), "\
//! sum x 2          groups of 4
//! └─ scale x 8     one to one
//!    └─ read x 8   no inputs
//! ");
//!
//! // Only the second sum is wanted: four reads, four scalings, one sum.
//! let table = graph.materialize(&[sum.task(1)])?;
//! assert_eq!(table.len(), 4 + 4 + 1);
//!
//! // Each reading and scaling becomes one task of two steps; the second step's input is the first step's result.
//! let table = graph.optimize(&[sum.task(1)])?;
//! assert_eq!(table.len(), 4 + 1);
//! assert_eq!(table.steps(0), [read.task(4), double.task(4)]);
//! assert_eq!(table.operands(0, 1).collect::<Vec<_>>(), [Operand::Step(0)]);
//! # Ok::<(), gristmill_graph::Error>(())
//! ```
//!
//! # Promises
//! - A key depends on what a task computes, and on nothing else: not on layers, names, options, order or machine.
//! - Inputs come before users, in graphs and in tables, so that a graph cannot hold a cycle.
//! - Culling, merging, inlining and fusing change neither results nor the keys of wanted tasks.
//! - What comes from outside, serialised or as text, is checked; every size has a named limit.
//!
//! # Layout
//! - [`Key`], [`Digest`]: names that follow from content; `encode` is what they are hashes of
//! - [`Function`], [`Arg`]: what a task does
//! - [`Layer`], [`Wiring`], [`Graph`]: symbolic graphs
//! - [`RawGraph`]: graphs written by hand, in JSON or TOML
//! - [`TaskTable`]: materialised graphs; `materialize` makes them, `order` orders them, `optimize` inlines and fuses,
//!   `peak` tells what memory they take
//! - [`draw_svg`], [`draw_ascii`]: pictures
//! - [`shapes`]: graphs of the usual shapes, for tests, benches and the simulator

mod csr;
mod draw;
mod encode;
mod error;
mod first;
mod function;
mod graph;
mod key;
mod key_index;
mod layer;
mod materialize;
mod optimize;
mod order;
mod peak;
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
pub use key::{Digest, Key, KeyHasher, KeyMap};
pub use layer::{DeviceChoice, Layer, LayerId, Params, TaskOptions, TaskRef};
pub use optimize::{FUSE_STEPS_MAX, INLINE_STEPS_MAX};
pub use peak::{Peak, TaskBytes};
pub use raw::{RAW_DEPTH_MAX, RAW_TASKS_MAX, RawGraph};
pub use table::{Family, Operand, TaskTable};
pub use wiring::{BlockMap, Boundary, RANK_MAX, Wiring};

/// How many tasks a graph may have, before culling.
pub const TASKS_MAX: u64 = 1 << 26;

/// How many inputs the tasks of one table may have, all together.
pub const INPUTS_MAX: u64 = 1 << 28;
