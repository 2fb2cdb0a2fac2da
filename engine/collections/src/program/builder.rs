//! Lazy calls made into layers of tasks, beside those of arrays.
//!
//! Calls and arrays may be made of each other: a call takes a block of an array, an array has the results of calls for
//! blocks. Both add their layers here; arrays do so in `array/lower.rs`.

use std::any::Any;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use gristmill_data::Value;
use gristmill_graph::{
    Arg, Csr, DeviceChoice, Digest, Function, Graph, Key, Layer, LayerId, Params, TaskOptions, TaskRef,
    Wiring,
};

use super::{BlockSizes, LITERAL_NBYTES_MAX, Program};
use crate::delayed::Node;
use crate::{Argument, Array, Callee, Component, Delayed, Error, Native};

/// Most inputs of one call.
pub(crate) const INPUTS_MAX: usize = 1 << 20;

/// A node's identity while the program is built: nodes are kept alive by the caller's lazy values.
fn address(node: &Arc<Node>) -> usize {
    Arc::as_ptr(node) as usize
}

/// Calls that differ only in literals and inputs are tasks of one layer.
#[derive(PartialEq, Eq, Hash)]
struct Shape {
    function: Function,
    name: Arc<str>,
    returns: Option<Arc<str>>,
    options: TaskOptions,
    /// The argument template, printed.
    template: String,
}

/// A program that is being put together.
#[derive(Default)]
pub(crate) struct Builder {
    layers: Vec<Layer>,
    /// The layer of held results, once there are any, and which of its tasks has which.
    held: Option<LayerId>,
    held_index: HashMap<Key, u32>,
    /// The newest layer of each shape.
    newest: HashMap<Shape, LayerId>,
    calls: HashMap<usize, TaskRef>,
    /// The layers of planned arrays.
    arrays: HashMap<u64, LayerId>,
    components: HashMap<Digest, Component>,
    natives: HashMap<u64, Native>,
    values: HashMap<Key, Value>,
    keep: Vec<Arc<dyn Any + Send + Sync>>,
    sizes: BTreeMap<LayerId, BlockSizes>,
}

impl Builder {
    /// Adds a call after the calls and arrays that it needs; without recursion, for chains may be long.
    pub(crate) fn visit(&mut self, delayed: &Delayed) -> Result<(), Error> {
        let mut stack = vec![(delayed.clone(), false)];
        while let Some((delayed, inputs_done)) = stack.pop() {
            let node = delayed.node();
            if self.calls.contains_key(&address(node)) {
                continue;
            }
            if inputs_done {
                let mut arrays = Vec::new();
                node.args.iter().for_each(|argument| arrays_in(argument, &mut arrays));
                for array in arrays {
                    if self.layer(array).is_none() {
                        self.lower(std::slice::from_ref(array))?;
                    }
                }
                let task = self.add(node)?;
                self.calls.insert(address(node), task);
            } else {
                let mut needed = Vec::new();
                node.args.iter().for_each(|argument| self.calls_in(argument, &mut needed));
                stack.push((delayed, true));
                stack.extend(needed.into_iter().rev().map(|delayed| (delayed, false)));
            }
        }
        Ok(())
    }

    /// The task of a call that was visited.
    pub(crate) fn task(&self, delayed: &Delayed) -> Option<TaskRef> {
        self.calls.get(&address(delayed.node())).copied()
    }

    /// The layer of a planned array that was lowered.
    pub(crate) fn layer(&self, array: &Array) -> Option<LayerId> {
        self.arrays.get(&array.id()).copied()
    }

    /// Remembers the layer of a planned array, and what its blocks take.
    pub(crate) fn lowered(&mut self, array: &Array, layer: LayerId, sizes: BlockSizes) {
        self.arrays.insert(array.id(), layer);
        self.sizes.insert(layer, sizes);
    }

    /// Has a layer run there.
    pub(crate) fn on_device(&mut self, layer: LayerId, device: DeviceChoice) {
        if let Some(layer) = self.layers.get_mut(layer.0 as usize) {
            layer.options.device = device;
        }
    }

    /// Appends a layer. What is wrong with it is found when the program is finished.
    pub(crate) fn push(&mut self, layer: Layer) -> LayerId {
        self.layers.push(layer);
        LayerId(u32::try_from(self.layers.len() - 1).unwrap_or(u32::MAX))
    }

