//! From single tasks to layers: tasks that differ only in their inputs and literals share one.

#![expect(clippy::indexing_slicing, reason = "layers and tasks are numbered here")]

use std::collections::HashMap;

use super::Task;
use crate::{Arg, Csr, Error, Function, Graph, Layer, LayerId, Params, TaskRef, Wiring, encode::Prefix};

/// A layer that is still growing.
struct Growing {
    name: String,
    function: Function,
    args: Vec<Arg>,
    inputs: Csr<TaskRef>,
    literals: Csr<Arg>,
}

/// Builds a graph of the tasks, and tells where each of them is. `order` has inputs before their users.
pub(super) fn build(mut tasks: Vec<Task>, order: &[usize]) -> Result<(Graph, Vec<TaskRef>), Error> {
    let mut layers: Vec<Growing> = Vec::new();
    let mut places = vec![LayerId(0).task(0); tasks.len()];
    // The last layer for each function and arguments.
    let mut open: HashMap<Prefix, usize> = HashMap::new();
    for &position in order {
        let Task { function, args, literals, inputs } = std::mem::take(&mut tasks[position]);
        let name = layer_name(function.as_ref(), &args);
        let function = function.unwrap_or_else(Function::identity);
        let inputs: Vec<TaskRef> = inputs.into_iter().map(|input| places[input]).collect();
        // A layer may read itself and those before it.
        let first = inputs.iter().map(|input| input.layer.0 as usize).max().unwrap_or(0);
        let prefix = Prefix::new(&function, &args);
        let layer = match open.get(&prefix).filter(|&&layer| layer >= first) {
            Some(&layer) => layer,
            None => {
                layers.push(Growing { name, function, args, inputs: Csr::new(), literals: Csr::new() });
                layers.len() - 1
            }
        };
        open.insert(prefix, layer);
        places[position] = LayerId(layer as u32).task(layers[layer].inputs.len() as u32);
        layers[layer].inputs.push_row(inputs)?;
        layers[layer].literals.push_row(literals)?;
    }
    let mut graph = Graph::new();
    layers.into_iter().try_for_each(|layer| graph.push(layer.finish()).map(|_| ()))?;
    Ok((graph, places))
}

impl Growing {
    fn finish(self) -> Layer {
        let n = self.inputs.len() as u32;
        let wiring = match self.inputs.values().is_empty() {
            true => Wiring::Source { n },
            false => Wiring::Explicit(self.inputs),
        };
        let params = match self.literals.values().is_empty() {
            true => Params::None,
            false => Params::Rows(self.literals),
        };
        Layer::new(&self.name, self.function, wiring).args(self.args).params(params)
    }
}

fn layer_name(function: Option<&Function>, args: &[Arg]) -> String {
    match (function, args) {
        (Some(function), _) => function.name().to_string(),
        (None, [Arg::Param(_)]) => "literal".into(),
        (None, [Arg::Input(_)]) => "alias".into(),
        (None, _) => "list".into(),
    }
}
