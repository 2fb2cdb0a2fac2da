//! The states of a task, as the scheduler sees it and as a worker sees it.

use std::fmt;

/// A task's state in the scheduler, in Dask's sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(u8)]
pub enum SchedulerTask {
    /// The slot holds no live task: the last one is forgotten.
    #[default]
    Forgotten,
    /// Known, but not needed now: never computed, or computed and freed.
    Released,
    /// Needed; some inputs are not in memory.
    Waiting,
    /// Runnable; withheld in one of the scheduler's queues.
    Queued,
    /// Runnable, but no worker may run it.
    NoWorker,
    /// Sent to a worker.
    Processing,
    /// Its result is held by at least one worker.
    Memory,
    /// It, or a task it depends on, has failed for good.
    Erred,
}

/// A task's state on a worker: a call, a value, or both in turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(u8)]
pub enum WorkerTask {
    /// Unknown here.
    #[default]
    Released,
    /// To run; some inputs are not here.
    Waiting,
    /// To run; all inputs are here, in memory or in spill files.
    Ready,
    /// Running.
    Executing,
    /// Running, but no longer wanted: the result will be dropped.
    Cancelled,
    /// A value to fetch, waiting for its turn.
    Fetch,
    /// A value being fetched.
    Flight,
    /// A value held in memory.
    Memory,
    /// A value being written to a spill file, still in memory.
    Spilling,
    /// A value held in a spill file.
    Spilled,
    /// A value being read back from a spill file.
    Unspilling,
}

impl fmt::Display for SchedulerTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Forgotten => "forgotten",
            Self::Released => "released",
            Self::Waiting => "waiting",
            Self::Queued => "queued",
            Self::NoWorker => "no-worker",
            Self::Processing => "processing",
            Self::Memory => "memory",
            Self::Erred => "erred",
        })
    }
}

impl fmt::Display for WorkerTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Released => "released",
            Self::Waiting => "waiting",
            Self::Ready => "ready",
            Self::Executing => "executing",
            Self::Cancelled => "cancelled",
            Self::Fetch => "fetch",
            Self::Flight => "flight",
            Self::Memory => "memory",
            Self::Spilling => "spilling",
            Self::Spilled => "spilled",
            Self::Unspilling => "unspilling",
        })
    }
}

/// Whether a running task has waited for tasks of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pause {
    Never,
    Now,
    /// It goes on, beside others that were started meanwhile. What is left of it is not known.
    Over,
}
