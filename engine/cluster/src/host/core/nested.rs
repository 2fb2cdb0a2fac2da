//! Calls that wait for tasks of their own.

use gristmill_scheduling::{RunId, TaskId, WorkerEvent};

use super::Core;
use crate::host::jobs::Seat;
use crate::host::nested::suspended_max;

/// What follows from a call's beginning to wait.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Suspended {
    /// The threads that there are do.
    Enough,
    /// Another one is to be started.
    OneMore,
    /// So many wait already, and no more may.
    Refused(usize),
}

impl Core {
    /// A call is about to wait, and gives its thread up.
    pub(crate) fn suspend(&mut self, seat: Seat, task: TaskId, run: RunId) -> Suspended {
        let n_suspended: usize = self.workers.iter().map(|local| local.n_suspended).sum();
        let n_max = suspended_max(self.workers.iter().map(|local| local.n_threads).sum());
        let may = n_suspended < n_max && !self.stopped;
        let Some(local) = self.workers.get_mut(seat.worker).filter(|_| may) else {
            return Suspended::Refused(n_max);
        };
        local.n_suspended += 1;
        let lacks = local.n_spares < local.n_suspended;
        local.n_spares += usize::from(lacks);
        self.tell_seat(seat, WorkerEvent::Suspended { task, run });
        if lacks { Suspended::OneMore } else { Suspended::Enough }
    }

    /// It goes on, and there is a thread too many.
    pub(crate) fn resume(&mut self, seat: Seat, task: TaskId, run: RunId) {
        if let Some(local) = self.workers.get_mut(seat.worker) {
            local.n_suspended -= 1;
        }
        self.tell_seat(seat, WorkerEvent::Resumed { task, run });
    }

    /// Whether a thread of this worker is to end because there is one too many; counted as ended, then.
    pub(crate) fn has_spare(&mut self, worker: usize) -> bool {
        let Some(local) = self.workers.get_mut(worker) else { return false };
        let has_spare = local.n_spares > local.n_suspended;
        local.n_spares -= usize::from(has_spare);
        has_spare
    }

    /// Whether threads are there that make up for calls that wait.
    pub(crate) fn has_spares(&self) -> bool {
        self.workers.iter().any(|local| local.n_spares > 0)
    }

    fn tell_seat(&mut self, seat: Seat, event: WorkerEvent) {
        let id = self.workers.get(seat.worker).map(|local| local.id);
        if let Some(id) = id.filter(|_| seat.n_returns == self.n_returns) {
            self.on_worker_event(self.now(), id, event);
            self.pump();
        }
    }
}
