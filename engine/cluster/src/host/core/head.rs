//! Who decides: the scheduler in this process, or one in another.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use gristmill_data::{TaskError, TaskErrorKind};
use gristmill_graph::{Digest, Key, TaskTable};
use gristmill_scheduling::{
    Assignment, ClientId, GraphId, ReportMsg, RunId, Scheduler, SchedulerConfig, SchedulerMsg, TaskId,
    WorkerId, WorkerMsg,
};
use gristmill_storage::ResultNote;
use gristmill_wire::{
    Epoch, FromWorker, Holder, Outbox, ResultName, TaskOut, Tenant, ToClient, ToWorker, Walls,
};
use tokio::sync::mpsc::UnboundedSender;

use super::worker::internal;
use crate::code::Code;
use crate::host::clients::task_error;
use crate::host::slots::Slots;

/// Who decides.
#[derive(Debug)]
pub(crate) enum Head {
    /// The scheduler is in this process.
    Here(Box<Here>),
    /// It is in another, and this is one of its workers.
    Away(Box<Away>),
}

/// The scheduler, what its tasks call, and whoever is in another process.
#[derive(Debug)]
pub(crate) struct Here {
    epoch: Epoch,
    pub(crate) walls: Walls,
    pub(super) scheduler: Scheduler,
    pub(super) graphs: BTreeMap<GraphId, Arc<Code>>,
    pub(super) n_graphs: u32,
    n_workers: u32,
    n_clients: u32,
    links: BTreeMap<WorkerId, Link>,
    clients: BTreeMap<ClientId, Guest>,
    /// Reports for a client that are held back, until it was told something else first.
    held_back: Option<(ClientId, Vec<ReportMsg>)>,
}

/// A client in another process.
#[derive(Debug)]
struct Guest {
    outbox: Outbox<ToClient>,
    tenant: Tenant,
}

/// A worker in another process.
#[derive(Debug)]
struct Link {
    outbox: Outbox<TaskOut>,
    address: Arc<str>,
    /// Graphs whose layers it has.
    graphs: HashSet<GraphId>,
}

/// What a worker has of a scheduler in another process.
#[derive(Debug)]
pub(crate) struct Away {
    pub(crate) epoch: Epoch,
    outbox: Outbox<FromWorker>,
    /// Results to be fetched from other workers.
    fetches: UnboundedSender<Fetch>,
    graphs: HashMap<GraphId, Layers>,
    /// What assigned tasks call: which row of which batch.
    assigned: Slots<(Arc<Batch>, u32)>,
    /// The keys of what is held, as far as they are known: copies of others' results have none.
    keys: Slots<Key>,
}

/// A result to be fetched from another worker.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fetch {
    pub(crate) epoch: Epoch,
    /// How often the worker had returned when it was asked for.
    pub(crate) n_returns: u32,
    pub(crate) task: TaskId,
    pub(crate) from: WorkerId,
    /// The size expected.
    pub(crate) nbytes: u64,
}

/// Layers of a graph, with the components that its tasks call.
#[derive(Debug)]
enum Layers {
    /// Components are being fetched and compiled; these runs wait for them.
    Loading(Vec<(TaskId, RunId)>),
    Ready(Box<Code>),
    /// They could not be had.
    Failed(TaskError),
}

/// Tasks that came together, as a table of their own.
#[derive(Debug)]
struct Batch {
    graph: GraphId,
    table: Arc<TaskTable>,
    code: OnceLock<Arc<Code>>,
}

impl Head {
    pub(super) fn here(n_workers: u32) -> Self {
        Self::Here(Box::new(Here {
            epoch: Epoch::draw(),
            walls: Walls::default(),
            scheduler: Scheduler::new(SchedulerConfig::default()),
            graphs: BTreeMap::new(),
            n_graphs: 0,
            n_workers,
            // The first is whoever is in this process.
            n_clients: 1,
            links: BTreeMap::new(),
            clients: BTreeMap::new(),
            held_back: None,
        }))
    }

    pub(super) fn away(epoch: Epoch, outbox: Outbox<FromWorker>, fetches: UnboundedSender<Fetch>) -> Self {
        let (graphs, assigned, keys) = (HashMap::new(), Slots::default(), Slots::default());
        Self::Away(Box::new(Away { epoch, outbox, fetches, graphs, assigned, keys }))
    }

