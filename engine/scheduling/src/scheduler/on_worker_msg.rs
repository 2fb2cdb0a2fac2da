//! What workers say.

use std::sync::Arc;

use super::{Cargo, Flight, NONE, Pace, Scheduler, tasks::Holder};
use crate::{
    Error, Failure, Holders, RunId, SchedulerMsg, SchedulerTask, SharedError, TaskId, Tier, WorkerId,
    WorkerMsg,
};

/// Times that a task is placed anew because an input couldn't be fetched, before it fails.
const MISSES_MAX: u8 = 64;

impl Scheduler {
    pub(super) fn on_worker_msg(&mut self, worker: WorkerId, msg: WorkerMsg) {
        if self.live(worker).is_none() {
            return;
        }
        match msg {
            WorkerMsg::Finished { task, run, nbytes, duration_ns } => {
                self.on_finished(worker.0, task, run, nbytes, duration_ns);
            }
            WorkerMsg::Erred { task, run, error, retryable } => {
                self.on_erred(worker.0, task, run, error, retryable);
            }
            WorkerMsg::Missing { task, run, input, failed } => {
                self.on_missing(worker.0, task, run, input, failed);
            }
            WorkerMsg::Replica { task } => self.on_replica(worker.0, task),
            WorkerMsg::Dropped { task } => self.on_dropped(worker.0, task),
            WorkerMsg::Moved { task, tier } => self.on_moved(worker.0, task, tier),
            WorkerMsg::Sized { task, nbytes } => self.on_sized(task, nbytes),
            WorkerMsg::Stolen { task, run, given } => self.on_stolen(worker.0, task, run, given),
            WorkerMsg::Network { nbytes_per_s } => {
                let state = &mut self.workers[worker.idx()];
                state.network = Pace::new(nbytes_per_s);
                state.info.network_nbytes_per_s = nbytes_per_s.max(1);
            }
            WorkerMsg::Suspended { task, run } => {
                if let Some(slot) = self.processing(task, worker.0, run) {
                    self.on_suspended(worker.0, slot);
                }
            }
            WorkerMsg::Resumed { task, run } => {
                if let Some(slot) = self.processing(task, worker.0, run) {
                    self.on_resumed(worker.0, slot);
                }
            }
            WorkerMsg::Status { used_nbytes, paused } => {
                let state = &mut self.workers[worker.idx()];
                (state.used_nbytes, state.paused) = (used_nbytes, paused);
                self.wake(worker.0);
            }
        }
    }

    fn on_finished(&mut self, worker: u32, task: TaskId, run: RunId, nbytes: u64, duration_ns: u64) {
        // A late answer needs no reply: a run ends early only with a cancel, on which the worker drops its result.
        let Some(slot) = self.processing(task, worker, run) else { return };
        self.end_run(slot);
        let family = self.tasks.hot[slot as usize].family;
        self.families.all[family as usize].learn(duration_ns, nbytes);
        if let Some(component) = self.families.of(family).component {
            self.workers[worker as usize].set_warm(component);
        }
        self.tasks.hot[slot as usize].nbytes = nbytes;
        self.add_holder(slot, worker);
        self.transition(slot, SchedulerTask::Memory);
        if self.workers[worker as usize].retiring {
            self.leaving.look_at(slot);
        }
        self.feed_dependents(slot);
        self.drop_uses(slot);
        if self.tasks.hot[slot as usize].client != NONE {
            let report = self.in_memory(slot);
            self.tell_clients(slot, |_| report.clone());
        } else if self.tasks.hot[slot as usize].n_waiters == 0 {
            self.loose.push(slot);
        }
    }

    /// A result is there: dependents that wait for it miss one input less.
    pub(super) fn feed_dependents(&mut self, slot: u32) {
        for i in 0.. {
            let Some(dependent) = self.tasks.dependent(slot, i) else { break };
            let waiting = &mut self.tasks.hot[dependent as usize];
            if waiting.state == SchedulerTask::Waiting {
                waiting.n_waiting -= 1;
                if waiting.n_waiting == 0 {
                    self.ready.push((waiting.priority, dependent));
                }
            }
        }
    }

    fn on_erred(&mut self, worker: u32, task: TaskId, run: RunId, error: SharedError, retryable: bool) {
        let Some(slot) = self.processing(task, worker, run) else { return };
        self.end_run(slot);
        self.transition(slot, SchedulerTask::Waiting);
        self.tasks.hot[slot as usize].n_waiting = 0;
        if retryable && self.tasks.hot[slot as usize].retries > 0 {
            self.tasks.hot[slot as usize].retries -= 1;
            self.recover(Vec::new(), &[slot]);
        } else {
            let root = self.key_of(slot);
            self.fail(slot, Arc::new(Failure { root, error }));
        }
    }

