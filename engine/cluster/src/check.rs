//! Types checked at submit: every call of a graph against its function's declared parameters, before anything runs.

mod types;

use std::collections::HashMap;
use std::sync::Arc;

use gristmill_client::Error;
use gristmill_collections::file_kernel;
use gristmill_data::{Type, Value};
use gristmill_dataframe::runs_plans;
use gristmill_graph::{Arg, Digest, Export, Function, Graph, Key, Layer, LayerId, Params, TaskRef, Wiring};
use gristmill_sandbox::Plugin;

use types::{LayerTypes, TypeId, Types};

/// Checks every layer's calls and finds the type of what they return.
///
/// # Errors
/// [`Error::Call`] with a readable diff, for the first call that does not fit.
pub(crate) fn check_types(
    graph: &Graph,
    plugins: &HashMap<Digest, Arc<Plugin>>,
    held: &dyn Fn(&Key) -> Type,
) -> Result<(), Error> {
    Check::new(graph, plugins).all(held)
}

/// A graph that is being checked, layer by layer.
struct Check<'a> {
    graph: &'a Graph,
    plugins: &'a HashMap<Digest, Arc<Plugin>>,
    types: Types,
    /// What the layers before return.
    layers: Vec<LayerTypes>,
    #[cfg(test)]
    work: tests::Work,
}

impl<'a> Check<'a> {
    fn new(graph: &'a Graph, plugins: &'a HashMap<Digest, Arc<Plugin>>) -> Self {
        Self {
            graph,
            plugins,
            types: Types::new(),
            layers: Vec::new(),
            #[cfg(test)]
            work: tests::Work::default(),
        }
    }

    fn all(&mut self, held: &dyn Fn(&Key) -> Type) -> Result<(), Error> {
        for (id, layer) in (0u32..).map(LayerId).zip(self.graph.layers()) {
            let types = match &layer.wiring {
                Wiring::Held(keys) => {
                    LayerTypes::each(keys.iter().map(|key| self.types.id(held(key))).collect())
                }
                _ => self.layer(id, layer)?,
            };
            self.layers.push(types);
        }
        Ok(())
    }

    /// Checks every call of a layer: one that is like the call before is fine, and costs a few comparisons.
    fn layer(&mut self, id: LayerId, layer: &Layer) -> Result<LayerTypes, Error> {
        if !declares_types(&layer.function) {
            return self.planned(layer);
        }
        let alike = self.inputs_are_alike(layer);
        let mut own: Vec<TypeId> = Vec::new();
        let mut seen: HashMap<Vec<Type>, TypeId> = HashMap::new();
        let mut inputs: Vec<TypeId> = Vec::new();
        for index in 0..layer.n_tasks() {
            #[cfg(test)]
            self.work.on_row();
            let same_inputs = match &layer.wiring {
                _ if alike => true,
                Wiring::Explicit(rows) => self.are_of(rows.row(index), &inputs, id, &own),
                _ => self.are_of(&self.graph.inputs(id.task(index)), &inputs, id, &own),
            };
            if let Some(&before) = own.last()
                && same_inputs
                && is_like_before(&layer.params, index)
            {
                if alike && !matches!(layer.params, Params::Rows(_)) {
                    return Ok(LayerTypes::all(before));
                }
                own.push(before);
                continue;
            }
            let read = self.graph.inputs(id.task(index));
            #[cfg(test)]
            self.work.on_call(read.len());
            inputs = read.iter().map(|&input| self.of(input, id, &own)).collect();
            let given: Vec<Type> = inputs.iter().map(|&id| self.types.get(id)).collect();
            let params = layer.params.row(index);
            let args: Vec<Type> = layer.args.iter().map(|arg| type_of(arg, &params, &given)).collect();
            let result = match seen.get(&args) {
                Some(&known) => known,
                None => {
                    let result = self.types.id(check_call(layer, &args, self.plugins)?);
                    seen.insert(args, result);
                    result
                }
            };
            own.push(result);
        }
        Ok(LayerTypes::each(own))
    }

    /// What the tasks of a layer return whose function declares no types.
    fn planned(&mut self, layer: &Layer) -> Result<LayerTypes, Error> {
        let Some(text) = &layer.returns else { return Ok(LayerTypes::all(Types::ANY)) };
        let refused = |error: gristmill_data::Error| Error::Call {
            function: layer.name.clone(),
            diff: format!("what it returns is no type: {error}"),
        };
        Ok(LayerTypes::all(self.types.id(text.parse().map_err(refused)?)))
    }

    /// Whether all tasks of the layer have inputs of the same types, as its wiring alone says.
    fn inputs_are_alike(&self, layer: &Layer) -> bool {
        let are_uniform = || {
            let reads = layer.wiring.reads();
            reads.iter().all(|id| self.layers.get(id.0 as usize).is_some_and(LayerTypes::is_uniform))
        };
        match &layer.wiring {
            Wiring::Source { .. } | Wiring::AllToAll { .. } => true,
            // As many blocks of each operand for every task.
            Wiring::Blockwise { .. } => are_uniform(),
            // At least one block for every task, though not as many.
            Wiring::Group { .. } | Wiring::Halo { .. } => {
                layer.args.iter().all(|arg| !names_one_input(arg)) && are_uniform()
            }
            _ => false,
        }
    }

