//! Placing what became runnable, and seeing that no worker idles beside it.

use super::{ANYWHERE, NONE, Scheduler, roots::RootSet, send::Brake};
use crate::{SchedulerTask, heap::Entry, policy::RootRule};

/// Roots that must become runnable together to be cut into segments, and at least one per worker.
const ROOTS_CUT_MIN: usize = 2;
/// Sets of such tasks at a time; more are placed one by one.
const BROADCAST_SETS_MAX: usize = 4;
/// Sets of roots that a tenant's workers draw from; more are cut anew as one.
const ROOT_SETS_MAX: usize = 16;
/// Time between two looks of starved workers for something to take over: waits change slowly.
const LOOK_AGAIN_NS: u64 = 100_000;
/// Inputs at most of tasks that are treated as roots because they all share them.
const BROADCAST_INPUTS_MAX: u32 = 4;

impl Scheduler {
    /// Places the tasks whose inputs are all in memory, by priority.
    pub(super) fn place_ready(&mut self) {
        if self.ready.is_empty() {
            return;
        }
        let mut ready = std::mem::take(&mut self.ready);
        if ready.len() > 1 {
            ready.sort_unstable();
        }
        let is_runnable = |&(_, slot): &Entry| {
            let task = &self.tasks.hot[slot as usize];
            task.state == SchedulerTask::Waiting && task.n_waiting == 0
        };
        ready.retain(is_runnable);
        let n_cut_min = self.alive.len().max(ROOTS_CUT_MIN);
        if ready.len() >= n_cut_min && self.policy.roots() != RootRule::Place {
            self.withhold_roots(&mut ready, n_cut_min);
        }
        ready.drain(..).for_each(|(_, slot)| self.place(slot));
        self.ready = ready;
    }

    /// Takes roots out of the ready tasks, and cuts them between the workers.
    fn withhold_roots(&mut self, ready: &mut Vec<Entry>, n_cut_min: usize) {
        if self.alive.is_empty() {
            return;
        }
        let n_shared_min = ready.len() as u32 / 2;
        let is_root =
            |&(_, slot): &Entry| self.class_of(slot) == ANYWHERE && self.is_rootish(slot, n_shared_min);
        let (roots, others): (Vec<Entry>, Vec<Entry>) = ready.iter().copied().partition(is_root);
        if roots.len() < n_cut_min || self.policy.roots() == RootRule::Shared {
            return;
        }
        *ready = others;
        let threads = |worker: u32| (worker, self.workers[worker as usize].info.threads);
        let workers: Vec<(u32, u32)> = self.alive.iter().map(|&worker| threads(worker)).collect();
        for tenant in 0..self.tenants.all.len() as u32 {
            let mut of_tenant = roots.clone();
            of_tenant.retain(|&(_, slot)| self.tenant_of(slot) == tenant);
            if of_tenant.is_empty() {
                continue;
            }
            of_tenant.iter().for_each(|&(_, slot)| self.mark_shared(slot, tenant));
            let sets = &mut self.tenants.all[tenant as usize].roots;
            if sets.len() >= ROOT_SETS_MAX {
                of_tenant.extend(sets.drain(..).flat_map(|set| set.left().collect::<Vec<Entry>>()));
                of_tenant.sort_unstable();
            }
            sets.push(RootSet::cut(of_tenant, &workers));
        }
    }

    /// Whether a task may run anywhere equally well: it has no inputs, or few that all its siblings share
    /// and that take less time to send than it takes to run.
    fn is_rootish(&self, slot: u32, n_shared_min: u32) -> bool {
        let n_inputs = self.tasks.n_inputs(slot);
        if n_inputs == 0 {
            return true;
        }
        let shared = |&input: &u32| self.tasks.hot[input as usize].n_waiters >= n_shared_min.max(2);
        let n_sets = self.tenants.all[self.tenant_of(slot) as usize].roots.len();
        if n_inputs > BROADCAST_INPUTS_MAX
            || n_sets >= BROADCAST_SETS_MAX
            || !self.tasks.inputs(slot).iter().all(shared)
        {
            return false;
        }
        let nbytes = self.tasks.inputs(slot).iter().map(|&input| self.tasks.hot[input as usize].nbytes).sum();
        let send_ns =
            self.alive.first().map_or(0, |&worker| self.workers[worker as usize].network.ns(nbytes));
        self.is_duration_known(slot) && send_ns <= self.expected_duration_ns(slot)
    }

