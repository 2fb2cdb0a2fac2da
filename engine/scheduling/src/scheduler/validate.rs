//! The scheduler's invariants, checked from scratch.

use std::collections::BTreeMap;

use super::{NONE, Scheduler};
use crate::{SchedulerTask, Tier, state::Pause};

/// Fails the check with words if the condition doesn't hold.
macro_rules! ensure {
    ($condition:expr, $($words:tt)+) => {
        if !$condition {
            return Err(format!($($words)+));
        }
    };
}

impl Scheduler {
    /// Checks every invariant, in time proportional to all tasks.
    ///
    /// # Errors
    /// Returns what is wrong, in words. That is always a mistake of this crate.
    pub fn validate(&self) -> Result<(), String> {
        for slot in self.tasks.slots() {
            if self.state_of(slot) != SchedulerTask::Forgotten {
                self.validate_uses(slot)?;
                self.validate_state(slot)?;
            }
        }
        self.validate_counts()?;
        self.validate_workers()?;
        self.validate_rest()
    }

    /// Counters of uses equal what the graph says.
    fn validate_uses(&self, slot: u32) -> Result<(), String> {
        let task = &self.tasks.hot[slot as usize];
        let id = self.tasks.id(slot);
        let is_active = |state| {
            matches!(
                state,
                SchedulerTask::Waiting
                    | SchedulerTask::Queued
                    | SchedulerTask::NoWorker
                    | SchedulerTask::Processing
            )
        };
        if self.entering.is_some() {
            // Uses are counted ahead of the tasks that have them.
            return Ok(());
        }
        let dependents = || self.tasks.dependents(slot).map(|dependent| self.state_of(dependent));
        let n_alive = dependents().filter(|&state| state != SchedulerTask::Forgotten).count();
        ensure!(
            n_alive == task.n_dependents as usize,
            "{id}: {} dependents counted, {n_alive} live",
            task.n_dependents
        );
        let n_waiters = dependents().filter(|&state| is_active(state)).count();
        ensure!(
            n_waiters == task.n_waiters as usize,
            "{id}: {} waiters counted, {n_waiters} wait",
            task.n_waiters
        );
        for &input in self.tasks.inputs(slot) {
            let lists = self.tasks.dependents(input).any(|dependent| dependent == slot);
            ensure!(lists, "{id}: its input {} does not list it", self.tasks.id(input));
        }
        ensure!(self.tasks.by_key(&self.key_of(slot)) == Some(slot), "{id}: its key leads elsewhere");
        let is_loose = n_waiters == 0 && task.client == NONE && !self.loose.contains(&slot);
        let lingers = is_loose
            && (is_active(task.state)
                || (task.state == SchedulerTask::Memory && !task.scattered)
                || n_alive == 0);
        ensure!(!lingers, "{id}: {} although nobody needs it", task.state);
        Ok(())
    }

    fn validate_state(&self, slot: u32) -> Result<(), String> {
        let task = &self.tasks.hot[slot as usize];
        let id = self.tasks.id(slot);
        let states = || self.tasks.inputs(slot).iter().map(|&input| self.state_of(input));
        let n_missing = states().filter(|&state| state != SchedulerTask::Memory).count();
        let holders: Vec<u32> = self.tasks.holders(slot).iter().map(|holder| holder.worker()).collect();
        ensure!(
            (task.state == SchedulerTask::Memory) != holders.is_empty(),
            "{id}: {} with holders {holders:?}",
            task.state
        );
        ensure!(holders.len() == usize::from(task.n_holders), "{id}: {} holders counted", task.n_holders);
        let all_alive = holders.iter().all(|&worker| self.workers[worker as usize].alive);
        ensure!(all_alive, "{id}: held by a lost worker: {holders:?}");
        ensure!(
            (task.state == SchedulerTask::Erred) == self.failures.contains_key(&slot),
            "{id}: {} and its failure don't go together",
            task.state
        );
        match task.state {
            SchedulerTask::Waiting => {
                ensure!(
                    task.n_waiting as usize == n_missing,
                    "{id}: waits for {}, misses {n_missing}",
                    task.n_waiting
                );
                ensure!(n_missing > 0, "{id}: waits for nothing");
                let stuck =
                    states().any(|state| matches!(state, SchedulerTask::Released | SchedulerTask::Erred));
                ensure!(!stuck, "{id}: waits for an input that is not coming");
            }
            SchedulerTask::Queued | SchedulerTask::NoWorker => {
                ensure!(n_missing == 0, "{id}: {} but misses {n_missing} inputs", task.state);
            }
            SchedulerTask::Processing => {
                let state = &self.workers[task.worker as usize];
                let run = state.processing.get(task.mark as usize);
                ensure!(state.alive, "{id}: processing on a lost worker");
                ensure!(run.is_some_and(|run| run.slot == slot), "{id}: not in its worker's list");
            }
            _ => {}
        }
        if task.state == SchedulerTask::NoWorker {
            ensure!(self.eligible(slot).is_empty(), "{id}: no-worker although some may run it");
            ensure!(self.stranded.contains(&slot), "{id}: no-worker, but not stranded");
        }
        Ok(())
    }

