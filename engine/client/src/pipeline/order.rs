//! Which entry needs which, and the order in which all can be built.

use std::collections::{BTreeMap, BTreeSet};

use super::file::{Named, PipelineFile, TaskEntry};

/// Why entries cannot be put in an order.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum OrderError<'a> {
    /// A task needs a name that nothing has.
    Unknown { task: &'a str, name: &'a str },
    /// Entries need one another in a circle: their names, the first one again at the end.
    Cycle(Vec<String>),
}

/// All entries, each after those it needs.
///
/// Depth first with a stack of its own, so that the depth of a file is bounded by its size alone.
pub(super) fn order(file: &PipelineFile) -> Result<Vec<&str>, OrderError<'_>> {
    let mut order = Vec::with_capacity(file.source.len() + file.task.len());
    // Whether an entry is done; those that are not yet lie on the way from the first one to the current one.
    let mut done: BTreeMap<&str, bool> = BTreeMap::new();
    let mut way: Vec<(&str, Vec<&str>)> = Vec::new();
    for name in file.source.keys().chain(file.task.keys()) {
        let mut next = Some(name.as_str()).filter(|name| !done.contains_key(name));
        while let Some(name) = next {
            done.insert(name, false);
            way.push((name, file.task.get(name).map_or_else(Vec::new, needs)));
            next = descend(file, &mut way, &mut done, &mut order)?;
        }
    }
    Ok(order)
}

/// The next entry to enter; finishes entries whose needs are all met on the way to it.
fn descend<'a>(
    file: &PipelineFile,
    way: &mut Vec<(&'a str, Vec<&'a str>)>,
    done: &mut BTreeMap<&'a str, bool>,
    order: &mut Vec<&'a str>,
) -> Result<Option<&'a str>, OrderError<'a>> {
    while let Some((task, needs)) = way.last_mut() {
        let Some(name) = needs.pop() else {
            done.insert(task, true);
            order.push(task);
            way.pop();
            continue;
        };
        match done.get(name) {
            Some(true) => {}
            Some(false) => {
                let from = way.iter().position(|(entered, _)| *entered == name).unwrap_or_default();
                let names = way.iter().skip(from).map(|(entered, _)| *entered).chain([name]);
                return Err(OrderError::Cycle(names.map(str::to_owned).collect()));
            }
            None if file.task.contains_key(name) || file.source.contains_key(name) => return Ok(Some(name)),
            None => return Err(OrderError::Unknown { task, name }),
        }
    }
    Ok(None)
}

/// Tasks that no other task needs.
pub(super) fn unused(tasks: &Named<TaskEntry>) -> Vec<String> {
    let used: BTreeSet<&str> = tasks.values().flat_map(needs).collect();
    tasks.keys().filter(|name| !used.contains(name.as_str())).cloned().collect()
}

/// The names that a task needs, each once, the last one first.
fn needs(task: &TaskEntry) -> Vec<&str> {
    let mut names = BTreeSet::new();
    let mut values: Vec<&toml::Value> = task.args.iter().flatten().collect();
    while let Some(value) = values.pop() {
        match value {
            toml::Value::String(text) => names.extend(reference(text)),
            toml::Value::Array(items) => values.extend(items),
            toml::Value::Table(items) => values.extend(items.values()),
            _ => {}
        }
    }
    names.extend(task.of.as_deref());
    names.extend(task.each.iter().flat_map(|each| each.names()).map(String::as_str));
    names.into_iter().rev().collect()
}

/// What text stands for as an argument: `$name` for a result, `$$` for a dollar, `$index` for the item's number.
fn reference(text: &str) -> Option<&str> {
    text.strip_prefix('$').filter(|rest| !rest.starts_with('$') && *rest != "index")
}
