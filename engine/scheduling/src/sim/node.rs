//! One simulated worker: its machine, its values, its card and its disk.

use gristmill_graph::KeyMap;

use super::network::{Card, Link};
use crate::{TaskId, Worker, WorkerConfig, WorkerId, idmap::IdMap};

/// A value: a hash of what it was computed from, and its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Value {
    pub(super) hash: u64,
    pub(super) nbytes: u64,
    pub(super) on_disk: bool,
}

pub(super) struct Node {
    pub(super) machine: Worker,
    /// The process runs.
    pub(super) runs: bool,
    /// The scheduler reaches it, and it the scheduler.
    pub(super) connected: bool,
    pub(super) store: IdMap<TaskId, Value>,
    /// Values from before the scheduler started anew.
    pub(super) found: KeyMap<Value>,
    pub(super) card: Card,
    pub(super) disk_free_ns: u64,
    pub(super) disk_nbytes: u64,
    /// To the scheduler, and from it.
    pub(super) up: Link,
    pub(super) down: Link,
    /// Calls told to stop.
    pub(super) stopped: Vec<TaskId>,
    pub(super) memory_nbytes: u64,
}

impl Node {
    pub(super) fn new(id: WorkerId, config: WorkerConfig) -> Self {
        Self {
            machine: Worker::new(id, config),
            runs: true,
            connected: true,
            store: IdMap::default(),
            found: KeyMap::default(),
            card: Card::default(),
            disk_free_ns: 0,
            disk_nbytes: 0,
            up: Link::new(),
            down: Link::new(),
            stopped: Vec::new(),
            memory_nbytes: 0,
        }
    }
}
