//! [`TaskTable`]: the tasks that a computation needs, as a structure of arrays with `u32` ids.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Csr, Function, Key, TaskOptions, TaskRef};

/// The tasks that are needed for the wanted ones, with their keys, inputs and order of execution.
///
/// Ids are topological: an input's id is smaller than its users'. Tasks with equal keys are one task.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TaskTable {
    /// The name of each task and of its result.
    pub keys: Vec<Key>,
    /// The inputs of each task; in argument order, with repetitions, unless the task was fused.
    pub inputs: Csr<u32>,
    /// Which of `families` each task belongs to.
    pub family: Vec<u32>,
    /// When each task runs, 0 first: a depth-first order that holds memory down. Every number occurs once.
    pub priority: Vec<u32>,
    /// Where each task is in the graph; for a fused task, its last step.
    pub source: Vec<TaskRef>,
    /// What tasks have in common.
    pub families: Vec<Family>,
    /// The id of each task that was asked for, in that order.
    pub wanted: Vec<u32>,
    /// The steps of fused tasks.
    pub(crate) programs: Programs,
}

/// What tasks of the same name, function and options have in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Family {
    /// The prefix shown to people; the names of the steps, if fused.
    pub name: Arc<str>,
    /// What its tasks run; the last step's function, if fused.
    pub function: Function,
    /// How its tasks are run.
    pub options: TaskOptions,
    /// Whether its tasks are results that exist already, by key ([`Wiring::Held`](crate::Wiring::Held)): nothing is run.
    pub held: bool,
}

/// One input of one step of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Operand {
    /// The task's n-th input.
    Input(u32),
    /// The result of the task's n-th step, which is an earlier one.
    Step(u32),
}

/// The steps of the tasks that have more than one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Programs {
    /// For each task, one more than its row in `steps`, or 0; empty while no task has several steps.
    pub(crate) of_task: Vec<u32>,
    pub(crate) steps: Csr<TaskRef>,
    /// A row for each value of `steps`.
    pub(crate) operands: Csr<Operand>,
}

impl TaskTable {
    /// The number of tasks.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there are no tasks.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// What a task runs, in order: itself, or the steps that were fused into it. The last step gives the result.
    pub fn steps(&self, id: u32) -> &[TaskRef] {
        match self.program(id) {
            Some(row) => self.programs.steps.row(row),
            None => self.source.get(id as usize..).and_then(|rest| rest.get(..1)).unwrap_or_default(),
        }
    }

    /// The inputs of one of a task's steps, in argument order.
    pub fn operands(&self, id: u32, step: u32) -> impl ExactSizeIterator<Item = Operand> + '_ {
        let program = self.program(id);
        let row = program.map(|row| (self.programs.steps.range(row).start as u32).saturating_add(step));
        let listed = row.map(|row| self.programs.operands.row(row));
        let n = listed.map_or_else(|| self.inputs.row(id).len(), <[Operand]>::len);
        (0..n as u32).map(move |i| match listed.and_then(|listed| listed.get(i as usize)) {
            Some(&operand) => operand,
            None => Operand::Input(i),
        })
    }

    /// The family of a task.
    pub fn family_of(&self, id: u32) -> Option<&Family> {
        self.family.get(id as usize).and_then(|&family| self.families.get(family as usize))
    }

    /// The tasks that use each task, the reverse of `inputs`, without repetitions.
    pub fn dependents(&self) -> Csr<u32> {
        crate::order::dependents(&self.inputs)
    }

    /// The most results that are alive at one time if tasks run by these priorities, such as `self.priority`.
    ///
    /// `priority` must hold each number below [`TaskTable::len`] once.
    pub fn peak_live(&self, priority: &[u32]) -> u32 {
        crate::order::peak_live(&self.inputs, priority)
    }

    /// The task ids in the order of execution.
    pub fn in_order(&self) -> Vec<u32> {
        crate::order::invert(&self.priority)
    }

    /// What it takes to run some tasks elsewhere, as a table of these alone, in the given order.
    ///
    /// It says nothing of how they depend on each other: of inputs it has only how many there are, `wanted` is empty, and
    /// priorities are those of this table. Tasks that do not exist are left out.
    #[must_use]
    pub fn pick(&self, ids: &[u32]) -> Self {
        let mut picked = Self::default();
        let mut families: HashMap<u32, u32> = HashMap::new();
        for &id in ids {
            let at = id as usize;
            let columns = (self.keys.get(at), self.family.get(at), self.source.get(at));
            let (Some(&key), Some(&family), Some(&source)) = columns else { continue };
            let Some(of) = self.families.get(family as usize) else { continue };
            let family = *families.entry(family).or_insert_with(|| {
                picked.families.push(of.clone());
                picked.families.len() as u32 - 1
            });
            let row = picked.keys.len() as u32;
            picked.keys.push(key);
            picked.family.push(family);
            picked.source.push(source);
            picked.priority.push(self.priority.get(at).copied().unwrap_or(row));
            picked.inputs.push_within(self.inputs.row(id));
            if let Some(program) = self.program(id) {
                picked.programs.of_task.resize(row as usize, 0);
                picked.programs.steps.push_within(self.programs.steps.row(program));
                picked.programs.of_task.push(picked.programs.steps.len() as u32);
                for step in self.programs.steps.range(program) {
                    picked.programs.operands.push_within(self.programs.operands.row(step as u32));
                }
            }
        }
        picked
    }

    /// The memory held, in bytes.
    pub fn nbytes(&self) -> usize {
        let Self { keys, inputs, family, priority, source, families, wanted, programs } = self;
        let words = family.capacity() + priority.capacity() + wanted.capacity() + programs.of_task.capacity();
        keys.capacity() * size_of::<Key>()
            + source.capacity() * size_of::<TaskRef>()
            + families.capacity() * size_of::<Family>()
            + words * size_of::<u32>()
            + inputs.nbytes()
            + programs.steps.nbytes()
            + programs.operands.nbytes()
    }

    /// The row of a task's program, if it has several steps.
    pub(crate) fn program(&self, id: u32) -> Option<u32> {
        self.programs.of_task.get(id as usize).and_then(|row| row.checked_sub(1))
    }
}

#[cfg(test)]
mod tests;
