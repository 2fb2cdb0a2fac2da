//! The processes that carry decisions out: today the local cluster, its memory and its report.
//!
//! # Layout
//! - [`Cluster`], [`LocalCluster`]: how a cluster is set up, used and shut down.
//! - `host`: threads that drive the state machines of `gristmill-scheduling` and run what they decide.
//! - `remote`: the same with scheduler, workers and clients in processes of their own.
//! - [`provider`]: where workers come from.
//! - `cache`: results kept on disk.
//! - `code`: runs one task: kernel, closure, component.
//! - `check`: types checked at submit.
//! - `shaders`: map kernels that plugins bring.
//! - `reading`: how files are cut into pieces.
//! - `explain`: where the kernels of a program would run.
//! - `profile`: what ran when, for the [`report`].
//! - [`machine`]: what this machine offers.

mod cache;
mod check;
mod code;
mod error;
mod explain;
mod host;
mod local;
pub mod machine;
mod profile;
pub mod provider;
mod queries;
mod reading;
mod remote;
pub mod report;
mod shaders;

pub use error::Error;
pub use gristmill_scheduling::AdaptiveConfig;
pub use gristmill_wire::{Authority, Bearer, SCHEDULER_VALID, Token};
pub use host::{Log, LogLine, Progress};
pub use local::{Cluster, LocalBuilder, LocalCluster, wasm_cache_dir};
pub use remote::{
    ClusterStatus, Connect, ConnectOptions, Scale, SchedulerHandle, SchedulerServer, WorkerServer,
    WorkerStatus,
};
