//! What can go wrong, and how a task's error travels.

use std::{fmt, sync::Arc};

use gristmill_graph::Key;

use crate::{GraphId, Time, WorkerId};

/// A task's error, opaque here: whatever the worker's driver made of it reaches the client and every dependent unchanged.
pub type SharedError = Arc<dyn std::error::Error + Send + Sync>;

/// Why a task is erred: the task that failed first, and its error.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The task that failed. A dependent's failure names the same one.
    pub root: Key,
    /// What went wrong: a task's own error, or an [`Error`] of the scheduler.
    pub error: SharedError,
}

/// One time a task's worker died under it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Death {
    /// The worker.
    pub worker: WorkerId,
    /// When it was lost.
    pub at: Time,
}

/// The deaths of one task's workers, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deaths(pub Vec<Death>);

impl fmt::Display for Deaths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, death) in self.0.iter().enumerate() {
            let comma = if i == 0 { "" } else { ", " };
            write!(f, "{comma}{} at {}", death.worker, death.at)?;
        }
        Ok(())
    }
}

impl Failure {
    /// The same with other names for keys, in the scheduler's own words too.
    #[must_use]
    pub fn with_keys(&self, name: impl Fn(Key) -> Key) -> Self {
        let own = self.error.downcast_ref::<Error>().map(|error| match error.clone() {
            Error::NotHeld { key } => Error::NotHeld { key: name(key) },
            Error::DataLost { key } => Error::DataLost { key: name(key) },
            Error::Killed { key, deaths } => Error::Killed { key: name(key), deaths },
            Error::Unreachable { key, input, n } => {
                Error::Unreachable { key: name(key), input: name(input), n }
            }
            other => other,
        });
        let error = own.map_or_else(|| Arc::clone(&self.error), |error| Arc::new(error) as SharedError);
        Self { root: name(self.root), error }
    }
}

/// Errors of the scheduler itself.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The columns of a submitted table have different lengths.
    #[error(
        "the submitted graph's table is malformed: {what} has {found} entries, but there are {expected} tasks; build the table with `Graph::materialize`"
    )]
    Malformed {
        /// Which column.
        what: &'static str,
        /// Its length.
        found: usize,
        /// The number of tasks.
        expected: usize,
    },
    /// A row of a submitted table names something that isn't there.
    #[error(
        "task {key} in row {row} of the submitted graph names {what} {value}, but only those below {limit} exist there; build the table with `Graph::materialize`"
    )]
    OutOfRange {
        /// The task.
        key: Key,
        /// Its row.
        row: u32,
        /// What it names.
        what: &'static str,
        /// The value it names it by.
        value: u32,
        /// The first value that doesn't exist.
        limit: u32,
    },
    /// A graph id is used twice.
    #[error(
        "the id {graph} is that of a graph that is still live; give every submitted graph an id of its own"
    )]
    GraphKnown {
        /// The id.
        graph: GraphId,
    },
    /// More live tasks than the tables can name.
    #[error(
        "the graph has {n} tasks, but only {room} more can be live on one scheduler; release finished graphs or submit a smaller one"
    )]
    TooManyTasks {
        /// The number of tasks submitted.
        n: usize,
        /// How many can still be taken.
        room: usize,
    },
    /// A held result that a graph refers to is not held any more.
    #[error(
        "the graph uses the result {key} of earlier work, but no live task has that key; keep its future, or submit the work that makes it"
    )]
    NotHeld {
        /// The key.
        key: Key,
    },
    /// Scattered data was lost with the workers that held it, or with its spill file.
    #[error(
        "the data scattered as {key} was lost with the last worker that held it, or with a spill file that could not be read; it can't be computed again: scatter it again, or to several workers"
    )]
    DataLost {
        /// The key.
        key: Key,
    },
    /// A task's workers died under it too often.
    #[error("task {key} is blamed for the loss of {n} workers that died while it was with them ({deaths}); it likely needs more memory than a worker has, or crashes its process", n = deaths.0.len())]
    Killed {
        /// The task.
        key: Key,
        /// Which workers died, and when.
        deaths: Deaths,
    },
    /// An input exists, but no worker that ran the task could fetch it.
    #[error(
        "task {key} could not get its input {input} on any of {n} tries; its workers can't reach each other: check the network between them"
    )]
    Unreachable {
        /// The task.
        key: Key,
        /// The input.
        input: Key,
        /// How often it was tried.
        n: u32,
    },
}
