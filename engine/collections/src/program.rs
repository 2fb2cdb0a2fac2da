//! Collections made into one graph with everything that it needs to run.

mod memory;
mod raw;

use std::any::Any;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use gristmill_data::Value;
use gristmill_graph::{
    Arg, Csr, Digest, Function, Graph, Key, Layer, LayerId, Params, TaskOptions, TaskRef, Wiring,
};

pub(crate) use memory::shown;
pub use memory::{BlockSizes, PeakMemory};
pub use raw::RawFormat;

use crate::delayed::Node;
use crate::{Argument, Callee, Component, Delayed, Error, Native};

/// Longest text or byte argument that travels inside its task, in bytes; a longer one is held as a value of its own.
pub const LITERAL_NBYTES_MAX: usize = 1024;
/// Most inputs of one call.
const INPUTS_MAX: usize = 1 << 20;

/// A graph, what is wanted of it, and everything that its tasks need: code and values.
#[derive(Default)]
pub struct Program {
    /// The tasks.
    pub graph: Graph,
    /// The tasks whose results are asked for, in order.
    pub wanted: Vec<TaskRef>,
    /// The components that tasks call.
    pub components: Vec<Component>,
    /// The closures that tasks call; a program that has any runs in this process only.
    pub natives: Vec<Native>,
    /// Values that were too large to travel inside a task, under the keys of their content.
    pub values: Vec<(Key, Value)>,
    /// What the results of layers take of which that is known.
    pub sizes: BTreeMap<LayerId, BlockSizes>,
    /// What must stay alive until the program is submitted.
    pub keep: Vec<Arc<dyn Any + Send + Sync>>,
}

impl std::fmt::Debug for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Program")
            .field("n_tasks", &self.graph.n_tasks())
            .field("wanted", &self.wanted.len())
            .field("components", &self.components)
            .field("natives", &self.natives)
            .finish_non_exhaustive()
    }
}

/// Something lazy that a client can compute.
pub trait Collection: Sized {
    /// What comes of it.
    type Output;

    /// The program that computes these; what they share is in it once.
    ///
    /// # Errors
    /// What is wrong with one of them, or the graph's own error when it outgrows its limits.
    fn program(items: &[Self]) -> Result<Program, Error>;

    /// How many results of tasks make this one.
    fn n_results(&self) -> usize;

    /// What these results of tasks make, in the program's order.
    ///
    /// # Errors
    /// When they do not fit together.
    fn output(&self, results: Vec<Value>) -> Result<Self::Output, Error>;
}

impl Collection for Delayed {
    type Output = Value;

    fn program(items: &[Self]) -> Result<Program, Error> {
        Program::of(items)
    }

    fn n_results(&self) -> usize {
        1
    }

    fn output(&self, results: Vec<Value>) -> Result<Value, Error> {
        Ok(results.into_iter().next().unwrap_or(Value::Null))
    }
}

impl Program {
    /// The program that computes these lazy values; what they share is in it once.
    ///
    /// # Errors
    /// [`Error::TooManyInputs`], or the graph's own when it outgrows its limits.
    pub fn of(delayed: &[Delayed]) -> Result<Self, Error> {
        let mut builder = Builder::default();
        for delayed in delayed {
            builder.visit(delayed)?;
        }
        let wanted = delayed.iter().filter_map(|delayed| builder.done.get(&address(delayed.node())).copied());
        let wanted = wanted.collect();
        builder.finish(wanted)
    }

    /// A value's key: that of its content, so that equal values are held once.
    ///
    /// # Errors
    /// When the value cannot be encoded.
    pub fn value_key(value: &Value) -> Result<Key, gristmill_data::Error> {
        let mut bytes = Vec::new();
        gristmill_data::encode_value(value, &mut bytes)?;
        Ok(Key(Digest::of(&bytes).0))
    }
}

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

struct OpenLayer {
    name: Arc<str>,
    function: Function,
    returns: Option<Arc<str>>,
    options: TaskOptions,
    template: Vec<Arg>,
    params: Csr<Arg>,
    inputs: Csr<TaskRef>,
}

#[derive(Default)]
struct Builder {
    layers: Vec<OpenLayer>,
    /// Keys of held results, which all live in layer 0.
    held: Vec<Key>,
    held_index: HashMap<Key, u32>,
    /// The newest layer of each shape.
    newest: HashMap<Shape, u32>,
    done: HashMap<usize, TaskRef>,
    components: HashMap<Digest, Component>,
    natives: HashMap<u64, Native>,
    values: HashMap<Key, Value>,
    keep: Vec<Arc<dyn Any + Send + Sync>>,
}

