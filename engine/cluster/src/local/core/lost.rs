//! What becomes of a result that cannot be had: its spill file cannot be read, or its device is lost.

use std::sync::Arc;

use gristmill_gpu::is_lost;
use gristmill_graph::Key;
use gristmill_scheduling::{TaskId, WorkerEvent, WorkerId, WorkerTask};
use gristmill_storage::SpillFile;

use super::super::clients::End;
use super::{Core, Mail, Stored};

/// What a client is told that could not read a result.
pub(in crate::local) enum Unreadable {
    /// The result is elsewhere by now, or computed again: look again.
    Again,
    /// The result cannot be had.
    Lost,
}

impl Core {
    /// Takes in that a client could not read a result's spill file: the result is computed again from lineage, as one
    /// that a task could not read is. Data that a client has scattered has none.
    pub(in crate::local) fn on_unreadable(&mut self, key: Key, file: &Arc<SpillFile>) -> Unreadable {
        // While it is read back for a task, whoever reads it says how that went.
        let is_it = |stored: &Stored| matches!(stored, Stored::Spilled(held) if Arc::ptr_eq(held, file));
        self.recompute(key, WorkerTask::Spilled, is_it, |task| WorkerEvent::UnspillFailed { task })
    }

    /// The same of a result that was on a device.
    pub(in crate::local) fn on_device_lost(&mut self, key: Key) -> Unreadable {
        let is_it = |stored: &Stored| matches!(stored, Stored::Memory(value) if is_lost(value));
        self.recompute(key, WorkerTask::Memory, is_it, |task| WorkerEvent::Lost { task })
    }

    fn recompute(
        &mut self,
        key: Key,
        state: WorkerTask,
        is_it: impl Fn(&Stored) -> bool,
        event: impl Fn(TaskId) -> WorkerEvent,
    ) -> Unreadable {
        let Some(task) = self.scheduler.task(key) else { return Unreadable::Again };
        let holder = self.workers.iter().position(|local| {
            local.machine.state(task) == state && local.values.get(task).is_some_and(&is_it)
        });
        let Some(worker) = holder else { return Unreadable::Again };
        if !self.clients.may_recompute(&key) {
            return Unreadable::Lost;
        }
        self.mail.push_back(Mail::Worker(WorkerId(worker as u32), event(task)));
        self.pump();
        match self.clients.end_of(&key) {
            Some(End::Erred(_)) => Unreadable::Lost,
            _ => Unreadable::Again,
        }
    }
}