    /// Keeps something alive until the program is submitted.
    pub(crate) fn keep(&mut self, keep: Arc<dyn Any + Send + Sync>) {
        self.keep.push(keep);
    }

    /// Takes a value to be held under the key of its content.
    pub(crate) fn value(&mut self, name: &str, value: &Value) -> Result<Key, Error> {
        let key =
            Program::value_key(value).map_err(|source| Error::Encode { name: name.to_owned(), source })?;
        self.values.entry(key).or_insert_with(|| value.clone());
        Ok(key)
    }

    /// The calls that must be there before a call with this argument.
    fn calls_in(&self, argument: &Argument, found: &mut Vec<Delayed>) {
        match argument {
            Argument::Delayed(delayed) => found.push(delayed.clone()),
            Argument::Block { array, .. } if self.layer(array).is_none() => found.extend(array.calls()),
            Argument::List(items) => items.iter().for_each(|item| self.calls_in(item, found)),
            Argument::Map(items) => items.iter().for_each(|(_, item)| self.calls_in(item, found)),
            Argument::Value(_) | Argument::Inside(_) | Argument::Held { .. } | Argument::Block { .. } => {}
        }
    }

    fn add(&mut self, node: &Arc<Node>) -> Result<TaskRef, Error> {
        let mut call = Call { name: &node.name, inputs: Vec::new(), params: Vec::new() };
        let template = node
            .args
            .iter()
            .map(|argument| self.template(argument, &mut call))
            .collect::<Result<Vec<_>, _>>()?;
        if call.inputs.len() > INPUTS_MAX {
            return Err(Error::TooManyInputs {
                name: node.name.to_string(),
                given: call.inputs.len(),
                max: INPUTS_MAX,
            });
        }
        self.note_code(&node.callee);
        let function = node.callee.identity();
        let shape = Shape {
            function: function.clone(),
            name: node.name.clone(),
            returns: node.returns.clone(),
            options: node.options,
            template: format!("{template:?}"),
        };
        // A layer may read earlier layers and its own earlier tasks only.
        let newest_input = call.inputs.iter().map(|task| task.layer).max();
        let id = match self.newest.get(&shape) {
            Some(&newest) if newest_input.is_none_or(|input| newest >= input) => newest,
            _ => {
                let layer = Layer::new(&node.name, function, Wiring::Explicit(Csr::new()))
                    .args(template)
                    .params(Params::Rows(Csr::new()))
                    .returns(node.returns.clone())
                    .options(node.options);
                let newest = self.push(layer);
                self.newest.insert(shape, newest);
                newest
            }
        };
        let Some(Layer { wiring: Wiring::Explicit(inputs), params: Params::Rows(params), .. }) =
            self.layers.get_mut(id.0 as usize)
        else {
            let (name, given) = (node.name.to_string(), INPUTS_MAX);
            return Err(Error::TooManyInputs { name, given, max: INPUTS_MAX });
        };
        let index = inputs.len() as u32;
        inputs.push_row(call.inputs)?;
        params.push_row(call.params)?;
        Ok(id.task(index))
    }

    /// The argument with literals and inputs replaced by their places.
    fn template(&mut self, argument: &Argument, call: &mut Call<'_>) -> Result<Arg, Error> {
        Ok(match argument {
            Argument::Value(value) => self.value_template(value, call)?,
            Argument::Inside(value) => match long_literal(value) {
                Some(literal) => call.param(literal),
                None => self.value_template(value, call)?,
            },
            // Calls and arrays are added before their users.
            Argument::Delayed(delayed) => call.input_or_null(self.task(delayed)),
            Argument::Block { array, index } => {
                call.input_or_null(self.layer(array).map(|layer| layer.task(*index)))
            }
            Argument::Held { key, keep } => {
                self.keep(keep.clone());
                call.input(self.hold(*key))
            }
            Argument::List(items) => {
                Arg::List(items.iter().map(|item| self.template(item, call)).collect::<Result<_, _>>()?)
            }
            Argument::Map(items) => Arg::map(
                items
                    .iter()
                    .map(|(name, item)| Ok((name.clone(), self.template(item, call)?)))
                    .collect::<Result<Vec<_>, Error>>()?,
            ),
        })
    }

