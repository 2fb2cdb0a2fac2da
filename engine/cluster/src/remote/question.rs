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
    /// To have these workers leave; which of them there are.
    Retire(Vec<u32>),
    /// To have so many workers.
    Scale(u32),
    /// To end the cluster.
    Down,
}

impl Question {
    /// Whether only who looks after the cluster may ask for it, and what it is called.
    pub(super) fn privilege(&self) -> Option<&'static str> {
        match self {
            Self::Retire(_) => Some("have workers leave"),
            Self::Scale(_) => Some("change how many workers there are"),
            Self::Down => Some("end the cluster"),
            Self::Unknown(_) | Self::Holders(_) | Self::Memory | Self::Status => None,
        }
    }
}

/// What is answered.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Answer {
    Unknown(Vec<Digest>),
    Holders(Vec<Holder>),
    Memory(u64),
    Status(ClusterStatus),
    Retire(Vec<u32>),
    /// Why there may be fewer for now, if that is known.
    Scale(Option<String>),
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
    /// Bytes of results that workers have fetched from each other so far.
    pub moved_nbytes: u64,
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
    /// Whether it is about to leave.
    pub retiring: bool,
}
