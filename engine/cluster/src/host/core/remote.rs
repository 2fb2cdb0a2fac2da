//! What comes from other processes: workers and clients of a scheduler, and the scheduler of a worker.

use std::sync::Arc;
use std::time::{Duration, Instant};

use gristmill_data::{TaskError, TaskErrorKind, Value};
use gristmill_graph::{Key, TaskTable};
use gristmill_scheduling::{
    Assignment, Backlog, ClientId, ClientMsg, GraphId, ReportMsg, SchedulerEvent, SchedulerMsg, Submission,
    TaskId, TenantId, WorkerEvent, WorkerId, WorkerInfo, WorkerMsg,
};
use gristmill_wire::{
    Epoch, FromWorker, Holder, Outbox, Place, ResultName, TaskOut, Tenant, ToClient, Walls,
};

use super::head::{Fetch, Head};
use super::worker::Placed;
use super::{Core, Mail, is_end};
use crate::code::Code;
use crate::host::jobs::Garbage;
use crate::host::slots::Stored;
use crate::remote::{ClusterStatus, WorkerStatus};

/// How long it counts that a client has values for which there is no worker.
const UNPLACED_MAX: Duration = Duration::from_secs(2);
/// How long a value waits that a client has brought, until the scheduler says which task's it is.
const UNCLAIMED_MAX: Duration = Duration::from_secs(60);

/// What a worker has of a result.
#[derive(Debug)]
pub(crate) enum Held {
    Yes(Stored),
    /// It may be one of the values that wait for their names.
    Unnamed,
    No,
}

/// What becomes of the scheduler's side.
impl Core {
    /// A worker of another process has joined.
    pub(crate) fn join_worker(
        &mut self,
        info: WorkerInfo,
        address: &str,
        outbox: Outbox<TaskOut>,
    ) -> WorkerId {
        let Some(here) = self.head.as_here_mut() else { return WorkerId(0) };
        let worker = here.add_link(outbox, address);
        self.mail.push_back(Mail::Scheduler(SchedulerEvent::WorkerJoined { worker, info }));
        self.pump();
        worker
    }

    /// It is gone, with all that it held.
    pub(crate) fn lose_worker(&mut self, worker: WorkerId) {
        self.lose_worker_later(worker);
        self.pump();
    }

    /// It has left: nothing is sent to it any more.
    pub(super) fn lose_worker_later(&mut self, worker: WorkerId) {
        if self.head.as_here_mut().is_some_and(|here| here.remove_link(worker)) {
            self.mail.push_back(Mail::Scheduler(SchedulerEvent::WorkerLost { worker }));
        }
    }

    /// It is to leave, when others have what it holds.
    pub(crate) fn retire(&mut self, worker: WorkerId) {
        self.mail.push_back(Mail::Scheduler(SchedulerEvent::Retire { worker }));
        self.pump();
    }

    /// The workers that are not about to leave, the emptiest first.
    pub(crate) fn workers_to_stay(&self) -> Vec<WorkerId> {
        let views = self.head.as_here().into_iter().flat_map(|here| here.scheduler.workers());
        let mut stay: Vec<_> = views
            .filter(|view| !view.retiring)
            .map(|view| (view.n_processing, view.memory_nbytes + view.spilled_nbytes, view.worker))
            .collect();
        stay.sort_unstable();
        stay.into_iter().map(|(.., worker)| worker).collect()
    }

    /// What there is to be done.
    pub(crate) fn backlog(&self) -> Backlog {
        let mut backlog = self.head.as_here().map(|here| here.scheduler.backlog()).unwrap_or_default();
        // Whoever brings them asks again before long.
        if let Some((_, nbytes)) = self.unplaced.filter(|(at, _)| at.elapsed() < UNPLACED_MAX) {
            backlog.n_tasks = backlog.n_tasks.max(1);
            backlog.held_nbytes = backlog.held_nbytes.saturating_add(nbytes);
        }
        backlog
    }

    /// It says something.
    pub(crate) fn on_worker_says(&mut self, worker: WorkerId, messages: Vec<FromWorker>) {
        for message in messages {
            let msg = match message {
                FromWorker::Worker(msg) => msg,
                FromWorker::Brings { results, .. } => {
                    self.take_brought(worker, &results);
                    continue;
                }
                // It is taken elsewhere: it goes to the disk.
                FromWorker::Kept { .. } => continue,
                FromWorker::Erred { task, run, error, retryable } => {
                    WorkerMsg::Erred { task, run, error: Arc::new(error), retryable }
                }
            };
            self.progress.n_done += u64::from(is_end(&msg));
            self.mail.push_back(Mail::Scheduler(SchedulerEvent::Worker { worker, msg }));
        }
        self.pump();
    }

