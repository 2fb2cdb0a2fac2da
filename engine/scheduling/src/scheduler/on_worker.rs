//! Workers join and are lost.

use std::sync::Arc;

use super::{ANYWHERE, NONE, Scheduler, workers::WorkerState};
use crate::{Death, Deaths, Error, Failure, SchedulerTask, WorkerId, WorkerInfo};

/// Worker ids beyond this are ignored: they are counted up from 0.
const WORKERS_MAX: u32 = 1 << 20;

impl Scheduler {
    pub(super) fn on_worker_joined(&mut self, worker: WorkerId, info: WorkerInfo) {
        let is_known = self.workers.get(worker.idx()).is_some_and(|state| state.alive);
        if worker.0 >= WORKERS_MAX || is_known {
            return;
        }
        while self.workers.len() <= worker.idx() {
            let mut lost = WorkerState::new(WorkerInfo::default(), Vec::new());
            lost.alive = false;
            self.workers.push(lost);
        }
        self.workers[worker.idx()] = WorkerState::new(info, Vec::new());
        let at = self.alive.partition_point(|&other| other < worker.0);
        self.alive.insert(at, worker.0);
        self.find_eligible();
        self.wake(worker.0);
        for slot in std::mem::take(&mut self.stranded) {
            if self.state_of(slot) == SchedulerTask::NoWorker {
                self.transition(slot, SchedulerTask::Waiting);
                self.ready.push(self.entry(slot));
            }
        }
    }

    /// Finds out which live workers may run the tasks of each class, and what each has of every resource.
    pub(super) fn find_eligible(&mut self) {
        for &worker in &self.alive {
            let state = &mut self.workers[worker as usize];
            let known = state.resources.len();
            state.resources.resize(self.families.n_resources(), 0);
            for (name, amount) in &state.info.resources {
                if let Some(resource) =
                    self.families.resource(name).filter(|&resource| resource as usize >= known)
                {
                    state.resources[resource as usize] = *amount;
                }
            }
        }
        let families = &mut self.families;
        let resources: Vec<Vec<u32>> = self
            .alive
            .iter()
            .map(|&worker| {
                let info = &self.workers[worker as usize].info;
                let mut amounts = vec![0; families.n_resources()];
                for (name, amount) in &info.resources {
                    if let Some(resource) = families.resource(name) {
                        amounts[resource as usize] = *amount;
                    }
                }
                amounts
            })
            .collect();
        for class in &mut families.classes {
            class.eligible.clear();
            for (&worker, amounts) in self.alive.iter().zip(&resources) {
                let labels = &self.workers[worker as usize].info.labels;
                let may = (class.labels.is_empty()
                    || class.labels.iter().any(|label| labels.contains(label)))
                    && class.resources.iter().all(|&(resource, amount)| amounts[resource as usize] >= amount);
                if may {
                    class.eligible.push(worker);
                }
            }
        }
    }

    pub(super) fn on_worker_lost(&mut self, worker: WorkerId) {
        let is_alive = self.workers.get(worker.idx()).is_some_and(|state| state.alive);
        if !is_alive {
            return;
        }
        let running: Vec<u32> = self.workers[worker.idx()].processing.iter().map(|run| run.slot).collect();
        self.workers[worker.idx()].alive = false;
        self.ground(worker.0);
        let mut interrupted = Vec::new();
        for slot in running {
            self.end_run(slot);
            self.transition(slot, SchedulerTask::Waiting);
            interrupted.push(slot);
        }
        self.leave_placement(worker.0);
        let lost: Vec<u32> = self
            .tasks
            .slots()
            .filter(|&slot| {
                self.state_of(slot) == SchedulerTask::Memory
                    && self.tasks.remove_holder(slot, worker.0).is_some()
            })
            .collect();
        self.leaving.forget(worker.0);
        let mut state = WorkerState::new(WorkerInfo::default(), Vec::new());
        state.alive = false;
        self.workers[worker.idx()] = state;
        self.strand();
        self.recover(lost, &interrupted);
        for slot in interrupted {
            self.suspect(slot, worker);
        }
        // What was on its way to it, and what only leaving workers have now.
        self.look_for_unique();
    }

    /// What was on its way to a lost worker never arrives; what was on its way from it comes from another.
    fn ground(&mut self, lost: u32) {
        let workers = &mut self.workers;
        self.flights.retain(|flight, cargo| {
            let arrives = flight.worker != lost;
            if !arrives && cargo.source != NONE {
                workers[cargo.source as usize].outgoing_nbytes -= cargo.nbytes;
            }
            if cargo.source == lost {
                cargo.source = NONE;
            }
            arrives
        });
    }

    /// Tasks asked back for a worker that is gone are kept by their victims, or placed anew.
    pub(super) fn forget_thief(&mut self, thief: u32) {
        for &worker in &self.alive {
            for run in &mut self.workers[worker as usize].processing {
                if run.thief == thief {
                    run.thief = worker;
                }
            }
        }
    }

    /// Queued tasks of classes that have no worker left have no worker now.
    pub(super) fn strand(&mut self) {
        let is_empty = |class: u32| self.families.classes[class as usize].eligible.is_empty();
        if !(0..self.families.classes.len() as u32).any(is_empty) || self.n_queued == 0 {
            return;
        }
        for slot in self.tasks.slots() {
            if self.state_of(slot) != SchedulerTask::Queued {
                continue;
            }
            let class = self.class_of(slot);
            if self.families.classes[class as usize].eligible.is_empty() {
                self.unqueue(slot);
            }
        }
        if self.families.classes[ANYWHERE as usize].eligible.is_empty() {
            self.tenants.all.iter_mut().for_each(|tenant| tenant.roots.clear());
        }
    }

    /// A worker has died under a task. After several deaths the task is blamed.
    fn suspect(&mut self, slot: u32, worker: WorkerId) {
        if matches!(self.state_of(slot), SchedulerTask::Forgotten | SchedulerTask::Erred) {
            return;
        }
        let key = self.key_of(slot);
        let deaths = self.deaths.entry(slot).or_insert_with(|| Deaths(Vec::new()));
        deaths.0.push(Death { worker, at: self.now });
        let n = deaths.0.len();
        self.tasks.hot[slot as usize].deaths = u8::try_from(n).unwrap_or(u8::MAX);
        if n >= self.config.deaths_max as usize {
            let deaths = deaths.clone();
            self.fail(slot, Arc::new(Failure { root: key, error: Arc::new(Error::Killed { key, deaths }) }));
        }
    }

    /// A live worker's state.
    pub(super) fn live(&self, worker: WorkerId) -> Option<&WorkerState> {
        self.workers.get(worker.idx()).filter(|state| state.alive && worker.0 != NONE)
    }
}