    pub(crate) fn as_here(&self) -> Option<&Here> {
        match self {
            Self::Here(here) => Some(here),
            Self::Away(_) => None,
        }
    }

    pub(super) fn as_here_mut(&mut self) -> Option<&mut Here> {
        match self {
            Self::Here(here) => Some(here),
            Self::Away(_) => None,
        }
    }

    pub(super) fn as_away_mut(&mut self) -> Option<&mut Away> {
        match self {
            Self::Here(_) => None,
            Self::Away(away) => Some(away),
        }
    }

    /// What an assigned task calls: some code and a row of it; nothing while that is not there yet, and then the run is
    /// told of when it is.
    pub(super) fn code_of(
        &mut self,
        assignment: Option<&Assignment>,
        task: TaskId,
        run: RunId,
    ) -> Result<Option<(Arc<Code>, u32)>, TaskError> {
        match self {
            Self::Here(here) => {
                let assignment = assignment.ok_or_else(|| internal("no assignment", task))?;
                let code = here.graphs.get(&assignment.graph).ok_or_else(|| internal("no graph", task))?;
                Ok(Some((code.clone(), assignment.row)))
            }
            Self::Away(away) => away.code_of(task, run),
        }
    }
}

impl Here {
    /// Names a worker of another process, and says who its peers are, and they who it is.
    pub(super) fn add_link(&mut self, outbox: Outbox<TaskOut>, address: &str) -> WorkerId {
        let worker = WorkerId(self.n_workers);
        self.n_workers += 1;
        let address: Arc<str> = address.into();
        outbox.send(TaskOut::Message(ToWorker::Welcome { worker, epoch: self.epoch, walls: self.walls }));
        let peers = self.links.iter().map(|(&worker, link)| (worker, link.address.clone())).collect();
        outbox.send(TaskOut::Message(ToWorker::Peers(peers)));
        for link in self.links.values() {
            link.send(ToWorker::Peers(vec![(worker, address.clone())]));
        }
        self.links.insert(worker, Link { outbox, address, graphs: HashSet::new() });
        worker
    }

    /// A worker of another process is gone; false if it was gone before.
    pub(super) fn remove_link(&mut self, worker: WorkerId) -> bool {
        let was_there = self.links.remove(&worker).is_some();
        if was_there {
            self.links.values().for_each(|link| link.send(ToWorker::PeerGone(worker)));
        }
        was_there
    }

    /// Tells a worker that it is not needed any more.
    pub(super) fn let_go(&self, worker: WorkerId) {
        if let Some(link) = self.links.get(&worker) {
            link.send(ToWorker::End { reason: "it was retired".to_owned() });
        }
    }

    /// Tells everybody that the cluster ends.
    pub(super) fn say_end(&self) {
        let reason = || ToWorker::End { reason: "the cluster was ended".to_owned() };
        self.links.values().for_each(|link| link.send(reason()));
        self.clients.values().for_each(|client| client.outbox.send(ToClient::End));
    }

    /// Where a worker of another process can be reached.
    pub(crate) fn address(&self, worker: WorkerId) -> Option<&Arc<str>> {
        self.links.get(&worker).map(|link| &link.address)
    }

    pub(super) fn add_client(&mut self, tenant: Tenant, outbox: Outbox<ToClient>) -> ClientId {
        let client = ClientId(self.n_clients);
        self.n_clients += 1;
        outbox.send(ToClient::Welcome { client });
        self.clients.insert(client, Guest { outbox, tenant });
        client
    }

    pub(super) fn remove_client(&mut self, client: ClientId) {
        self.clients.remove(&client);
    }

