//! From symbolic layers to a [`TaskTable`]: cull, name, merge, order.
//!
//! Layers are in topological order and so are the tasks within a layer, so two plain sweeps are enough:
//! one backwards that marks what the wanted tasks need, one forwards that gives keys and ids.

#![expect(
    clippy::indexing_slicing,
    reason = "positions come from checked wirings (`Graph::push`), and marks are allocated before they are set"
)]

use std::collections::HashMap;

use crate::{
    Arg, Csr, Error, Family, Graph, INPUTS_MAX, Key, Layer, Params, TaskRef, TaskTable, Wiring,
    encode::{Hasher, Prefix, push_args},
    key_index::KeyIndex,
    wiring::Inputs,
};

/// A task that is needed and has no id yet. Other marks are 0, not needed, or the id plus 1.
const NEEDED: u32 = u32::MAX;

impl Graph {
    /// Makes the table of the tasks that are needed for the wanted ones.
    ///
    /// Tasks with equal keys become one; where their options differ, those of the first layer count.
    ///
    /// # Errors
    /// Returns [`Error::MissingTask`] when a wanted task does not exist, [`Error::Arguments`] when a layer's arguments
    /// refer to an input that a task lacks, and [`Error::TooMany`] when there are more than [`INPUTS_MAX`] inputs.
    pub fn materialize(&self, wanted: &[TaskRef]) -> Result<TaskTable, Error> {
        Ok(self.name_tasks(wanted)?.ordered())
    }

    /// What [`Graph::materialize`] does, but for the order.
    pub(crate) fn name_tasks(&self, wanted: &[TaskRef]) -> Result<TaskTable, Error> {
        let mut marks = Marks::of(self, wanted, INPUTS_MAX)?;
        let mut table = marks.empty_table();
        let (mut namer, mut families) = (Namer::new(marks.n_tasks), HashMap::new());
        for (id, layer) in (0..).zip(self.layers()) {
            if marks.of_layer[id].is_empty() {
                continue;
            }
            let family = Family {
                name: layer.name.clone(),
                function: layer.function.clone(),
                options: layer.options,
                held: layer.held().is_some(),
            };
            let next = families.len() as u32;
            let family = *families.entry(family).or_insert(next);
            namer.name_layer(&mut table, &mut marks.of_layer, id, layer, family)?;
        }
        table.families = in_entry_order(families);
        table.wanted = wanted
            .iter()
            .map(|task| marks.of_layer[task.layer.0 as usize][task.index as usize] - 1)
            .collect();
        Ok(table)
    }
}

/// Which tasks are needed; a layer that is not needed at all has no marks.
struct Marks {
    of_layer: Vec<Vec<u32>>,
    n_tasks: usize,
    n_inputs: u64,
}

impl Marks {
    /// Marks the wanted tasks and everything they need.
    fn of(graph: &Graph, wanted: &[TaskRef], n_inputs_max: u64) -> Result<Self, Error> {
        let mut marks = Self { of_layer: vec![Vec::new(); graph.layers().len()], n_tasks: 0, n_inputs: 0 };
        for &task in wanted {
            graph.find(task)?;
            marks.set(graph, task);
        }
        let mut inputs = Inputs::default();
        for (id, layer) in graph.layers().iter().enumerate().rev() {
            let n_inputs_min = layer.n_inputs_min();
            for index in (0..marks.of_layer[id].len()).rev() {
                if marks.of_layer[id][index] != 0 {
                    inputs.read(&layer.wiring, index as u32);
                    marks.n_tasks += 1;
                    marks.n_inputs += inputs.tasks.len() as u64;
                    check_inputs(layer, index, inputs.tasks.len(), n_inputs_min)?;
                    if marks.n_inputs > n_inputs_max {
                        return Err(Error::TooMany {
                            what: "task inputs",
                            n: marks.n_inputs,
                            limit: n_inputs_max,
                        });
                    }
                    inputs.tasks.iter().for_each(|&task| marks.set(graph, task));
                }
            }
        }
        Ok(marks)
    }

