//! Fewer, larger tasks: cheap ones are copied into their users, chains become one task.
//!
//! Both keep every key and every result as they are: a task is still named after what it computes, not after how.
//! Culling happens before, in [`Graph::materialize`]: what is not needed is never made.

#![expect(clippy::indexing_slicing, reason = "ids and groups come from a table whose rows are topological")]

use std::{collections::HashMap, sync::Arc};

use crate::{
    Csr, Error, Family, Graph, Operand, TaskRef, TaskTable, materialize::in_entry_order, order::order,
    table::Programs,
};

/// How many steps inlining may put in front of one task.
pub const INLINE_STEPS_MAX: u32 = 64;

/// How many steps fusing may put into one task. A fused task is retried, cancelled and placed as a whole.
pub const FUSE_STEPS_MAX: u32 = 256;

impl Graph {
    /// [`Graph::materialize`], then [`TaskTable::inline`] and [`TaskTable::fuse`].
    ///
    /// # Errors
    /// Returns what [`Graph::materialize`] returns.
    pub fn optimize(&self, wanted: &[TaskRef]) -> Result<TaskTable, Error> {
        Ok(self.name_tasks(wanted)?.copy_cheap()?.merge_chains()?.ordered())
    }
}

impl TaskTable {
    /// Copies literals and aliases (see [`Function::identity`](crate::Function::identity)) into the tasks that use them.
    ///
    /// The copies become steps of their users. Those that are wanted also stay as they are.
    ///
    /// # Errors
    /// Returns [`Error::TooMany`] when the steps outgrow `u32`.
    pub fn inline(self) -> Result<Self, Error> {
        Ok(self.copy_cheap()?.ordered())
    }

    /// Makes one task of each chain: tasks whose only user reads nothing else, and that run under the same options.
    ///
    /// # Errors
    /// Returns [`Error::TooMany`] when the steps outgrow `u32`.
    pub fn fuse(self) -> Result<Self, Error> {
        Ok(self.merge_chains()?.ordered())
    }

    /// Gives the tasks their order of execution.
    pub(crate) fn ordered(self) -> Self {
        Self { priority: order(&self.inputs), ..self }
    }

    /// What [`TaskTable::inline`] does, but for the order.
    fn copy_cheap(self) -> Result<Self, Error> {
        let n_steps = self.n_steps_if_cheap();
        if n_steps.iter().all(|&n| n == 0) {
            return Ok(self);
        }
        let mut kept: Vec<bool> = n_steps.iter().map(|&n| n == 0).collect();
        self.wanted.iter().for_each(|&id| kept[id as usize] = true);
        // Users before inputs: who cannot take all of its cheap inputs keeps them as tasks.
        let mut takes = kept.clone();
        for id in self.ids().rev() {
            if !kept[id as usize] {
                continue;
            }
            let inputs = self.inputs.row(id).iter().map(|&input| input as usize);
            takes[id as usize] = inputs.clone().map(|input| u64::from(n_steps[input])).sum::<u64>()
                <= u64::from(INLINE_STEPS_MAX);
            if !takes[id as usize] {
                inputs.for_each(|input| kept[input] = true);
            }
        }
        let mut groups = Csr::with_capacity(self.len(), self.len());
        let mut group = Vec::new();
        for id in self.ids().filter(|&id| kept[id as usize]) {
            group.clear();
            if takes[id as usize] {
                self.push_cheap_inputs(id, &n_steps, &mut group);
            }
            group.push(id);
            groups.push_row(group.iter().copied())?;
        }
        self.regroup(&groups)
    }

    /// What [`TaskTable::fuse`] does, but for the order.
    fn merge_chains(self) -> Result<Self, Error> {
        let dependents = self.dependents();
        let mut wanted = vec![false; self.len()];
        self.wanted.iter().for_each(|&id| wanted[id as usize] = true);
        let is_link = |before: u32, id: u32| {
            let (a, b) = (self.family_of(before), self.family_of(id));
            let alike = a.zip(b).is_some_and(|(a, b)| a.options == b.options && !a.held && !b.held);
            // Who starts tasks and waits for them does so alone.
            let alone = a.is_some_and(|a| a.options.may_submit);
            alike && !alone && !wanted[before as usize] && dependents.row(before) == [id]
        };
        let mut before_of: Vec<Option<u32>> = vec![None; self.len()];
        let mut is_last = vec![true; self.len()];
        let mut n_steps: Vec<u32> = self.ids().map(|id| self.steps(id).len() as u32).collect();
        for id in self.ids() {
            let before = self.only_input(id).filter(|&before| {
                is_link(before, id) && n_steps[before as usize] + n_steps[id as usize] <= FUSE_STEPS_MAX
            });
            if let Some(before) = before {
                n_steps[id as usize] += n_steps[before as usize];
                is_last[before as usize] = false;
                before_of[id as usize] = Some(before);
            }
        }
        if is_last.iter().all(|&last| last) {
            return Ok(self);
        }
        let mut groups = Csr::with_capacity(self.len(), self.len());
        let mut chain = Vec::new();
        for last in self.ids().filter(|&id| is_last[id as usize]) {
            chain.clear();
            chain.extend(std::iter::successors(Some(last), |&id| before_of[id as usize]));
            groups.push_row(chain.iter().rev().copied())?;
        }
        self.regroup(&groups)
    }