    /// Which workers of other processes have a result of a tenant.
    pub(crate) fn holders(&self, tenant: Tenant, task: TaskId) -> impl Iterator<Item = Holder> + '_ {
        let holders = self.scheduler.who_has(task).into_iter();
        holders.filter_map(move |worker| {
            let name = ResultName { epoch: self.epoch, worker, task };
            let (pass, nbytes) = (tenant.pass(&name), self.scheduler.result_nbytes(task));
            Some(Holder { name, pass, nbytes, address: self.address(worker)?.clone() })
        })
    }

    /// The way to a client of another process.
    pub(crate) fn client(&self, client: ClientId) -> Option<&Outbox<ToClient>> {
        self.clients.get(&client).map(|guest| &guest.outbox)
    }

    /// Whose client it is.
    pub(crate) fn tenant_of(&self, client: ClientId) -> Tenant {
        self.clients.get(&client).map(|guest| guest.tenant).unwrap_or_default()
    }

    /// Holds back what is reported to a client from now on.
    pub(super) fn hold_back(&mut self, client: ClientId) {
        self.held_back = Some((client, Vec::new()));
    }

    /// What was held back.
    pub(super) fn take_held_back(&mut self) -> Vec<ReportMsg> {
        self.held_back.take().map(|(_, reports)| reports).unwrap_or_default()
    }

    /// Sends a message to a worker of another process; with the first task of a graph go its layers.
    pub(super) fn send(&mut self, worker: WorkerId, msg: SchedulerMsg) {
        let Some(link) = self.links.get_mut(&worker) else { return };
        let assignment = match msg {
            SchedulerMsg::Compute(assignment) => assignment,
            msg => return link.send(ToWorker::Scheduler(msg)),
        };
        // Without it the task could not have been submitted.
        let Some(code) = self.graphs.get(&assignment.graph) else { return };
        if link.graphs.insert(assignment.graph) {
            let names = |digest: &Digest| (*digest, Arc::from(digest.short()));
            link.send(ToWorker::Graph {
                graph: assignment.graph,
                layers: code.graph.clone(),
                components: code.plugins.keys().map(names).collect(),
                tenant: code.tenant,
            });
        }
        link.outbox.send(TaskOut::Compute(assignment, code.table.clone()));
    }

    /// Reports to a client of another process.
    pub(super) fn report(&mut self, client: ClientId, report: ReportMsg) {
        match &mut self.held_back {
            Some((held, reports)) if *held == client => reports.push(report),
            _ => self.report_now(client, report),
        }
    }

    pub(super) fn report_now(&self, client: ClientId, report: ReportMsg) {
        let Some(Guest { outbox, tenant }) = self.clients.get(&client) else { return };
        outbox.send(match report {
            ReportMsg::Erred { key, failure } => {
                let failure = failure.with_keys(|key| tenant.key(key));
                ToClient::Erred { key: tenant.key(key), root: failure.root, error: task_error(&failure) }
            }
            // Whoever has submitted is told with the answer to that.
            ReportMsg::Refused { .. } => return,
            ReportMsg::InMemory { task, key, nbytes } => {
                let key = tenant.key(key);
                match self.holders(*tenant, task).next() {
                    Some(holder) => ToClient::Finished { key, holder },
                    None => ToClient::Report(ReportMsg::InMemory { task, key, nbytes }),
                }
            }
            ReportMsg::Cancelled { key } => ToClient::Report(ReportMsg::Cancelled { key: tenant.key(key) }),
            ReportMsg::Lost { key } => ToClient::Report(ReportMsg::Lost { key: tenant.key(key) }),
            report @ ReportMsg::Accepted { .. } => ToClient::Report(report),
        });
    }

    /// Lets the code of a graph go.
    pub(super) fn forget_graph(&mut self, graph: GraphId) -> Option<Arc<Code>> {
        for link in self.links.values_mut() {
            if link.graphs.remove(&graph) {
                link.send(ToWorker::ForgetGraph { graph });
            }
        }
        self.graphs.remove(&graph)
    }
}

impl Link {
    fn send(&self, message: ToWorker) {
        self.outbox.send(TaskOut::Message(message));
    }
}

impl Away {
    /// Layers are there, and their components are being loaded.
    pub(crate) fn add_graph(&mut self, graph: GraphId) {
        self.graphs.insert(graph, Layers::Loading(Vec::new()));
    }

    /// The components of a graph are there, or cannot be had; the runs that wait for them.
    pub(super) fn loaded(&mut self, graph: GraphId, code: Result<Code, TaskError>) -> Vec<(TaskId, RunId)> {
        let Some(layers) = self.graphs.get_mut(&graph) else { return Vec::new() };
        let loaded = match code {
            Ok(code) => Layers::Ready(Box::new(code)),
            Err(error) => Layers::Failed(error),
        };
        match std::mem::replace(layers, loaded) {
            Layers::Loading(waiting) => waiting,
            _ => Vec::new(),
        }
    }

