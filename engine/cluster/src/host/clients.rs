//! What clients hold, what they wait for, and how their tasks have ended.

use std::collections::HashMap;
use std::sync::Arc;

use gristmill_client::{Listener, Status};
use gristmill_data::{TaskError, TaskErrorKind};
use gristmill_graph::{Key, KeyMap};
use gristmill_scheduling::{Error, Failure, GraphId, ReportMsg};
use smallvec::SmallVec;

use crate::host::Progress;

/// How often a result whose spill file cannot be read is computed again: a disk that damages more than that is no help.
const UNREADABLE_MAX: u32 = 3;

/// The clients' side of every key that they hold.
#[derive(Default)]
pub(crate) struct Clients {
    keys: KeyMap<Held>,
    /// Graphs that the scheduler would not take, until their submitter has looked.
    refused: HashMap<GraphId, Error>,
    stopped: bool,
}

impl std::fmt::Debug for Clients {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Clients").field("n_keys", &self.keys.len()).finish_non_exhaustive()
    }
}

/// One key that clients hold.
#[derive(Default)]
struct Held {
    /// How many futures hold it.
    n_holds: u32,
    end: Option<End>,
    /// How often its spill file could not be read.
    n_unreadable: u32,
    /// Whom to tell when it ends.
    waiting: SmallVec<[(usize, Arc<dyn Listener>); 1]>,
}

/// How a task has ended.
#[derive(Debug, Clone)]
pub(crate) enum End {
    /// A worker holds the result.
    Finished,
    /// It failed, or a task that it needs did.
    Erred(Arc<Failure>),
    /// It was cancelled.
    Cancelled,
}

impl Clients {
    /// Holds a key once more.
    pub(crate) fn hold(&mut self, key: Key) {
        self.keys.entry(key).or_default().n_holds += 1;
    }

    /// Gives up one hold; true if it was the last.
    pub(crate) fn release(&mut self, key: &Key) -> bool {
        let Some(held) = self.keys.get_mut(key) else { return false };
        held.n_holds = held.n_holds.saturating_sub(1);
        let last = held.n_holds == 0;
        if last && let Some(held) = self.keys.remove(key) {
            held.waiting.iter().for_each(|(tag, listener)| listener.on_ended(*tag));
        }
        last
    }

    /// Every key that is held.
    pub(crate) fn keys(&self) -> Vec<Key> {
        self.keys.keys().copied().collect()
    }

    /// Takes in what the scheduler reports.
    pub(crate) fn on_report(&mut self, report: ReportMsg, progress: &mut Progress) {
        match report {
            ReportMsg::Accepted { n_new, .. } => progress.n_tasks += u64::from(n_new),
            ReportMsg::Refused { graph, error } => {
                self.refused.insert(graph, error);
            }
            ReportMsg::InMemory { key, .. } => self.end(&key, End::Finished),
            ReportMsg::Erred { key, failure } => self.end(&key, End::Erred(failure)),
            ReportMsg::Cancelled { key } => self.end(&key, End::Cancelled),
            ReportMsg::Lost { key } => {
                self.reopen(&[key], |_| true);
            }
        }
    }

    /// Why the scheduler did not take this graph, if so; told once.
    pub(crate) fn take_refusal(&mut self, graph: GraphId) -> Option<Error> {
        self.refused.remove(&graph)
    }

    fn end(&mut self, key: &Key, end: End) {
        let Some(held) = self.keys.get_mut(key) else { return };
        held.end = Some(end);
        held.waiting.drain(..).for_each(|(tag, listener)| listener.on_ended(tag));
    }

    /// Takes the ends of tasks that are to run again back, where they have ended in this way; returns whose. A task
    /// that does not run again must keep its end, or it would never have one.
    pub(crate) fn reopen(&mut self, keys: &[Key], ended_so: impl Fn(&End) -> bool) -> Vec<Key> {
        let mut reopened = Vec::new();
        for key in keys {
            if let Some(held) = self.keys.get_mut(key)
                && held.end.take_if(|end| ended_so(end)).is_some()
            {
                reopened.push(*key);
            }
        }
        reopened
    }

    /// Notes that the spill file of a result could not be read; whether it may be computed again.
    pub(crate) fn may_recompute(&mut self, key: &Key) -> bool {
        let Some(held) = self.keys.get_mut(key) else { return false };
        held.n_unreadable = held.n_unreadable.saturating_add(1);
        held.n_unreadable <= UNREADABLE_MAX
    }

    /// Nobody computes these tasks after all.
    pub(crate) fn cancel(&mut self, keys: &[Key]) {
        keys.iter().for_each(|key| self.end(key, End::Cancelled));
    }

    /// Tells `tag` when the key has ended; at once if it has, or if nobody holds it.
    pub(crate) fn notify(&mut self, key: &Key, tag: usize, listener: &Arc<dyn Listener>) {
        match self.keys.get_mut(key) {
            Some(held) if held.end.is_none() && !self.stopped => held.waiting.push((tag, listener.clone())),
            _ => listener.on_ended(tag),
        }
    }

    /// How the key has ended; `None` while it is pending.
    pub(crate) fn end_of(&self, key: &Key) -> Option<End> {
        match self.keys.get(key) {
            Some(Held { end: None, .. }) if self.stopped => Some(End::Cancelled),
            Some(held) => held.end.clone(),
            None => Some(End::Cancelled),
        }
    }

    pub(crate) fn status(&self, key: &Key) -> Status {
        match self.keys.get(key) {
            None => Status::Unknown,
            Some(_) => match self.end_of(key) {
                None => Status::Pending,
                Some(End::Finished) => Status::Finished,
                Some(End::Erred(_)) => Status::Erred,
                Some(End::Cancelled) => Status::Cancelled,
            },
        }
    }

    /// Nothing ends any more: everyone who waits is told.
    pub(crate) fn stop(&mut self) {
        self.stopped = true;
        let waiting = self.keys.values_mut().flat_map(|held| held.waiting.drain(..));
        waiting.for_each(|(tag, listener)| listener.on_ended(tag));
    }
}

/// The error that a user sees: the task's own if it is one, unchanged.
pub(crate) fn task_error(failure: &Failure) -> TaskError {
    match failure.error.downcast_ref::<TaskError>() {
        Some(error) => error.clone(),
        None => TaskError::new(TaskErrorKind::WorkerLost, failure.error.to_string())
            .of("scheduler", failure.root.to_string()),
    }
}
