//! Workers that are to leave: given nothing more, and let go when nobody needs them.

use std::collections::BTreeSet;

use super::{Flight, NONE, Scheduler};
use crate::{SchedulerAction, SchedulerMsg, SchedulerTask, WorkerId};

/// What is to be moved before workers can leave.
#[derive(Debug, Default)]
pub(super) struct Leaving {
    /// The workers.
    workers: Vec<u32>,
    /// Results that leaving workers may be alone to hold, to be looked at.
    to_move: Vec<u32>,
    /// Results on their way to workers that stay.
    moving: BTreeSet<u32>,
}

impl Leaving {
    /// A result is not in memory any more.
    pub(super) fn on_gone(&mut self, slot: u32) {
        if !self.moving.is_empty() {
            self.moving.remove(&slot);
        }
    }

    /// Something has changed about who holds a result.
    pub(super) fn look_at(&mut self, slot: u32) {
        if !self.workers.is_empty() {
            self.moving.remove(&slot);
            self.to_move.push(slot);
        }
    }

    /// A worker is gone, whether it was leaving or not.
    pub(super) fn forget(&mut self, worker: u32) {
        self.workers.retain(|&other| other != worker);
        if self.workers.is_empty() {
            *self = Self::default();
        }
    }

    /// Those that were not let go yet.
    pub(super) fn workers(&self) -> impl Iterator<Item = u32> + '_ {
        self.workers.iter().copied()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.workers.is_empty()
    }
}

impl Scheduler {
    pub(super) fn on_retire(&mut self, worker: WorkerId) {
        if self.live(worker).is_none_or(|state| state.retiring) {
            return;
        }
        self.workers[worker.idx()].retiring = true;
        self.leave_placement(worker.0);
        // What has been sent and not begun comes back.
        let mut asked = Vec::new();
        let state = &mut self.workers[worker.idx()];
        for run in state.processing.iter_mut().filter(|run| run.thief == NONE) {
            run.thief = worker.0;
            state.n_asked += 1;
            asked.push((run.slot, run.run));
        }
        for (slot, run) in asked {
            self.tell_worker(worker.0, SchedulerMsg::Steal { task: self.tasks.id(slot), run });
        }
        self.leaving.workers.push(worker.0);
        self.look_for_unique();
        self.strand();
    }

    /// A worker is not among those that tasks are placed on any more.
    pub(super) fn leave_placement(&mut self, worker: u32) {
        self.alive.retain(|&other| other != worker);
        self.starved.retain(|&other| other != worker);
        self.woken.retain(|&other| other != worker);
        self.workers[worker as usize].woken = false;
        self.workers[worker as usize].starved = false;
        self.find_eligible();
        self.empty_queue_of(worker);
        self.forget_thief(worker);
    }

    /// Looks at every result for those that only leaving workers hold.
    pub(super) fn look_for_unique(&mut self) {
        if self.leaving.is_empty() {
            return;
        }
        let unique: Vec<u32> = self.tasks.slots().filter(|&slot| self.is_leaving(slot)).collect();
        self.leaving.to_move.extend(unique);
    }

    /// Whether a result goes with the workers that leave.
    fn is_leaving(&self, slot: u32) -> bool {
        self.state_of(slot) == SchedulerTask::Memory
            && self.tasks.holders(slot).iter().all(|holder| self.workers[holder.worker() as usize].retiring)
    }

    /// Moves what is to be moved, and lets those go that have nothing left.
    pub(super) fn let_leave(&mut self) {
        if self.leaving.is_empty() {
            return;
        }
        if !self.alive.is_empty() {
            while let Some(slot) = self.leaving.to_move.pop() {
                if self.is_leaving(slot) {
                    self.move_away(slot);
                }
            }
        }
        if !self.leaving.moving.is_empty() {
            return;
        }
        let idle = |&worker: &u32| self.workers[worker as usize].processing.is_empty();
        let mut idle: Vec<u32> = self.leaving.workers.iter().copied().filter(idle).collect();
        if self.alive.is_empty() && !idle.is_empty() {
            let holders: BTreeSet<u32> = (self.leaving.to_move.iter())
                .filter(|&&slot| self.is_leaving(slot))
                .flat_map(|&slot| self.tasks.holders(slot).iter().map(|holder| holder.worker()))
                .collect();
            idle.retain(|worker| !holders.contains(worker));
        }
        for worker in idle {
            self.leaving.workers.retain(|&other| other != worker);
            self.out.push(SchedulerAction::Retired { worker: WorkerId(worker) });
        }
    }

    /// Has a result copied to the worker that stays and has the most room.
    fn move_away(&mut self, slot: u32) {
        let task = self.tasks.id(slot);
        self.leaving.moving.insert(slot);
        if self.alive.iter().any(|&worker| self.flights.contains_key(&Flight { task, worker })) {
            return;
        }
        let share = |&worker: &u32| {
            let state = &self.workers[worker as usize];
            let nbytes = u128::from(state.in_flight_nbytes()) * 1000;
            (nbytes / u128::from(state.info.memory_limit_nbytes), worker)
        };
        let Some(target) = self.alive.iter().copied().min_by_key(share) else { return };
        let (input, key) = (self.input_at(slot, target), self.key_of(slot));
        self.tell_worker(target, SchedulerMsg::Copy { input, key });
    }

    /// What only leaving workers hold is on its way, if there is anybody to take it.
    pub(super) fn validate_leaving(&self) -> Result<(), String> {
        if self.leaving.is_empty() || self.alive.is_empty() {
            return Ok(());
        }
        let is_late = |&slot: &u32| self.is_leaving(slot) && !self.leaving.moving.contains(&slot);
        match self.tasks.slots().find(|slot| is_late(slot) && self.is_of_those_who_wait(*slot)) {
            Some(slot) => Err(format!("{}: goes with its holders", self.tasks.id(slot))),
            None => Ok(()),
        }
    }

    /// Whether a leaving worker that was not let go yet holds a result.
    fn is_of_those_who_wait(&self, slot: u32) -> bool {
        let mut holders = self.tasks.holders(slot).iter();
        holders.any(|holder| self.leaving.workers.contains(&holder.worker()))
    }
}
