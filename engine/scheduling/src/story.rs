//! The last transitions of all tasks, to tell one task's story when something went wrong.

use std::{collections::VecDeque, fmt};

use crate::{TaskId, Time};

/// One change of a task's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition<S> {
    /// When.
    pub at: Time,
    /// The task.
    pub task: TaskId,
    /// The state before.
    pub from: S,
    /// The state after.
    pub to: S,
}

impl<S: fmt::Display> fmt::Display for Transition<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {} -> {}", self.at, self.task, self.from, self.to)
    }
}

/// A bounded log of transitions: the oldest fall out.
#[derive(Clone, Debug)]
pub(crate) struct Story<S> {
    ring: VecDeque<Transition<S>>,
    len_max: usize,
}

impl<S: Copy + fmt::Display> Story<S> {
    pub(crate) fn new(len_max: usize) -> Self {
        Self { ring: VecDeque::new(), len_max }
    }

    #[inline]
    pub(crate) fn push(&mut self, transition: Transition<S>) {
        if self.len_max == 0 {
            return;
        }
        if self.ring.len() == self.len_max {
            self.ring.pop_front();
        }
        self.ring.push_back(transition);
    }

    pub(crate) fn of(&self, task: TaskId) -> Vec<Transition<S>> {
        self.ring.iter().filter(|t| t.task == task).copied().collect()
    }
}
