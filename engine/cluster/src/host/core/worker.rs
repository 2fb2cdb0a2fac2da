//! One worker of this process: its machine, its values, and what its threads are to do.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use gristmill_data::{TaskError, TaskErrorKind, Value};
use gristmill_gpu::is_lost;
use gristmill_graph::Key;
use gristmill_sandbox::CancelToken;
use gristmill_scheduling::{
    RunId, TaskId, Worker, WorkerConfig, WorkerEvent, WorkerId, WorkerInfo, WorkerTask,
};
use gristmill_storage::SpillFile;
use smallvec::SmallVec;

use crate::code::Code;
use crate::host::jobs::{Call, Job, Seat};
use crate::host::slots::{Slots, Stored};

/// Calls handed to the threads of a worker ahead of time, per thread. The scheduler sends that many only when they
/// are tiny, so that a thread can take a batch under one lock.
const CALLS_AHEAD: u32 = 64;

/// One worker: its machine, its values, and what its threads are to do.
#[derive(Debug)]
pub(crate) struct LocalWorker {
    pub(crate) id: WorkerId,
    pub(crate) machine: Worker,
    pub(crate) values: Slots<Stored>,
    /// Values that clients have placed here, or that were here before the scheduler was, until it names their task.
    pub(super) placed: HashMap<Key, Placed>,
    pub(crate) jobs: VecDeque<Job>,
    /// How to stop the calls that were handed out.
    pub(crate) running: Slots<(RunId, CancelToken)>,
    pub(crate) n_threads: usize,
    /// Threads that wait for jobs.
    pub(crate) n_idle: usize,
    /// Calls that wait for tasks of their own, and threads that were started to make up for theirs.
    pub(crate) n_suspended: usize,
    pub(crate) n_spares: usize,
    pub(crate) memory_limit_nbytes: u64,
    /// What guests had in memory when it was last looked at.
    pub(crate) guest_nbytes: u64,
    /// Why a value could not be spilled, until it is tried with another.
    pub(crate) spill_failure: Option<String>,
}

/// A value without a task.
#[derive(Debug)]
pub(super) struct Placed {
    pub(super) stored: Stored,
    pub(super) since: Instant,
}

impl LocalWorker {
    pub(crate) fn new(id: WorkerId, n_threads: usize, memory_limit_nbytes: u64) -> Self {
        Self {
            id,
            machine: machine(id, n_threads, memory_limit_nbytes),
            values: Slots::default(),
            placed: HashMap::new(),
            jobs: VecDeque::new(),
            running: Slots::default(),
            n_threads,
            n_idle: 0,
            n_suspended: 0,
            n_spares: 0,
            memory_limit_nbytes,
            guest_nbytes: 0,
            spill_failure: None,
        }
    }

    /// Begins anew, as a worker of another number that has nothing: what it has done and held is returned.
    pub(super) fn begin_anew(&mut self, id: WorkerId) -> (VecDeque<Job>, Slots<Stored>) {
        self.id = id;
        self.machine = machine(id, self.n_threads, self.memory_limit_nbytes);
        self.guest_nbytes = 0;
        // What runs goes on.
        self.running = Slots::default();
        (std::mem::take(&mut self.jobs), std::mem::take(&mut self.values))
    }

    /// What it offers.
    pub(crate) fn info(&self) -> WorkerInfo {
        offered(self.n_threads, self.memory_limit_nbytes)
    }

    /// The call that the scheduler assigned, of a row of some code, with its inputs, which are all in memory.
    pub(crate) fn call(
        &self,
        seat: Seat,
        task: TaskId,
        run: RunId,
        code: Arc<Code>,
        row: u32,
    ) -> Result<Call, TaskError> {
        let assignment = self.machine.assignment(task).ok_or_else(|| internal("no assignment", task))?;
        let inputs = assignment
            .inputs
            .iter()
            .map(|input| match self.values.get(input.task) {
                Some(Stored::Memory(value)) => Ok(value.clone()),
                _ => Err(internal("an input is not in memory", task)),
            })
            .collect::<Result<_, _>>()?;
        Ok(Call {
            seat,
            task,
            run,
            code,
            row,
            inputs,
            duration_ns: assignment.duration_ns,
            cancel: CancelToken::default(),
        })
    }

    /// What it is told when this spill file of a task cannot be read, if it still counts on it.
    pub(super) fn unreadable(&self, task: TaskId, tried: &Arc<SpillFile>) -> Option<WorkerEvent> {
        let is_it = matches!(self.values.get(task), Some(Stored::Spilled(file)) if Arc::ptr_eq(tried, file));
        // While it is read back for a task, whoever reads it says how that went.
        let counts = is_it && self.machine.state(task) == WorkerTask::Spilled;
        counts.then_some(WorkerEvent::UnspillFailed { task })
    }

    /// What it is told when a task's result is gone with its device, if it is, and it still counts on it.
    pub(super) fn lost(&self, task: TaskId) -> Option<WorkerEvent> {
        let is_lost = matches!(self.values.get(task), Some(Stored::Memory(value)) if is_lost(value));
        let there = [WorkerTask::Memory, WorkerTask::Spilling].contains(&self.machine.state(task));
        (is_lost && there).then_some(WorkerEvent::Lost { task })
    }

    /// A call that has found inputs gone with their device runs again when they are there again.
    pub(crate) fn inputs_lost(&self, task: TaskId, run: RunId, error: TaskError) -> WorkerEvent {
        let inputs = self.machine.assignment(task).into_iter().flat_map(|assignment| &assignment.inputs);
        let is_lost = |input: &TaskId| match self.values.get(*input) {
            Some(Stored::Memory(value)) => is_lost(value),
            _ => false,
        };
        let inputs: SmallVec<[TaskId; 2]> = inputs.map(|input| input.task).filter(is_lost).collect();
        match inputs.is_empty() {
            // It was lost on the way from one step to the next.
            true => WorkerEvent::Failed { task, run, error: Arc::new(error), retryable: true },
            false => WorkerEvent::InputsLost { task, run, inputs },
        }
    }

    /// Refuses a result that does not fit into memory while nothing can be spilled.
    pub(crate) fn check_room(&self, value: Value) -> Result<Value, TaskError> {
        let needed = self.machine.memory_nbytes().saturating_add(value.nbytes());
        match &self.spill_failure {
            Some(failure) if needed > self.memory_limit_nbytes => Err(TaskError::new(
                TaskErrorKind::Io,
                format!(
                    "the result of {} B does not fit: {} of {} B of memory are in use, and nothing can be spilled: \
                     {failure}; raise the memory limit, free disk space or set another spill folder",
                    value.nbytes(),
                    self.machine.memory_nbytes(),
                    self.memory_limit_nbytes,
                ),
            )),
            _ => Ok(value),
        }
    }
}

fn machine(id: WorkerId, n_threads: usize, memory_limit_nbytes: u64) -> Worker {
    let threads = u32::try_from(n_threads).unwrap_or(1).saturating_mul(CALLS_AHEAD);
    Worker::new(id, WorkerConfig { threads, memory_limit_nbytes, ..WorkerConfig::default() })
}

/// What a worker of so many threads with so much memory offers.
pub(crate) fn offered(n_threads: usize, memory_limit_nbytes: u64) -> WorkerInfo {
    let threads = u32::try_from(n_threads).unwrap_or(1);
    WorkerInfo { threads, memory_limit_nbytes, ..WorkerInfo::default() }
}

pub(crate) fn internal(what: &str, task: TaskId) -> TaskError {
    TaskError::new(TaskErrorKind::Failed, format!("internal error, please report it: {what} of {task}"))
}