    /// A client of another process has come.
    pub(crate) fn join_client(&mut self, tenant: Tenant, outbox: Outbox<ToClient>) -> ClientId {
        self.head.as_here_mut().map_or(ClientId(0), |here| here.add_client(tenant, outbox))
    }

    /// From now on tenants are kept apart.
    pub(crate) fn keep_apart(&mut self, walls: Walls) {
        if let Some(here) = self.head.as_here_mut() {
            here.walls = walls;
        }
    }

    /// The tenant of this name.
    pub(crate) fn tenant(&self, name: &str) -> Tenant {
        self.head.as_here().map(|here| here.walls.tenant(name)).unwrap_or_default()
    }

    /// It asks something, of keys that are its tenant's.
    pub(crate) fn ask_for(&mut self, client: ClientId, msg: ClientMsg) {
        let Some(here) = self.head.as_here() else { return };
        let tenant = here.tenant_of(client);
        let all = |keys: Vec<Key>| keys.into_iter().map(|key| tenant.key(key)).collect();
        self.ask_as(
            client,
            match msg {
                ClientMsg::Want { keys } => ClientMsg::Want { keys: all(keys) },
                ClientMsg::Release { keys } => ClientMsg::Release { keys: all(keys) },
                ClientMsg::Cancel { keys } => ClientMsg::Cancel { keys: all(keys) },
                ClientMsg::Retry { keys } => ClientMsg::Retry { keys: all(keys) },
                ClientMsg::Scatter { key, nbytes, workers } => {
                    ClientMsg::Scatter { key: tenant.key(key), nbytes, workers }
                }
                submit @ ClientMsg::Submit { .. } => submit,
            },
        );
    }

    /// It is gone, and wants nothing any more.
    pub(crate) fn lose_client(&mut self, client: ClientId) {
        if let Some(here) = self.head.as_here_mut() {
            here.remove_client(client);
        }
        self.mail.push_back(Mail::Scheduler(SchedulerEvent::ClientLost { client }));
        self.pump();
    }

    /// Takes tasks in that it has submitted; what it is told of them comes after the answer to its request.
    pub(crate) fn submit_for(
        &mut self,
        client: ClientId,
        request: u64,
        code: Code,
        submission: Box<Submission>,
        keys: Vec<Key>,
    ) {
        // It may have left while its program was prepared.
        if self.head.as_here().is_none_or(|here| here.client(client).is_none()) {
            return;
        }
        let tenant = code.tenant.number();
        let graph = self.add_graph(code);
        if let Some(here) = self.head.as_here_mut() {
            here.hold_back(client);
        }
        self.ask_as(client, ClientMsg::Submit { graph, tenant: TenantId(tenant), submission });
        let Some(here) = self.head.as_here_mut() else { return };
        let reports = here.take_held_back();
        let refusal = reports.iter().find_map(|report| match report {
            ReportMsg::Refused { error, .. } => Some(format!("the scheduler refuses the graph: {error}")),
            _ => None,
        });
        if let Some(outbox) = here.client(client) {
            outbox.send(ToClient::Submitted { request, keys: refusal.map_or(Ok(keys), Err) });
        }
        reports.into_iter().for_each(|report| here.report_now(client, report));
    }

    /// Nothing runs of what a client has submitted.
    pub(crate) fn answer_submit(&self, client: ClientId, request: u64, reason: String) {
        if let Some(outbox) = self.head.as_here().and_then(|here| here.client(client)) {
            outbox.send(ToClient::Submitted { request, keys: Err(reason) });
        }
    }

    /// What computes a result, if that is still known.
    pub(crate) fn code_of(&self, key: Key) -> Option<(Arc<Code>, u32)> {
        let here = self.head.as_here()?;
        let (graph, row) = here.scheduler.row_of(here.scheduler.task(key)?)?;
        Some((here.graphs.get(&graph)?.clone(), row))
    }

    /// Has the scheduler take results for found that workers can open, until whoever needs them has said so.
    pub(crate) fn begin_with(&mut self, found: &[(Key, u64)]) {
        let workers = self.workers_to_stay();
        // What is under way or there needs nothing from the disk.
        let new: Vec<(Key, u64)> = found.iter().copied().filter(|(key, _)| !self.is_live(*key)).collect();
        for (of_one, &worker) in new.iter().zip(workers.iter().cycle()) {
            self.take_brought(worker, std::slice::from_ref(of_one));
        }
    }

