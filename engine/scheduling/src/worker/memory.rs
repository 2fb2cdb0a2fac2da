//! Memory: what is spilled, what is read back, what is dropped, and when the worker pauses.

use super::Worker;
use crate::{TaskId, Tier, WorkerAction, WorkerMsg, WorkerTask};

impl Worker {
    pub(super) fn exceeds(&self, nbytes: u64, percent: u32) -> bool {
        u128::from(nbytes) * 100 > u128::from(self.config.memory_limit_nbytes) * u128::from(percent)
    }

    /// Spills what is too much, and pauses when even that doesn't help.
    pub(super) fn watch_memory(&mut self) {
        while self.n_spilling < self.config.spills_max && !self.spill_failed {
            let staying = self.used_nbytes() - self.spilling_nbytes;
            let urgent = self.exceeds(staying, self.config.spill_percent);
            if !urgent && !self.exceeds(staying, self.config.target_percent) {
                break;
            }
            let Some(entry) = self.least_recent(urgent) else { break };
            self.spill(entry);
        }
        let used_nbytes = self.used_nbytes();
        let paused = self.exceeds(used_nbytes, self.config.pause_percent);
        if paused != self.paused {
            self.paused = paused;
            self.tell(WorkerMsg::Status { used_nbytes, paused });
        }
    }

    /// Notes that a value has just been used.
    pub(super) fn touch(&mut self, entry: u32) {
        self.next_stamp = self.next_stamp.wrapping_add(1);
        self.entries.all[entry as usize].stamp = self.next_stamp;
        self.lru.push_back((entry, self.next_stamp));
        if self.lru.len() > 2 * self.entries.len() + 64 {
            // Released entries keep their stamp until they are used again: they must go too, or this runs at every touch.
            let entries = &self.entries.all;
            self.lru.retain(|&(entry, stamp)| {
                let state = &entries[entry as usize];
                state.stamp == stamp && state.state != WorkerTask::Released
            });
        }
    }

    /// The value used longest ago that can be spilled: one that no call here will use, or, if urgent, any not pinned.
    fn least_recent(&mut self, urgent: bool) -> Option<u32> {
        while let Some(&(entry, stamp)) = self.lru.front() {
            let state = &self.entries.all[entry as usize];
            if state.stamp == stamp && state.state == WorkerTask::Memory {
                break;
            }
            self.lru.pop_front();
        }
        let find = |with_users: bool| {
            let can = |&&(entry, stamp): &&(u32, u32)| {
                let state = &self.entries.all[entry as usize];
                state.stamp == stamp
                    && state.state == WorkerTask::Memory
                    && state.n_pins == 0
                    && state.nbytes > 0
                    && (with_users || state.n_users == 0)
            };
            self.lru.iter().find(can).map(|&(entry, _)| entry)
        };
        find(false).or_else(|| if urgent { find(true) } else { None })
    }

    fn spill(&mut self, entry: u32) {
        let state = &self.entries.all[entry as usize];
        let (task, nbytes) = (state.id, state.nbytes);
        self.n_spilling += 1;
        self.spilling_nbytes += nbytes;
        self.transition(entry, WorkerTask::Spilling);
        self.out.push(WorkerAction::Spill { task });
    }

    /// A value that was being spilled, by its task.
    fn spilling(&mut self, task: TaskId) -> Option<u32> {
        let entry = self.entries.find(task)?;
        let state = &self.entries.all[entry as usize];
        if state.state != WorkerTask::Spilling {
            return None;
        }
        self.n_spilling -= 1;
        self.spilling_nbytes -= state.nbytes;
        Some(entry)
    }

    pub(super) fn on_spilled(&mut self, task: TaskId) {
        let Some(entry) = self.spilling(task) else { return };
        self.memory_nbytes -= self.entries.all[entry as usize].nbytes;
        self.transition(entry, WorkerTask::Spilled);
        self.tell(WorkerMsg::Moved { task, tier: Tier::Spill });
        if self.entries.all[entry as usize].n_pins > 0 {
            self.unspill(entry);
        } else {
            self.drop_if_freed(entry);
        }
    }

    pub(super) fn on_spill_failed(&mut self, task: TaskId) {
        let Some(entry) = self.spilling(task) else { return };
        self.spill_failed = true;
        self.transition(entry, WorkerTask::Memory);
        self.touch(entry);
        self.serve_waiters(entry);
        self.drop_if_freed(entry);
    }

    pub(super) fn unspill(&mut self, entry: u32) {
        let state = &self.entries.all[entry as usize];
        let (task, nbytes) = (state.id, state.nbytes);
        self.memory_nbytes += nbytes;
        self.transition(entry, WorkerTask::Unspilling);
        self.out.push(WorkerAction::Unspill { task });
    }

