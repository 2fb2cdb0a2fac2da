//! The scheduler: decides what runs where.

use gristmill_graph::Key;

use crate::{
    SchedulerAction, SchedulerConfig, SchedulerEvent, SchedulerTask, TaskId, Time, Transition, WorkerId,
};

/// The scheduler as a state machine.
#[derive(Debug)]
pub struct Scheduler {
    config: SchedulerConfig,
}

/// What the scheduler knows of one worker, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerView {
    /// The worker.
    pub worker: WorkerId,
    /// Tasks it runs at a time.
    pub threads: u32,
    /// Tasks sent to it and not ended.
    pub n_processing: u32,
    /// Estimated work sent to it and not ended.
    pub occupancy_ns: u64,
    /// Results it holds in memory, in bytes.
    pub memory_nbytes: u64,
    /// Results it holds in spill files, in bytes.
    pub spilled_nbytes: u64,
    /// Memory it may use.
    pub memory_limit_nbytes: u64,
    /// Whether it starts no tasks for want of memory.
    pub paused: bool,
}

impl Scheduler {
    /// A scheduler without workers, clients and tasks.
    pub fn new(config: SchedulerConfig) -> Self {
        Self { config }
    }

    /// Takes in one event; what is to be done is appended to `actions`.
    ///
    /// Any event from anyone is fine: what is stale or makes no sense is ignored.
    pub fn on(&mut self, now: Time, event: SchedulerEvent, actions: &mut Vec<SchedulerAction>) {
        let _ = (now, event, actions, &self.config);
    }

    /// Whether submitted tasks wait to be taken in: send [`SchedulerEvent::Tick`] after carrying out the actions.
    pub fn pending(&self) -> bool {
        false
    }

    /// Checks every invariant, in time proportional to all tasks.
    ///
    /// # Errors
    /// Returns what is wrong, in words. That is always a mistake of this crate.
    pub fn validate(&self) -> Result<(), String> {
        Ok(())
    }

    /// The last transitions of a live task, oldest first.
    pub fn story(&self, key: Key) -> Vec<Transition<SchedulerTask>> {
        let _ = key;
        Vec::new()
    }

    /// The live task with this key.
    pub fn task(&self, key: Key) -> Option<TaskId> {
        let _ = key;
        None
    }

    /// The key of a live task.
    pub fn key(&self, task: TaskId) -> Option<Key> {
        let _ = task;
        None
    }

    /// A task's state; forgotten if it is not live.
    pub fn state(&self, task: TaskId) -> SchedulerTask {
        let _ = task;
        SchedulerTask::Forgotten
    }

    /// The workers that hold a task's result.
    pub fn who_has(&self, task: TaskId) -> Vec<WorkerId> {
        let _ = task;
        Vec::new()
    }

    /// The results a worker holds. Takes time proportional to all tasks.
    pub fn has_what(&self, worker: WorkerId) -> Vec<TaskId> {
        let _ = worker;
        Vec::new()
    }

    /// The live workers.
    pub fn workers(&self) -> Vec<WorkerView> {
        Vec::new()
    }
}
