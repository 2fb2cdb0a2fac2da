//! Stealing: a worker with nothing to do takes over what waits for a busy one.
//!
//! What still waits in the scheduler is simply sent elsewhere. What has been sent is asked back, and the victim
//! answers whether it had started. Candidates are compared by buckets of log2(transfer / work), so that of many
//! tasks one that is cheap to move is found without sorting; a task that would not have waited much longer than
//! moving takes stays where it is.

use super::{NONE, Scheduler};
use crate::{SchedulerMsg, policy::arrival, state::Pause};

/// Busy workers looked at.
const VICTIMS_SAMPLED: usize = 3;
/// Tasks of a victim looked at, the last ones first.
const TASKS_SAMPLED: usize = 4;
/// Tasks asked back from one victim at a time.
const ASKED_MAX: u32 = 4;

/// A task is moved only if it would have waited so many times longer than moving takes.
/// Measured on shuffles: below 8, inputs are moved that all their other readers must then follow.
const GAIN_MIN: u64 = 8;

/// How dear a task is to move: log2 of transfer over work; the smaller the better.
fn bucket(transfer_ns: u64, work_ns: u64) -> i32 {
    (transfer_ns.max(1).ilog2() as i32) - (work_ns.max(1).ilog2() as i32)
}

impl Scheduler {
    /// Looks for a task to take over. True if the thief has got one, or asked for one.
    pub(super) fn steal(&mut self, thief: u32) -> bool {
        if !self.policy.steals() || self.alive.len() < 2 {
            return false;
        }
        let sampled = |scheduler: &mut Self| {
            (0..VICTIMS_SAMPLED)
                .map(|_| scheduler.alive[scheduler.random.below(scheduler.alive.len())])
                .filter(|&victim| victim != thief)
                .max_by_key(|&victim| (scheduler.workers[victim as usize].queue_ns(), victim))
        };
        let Some(mut victim) = sampled(self) else { return false };
        if self.n_queued > self.n_shared && self.workers[victim as usize].n_held == 0 {
            let holding =
                self.alive.iter().copied().find(|&w| w != thief && self.workers[w as usize].n_held > 0);
            victim = holding.unwrap_or(victim);
        }
        self.take_held(victim, thief) || self.ask_back(victim, thief)
    }

    /// Sends one of the tasks that wait in the scheduler for the victim to the thief.
    fn take_held(&mut self, victim: u32, thief: u32) -> bool {
        if self.workers[victim as usize].n_held == 0 {
            return false;
        }
        let brake = self.brake(thief);
        let mut best: Option<(i32, usize, usize, u32)> = None;
        for tenant in 0..self.tenants.all.len() {
            let Some(heap) = self.tenants.all[tenant].for_worker.get(victim as usize) else { continue };
            for (at, entry) in heap.iter().enumerate().rev().take(TASKS_SAMPLED) {
                if !self.is_for(entry, victim) || !self.passes(entry.1, brake) {
                    continue;
                }
                let Some(bucket) = self.worth(entry.1, victim, thief) else { continue };
                if best.is_none_or(|(other, ..)| bucket < other) {
                    best = Some((bucket, tenant, at, entry.1));
                }
            }
        }
        let Some((_, tenant, at, slot)) = best else { return false };
        self.tenants.all[tenant].for_worker[victim as usize].take_at(at);
        self.send(slot, thief);
        self.wake(thief);
        true
    }

    /// Asks one of the tasks sent to the victim back for the thief.
    fn ask_back(&mut self, victim: u32, thief: u32) -> bool {
        let state = &self.workers[victim as usize];
        let threads = state.info.threads as usize;
        if state.n_running() <= threads
            || state.n_asked >= ASKED_MAX
            || self.workers[thief as usize].n_running() > 0
        {
            return false;
        }
        let mut best: Option<(i32, usize)> = None;
        for (at, run) in state.processing.iter().enumerate().skip(threads).rev().take(TASKS_SAMPLED) {
            if run.thief != NONE || run.pause != Pause::Never || !self.may_run(self.class_of(run.slot), thief)
            {
                continue;
            }
            let Some(bucket) = self.worth(run.slot, victim, thief) else { continue };
            if best.is_none_or(|(other, _)| bucket < other) {
                best = Some((bucket, at));
            }
        }
        let Some((_, at)) = best else { return false };
        let state = &mut self.workers[victim as usize];
        state.n_asked += 1;
        state.processing[at].thief = thief;
        let run = state.processing[at];
        self.tell_worker(victim, SchedulerMsg::Steal { task: self.tasks.id(run.slot), run: run.run });
        false
    }

    /// The bucket of a task, if moving it gains more than it costs.
    fn worth(&self, slot: u32, victim: u32, thief: u32) -> Option<i32> {
        let there = &self.workers[victim as usize];
        let work_ns = self.expected_duration_ns(slot);
        // The task is likely among the last: it waits for all the others, but not for itself.
        let wait_ns = there.queue_ns().saturating_sub(work_ns / u64::from(there.info.threads));
        let transfer_ns = arrival(self, slot, thief).transfer_ns;
        let gains = transfer_ns.saturating_mul(GAIN_MIN) <= wait_ns || (transfer_ns == 0 && wait_ns > 0);
        gains.then(|| bucket(transfer_ns, work_ns))
    }
}