    pub(super) fn on_unspilled(&mut self, task: TaskId) {
        let Some(entry) = self.unspilling(task) else { return };
        self.transition(entry, WorkerTask::Memory);
        self.touch(entry);
        self.tell(WorkerMsg::Moved { task, tier: Tier::Memory });
        self.serve_waiters(entry);
        self.drop_if_freed(entry);
    }

    pub(super) fn on_unspill_failed(&mut self, task: TaskId) {
        let Some(entry) = self.entries.find(task) else { return };
        match self.entries.all[entry as usize].state {
            WorkerTask::Unspilling => self.memory_nbytes -= self.entries.all[entry as usize].nbytes,
            WorkerTask::Spilled => {}
            _ => return,
        }
        self.forget(entry);
    }

    pub(super) fn on_disk(&mut self, task: TaskId) {
        let Some(entry) = self.entries.find(task) else { return };
        let state = &self.entries.all[entry as usize];
        match state.state {
            WorkerTask::Memory => {}
            // It was about to be written there.
            WorkerTask::Spilling => {
                self.n_spilling -= 1;
                self.spilling_nbytes -= state.nbytes;
            }
            _ => return,
        }
        self.memory_nbytes -= self.entries.all[entry as usize].nbytes;
        self.transition(entry, WorkerTask::Spilled);
        self.tell(WorkerMsg::Moved { task, tier: Tier::Spill });
        if self.entries.all[entry as usize].n_pins > 0 {
            self.unspill(entry);
        }
    }

    pub(super) fn on_device(&mut self, task: TaskId) {
        if self.state(task) == WorkerTask::Memory {
            self.tell(WorkerMsg::Moved { task, tier: Tier::Device });
        }
    }

    /// What a running call has pinned is lost when that call has found out, too.
    pub(super) fn on_lost(&mut self, task: TaskId) {
        let Some(entry) = self.entries.find(task) else { return };
        let state = &mut self.entries.all[entry as usize];
        match state.state {
            WorkerTask::Memory if state.n_pins > 0 => {
                state.lost = true;
                return;
            }
            WorkerTask::Memory => {}
            // Whoever has it pinned waits for it to be read back, and is given back.
            WorkerTask::Spilling => {
                self.spilling(task);
            }
            _ => return,
        }
        self.memory_nbytes -= self.entries.all[entry as usize].nbytes;
        self.forget(entry);
    }

    /// A value is lost that no running call uses: the calls that were to use it are given back.
    pub(super) fn forget(&mut self, entry: u32) {
        let task = self.entries.all[entry as usize].id;
        self.tell(WorkerMsg::Dropped { task });
        self.out.push(WorkerAction::Drop { task });
        self.transition(entry, WorkerTask::Released);
        let state = &mut self.entries.all[entry as usize];
        (state.replica, state.freed, state.lost, state.fetch) = (false, false, false, None);
        let uses =
            |call: &super::entries::Call| call.assignment.inputs.iter().any(|input| input.task == task);
        let is_current = |at, call: &super::entries::Call| self.entries.all[call.entry as usize].call == at;
        let users = self.calls.iter().filter(|&(at, call)| is_current(at, call) && uses(call));
        let users: Vec<u32> = users.map(|(call, _)| call).collect();
        self.lose(entry, &users);
    }

    /// Gives back the calls that use a lost input; then its entry goes.
    fn lose(&mut self, entry: u32, users: &[u32]) {
        let input = self.entries.all[entry as usize].id;
        let failed = std::iter::once(self.id).collect();
        for &call in users {
            let assignment = &self.calls[call].assignment;
            let (task, run) = (assignment.task, assignment.run);
            self.tell(WorkerMsg::Missing { task, run, input, failed });
            self.abandon(call);
        }
        self.after_call(entry);
    }

    fn unspilling(&self, task: TaskId) -> Option<u32> {
        let entry = self.entries.find(task)?;
        (self.entries.all[entry as usize].state == WorkerTask::Unspilling).then_some(entry)
    }

    /// Drops a freed value once no call here uses it and no disk work on it is under way.
    pub(super) fn drop_if_freed(&mut self, entry: u32) {
        let state = &self.entries.all[entry as usize];
        let is_still = matches!(state.state, WorkerTask::Memory | WorkerTask::Spilled);
        if !state.freed || state.n_users > 0 || !is_still {
            return;
        }
        let (task, replica) = (state.id, state.replica);
        if state.state == WorkerTask::Memory {
            self.memory_nbytes -= state.nbytes;
            self.spill_failed = false;
        }
        self.transition(entry, WorkerTask::Released);
        self.out.push(WorkerAction::Drop { task });
        if replica {
            self.tell(WorkerMsg::Dropped { task });
        }
        self.after_call(entry);
    }
}
