//! Raw graphs: tasks written by hand, as JSON or TOML, in Dask's sense.
//!
//! A document is a map from keys to definitions:
//! - a list that begins with the name of a function is a task: `["add", "x", 1]`;
//! - a text that is a key is a reference to it, and stands for its result;
//! - everything else is a literal; lists and maps may hold all of these, tasks too;
//! - `{"literal": ...}` is never looked into, and `{"ref": "x"}` must name a key.
//!
//! # Layout
//! - this file: from definitions to tasks, and the order that inputs come first in
//! - `document`: from text to definitions
//! - `layers`: from tasks to layers

#![expect(
    clippy::indexing_slicing,
    reason = "tasks refer to each other by positions that were given out by `Reader`"
)]

use std::{collections::HashMap, sync::Arc};

use crate::{Arg, Error, Function, Graph, TaskRef};

mod document;
mod layers;

use document::{Entries, Node};

/// How many tasks a raw graph may have, nested ones included.
pub const RAW_TASKS_MAX: usize = 1_000_000;

/// How deep a raw graph's document may nest.
pub const RAW_DEPTH_MAX: usize = 64;

/// How many keys an error lists.
const KEYS_SHOWN_MAX: usize = 12;

/// A graph that was written by hand, with the names of its tasks.
///
/// ```
/// use gristmill_graph::{Function, RawGraph};
///
/// let text = br#"{"y": ["inc", "x"], "x": 1, "z": ["sum", ["x", "y"]]}"#;
/// let raw = RawGraph::from_json(text, |name| match name {
///     "inc" | "sum" => Some(Function::kernel(name, 1)),
///     _ => None,
/// })?;
/// let table = raw.graph.optimize(&[raw.find("z")?])?;
/// # Ok::<(), gristmill_graph::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct RawGraph {
    /// The graph.
    pub graph: Graph,
    /// The task of each key, in the order of the document (JSON) or of the alphabet (TOML).
    pub names: Vec<(Arc<str>, TaskRef)>,
}

impl RawGraph {
    /// Reads a JSON document; `resolve` knows the functions.
    ///
    /// # Errors
    /// Returns [`Error::Utf8`] or [`Error::Syntax`] when the text is malformed, [`Error::DuplicateKey`],
    /// [`Error::MissingKey`], [`Error::UnknownFunction`] or [`Error::Cycle`] when its definitions are, and
    /// [`Error::TooDeep`] or [`Error::TooMany`] beyond [`RAW_DEPTH_MAX`] or [`RAW_TASKS_MAX`].
    pub fn from_json(text: &[u8], resolve: impl Fn(&str) -> Option<Function>) -> Result<Self, Error> {
        Self::from_entries(document::json(text)?, &resolve, RAW_TASKS_MAX)
    }

    /// Reads a TOML document; `resolve` knows the functions.
    ///
    /// # Errors
    /// See [`RawGraph::from_json`].
    pub fn from_toml(text: &[u8], resolve: impl Fn(&str) -> Option<Function>) -> Result<Self, Error> {
        Self::from_entries(document::toml(text)?, &resolve, RAW_TASKS_MAX)
    }

    /// The task of a key.
    ///
    /// # Errors
    /// Returns [`Error::MissingKey`] when there is no such key.
    pub fn find(&self, key: &str) -> Result<TaskRef, Error> {
        let found = self.names.iter().find(|(name, _)| &**name == key);
        found
            .map(|&(_, task)| task)
            .ok_or_else(|| missing_key(key, "the request", self.names.iter().map(|(name, _)| name)))
    }

    fn from_entries(entries: Entries, resolve: Resolve<'_>, n_tasks_max: usize) -> Result<Self, Error> {
        check_n_tasks(entries.len(), n_tasks_max)?;
        let names: Vec<Arc<str>> = entries.iter().map(|(name, _)| name.clone()).collect();
        let reader = Reader {
            names: &names,
            positions: names.iter().zip(0..).map(|(name, position)| (&**name, position)).collect(),
            resolve,
            n_tasks_max,
            tasks: entries.iter().map(|_| Task::default()).collect(),
        };
        let tasks = reader.read(entries)?;
        let order = inputs_first(&tasks, &names)?;
        let (graph, placed) = layers::build(tasks, &order)?;
        Ok(Self { graph, names: names.into_iter().zip(placed).collect() })
    }
}

