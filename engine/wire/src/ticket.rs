//! What can be asked for by `DoGet`, in the text form that tickets have.

use std::fmt;
use std::str::FromStr;

use gristmill_graph::{Digest, Key};
use gristmill_scheduling::{TaskId, WorkerId};
use serde::{Deserialize, Serialize};

use crate::{Epoch, Pass};

/// Names a result that a worker holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultName {
    /// The run of the scheduler that has given the other two names.
    pub epoch: Epoch,
    /// The worker, so that one that has taken another's address does not answer for it.
    pub worker: WorkerId,
    /// The task whose result it is.
    pub task: TaskId,
}

/// What can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ticket {
    /// A result that a worker holds, encoded as in spill files: for peers and clients of this engine.
    Result(ResultName, Pass),
    /// The same as a file of this machine, for as long as the stream is open; where that cannot be, it is not found.
    Shared(ResultName, Pass),
    /// The same as record batches, for any Flight client.
    Batches(ResultName, Pass),
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

impl fmt::Display for ResultName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { epoch, worker, task } = self;
        write!(f, "{:x}/{}/{}/{}", epoch.0, worker.0, task.slot, task.generation)
    }
}

impl fmt::Display for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Result(name, pass) => write!(f, "result/{name}/{pass}"),
            Self::Shared(name, pass) => write!(f, "shared/{name}/{pass}"),
            Self::Batches(name, pass) => write!(f, "batches/{name}/{pass}"),
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
        let result = || -> Option<(ResultName, Pass)> {
            let (epoch, rest) = rest.split_once('/')?;
            let (rest, pass) = rest.rsplit_once('/')?;
            let epoch = Epoch(u64::from_str_radix(epoch, 16).ok()?);
            let mut numbers = rest.split('/').map(|number| number.parse().ok());
            let (worker, slot, generation) = (numbers.next()??, numbers.next()??, numbers.next()??);
            let name = ResultName { epoch, worker: WorkerId(worker), task: TaskId { slot, generation } };
            Some((name, pass.parse().ok()?)).filter(|_| numbers.next().is_none())
        };
        match kind {
            "result" => result().map(|(name, pass)| Self::Result(name, pass)),
            "shared" => result().map(|(name, pass)| Self::Shared(name, pass)),
            "batches" => result().map(|(name, pass)| Self::Batches(name, pass)),
            "component" => rest.parse().ok().map(Self::Component),
            "value" => rest.parse().ok().map(Self::Value),
            _ => None,
        }
        .ok_or_else(unknown)
    }
}
