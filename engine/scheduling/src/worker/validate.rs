//! The worker's invariants, checked from scratch.

use super::{NONE, Worker, entries::Entry};
use crate::{WorkerTask, state::Pause};

/// Fails the check with words if the condition doesn't hold.
macro_rules! ensure {
    ($condition:expr, $($words:tt)+) => {
        if !$condition {
            return Err(format!($($words)+));
        }
    };
}

impl Worker {
    /// Checks every invariant.
    ///
    /// # Errors
    /// Returns what is wrong, in words. That is always a mistake of this crate.
    pub fn validate(&self) -> Result<(), String> {
        let (mut memory, mut spilling, mut flight) = (0, 0, 0);
        let (mut n_spilling, mut n_flight, mut n_executing, mut n_suspended, mut n_resumed) = (0, 0, 0, 0, 0);
        for (at, entry) in self.entries.live() {
            let id = entry.id;
            match entry.state {
                WorkerTask::Memory | WorkerTask::Unspilling => memory += entry.nbytes,
                WorkerTask::Spilling => {
                    memory += entry.nbytes;
                    spilling += entry.nbytes;
                    n_spilling += 1;
                }
                WorkerTask::Flight => {
                    flight += entry.nbytes;
                    n_flight += 1;
                }
                WorkerTask::Executing | WorkerTask::Cancelled => {
                    let pause = self.calls.get(entry.call).map(|call| call.pause);
                    n_executing += u32::from(pause != Some(Pause::Now));
                    n_suspended += u32::from(pause == Some(Pause::Now));
                    n_resumed += u32::from(pause == Some(Pause::Over));
                }
                WorkerTask::Fetch => {
                    ensure!(entry.n_users > 0, "{id}: to be fetched for nobody");
                    let queued = self.to_fetch.iter().any(|queued| queued.0.2 == at);
                    ensure!(queued, "{id}: to be fetched, but not queued");
                }
                WorkerTask::Released => return Err(format!("{id}: an entry for nothing")),
                WorkerTask::Waiting | WorkerTask::Ready | WorkerTask::Spilled => {}
            }
            self.validate_uses(entry)?;
            ensure!(!entry.freed || entry.is_here(), "{id}: freed, but {}", entry.state);
        }
        ensure!(memory == self.memory_nbytes, "{} bytes counted, {memory} held", self.memory_nbytes);
        ensure!(
            spilling == self.spilling_nbytes,
            "{} bytes counted, {spilling} spilling",
            self.spilling_nbytes
        );
        ensure!(flight == self.flight_nbytes, "{} bytes counted, {flight} in flight", self.flight_nbytes);
        ensure!(n_spilling == self.n_spilling, "{} spilling counted, {n_spilling} are", self.n_spilling);
        ensure!(n_flight == self.n_flight, "{} in flight counted, {n_flight} are", self.n_flight);
        ensure!(n_executing == self.n_executing, "{} executing counted, {n_executing} are", self.n_executing);
        ensure!(n_suspended == self.n_suspended, "{} suspended counted, {n_suspended} are", self.n_suspended);
        ensure!(self.n_flight <= self.config.fetches_max, "{n_flight} fetches are too many");
        ensure!(
            self.n_executing <= self.config.threads.max(1) + n_resumed,
            "{n_executing} calls are too many"
        );
        self.validate_calls()
    }

    /// A result's call is there, and those that use it are counted.
    fn validate_uses(&self, entry: &Entry) -> Result<(), String> {
        let id = entry.id;
        let has_call = matches!(
            entry.state,
            WorkerTask::Waiting | WorkerTask::Ready | WorkerTask::Executing | WorkerTask::Cancelled
        );
        ensure!(has_call == (entry.call != NONE), "{id}: {} and its call don't go together", entry.state);
        let uses = |pinned_only: bool| {
            let calls = self.calls.iter().filter(|&(at, call)| {
                self.entries.all[call.entry as usize].call == at && (call.pinned || !pinned_only)
            });
            calls.flat_map(|(_, call)| &call.assignment.inputs).filter(|input| input.task == id).count()
        };
        ensure!(
            uses(false) + usize::from(entry.copied) == entry.n_users as usize,
            "{id}: {} users counted, {}",
            entry.n_users,
            uses(false)
        );
        ensure!(uses(true) == entry.n_pins as usize, "{id}: {} pins counted, {}", entry.n_pins, uses(true));
        Ok(())
    }

    fn validate_calls(&self) -> Result<(), String> {
        let mut n_loading = 0;
        for (at, call) in self.calls.iter() {
            let result = &self.entries.all[call.entry as usize];
            let id = call.assignment.task;
            ensure!(result.id == id, "{id}: its result is {}'s", result.id);
            ensure!(result.call == at || result.next == at, "{id}: a call that nobody knows");
            if result.call != at {
                continue;
            }
            let inputs = || {
                let found = call.assignment.inputs.iter().map(|input| self.entries.find(input.task));
                found.flatten().map(|entry| &self.entries.all[entry as usize])
            };
            ensure!(inputs().count() == call.assignment.inputs.len(), "{id}: an input without an entry");
            let runs = matches!(result.state, WorkerTask::Executing | WorkerTask::Cancelled);
            let n_missing = if call.pinned {
                inputs().filter(|input| input.state != WorkerTask::Memory).count()
            } else {
                inputs().filter(|input| !input.is_here()).count()
            };
            ensure!(
                runs || n_missing == call.n_waiting as usize,
                "{id}: {}, waits for {}, misses {n_missing}",
                result.state,
                call.n_waiting
            );
            n_loading += u32::from(call.pinned && !runs && call.n_waiting > 0);
        }
        ensure!(n_loading == self.n_loading, "{} loading counted, {n_loading} are", self.n_loading);
        let has_thread = self.n_executing < self.config.threads.max(1);
        let idles = !self.paused && has_thread && self.n_loading == 0;
        let is_ready = |entry: &super::entries::Entry| entry.state == WorkerTask::Ready;
        let n_ready = self.entries.live().filter(|(_, entry)| is_ready(entry)).count();
        ensure!(!idles || n_ready == 0, "{n_ready} calls are ready beside an idle thread");
        Ok(())
    }
}
