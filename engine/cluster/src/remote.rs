//! Clusters of several processes: one scheduler, workers that join it, clients that connect to it.
//!
//! Every process has the same [`host`](crate::host) inside; what differs is who is in it. All of them talk through
//! [`gristmill_wire`].
//!
//! # Layout
//! - `scheduler`: the process that decides. It runs no tasks.
//! - `worker`: a process that runs tasks and holds results.
//! - `client`: a program that connects to a cluster.
//! - `handle`: whoever looks after a cluster.
//! - `question`: what is asked beside the streams.
//! - `scaler`: how many workers there should be, and who starts them.
//! - `gate`: where clients wait for workers that return.
//! - `address`: where a process may listen.

mod address;
mod client;
mod gate;
mod handle;
mod question;
mod scaler;
mod scheduler;
mod worker;

pub use client::{Connect, ConnectOptions};
pub use handle::SchedulerHandle;
pub use question::ClusterStatus;
pub use question::WorkerStatus;
pub use scaler::Scale;
pub use scheduler::SchedulerServer;
pub use worker::WorkerServer;

#[cfg(test)]
mod tests;