    /// Lets layers go; the runs that wait for their components.
    pub(super) fn forget_graph(&mut self, graph: GraphId) -> Vec<(TaskId, RunId)> {
        match self.graphs.remove(&graph) {
            Some(Layers::Loading(waiting)) => waiting,
            _ => Vec::new(),
        }
    }

    /// Takes in what tasks call that are about to be assigned, in the order of the table's rows.
    pub(super) fn assign(&mut self, assignments: &[Assignment], table: TaskTable) {
        let Some(graph) = assignments.first().map(|assignment| assignment.graph) else { return };
        let batch = Arc::new(Batch { graph, table: Arc::new(table), code: OnceLock::new() });
        for assignment in assignments {
            self.assigned.insert(assignment.task, (batch.clone(), assignment.row));
        }
    }

    fn code_of(&mut self, task: TaskId, run: RunId) -> Result<Option<(Arc<Code>, u32)>, TaskError> {
        let (batch, row) = self.assigned.get(task).ok_or_else(|| internal("nothing to call", task))?;
        if let Some(code) = batch.code.get() {
            return Ok(Some((code.clone(), *row)));
        }
        match self.graphs.get_mut(&batch.graph) {
            Some(Layers::Ready(code)) => {
                let code =
                    batch.code.get_or_init(|| Arc::new((**code).clone().with_table(batch.table.clone())));
                Ok(Some((code.clone(), *row)))
            }
            Some(Layers::Loading(waiting)) => {
                waiting.push((task, run));
                Ok(None)
            }
            Some(Layers::Failed(error)) => Err(error.clone()),
            None => Err(internal("no graph", task)),
        }
    }

    /// Tells the scheduler.
    pub(super) fn send(&mut self, msg: WorkerMsg) {
        match &msg {
            WorkerMsg::Finished { task, .. }
            | WorkerMsg::Erred { task, .. }
            | WorkerMsg::Missing { task, .. }
            | WorkerMsg::Stolen { task, given: true, .. } => {
                self.assigned.remove(*task);
            }
            _ => {}
        }
        self.outbox.send(match msg {
            WorkerMsg::Erred { task, run, error, retryable } => {
                let error = match error.downcast_ref::<TaskError>() {
                    Some(error) => error.clone(),
                    None => TaskError::new(TaskErrorKind::Failed, error.to_string()),
                };
                FromWorker::Erred { task, run, error, retryable }
            }
            msg => FromWorker::Worker(msg),
        });
    }

    /// Notes the key of a result that is held from now on.
    pub(super) fn name(&mut self, task: TaskId, key: Key) {
        self.keys.insert(task, key);
    }

    /// A result is not held any more.
    pub(super) fn unname(&mut self, task: TaskId) {
        self.keys.remove(task);
    }

    /// Begins anew with another scheduler; the keys of what is held.
    pub(super) fn begin_anew(&mut self, epoch: Epoch, outbox: Outbox<FromWorker>) -> Slots<Key> {
        (self.epoch, self.outbox) = (epoch, outbox);
        self.graphs.clear();
        self.assigned = Slots::default();
        std::mem::take(&mut self.keys)
    }

    /// Tells the scheduler of results from before.
    pub(super) fn bring(&self, results: Vec<(Key, u64)>, last: bool) {
        self.outbox.send(FromWorker::Brings { results, last });
    }

    /// Tells the scheduler of a result that is kept on disk.
    pub(super) fn kept(&self, key: Key, note: &ResultNote) {
        let note = serde_json::to_string(note).unwrap_or_default();
        self.outbox.send(FromWorker::Kept { key, note });
    }

    /// A run that was cancelled will not be asked for.
    pub(super) fn unassign(&mut self, task: TaskId) {
        self.assigned.remove(task);
    }

    /// Has a result fetched from another worker.
    pub(super) fn fetch(&self, n_returns: u32, task: TaskId, from: WorkerId, nbytes: u64) {
        // Without anybody who fetches, the worker is about to end.
        let _ended = self.fetches.send(Fetch { epoch: self.epoch, n_returns, task, from, nbytes });
    }
}
