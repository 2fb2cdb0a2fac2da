//! What scheduler, workers and clients tell each other.
//!
//! The same values are the machines' events and actions and, in a cluster of several processes,
//! what the wire carries: a driver only moves them.
//! Messages between one pair arrive in the order they were sent; nothing is assumed about order between pairs.

use std::sync::Arc;

use gristmill_graph::Key;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use crate::{Error, Failure, GraphId, RunId, SharedError, Submission, TaskId, TenantId, WorkerId};

/// How many holders of an input a worker is told at most; it asks again when all of them fail.
pub const HOLDERS_TOLD_MAX: usize = 3;

/// A task with all that a worker must know to run it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Assignment {
    /// The task.
    pub task: TaskId,
    /// This sending of it. Every answer carries it back.
    pub run: RunId,
    /// The graph whose table describes the task.
    pub graph: GraphId,
    /// The task's row in that table: what to call with which arguments.
    pub row: u32,
    /// Smaller runs first.
    pub priority: u64,
    /// How long it will likely take.
    pub duration_ns: u64,
    /// How large its result will likely be.
    pub nbytes: u64,
    /// The results it needs, in the order of its inputs; one that is needed twice is listed twice.
    pub inputs: SmallVec<[InputAt; 2]>,
}

/// An input of a task, and where it can be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputAt {
    /// The task whose result it is.
    pub task: TaskId,
    /// Its size in memory.
    pub nbytes: u64,
    /// Who holds it: the worker that is told alone if it is one of them, else up to [`HOLDERS_TOLD_MAX`].
    pub holders: Holders,
}

/// A short list of workers that hold a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Holders {
    len: u32,
    workers: [WorkerId; HOLDERS_TOLD_MAX],
}

impl Holders {
    /// Adds a holder, unless the list is full.
    pub fn push(&mut self, worker: WorkerId) {
        if let Some(place) = self.workers.get_mut(self.len as usize) {
            *place = worker;
            self.len += 1;
        }
    }

    /// The holders.
    pub fn as_slice(&self) -> &[WorkerId] {
        self.workers.get(..self.len as usize).unwrap_or_default()
    }
}

impl FromIterator<WorkerId> for Holders {
    fn from_iter<I: IntoIterator<Item = WorkerId>>(workers: I) -> Self {
        let mut holders = Self::default();
        workers.into_iter().for_each(|worker| holders.push(worker));
        holders
    }
}

/// Where on a worker the bytes of a result are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub enum Tier {
    /// In main memory.
    #[default]
    Memory,
    /// In the memory of an accelerator.
    Device,
    /// In a spill file.
    Spill,
}

/// What the scheduler tells a worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum SchedulerMsg {
    /// Run this task: fetch its inputs, call it, hold its result, answer
    /// [`WorkerMsg::Finished`], [`WorkerMsg::Erred`] or [`WorkerMsg::Missing`].
    Compute(Assignment),
    /// Nobody needs this result any more: drop it.
    Free {
        /// The task whose result it is.
        task: TaskId,
    },
    /// Don't run it; stop it if it runs. It is not answered.
    Cancel {
        /// The task.
        task: TaskId,
        /// The run to stop. Other runs of the task are left alone.
        run: RunId,
    },
    /// Give this task back if it has not started. Answered by [`WorkerMsg::Stolen`].
    Steal {
        /// The task.
        task: TaskId,
        /// The run to give back.
        run: RunId,
    },
    /// Fetch a copy of this result and keep it: answered by [`WorkerMsg::Replica`], or [`WorkerMsg::Dropped`] if it
    /// cannot be had.
    Copy {
        /// The result, and where it is.
        input: InputAt,
        /// Its key.
        key: Key,
    },
    /// The value that a client has placed on this worker under this key is this task's result.
    Hold {
        /// The name it has from now on.
        task: TaskId,
        /// The key it was scattered under.
        key: Key,
        /// Its size in memory.
        nbytes: u64,
    },
}