impl Builder {
    /// Adds a call after the calls that it needs; without recursion, for chains may be long.
    fn visit(&mut self, delayed: &Delayed) -> Result<(), Error> {
        let mut stack = vec![(delayed.node(), false)];
        while let Some((node, inputs_done)) = stack.pop() {
            if self.done.contains_key(&address(node)) {
                continue;
            }
            if inputs_done {
                let task = self.add(node)?;
                self.done.insert(address(node), task);
            } else {
                stack.push((node, true));
                let mut needed = Vec::new();
                node.args.iter().for_each(|argument| delayed_in(argument, &mut needed));
                stack.extend(needed.into_iter().rev().map(|delayed| (delayed.node(), false)));
            }
        }
        Ok(())
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
        let newest_input = call.inputs.iter().map(|task| task.layer.0).max().unwrap_or(0);
        let layer_idx = match self.newest.get(&shape) {
            Some(&newest) if newest >= newest_input => newest,
            _ => {
                self.layers.push(OpenLayer {
                    name: node.name.clone(),
                    function,
                    returns: node.returns.clone(),
                    options: node.options,
                    template,
                    params: Csr::new(),
                    inputs: Csr::new(),
                });
                let newest = u32::try_from(self.layers.len()).unwrap_or(u32::MAX);
                self.newest.insert(shape, newest);
                newest
            }
        };
        let too_many =
            || Error::TooManyInputs { name: node.name.to_string(), given: INPUTS_MAX, max: INPUTS_MAX };
        let layer = self.layers.get_mut(layer_idx as usize - 1).ok_or_else(too_many)?;
        let index = layer.inputs.len() as u32;
        layer.inputs.push_row(call.inputs)?;
        layer.params.push_row(call.params)?;
        Ok(LayerId(layer_idx).task(index))
    }

    /// The argument with literals and inputs replaced by their places.
    fn template(&mut self, argument: &Argument, call: &mut Call<'_>) -> Result<Arg, Error> {
        Ok(match argument {
            Argument::Value(value) => self.value_template(value, call)?,
            Argument::Delayed(delayed) => match self.done.get(&address(delayed.node())) {
                Some(&task) => call.input(task),
                None => Arg::Null, // unreachable: inputs are added before their users
            },
            Argument::Held { key, keep } => {
                self.keep.push(keep.clone());
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
        Ok(match value {
            Value::Null => call.param(Arg::Null),
            Value::Boolean(boolean) => call.param(Arg::Boolean(*boolean)),
            Value::Int(int) => call.param(Arg::Int(*int)),
            Value::UInt(uint) => call.param(Arg::UInt(*uint)),
            Value::Float(float) => call.param(Arg::Float(*float)),
            Value::Text(text) if text.len() <= LITERAL_NBYTES_MAX => call.param(Arg::Text(text.clone())),
            Value::Bytes(bytes) if bytes.len() <= LITERAL_NBYTES_MAX => {
                call.param(Arg::Bytes(bytes.as_slice().into()))
            }
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
                let key = Program::value_key(bulk)
                    .map_err(|source| Error::Encode { name: call.name.to_string(), source })?;
                self.values.entry(key).or_insert_with(|| bulk.clone());
                call.input(self.hold(key))
            }
        })
    }

    fn hold(&mut self, key: Key) -> TaskRef {
        let index = *self.held_index.entry(key).or_insert_with(|| {
            self.held.push(key);
            self.held.len() as u32 - 1
        });
        LayerId(0).task(index)
    }

    fn note_code(&mut self, callee: &Callee) {
        match callee {
            Callee::Component { component, .. } => {
                self.components.entry(component.digest()).or_insert_with(|| component.clone());
            }
            Callee::Native(native) => {
                self.natives.entry(native.id()).or_insert_with(|| native.clone());
            }
            Callee::Kernel(_) => {}
        }
    }

    fn finish(self, wanted: Vec<TaskRef>) -> Result<Program, Error> {
        let mut graph = Graph::new();
        graph.push(Layer::new("held", Function::identity(), Wiring::Held(self.held)))?;
        for open in self.layers {
            let wiring = Wiring::Explicit(open.inputs);
            let layer = Layer::new(&open.name, open.function, wiring)
                .args(open.template)
                .params(Params::Rows(open.params))
                .returns(open.returns)
                .options(open.options);
            graph.push(layer)?;
        }
        Ok(Program {
            graph,
            wanted,
            components: self.components.into_values().collect(),
            natives: self.natives.into_values().collect(),
            values: self.values.into_iter().collect(),
            sizes: BTreeMap::new(),
            keep: self.keep,
        })
    }
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

    fn param(&mut self, literal: Arg) -> Arg {
        self.params.push(literal);
        Arg::Param(self.params.len() as u32 - 1)
    }
}

fn delayed_in<'a>(argument: &'a Argument, found: &mut Vec<&'a Delayed>) {
    match argument {
        Argument::Delayed(delayed) => found.push(delayed),
        Argument::List(items) => items.iter().for_each(|item| delayed_in(item, found)),
        Argument::Map(items) => items.iter().for_each(|(_, item)| delayed_in(item, found)),
        Argument::Value(_) | Argument::Held { .. } => {}
    }
}

#[cfg(test)]
mod tests;
