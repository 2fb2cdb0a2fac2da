//! Types checked at submit: every call of a graph against its function's declared parameters, before anything runs.

use std::collections::HashMap;
use std::sync::Arc;

use gristmill_client::Error;
use gristmill_data::{Type, Value};
use gristmill_graph::{Arg, Digest, Export, Function, Graph, Layer, LayerId, TaskRef, Wiring};
use gristmill_sandbox::Plugin;

/// Tasks of one layer that are looked at; layers are uniform but for their literals and inputs.
const TASKS_CHECKED_MAX: u32 = 4096;

/// Checks every layer's calls and finds the type of what they return.
///
/// # Errors
/// [`Error::Call`] with a readable diff, for the first call that does not fit.
pub(crate) fn check_types(
    graph: &Graph,
    plugins: &HashMap<Digest, Arc<Plugin>>,
    held: &dyn Fn(&gristmill_graph::Key) -> Type,
) -> Result<(), Error> {
    let mut returns: Vec<LayerTypes> = Vec::with_capacity(graph.layers().len());
    for (id, layer) in (0u32..).map(LayerId).zip(graph.layers()) {
        let mut types = LayerTypes::default();
        if let Wiring::Held(keys) = &layer.wiring {
            types.each = keys.iter().map(held).collect();
        } else {
            check_layer(graph, id, layer, plugins, &returns, &mut types)?;
        }
        returns.push(types);
    }
    Ok(())
}

/// What the tasks of one layer return: one type for all, or one for each of the first tasks.
#[derive(Default)]
struct LayerTypes {
    each: Vec<Type>,
    all: Option<Type>,
}

impl LayerTypes {
    fn of(&self, index: u32) -> Type {
        self.all.as_ref().or_else(|| self.each.get(index as usize)).cloned().unwrap_or(Type::Any)
    }
}

fn check_layer(
    graph: &Graph,
    id: LayerId,
    layer: &Layer,
    plugins: &HashMap<Digest, Arc<Plugin>>,
    returns: &[LayerTypes],
    own: &mut LayerTypes,
) -> Result<(), Error> {
    // Calls of one layer differ in literals and in what their inputs return; equal ones are checked once.
    let mut seen: Vec<(Vec<Type>, Type)> = Vec::new();
    for index in 0..layer.n_tasks().min(TASKS_CHECKED_MAX) {
        let inputs: Vec<Type> = graph
            .inputs(id.task(index))
            .into_iter()
            .map(|TaskRef { layer: input, index }| {
                if input == id {
                    own.of(index)
                } else {
                    returns.get(input.0 as usize).map_or(Type::Any, |types| types.of(index))
                }
            })
            .collect();
        let params = layer.params.row(index);
        let args: Vec<Type> = layer.args.iter().map(|arg| type_of(arg, &params, &inputs)).collect();
        let known = seen.iter().find(|(given, _)| *given == args).map(|(_, result)| result.clone());
        let result = match known {
            Some(result) => result,
            None => {
                let result = check_call(layer, &args, plugins)?;
                seen.push((args, result.clone()));
                result
            }
        };
        own.each.push(result);
    }
    if let [(_, only)] = seen.as_slice() {
        own.all = Some(only.clone());
        own.each = Vec::new();
    }
    Ok(())
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
