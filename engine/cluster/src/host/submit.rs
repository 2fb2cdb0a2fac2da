//! A program accepted: components admitted, types checked, tasks handed to the scheduler.

use std::collections::HashMap;
use std::sync::Arc;

use gristmill_client::Error;
use gristmill_collections::{Component, Program};
use gristmill_data::{Type, Value};
use gristmill_graph::{Digest, Function, Graph, Key, TaskRef, TaskTable};
use gristmill_sandbox::{Plugin, Runtime};
use gristmill_scheduling::{ClientId, ClientMsg, FamilySpec, Submission, TenantId};
use gristmill_storage::SpillFile;
use gristmill_wire::{SubmitRequest, Tenant};

use crate::cache;
use crate::check::{check_types, held_type};
use crate::code::Code;
use crate::host::clients::End;
use crate::host::core::{Core, FINDER};
use crate::host::slots::Stored;
use crate::host::threads::Shared;

/// Tasks of a graph that takes longer to name than a user should wait for its first task.
const LARGE_TASKS_MIN: u64 = 1 << 17;
/// Tasks of it that are started first, about: enough to keep many threads busy while the others are named.
const FIRST_TASKS: usize = 4096;

/// Checks a program and starts it; the keys of its wanted tasks, each held once.
pub(crate) fn submit(shared: &Shared, program: Program) -> Result<Vec<Key>, Error> {
    let limit_nbytes = shared.core.lock().memory_limit_nbytes();
    program.check_memory(limit_nbytes)?;
    let Program { graph, wanted, components, natives, values, keep, .. } = program;
    let given = values.iter().map(|(key, value)| (*key, value.type_of())).collect();
    let code = Code {
        natives: Arc::new(natives.into_iter().map(|native| (native.id(), native)).collect()),
        ..prepare(shared, graph, &components, &given)?
    };
    let placed: Vec<Key> = values.iter().map(|(key, _)| *key).collect();
    shared.act(|core| values.into_iter().for_each(|(key, value)| scatter(core, key, value)));
    let started =
        start(shared, &code, &wanted, (Tenant::default(), true), |table| enter(shared, &code, table));
    shared.act(|core| release(core, &placed));
    drop(keep);
    started
}

/// Checks and starts what a client of another process has submitted, who is told of the keys in an answer to this request.
pub(crate) fn submit_for(
    shared: &Shared,
    (client, tenant): (ClientId, Tenant),
    request: u64,
    program: SubmitRequest,
    components: &[Component],
) -> Result<(), Error> {
    let SubmitRequest { graph, wanted, given, again, .. } = program;
    let given = given.into_iter().filter_map(|(key, ty)| Some((key, ty.parse().ok()?))).collect();
    let code = Code { tenant, ..prepare(shared, graph, components, &given)? };
    start(shared, &code, &wanted, (tenant, !again), |table| {
        // What the client is told are its own.
        let keys = wanted_keys(&table).into_iter().map(|key| tenant.key(key)).collect();
        let submission = Box::new(submission(&table));
        let found = match &shared.cache {
            Some(cache) => cache::beginnings(cache, &table),
            None => Vec::new(),
        };
        let code = code.clone().with_table(Arc::new(table));
        shared.act(|core| {
            core.begin_with(&found);
            core.submit_for(client, request, code, submission, keys);
        });
        take_in(shared);
        shared.act(|core| core.let_go_of(found.into_iter().map(|(key, _)| key).collect()));
        Ok(())
    })
}

/// The code of a graph whose components are admitted and whose types fit; of values that are brought with it the types are
/// given.
fn prepare(
    shared: &Shared,
    graph: Graph,
    components: &[Component],
    given: &HashMap<Key, Type>,
) -> Result<Code, Error> {
    let plugins = components
        .iter()
        .map(|component| Ok((component.digest(), load(&shared.runtime, component)?)))
        .collect::<Result<HashMap<Digest, Arc<Plugin>>, Error>>()?;
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
    Ok(Code::new(Arc::new(graph), plugins, shared))
}

/// Starts what is wanted of a graph; of a large one, if nothing of it has been done, some thousand tasks before the others
/// have been named.
fn start<T>(
    shared: &Shared,
    code: &Code,
    wanted: &[TaskRef],
    (tenant, is_new): (Tenant, bool),
    enter_all: impl FnOnce(TaskTable) -> Result<T, Error>,
) -> Result<T, Error> {
    let mut first = Vec::new();
    // Where results are kept, the first tasks may not be needed at all.
    if is_new && shared.cache.is_none() && code.graph.n_tasks() > LARGE_TASKS_MIN {
        let tasks = code.graph.first_tasks(wanted, FIRST_TASKS);
        first = enter(shared, code, masked(tenant, code.graph.materialize(&tasks)?))?;
    }
    let table = code.graph.optimize(wanted).map_err(Error::from);
    let started = table.and_then(|table| enter_all(masked(tenant, table)));
    shared.act(|core| release(core, &first));
    started
}

