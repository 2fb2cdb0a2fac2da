//! What a client submits: tasks as columns, free of what they compute.

use std::sync::Arc;

use gristmill_graph::{Csr, Digest, Key};

use crate::Error;

/// Tasks as a structure of arrays; row `i` of every column is task `i`.
///
/// Only what scheduling needs: what a task calls stays with the driver, found by graph and row.
#[derive(Clone, Debug, Default)]
pub struct Submission {
    /// The tasks' keys. Rows of equal keys are one task.
    pub keys: Vec<Key>,
    /// The tasks' inputs as rows of this table, each smaller than the task's own row.
    pub inputs: Csr<u32>,
    /// The tasks' families.
    pub family: Vec<u32>,
    /// The tasks' priorities within the graph: 0 runs first.
    pub priority: Vec<u32>,
    /// The families.
    pub families: Vec<FamilySpec>,
    /// The rows whose results the client wants.
    pub wanted: Vec<u32>,
}

/// Tasks that do the same to different data: they share estimates and options.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FamilySpec {
    /// The prefix shown to people. Estimates are kept by name and component, across graphs.
    pub name: Arc<str>,
    /// The component that must be compiled before the tasks run, if any.
    pub component: Option<Digest>,
    /// How often a failed task is tried again.
    pub retries: u32,
    /// Tasks of a higher number run first, whichever graph they are of.
    pub priority: i32,
    /// The tasks are no work: they name results that are held already.
    pub held: bool,
    /// Abstract resources a task occupies while it runs.
    pub resources: Vec<(Arc<str>, u32)>,
    /// Labels of workers that may run it; empty means all may.
    pub labels: Vec<Arc<str>>,
}

impl FamilySpec {
    /// A family of this name without demands.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            component: None,
            retries: 0,
            priority: 0,
            held: false,
            resources: Vec::new(),
            labels: Vec::new(),
        }
    }
}

impl Submission {
    /// The number of tasks.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there are no tasks.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Checks that columns fit together and rows exist. Keys are checked when they are entered.
    ///
    /// # Errors
    /// Returns [`Error::Malformed`] or [`Error::OutOfRange`].
    pub fn check(&self) -> Result<(), Error> {
        let expected = self.keys.len();
        let columns =
            [("inputs", self.inputs.len()), ("family", self.family.len()), ("priority", self.priority.len())];
        for (what, found) in columns {
            if found != expected {
                return Err(Error::Malformed { what, found, expected });
            }
        }
        let n_families = self.families.len() as u32;
        for (row, (key, &family)) in (0u32..).zip(self.keys.iter().zip(&self.family)) {
            if family >= n_families {
                return Err(Error::OutOfRange {
                    key: *key,
                    row,
                    what: "family",
                    value: family,
                    limit: n_families,
                });
            }
            if let Some(&value) = self.inputs.row(row).iter().find(|&&input| input >= row) {
                return Err(Error::OutOfRange { key: *key, row, what: "input row", value, limit: row });
            }
        }
        let limit = expected as u32;
        if let Some(&value) = self.wanted.iter().find(|&&row| row >= limit) {
            return Err(Error::OutOfRange {
                key: Key([0; 32]),
                row: value,
                what: "wanted row",
                value,
                limit,
            });
        }
        Ok(())
    }
}