    /// Places one runnable task: on a worker, in its queue, or in a queue for all.
    fn place(&mut self, slot: u32) {
        let class = self.class_of(slot);
        if self.families.classes[class as usize].eligible.is_empty() {
            self.transition(slot, SchedulerTask::NoWorker);
            self.stranded.push(slot);
            return;
        }
        let is_root = self.tasks.n_inputs(slot) == 0;
        if is_root && class == ANYWHERE && self.policy.roots() != RootRule::Place {
            return self.enqueue_shared(slot);
        }
        let mut random = self.random;
        let chosen = self.policy.choose(self, &mut random, slot);
        self.random = random;
        let Some(worker) = chosen else { return self.enqueue_shared(slot) };
        if !self.policy.binds_late() && class == ANYWHERE {
            return self.send(slot, worker);
        }
        let fits = (self.has_room(worker) || self.may_prefetch(worker, slot))
            && self.may_run(class, worker)
            && self.workers[worker as usize].n_held == 0
            && self.passes(slot, self.brake(worker));
        if fits {
            self.send(slot, worker);
        } else if class == ANYWHERE {
            self.enqueue_for(slot, worker);
            self.wake(worker);
        } else {
            self.enqueue_shared(slot);
        }
    }

    pub(super) fn fill_woken(&mut self) {
        while let Some(worker) = self.woken.pop() {
            self.workers[worker as usize].woken = false;
            self.fill(worker);
        }
    }

    /// A worker with room has found nothing: it is remembered, and looks for something to take over.
    pub(super) fn starve(&mut self, worker: u32) {
        if !self.steal(worker) && !self.workers[worker as usize].starved {
            self.workers[worker as usize].starved = true;
            self.starved.push(worker);
        }
    }

    /// Offers new shared tasks to starved workers; and lets one of them look again for something to take over.
    pub(super) fn feed_starved(&mut self) {
        if self.starved.is_empty() {
            return;
        }
        if std::mem::take(&mut self.shared_added) {
            self.deal_out();
        } else if self.policy.steals() && self.now.since(self.looked_at) >= LOOK_AGAIN_NS {
            self.looked_at = self.now;
            let at = self.random.below(self.starved.len());
            let worker = self.starved.swap_remove(at);
            self.workers[worker as usize].starved = false;
            if self.has_room(worker) {
                self.starve(worker);
            }
        }
        self.fill_woken();
    }

    /// Gives starved workers shared tasks, one each in turn, so that few tasks spread over all.
    fn deal_out(&mut self) {
        let mut players = std::mem::take(&mut self.starved);
        while self.n_shared > 0 && !players.is_empty() {
            players.retain(|&worker| {
                self.workers[worker as usize].starved = false;
                let brake = self.brake(worker);
                let drawn = if self.has_room(worker) { self.draw(worker, brake) } else { None };
                match drawn {
                    Some(slot) => self.send(slot, worker),
                    None => self.stay_starved(worker),
                }
                drawn.is_some()
            });
        }
        players.into_iter().for_each(|worker| self.stay_starved(worker));
    }

    fn stay_starved(&mut self, worker: u32) {
        let starved = self.has_room(worker);
        self.workers[worker as usize].starved = starved;
        if starved {
            self.starved.push(worker);
        }
    }

    /// When the brake holds everything back and nothing runs, nothing would ever free memory:
    /// the emptiest worker runs one task all the same.
    pub(super) fn let_one_through(&mut self) {
        if self.n_processing > self.n_suspended || self.n_queued == 0 {
            return;
        }
        let mut workers = self.alive.clone();
        workers.sort_by_key(|&worker| {
            let state = &self.workers[worker as usize];
            let share =
                u128::from(state.in_flight_nbytes()) * 1000 / u128::from(state.info.memory_limit_nbytes);
            (state.paused, share, worker)
        });
        for brake in [Brake::All, Brake::Roots, Brake::Off] {
            for &worker in &workers {
                if let Some(slot) = self.draw(worker, brake) {
                    return self.send(slot, worker);
                }
            }
        }
    }

    /// Takes every task out of a worker's queues, to be placed again.
    pub(super) fn empty_queue_of(&mut self, worker: u32) {
        for tenant in 0..self.tenants.all.len() {
            let Some(heap) = self.tenants.all[tenant].for_worker.get_mut(worker as usize) else { continue };
            for entry in heap.drain() {
                if self.is_for(entry, worker) {
                    self.unqueue(entry.1);
                }
            }
        }
    }

    /// Takes a task out of its queue, to be placed again.
    pub(super) fn unqueue(&mut self, slot: u32) {
        self.leave_queue(slot);
        self.transition(slot, SchedulerTask::Waiting);
        self.tasks.hot[slot as usize].worker = NONE;
        self.ready.push(self.entry(slot));
    }
}
