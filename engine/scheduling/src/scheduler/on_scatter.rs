//! A client has placed a value on workers: it becomes a task without a function, in memory.

use gristmill_graph::Key;

use super::{NONE, Scheduler, on_submit::user_priority};
use crate::{ClientId, FamilySpec, SchedulerMsg, SchedulerTask, WorkerId};

impl Scheduler {
    pub(super) fn on_scatter(&mut self, client: ClientId, key: Key, nbytes: u64, workers: &[WorkerId]) {
        let slot = self.tasks.by_key(&key).unwrap_or_else(|| self.enter_scattered(key));
        self.want(slot, client);
        if self.state_of(slot) == SchedulerTask::Released {
            self.tasks.hot[slot as usize].nbytes = nbytes;
        }
        let nbytes = self.tasks.hot[slot as usize].nbytes;
        let takes = matches!(self.state_of(slot), SchedulerTask::Released | SchedulerTask::Memory);
        for &worker in workers.iter().filter(|_| takes) {
            if self.live(worker).is_some() && self.tasks.holder(slot, worker.0).is_none() {
                self.add_holder(slot, worker.0);
                let task = self.tasks.id(slot);
                self.tell_worker(worker.0, SchedulerMsg::Hold { task, key, nbytes });
            }
        }
        if self.state_of(slot) == SchedulerTask::Released && self.tasks.hot[slot as usize].n_holders > 0 {
            self.transition(slot, SchedulerTask::Memory);
        }
        self.serve(slot, client);
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
