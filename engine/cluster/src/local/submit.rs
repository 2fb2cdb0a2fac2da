//! A program accepted: components admitted, types checked, tasks handed to the scheduler.

use std::collections::HashMap;
use std::sync::Arc;

use gristmill_client::Error;
use gristmill_collections::{Component, Program};
use gristmill_graph::{Digest, Function, Key, TaskRef, TaskTable};
use gristmill_sandbox::Plugin;
use gristmill_scheduling::{ClientMsg, FamilySpec, Submission, TenantId};

use super::clients::End;
use super::core::Core;
use super::slots::Stored;
use super::threads::Shared;
use crate::check::{check_types, held_type};
use crate::code::Code;

/// Tasks of a graph that takes longer to name than a user should wait for its first task.
const LARGE_TASKS_MIN: u64 = 1 << 17;
/// Tasks of it that are started first, about: enough to keep many threads busy while the others are named.
const FIRST_TASKS: usize = 4096;

/// Checks a program and starts it; the keys of its wanted tasks, each held once.
pub(super) fn submit(shared: &Shared, program: Program) -> Result<Vec<Key>, Error> {
    let limit_nbytes = shared.core.lock().memory_limit_nbytes();
    program.check_memory(limit_nbytes)?;
    let Program { graph, wanted, components, natives, values, keep, .. } = program;
    let plugins = components
        .iter()
        .map(|component| Ok((component.digest(), load(shared, component)?)))
        .collect::<Result<HashMap<Digest, Arc<Plugin>>, Error>>()?;
    let given: HashMap<Key, _> = values.iter().map(|(key, value)| (*key, value.type_of())).collect();
    let held = |key: &Key| match given.get(key) {
        Some(ty) => ty.clone(),
        None => {
            let stored = shared.core.lock().stored(*key);
            match stored {
                Some(Stored::Memory(value)) => held_type(Some(&value)),
                _ => held_type(None),
            }
        }
    };
    check_types(&graph, &plugins, &held)?;

    let natives = natives.into_iter().map(|native| (native.id(), native)).collect();
    let code = Code {
        graph: Arc::new(graph),
        table: Arc::default(),
        plugins: Arc::new(plugins),
        natives: Arc::new(natives),
        functions: Vec::new(),
        devices: shared.devices.clone(),
        shaders: Vec::new(),
        plugin_shaders: shared.plugin_shaders.clone(),
    };
    let placed: Vec<Key> = values.iter().map(|(key, _)| *key).collect();
    shared.act(|core| values.into_iter().for_each(|(key, value)| scatter(core, key, value)));
    let started = start(shared, &code, &wanted);
    shared.act(|core| release(core, &placed));
    drop(keep);
    started
}

/// Starts what is wanted of a graph; of a large one, some thousand tasks before the others have been named.
fn start(shared: &Shared, code: &Code, wanted: &[TaskRef]) -> Result<Vec<Key>, Error> {
    let mut first = Vec::new();
    if code.graph.n_tasks() > LARGE_TASKS_MIN {
        let tasks = code.graph.first_tasks(wanted, FIRST_TASKS);
        first = enter(shared, code, code.graph.materialize(&tasks)?)?;
    }
    let started =
        code.graph.optimize(wanted).map_err(Error::from).and_then(|table| enter(shared, code, table));
    shared.act(|core| release(core, &first));
    started
}

/// Hands the tasks of a table to the scheduler, and waits until it has taken them; the wanted keys, each held once.
fn enter(shared: &Shared, code: &Code, table: TaskTable) -> Result<Vec<Key>, Error> {
    let submission = Box::new(submission(&table));
    let keys: Vec<Key> =
        table.wanted.iter().filter_map(|&row| table.keys.get(row as usize).copied()).collect();
    let code = code.clone().with_table(table);
    let refused = shared.act(|core| {
        let graph = core.add_graph(code);
        keys.iter().for_each(|key| core.clients.hold(*key));
        // An older future may hold a key that was cancelled: it gets the new result, and not the new one its old end.
        let reopened = core.clients.reopen(&keys, |end| matches!(end, End::Cancelled));
        core.ask(ClientMsg::Submit { graph, tenant: TenantId(0), submission });
        let refused = core.clients.take_refusal(graph);
        if refused.is_some() {
            core.clients.cancel(&reopened);
        }
        refused
    });
    while shared.act(|core| {
        if core.pending() {
            core.tick();
        }
        core.pending()
    }) {}
    match refused {
        Some(error) => {
            shared.act(|core| release(core, &keys));
            Err(Error::Refused(Arc::new(error)))
        }
        None => Ok(keys),
    }
}

/// Admits a component, or finds it among those admitted before.
pub(super) fn load(shared: &Shared, component: &Component) -> Result<Arc<Plugin>, Error> {
    if let Some(plugin) = shared.runtime.plugin(component.digest()) {
        return Ok(plugin);
    }
    shared
        .runtime
        .load(component.bytes())
        .map_err(|source| Error::Component { name: component.name().clone(), source: Arc::new(source) })
}

/// Puts a value on a worker under its key, held once.
pub(super) fn scatter(core: &mut Core, key: Key, value: gristmill_data::Value) {
    core.clients.hold(key);
    if core.is_live(key) {
        core.ask(ClientMsg::Want { keys: vec![key] });
        return;
    }
    let nbytes = value.nbytes();
    let workers = vec![core.place(key, value)];
    core.ask(ClientMsg::Scatter { key, nbytes, workers });
}

/// Gives up one hold on each key; what nobody holds is released.
pub(super) fn release(core: &mut Core, keys: &[Key]) {
    let keys: Vec<Key> = keys.iter().filter(|key| core.clients.release(key)).copied().collect();
    if !keys.is_empty() {
        core.ask(ClientMsg::Release { keys });
    }
}

/// The table as the scheduler wants it: without what tasks compute.
fn submission(table: &TaskTable) -> Submission {
    let families = table
        .families
        .iter()
        .map(|family| FamilySpec {
            component: match &family.function {
                Function::Component { digest, .. } => Some(*digest),
                _ => None,
            },
            retries: family.options.retries,
            priority: family.options.priority,
            held: family.held,
            ..FamilySpec::new(&family.name)
        })
        .collect();
    Submission {
        keys: table.keys.clone(),
        inputs: table.inputs.clone(),
        family: table.family.clone(),
        priority: table.priority.clone(),
        families,
        wanted: table.wanted.clone(),
    }
}
