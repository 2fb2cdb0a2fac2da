//! Names resolved, entries made into lazy calls.

use std::collections::BTreeMap;
use std::path::Path;

use gristmill_collections::{Argument, Callee, Component, Delayed, delayed};

use super::check::complaint;
use super::file::{OneOrMany, PipelineFile, SourceEntry, TaskEntry};
use super::order::{OrderError, order, unused};
use super::{Output, Pipeline, PipelineError, Sink};
use crate::Client;

/// Items of a reduction that are combined at once, unless `fan_in` says otherwise.
const FAN_IN_DEFAULT: usize = 8;
/// Most items of one entry; a larger fan-out is surely a mistake in a glob.
const ITEMS_MAX: usize = 1_000_000;

/// What a name stands for: one lazy value, or one for each item.
#[derive(Debug, Clone)]
struct Items {
    many: bool,
    values: Vec<Delayed>,
}

pub(super) fn build(path: &Path, file: &PipelineFile, client: &Client) -> Result<Pipeline, PipelineError> {
    let mut builder = Builder {
        path,
        folder: path.parent().unwrap_or_else(|| Path::new("")),
        file,
        client,
        plugins: open_plugins(path, file)?,
        items: BTreeMap::new(),
    };
    if let Some(name) = file.source.keys().find(|name| file.task.contains_key(*name)) {
        return Err(builder.wrong("task", name, "a source has the same name; rename one of them"));
    }
    for (name, task) in &file.task {
        if let Some(complaint) = complaint(task) {
            return Err(builder.wrong("task", name, complaint));
        }
    }
    for name in order(file).map_err(|error| builder.out_of_order(error))? {
        builder.add(name)?;
    }
    let outputs = builder.outputs()?;
    let sinks = builder.sinks()?;
    let title = file.title.clone().unwrap_or_else(|| {
        path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned())
    });
    Ok(Pipeline { title, outputs, sinks })
}

fn open_plugins(path: &Path, file: &PipelineFile) -> Result<BTreeMap<String, Component>, PipelineError> {
    let folder = path.parent().unwrap_or_else(|| Path::new(""));
    let entry_error = |name: &str, message: String| PipelineError::Entry {
        path: path.to_owned(),
        entry: format!("plugins.{name}"),
        message,
    };
    file.plugins
        .iter()
        .map(|(name, value)| {
            let file = value
                .as_str()
                .ok_or_else(|| entry_error(name, "must be the path of a component file, in quotes".into()))?;
            let component =
                Component::open(folder.join(file)).map_err(|error| entry_error(name, error.to_string()))?;
            Ok((name.clone(), component.named(name.as_str())))
        })
        .collect()
}

struct Builder<'a> {
    path: &'a Path,
    folder: &'a Path,
    file: &'a PipelineFile,
    client: &'a Client,
    plugins: BTreeMap<String, Component>,
    /// What has been built so far; entries are built after those they need.
    items: BTreeMap<&'a str, Items>,
}

impl<'a> Builder<'a> {
    fn wrong(&self, table: &str, name: &str, message: impl Into<String>) -> PipelineError {
        PipelineError::Entry {
            path: self.path.to_owned(),
            entry: format!("{table}.{name}"),
            message: message.into(),
        }
    }

    fn out_of_order(&self, error: OrderError<'_>) -> PipelineError {
        match error {
            OrderError::Cycle(cycle) => PipelineError::Cycle { path: self.path.to_owned(), cycle },
            OrderError::Unknown { task, name } => {
                let message = format!(
                    "needs `{name}`, but no task or source has that name; there are: {}",
                    self.known()
                );
                self.wrong("task", task, message)
            }
        }
    }

    /// Builds one entry; those it needs have been built.
    fn add(&mut self, name: &'a str) -> Result<(), PipelineError> {
        let items = match (self.file.source.get(name), self.file.task.get(name)) {
            (Some(source), _) => self.build_source(name, source)?,
            (None, Some(task)) => self.build_task(name, task)?,
            (None, None) => return Ok(()),
        };
        if items.values.len() > ITEMS_MAX {
            let message = format!("has {} items, at most {ITEMS_MAX} are taken", items.values.len());
            return Err(self.wrong("task", name, message));
        }
        self.items.insert(name, items);
        Ok(())
    }

    /// The items behind a name that the order has put before what needs it.
    fn items(&self, name: &str) -> &[Delayed] {
        self.items.get(name).map_or(&[], |items| &items.values)
    }

    fn known(&self) -> String {
        let names: Vec<&str> =
            self.file.source.keys().chain(self.file.task.keys()).map(String::as_str).collect();
        names.join(", ")
    }