    /// For each task, how many steps a copy of it takes; 0 if it is not cheap.
    fn n_steps_if_cheap(&self) -> Vec<u32> {
        let cheap_family: Vec<bool> = self.families.iter().map(Family::is_cheap).collect();
        let mut n_steps = vec![0u32; self.len()];
        for id in self.ids().filter(|&id| cheap_family[self.family[id as usize] as usize]) {
            let inputs = self.inputs.row(id).iter().map(|&input| n_steps[input as usize]);
            let n = inputs.fold(1, u32::saturating_add);
            n_steps[id as usize] = if n > INLINE_STEPS_MAX { 0 } else { n };
        }
        n_steps
    }

    fn ids(&self) -> std::ops::Range<u32> {
        0..self.len() as u32
    }

    /// The input of a task that reads one task only, if once or more often.
    fn only_input(&self, id: u32) -> Option<u32> {
        let (&first, rest) = self.inputs.row(id).split_first()?;
        rest.iter().all(|&input| input == first).then_some(first)
    }

    /// Puts the cheap tasks that a task needs before it, inputs first; as deep as they nest, at most `INLINE_STEPS_MAX`.
    fn push_cheap_inputs(&self, id: u32, n_steps: &[u32], group: &mut Vec<u32>) {
        for &input in self.inputs.row(id) {
            if n_steps[input as usize] > 0 && !group.contains(&input) {
                self.push_cheap_inputs(input, n_steps, group);
                group.push(input);
            }
        }
    }

    /// A table, not ordered yet, with one task for each group: the last of the group, with the others as its steps.
    ///
    /// Groups must be in the order of their last tasks. A task may be in several groups; every input of a group
    /// must be in it or the last of another.
    fn regroup(&self, groups: &Csr<u32>) -> Result<Self, Error> {
        let mut table = Self::default();
        table.programs.of_task.reserve(groups.len());
        let mut families = Families::default();
        let mut new_ids = vec![0; self.len()];
        for (new_id, group) in (0..).zip(groups.rows()) {
            let Some(&last) = group.last() else { continue };
            new_ids[last as usize] = new_id;
            if group.len() == 1 && self.program(last).is_none() {
                table.programs.of_task.push(0);
                table.inputs.push_row(self.inputs.row(last).iter().map(|&input| new_ids[input as usize]))?;
            } else {
                let inputs = self.assemble(group, &mut table.programs)?;
                table.inputs.push_row(inputs.iter().map(|&input| new_ids[input as usize]))?;
            }
            table.keys.push(self.keys[last as usize]);
            table.source.push(self.source[last as usize]);
            table.family.push(families.of_group(self, group));
        }
        table.families = in_entry_order(families.numbers);
        table.wanted = self.wanted.iter().map(|&id| new_ids[id as usize]).collect();
        Ok(table)
    }

    /// Writes the steps of a group into `programs`, and returns the inputs from outside of it, each once.
    fn assemble(&self, group: &[u32], programs: &mut Programs) -> Result<Vec<u32>, Error> {
        let mut inputs: Vec<u32> = Vec::new();
        let mut steps: Vec<TaskRef> = Vec::new();
        // Where the result of each task that is met is found.
        let mut places: HashMap<u32, Operand> = HashMap::new();
        for &id in group {
            let base = steps.len() as u32;
            for step in (0..).take(self.steps(id).len()) {
                let operands = self.operands(id, step).map(|operand| match operand {
                    Operand::Step(n) => Operand::Step(base + n),
                    Operand::Input(n) => {
                        let input = self.inputs.row(id)[n as usize];
                        *places.entry(input).or_insert_with(|| {
                            inputs.push(input);
                            Operand::Input(inputs.len() as u32 - 1)
                        })
                    }
                });
                programs.operands.push_row(operands)?;
            }
            steps.extend_from_slice(self.steps(id));
            places.insert(id, Operand::Step(steps.len() as u32 - 1));
        }
        programs.steps.push_row(steps)?;
        programs.of_task.push(programs.steps.len() as u32);
        Ok(inputs)
    }
}

/// The families of a new table.
#[derive(Default)]
struct Families {
    numbers: HashMap<Family, u32>,
    /// The new family of each group, by the old families of its tasks.
    of_old: HashMap<Vec<u32>, u32>,
    old: Vec<u32>,
}

impl Families {
    /// The number of a group's family: named after its tasks, but for literals and aliases and repetitions in a row.
    fn of_group(&mut self, table: &TaskTable, group: &[u32]) -> u32 {
        self.old.clear();
        self.old.extend(group.iter().map(|&id| table.family[id as usize]));
        self.old.dedup();
        if let Some(&number) = self.of_old.get(&self.old) {
            return number;
        }
        let members: Vec<&Family> = self.old.iter().map(|&family| &table.families[family as usize]).collect();
        let last = members[members.len() - 1];
        let mut names: Vec<&Arc<str>> =
            members.iter().filter(|family| !family.is_cheap()).map(|family| &family.name).collect();
        if names.is_empty() {
            names.push(&last.name);
        }
        names.dedup();
        let next = self.numbers.len() as u32;
        let number = *self.numbers.entry(Family { name: join(&names), ..last.clone() }).or_insert(next);
        self.of_old.insert(self.old.clone(), number);
        number
    }
}

impl Family {
    /// Whether its tasks are literals or aliases.
    fn is_cheap(&self) -> bool {
        self.function.is_identity() && !self.held
    }
}

/// `read-filter-sum`; the middle of long chains is left out.
fn join(names: &[&Arc<str>]) -> Arc<str> {
    match names {
        [only] => (*only).clone(),
        [first, .., last] if names.len() > 4 => format!("{first}-..-{last}").into(),
        _ => names.iter().map(|name| &***name).collect::<Vec<_>>().join("-").into(),
    }
}

#[cfg(test)]
mod tests;