    /// How the cluster is.
    pub(crate) fn cluster_status(&self) -> ClusterStatus {
        let Some(here) = self.head.as_here() else { return ClusterStatus::default() };
        let workers = here.scheduler.workers().map(|view| WorkerStatus {
            worker: view.worker.0,
            address: here.address(view.worker).map_or_else(String::new, ToString::to_string),
            n_threads: view.threads,
            n_processing: view.n_processing,
            memory_nbytes: view.memory_nbytes,
            memory_limit_nbytes: view.memory_limit_nbytes,
            spilled_nbytes: view.spilled_nbytes,
            retiring: view.retiring,
        });
        ClusterStatus {
            workers: workers.collect(),
            n_tasks: here.scheduler.n_tasks() as u64,
            moved_nbytes: here.scheduler.moved_nbytes(),
            n_accepted: self.progress.n_tasks,
            n_done: self.progress.n_done,
        }
    }

    /// Who holds a result of a tenant.
    pub(crate) fn holders(&self, tenant: Tenant, key: Key) -> Vec<Holder> {
        let Some(here) = self.head.as_here() else { return Vec::new() };
        let task = here.scheduler.task(tenant.key(key));
        task.map_or_else(Vec::new, |task| here.holders(tenant, task).collect())
    }

    /// Tells a client where each value should go that it brings; those that are there already it wants from now on.
    pub(crate) fn place_for(&mut self, client: ClientId, request: u64, values: &[(Key, u64)]) {
        let tenant = self.head.as_here().map(|here| here.tenant_of(client)).unwrap_or_default();
        let places = self.places(tenant, values);
        if places.iter().any(|(_, place)| matches!(place, Place::Nowhere)) {
            self.unplaced = Some((Instant::now(), values.iter().map(|(_, nbytes)| *nbytes).sum()));
        }
        let there = places.iter().filter(|(_, place)| matches!(place, Place::There));
        let keys: Vec<Key> = there.map(|(key, _)| *key).collect();
        if let Some(outbox) = self.head.as_here().and_then(|here| here.client(client)) {
            outbox.send(ToClient::Placed { request, places });
        }
        if !keys.is_empty() {
            self.ask_for(client, ClientMsg::Want { keys });
        }
    }

    /// To the worker that has the least so far.
    fn places(&self, tenant: Tenant, values: &[(Key, u64)]) -> Vec<(Key, Place)> {
        let Some(here) = self.head.as_here() else { return Vec::new() };
        let mut loads: Vec<(u64, WorkerId, &Arc<str>)> = here
            .scheduler
            .workers()
            .filter(|view| !view.retiring)
            .filter_map(|view| Some((view.memory_nbytes, view.worker, here.address(view.worker)?)))
            .collect();
        let mut place = |(key, nbytes): &(Key, u64)| {
            if here
                .scheduler
                .task(tenant.key(*key))
                .is_some_and(|task| !here.scheduler.who_has(task).is_empty())
            {
                return Place::There;
            }
            let Some((load, worker, address)) = loads.iter_mut().min_by_key(|(load, ..)| *load) else {
                return Place::Nowhere;
            };
            *load = load.saturating_add(*nbytes);
            Place::At(*worker, address.clone())
        };
        values.iter().map(|value| (value.0, place(value))).collect()
    }

    /// The memory of the smallest worker, in bytes.
    pub(crate) fn smallest_nbytes(&self) -> u64 {
        let workers = self.head.as_here().into_iter().flat_map(|here| here.scheduler.workers());
        workers.map(|view| view.memory_limit_nbytes).min().unwrap_or(u64::MAX)
    }
}

/// What becomes of a worker's side.
impl Core {
    /// The scheduler says something to the worker of this process.
    pub(crate) fn on_scheduler_says(&mut self, msg: SchedulerMsg) {
        let now = self.now();
        let Some(worker) = self.only() else { return };
        let msg = match msg {
            SchedulerMsg::Hold { task, key, nbytes } => self.weighed(task, key, nbytes),
            msg => msg,
        };
        if let Some(away) = self.head.as_away_mut() {
            match &msg {
                SchedulerMsg::Cancel { task, .. } => away.unassign(*task),
                SchedulerMsg::Copy { input, key } => away.name(input.task, *key),
                _ => {}
            }
        }
        let held = match &msg {
            SchedulerMsg::Hold { task, key, .. } => Some((*task, *key)),
            _ => None,
        };
        self.on_worker_event(now, worker, WorkerEvent::Scheduler(msg));
        self.pump();
        // A value that was there before is not needed twice.
        if let (Some((task, key)), Some(local)) = (held, self.workers.first_mut())
            && local.values.get(task).is_some()
        {
            self.garbage.extend(local.placed.remove(&key).map(|placed| Garbage::Stored(placed.stored)));
        }
    }

    /// What is held has the size that it has, whatever was said.
    fn weighed(&mut self, task: TaskId, key: Key, said: u64) -> SchedulerMsg {
        let placed = self.workers.first().and_then(|local| local.placed.get(&key));
        let nbytes = placed.map_or(said, |placed| placed.stored.nbytes());
        if let Some(away) = self.head.as_away_mut().filter(|_| nbytes != said) {
            away.send(WorkerMsg::Sized { task, nbytes });
        }
        SchedulerMsg::Hold { task, key, nbytes }
    }