    fn build_source(&self, name: &str, source: &SourceEntry) -> Result<Items, PipelineError> {
        let (plugin, format) = source.read.split_once('.').ok_or_else(|| {
            self.wrong("source", name, format!("read = \"{}\" must be plugin.format", source.read))
        })?;
        let component = self.plugins.get(plugin).ok_or_else(|| self.no_plugin("source", name, plugin))?;
        let pattern = self.folder.join(&source.glob);
        let options: Vec<(String, String)> =
            source.options.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
        let values = self.client.read_with(component, format, &pattern.to_string_lossy(), &options).map_err(
            |error| PipelineError::Refused {
                path: self.path.to_owned(),
                entry: format!("source.{name}"),
                source: error,
            },
        )?;
        Ok(Items { many: true, values: values.into_iter().map(|value| of_entry(name, value)).collect() })
    }

    fn build_task(&self, name: &str, task: &TaskEntry) -> Result<Items, PipelineError> {
        match (&task.call, &task.reduce) {
            (Some(call), None) => {
                let callee = self.callee(name, call)?;
                match &task.each {
                    Some(each) => self.build_each(name, task, &callee, each),
                    None => self.build_single(name, task, &callee),
                }
            }
            (None, Some(reduce)) => self.build_reduction(name, task, reduce),
            _ => Err(self.wrong("task", name, "needs either `call` or `reduce`")),
        }
    }

    fn no_plugin(&self, table: &str, name: &str, plugin: &str) -> PipelineError {
        let known: Vec<&str> = self.plugins.keys().map(String::as_str).collect();
        let message = format!(
            "names plugin `{plugin}`, which [plugins] does not list; there are: {}",
            known.join(", ")
        );
        self.wrong(table, name, message)
    }

    fn callee(&self, name: &str, call: &str) -> Result<Callee, PipelineError> {
        match call.split_once('.') {
            Some((plugin, function)) => {
                let component =
                    self.plugins.get(plugin).ok_or_else(|| self.no_plugin("task", name, plugin))?;
                Ok(component.function(function))
            }
            None => gristmill_collections::kernel(call).map_err(|error| {
                self.wrong("task", name, format!("{error}; a plugin's function is plugin.function"))
            }),
        }
    }

    fn build_single(&self, name: &str, task: &TaskEntry, callee: &Callee) -> Result<Items, PipelineError> {
        let args = self.arguments(name, task, |_, argument| argument)?;
        Ok(Items { many: false, values: vec![call(name, task, callee, args)] })
    }

    /// One call an item; names of `each` stand for their item, or for a window of items.
    fn build_each(
        &self,
        name: &str,
        task: &TaskEntry,
        callee: &Callee,
        each: &OneOrMany,
    ) -> Result<Items, PipelineError> {
        let zipped: Vec<(&str, &[Delayed])> =
            each.names().iter().map(|each| (each.as_str(), self.items(each))).collect();
        let lengths: Vec<String> =
            zipped.iter().map(|(each, values)| format!("{each} has {}", values.len())).collect();
        let n_items = zipped.first().map_or(0, |(_, values)| values.len());
        if zipped.iter().any(|(_, values)| values.len() != n_items) {
            return Err(self.wrong(
                "task",
                name,
                format!("`each` zips unequal lengths: {}", lengths.join(", ")),
            ));
        }
        let count_from = task.count_from.unwrap_or(0);
        let mut values = Vec::with_capacity(n_items);
        for idx in 0..n_items {
            let args = self.arguments(name, task, |each, whole| {
                if each == "index" {
                    return Argument::from(count_from.saturating_add_unsigned(idx as u64));
                }
                match zipped.iter().find(|(zipped, _)| *zipped == each) {
                    Some((_, items)) => item_of(items, idx, task.window),
                    None => whole,
                }
            })?;
            values.push(call(name, task, callee, args));
        }
        Ok(Items { many: true, values })
    }

    fn build_reduction(&self, name: &str, task: &TaskEntry, reduce: &str) -> Result<Items, PipelineError> {
        let of = task.of.as_deref().ok_or_else(|| self.wrong("task", name, "`reduce` needs `of`"))?;
        let fan_in = task.fan_in.unwrap_or(FAN_IN_DEFAULT);
        let chunk = self.callee(name, &format!("{reduce}.chunk"))?;
        let combine = self.callee(name, &format!("{reduce}.combine"))?;
        let aggregate = self.callee(name, &format!("{reduce}.aggregate"))?;
        let mut level: Vec<Delayed> =
            self.items(of).iter().map(|value| call(name, task, &chunk, vec![value.into()])).collect();
        while level.len() > fan_in {
            level = level
                .chunks(fan_in)
                .map(|parts| call(name, task, &combine, vec![parts.to_vec().into()]))
                .collect();
        }
        Ok(Items { many: false, values: vec![call(name, task, &aggregate, vec![level.into()])] })
    }

