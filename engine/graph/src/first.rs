//! Which tasks of a large graph can begin before the rest of it has been named.
//!
//! Naming and ordering a million tasks takes most of a second. A few thousand of them, taken depth first from the
//! wanted ones, can be named alone and set going at once: equal tasks have equal keys, so the whole graph finds their
//! results when it comes.

use std::collections::HashSet;

use crate::{Graph, TaskRef, wiring::Inputs};

/// Tasks and inputs looked at in search of the first tasks, at most: a search must cost less than it saves.
const LOOKED_AT_MAX: usize = 1 << 18;

/// A task on the way down, its inputs, and how many of them are done.
struct Step {
    task: TaskRef,
    inputs: Vec<TaskRef>,
    n_done: usize,
}

impl Graph {
    /// Tasks to begin with: with all that they need, they are about `n`. None if no such tasks are found soon.
    ///
    /// A task with one input goes with it, as it does when chains are fused, so what begins here is not run again
    /// as the step of a larger task.
    pub fn first_tasks(&self, wanted: &[TaskRef], n: usize) -> Vec<TaskRef> {
        let (mut first, mut done) = (Vec::new(), HashSet::new());
        let mut looked_at = 0;
        for &task in wanted {
            if done.len() >= n {
                break;
            }
            if self.find(task).is_err() || done.contains(&task) {
                continue;
            }
            let way = self.complete(task, n, &mut done, &mut looked_at);
            if way.is_empty() {
                first.push(task);
            } else {
                let begun = way.iter().flat_map(|step| step.inputs.iter().take(step.n_done));
                first.extend(begun.filter(|task| done.contains(task)));
                break;
            }
        }
        first.sort_unstable();
        first.dedup();
        first
    }

    /// Completes tasks depth first until `n` are done; the way to the task that comes next, empty if `task` is done.
    fn complete(
        &self,
        task: TaskRef,
        n: usize,
        done: &mut HashSet<TaskRef>,
        looked_at: &mut usize,
    ) -> Vec<Step> {
        let mut inputs = Inputs::default();
        let mut step = |task: TaskRef| {
            if let Some(layer) = self.layer(task.layer) {
                inputs.read(&layer.wiring, task.index);
            }
            Step { task, inputs: inputs.tasks.clone(), n_done: 0 }
        };
        let mut way = vec![step(task)];
        while let Some(last) = way.last_mut() {
            match last.inputs.get(last.n_done) {
                None => {
                    done.insert(last.task);
                    way.pop();
                }
                Some(input) if done.contains(input) => last.n_done += 1,
                Some(_) if done.len() >= n || *looked_at >= LOOKED_AT_MAX => return way,
                Some(&input) => {
                    let next = step(input);
                    *looked_at += 1 + next.inputs.len();
                    way.push(next);
                }
            }
        }
        way
    }
}

#[cfg(test)]
mod tests;
