//! [`Graph`]: layers in an order in which inputs come first, so a cycle cannot even be written down.

use std::{borrow::Cow, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{
    ARG_DEPTH_MAX, Arg, DeviceChoice, Error, Function, Key, Layer, LayerId, Params, TASKS_MAX, TaskOptions,
    TaskRef, Wiring, wiring::Inputs,
};

/// A task graph, kept symbolic: its size follows the number of operations, not the number of tasks.
///
/// ```
/// use gristmill_graph::{Function, Graph, Layer, Params, Wiring};
///
/// let mut graph = Graph::new();
/// let read = Layer::new("read", Function::kernel("read", 1), Wiring::Source { n: 8 }).params(Params::Index);
/// let read = graph.push(read)?;
/// let sum = graph.push(Layer::new("sum", Function::kernel("sum", 1), Wiring::groups(read, 8, 4)))?;
/// let total = graph.push(Layer::new("sum", Function::kernel("sum", 1), Wiring::groups(sum, 2, 4)))?;
///
/// let table = graph.materialize(&[total.task(0)])?;
/// assert_eq!(table.len(), 8 + 2 + 1);
/// # Ok::<(), gristmill_graph::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Layer>", into = "Vec<Layer>")]
pub struct Graph {
    layers: Vec<Layer>,
    n_tasks: u64,
}

/// Everything needed to call one task, but its inputs.
#[derive(Clone, Debug, PartialEq)]
pub struct Spec<'a> {
    /// The prefix shown to people.
    pub name: &'a Arc<str>,
    /// What to run.
    pub function: &'a Function,
    /// What to call it with.
    pub args: &'a [Arg],
    /// The task's own literals, for [`Arg::Param`].
    pub params: Cow<'a, [Arg]>,
    /// What it returns, as a type in words, where that was planned.
    pub returns: Option<&'a str>,
    /// How to run it.
    pub options: &'a TaskOptions,
}

impl Graph {
    /// A graph without layers.
    pub const fn new() -> Self {
        Self { layers: Vec::new(), n_tasks: 0 }
    }

    /// Has every layer run there that has no choice of its own.
    pub fn set_device(&mut self, device: DeviceChoice) {
        let open = self.layers.iter_mut().filter(|layer| layer.options.device == DeviceChoice::Auto);
        open.for_each(|layer| layer.options.device = device);
    }

    /// Adds a layer, whose inputs must have been added before.
    ///
    /// # Errors
    /// Returns [`Error::UnknownLayer`], [`Error::MissingTask`] or [`Error::Wiring`] when the layer does not fit those
    /// before it, [`Error::Arguments`] or [`Error::TooDeep`] when its arguments do not fit its tasks, and
    /// [`Error::TooMany`] when there are more than [`TASKS_MAX`] tasks.
    pub fn push(&mut self, layer: Layer) -> Result<LayerId, Error> {
        let n_tasks = check_n_tasks(self.n_tasks.saturating_add(layer.wiring.n_tasks_exact()))?;
        let id = self.next_id(1)?;
        layer.wiring.check(&layer.name, &self.layers)?;
        check_args(&layer)?;
        self.n_tasks = n_tasks;
        self.layers.push(layer);
        Ok(id)
    }

    /// Adds all layers of another graph, and returns the number to add to its layer ids.
    ///
    /// Tasks that both have are merged by their equal keys when the graph is materialised.
    ///
    /// # Errors
    /// Returns [`Error::TooMany`] when both have more than [`TASKS_MAX`] tasks together; then nothing was added.
    pub fn append(&mut self, other: &Self) -> Result<u32, Error> {
        let n_tasks = check_n_tasks(self.n_tasks + other.n_tasks)?;
        let LayerId(offset) = self.next_id(other.layers.len())?;
        self.n_tasks = n_tasks;
        self.layers.extend(other.layers.iter().cloned().map(|mut layer| {
            layer.wiring.map_layers(|layer| LayerId(layer.0 + offset));
            layer
        }));
        Ok(offset)
    }

    /// The layers, inputs first.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// The layer with this id.
    pub fn layer(&self, id: LayerId) -> Option<&Layer> {
        self.layers.get(id.0 as usize)
    }

    /// The number of tasks of all layers, before any are culled or merged.
    pub fn n_tasks(&self) -> u64 {
        self.n_tasks
    }

    /// All tasks of a layer; none if there is no such layer.
    pub fn tasks(&self, id: LayerId) -> impl ExactSizeIterator<Item = TaskRef> + use<> {
        (0..self.layer(id).map_or(0, Layer::n_tasks)).map(move |index| id.task(index))
    }

