//! What people and drivers may ask of a scheduler.

use gristmill_graph::Key;

use super::{NONE, Scheduler};
use crate::{GraphId, SchedulerTask, TaskId, Transition, WorkerId};

/// What the scheduler knows of one worker, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerView {
    /// The worker.
    pub worker: WorkerId,
    /// Tasks it runs at a time.
    pub threads: u32,
    /// Tasks sent to it and not ended.
    pub n_processing: u32,
    /// Tasks queued in the scheduler for it.
    pub n_queued: u32,
    /// Estimated work sent to it and not ended.
    pub occupancy_ns: u64,
    /// Results it holds in memory, in bytes.
    pub memory_nbytes: u64,
    /// Results it holds in spill files, in bytes.
    pub spilled_nbytes: u64,
    /// Memory of the whole process, as it last told.
    pub used_nbytes: u64,
    /// Memory it may use.
    pub memory_limit_nbytes: u64,
    /// Whether it starts no tasks for want of memory.
    pub paused: bool,
    /// Whether it is to leave.
    pub retiring: bool,
}

/// Work that is there to be done, for whoever decides how many workers that is worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Tasks that run or could run now.
    pub n_tasks: u64,
    /// How long they will likely take together, one after the other.
    pub work_ns: u64,
    /// Results held, in memory or in spill files, in bytes.
    pub held_nbytes: u64,
}

impl Scheduler {
    /// The last transitions of a live task, oldest first. Only the latest transitions of all tasks are remembered.
    pub fn story(&self, key: Key) -> Vec<Transition<SchedulerTask>> {
        self.task(key).map(|task| self.story.of(task)).unwrap_or_default()
    }

    /// The live task with this key.
    pub fn task(&self, key: Key) -> Option<TaskId> {
        self.tasks.by_key(&key).map(|slot| self.tasks.id(slot))
    }

    /// The key of a live task.
    pub fn key(&self, task: TaskId) -> Option<Key> {
        self.tasks.slot(task).map(|slot| self.key_of(slot))
    }

    /// The size of a task's result in memory, once there is one.
    pub fn result_nbytes(&self, task: TaskId) -> u64 {
        self.tasks.slot(task).map_or(0, |slot| self.tasks.hot[slot as usize].nbytes)
    }

    /// The graph whose table describes a live task, and its row there; none of a value that nothing is known of.
    pub fn row_of(&self, task: TaskId) -> Option<(GraphId, u32)> {
        let cold = &self.tasks.cold[self.tasks.slot(task)? as usize];
        (cold.graph != NONE).then_some((GraphId(cold.graph), cold.row))
    }

    /// A task's state; forgotten if it is not live.
    pub fn state(&self, task: TaskId) -> SchedulerTask {
        self.tasks.slot(task).map_or(SchedulerTask::Forgotten, |slot| self.state_of(slot))
    }

    /// The workers that hold a task's result.
    pub fn who_has(&self, task: TaskId) -> Vec<WorkerId> {
        let holders = self.tasks.slot(task).map(|slot| self.tasks.holders(slot)).unwrap_or_default();
        holders.iter().map(|holder| WorkerId(holder.worker())).collect()
    }

    /// The results a worker holds. Takes time proportional to all tasks.
    pub fn has_what(&self, worker: WorkerId) -> Vec<TaskId> {
        let holds = |&slot: &u32| self.tasks.holder(slot, worker.0).is_some();
        self.tasks.slots().filter(holds).map(|slot| self.tasks.id(slot)).collect()
    }

    /// The live workers.
    pub fn workers(&self) -> impl Iterator<Item = WorkerView> + '_ {
        self.alive.iter().copied().chain(self.leaving.workers()).map(|worker| {
            let state = &self.workers[worker as usize];
            WorkerView {
                worker: WorkerId(worker),
                threads: state.info.threads,
                n_processing: state.processing.len() as u32,
                n_queued: state.n_held,
                occupancy_ns: state.occupancy_ns,
                memory_nbytes: state.memory_nbytes,
                spilled_nbytes: state.spilled_nbytes,
                used_nbytes: state.used_nbytes,
                memory_limit_nbytes: state.info.memory_limit_nbytes,
                paused: state.paused,
                retiring: state.retiring,
            }
        })
    }

    /// Bytes of results that workers have fetched from each other so far.
    pub fn moved_nbytes(&self) -> u64 {
        self.moved_nbytes
    }

    /// What is there to be done. Takes time proportional to all tasks.
    pub fn backlog(&self) -> Backlog {
        let mut backlog = Backlog::default();
        for slot in self.tasks.slots() {
            match self.state_of(slot) {
                SchedulerTask::Processing | SchedulerTask::Queued | SchedulerTask::NoWorker => {
                    backlog.n_tasks += 1;
                    backlog.work_ns = backlog.work_ns.saturating_add(self.expected_duration_ns(slot));
                }
                SchedulerTask::Memory => backlog.held_nbytes += self.tasks.hot[slot as usize].nbytes,
                _ => {}
            }
        }
        backlog
    }

    /// The number of live tasks, forgotten ones excluded.
    pub fn n_tasks(&self) -> usize {
        self.tasks.n_live()
    }

    /// The number of tasks sent to workers and not ended.
    pub fn n_processing(&self) -> usize {
        self.n_processing
    }

    /// The number of runnable tasks that wait in the scheduler.
    pub fn n_queued(&self) -> usize {
        self.n_queued
    }

    /// Bytes that the tables of tasks take.
    pub fn nbytes(&self) -> usize {
        self.tasks.nbytes()
    }
}
