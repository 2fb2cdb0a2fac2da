//! Who wants a task, and what wanting it sets in motion.

use std::sync::Arc;

use super::{NONE, Scheduler, tasks::MANY};
use crate::{ClientId, Error, Failure, ReportMsg, SchedulerAction, SchedulerTask};

impl Scheduler {
    /// Notes that a client wants a task; false if it did already.
    pub(super) fn want(&mut self, slot: u32, client: ClientId) -> bool {
        let wanted_by = &mut self.tasks.hot[slot as usize].client;
        match *wanted_by {
            NONE => *wanted_by = client.0,
            MANY => {
                let wanters = self.tasks.wanters.entry(slot).or_default();
                if wanters.contains(&client.0) {
                    return false;
                }
                wanters.push(client.0);
            }
            other if other == client.0 => return false,
            other => {
                *wanted_by = MANY;
                self.tasks.wanters.insert(slot, vec![other, client.0]);
            }
        }
        true
    }

    /// Notes that a client no longer wants a task.
    pub(super) fn unwant(&mut self, slot: u32, client: ClientId) {
        let wanted_by = &mut self.tasks.hot[slot as usize].client;
        if *wanted_by == MANY {
            let wanters = self.tasks.wanters.entry(slot).or_default();
            wanters.retain(|&other| other != client.0);
            if let [last] = wanters[..] {
                *wanted_by = last;
                self.tasks.wanters.remove(&slot);
            }
        } else if *wanted_by == client.0 {
            *wanted_by = NONE;
            self.loose.push(slot);
        }
    }

    /// Notes that no client wants a task any more.
    pub(super) fn unwant_all(&mut self, slot: u32) {
        self.tasks.hot[slot as usize].client = NONE;
        self.tasks.wanters.remove(&slot);
        self.loose.push(slot);
    }

    pub(super) fn is_wanted(&self, slot: u32) -> bool {
        self.tasks.hot[slot as usize].client != NONE
    }

    /// The client that wants a task, or the several that do.
    pub(super) fn clients_of(&self, slot: u32) -> (Option<ClientId>, Vec<ClientId>) {
        match self.tasks.hot[slot as usize].client {
            NONE => (None, Vec::new()),
            MANY => {
                let wanters = self.tasks.wanters.get(&slot);
                (None, wanters.into_iter().flatten().map(|&client| ClientId(client)).collect())
            }
            only => (Some(ClientId(only)), Vec::new()),
        }
    }

    /// A client has come to want a task: tells how it stands, and has it computed if it isn't there.
    pub(super) fn serve(&mut self, slot: u32, client: ClientId) {
        match self.state_of(slot) {
            SchedulerTask::Memory => {
                let msg = self.in_memory(slot);
                self.out.push(SchedulerAction::Client { client, msg });
            }
            SchedulerTask::Erred => {
                let msg = self.erred(slot);
                self.out.push(SchedulerAction::Client { client, msg });
            }
            SchedulerTask::Released => self.activate(slot),
            _ => {}
        }
    }

    pub(super) fn in_memory(&self, slot: u32) -> ReportMsg {
        let nbytes = self.tasks.hot[slot as usize].nbytes;
        ReportMsg::InMemory { task: self.tasks.id(slot), key: self.key_of(slot), nbytes }
    }

    fn erred(&self, slot: u32) -> ReportMsg {
        let key = self.key_of(slot);
        let failure = match self.failures.get(&slot) {
            Some(failure) => Arc::clone(failure),
            None => Arc::new(Failure { root: key, error: Arc::new(Error::DataLost { key }) }),
        };
        ReportMsg::Erred { key, failure }
    }

    /// Makes a released task needed, and whatever released tasks it needs.
    pub(super) fn activate(&mut self, slot: u32) {
        let mut stack = std::mem::take(&mut self.stack);
        stack.push(slot);
        while let Some(slot) = stack.pop() {
            if self.state_of(slot) != SchedulerTask::Released {
                continue;
            }
            self.transition(slot, SchedulerTask::Waiting);
            let (mut n_waiting, mut failed) = (0, None);
            for at in self.tasks.inputs_range(slot) {
                let input = self.tasks.edge(at);
                let task = &mut self.tasks.hot[input as usize];
                task.n_waiters += 1;
                match task.state {
                    SchedulerTask::Memory => continue,
                    SchedulerTask::Released => stack.push(input),
                    SchedulerTask::Erred => failed = Some(input),
                    _ => {}
                }
                n_waiting += 1;
            }
            let task = &mut self.tasks.hot[slot as usize];
            task.n_waiting = n_waiting;
            if task.scattered {
                self.fail_unavailable(slot);
            } else if let Some(input) = failed {
                self.fail_like(slot, input);
            } else if n_waiting == 0 {
                self.ready.push(self.entry(slot));
            }
        }
        self.stack = stack;
    }

    /// Fails a task that can't be computed: data that was scattered, or held before, and is gone.
    fn fail_unavailable(&mut self, slot: u32) {
        let key = self.key_of(slot);
        let is_held = self.families.of(self.tasks.hot[slot as usize].family).spec.held;
        let error = if is_held { Error::NotHeld { key } } else { Error::DataLost { key } };
        self.fail(slot, Arc::new(Failure { root: key, error: Arc::new(error) }));
    }

    pub(super) fn fail_like(&mut self, slot: u32, input: u32) {
        if let Some(failure) = self.failures.get(&input) {
            let failure = Arc::clone(failure);
            self.fail(slot, failure);
        }
    }

    /// Puts a task into error, and all that wait for it.
    pub(super) fn fail(&mut self, slot: u32, failure: Arc<Failure>) {
        let mut stack = vec![slot];
        while let Some(slot) = stack.pop() {
            match self.state_of(slot) {
                SchedulerTask::Erred | SchedulerTask::Forgotten | SchedulerTask::Memory => continue,
                SchedulerTask::Released => {}
                _ => self.deactivate(slot),
            }
            self.transition(slot, SchedulerTask::Erred);
            self.failures.insert(slot, Arc::clone(&failure));
            let report = self.erred(slot);
            self.tell_clients(slot, |_| report.clone());
            self.loose.push(slot);
            let waiting = |&dependent: &u32| self.state_of(dependent) == SchedulerTask::Waiting;
            stack.extend(self.tasks.dependents(slot).filter(waiting));
        }
    }
}
