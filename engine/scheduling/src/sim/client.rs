//! The simulated client: it knows what every result must be, and what it still waits for.

use std::sync::Arc;

use gristmill_graph::{Key, KeyMap};

use super::SimGraph;
use crate::{Error, Failure, ReportMsg, SplitMix};

/// A task's own error in a simulation.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TaskFailed {
    pub(super) row: u32,
}

impl std::fmt::Display for TaskFailed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "row {} failed", self.row)
    }
}

impl std::error::Error for TaskFailed {}

/// What the client has been told about a key it wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    Nothing,
    InMemory,
    Erred,
    Cancelled,
}

pub(super) struct Expected {
    /// The value of each row, computed in order.
    pub(super) values: Vec<u64>,
    /// Rows that fail whenever they are called.
    pub(super) bad: Vec<bool>,
    /// Rows that fail or depend on one that does.
    doomed: Vec<bool>,
    pub(super) row_of: KeyMap<u32>,
    pub(super) wanted: KeyMap<Told>,
    pub(super) n_open: usize,
}

impl Expected {
    pub(super) fn of(graph: &SimGraph, bad_one_in: u32, random: &mut SplitMix) -> Self {
        let n = graph.submission.len();
        let bad: Vec<bool> = (0..n).map(|_| super::fault::happens(random, bad_one_in)).collect();
        let (mut values, mut doomed) = (Vec::with_capacity(n), bad.clone());
        for (row, inputs) in graph.submission.inputs.rows().enumerate() {
            values.push(value(row as u32, inputs.iter().map(|&input| values[input as usize])));
            doomed[row] |= inputs.iter().any(|&input| doomed[input as usize]);
        }
        let row_of = graph.submission.keys.iter().copied().zip(0..).collect();
        Self { values, bad, doomed, row_of, wanted: KeyMap::default(), n_open: 0 }
    }

    pub(super) fn want(&mut self, key: Key) {
        if self.wanted.insert(key, Told::Nothing) != Some(Told::Nothing) {
            self.n_open += 1;
        }
    }

    pub(super) fn release(&mut self, key: Key) {
        if self.wanted.remove(&key) == Some(Told::Nothing) {
            self.n_open -= 1;
        }
    }

    /// Nothing that has been told holds any more; the rows that are still wanted.
    pub(super) fn reopen(&mut self) -> Vec<u32> {
        self.wanted.values_mut().for_each(|told| *told = Told::Nothing);
        self.n_open = self.wanted.len();
        let mut rows: Vec<u32> = self.wanted.keys().map(|key| self.row_of[key]).collect();
        rows.sort_unstable();
        rows
    }

    /// Takes in a report; errors must be those that the simulation has made.
    pub(super) fn on_report(&mut self, report: &ReportMsg) -> Result<(), String> {
        let (key, told) = match report {
            ReportMsg::Accepted { .. } => return Ok(()),
            ReportMsg::Refused { error, .. } => return Err(format!("refused: {error}")),
            ReportMsg::InMemory { key, .. } => {
                if self.doomed[self.row_of[key] as usize] {
                    return Err(format!("row {} has a value, but must fail", self.row_of[key]));
                }
                (key, Told::InMemory)
            }
            ReportMsg::Erred { key, failure } => {
                self.check_failure(*key, failure)?;
                (key, Told::Erred)
            }
            ReportMsg::Cancelled { key } => (key, Told::Cancelled),
            ReportMsg::Lost { key } => (key, Told::Nothing),
        };
        // What has been released meanwhile is nobody's business.
        if let Some(before) = self.wanted.get_mut(key) {
            self.n_open += usize::from(told == Told::Nothing);
            self.n_open -= usize::from(*before == Told::Nothing);
            *before = told;
        }
        Ok(())
    }

    fn check_failure(&self, key: Key, failure: &Arc<Failure>) -> Result<(), String> {
        let row = self.row_of[&key];
        let root = self.row_of.get(&failure.root).copied();
        match failure.error.downcast_ref::<TaskFailed>() {
            Some(failed) if Some(failed.row) != root => {
                Err(format!("row {row} failed by {root:?} with the error of row {}", failed.row))
            }
            Some(_) => Ok(()),
            None => match failure.error.downcast_ref::<Error>() {
                Some(Error::Killed { .. } | Error::Unreachable { .. }) => Ok(()),
                other => Err(format!("row {row} failed with {other:?}")),
            },
        }
    }
}

/// The value of a task: what it is and what it was given, in order.
pub(super) fn value(row: u32, inputs: impl Iterator<Item = u64>) -> u64 {
    let start = SplitMix::new(u64::from(row)).next_u64();
    inputs.fold(start, |acc, input| SplitMix::new(acc.rotate_left(7) ^ input).next_u64())
}
