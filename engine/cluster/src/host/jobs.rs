//! What compute threads are asked to do, and what they answer.

use std::sync::Arc;

use gristmill_data::{TaskError, Value};
use gristmill_sandbox::CancelToken;
use gristmill_scheduling::{RunId, TaskId, WorkerId};
use gristmill_storage::{ResultNote, SpillFile};

use crate::code::Code;
use crate::host::slots::Stored;

/// One thing to do, outside the lock.
#[derive(Debug)]
pub(crate) enum Job {
    /// Run a task.
    Call(Call),
    /// Write a value to a spill file.
    Spill(TaskId, Value),
    /// Read a value back.
    Unspill(TaskId, Arc<SpillFile>),
    /// Read a value that another worker has spilled.
    Fetch(TaskId, WorkerId, Arc<SpillFile>),
    /// Keep a result for others: of this row, and how long it took.
    Keep(Arc<Code>, u32, Value, u64),
}

/// Which of the workers of this process a call runs for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seat {
    /// Its place among them.
    pub(crate) worker: usize,
    /// How often it had returned to a scheduler: what was asked of it before means nothing to its machine.
    pub(crate) n_returns: u32,
}

/// One task, ready to run.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) seat: Seat,
    pub(crate) task: TaskId,
    pub(crate) run: RunId,
    pub(crate) code: Arc<Code>,
    /// The task's row in the code's table.
    pub(crate) row: u32,
    pub(crate) inputs: Vec<Value>,
    /// How long it will likely take; decides how many calls a thread takes at once.
    pub(crate) duration_ns: u64,
    pub(crate) cancel: CancelToken,
}

impl Job {
    /// The task to run, if that is what there is to do.
    pub(crate) fn as_call(&self) -> Option<&Call> {
        match self {
            Self::Call(call) => Some(call),
            _ => None,
        }
    }

    /// Whether it must be taken alone: others would wait with it, and it may wait for one of them.
    pub(crate) fn is_alone(&self) -> bool {
        self.as_call().is_some_and(|call| call.code.may_submit(call.row))
    }

    /// Whether both are calls of one function in one graph, which may cross the sandbox together.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        let calls = self.as_call().zip(other.as_call());
        calls.is_some_and(|(one, other)| {
            Arc::ptr_eq(&one.code, &other.code)
                && one.code.table.family.get(one.row as usize)
                    == other.code.table.family.get(other.row as usize)
        })
    }
}

/// What has become of a job.
#[derive(Debug)]
pub(crate) enum Done {
    /// A task has run.
    Called(Called),
    /// A value is in a spill file now, or could not be written.
    Spilled(Result<SpillFile, gristmill_storage::Error>),
    /// A value was to be spilled, and is gone with the device that it was on.
    Lost,
    /// A value was read from a spill file, or could not be.
    Read(Result<Value, gristmill_storage::Error>),
    /// A result is kept, and this is noted of it; or it could not be.
    Kept(Option<Box<ResultNote>>),
}

/// What was let go under the lock, to be dropped after it: a closure's captures may be futures, whose own drop takes
/// the lock, and a spill file goes to the disk.
#[derive(Debug)]
#[expect(dead_code, reason = "nothing is done with what is here but to drop it")]
pub(crate) enum Garbage {
    /// The code of a forgotten graph.
    Code(Arc<Code>),
    /// A result, or the file that has it.
    Stored(Stored),
    /// A spill file that came too late.
    File(SpillFile),
    /// Something that will not be done.
    Job(Job),
}

/// How a task has run.
#[derive(Debug)]
pub(crate) struct Called {
    pub(crate) result: Result<Value, TaskError>,
    /// When it started and ended, in nanoseconds since the cluster's start.
    pub(crate) started_ns: u64,
    pub(crate) ended_ns: u64,
    /// How long of that it has waited for tasks of its own.
    pub(crate) waited_ns: u64,
}
