//! Handles to results that the cluster holds.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, Instant};

use gristmill_collections::Argument;
use gristmill_data::{TaskError, Value};
use gristmill_graph::Key;

use crate::{Backend, Status};

/// A handle to the result of one task. Cheap to clone; the cluster forgets the result when the last handle
/// is dropped and no other task needs it.
#[derive(Clone)]
pub struct TaskFuture(Arc<Held>);

/// One hold on a key, given back when it is dropped.
struct Held {
    key: Key,
    backend: Arc<dyn Backend>,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.backend.release(&[self.key]);
    }
}

impl TaskFuture {
    pub(crate) fn new(key: Key, backend: Arc<dyn Backend>) -> Self {
        Self(Arc::new(Held { key, backend }))
    }

    /// The task's key.
    #[must_use]
    pub fn key(&self) -> Key {
        self.0.key
    }

    /// How far the task has come.
    #[must_use]
    pub fn status(&self) -> Status {
        self.0.backend.status(&self.0.key)
    }

    /// Waits for the task and returns its result.
    ///
    /// # Errors
    /// The task's error, unchanged, or that of the task it depends on.
    pub fn result(&self) -> Result<Value, TaskError> {
        loop {
            wait(std::slice::from_ref(self), None);
            // A finished result can be lost again with its worker; then it is being recomputed.
            if let Some(ended) = self.0.backend.result(&self.0.key) {
                return ended;
            }
        }
    }

    /// Like [`TaskFuture::result`], but gives up after `timeout` and returns `None`; the task goes on.
    ///
    /// # Errors
    /// The task's error, unchanged, or that of the task it depends on.
    pub fn result_timeout(&self, timeout: Duration) -> Result<Option<Value>, TaskError> {
        if !wait(std::slice::from_ref(self), Some(timeout)) {
            return Ok(None);
        }
        self.0.backend.result(&self.0.key).transpose()
    }

    /// Stops the task for everyone; a running guest is stopped too.
    pub fn cancel(&self) {
        self.0.backend.cancel(&[self.0.key]);
    }

    /// Runs a failed task again, with the failed tasks that it needs. Nothing happens to one that has not failed: a
    /// cancelled call is submitted again instead.
    pub fn retry(&self) {
        self.0.backend.retry(&[self.0.key]);
    }
}

impl fmt::Debug for TaskFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TaskFuture({}, {:?})", self.0.key.short(), self.status())
    }
}

impl From<TaskFuture> for Argument {
    fn from(future: TaskFuture) -> Self {
        Self::Held { key: future.key(), keep: future.0 as Arc<dyn Any + Send + Sync> }
    }
}

/// Waits until every future is done, whatever its end; false when `timeout` came first.
pub fn wait(futures: &[TaskFuture], timeout: Option<Duration>) -> bool {
    let (sender, receiver) = mpsc::channel();
    notify_all(futures, 0, &sender);
    let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    futures.iter().all(|_| match deadline {
        None => receiver.recv().is_ok(),
        Some(deadline) => receiver.recv_timeout(deadline.saturating_duration_since(Instant::now())).is_ok(),
    })
}

/// The futures in the order in which they finish. More can be added while it runs.
pub fn as_completed(futures: impl IntoIterator<Item = TaskFuture>) -> AsCompleted {
    let (sender, receiver) = mpsc::channel();
    let mut completed = AsCompleted { futures: Vec::new(), n_pending: 0, sender, receiver };
    completed.extend(futures);
    completed
}

/// See [`as_completed`].
#[derive(Debug)]
pub struct AsCompleted {
    futures: Vec<Option<TaskFuture>>,
    n_pending: usize,
    sender: Sender<usize>,
    receiver: Receiver<usize>,
}

impl Extend<TaskFuture> for AsCompleted {
    fn extend<I: IntoIterator<Item = TaskFuture>>(&mut self, futures: I) {
        let added: Vec<TaskFuture> = futures.into_iter().collect();
        notify_all(&added, self.futures.len(), &self.sender);
        self.n_pending += added.len();
        self.futures.extend(added.into_iter().map(Some));
    }
}

impl Iterator for AsCompleted {
    type Item = TaskFuture;

    fn next(&mut self) -> Option<TaskFuture> {
        if self.n_pending == 0 {
            return None;
        }
        self.n_pending -= 1;
        let tag = self.receiver.recv().ok()?;
        self.futures.get_mut(tag).and_then(Option::take)
    }
}

/// Asks each future's cluster for a message; futures of one cluster are asked for together.
fn notify_all(futures: &[TaskFuture], first_tag: usize, sender: &Sender<usize>) {
    let mut tag = first_tag;
    for run in futures.chunk_by(|a, b| Arc::ptr_eq(&a.0.backend, &b.0.backend)) {
        let keys: Vec<Key> = run.iter().map(TaskFuture::key).collect();
        if let Some(first) = run.first() {
            first.0.backend.notify(&keys, tag, sender);
        }
        tag += run.len();
    }
}
