//! Workers that lose their scheduler, and bring what they hold along to the next.
//!
//! Names of tasks and workers are a scheduler's own; keys are everybody's. So a worker that returns is a new one that
//! has values under keys, as if clients had placed them, and a scheduler takes such values for results of the tasks
//! that clients submit again: what has been done is not done once more, and no scheduler writes anything down.

use std::time::Instant;

use gristmill_gpu::is_lost;
use gristmill_graph::Key;
use gristmill_scheduling::{ClientMsg, SchedulerEvent, WorkerId};
use gristmill_wire::{Epoch, FromWorker, Outbox};

use super::worker::Placed;
use super::{Core, FINDER, Mail};
use crate::host::jobs::{Called, Done, Garbage, Job};
use crate::host::slots::Stored;

/// Results that are told of in one message.
const TOLD_MAX: usize = 10_000;

impl Core {
    /// The worker of this process has joined again: the scheduler is another, or knows it no more.
    pub(crate) fn return_to(&mut self, worker: WorkerId, epoch: Epoch, outbox: Outbox<FromWorker>) {
        self.n_returns += 1;
        self.mail.clear();
        let Some(away) = self.head.as_away_mut() else { return };
        let keys = away.begin_anew(epoch, outbox);
        let Some(local) = self.workers.first_mut() else { return };
        let (jobs, values) = local.begin_anew(worker);
        self.garbage.extend(jobs.into_iter().map(Garbage::Job));
        for (task, stored) in values.into_items() {
            let gone = matches!(&stored, Stored::Memory(value) if is_lost(value));
            let key = keys.get(task).filter(|_| !gone);
            let left = match key {
                Some(key) => {
                    let placed = Placed { stored, since: Instant::now() };
                    local.placed.insert(*key, placed).map(|placed| placed.stored)
                }
                None => Some(stored),
            };
            self.garbage.extend(left.map(Garbage::Stored));
        }
        let results: Vec<(Key, u64)> =
            local.placed.iter().map(|(key, placed)| (*key, placed.stored.nbytes())).collect();
        results.chunks(TOLD_MAX).for_each(|some| away.bring(some.to_vec(), false));
        away.bring(Vec::new(), true);
    }

    /// What threads have done that they were asked for before the worker has returned: results are kept and told of.
    pub(super) fn finish_late(&mut self, jobs: &[Job], done: impl Iterator<Item = Done>) {
        let (Some(local), Some(away)) = (self.workers.first_mut(), self.head.as_away_mut()) else { return };
        for (job, done) in jobs.iter().zip(done) {
            match (job, done) {
                (Job::Call(call), Done::Called(Called { result: Ok(value), .. })) => {
                    self.progress.n_done += 1;
                    let key = call.code.key_of(call.row);
                    away.bring(vec![(key, value.nbytes())], false);
                    let placed = Placed { stored: Stored::Memory(value), since: Instant::now() };
                    let replaced = local.placed.insert(key, placed);
                    self.garbage.extend(replaced.map(|placed| Garbage::Stored(placed.stored)));
                }
                (Job::Keep(code, row, ..), Done::Kept(Some(note))) => away.kept(code.key_of(*row), &note),
                (_, Done::Spilled(Ok(file))) => self.garbage.push(Garbage::File(file)),
                (_, Done::Read(Ok(value))) => self.garbage.push(Garbage::Stored(Stored::Memory(value))),
                _ => {}
            }
        }
    }

    /// A worker has results that no run has put there. They are wanted until it is known who else wants them.
    pub(super) fn take_brought(&mut self, worker: WorkerId, results: &[(Key, u64)]) {
        for &(key, nbytes) in results {
            let msg = ClientMsg::Scatter { key, nbytes, workers: vec![worker] };
            self.mail.push_back(Mail::Scheduler(SchedulerEvent::Client { client: FINDER, msg }));
        }
    }

    /// Whoever wants what workers have brought has said so by now.
    pub(crate) fn let_go_of(&mut self, keys: Vec<Key>) {
        if !keys.is_empty() {
            self.ask_as(FINDER, ClientMsg::Release { keys });
        }
    }

    /// Tells workers and clients of other processes that the cluster ends.
    pub(crate) fn say_end(&self) {
        if let Some(here) = self.head.as_here() {
            here.say_end();
        }
    }
}
