//! What becomes of a result that cannot be had: its spill file cannot be read, or its device is lost.

use std::sync::Arc;

use gristmill_gpu::is_lost;
use gristmill_graph::Key;
use gristmill_scheduling::{TaskId, WorkerEvent, WorkerId, WorkerTask};
use gristmill_storage::SpillFile;

use super::{Core, Mail, Stored};
use crate::host::clients::End;

/// What a client is told that could not read a result.
pub(crate) enum Unreadable {
    /// The result is elsewhere by now, or computed again: look again.
    Again,
    /// The result cannot be had.
    Lost,
}

impl Core {
    /// Takes in that a client could not read a result's spill file: the result is computed again from lineage, as one
    /// that a task could not read is. Data that a client has scattered has none.
    pub(crate) fn on_unreadable(&mut self, key: Key, file: &Arc<SpillFile>) -> Unreadable {
        // While it is read back for a task, whoever reads it says how that went.
        let is_it = |stored: &Stored| matches!(stored, Stored::Spilled(held) if Arc::ptr_eq(held, file));
        match self.holder(key, &[WorkerTask::Spilled], is_it) {
            None => Unreadable::Again,
            Some(_) if !self.clients.may_recompute(&key) => Unreadable::Lost,
            Some((worker, task)) => self.tell(key, worker, WorkerEvent::UnspillFailed { task }),
        }
    }

    /// The same of a result that was on a device. A call that uses it may have to find that out first.
    pub(crate) fn on_device_lost(&mut self, key: Key) -> Unreadable {
        let is_it = |stored: &Stored| matches!(stored, Stored::Memory(value) if is_lost(value));
        let states = [WorkerTask::Memory, WorkerTask::Spilling];
        let Some((worker, task)) = self.holder(key, &states, is_it) else { return Unreadable::Again };
        let told = self.tell(key, worker, WorkerEvent::Lost { task });
        match self.holder(key, &states, is_it) {
            None if !self.clients.may_recompute(&key) => Unreadable::Lost,
            _ => told,
        }
    }

    /// Who holds a result that cannot be read, in one of these states.
    fn holder(
        &self,
        key: Key,
        states: &[WorkerTask],
        is_it: impl Fn(&Stored) -> bool,
    ) -> Option<(WorkerId, TaskId)> {
        let task = self.task(key)?;
        let worker = self.workers.iter().find(|local| {
            states.contains(&local.machine.state(task)) && local.values.get(task).is_some_and(&is_it)
        });
        worker.map(|worker| (worker.id, task))
    }

    fn tell(&mut self, key: Key, worker: WorkerId, event: WorkerEvent) -> Unreadable {
        self.mail.push_back(Mail::Worker(worker, event));
        self.pump();
        match self.clients.end_of(&key) {
            Some(End::Erred(_)) => Unreadable::Lost,
            _ => Unreadable::Again,
        }
    }
}
