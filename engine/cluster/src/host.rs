//! What a process of a cluster has: machines, values, threads.
//!
//! There is no scheduler thread. Compute threads drive the state machines themselves: a thread that has finished
//! a task takes the one lock, tells its worker, lets events run between worker and scheduler until nothing is left
//! to decide, and takes its next tasks. So a small task costs one lock and no wake-up, and values pass by `Arc`.
//!
//! The scheduler may be in this process or in another, and so may each worker and each client: messages that are for
//! another process are put in an outbox instead of being handed over.
//!
//! # Layout
//! - `core`: the state machines and the values, behind the lock.
//! - `clients`: what the clients of this process hold and wait for.
//! - `slots`: what a worker holds of each task.
//! - `jobs`: what threads are asked to do: run tasks, spill and load values.
//! - `journal`: what guests log, and how far they say they are.
//! - `threads`: the loop of a compute thread.
//! - `nested`: tasks that tasks start, and threads that make up for those that wait.
//! - `submit`: a program accepted.

pub(crate) mod clients;
pub(crate) mod core;
pub(crate) mod jobs;
mod journal;
pub(crate) mod nested;
pub(crate) mod slots;
pub(crate) mod submit;
pub(crate) mod threads;

pub use journal::{Log, LogLine};
pub(crate) use threads::Shared;

/// How far a cluster is, as counters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Tasks accepted so far.
    pub n_tasks: u64,
    /// Tasks that have ended, well or not.
    pub n_done: u64,
    /// How far the running tasks say that they are, in thousandths of a task, summed up.
    pub running_permille: u64,
    /// Results held in memory or in spill files.
    pub n_held: u64,
    /// Bytes of results in memory.
    pub memory_nbytes: u64,
    /// The most bytes of results that one worker has had in memory so far.
    pub peak_nbytes: u64,
    /// Bytes of results written to spill files so far.
    pub spilled_nbytes: u64,
}