    /// Sums over tasks equal the scheduler's counters.
    fn validate_counts(&self) -> Result<(), String> {
        let count = |state| self.tasks.slots().filter(|&slot| self.state_of(slot) == state).count();
        ensure!(
            count(SchedulerTask::Processing) == self.n_processing,
            "{} processing counted",
            self.n_processing
        );
        let n_suspended: usize = self.workers.iter().map(|state| state.n_suspended as usize).sum();
        ensure!(n_suspended == self.n_suspended, "{} suspended counted", self.n_suspended);
        ensure!(count(SchedulerTask::Queued) == self.n_queued, "{} queued counted", self.n_queued);
        let queued = || self.tasks.slots().filter(|&slot| self.state_of(slot) == SchedulerTask::Queued);
        let n_shared = queued().filter(|&slot| self.tasks.hot[slot as usize].worker == NONE).count();
        ensure!(n_shared == self.n_shared, "{} shared counted, {n_shared} are", self.n_shared);
        let of_tenants: usize = self.tenants.all.iter().map(|tenant| tenant.n_queued).sum();
        ensure!(of_tenants == self.n_queued, "tenants have {of_tenants} queued, all {}", self.n_queued);
        for slot in queued() {
            ensure!(self.is_in_queue(slot), "{}: queued, but in no queue", self.tasks.id(slot));
        }
        let n_live =
            self.tasks.slots().filter(|&slot| self.state_of(slot) != SchedulerTask::Forgotten).count();
        ensure!(n_live == self.tasks.n_live(), "{} live counted, {n_live} are", self.tasks.n_live());
        let mut of_graphs: BTreeMap<u32, u32> = BTreeMap::new();
        let live = self.tasks.slots().filter(|&slot| self.state_of(slot) != SchedulerTask::Forgotten);
        live.for_each(|slot| *of_graphs.entry(self.tasks.cold[slot as usize].graph).or_default() += 1);
        for (graph, n) in of_graphs {
            let counted = self.graphs.get(&graph).map(|state| state.n_live);
            ensure!(
                graph == NONE || counted == Some(n) || self.entering.is_some(),
                "g{graph}: {counted:?} live counted, {n} are"
            );
        }
        Ok(())
    }

    fn is_in_queue(&self, slot: u32) -> bool {
        let entry = self.entry(slot);
        let tenant = &self.tenants.all[self.tenant_of(slot) as usize];
        match self.tasks.hot[slot as usize].worker {
            NONE => {
                let class = tenant.for_class.get(self.class_of(slot) as usize);
                class.is_some_and(|heap| heap.iter().any(|other| other == entry))
                    || tenant.roots.iter().any(|roots| roots.left().any(|other| other == entry))
            }
            worker => {
                let heap = tenant.for_worker.get(worker as usize);
                heap.is_some_and(|heap| heap.iter().any(|other| other == entry))
            }
        }
    }