/// The results on disk that a program can begin with, as files of this process.
fn found(shared: &Shared, table: &TaskTable) -> Vec<(Key, u64, SpillFile)> {
    let Some(cache) = &shared.cache else { return Vec::new() };
    let found = cache::beginnings(cache, table).into_iter();
    found.filter_map(|(key, nbytes)| Some((key, nbytes, cache.get(key, &shared.spill)?))).collect()
}

/// Puts results on workers and has the scheduler take them for found, unless they are there; their keys.
fn begin_with(core: &mut Core, found: Vec<(Key, u64, SpillFile)>) -> Vec<Key> {
    let mut keys = Vec::with_capacity(found.len());
    for (key, nbytes, file) in found {
        // What is under way or there needs nothing from the disk.
        if !core.is_live(key) {
            let workers = vec![core.place(key, Stored::Spilled(Arc::new(file)))];
            core.ask_as(FINDER, ClientMsg::Scatter { key, nbytes, workers });
            keys.push(key);
        }
    }
    keys
}

/// The table with the keys that the scheduler has for its tenant's.
fn masked(tenant: Tenant, mut table: TaskTable) -> TaskTable {
    if tenant != Tenant::default() {
        table.keys.iter_mut().for_each(|key| *key = tenant.key(*key));
    }
    table
}

/// Hands the tasks of a table to the scheduler, and waits until it has taken them; the wanted keys, each held once.
fn enter(shared: &Shared, code: &Code, table: TaskTable) -> Result<Vec<Key>, Error> {
    let (submission, keys) = (Box::new(submission(&table)), wanted_keys(&table));
    let found = found(shared, &table);
    let code = code.clone().with_table(Arc::new(table));
    let code_tenant = code.tenant.number();
    let (refused, found) = shared.act(|core| {
        let found = begin_with(core, found);
        let graph = core.add_graph(code);
        keys.iter().for_each(|key| core.clients.hold(*key));
        // An older future may hold a key that was cancelled: it gets the new result, and not the new one its old end.
        let reopened = core.clients.reopen(&keys, |end| matches!(end, End::Cancelled));
        core.ask(ClientMsg::Submit { graph, tenant: TenantId(code_tenant), submission });
        let refused = core.clients.take_refusal(graph);
        if refused.is_some() {
            core.clients.cancel(&reopened);
        }
        (refused, found)
    });
    take_in(shared);
    shared.act(|core| core.let_go_of(found));
    match refused {
        Some(error) => {
            shared.act(|core| release(core, &keys));
            Err(Error::Refused(Arc::new(error)))
        }
        None => Ok(keys),
    }
}

fn wanted_keys(table: &TaskTable) -> Vec<Key> {
    table.wanted.iter().filter_map(|&row| table.keys.get(row as usize).copied()).collect()
}

/// Waits until the scheduler has taken in all of a large graph.
fn take_in(shared: &Shared) {
    while shared.act(|core| {
        if core.pending() {
            core.tick();
        }
        core.pending()
    }) {}
}

/// Admits a component, or finds it among those admitted before.
pub(crate) fn load(runtime: &Arc<Runtime>, component: &Component) -> Result<Arc<Plugin>, Error> {
    if let Some(plugin) = runtime.plugin(component.digest()) {
        return Ok(plugin);
    }
    runtime
        .load(component.bytes())
        .map_err(|source| Error::Component { name: component.name().clone(), source: Arc::new(source) })
}

/// Values with the keys of their content.
pub(crate) fn keyed(values: Vec<Value>) -> Result<Vec<(Key, Value)>, Error> {
    let key = |(position, value)| match Program::value_key(&value) {
        Ok(key) => Ok((key, value)),
        Err(source) => Err(Error::Value { position, source: Arc::new(source) }),
    };
    values.into_iter().enumerate().map(key).collect()
}

/// Puts a value on a worker under its key, held once.
pub(crate) fn scatter(core: &mut Core, key: Key, value: Value) {
    core.clients.hold(key);
    if core.is_live(key) {
        core.ask(ClientMsg::Want { keys: vec![key] });
        return;
    }
    let nbytes = value.nbytes();
    let workers = vec![core.place(key, Stored::Memory(value))];
    core.ask(ClientMsg::Scatter { key, nbytes, workers });
}

/// Gives up one hold on each key; what nobody holds is released.
pub(crate) fn release(core: &mut Core, keys: &[Key]) {
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