/// What a worker tells the scheduler.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum WorkerMsg {
    /// The task has run and its result is held here.
    Finished {
        /// The task.
        task: TaskId,
        /// The run that was asked for.
        run: RunId,
        /// Size of the result in memory.
        nbytes: u64,
        /// How long the call took, without waiting and fetching.
        duration_ns: u64,
    },
    /// An input could not be fetched from any holder told; the task is given back.
    Missing {
        /// The task that needs it.
        task: TaskId,
        /// The run that was asked for.
        run: RunId,
        /// The input.
        input: TaskId,
        /// The holders that failed. They are struck off as holders of the input.
        failed: Holders,
    },
    /// A copy of this result has been fetched and is now held here too.
    Replica {
        /// The task whose result it is.
        task: TaskId,
    },
    /// This result is not held here, whatever was said before: a freed copy has been dropped,
    /// a spill file can't be read, or a fetch has been given up because nothing needs it any more.
    Dropped {
        /// The task whose result it was.
        task: TaskId,
    },
    /// The bytes of this result have moved to another tier.
    Moved {
        /// The task whose result it is.
        task: TaskId,
        /// Where they are now.
        tier: Tier,
    },
    /// A value that was placed here has another size than was said.
    Sized {
        /// The task whose result it is.
        task: TaskId,
        /// Its true size in memory.
        nbytes: u64,
    },
    /// Answer to [`SchedulerMsg::Steal`].
    Stolen {
        /// The task.
        task: TaskId,
        /// The run that was asked back.
        run: RunId,
        /// Whether it was given back. If not, it runs, or its end has been told already.
        given: bool,
    },
    /// How the worker's memory stands. Sent when pausing changes, and now and then.
    Status {
        /// Bytes in memory, of results and of guests.
        used_nbytes: u64,
        /// Whether it starts no tasks for want of memory.
        paused: bool,
    },
    /// How fast results come here from other workers, as measured.
    Network {
        /// Bytes a second.
        nbytes_per_s: u64,
    },
    /// The task waits for tasks of its own, and its thread is free for others until it is [`WorkerMsg::Resumed`].
    Suspended {
        /// The task.
        task: TaskId,
        /// The run that was asked for.
        run: RunId,
    },
    /// A suspended task goes on.
    Resumed {
        /// The task.
        task: TaskId,
        /// The run that was asked for.
        run: RunId,
    },
    /// The task has failed. Its error is of the driver's making, and so is the way it travels.
    // Last, as numbers of variants on the wire count those before it.
    #[serde(skip)]
    Erred {
        /// The task.
        task: TaskId,
        /// The run that was asked for.
        run: RunId,
        /// What went wrong. It reaches the client and every dependent unchanged.
        error: SharedError,
        /// Whether another try may help; if not, retries left are not used.
        retryable: bool,
    },
}

/// What a client asks of the scheduler.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum ClientMsg {
    /// The client wants these results too. Each is answered as after a submit;
    /// a key that no live task has is answered by [`ReportMsg::Cancelled`].
    Want {
        /// The tasks' keys.
        keys: Vec<Key>,
    },
    /// The client needs these results no more. Not answered.
    Release {
        /// The tasks' keys.
        keys: Vec<Key>,
    },
    /// Stop these tasks, and what depends on them, for every client: each is reported [`ReportMsg::Cancelled`].
    Cancel {
        /// The tasks' keys.
        keys: Vec<Key>,
    },
    /// Run these failed tasks again, with the failed tasks they depend on and those that depend on them.
    Retry {
        /// The tasks' keys.
        keys: Vec<Key>,
    },
    /// These workers have a value under this key, and the client wants it held. A live task of that key has its result.
    Scatter {
        /// The value's key.
        key: Key,
        /// Its size in memory.
        nbytes: u64,
        /// The workers that have it.
        workers: Vec<WorkerId>,
    },
    /// Take these tasks; the client wants the results named in it.
    /// Answered by [`ReportMsg::Accepted`] or [`ReportMsg::Refused`], then by a report for each wanted task.
    /// Between processes the graph travels, and the table is made where the scheduler is.
    // Last, as numbers of variants on the wire count those before it.
    #[serde(skip)]
    Submit {
        /// The name of the graph from now on.
        graph: GraphId,
        /// Whose work it is.
        tenant: TenantId,
        /// The tasks.
        submission: Box<Submission>,
    },
}

/// What the scheduler reports to a client.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum ReportMsg {
    /// A submitted graph has been taken.
    Accepted {
        /// The graph.
        graph: GraphId,
        /// How many of its tasks were not known before.
        n_new: u32,
    },
    /// A wanted result is held by a worker; [`Scheduler::who_has`](crate::Scheduler::who_has) says which.
    InMemory {
        /// The task.
        task: TaskId,
        /// Its key.
        key: Key,
        /// Size of the result in memory.
        nbytes: u64,
    },
    /// A wanted task will not run: it was cancelled, or no live task has this key.
    Cancelled {
        /// The task's key.
        key: Key,
    },
    /// A wanted result that had been reported has been lost with its workers; it is being computed again.
    Lost {
        /// The task's key.
        key: Key,
    },
    /// A submitted graph has been refused as a whole. Whoever has submitted it is told otherwise between processes.
    // Last, as numbers of variants on the wire count those before it.
    #[serde(skip)]
    Refused {
        /// The graph.
        graph: GraphId,
        /// Why.
        error: Error,
    },
    /// A wanted task, or one it depends on, has failed for good. Travels as [`WorkerMsg::Erred`] does.
    // Last, as numbers of variants on the wire count those before it.
    #[serde(skip)]
    Erred {
        /// The wanted task's key.
        key: Key,
        /// Which task failed, and how.
        failure: Arc<Failure>,
    },
}
