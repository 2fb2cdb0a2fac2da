//! The processes that carry decisions out: today the local cluster, its memory and its report.
//!
//! # Layout
//! - [`Cluster`], [`LocalCluster`]: how a cluster is set up, used and shut down.
//! - `local`: threads that drive the state machines of `gristmill-scheduling` and run what they decide.
//! - `code`: runs one task: kernel, closure, component.
//! - `check`: types checked at submit.
//! - `shaders`: map kernels that plugins bring.
//! - `explain`: where the kernels of a program would run.
//! - `profile`: what ran when, for the [`report`].
//! - [`machine`]: what this machine offers.

mod check;
mod code;
mod error;
mod explain;
mod local;
pub mod machine;
mod profile;
pub mod report;
mod shaders;

pub use error::Error;
pub use local::{Cluster, LocalBuilder, LocalCluster, Log, LogLine, Progress, wasm_cache_dir};