    fn validate_workers(&self) -> Result<(), String> {
        for (worker, state) in self.workers.iter().enumerate() {
            let holds = |spilled: bool| -> u64 {
                let held = self.tasks.slots().filter(|&slot| {
                    let tier = self.tasks.holder(slot, worker as u32).map(super::tasks::Holder::tier);
                    tier.is_some_and(|tier| (tier == Tier::Spill) == spilled)
                });
                held.map(|slot| self.tasks.hot[slot as usize].nbytes).sum()
            };
            let (memory, spilled) = (holds(false), holds(true));
            ensure!(
                memory == state.memory_nbytes,
                "w{worker}: {} bytes counted, {memory} held",
                state.memory_nbytes
            );
            ensure!(
                spilled == state.spilled_nbytes,
                "w{worker}: {} bytes counted, {spilled} spilled",
                state.spilled_nbytes
            );
            let occupancy: u64 = state.processing.iter().map(|run| run.duration_ns).sum();
            ensure!(
                occupancy == state.occupancy_ns,
                "w{worker}: occupancy {} is {occupancy}",
                state.occupancy_ns
            );
            let output: u64 = state.processing.iter().map(|run| run.output_nbytes).sum();
            ensure!(output == state.output_nbytes, "w{worker}: output {} is {output}", state.output_nbytes);
            let n_asked = state.processing.iter().filter(|run| run.thief != NONE).count();
            ensure!(
                n_asked == state.n_asked as usize,
                "w{worker}: {} asked back, {n_asked} are",
                state.n_asked
            );
            let n_suspended = state.processing.iter().filter(|run| run.pause == Pause::Now).count();
            ensure!(
                n_suspended == state.n_suspended as usize,
                "w{worker}: {} suspended, {n_suspended} are",
                state.n_suspended
            );
            let flying = self.flights.iter().filter(|(flight, _)| flight.worker == worker as u32);
            let incoming: u64 = flying.map(|(_, cargo)| cargo.nbytes).sum();
            ensure!(
                incoming == state.incoming_nbytes,
                "w{worker}: incoming {} is {incoming}",
                state.incoming_nbytes
            );
            let sent = self.flights.values().filter(|cargo| cargo.source == worker as u32);
            let outgoing: u64 = sent.map(|cargo| cargo.nbytes).sum();
            ensure!(
                outgoing == state.outgoing_nbytes,
                "w{worker}: outgoing {} is {outgoing}",
                state.outgoing_nbytes
            );
            ensure!(
                state.alive || (state.processing.is_empty() && state.n_held == 0),
                "w{worker}: lost, but has work"
            );
            if self.policy.binds_late() {
                let threads = u64::from(state.info.threads);
                let n_max = (threads * u64::from(self.config.saturation_percent)).div_ceil(100);
                let n_max = n_max.max(threads * u64::from(self.config.queued_tasks_max)) as usize;
                // Those that go on again have others beside them that were sent meanwhile.
                let n = state.processing.iter().filter(|run| run.pause == Pause::Never).count();
                ensure!(n <= n_max, "w{worker}: {n} tasks are too many");
            }
        }
        Ok(())
    }

    /// Nothing that could go on stands still.
    fn validate_rest(&self) -> Result<(), String> {
        self.validate_leaving()?;
        ensure!(self.ready.is_empty() && self.woken.is_empty(), "work was left over");
        ensure!(
            self.n_processing > self.n_suspended || self.n_queued == 0,
            "{} tasks are queued and none runs",
            self.n_queued
        );
        if self.n_shared == 0 {
            return Ok(());
        }
        let shared = self.tasks.slots().filter(|&slot| {
            self.state_of(slot) == SchedulerTask::Queued && self.tasks.hot[slot as usize].worker == NONE
        });
        for slot in shared {
            let idle = self.eligible(slot).iter().find(|&&worker| {
                self.workers[worker as usize].n_running() == 0
                    && self.has_room(worker)
                    && self.may_run(self.class_of(slot), worker)
                    && self.brake(worker) == super::send::Brake::Off
            });
            ensure!(idle.is_none(), "{} is queued while w{idle:?} idles", self.tasks.id(slot));
        }
        Ok(())
    }
}