    fn set(&mut self, graph: &Graph, task: TaskRef) {
        let layer = task.layer.0 as usize;
        let marks = &mut self.of_layer[layer];
        if marks.is_empty() {
            // Zeroed memory costs nothing until it is touched, so a slice of a huge layer stays cheap.
            *marks = vec![0; graph.layers()[layer].n_tasks() as usize];
        }
        marks[task.index as usize] = NEEDED;
    }

    /// A table with room for exactly these tasks.
    fn empty_table(&self) -> TaskTable {
        let n = self.n_tasks;
        TaskTable {
            keys: Vec::with_capacity(n),
            inputs: Csr::with_capacity(n, self.n_inputs as usize),
            family: Vec::with_capacity(n),
            source: Vec::with_capacity(n),
            ..TaskTable::default()
        }
    }
}

/// Gives keys and ids, one layer after the other.
struct Namer {
    hasher: Hasher,
    inputs: Inputs,
    ids: Vec<u32>,
    by_key: KeyIndex,
}

impl Namer {
    fn new(n_tasks: usize) -> Self {
        let by_key = KeyIndex::with_capacity(n_tasks);
        Self { hasher: Hasher::default(), inputs: Inputs::default(), ids: Vec::new(), by_key }
    }

    /// Turns the marks of a layer into ids.
    fn name_layer(
        &mut self,
        table: &mut TaskTable,
        marks: &mut [Vec<u32>],
        id: usize,
        layer: &Layer,
        family: u32,
    ) -> Result<(), Error> {
        let prefix = Prefix::new(&layer.function, &layer.args);
        for index in 0..marks[id].len() as u32 {
            if marks[id][index as usize] == 0 {
                continue;
            }
            self.inputs.read(&layer.wiring, index);
            self.ids.clear();
            let inputs = self.inputs.tasks.iter();
            self.ids.extend(inputs.map(|task| marks[task.layer.0 as usize][task.index as usize] - 1));
            let key = match &layer.wiring {
                Wiring::Held(keys) => keys[index as usize],
                _ => self.key(&prefix, &layer.params, index, &table.keys),
            };
            let new = table.keys.len() as u32;
            let task = self.by_key.find_or_insert(key, new, &table.keys);
            if task == new {
                table.keys.push(key);
                table.inputs.push_row(self.ids.iter().copied())?;
                table.family.push(family);
                table.source.push(TaskRef { layer: crate::LayerId(id as u32), index });
            }
            marks[id][index as usize] = task + 1;
        }
        Ok(())
    }

    fn key(&mut self, prefix: &Prefix, params: &Params, index: u32, keys: &[Key]) -> Key {
        let inputs = self.ids.iter().map(|&id| &keys[id as usize]);
        self.hasher.key(prefix, |buffer| push_params(buffer, params, index), inputs)
    }
}

/// Appends what [`Params::row`] holds; a single index without making a row of it.
fn push_params(buffer: &mut Vec<u8>, params: &Params, index: u32) {
    match params {
        Params::Index => push_args(buffer, &[Arg::UInt(u64::from(index))]),
        _ => push_args(buffer, &params.row(index)),
    }
}

impl Layer {
    /// How many inputs each task must have for the arguments to make sense.
    fn n_inputs_min(&self) -> usize {
        let mut n_min = 0;
        for arg in &self.args {
            arg.walk(0, &mut |arg| {
                if let Arg::Input(n) = arg {
                    n_min = n_min.max(*n as usize + 1);
                }
            });
        }
        n_min
    }
}

fn check_inputs(layer: &Layer, index: usize, n: usize, n_min: usize) -> Result<(), Error> {
    if n < n_min {
        let reason = format!("task {index} has {n} inputs, but the arguments refer to input {}", n_min - 1);
        return Err(Error::Arguments { layer: layer.name.to_string(), reason });
    }
    Ok(())
}

/// The families in the order of their numbers.
pub(crate) fn in_entry_order(families: HashMap<Family, u32>) -> Vec<Family> {
    let mut families: Vec<_> = families.into_iter().collect();
    families.sort_unstable_by_key(|&(_, number)| number);
    families.into_iter().map(|(family, _)| family).collect()
}

#[cfg(test)]
mod tests;
