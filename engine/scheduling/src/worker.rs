//! The worker: one worker's task loop.

use crate::{Assignment, TaskId, Time, Transition, WorkerAction, WorkerConfig, WorkerEvent, WorkerTask};

/// A worker as a state machine.
#[derive(Debug)]
pub struct Worker {
    config: WorkerConfig,
}

impl Worker {
    /// A worker that holds nothing.
    pub fn new(config: WorkerConfig) -> Self {
        Self { config }
    }

    /// Takes in one event; what is to be done is appended to `actions`.
    pub fn on(&mut self, now: Time, event: WorkerEvent, actions: &mut Vec<WorkerAction>) {
        let _ = (now, event, actions, &self.config);
    }

    /// Checks every invariant.
    ///
    /// # Errors
    /// Returns what is wrong, in words. That is always a mistake of this crate.
    pub fn validate(&self) -> Result<(), String> {
        Ok(())
    }

    /// The last transitions of a task, oldest first.
    pub fn story(&self, task: TaskId) -> Vec<Transition<WorkerTask>> {
        let _ = task;
        Vec::new()
    }

    /// What the scheduler has told about a task that is to run or runs.
    pub fn assignment(&self, task: TaskId) -> Option<&Assignment> {
        let _ = task;
        None
    }

    /// A task's state.
    pub fn state(&self, task: TaskId) -> WorkerTask {
        let _ = task;
        WorkerTask::Released
    }

    /// Bytes of the values held in memory.
    pub fn memory_nbytes(&self) -> u64 {
        0
    }
}
