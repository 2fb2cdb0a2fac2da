//! Collections made into one graph with everything that it needs to run.

mod builder;
mod memory;
mod raw;

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;

use gristmill_data::Value;
use gristmill_graph::{Digest, Graph, Key, LayerId, TaskRef};

pub(crate) use builder::{Builder, INPUTS_MAX, literal};
pub(crate) use memory::shown;
pub use memory::{BlockSizes, PeakMemory};
pub use raw::RawFormat;

use crate::{Component, Delayed, Error, Native};

/// Longest text or byte argument that travels inside its task, in bytes; a longer one is held as a value of its own.
pub const LITERAL_NBYTES_MAX: usize = 1024;

/// A graph, what is wanted of it, and everything that its tasks need: code and values.
#[derive(Default)]
pub struct Program {
    /// The tasks.
    pub graph: Graph,
    /// The tasks whose results are asked for, in order.
    pub wanted: Vec<TaskRef>,
    /// The components that tasks call.
    pub components: Vec<Component>,
    /// The closures that tasks call; a program that has any runs in this process only.
    pub natives: Vec<Native>,
    /// Values that were too large to travel inside a task, under the keys of their content.
    pub values: Vec<(Key, Value)>,
    /// What the results of layers take of which that is known.
    pub sizes: BTreeMap<LayerId, BlockSizes>,
    /// What must stay alive until the program is submitted.
    pub keep: Vec<Arc<dyn Any + Send + Sync>>,
}

impl std::fmt::Debug for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Program")
            .field("n_tasks", &self.graph.n_tasks())
            .field("wanted", &self.wanted.len())
            .field("components", &self.components)
            .field("natives", &self.natives)
            .finish_non_exhaustive()
    }
}

/// Something lazy that a client can compute.
pub trait Collection: Sized {
    /// What comes of it.
    type Output;

    /// The program that computes these; what they share is in it once.
    ///
    /// # Errors
    /// What is wrong with one of them, or the graph's own error when it outgrows its limits.
    fn program(items: &[Self]) -> Result<Program, Error>;

    /// The same, for workers that may hold so many bytes: what would be done in steps, to hold little, may then be done
    /// at once.
    ///
    /// # Errors
    /// As [`Collection::program`].
    fn program_within(items: &[Self], memory_nbytes: u64) -> Result<Program, Error> {
        let _ = memory_nbytes;
        Self::program(items)
    }

    /// How many results of tasks make this one.
    fn n_results(&self) -> usize;

    /// What these results of tasks make, in the program's order.
    ///
    /// # Errors
    /// When they do not fit together.
    fn output(&self, results: Vec<Value>) -> Result<Self::Output, Error>;
}

impl Collection for Delayed {
    type Output = Value;

    fn program(items: &[Self]) -> Result<Program, Error> {
        Program::of(items)
    }

    fn n_results(&self) -> usize {
        1
    }

    fn output(&self, results: Vec<Value>) -> Result<Value, Error> {
        Ok(results.into_iter().next().unwrap_or(Value::Null))
    }
}

impl Program {
    /// The program that computes these lazy values; what they share is in it once.
    ///
    /// # Errors
    /// [`Error::TooManyInputs`], or the graph's own when it outgrows its limits.
    pub fn of(delayed: &[Delayed]) -> Result<Self, Error> {
        let mut builder = Builder::default();
        delayed.iter().try_for_each(|delayed| builder.visit(delayed))?;
        let wanted = delayed.iter().filter_map(|delayed| builder.task(delayed)).collect();
        builder.finish(wanted)
    }

    /// A value's key: that of its content, so that equal values are held once.
    ///
    /// # Errors
    /// When the value cannot be encoded.
    pub fn value_key(value: &Value) -> Result<Key, gristmill_data::Error> {
        let mut bytes = Vec::new();
        gristmill_data::encode_value(value, &mut bytes)?;
        Ok(Key(Digest::of(&bytes).0))
    }
}

#[cfg(test)]
mod tests;