    /// An input could not be fetched: its holders are struck off, and the task is placed anew.
    fn on_missing(&mut self, worker: u32, task: TaskId, run: RunId, input: TaskId, failed: Holders) {
        self.landed(input, worker);
        if let Some(input) = self.tasks.slot(input) {
            self.leaving.look_at(input);
        }
        let Some(slot) = self.processing(task, worker, run) else { return };
        self.end_run(slot);
        self.transition(slot, SchedulerTask::Waiting);
        let mut lost = Vec::new();
        if let Some(input) =
            self.tasks.slot(input).filter(|&input| self.state_of(input) == SchedulerTask::Memory)
        {
            for &holder in failed.as_slice() {
                self.strike(input, holder.0);
            }
            lost.push(input);
        }
        self.recover(lost, &[slot]);
        let misses = &mut self.tasks.hot[slot as usize].misses;
        *misses = misses.saturating_add(1);
        if *misses >= MISSES_MAX && self.state_of(slot) != SchedulerTask::Erred {
            let root = self.key_of(slot);
            let input = self.tasks.slot(input).map_or(root, |input| self.key_of(input));
            let error = Arc::new(Error::Unreachable { key: root, input, n: u32::from(MISSES_MAX) });
            self.fail(slot, Arc::new(Failure { root, error }));
        }
    }

    /// Strikes off a holder that others can't fetch from. If it still has the result, it is to drop it,
    /// so that what it holds stays what is accounted.
    fn strike(&mut self, slot: u32, worker: u32) {
        let Some(holder) = self.tasks.remove_holder(slot, worker) else { return };
        self.leaving.look_at(slot);
        self.unhold(slot, worker, holder.tier());
        let task = self.tasks.id(slot);
        self.tell_worker(worker, SchedulerMsg::Free { task });
    }

    fn on_replica(&mut self, worker: u32, task: TaskId) {
        self.landed(task, worker);
        match self.tasks.slot(task).filter(|&slot| self.state_of(slot) == SchedulerTask::Memory) {
            Some(slot) => {
                if self.tasks.holder(slot, worker).is_none() {
                    self.moved_nbytes =
                        self.moved_nbytes.saturating_add(self.tasks.hot[slot as usize].nbytes);
                    self.add_holder(slot, worker);
                }
                self.leaving.look_at(slot);
            }
            None => self.tell_worker(worker, SchedulerMsg::Free { task }),
        }
    }

    fn on_dropped(&mut self, worker: u32, task: TaskId) {
        self.landed(task, worker);
        let Some(slot) = self.tasks.slot(task) else { return };
        self.leaving.look_at(slot);
        let Some(holder) = self.tasks.remove_holder(slot, worker) else { return };
        self.unhold(slot, worker, holder.tier());
        self.wake(worker);
        self.recover(vec![slot], &[]);
    }

    fn on_moved(&mut self, worker: u32, task: TaskId, tier: Tier) {
        let Some(slot) = self.tasks.slot(task) else { return };
        let Some(before) = self.tasks.holder(slot, worker) else { return };
        self.unhold(slot, worker, before.tier());
        self.tasks.set_tier(slot, worker, tier);
        self.hold(slot, worker, tier);
        self.wake(worker);
    }

    fn on_sized(&mut self, task: TaskId, nbytes: u64) {
        let Some(slot) = self.tasks.slot(task).filter(|&slot| self.state_of(slot) == SchedulerTask::Memory)
        else {
            return;
        };
        let holders = self.tasks.holders(slot).to_vec();
        holders.iter().for_each(|holder| self.unhold(slot, holder.worker(), holder.tier()));
        self.tasks.hot[slot as usize].nbytes = nbytes;
        holders.iter().for_each(|holder| self.hold(slot, holder.worker(), holder.tier()));
    }

    fn on_stolen(&mut self, victim: u32, task: TaskId, run: RunId, given: bool) {
        let Some(slot) = self.processing(task, victim, run) else { return };
        if !given {
            let mark = self.tasks.hot[slot as usize].mark as usize;
            let state = &mut self.workers[victim as usize];
            if state.processing[mark].thief != NONE {
                state.n_asked -= 1;
                state.processing[mark].thief = NONE;
            }
            return;
        }
        let thief = self.end_run(slot).thief;
        self.transition(slot, SchedulerTask::Waiting);
        self.tasks.hot[slot as usize].n_waiting = 0;
        self.recover(Vec::new(), &[slot]);
        let is_ready =
            self.ready.last() == Some(&self.entry(slot)) && self.state_of(slot) == SchedulerTask::Waiting;
        if is_ready && thief != victim && thief != NONE && self.has_room(thief) {
            self.ready.pop();
            self.send(slot, thief);
        }
    }

    /// A worker comes to hold a result in memory.
    pub(super) fn add_holder(&mut self, slot: u32, worker: u32) {
        self.tasks.add_holder(slot, Holder::new(worker, Tier::Memory));
        self.hold(slot, worker, Tier::Memory);
    }

    /// A result is no longer on its way to a worker.
    fn landed(&mut self, task: TaskId, worker: u32) {
        if self.flights.is_empty() {
            return;
        }
        let Some(Cargo { nbytes, source }) = self.flights.remove(&Flight { task, worker }) else { return };
        if source != NONE {
            self.workers[source as usize].outgoing_nbytes -= nbytes;
        }
        let state = &mut self.workers[worker as usize];
        state.incoming_nbytes -= nbytes;
        if state.braked {
            self.wake(worker);
        }
    }
}
