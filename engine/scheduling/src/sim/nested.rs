//! Calls that wait for other tasks while they run, as clients of the scheduler do.

use super::run::{Call, Happening, Sim};
use crate::{ClientId, ClientMsg, ReportMsg, SchedulerEvent, TaskId, WorkerEvent, WorkerId};

/// The first client that is a call; those before are the simulation's own.
const FIRST_CLIENT: u32 = 10;

/// A call that waits.
#[derive(Debug)]
pub(super) struct Wait {
    client: ClientId,
    call: Call,
}

impl Sim<'_> {
    /// A row that a call of another may wait for. So that none waits for itself in the end, those without inputs wait only
    /// for later ones without inputs, and the others for earlier rows.
    fn awaited(&mut self, row: u32) -> u32 {
        let inputs = &self.graph.submission.inputs;
        let is_root = |row: usize| inputs.row(row as u32).is_empty();
        if !is_root(row as usize) {
            return self.random.below(row as usize) as u32;
        }
        let n_later = self.graph.submission.len() - row as usize - 1;
        let later = row as usize + 1 + self.random.below(n_later.max(1));
        if n_later > 0 && is_root(later) { later as u32 } else { row }
    }

    /// A call comes to a point where it wants the result of another row.
    pub(super) fn suspend(&mut self, call: Call) -> Result<(), String> {
        let Call { worker, task, run, row } = call;
        if !self.nodes[worker.idx()].runs {
            return Ok(());
        }
        let awaited = self.awaited(row);
        if awaited == row {
            return self.resumes(call);
        }
        let client = ClientId(FIRST_CLIENT + self.n_waits);
        self.n_waits += 1;
        self.waits.push(Wait { client, call });
        let keys = vec![self.graph.submission.keys[awaited as usize]];
        let event = SchedulerEvent::Client { client, msg: ClientMsg::Want { keys } };
        self.push(self.config.latency_ns, Happening::ToScheduler(event));
        self.at_worker(worker, WorkerEvent::Suspended { task, run })
    }

    /// The scheduler reports to a call.
    pub(super) fn tell_call(&mut self, client: ClientId, msg: &ReportMsg) {
        if !matches!(msg, ReportMsg::Lost { .. }) {
            self.resume(|wait| wait.client == client);
        }
    }

    /// These calls go on, and want nothing any more.
    pub(super) fn resume(&mut self, is_it: impl Fn(&Wait) -> bool) {
        while let Some(at) = self.waits.iter().position(&is_it) {
            let Wait { client, call } = self.waits.swap_remove(at);
            self.push(self.config.latency_ns, Happening::ToScheduler(SchedulerEvent::ClientLost { client }));
            self.push(self.config.latency_ns, Happening::Resumes(call));
        }
    }

    /// Calls of this worker, or this one alone, have nobody left to wait for.
    pub(super) fn resume_at(&mut self, worker: WorkerId, task: Option<TaskId>) {
        self.resume(|wait| wait.call.worker == worker && task.is_none_or(|task| wait.call.task == task));
    }

    pub(super) fn resumes(&mut self, call: Call) -> Result<(), String> {
        let Call { worker, task, run, row } = call;
        self.at_worker(worker, WorkerEvent::Resumed { task, run })?;
        self.push(self.graph.duration_ns[row as usize] / 2, Happening::CallEnds(call));
        Ok(())
    }
}