    /// Whether these tasks return these types.
    fn are_of(&self, tasks: &[TaskRef], types: &[TypeId], own_id: LayerId, own: &[TypeId]) -> bool {
        tasks.len() == types.len()
            && tasks.iter().zip(types).all(|(&task, &ty)| self.of(task, own_id, own) == ty)
    }

    /// What a task of a layer before, or of the layer being checked, returns.
    fn of(&self, task: TaskRef, own_id: LayerId, own: &[TypeId]) -> TypeId {
        if task.layer == own_id {
            return own.get(task.index as usize).copied().unwrap_or(Types::ANY);
        }
        self.layers.get(task.layer.0 as usize).map_or(Types::ANY, |types| types.of(task.index))
    }
}

/// Whether calls of the function are checked before they run.
fn declares_types(function: &Function) -> bool {
    match function {
        Function::Native { .. } => false,
        Function::Component { export, .. } => matches!(export, Export::Call(_)),
        Function::Kernel { name, version } => {
            file_kernel(name, *version).is_none() && !runs_plans(name, *version)
        }
    }
}

/// Whether the literals of a row have the types of those of the row before.
fn is_like_before(params: &Params, index: u32) -> bool {
    let Params::Rows(rows) = params else { return true };
    let Some(before) = index.checked_sub(1) else { return false };
    let (row, before) = (rows.row(index), rows.row(before));
    row.len() == before.len() && row.iter().zip(before).all(|(a, b)| is_like(a, b))
}

fn is_like(a: &Arg, b: &Arg) -> bool {
    let is_plain = !matches!(a, Arg::List(_) | Arg::Map(_) | Arg::Input(_) | Arg::Param(_) | Arg::Inputs);
    if is_plain { std::mem::discriminant(a) == std::mem::discriminant(b) } else { a == b }
}

/// Whether an argument is, or has in it, one input by its position.
fn names_one_input(arg: &Arg) -> bool {
    match arg {
        Arg::Input(_) => true,
        Arg::List(items) => items.iter().any(names_one_input),
        Arg::Map(items) => items.iter().any(|(_, item)| names_one_input(item)),
        _ => false,
    }
}

fn check_call(layer: &Layer, args: &[Type], plugins: &HashMap<Digest, Arc<Plugin>>) -> Result<Type, Error> {
    let refused = |diff: String| Error::Call { function: layer.name.clone(), diff };
    match &layer.function {
        Function::Native { .. } => Ok(Type::Any),
        Function::Kernel { name, version } => match gristmill_kernels::lookup(name, *version) {
            Some(kernel) => kernel.check_call(args).map_err(|error| refused(error.to_string())),
            None => Err(refused(format!("this engine has no kernel `{name}` of version {version}"))),
        },
        Function::Component { digest, export: Export::Call(name) } => match plugins.get(digest) {
            Some(plugin) => plugin.check_call(name, args).map_err(|error| refused(error.to_string())),
            None => Err(refused(format!("component {} did not come with the graph", digest.short()))),
        },
        Function::Component { .. } => Ok(Type::Any),
    }
}

/// The type of an argument, as far as it is known before anything runs.
fn type_of(arg: &Arg, params: &[Arg], inputs: &[Type]) -> Type {
    match arg {
        Arg::Null => Type::Null,
        Arg::Boolean(_) => Type::Boolean,
        Arg::Int(_) => Type::Int,
        Arg::UInt(_) => Type::UInt,
        Arg::Float(_) => Type::Float,
        Arg::Text(_) => Type::Text,
        Arg::Bytes(_) => Type::Bytes,
        Arg::Input(n) => inputs.get(*n as usize).cloned().unwrap_or(Type::Any),
        Arg::Param(n) => params.get(*n as usize).map_or(Type::Any, |param| type_of(param, &[], inputs)),
        Arg::Inputs => Type::List(Box::new(common(inputs.iter().cloned()))),
        Arg::List(items) => {
            Type::List(Box::new(common(items.iter().map(|item| type_of(item, params, inputs)))))
        }
        Arg::Map(items) => {
            Type::Map(Box::new(common(items.iter().map(|(_, item)| type_of(item, params, inputs)))))
        }
    }
}

/// The one type of all items, or `any`.
fn common(mut types: impl Iterator<Item = Type>) -> Type {
    let Some(first) = types.next() else { return Type::Any };
    if types.all(|other| other == first) { first } else { Type::Any }
}

/// The type of a value that the cluster holds.
pub(crate) fn held_type(value: Option<&Value>) -> Type {
    value.map_or(Type::Any, Value::type_of)
}

#[cfg(test)]
mod tests;
