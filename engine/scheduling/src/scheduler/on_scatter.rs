//! A value is on workers that no run of a task has put there: a client has placed it, or a worker has brought it along
//! from before the scheduler started.
//!
//! It becomes a task without a function, in memory; or, where a live task has its key, that task's result.

use gristmill_graph::Key;

use super::{NONE, Scheduler, on_submit::user_priority};
use crate::{ClientId, FamilySpec, SchedulerMsg, SchedulerTask, WorkerId};

/// What a value is taken to have at most, whatever is said, so that sums of many fit into their words.
const NBYTES_MAX: u64 = 1 << 50;

impl Scheduler {
    pub(super) fn on_scatter(&mut self, client: ClientId, key: Key, nbytes: u64, workers: &[WorkerId]) {
        let nbytes = nbytes.min(NBYTES_MAX);
        let slot = self.tasks.by_key(&key).unwrap_or_else(|| self.enter_scattered(key));
        self.want(slot, client);
        let live: Vec<WorkerId> =
            workers.iter().copied().filter(|&worker| self.live(worker).is_some()).collect();
        if !live.is_empty() && self.is_under_way(slot) {
            self.deactivate(slot);
        }
        if !live.is_empty() && self.tasks.cold[slot as usize].graph == NONE {
            self.pardon(slot);
        }
        let is_new = self.state_of(slot) == SchedulerTask::Released;
        if is_new {
            self.tasks.hot[slot as usize].nbytes = nbytes;
        }
        let nbytes = self.tasks.hot[slot as usize].nbytes;
        let takes = matches!(self.state_of(slot), SchedulerTask::Released | SchedulerTask::Memory);
        for worker in live.into_iter().filter(|_| takes) {
            if self.tasks.holder(slot, worker.0).is_none() {
                self.add_holder(slot, worker.0);
                self.leaving.look_at(slot);
                let task = self.tasks.id(slot);
                self.tell_worker(worker.0, SchedulerMsg::Hold { task, key, nbytes });
            }
        }
        if is_new && self.tasks.hot[slot as usize].n_holders > 0 {
            self.transition(slot, SchedulerTask::Memory);
            self.feed_dependents(slot);
            let report = self.in_memory(slot);
            self.tell_clients(slot, |_| report.clone());
        } else {
            self.serve(slot, client);
        }
    }

    /// Whether a task is needed and has not ended.
    fn is_under_way(&self, slot: u32) -> bool {
        use SchedulerTask::{NoWorker, Processing, Queued, Waiting};
        matches!(self.state_of(slot), Waiting | Queued | NoWorker | Processing)
    }

    fn enter_scattered(&mut self, key: Key) -> u32 {
        let (family, _) = self.families.intern(&FamilySpec::new("scatter"));
        let priority = user_priority(0) | self.next_priority;
        self.next_priority += 1;
        match self.tasks.insert(key, NONE, 0, family, priority) {
            Ok(slot) => {
                self.families.all[family as usize].n_live += 1;
                self.tasks.hot[slot as usize].scattered = true;
                slot
            }
            Err(slot) => slot,
        }
    }
}
