//! Fetching inputs from other workers.

use std::cmp::Reverse;

use super::{NONE, Worker};
use crate::{Holders, TaskId, WorkerAction, WorkerId, WorkerMsg, WorkerTask};

impl Worker {
    /// Starts fetches, the most urgent first, as many as are allowed.
    pub(super) fn start_fetches(&mut self) {
        while self.n_flight < self.config.fetches_max && self.may_fetch() {
            let Some(Reverse((priority, _, entry))) = self.to_fetch.pop() else { return };
            let state = &self.entries.all[entry as usize];
            let is_it = state.state == WorkerTask::Fetch
                && state.fetch.as_ref().is_some_and(|fetch| fetch.priority == priority);
            if is_it {
                self.fetch(entry);
            }
        }
    }

    /// A worker that is full fetches nothing more, unless nothing else could make room.
    fn may_fetch(&self) -> bool {
        !self.paused || (self.n_executing == 0 && self.n_flight == 0 && self.loaded.is_empty())
    }

    pub(super) fn queue_fetch(&mut self, entry: u32, priority: u64) {
        self.next_fetch = self.next_fetch.wrapping_add(1);
        self.to_fetch.push(Reverse((priority, self.next_fetch, entry)));
    }

    /// Asks the next holder, or gives up.
    fn fetch(&mut self, entry: u32) {
        let tries_max = self.config.fetch_tries_max.max(1);
        let state = &mut self.entries.all[entry as usize];
        let (task, nbytes) = (state.id, state.nbytes);
        let fetch = state.fetch.get_or_insert_default();
        let holders = fetch.holders;
        let n = holders.as_slice().len() as u32;
        while fetch.n_tries < n * tries_max {
            let at = fetch.n_tries % n;
            fetch.n_tries += 1;
            let from = holders.as_slice()[at as usize];
            if fetch.gone >> at & 1 == 0 && from != self.id {
                if self.n_flight == 0 {
                    self.arrivals.begin(self.now);
                }
                self.n_flight += 1;
                self.flight_nbytes += nbytes;
                self.transition(entry, WorkerTask::Flight);
                self.out.push(WorkerAction::Fetch { task, from, nbytes });
                return;
            }
        }
        self.give_up(entry, holders);
    }

    /// No holder could be reached: the calls that need the input are given back.
    fn give_up(&mut self, entry: u32, failed: Holders) {
        let input = self.entries.all[entry as usize].id;
        let mut waiters = std::mem::take(&mut self.entries.all[entry as usize].waiters);
        waiters.sort_unstable();
        waiters.dedup();
        for call in waiters {
            let assignment = &self.calls[call].assignment;
            let (task, run) = (assignment.task, assignment.run);
            self.tell(WorkerMsg::Missing { task, run, input, failed });
            self.abandon(call);
        }
        if self.entries.find(input) == Some(entry) {
            self.end_copy(entry);
        }
    }

    pub(super) fn on_fetched(&mut self, task: TaskId, nbytes: u64) {
        let Some(entry) = self.entries.find(task) else { return };
        if self.entries.all[entry as usize].state != WorkerTask::Flight {
            return;
        }
        self.landed(entry);
        if let Some(nbytes_per_s) = self.arrivals.on_arrived(self.now, nbytes, self.n_flight == 0) {
            self.tell(WorkerMsg::Network { nbytes_per_s });
        }
        let state = &mut self.entries.all[entry as usize];
        state.fetch = None;
        if state.n_users == 0 && state.next == NONE {
            self.transition(entry, WorkerTask::Released);
            self.entries.remove(entry);
            self.out.push(WorkerAction::Drop { task });
            self.tell(WorkerMsg::Dropped { task });
            return;
        }
        state.replica = true;
        self.tell(WorkerMsg::Replica { task });
        self.keep(entry, nbytes);
        self.answer_next(entry);
        self.end_copy(entry);
    }

    pub(super) fn on_fetch_failed(&mut self, task: TaskId, from: WorkerId, gone: bool) {
        let Some(entry) = self.entries.find(task) else { return };
        if self.entries.all[entry as usize].state != WorkerTask::Flight {
            return;
        }
        self.landed(entry);
        self.transition(entry, WorkerTask::Fetch);
        let state = &mut self.entries.all[entry as usize];
        let fetch = state.fetch.get_or_insert_default();
        if gone && let Some(at) = fetch.holders.as_slice().iter().position(|&holder| holder == from) {
            fetch.gone |= 1 << at;
        }
        let priority = fetch.priority;
        if state.n_users == 0 {
            let next = std::mem::replace(&mut state.next, NONE);
            self.transition(entry, WorkerTask::Released);
            self.tell(WorkerMsg::Dropped { task });
            match next {
                NONE => self.entries.remove(entry),
                next => self.begin(next),
            }
        } else {
            self.queue_fetch(entry, priority);
        }
    }

    fn landed(&mut self, entry: u32) {
        self.n_flight -= 1;
        self.flight_nbytes -= self.entries.all[entry as usize].nbytes;
    }

    /// A value is here, in memory: who waits for it goes on.
    pub(super) fn keep(&mut self, entry: u32, nbytes: u64) {
        self.memory_nbytes += nbytes;
        self.entries.all[entry as usize].nbytes = nbytes;
        self.transition(entry, WorkerTask::Memory);
        self.touch(entry);
        self.serve_waiters(entry);
    }

    /// Counts down the calls that wait for a value.
    pub(super) fn serve_waiters(&mut self, entry: u32) {
        let waiters = std::mem::take(&mut self.entries.all[entry as usize].waiters);
        for call in waiters {
            let state = &mut self.calls[call];
            state.n_waiting -= 1;
            if state.n_waiting > 0 {
                continue;
            }
            if state.pinned {
                self.n_loading -= 1;
                self.loaded.push_back(call);
            } else {
                self.make_ready(call);
            }
        }
    }
}