    fn value_template(&mut self, value: &Value, call: &mut Call<'_>) -> Result<Arg, Error> {
        if let Some(literal) = literal(value) {
            return Ok(call.param(literal));
        }
        Ok(match value {
            Value::List(items) if items.len() <= LITERAL_NBYTES_MAX => {
                Arg::List(items.iter().map(|item| self.value_template(item, call)).collect::<Result<_, _>>()?)
            }
            Value::Map(items) if items.len() <= LITERAL_NBYTES_MAX => Arg::map(
                items
                    .iter()
                    .map(|(name, item)| Ok((name.clone(), self.value_template(item, call)?)))
                    .collect::<Result<Vec<_>, Error>>()?,
            ),
            bulk => {
                let key = self.value(call.name, bulk)?;
                call.input(self.hold(key))
            }
        })
    }

    fn hold(&mut self, key: Key) -> TaskRef {
        let layer = match self.held {
            Some(layer) => layer,
            None => self.push(Layer::new("held", Function::identity(), Wiring::Held(Vec::new()))),
        };
        self.held = Some(layer);
        let next = self.held_index.len() as u32;
        let index = *self.held_index.entry(key).or_insert(next);
        if let Some(Layer { wiring: Wiring::Held(keys), .. }) = self.layers.get_mut(layer.0 as usize)
            && index == next
        {
            keys.push(key);
        }
        layer.task(index)
    }

    /// Ships what a callee needs.
    pub(crate) fn note_code(&mut self, callee: &Callee) {
        match callee {
            Callee::Component { component, .. } => {
                self.components.entry(component.digest()).or_insert_with(|| component.clone());
            }
            Callee::Native(native) => {
                self.natives.entry(native.id()).or_insert_with(|| native.clone());
            }
            Callee::Plan { components, .. } => {
                for component in components.iter() {
                    self.components.entry(component.digest()).or_insert_with(|| component.clone());
                }
            }
            Callee::Kernel(_) | Callee::File(_) => {}
        }
    }

    /// The program of all layers, and what is wanted of it.
    pub(crate) fn finish(self, wanted: Vec<TaskRef>) -> Result<Program, Error> {
        let mut graph = Graph::new();
        for layer in self.layers {
            graph.push(layer)?;
        }
        Ok(Program {
            graph,
            wanted,
            components: self.components.into_values().collect(),
            natives: self.natives.into_values().collect(),
            values: self.values.into_iter().collect(),
            sizes: self.sizes,
            keep: self.keep,
        })
    }
}

/// A short value as it travels inside a task; lists and maps go item by item.
pub(crate) fn literal(value: &Value) -> Option<Arg> {
    match value {
        Value::Text(text) if text.len() > LITERAL_NBYTES_MAX => None,
        Value::Bytes(bytes) if bytes.len() > LITERAL_NBYTES_MAX => None,
        other => long_literal(other),
    }
}

/// A value as it travels inside a task, however long.
fn long_literal(value: &Value) -> Option<Arg> {
    Some(match value {
        Value::Null => Arg::Null,
        Value::Boolean(boolean) => Arg::Boolean(*boolean),
        Value::Int(int) => Arg::Int(*int),
        Value::UInt(uint) => Arg::UInt(*uint),
        Value::Float(float) => Arg::Float(*float),
        Value::Text(text) => Arg::Text(text.clone()),
        Value::Bytes(bytes) => Arg::Bytes(bytes.as_slice().into()),
        _ => return None,
    })
}

/// What one call's template refers to.
struct Call<'a> {
    name: &'a Arc<str>,
    inputs: Vec<TaskRef>,
    params: Vec<Arg>,
}

impl Call<'_> {
    fn input(&mut self, task: TaskRef) -> Arg {
        self.inputs.push(task);
        Arg::Input(self.inputs.len() as u32 - 1)
    }

    fn input_or_null(&mut self, task: Option<TaskRef>) -> Arg {
        task.map_or(Arg::Null, |task| self.input(task))
    }

    fn param(&mut self, literal: Arg) -> Arg {
        self.params.push(literal);
        Arg::Param(self.params.len() as u32 - 1)
    }
}

/// The arrays of whose blocks an argument has some.
fn arrays_in<'a>(argument: &'a Argument, found: &mut Vec<&'a Array>) {
    match argument {
        Argument::Block { array, .. } => found.push(array),
        Argument::List(items) => items.iter().for_each(|item| arrays_in(item, found)),
        Argument::Map(items) => items.iter().for_each(|(_, item)| arrays_in(item, found)),
        Argument::Value(_) | Argument::Inside(_) | Argument::Held { .. } | Argument::Delayed(_) => {}
    }
}
