//! What a cluster offers to a client.

use std::sync::Arc;

use gristmill_collections::{Component, Library, Program, ReadPlan};
use gristmill_data::{TaskError, Value};
use gristmill_graph::Key;

use crate::Error;

/// How far a task has come, as its client sees it.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It waits for inputs or for a worker, or it is running.
    Pending,
    /// Its result is held by a worker.
    Finished,
    /// It failed, or a task that it needs did.
    Erred,
    /// A client cancelled it.
    Cancelled,
    /// The cluster does not know it: never submitted, or released by everyone.
    Unknown,
}

/// Asks a component's reader how it would cut files into partitions.
#[derive(Debug, Clone)]
pub struct ReadRequest<'a> {
    /// The component with the reader.
    pub component: &'a Component,
    /// The format's name, as the component declares it.
    pub format: &'a str,
    /// The files; the reader may read these and no others.
    pub paths: &'a [String],
    /// The format's own options.
    pub options: &'a [(String, String)],
    /// The partition size to aim at, in bytes of file.
    pub target_nbytes: u64,
}

/// Who is told when tasks end. Called with the cluster's own lock held: it must return at once, and ask nothing.
pub trait Listener: Send + Sync {
    /// The task with this tag has ended, well or not.
    fn on_ended(&self, tag: usize);
}

/// A cluster, as a client sees it. Every method may be called from any thread; only `describe` and `plan_read` run
/// user code.
///
/// A key that `submit` or `scatter` returns is held once for the caller, until it calls `release`.
pub trait Backend: Send + Sync {
    /// Accepts a program, after checking its components and types, and returns the keys of its wanted tasks.
    ///
    /// # Errors
    /// Whatever makes the program impossible to run: nothing of it is run then, but that a graph too large to be named
    /// before its first tasks start may have begun with these.
    fn submit(&self, program: Program) -> Result<Vec<Key>, Error>;

    /// How many bytes the smallest worker may hold.
    fn memory_nbytes(&self) -> u64;

    /// Where the kernels of a program would run, and why, for people.
    fn explain_devices(&self, program: &Program) -> String;

    /// Puts values on the workers, under the keys of their content.
    ///
    /// # Errors
    /// [`Error::Value`] when one cannot be encoded; then none is put there.
    fn scatter(&self, values: Vec<Value>) -> Result<Vec<Key>, Error>;

    /// Tells `first_tag + i` once `keys[i]` is finished, erred, cancelled or unknown; at once if it already is.
    fn notify(&self, keys: &[Key], first_tag: usize, listener: &Arc<dyn Listener>);

    /// How far the task has come.
    fn status(&self, key: &Key) -> Status;

    /// How the task ended: its result, or its own error, unchanged; `None` while it is pending. Waits for no task, but for
    /// as long as a result takes to come here.
    fn result(&self, key: &Key) -> Option<Result<Value, TaskError>>;

    /// The same of many: those that must be brought here come together.
    fn results(&self, keys: &[Key]) -> Vec<Option<Result<Value, TaskError>>> {
        keys.iter().map(|key| self.result(key)).collect()
    }

    /// Gives up these keys once each; a result that nobody holds and no task needs is forgotten.
    fn release(&self, keys: &[Key]);

    /// Stops these tasks for everyone: waiting ones never run, running guests are stopped.
    fn cancel(&self, keys: &[Key]);

    /// Runs failed tasks again; the others are left as they are.
    fn retry(&self, keys: &[Key]);

    /// What the component declares, as it says itself.
    ///
    /// # Errors
    /// When the component is refused.
    fn describe(&self, component: &Component) -> Result<Library, Error>;

    /// How the component's reader cuts files into partitions, and of which type these will be.
    ///
    /// # Errors
    /// When the component is refused, has no such format, or its reader fails.
    fn plan_read(&self, request: ReadRequest<'_>) -> Result<ReadPlan, Error>;
}