type Resolve<'a> = &'a dyn Fn(&str) -> Option<Function>;

/// One task; those of keys come first, in the order of the keys, and nested ones after them.
#[derive(Default)]
struct Task {
    /// None for a literal or an alias.
    function: Option<Function>,
    args: Vec<Arg>,
    /// What its arguments refer to.
    literals: Vec<Arg>,
    inputs: Vec<usize>,
}

/// Turns definitions into tasks.
struct Reader<'a> {
    names: &'a [Arc<str>],
    positions: HashMap<&'a str, usize>,
    resolve: Resolve<'a>,
    n_tasks_max: usize,
    tasks: Vec<Task>,
}

impl Reader<'_> {
    fn read(mut self, entries: Entries) -> Result<Vec<Task>, Error> {
        for (position, (key, node)) in entries.into_iter().enumerate() {
            self.refuse_unknown_function(&key, &node)?;
            self.tasks[position] = self.task(&key, node)?;
        }
        Ok(self.tasks)
    }

    /// A definition's list that begins with a text must begin with a function or a key.
    ///
    /// Deeper inside, a list of texts is much likelier a literal than a misspelt function.
    fn refuse_unknown_function(&self, key: &str, node: &Node) -> Result<(), Error> {
        match node {
            Node::List(items) => match items.first() {
                Some(Node::Text(name))
                    if self.call(items).is_none() && !self.positions.contains_key(&**name) =>
                {
                    Err(Error::UnknownFunction { key: key.to_owned(), function: name.to_string() })
                }
                _ => Ok(()),
            },
            _ => Ok(()),
        }
    }

    /// The task that a definition, or a nested call, stands for.
    fn task(&mut self, key: &str, node: Node) -> Result<Task, Error> {
        let mut task = Task::default();
        match node {
            Node::List(items) if self.call(&items).is_some() => {
                task.function = self.call(&items);
                for item in items.into_iter().skip(1) {
                    let arg = self.arg(key, item, &mut task)?;
                    task.args.push(arg);
                }
            }
            node => {
                let arg = self.arg(key, node, &mut task)?;
                task.args.push(arg);
            }
        }
        Ok(task)
    }

    /// The function that a list calls, if it is a call.
    fn call(&self, items: &[Node]) -> Option<Function> {
        match items.first() {
            Some(Node::Text(name)) => (self.resolve)(name),
            _ => None,
        }
    }

    /// One argument. Parts without references become literals of the task, so that alike tasks have equal arguments.
    fn arg(&mut self, key: &str, node: Node, task: &mut Task) -> Result<Arg, Error> {
        if !self.refers(&node) {
            task.literals.push(node.into_literal());
            return Ok(Arg::Param(task.literals.len() as u32 - 1));
        }
        match node {
            Node::Text(name) => self.reference(key, &name, task),
            Node::Map(entries) if escape(&entries, "ref").is_some() => {
                let name = escape(&entries, "ref").and_then(Node::as_text).unwrap_or_default();
                self.reference(key, name, task)
            }
            Node::List(items) if self.call(&items).is_some() => {
                check_n_tasks(self.tasks.len() + 1, self.n_tasks_max)?;
                let nested = self.task(key, Node::List(items))?;
                self.tasks.push(nested);
                Ok(push_input(task, self.tasks.len() - 1))
            }
            Node::List(items) => {
                let items = items.into_iter().map(|item| self.arg(key, item, task));
                Ok(Arg::List(items.collect::<Result<_, _>>()?))
            }
            Node::Map(entries) => {
                let entries = entries.into_iter().map(|(name, item)| Ok((name, self.arg(key, item, task)?)));
                Ok(Arg::map(entries.collect::<Result<Vec<_>, Error>>()?))
            }
            literal => Ok(literal.into_literal()),
        }
    }

    fn reference(&self, key: &str, name: &str, task: &mut Task) -> Result<Arg, Error> {
        match self.positions.get(name) {
            Some(&position) => Ok(push_input(task, position)),
            None => Err(missing_key(name, &format!("key {key:?}"), self.names.iter())),
        }
    }

    /// Whether a node holds a reference or a task.
    fn refers(&self, node: &Node) -> bool {
        match node {
            Node::Text(name) => self.positions.contains_key(&**name),
            Node::List(items) => self.call(items).is_some() || items.iter().any(|item| self.refers(item)),
            Node::Map(entries) if escape(entries, "literal").is_some() => false,
            Node::Map(entries) if escape(entries, "ref").is_some() => true,
            Node::Map(entries) => entries.iter().any(|(_, item)| self.refers(item)),
            _ => false,
        }
    }
}