    /// The inputs of a task, in argument order; empty for a task that does not exist.
    pub fn inputs(&self, task: TaskRef) -> Vec<TaskRef> {
        let mut inputs = Inputs::default();
        if let Some(layer) = self.layer(task.layer).filter(|layer| task.index < layer.n_tasks()) {
            inputs.read(&layer.wiring, task.index);
        }
        inputs.tasks
    }

    /// What a task runs and is called with.
    ///
    /// # Errors
    /// Returns [`Error::MissingTask`] when there is no such task.
    pub fn spec(&self, task: TaskRef) -> Result<Spec<'_>, Error> {
        let layer = self.find(task)?;
        Ok(Spec {
            name: &layer.name,
            function: &layer.function,
            args: &layer.args,
            params: layer.params.row(task.index),
            returns: layer.returns.as_deref(),
            options: &layer.options,
        })
    }

    /// The id of the next layer, if there is room for `n_more`.
    fn next_id(&self, n_more: usize) -> Result<LayerId, Error> {
        let (n, limit) = ((self.layers.len() + n_more) as u64, u64::from(u32::MAX));
        match u32::try_from(n) {
            Ok(_) => Ok(LayerId(self.layers.len() as u32)),
            Err(_) => Err(Error::TooMany { what: "layers", n, limit }),
        }
    }

    /// The layer of a task that must exist.
    pub(crate) fn find(&self, task: TaskRef) -> Result<&Layer, Error> {
        let missing = |reason| Error::MissingTask { task, reason };
        let layer = self
            .layer(task.layer)
            .ok_or_else(|| missing(format!("the graph has {} layers", self.layers.len())))?;
        match task.index < layer.n_tasks() {
            true => Ok(layer),
            false => Err(missing(format!("layer {:?} has {} tasks", layer.name, layer.n_tasks()))),
        }
    }
}

impl TryFrom<Vec<Layer>> for Graph {
    type Error = Error;

    /// Checks every layer as [`Graph::push`] does.
    fn try_from(layers: Vec<Layer>) -> Result<Self, Error> {
        let mut graph = Self::new();
        for layer in layers {
            graph.push(layer)?;
        }
        Ok(graph)
    }
}

impl From<Graph> for Vec<Layer> {
    fn from(graph: Graph) -> Self {
        graph.layers
    }
}

impl Layer {
    /// The keys that a layer of held results was given; none of any other layer.
    #[must_use]
    pub fn held(&self) -> Option<&[Key]> {
        match &self.wiring {
            Wiring::Held(keys) => Some(keys),
            _ => None,
        }
    }
}

fn check_n_tasks(n: u64) -> Result<u64, Error> {
    if n > TASKS_MAX { Err(Error::TooMany { what: "tasks", n, limit: TASKS_MAX }) } else { Ok(n) }
}

/// Refuses literals that refer to something, and arguments that refer to literals that some task lacks.
fn check_args(layer: &Layer) -> Result<(), Error> {
    let refuse = |reason| Error::Arguments { layer: layer.name.to_string(), reason };
    let too_deep =
        || Error::TooDeep { at: format!("an argument of layer {:?}", layer.name), limit: ARG_DEPTH_MAX };
    let mut n_params = 0;
    for arg in &layer.args {
        let shallow = arg.walk(0, &mut |arg| {
            if let Arg::Param(n) = arg {
                n_params = n_params.max(u64::from(*n) + 1);
            }
        });
        shallow.then_some(()).ok_or_else(too_deep)?;
    }
    let n_params_min = match &layer.params {
        Params::None => 0,
        Params::Index => 1,
        Params::Rows(rows) if rows.len() != layer.n_tasks() as usize => {
            let (n_rows, n_tasks) = (rows.len(), layer.n_tasks());
            return Err(refuse(format!("has {n_tasks} tasks, but {n_rows} rows of literals")));
        }
        Params::Rows(rows) => {
            let mut literal = true;
            for arg in rows.values() {
                let shallow = arg.walk(0, &mut |arg| {
                    literal &= !matches!(arg, Arg::Input(_) | Arg::Inputs | Arg::Param(_));
                });
                shallow.then_some(()).ok_or_else(too_deep)?;
            }
            if !literal {
                return Err(refuse("a per-task literal refers to an input; only arguments can".into()));
            }
            rows.rows().map(|row| row.len() as u64).min().unwrap_or(u64::MAX)
        }
    };
    match n_params > n_params_min {
        true => Err(refuse(format!("uses {n_params} literals a task, but some task has {n_params_min}"))),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests;
