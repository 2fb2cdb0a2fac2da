//! What is asked of a scheduler beside the streams, and what it answers.

use gristmill_graph::{Digest, Key};
use gristmill_wire::Holder;
use serde::{Deserialize, Serialize};

/// What is asked.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Question {
    /// Which of these components are unknown.
    Unknown(Vec<Digest>),
    /// Which workers have this result.
    Holders(Key),
    /// How much memory the smallest worker has.
    Memory,
    /// How the cluster is.
    Status,
    /// Whether the cluster may end.
    Down,
}

/// What is answered.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Answer {
    Unknown(Vec<Digest>),
    Holders(Vec<Holder>),
    Memory(u64),
    Status(ClusterStatus),
    Down,
}

/// How a cluster is.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ClusterStatus {
    /// Its workers.
    pub workers: Vec<WorkerStatus>,
    /// Tasks that are not forgotten yet.
    pub n_tasks: u64,
    /// Tasks accepted so far.
    pub n_accepted: u64,
    /// Tasks that have ended so far, well or not.
    pub n_done: u64,
}

/// How a worker is, as far as the scheduler knows.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WorkerStatus {
    /// Its number.
    pub worker: u32,
    /// Where it can be reached, as `host:port`.
    pub address: String,
    /// Tasks that it runs at a time.
    pub n_threads: u32,
    /// Tasks that were sent to it and have not ended.
    pub n_processing: u32,
    /// Bytes of results in its memory.
    pub memory_nbytes: u64,
    /// Bytes that it may hold.
    pub memory_limit_nbytes: u64,
    /// Bytes of results in its spill files.
    pub spilled_nbytes: u64,
}