/// What is behind the only entry of a map, if it has this name. A reference must be a text.
fn escape<'n>(entries: &'n [(Arc<str>, Node)], name: &str) -> Option<&'n Node> {
    match entries {
        [(only, node)] if &**only == name && (name == "literal" || node.as_text().is_some()) => Some(node),
        _ => None,
    }
}

fn push_input(task: &mut Task, position: usize) -> Arg {
    task.inputs.push(position);
    Arg::Input(task.inputs.len() as u32 - 1)
}

/// The tasks in an order in which inputs come before their users.
fn inputs_first(tasks: &[Task], names: &[Arc<str>]) -> Result<Vec<usize>, Error> {
    let mut order = Vec::with_capacity(tasks.len());
    let mut state = vec![State::New; tasks.len()];
    let mut path: Vec<(usize, usize)> = Vec::new();
    for start in 0..names.len() {
        if state[start] == State::New {
            path.push((start, 0));
            state[start] = State::OnPath;
        }
        while let Some((task, n_seen)) = path.last_mut() {
            let (task, seen) = (*task, *n_seen);
            *n_seen += 1;
            match tasks[task].inputs.get(seen) {
                None => {
                    path.pop();
                    state[task] = State::Done;
                    order.push(task);
                }
                Some(&input) if state[input] == State::OnPath => return Err(cycle(&path, input, names)),
                Some(&input) if state[input] == State::New => {
                    path.push((input, 0));
                    state[input] = State::OnPath;
                }
                Some(_) => {}
            }
        }
    }
    Ok(order)
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    New,
    OnPath,
    Done,
}

/// The keys from the first meeting with `again` to the second; nested tasks have none. The middle of long ones is left out.
fn cycle(path: &[(usize, usize)], again: usize, names: &[Arc<str>]) -> Error {
    let circle = path.iter().map(|&(task, _)| task).skip_while(|&task| task != again).chain([again]);
    let mut path: Vec<String> =
        circle.filter_map(|task| names.get(task)).map(|name| name.to_string()).collect();
    if path.len() > KEYS_SHOWN_MAX {
        let n = path.len() - KEYS_SHOWN_MAX;
        path.splice(KEYS_SHOWN_MAX / 2..KEYS_SHOWN_MAX / 2 + n, [format!("({n} more)")]);
    }
    Error::Cycle { path }
}

fn missing_key<'n>(key: &str, by: &str, known: impl ExactSizeIterator<Item = &'n Arc<str>>) -> Error {
    let n_more = known.len().saturating_sub(KEYS_SHOWN_MAX);
    let mut known = known.take(KEYS_SHOWN_MAX).map(|name| &**name).collect::<Vec<_>>().join(", ");
    if n_more > 0 {
        known += &format!(" and {n_more} more");
    }
    Error::MissingKey { key: key.to_owned(), by: by.to_owned(), known }
}

fn check_n_tasks(n: usize, limit: usize) -> Result<(), Error> {
    match n > limit {
        true => Err(Error::TooMany { what: "raw tasks", n: n as u64, limit: limit as u64 }),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests;
