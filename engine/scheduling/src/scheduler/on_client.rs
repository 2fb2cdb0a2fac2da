//! What clients ask, besides submitting.

use gristmill_graph::Key;

use super::Scheduler;
use crate::{ClientId, ClientMsg, ReportMsg, SchedulerAction, SchedulerTask};

impl Scheduler {
    pub(super) fn on_client_msg(&mut self, client: ClientId, msg: ClientMsg) {
        if client.0 >= super::tasks::MANY {
            return;
        }
        // Keys of a graph that is still being entered are known only when all are.
        self.enter_all();
        match msg {
            ClientMsg::Submit { graph, tenant, submission } => {
                self.on_submit(client, graph, tenant, submission);
            }
            ClientMsg::Want { keys } => keys.into_iter().for_each(|key| self.on_want(client, key)),
            ClientMsg::Release { keys } => {
                for key in keys {
                    if let Some(slot) = self.tasks.by_key(&key) {
                        self.unwant(slot, client);
                    }
                }
            }
            ClientMsg::Cancel { keys } => self.on_cancel(&keys),
            ClientMsg::Retry { keys } => self.on_retry(&keys),
            ClientMsg::Scatter { key, nbytes, workers } => self.on_scatter(client, key, nbytes, &workers),
        }
    }

    fn on_want(&mut self, client: ClientId, key: Key) {
        match self.tasks.by_key(&key) {
            Some(slot) => {
                self.want(slot, client);
                self.serve(slot, client);
            }
            None => self.out.push(SchedulerAction::Client { client, msg: ReportMsg::Cancelled { key } }),
        }
    }

    /// A client is gone. Looks through all tasks, which is rare enough.
    pub(super) fn on_client_lost(&mut self, client: ClientId) {
        self.enter_all();
        for slot in self.tasks.slots() {
            if self.state_of(slot) != SchedulerTask::Forgotten && self.is_wanted(slot) {
                self.unwant(slot, client);
            }
        }
    }

    /// Stops tasks and all that depends on them, whoever wants them. What is in memory stays for its other users.
    fn on_cancel(&mut self, keys: &[Key]) {
        let mut seen: Vec<u32> = keys.iter().filter_map(|key| self.tasks.by_key(key)).collect();
        let mut next = 0;
        let mut marked = vec![false; self.tasks.hot.len()];
        seen.retain(|&slot| !std::mem::replace(&mut marked[slot as usize], true));
        while let Some(&slot) = seen.get(next) {
            next += 1;
            for dependent in self.tasks.dependents(slot) {
                let stops =
                    !matches!(self.state_of(dependent), SchedulerTask::Forgotten | SchedulerTask::Memory);
                if stops && !std::mem::replace(&mut marked[dependent as usize], true) {
                    seen.push(dependent);
                }
            }
        }
        for &slot in &seen {
            let key = self.key_of(slot);
            self.tell_clients(slot, |_| ReportMsg::Cancelled { key });
            self.unwant_all(slot);
            if matches!(
                self.state_of(slot),
                SchedulerTask::Waiting
                    | SchedulerTask::Queued
                    | SchedulerTask::NoWorker
                    | SchedulerTask::Processing
            ) {
                self.deactivate(slot);
            }
        }
    }

    /// Sets failed tasks, the failed tasks they depend on, and those that failed with them, going again.
    fn on_retry(&mut self, keys: &[Key]) {
        let mut again: Vec<u32> = Vec::new();
        let mut next = 0;
        for key in keys {
            if let Some(slot) = self.tasks.by_key(key) {
                self.retry_one(slot, &mut again);
            }
        }
        while let Some(&slot) = again.get(next) {
            next += 1;
            for at in self.tasks.inputs_range(slot) {
                self.retry_one(self.tasks.edge(at), &mut again);
            }
            for i in 0.. {
                let Some(dependent) = self.tasks.dependent(slot, i) else { break };
                self.retry_one(dependent, &mut again);
            }
        }
        for slot in again {
            if self.is_wanted(slot) && self.state_of(slot) == SchedulerTask::Released {
                self.activate(slot);
            }
        }
    }

    /// A failed task is as one that was never tried; false if it has not failed.
    pub(super) fn pardon(&mut self, slot: u32) -> bool {
        if self.state_of(slot) != SchedulerTask::Erred {
            return false;
        }
        self.failures.remove(&slot);
        self.deaths.remove(&slot);
        let retries = self.families.of(self.tasks.hot[slot as usize].family).spec.retries;
        let task = &mut self.tasks.hot[slot as usize];
        task.retries = u8::try_from(retries).unwrap_or(u8::MAX);
        (task.deaths, task.misses) = (0, 0);
        self.transition(slot, SchedulerTask::Released);
        true
    }

    fn retry_one(&mut self, slot: u32, again: &mut Vec<u32>) {
        if self.pardon(slot) {
            again.push(slot);
        }
    }
}
