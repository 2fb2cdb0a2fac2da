//! The user's session: submit, map, gather, scatter, and futures.
//!
//! # Layout
//! - [`Client`]: what a user calls; it knows nothing of where tasks run.
//! - [`TaskFuture`], [`as_completed`], [`wait`]: handles to results that the cluster holds.
//! - [`Backend`]: what a cluster offers to a client; the only thing a new kind of cluster implements.
//! - [`Pipeline`]: a file that names sources, calls and sinks, made into lazy calls.

mod backend;
mod client;
mod error;
mod future;
mod pipeline;

pub use backend::{Backend, Listener, ReadRequest, Status};
pub use client::{Client, Compute};
pub use error::Error;
pub use future::{AsCompleted, TaskFuture, as_completed, wait};
pub use pipeline::{Output, Pipeline, PipelineError, Sink};
