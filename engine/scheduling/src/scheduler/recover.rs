//! Lost results: computed again from lineage, as far as somebody needs them.

use super::Scheduler;
use crate::{ReportMsg, SchedulerTask};

impl Scheduler {
    /// Takes in that results have lost a holder, and that runs were interrupted: those tasks are waiting now,
    /// with counts yet to be made.
    ///
    /// First every lost result is released, then waiting tasks count what they miss, and only then is anything
    /// made needed again: so no miss is counted twice.
    pub(super) fn recover(&mut self, mut lost: Vec<u32>, interrupted: &[u32]) {
        lost.retain(|&slot| self.tasks.hot[slot as usize].n_holders == 0);
        for &slot in &lost {
            self.transition(slot, SchedulerTask::Released);
            let key = self.key_of(slot);
            self.tell_clients(slot, |_| ReportMsg::Lost { key });
        }
        let mut needed = Vec::new();
        for &slot in &lost {
            if self.is_wanted(slot) {
                needed.push(slot);
            }
            for i in 0.. {
                let Some(dependent) = self.tasks.dependent(slot, i) else { break };
                match self.state_of(dependent) {
                    SchedulerTask::Queued => {
                        self.leave_queue(dependent);
                        self.transition(dependent, SchedulerTask::Waiting);
                    }
                    SchedulerTask::NoWorker => self.transition(dependent, SchedulerTask::Waiting),
                    SchedulerTask::Waiting => {}
                    _ => continue,
                }
                self.tasks.hot[dependent as usize].n_waiting += 1;
                needed.push(slot);
            }
            self.loose.push(slot);
        }
        for &slot in interrupted {
            self.count_missing(slot, &mut needed);
        }
        for slot in needed {
            self.activate(slot);
        }
        for &slot in interrupted {
            self.go_on(slot);
        }
    }

    /// Counts which inputs of a waiting task are not in memory.
    fn count_missing(&mut self, slot: u32, needed: &mut Vec<u32>) {
        let mut n_waiting = 0;
        for &input in self.tasks.inputs(slot) {
            match self.state_of(input) {
                SchedulerTask::Memory => continue,
                SchedulerTask::Released => needed.push(input),
                _ => {}
            }
            n_waiting += 1;
        }
        self.tasks.hot[slot as usize].n_waiting = n_waiting;
    }

    /// A task whose run was interrupted is runnable again, or waits, or fails with one of its inputs.
    fn go_on(&mut self, slot: u32) {
        if self.state_of(slot) != SchedulerTask::Waiting {
            return;
        }
        if self.tasks.hot[slot as usize].n_waiting == 0 {
            self.ready.push(self.entry(slot));
            return;
        }
        let erred = self
            .tasks
            .inputs(slot)
            .iter()
            .copied()
            .find(|&input| self.state_of(input) == SchedulerTask::Erred);
        if let Some(input) = erred {
            self.fail_like(slot, input);
        }
    }
}
