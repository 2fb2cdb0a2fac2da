//! What compute threads are asked to do, and what they answer.

use std::sync::Arc;

use gristmill_data::{TaskError, Value};
use gristmill_sandbox::CancelToken;
use gristmill_scheduling::{RunId, TaskId, WorkerId};
use gristmill_storage::SpillFile;

use super::values::Stored;
use crate::code::Code;

/// One thing to do, outside the lock.
#[derive(Debug)]
pub(super) enum Job {
    /// Run a task.
    Call(Call),
    /// Write a value to a spill file.
    Spill(TaskId, Value),
    /// Read a value back.
    Unspill(TaskId, Arc<SpillFile>),
    /// Read a value that another worker has spilled.
    Fetch(TaskId, WorkerId, Arc<SpillFile>),
}

/// One task, ready to run.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) task: TaskId,
    pub(super) run: RunId,
    pub(super) code: Arc<Code>,
    /// The task's row in the code's table.
    pub(super) row: u32,
    pub(super) inputs: Vec<Value>,
    /// How long it will likely take; decides how many calls a thread takes at once.
    pub(super) duration_ns: u64,
    pub(super) cancel: CancelToken,
}

/// What has become of a job.
#[derive(Debug)]
pub(super) enum Done {
    /// A task has run.
    Called(Called),
    /// A value is in a spill file now, or could not be written.
    Spilled(TaskId, Result<SpillFile, gristmill_storage::Error>),
    /// A value is back in memory, or could not be read.
    Unspilled(TaskId, Result<Value, gristmill_storage::Error>),
    /// A value of another worker was read, or could not be.
    Fetched(TaskId, WorkerId, Result<Value, gristmill_storage::Error>),
}

/// What was let go under the lock, to be dropped after it: a closure's captures may be futures, whose own drop takes
/// the lock, and a spill file goes to the disk.
#[derive(Debug)]
#[expect(dead_code, reason = "nothing is done with what is here but to drop it")]
pub(super) enum Garbage {
    /// The code of a forgotten graph, or of a call that has run, with the call's inputs.
    Code(Arc<Code>, Vec<Value>),
    /// A result, or the file that has it.
    Stored(Stored),
    /// A spill file that came too late.
    File(SpillFile),
    /// Something that will not be done.
    Job(Job),
}

/// A task that has run.
#[derive(Debug)]
pub(super) struct Called {
    pub(super) call: Call,
    pub(super) result: Result<Value, TaskError>,
    /// When it started and ended, in nanoseconds since the cluster's start.
    pub(super) started_ns: u64,
    pub(super) ended_ns: u64,
    /// Which of the cluster's threads ran it.
    pub(super) thread: u32,
}
