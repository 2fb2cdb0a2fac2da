//! What can be asked for by `DoGet`, in the text form that tickets have.

use std::fmt;
use std::str::FromStr;

use gristmill_graph::{Digest, Key};
use gristmill_scheduling::{TaskId, WorkerId};

/// What can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ticket {
    /// A result that a worker holds, encoded as in spill files: for peers and clients of this engine.
    Result {
        /// The worker, so that one that has taken another's address does not answer for it.
        worker: WorkerId,
        /// The task whose result it is.
        task: TaskId,
    },
    /// The same as record batches, for any Flight client.
    Batches {
        /// The worker.
        worker: WorkerId,
        /// The task whose result it is.
        task: TaskId,
    },
    /// The bytes of a component.
    Component(Digest),
    /// A value that a client brings, under the key of its content.
    Value(Key),
}

/// Bytes of a component, at most.
const COMPONENT_NBYTES_MAX: usize = 64 << 20;

impl Ticket {
    /// How many bytes are taken of what it names.
    pub(crate) fn nbytes_max(&self) -> usize {
        match self {
            Self::Component(_) => COMPONENT_NBYTES_MAX,
            _ => usize::MAX,
        }
    }
}

impl fmt::Display for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut result = |kind: &str, worker: &WorkerId, task: &TaskId| {
            write!(f, "{kind}/{}/{}/{}", worker.0, task.slot, task.generation)
        };
        match self {
            Self::Result { worker, task } => result("result", worker, task),
            Self::Batches { worker, task } => result("batches", worker, task),
            Self::Component(digest) => write!(f, "component/{digest}"),
            Self::Value(key) => write!(f, "value/{key}"),
        }
    }
}

impl FromStr for Ticket {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let unknown = || format!("ticket `{}`", text.chars().take(200).collect::<String>());
        let (kind, rest) = text.split_once('/').ok_or_else(unknown)?;
        let result = || -> Option<(WorkerId, TaskId)> {
            let mut numbers = rest.split('/').map(|number| number.parse().ok());
            let (worker, slot, generation) = (numbers.next()??, numbers.next()??, numbers.next()??);
            numbers.next().is_none().then_some((WorkerId(worker), TaskId { slot, generation }))
        };
        match kind {
            "result" => result().map(|(worker, task)| Self::Result { worker, task }),
            "batches" => result().map(|(worker, task)| Self::Batches { worker, task }),
            "component" => rest.parse().ok().map(Self::Component),
            "value" => rest.parse().ok().map(Self::Value),
            _ => None,
        }
        .ok_or_else(unknown)
    }
}