    /// Drops values that nobody has named: who has brought them may be gone, or somebody else was sooner.
    pub(crate) fn drop_unclaimed(&mut self) {
        for local in &mut self.workers {
            let unclaimed = local.placed.extract_if(|_, placed| placed.since.elapsed() > UNCLAIMED_MAX);
            self.garbage.extend(unclaimed.map(|(_, placed)| Garbage::Stored(placed.stored)));
        }
    }

    /// The scheduler assigns tasks, with the rows of a table that say what they call.
    pub(crate) fn on_assigned(&mut self, assignments: Vec<Assignment>, table: TaskTable) {
        let now = self.now();
        let Some(worker) = self.only() else { return };
        if let Some(away) = self.head.as_away_mut() {
            away.assign(&assignments, table);
        }
        for assignment in assignments {
            let msg = SchedulerMsg::Compute(assignment);
            self.on_worker_event(now, worker, WorkerEvent::Scheduler(msg));
        }
        self.pump();
    }

    /// Layers have come, and their components are being loaded.
    pub(crate) fn add_layers(&mut self, graph: GraphId) -> Option<Epoch> {
        let away = self.head.as_away_mut()?;
        away.add_graph(graph);
        Some(away.epoch)
    }

    /// They are loaded, or cannot be had.
    pub(crate) fn on_loaded(&mut self, epoch: Epoch, graph: GraphId, code: Result<Code, TaskError>) {
        let Head::Away(away) = &mut self.head else { return };
        if away.epoch != epoch {
            return;
        }
        // Those that were cancelled meanwhile are answered, too.
        for (task, run) in away.loaded(graph, code) {
            self.execute(0, task, run);
        }
        self.pump();
    }

    /// No task of this graph will come any more.
    pub(crate) fn forget_layers(&mut self, graph: GraphId) {
        let (Some(worker), Some(away)) = (self.only(), self.head.as_away_mut()) else { return };
        for (task, run) in away.forget_graph(graph) {
            let error = TaskError::new(TaskErrorKind::Cancelled, "cancelled before it started");
            let event = WorkerEvent::Failed { task, run, error: Arc::new(error), retryable: false };
            self.mail.push_back(Mail::Worker(worker, event));
        }
        self.pump();
    }

    /// A result was fetched from another worker, or could not be; `gone` says that the other has no such result.
    pub(crate) fn on_fetched(&mut self, fetch: Fetch, value: Result<Value, bool>) {
        let (now, Fetch { n_returns, task, from, .. }) = (self.now(), fetch);
        let Some(worker) = self.only() else { return };
        if n_returns != self.n_returns {
            return;
        }
        let event = match value {
            Ok(value) => {
                let nbytes = value.nbytes();
                self.keep(0, task, value, WorkerEvent::Fetched { task, from, nbytes })
            }
            Err(gone) => WorkerEvent::FetchFailed { task, from, gone },
        };
        self.on_worker_event(now, worker, event);
        self.pump_at(now);
    }

    /// What the worker of this process holds of a task.
    pub(crate) fn held(&mut self, name: ResultName) -> Held {
        let ResultName { epoch, worker, task } = name;
        let is_current = self.head.as_away_mut().is_some_and(|away| away.epoch == epoch);
        let Some(local) = self.workers.first().filter(|local| is_current && local.id == worker) else {
            return Held::No;
        };
        match local.values.get(task) {
            Some(stored) => Held::Yes(stored.clone()),
            None if !local.placed.is_empty() => Held::Unnamed,
            None => Held::No,
        }
    }

    /// What the worker of this process holds of a task cannot be read, if it still is what somebody has tried to read.
    pub(crate) fn on_unreadable_here(&mut self, task: TaskId, tried: &Stored) {
        let Some(local) = self.workers.first() else { return };
        let event = match tried {
            Stored::Spilled(file) => local.unreadable(task, file),
            Stored::Memory(_) => local.lost(task),
        };
        let worker = local.id;
        self.mail.extend(event.map(|event| Mail::Worker(worker, event)));
        self.pump();
    }

    /// Whether a value waits for its task's name.
    pub(crate) fn is_placed(&self, key: Key) -> bool {
        self.workers.first().is_some_and(|local| local.placed.contains_key(&key))
    }

    /// Takes a value that a client has brought, until the scheduler says which task's it is.
    pub(crate) fn take_placed(&mut self, key: Key, stored: Stored) {
        let Some(local) = self.workers.first_mut() else { return };
        local.placed.insert(key, Placed { stored, since: Instant::now() });
    }

    pub(crate) fn only(&self) -> Option<WorkerId> {
        self.workers.first().map(|local| local.id)
    }
}
