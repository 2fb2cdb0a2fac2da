//! What becomes of a result that cannot be had: its spill file cannot be read, or its device is lost.

use std::sync::Arc;

use gristmill_graph::Key;
use gristmill_scheduling::{TaskId, WorkerEvent, WorkerId};
use gristmill_storage::SpillFile;

use super::{Core, LocalWorker, Mail};
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
        match self.holder(key, |local, task| local.unreadable(task, file)) {
            None => Unreadable::Again,
            Some(_) if !self.clients.may_recompute(&key) => Unreadable::Lost,
            Some((worker, event)) => self.tell(key, worker, event),
        }
    }

    /// The same of a result that was on a device. A call that uses it may have to find that out first.
    pub(crate) fn on_device_lost(&mut self, key: Key) -> Unreadable {
        let lost = |local: &LocalWorker, task| local.lost(task);
        let Some((worker, event)) = self.holder(key, lost) else { return Unreadable::Again };
        let told = self.tell(key, worker, event);
        match self.holder(key, lost) {
            None if !self.clients.may_recompute(&key) => Unreadable::Lost,
            _ => told,
        }
    }

    /// Who holds a result that cannot be read, and what it is to be told.
    fn holder(
        &self,
        key: Key,
        event: impl Fn(&LocalWorker, TaskId) -> Option<WorkerEvent>,
    ) -> Option<(WorkerId, WorkerEvent)> {
        let task = self.task(key)?;
        self.workers.iter().find_map(|local| Some((local.id, event(local, task)?)))
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
