//! Letting go: results nobody needs, tasks nobody needs, and tasks nobody can ever need again.

use super::Scheduler;
use crate::{SchedulerMsg, SchedulerTask, Tier};

impl Scheduler {
    /// Looks at the tasks that may have lost their last user.
    pub(super) fn release_loose(&mut self) {
        for _ in 0..self.config.tasks_per_event.max(1) {
            let Some(slot) = self.loose.pop() else { return };
            self.release_if_loose(slot);
        }
    }

    fn release_if_loose(&mut self, slot: u32) {
        let task = &self.tasks.hot[slot as usize];
        if task.n_waiters > 0 || self.is_wanted(slot) {
            return;
        }
        let n_dependents = task.n_dependents;
        match task.state {
            SchedulerTask::Forgotten => return,
            SchedulerTask::Memory if task.scattered && n_dependents > 0 => return,
            SchedulerTask::Memory => self.free(slot),
            SchedulerTask::Released | SchedulerTask::Erred => {}
            SchedulerTask::Waiting
            | SchedulerTask::Queued
            | SchedulerTask::NoWorker
            | SchedulerTask::Processing => {
                self.deactivate(slot);
            }
        }
        if n_dependents == 0 {
            self.forget(slot);
        }
    }

    /// Frees a result on every worker that holds it.
    pub(super) fn free(&mut self, slot: u32) {
        let task = self.tasks.id(slot);
        for i in 0.. {
            let Some(&holder) = self.tasks.holders(slot).get(i) else { break };
            self.unhold(slot, holder.worker(), holder.tier());
            self.tell_worker(holder.worker(), SchedulerMsg::Free { task });
        }
        self.tasks.clear_holders(slot);
        self.transition(slot, SchedulerTask::Released);
    }

    /// Takes a needed task back to released: out of its queue, or off its worker.
    pub(super) fn deactivate(&mut self, slot: u32) {
        match self.state_of(slot) {
            SchedulerTask::Processing => {
                let worker = self.tasks.hot[slot as usize].worker;
                let run = self.end_run(slot);
                self.tell_worker(worker, SchedulerMsg::Cancel { task: self.tasks.id(slot), run: run.run });
            }
            SchedulerTask::Queued => self.leave_queue(slot),
            _ => {}
        }
        self.transition(slot, SchedulerTask::Released);
        self.drop_uses(slot);
    }

    /// A task no longer uses its inputs.
    pub(super) fn drop_uses(&mut self, slot: u32) {
        for at in self.tasks.inputs_range(slot) {
            let input = self.tasks.edge(at);
            let task = &mut self.tasks.hot[input as usize];
            task.n_waiters -= 1;
            if task.n_waiters == 0 {
                self.loose.push(input);
            }
        }
    }

    /// Forgets a task that nobody can need again.
    fn forget(&mut self, slot: u32) {
        let inputs = self.tasks.inputs_range(slot);
        let graph = self.tasks.cold[slot as usize].graph;
        let task = &self.tasks.hot[slot as usize];
        self.families.all[task.family as usize].n_live -= 1;
        if task.state == SchedulerTask::Erred {
            self.failures.remove(&slot);
        }
        if task.deaths > 0 {
            self.deaths.remove(&slot);
        }
        self.transition(slot, SchedulerTask::Forgotten);
        self.tasks.remove(slot);
        for at in inputs {
            let input = self.tasks.edge(at);
            self.tasks.dependent_gone(input);
            if self.tasks.hot[input as usize].n_dependents == 0 {
                self.loose.push(input);
            }
        }
        self.drop_from_graph(graph);
    }

    /// A worker's account of a result that it comes to hold.
    pub(super) fn hold(&mut self, slot: u32, worker: u32, tier: Tier) {
        let nbytes = self.tasks.hot[slot as usize].nbytes;
        let worker = &mut self.workers[worker as usize];
        match tier {
            Tier::Spill => worker.spilled_nbytes += nbytes,
            Tier::Memory | Tier::Device => worker.memory_nbytes += nbytes,
        }
    }

    /// A worker's account of a result that it holds no more; the worker may have room now.
    pub(super) fn unhold(&mut self, slot: u32, worker: u32, tier: Tier) {
        let nbytes = self.tasks.hot[slot as usize].nbytes;
        let state = &mut self.workers[worker as usize];
        match tier {
            Tier::Spill => state.spilled_nbytes -= nbytes,
            Tier::Memory | Tier::Device => state.memory_nbytes -= nbytes,
        }
        if state.braked {
            self.wake(worker);
        }
    }
}