    /// The task's arguments; `choose` gets each named reference and what the whole name stands for.
    fn arguments(
        &self,
        name: &str,
        task: &TaskEntry,
        choose: impl Fn(&str, Argument) -> Argument,
    ) -> Result<Vec<Argument>, PipelineError> {
        task.args.iter().flatten().map(|value| self.argument(name, value, &choose)).collect()
    }

    fn argument(
        &self,
        name: &str,
        value: &toml::Value,
        choose: &impl Fn(&str, Argument) -> Argument,
    ) -> Result<Argument, PipelineError> {
        Ok(match value {
            toml::Value::String(text) => match text.strip_prefix('$') {
                Some(rest) if rest.starts_with('$') => rest.into(),
                Some("index") => match choose("index", Argument::from(false)) {
                    Argument::Value(gristmill_data::Value::Boolean(_)) => {
                        return Err(self.wrong("task", name, "`$index` needs `each`"));
                    }
                    index => index,
                },
                Some(reference) => choose(reference, self.whole(reference)),
                None => text.as_str().into(),
            },
            toml::Value::Integer(int) => (*int).into(),
            toml::Value::Float(float) => (*float).into(),
            toml::Value::Boolean(boolean) => (*boolean).into(),
            toml::Value::Datetime(_) => {
                return Err(self.wrong(
                    "task",
                    name,
                    "dates are not taken as arguments; write text in quotes",
                ));
            }
            toml::Value::Array(items) => Argument::List(
                items.iter().map(|item| self.argument(name, item, choose)).collect::<Result<_, _>>()?,
            ),
            toml::Value::Table(items) => Argument::Map(
                items
                    .iter()
                    .map(|(key, item)| Ok((key.as_str().into(), self.argument(name, item, choose)?)))
                    .collect::<Result<_, PipelineError>>()?,
            ),
        })
    }

    /// The whole of a name: the value, or the list of its items.
    fn whole(&self, name: &str) -> Argument {
        match self.items.get(name) {
            Some(items) if !items.many => items.values.iter().map(Argument::from).next(),
            _ => None,
        }
        .unwrap_or_else(|| self.items(name).to_vec().into())
    }

    /// What is printed: the names asked for, or every task that no other entry uses.
    fn outputs(&self) -> Result<Vec<Output>, PipelineError> {
        let names = match &self.file.output.show {
            Some(names) => names.clone(),
            None => unused(&self.file.task),
        };
        names
            .into_iter()
            .map(|name| {
                if !self.file.task.contains_key(&name) && !self.file.source.contains_key(&name) {
                    let message = format!("`{name}` is no task or source; there are: {}", self.known());
                    return Err(self.wrong("output", "show", message));
                }
                Ok(Output { values: self.items(&name).to_vec(), name })
            })
            .collect()
    }

    fn sinks(&self) -> Result<Vec<Sink>, PipelineError> {
        let file = self.file;
        file.sink
            .iter()
            .map(|(name, sink)| {
                if !file.task.contains_key(name) && !file.source.contains_key(name) {
                    let message = format!("no task or source has that name; there are: {}", self.known());
                    return Err(self.wrong("sink", name, message));
                }
                // A sink that cannot be written is better known now than when everything is computed.
                let path = self.folder.join(&sink.path);
                gristmill_storage::check_sink(&path)
                    .map_err(|error| self.wrong("sink", name, error.to_string()))?;
                Ok(Sink { output: Output { name: name.clone(), values: self.items(name).to_vec() }, path })
            })
            .collect()
    }
}

/// One call of a task of the file.
fn call(name: &str, task: &TaskEntry, callee: &Callee, args: Vec<Argument>) -> Delayed {
    let call = of_entry(name, delayed(callee, args)).retries(task.retries);
    if task.may_submit { call.may_submit() } else { call }
}

/// The call under its entry's name: two entries may call one function, and errors must say which of them failed.
///
/// One name for all items of an entry keeps them one layer; an item is told by its key.
fn of_entry(name: &str, value: Delayed) -> Delayed {
    let named = format!("{name}: {}", value.name());
    value.named(named)
}

/// One item, or the list of the item and its neighbours where there are any.
pub(super) fn item_of(items: &[Delayed], idx: usize, window: Option<[usize; 2]>) -> Argument {
    match window {
        None => items.get(idx).map_or_else(|| Argument::List(Vec::new()), Argument::from),
        Some([before, after]) => {
            let start = idx.saturating_sub(before);
            let end = idx.saturating_add(after).saturating_add(1).min(items.len());
            items.get(start..end).unwrap_or_default().to_vec().into()
        }
    }
}
