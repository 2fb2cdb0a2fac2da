//! What a placement policy may look at.

use super::{ANYWHERE, Flight, Scheduler, workers::WorkerState};
use crate::{SchedulerConfig, Tier};

impl Scheduler {
    pub(crate) fn config(&self) -> &SchedulerConfig {
        &self.config
    }

    pub(crate) fn worker(&self, worker: u32) -> &WorkerState {
        &self.workers[worker as usize]
    }

    /// The live workers that may run a task.
    pub(crate) fn eligible(&self, slot: u32) -> &[u32] {
        &self.families.classes[self.class_of(slot) as usize].eligible
    }

    pub(crate) fn is_restricted(&self, slot: u32) -> bool {
        self.class_of(slot) != ANYWHERE
    }

    pub(crate) fn inputs_of(&self, slot: u32) -> &[u32] {
        self.tasks.inputs(slot)
    }

    pub(crate) fn nbytes_of(&self, slot: u32) -> u64 {
        self.tasks.hot[slot as usize].nbytes
    }

    pub(crate) fn holders_of(&self, slot: u32) -> impl Iterator<Item = u32> + '_ {
        self.tasks.holders(slot).iter().map(|holder| holder.worker())
    }

    /// The tier in which a worker holds a result, if it does.
    pub(crate) fn tier_of(&self, slot: u32, worker: u32) -> Option<Tier> {
        self.tasks.holder(slot, worker).map(super::tasks::Holder::tier)
    }

    /// Whether a result is on its way to a worker.
    pub(crate) fn is_flying(&self, slot: u32, worker: u32) -> bool {
        !self.flights.is_empty() && self.flights.contains_key(&Flight { task: self.tasks.id(slot), worker })
    }

    pub(crate) fn is_duration_known(&self, slot: u32) -> bool {
        self.families.of(self.tasks.hot[slot as usize].family).duration_ns.is_some()
    }

    /// What the least busy holder needs before it can send a result: what it has to send before, and to read it.
    pub(crate) fn source_ns(&self, slot: u32, nbytes: u64) -> u64 {
        let from = |holder: super::tasks::Holder| {
            let state = &self.workers[holder.worker() as usize];
            let read_ns = match holder.tier() {
                Tier::Memory => 0,
                Tier::Device => state.device.ns(nbytes),
                Tier::Spill => state.spill.ns(nbytes),
            };
            read_ns + self.outgoing_ns(holder.worker())
        };
        self.tasks.holders(slot).iter().copied().map(from).min().unwrap_or_default()
    }

    /// A worker that has room and nothing to do, if one is known.
    pub(crate) fn an_idle_worker(&self) -> Option<u32> {
        self.starved.last().copied()
    }

    /// What compiling a task's component takes on a worker that never ran it.
    pub(crate) fn compile_ns(&self, slot: u32, worker: u32) -> u64 {
        let component = self.families.of(self.tasks.hot[slot as usize].family).component;
        match component {
            Some(component) if !self.workers[worker as usize].is_warm(component) => self.config.compile_ns,
            _ => 0,
        }
    }
}
