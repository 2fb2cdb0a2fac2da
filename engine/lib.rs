#![doc = include_str!("../README.md")]
//!
//! # Layout
//! Each module is a crate under `engine/`; ARCHITECTURE.md there tells how they fit together.

pub use gristmill_client as client;
pub use gristmill_cluster as cluster;
pub use gristmill_collections as collections;
pub use gristmill_data as data;
pub use gristmill_dataframe as dataframe;
pub use gristmill_gpu as gpu;
pub use gristmill_graph as graph;
pub use gristmill_kernels as kernels;
pub use gristmill_sandbox as sandbox;
pub use gristmill_scheduling as scheduling;
pub use gristmill_storage as storage;

/// What most programs need.
pub mod prelude {
    pub use gristmill_client::{Client, Compute, TaskFuture, as_completed, wait};
    pub use gristmill_cluster::{Cluster, Connect, ConnectOptions, Token};
    pub use gristmill_collections::array::{Ellipsis, Generator, NewAxis};
    pub use gristmill_collections::{Array, Component, Delayed, args, delayed, kernel, native, s};
    pub use gristmill_data::{Chunk, DType, Partition, TaskError, Value};
    pub use gristmill_dataframe::{ColumnExt, DataFrame, Functions, Join, Session, col, lit};
    pub use gristmill_graph::DeviceChoice;
}
