//! Handles to results that the cluster holds.

use std::any::Any;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use gristmill_collections::Argument;
use gristmill_data::{TaskError, Value};
use gristmill_graph::Key;

use crate::{Backend, Listener, Status};

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
            if let Some(ended) = self.ended_by(None) {
                return ended;
            }
        }
    }

    /// Like [`TaskFuture::result`], but gives up after `timeout` and returns `None`; the task goes on.
    ///
    /// # Errors
    /// The task's error, unchanged, or that of the task it depends on.
    pub fn result_timeout(&self, timeout: Duration) -> Result<Option<Value>, TaskError> {
        self.ended_by(Instant::now().checked_add(timeout)).transpose()
    }

    /// Waits for the task's end, `None` when the deadline came first.
    fn ended_by(&self, deadline: Option<Instant>) -> Option<Result<Value, TaskError>> {
        let left = || deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        while wait(std::slice::from_ref(self), left()) {
            // A finished result can be lost again, with its worker or its spill file; then it is being recomputed.
            if let Some(ended) = self.0.backend.result(&self.0.key) {
                return Some(ended);
            }
        }
        None
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
    let countdown = Arc::new(Countdown::of(futures.len()));
    let listener: Arc<dyn Listener> = countdown.clone();
    notify_all(futures, 0, &listener);
    countdown.wait(timeout.and_then(|timeout| Instant::now().checked_add(timeout)))
}

/// The results of futures that are done, in order, up to the first that has failed; those of one cluster come together.
pub(crate) fn results(futures: &[TaskFuture]) -> Result<Vec<Value>, TaskError> {
    let mut results = Vec::with_capacity(futures.len());
    for run in of_one_cluster(futures) {
        let keys: Vec<Key> = run.iter().map(TaskFuture::key).collect();
        let Some(first) = run.first() else { continue };
        for (ended, future) in first.0.backend.results(&keys).into_iter().zip(run) {
            // One that was lost again is waited for.
            results.push(ended.unwrap_or_else(|| future.result())?);
        }
    }
    Ok(results)
}

/// Wakes one waiting thread when the last of many tasks has ended, and not once a task.
struct Countdown {
    n_left: AtomicUsize,
    ended: Mutex<bool>,
    bell: Condvar,
}

impl Countdown {
    fn of(n: usize) -> Self {
        Self { n_left: AtomicUsize::new(n), ended: Mutex::new(n == 0), bell: Condvar::new() }
    }

    /// True when all have ended, false when the deadline came first.
    fn wait(&self, deadline: Option<Instant>) -> bool {
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        while !*ended {
            ended = match deadline.map(|deadline| deadline.saturating_duration_since(Instant::now())) {
                None => self.bell.wait(ended).unwrap_or_else(PoisonError::into_inner),
                Some(Duration::ZERO) => return false,
                Some(left) => self.bell.wait_timeout(ended, left).unwrap_or_else(PoisonError::into_inner).0,
            };
        }
        true
    }
}

impl Listener for Countdown {
    fn on_ended(&self, _tag: usize) {
        if self.n_left.fetch_sub(1, Ordering::AcqRel) == 1 {
            *self.ended.lock().unwrap_or_else(PoisonError::into_inner) = true;
            self.bell.notify_all();
        }
    }
}

/// The futures in the order in which they finish. More can be added while it runs.
pub fn as_completed(futures: impl IntoIterator<Item = TaskFuture>) -> AsCompleted {
    let (sender, receiver) = mpsc::channel();
    let listener = Arc::new(Queue(sender));
    let mut completed = AsCompleted { futures: Vec::new(), n_pending: 0, listener, receiver };
    completed.extend(futures);
    completed
}

/// See [`as_completed`].
#[derive(Debug)]
pub struct AsCompleted {
    futures: Vec<Option<TaskFuture>>,
    n_pending: usize,
    listener: Arc<Queue>,
    receiver: Receiver<usize>,
}

/// Ends in the order in which they come.
#[derive(Debug)]
struct Queue(Sender<usize>);

impl Listener for Queue {
    fn on_ended(&self, tag: usize) {
        // Whoever waited may have given up.
        let _ = self.0.send(tag);
    }
}

impl Extend<TaskFuture> for AsCompleted {
    fn extend<I: IntoIterator<Item = TaskFuture>>(&mut self, futures: I) {
        let added: Vec<TaskFuture> = futures.into_iter().collect();
        let listener: Arc<dyn Listener> = self.listener.clone();
        notify_all(&added, self.futures.len(), &listener);
        self.n_pending += added.len();
        self.futures.extend(added.into_iter().map(Some));
    }
}

impl AsCompleted {
    /// The next future that has finished, if one does within `timeout`; none are lost by giving up.
    pub fn next_timeout(&mut self, timeout: Duration) -> Option<TaskFuture> {
        if self.n_pending == 0 {
            return None;
        }
        let tag = self.receiver.recv_timeout(timeout).ok()?;
        self.n_pending -= 1;
        self.futures.get_mut(tag).and_then(Option::take)
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

/// Futures that follow each other and are of one cluster.
fn of_one_cluster(futures: &[TaskFuture]) -> impl Iterator<Item = &[TaskFuture]> {
    futures.chunk_by(|a, b| Arc::ptr_eq(&a.0.backend, &b.0.backend))
}

/// Asks each future's cluster to tell its end; futures of one cluster are asked for together.
fn notify_all(futures: &[TaskFuture], first_tag: usize, listener: &Arc<dyn Listener>) {
    let mut tag = first_tag;
    for run in of_one_cluster(futures) {
        let keys: Vec<Key> = run.iter().map(TaskFuture::key).collect();
        if let Some(first) = run.first() {
            first.0.backend.notify(&keys, tag, listener);
        }
        tag += run.len();
    }
}
