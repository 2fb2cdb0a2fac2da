//! A process that runs tasks and holds results.

use std::collections::HashMap;
use std::net::{SocketAddr, ToSocketAddrs};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Condvar, Mutex as StdMutex, OnceLock, PoisonError, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use gristmill_client::Client;
use gristmill_collections::Component;
use gristmill_data::arrow::buffer::Buffer;
use gristmill_data::{TaskError, TaskErrorKind, Value, decode_value};
use gristmill_graph::{Digest, Graph, Key};
use gristmill_scheduling::{GraphId, SchedulerMsg, WorkerId, WorkerInfo};
use gristmill_storage::{ResultCache, SpillDir, available_nbytes};
use gristmill_wire::{
    Bearer, Connection, Epoch, Error as WireError, FromWorker, Mailbox, Network, Outbox, Pass, Payload,
    Refused, ResultName, Role, Service, Serving, SharedFile, Tenant, Ticket, ToWorker, Token, Walls,
    on_thread, own_address, serve,
};
use parking_lot::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::spawn_blocking;

use super::address::listen;
use super::client::connect_for;
use super::gate::GATHERING;
use crate::code::Code;
use crate::host::Shared;
use crate::host::core::{Core, Fetch, Held, offered};
use crate::host::nested::Nesting;
use crate::host::slots::Stored;
use crate::host::submit::load;
use crate::host::threads::spawn;
use crate::{Error, LocalBuilder};

const PANICKED: &str = "internal error, please report it: the worker panicked over a message";
/// Messages, or tasks in one, that are taken in microseconds.
const BRIEF_MAX: usize = 16;
/// Time between two looks for values that nobody has named.
const TIDY_UP: Duration = Duration::from_secs(10);
/// How often a worker without a scheduler looks for one.
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// How long somebody who asks for a value that has no name yet waits for that, and how often it is looked at.
const UNNAMED_MAX: Duration = Duration::from_secs(1);
const UNNAMED_AGAIN: Duration = Duration::from_millis(2);

/// A worker that has joined a scheduler. Dropping it ends it: what it holds is lost.
#[derive(Debug)]
pub struct WorkerServer {
    joined: Arc<Joined>,
    threads: Vec<JoinHandle<()>>,
    /// What reads the scheduler's stream, and fetches.
    tasks: Vec<tokio::task::JoinHandle<()>>,
    serving: Option<Serving>,
}

/// What the network's threads have of a worker.
#[derive(Debug)]
struct Joined {
    shared: Arc<Shared>,
    network: Arc<Network>,
    scheduler: Connection,
    /// What it offers, and where.
    offer: (WorkerInfo, String),
    /// What keeps tenants apart.
    walls: Mutex<Walls>,
    /// How long it looks for a scheduler again that it has lost.
    patience: Duration,
    peers: Mutex<HashMap<WorkerId, Peer>>,
    /// How many workers there were when it has last returned, and when that was.
    returned: Mutex<Option<(u32, Instant)>>,
    /// The clients that tasks are which start tasks, one for each tenant.
    clients: Mutex<HashMap<Tenant, Client>>,
    /// Files for processes of this machine, if there is room for any.
    exchange: OnceLock<Option<SpillDir>>,
    /// Why the scheduler is gone, once it is, and whoever waits for that.
    end: (StdMutex<Option<String>>, Condvar),
}

/// Another worker, called for the first time when something is fetched from it.
#[derive(Debug)]
struct Peer {
    address: Arc<str>,
    connection: Option<Connection>,
}

impl WorkerServer {
    /// Joins the scheduler at `host:port`, and serves results on `listen_address`; port 0 means any that is free. Of the
    /// settings it has threads, memory, spill folder, limits and devices. Its token, if any, must be of the scheduler's
    /// authority. When it loses the scheduler, it looks for it, or another at the same address, for as long as `patience`
    /// says, and returns with all that it holds.
    ///
    /// # Errors
    /// [`Error::Listen`], [`Error::Network`] when there is no scheduler or it refuses; the others when the machine refuses
    /// something.
    pub fn start(
        settings: &LocalBuilder,
        scheduler: &str,
        listen_address: &str,
        token: Option<Token>,
        patience: Duration,
    ) -> Result<Self, Error> {
        // Clients that have tokens need not trust each other.
        let settings = match token {
            Some(_) => settings.clone().files_if_said(),
            None => settings.clone(),
        };
        let size = settings.size()?;
        if size.n_workers != 1 {
            let (given, why) = (size.n_workers.to_string(), "must be 1: each worker is a process of its own");
            return Err(Error::Setting { setting: "workers", given, why });
        }
        let listener = listen(listen_address, token.is_some())?;
        let network = Network::start(token)?;
        let window = Arc::new(Window::default());
        let serving = serve(&network, listener, window.clone())?;
        let scheduler = Connection::open(&network, scheduler)?;
        let info = offered(size.n_threads, size.worker_nbytes);
        let address = advertised(serving.address(), scheduler.address());
        let offer = (info, address.to_string());
        let Stay { worker, epoch, walls, outbox, first, mailbox } =
            network.wait(join(&scheduler, &offer, None))?;
        let (fetches, fetched) = unbounded_channel();
        let core = Core::away(worker, epoch, size.n_threads, size.worker_nbytes, outbox, fetches);
        let shared = settings.share(core, size, walls)?;
        let joined = Arc::new(Joined {
            shared: shared.clone(),
            network: network.clone(),
            scheduler,
            offer,
            walls: Mutex::new(walls),
            patience,
            peers: Mutex::default(),
            returned: Mutex::default(),
            clients: Mutex::default(),
            exchange: OnceLock::new(),
            end: Default::default(),
        });
        let _first = window.joined.set(joined.clone());
        let own = Arc::downgrade(&joined);
        let connects = move |tenant: &Tenant| own.upgrade().ok_or(Error::Ended)?.client(*tenant);
        let _first = shared.nesting.set(Nesting::new(Arc::downgrade(&shared), connects));
        let mut server =
            Self { joined: joined.clone(), threads: Vec::new(), tasks: Vec::new(), serving: Some(serving) };
        for number in 0..size.n_threads {
            server.threads.push(spawn(&shared, 0, number, "worker")?);
        }
        server.tasks.push(network.spawn(fetch_all(joined.clone(), fetched)));
        server.tasks.push(network.spawn(tidy_up(Arc::downgrade(&joined))));
        server.tasks.push(network.spawn(async move {
            let reason = joined.clone().stay(first, mailbox).await;
            joined.ended(reason);
        }));
        Ok(server)
    }

    /// Its number at the scheduler; it has another when it has returned.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.joined.shared.core.lock().only().map_or(0, |worker| worker.0)
    }

    /// How many tasks it has run so far, well or not.
    #[must_use]
    pub fn n_run(&self) -> u64 {
        self.joined.shared.core.lock().progress().n_done
    }

    /// Where it serves results.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.serving.as_ref().map_or_else(|| SocketAddr::from(([127, 0, 0, 1], 0)), Serving::address)
    }

    /// Has a signal to this process end the worker, as the end of its scheduler does.
    ///
    /// # Errors
    /// [`Error::Network`] when the system refuses.
    pub fn end_on_interrupt(&self) -> Result<(), Error> {
        let joined = Arc::downgrade(&self.joined);
        let end = move || {
            if let Some(joined) = joined.upgrade() {
                joined.ended("it was asked to end".to_owned());
            }
        };
        Ok(self.joined.network.on_interrupt(end)?)
    }

    /// Waits until the scheduler is gone; why it is.
    #[must_use]
    pub fn wait(&self) -> String {
        let (end, bell) = &self.joined.end;
        let mut end = end.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match &*end {
                Some(reason) => return reason.clone(),
                None => end = bell.wait(end).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }
}

impl Drop for WorkerServer {
    fn drop(&mut self) {
        self.serving = None;
        self.tasks.iter().for_each(|task| task.abort());
        self.joined.shared.stop();
        for thread in self.threads.drain(..) {
            // A thread that has panicked has nothing left to say.
            let _ = thread.join();
        }
        self.joined.clients.lock().clear();
        self.joined.exchange.get().into_iter().flatten().for_each(SpillDir::remove);
        self.joined.shared.devices.close();
        self.joined.shared.clear();
    }
}

/// Where others reach this machine that listens at an address: where it listens on all, the one that packets to the
/// scheduler come from.
fn advertised(listens: SocketAddr, scheduler: &str) -> SocketAddr {
    let family = |there: &SocketAddr| there.is_ipv4() == listens.is_ipv4();
    let scheduler = || scheduler.to_socket_addrs().ok()?.find(family);
    let own = || own_address(scheduler()?).ok();
    match listens.ip().is_unspecified().then(own).flatten() {
        Some(ip) => SocketAddr::new(ip, listens.port()),
        None => listens,
    }
}

/// A stream to a scheduler that has taken the worker.
struct Stay {
    worker: WorkerId,
    epoch: Epoch,
    walls: Walls,
    outbox: Outbox<FromWorker>,
    /// What came with the welcome.
    first: Vec<ToWorker>,
    mailbox: Mailbox<ToWorker>,
}

/// Joins a scheduler, and waits for its welcome.
async fn join(
    scheduler: &Connection,
    (info, address): &(WorkerInfo, String),
    returns: Option<u32>,
) -> Result<Stay, WireError> {
    let role = Role::Worker { info: info.clone(), address: address.clone(), returns };
    let (outbox, mut mailbox) = scheduler.join(&role).await?;
    let mut first = mailbox.next().await?.unwrap_or_default().into_iter();
    match first.next() {
        Some(ToWorker::Welcome { worker, epoch, walls }) => {
            Ok(Stay { worker, epoch, walls, outbox, first: first.collect(), mailbox })
        }
        _ => Err(mailbox.malformed("it does not begin with a welcome")),
    }
}

/// Why a stream to a scheduler has ended.
enum Parting {
    /// There is nothing to return to.
    End(String),
    /// The scheduler may be started anew, or be there still.
    Lost(String),
}

impl Joined {
    /// Does what schedulers say, one after the other, until none is left; why that is.
    async fn stay(self: Arc<Self>, first: Vec<ToWorker>, mailbox: Mailbox<ToWorker>) -> String {
        let (mut first, mut mailbox) = (first, mailbox);
        loop {
            let lost = match self.clone().read(first, mailbox).await {
                Parting::End(reason) => return reason,
                Parting::Lost(reason) => reason,
            };
            (first, mailbox) = match self.clone().come_back(lost).await {
                Ok(again) => again,
                Err(reason) => return reason,
            };
        }
    }

    /// Does what the scheduler says until it is gone; why it is.
    async fn read(self: Arc<Self>, first: Vec<ToWorker>, mut mailbox: Mailbox<ToWorker>) -> Parting {
        let mut messages = first;
        loop {
            let end = messages.iter().find_map(|message| match message {
                ToWorker::End { reason } => Some(reason.clone()),
                _ => None,
            });
            if let Some(reason) = end {
                return Parting::End(reason);
            }
            let batch = std::mem::take(&mut messages);
            let done = std::panic::catch_unwind(AssertUnwindSafe(|| self.on_now(batch)));
            let Ok(done) = done else { return Parting::End(PANICKED.to_owned()) };
            if let Err(batch) = done {
                // On another thread than the network's, as the core is busy, or something may take its time.
                let joined = self.clone();
                let taken = spawn_blocking(move || batch.into_iter().for_each(|message| joined.on(message)));
                if taken.await.is_err() {
                    return Parting::End(PANICKED.to_owned());
                }
            }
            messages = match mailbox.next().await {
                Ok(Some(messages)) => messages,
                Ok(None) => return Parting::Lost("the scheduler has ended".to_owned()),
                Err(error) => return Parting::Lost(error.to_string()),
            };
        }
    }

    /// Does what is a matter of microseconds, if it has not to be waited for; otherwise, the messages.
    fn on_now(&self, messages: Vec<ToWorker>) -> Result<(), Vec<ToWorker>> {
        let is_brief = |message: &ToWorker| match message {
            ToWorker::Compute { assignments, .. } => assignments.len() <= BRIEF_MAX,
            ToWorker::Scheduler(msg) => !matches!(msg, SchedulerMsg::Hold { .. }),
            _ => false,
        };
        if messages.len() > BRIEF_MAX || !messages.iter().all(is_brief) {
            return Err(messages);
        }
        self.shared.act_now(messages, |core, messages| {
            for message in messages {
                match message {
                    ToWorker::Compute { assignments, table } => core.on_assigned(assignments, *table),
                    ToWorker::Scheduler(msg) => core.on_scheduler_says(msg),
                    _ => {}
                }
            }
        })
    }

    /// Looks for a scheduler that was lost, and returns to it; otherwise, why it was lost or does not take the worker.
    async fn come_back(self: Arc<Self>, lost: String) -> Result<(Vec<ToWorker>, Mailbox<ToWorker>), String> {
        let until = Instant::now() + self.patience;
        let n_workers = self.n_workers();
        while Instant::now() < until {
            match join(&self.scheduler, &self.offer, Some(n_workers)).await {
                Ok(Stay { worker, epoch, walls, outbox, first, mailbox }) => {
                    *self.walls.lock() = walls;
                    self.peers.lock().clear();
                    *self.returned.lock() = Some((n_workers, Instant::now()));
                    let joined = self.clone();
                    let returned = spawn_blocking(move || {
                        joined.shared.act(|core| core.return_to(worker, epoch, outbox));
                    });
                    let panicked =
                        |_| "internal error, please report it: the worker panicked over its return";
                    returned.await.map_err(panicked)?;
                    return Ok((first, mailbox));
                }
                Err(error @ WireError::Refused { .. }) => return Err(error.to_string()),
                Err(_) => tokio::time::sleep(LOOK_AGAIN).await,
            }
        }
        Err(lost)
    }

    /// How many workers there are. When it has just returned, not all others have, and there are as many as before.
    fn n_workers(&self) -> u32 {
        let n_now = u32::try_from(self.peers.lock().len() + 1).unwrap_or(u32::MAX);
        match *self.returned.lock() {
            Some((n_before, at)) if at.elapsed() < GATHERING => n_now.max(n_before),
            _ => n_now,
        }
    }

    fn on(self: &Arc<Self>, message: ToWorker) {
        match message {
            ToWorker::Welcome { .. } | ToWorker::End { .. } => {}
            ToWorker::Peers(peers) => {
                let peers = peers.into_iter().map(|(id, address)| (id, Peer { address, connection: None }));
                self.peers.lock().extend(peers);
            }
            ToWorker::PeerGone(worker) => {
                self.peers.lock().remove(&worker);
            }
            ToWorker::Graph { graph, layers, components, tenant } => {
                self.on_graph(graph, layers, components, tenant);
            }
            ToWorker::ForgetGraph { graph } => self.shared.act(|core| core.forget_layers(graph)),
            ToWorker::Compute { assignments, table } => {
                self.shared.act(|core| core.on_assigned(assignments, *table));
            }
            ToWorker::Scheduler(msg) => {
                if let (SchedulerMsg::Hold { key, .. }, Some(cache)) = (&msg, &self.shared.cache) {
                    self.place_kept(*key, cache);
                }
                self.shared.act(|core| core.on_scheduler_says(msg));
            }
        }
    }

    /// Takes a result from the disk, if nobody has brought it.
    fn place_kept(&self, key: Key, cache: &ResultCache) {
        if self.shared.core.lock().is_placed(key) {
            return;
        }
        // Another process may have kept it since.
        let kept = cache.look().ok().and_then(|()| cache.get(key, &self.shared.spill));
        if let Some(file) = kept {
            self.shared.act(|core| core.take_placed(key, Stored::Spilled(Arc::new(file))));
        }
    }

    /// Takes layers in; tasks may come before their components are there.
    fn on_graph(
        self: &Arc<Self>,
        graph: GraphId,
        layers: Arc<Graph>,
        components: Vec<(Digest, Arc<str>)>,
        tenant: Tenant,
    ) {
        let Some(epoch) = self.shared.act(|core| core.add_layers(graph)) else { return };
        let is_known = |(digest, _): &(Digest, _)| self.shared.runtime.plugin(*digest).is_some();
        let waits = !components.iter().all(is_known);
        let joined = self.clone();
        let load = move || {
            let work = AssertUnwindSafe(|| joined.code(layers, &components));
            let code = std::panic::catch_unwind(work).unwrap_or_else(|_| {
                let message = "internal error, please report it: the engine panicked over a component";
                Err(TaskError::new(TaskErrorKind::Failed, message))
            });
            let code = code.map(|code| Code { tenant, ..code });
            joined.shared.act(|core| core.on_loaded(epoch, graph, code));
        };
        match waits {
            true => on_thread(load),
            false => load(),
        }
    }

    /// What tasks of these layers call, with components fetched and compiled that are not known.
    fn code(&self, graph: Arc<Graph>, components: &[(Digest, Arc<str>)]) -> Result<Code, TaskError> {
        let plugins = components.iter().map(|(digest, name)| {
            let refused = |error: String| {
                let message = format!("component `{name}` cannot be had by this worker: {error}");
                TaskError::new(TaskErrorKind::Io, message)
            };
            if let Some(plugin) = self.shared.runtime.plugin(*digest) {
                return Ok((*digest, plugin));
            }
            let bytes = self.network.wait(self.scheduler.get(Ticket::Component(*digest)));
            let bytes = bytes.map_err(|error| refused(error.to_string()))?;
            let component = Component::from_bytes(name.clone(), bytes.as_slice());
            if component.digest() != *digest {
                return Err(refused("its bytes are others than its digest says".to_owned()));
            }
            load(&self.shared.runtime, &component)
                .map(|plugin| (*digest, plugin))
                .map_err(|error| refused(error.to_string()))
        });
        let plugins = plugins.collect::<Result<HashMap<_, _>, _>>()?;
        Ok(Code::new(graph, plugins, &self.shared))
    }

    /// A result as a file in memory, where there is room. One on a disk must be checked as it is read.
    fn share(&self, stored: &Stored) -> Option<SharedFile> {
        let Stored::Memory(value) = stored else { return None };
        let folder = self.exchange.get_or_init(SpillDir::in_memory).as_ref()?;
        // What others have mapped is there, too, though its files are gone.
        let free = available_nbytes(folder.path()).ok()?;
        if free / 2 < value.nbytes() {
            return None;
        }
        let file = Arc::new(folder.spill(&value.clone().landed().ok()?).ok()?);
        Some(SharedFile { path: file.path().to_owned(), held: file })
    }

    /// The tenant of whoever calls. A worker says the keys as they are known here; who else is no client has no results.
    fn tenant(&self, caller: &Bearer) -> Tenant {
        let walls = *self.walls.lock();
        match caller {
            Bearer::Client(name) => walls.tenant(name),
            Bearer::Worker => Tenant::default(),
            _ => walls.tenant(""),
        }
    }

    /// The client of this tenant that its tasks here are which start tasks.
    fn client(&self, tenant: Tenant) -> Result<Client, Error> {
        let mut clients = self.clients.lock();
        if let Some(client) = clients.get(&tenant) {
            return Ok(client.clone());
        }
        let client = connect_for(&self.scheduler, tenant, self.patience)?;
        clients.insert(tenant, client.clone());
        Ok(client)
    }

    fn peer(&self, worker: WorkerId) -> Option<Connection> {
        let mut peers = self.peers.lock();
        let Peer { address, connection } = peers.get_mut(&worker)?;
        if connection.is_none() {
            *connection = Connection::lazy(&self.network, address).ok();
        }
        connection.clone()
    }

    /// Fetches a result from another worker; true says that the other has no such result, false that it may be asked again.
    async fn fetch(self: Arc<Self>, fetch: Fetch) -> Result<Value, bool> {
        let Fetch { epoch, task, from, nbytes, .. } = fetch;
        let Some(peer) = self.peer(from) else { return Err(false) };
        let name = ResultName { epoch, worker: from, task };
        let bytes = match peer.get_result(name, Pass::default(), nbytes).await {
            Ok(bytes) => bytes,
            Err(error) => return Err(matches!(error, WireError::NotFound { .. })),
        };
        let decoded = spawn_blocking(move || decode_value(bytes)).await;
        // Bytes that make no sense are as good as none.
        decoded.ok().and_then(Result::ok).ok_or(true)
    }

    fn ended(&self, reason: String) {
        let (end, bell) = &self.end;
        *end.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason);
        bell.notify_all();
    }
}

/// Lets values go, from time to time, that nobody has named.
async fn tidy_up(joined: Weak<Joined>) {
    loop {
        tokio::time::sleep(TIDY_UP).await;
        let Some(joined) = joined.upgrade() else { return };
        let _done = spawn_blocking(move || joined.shared.act(Core::drop_unclaimed)).await;
    }
}

/// Fetches what is asked for, much at the same time: the worker's machine says how much.
async fn fetch_all(joined: Arc<Joined>, mut fetches: UnboundedReceiver<Fetch>) {
    while let Some(fetch) = fetches.recv().await {
        let joined = joined.clone();
        tokio::spawn(async move {
            // A panic is our mistake, and no reason to leave whoever needs the result waiting.
            let value = tokio::spawn(joined.clone().fetch(fetch)).await.unwrap_or(Err(false));
            joined.shared.act(|core| core.on_fetched(fetch, value));
        });
    }
}

/// What others see of a worker: its results, once it has joined.
#[derive(Debug, Default)]
struct Window {
    joined: OnceLock<Arc<Joined>>,
}

impl Service for Window {
    fn get(&self, ticket: Ticket, caller: Option<Bearer>) -> Result<Payload, Refused> {
        let not_found = || Refused::NotFound(ticket.to_string());
        let (Ticket::Result(name, pass) | Ticket::Batches(name, pass) | Ticket::Shared(name, pass)) = ticket
        else {
            return Err(not_found());
        };
        let joined = self.joined.get().ok_or_else(not_found)?;
        // Workers fetch for whoever needs it; all others need a pass.
        let may = caller
            .as_ref()
            .is_none_or(|caller| *caller == Bearer::Worker || pass == joined.tenant(caller).pass(&name));
        let shared = &joined.shared;
        let stored = Some(name).filter(|_| may).and_then(|name| named(shared, name)).ok_or_else(not_found)?;
        if let Ticket::Shared(..) = ticket {
            return joined.share(&stored).map(Payload::File).ok_or_else(not_found);
        }
        match value_of(&stored) {
            Some(value) => Ok(Payload::Value(value)),
            None => {
                shared.act(|core| core.on_unreadable_here(name.task, &stored));
                Err(not_found())
            }
        }
    }

    fn put(&self, ticket: Ticket, bytes: Buffer, caller: Option<Bearer>) -> Result<(), Refused> {
        let refuse = |reason: String| Refused::Because(reason);
        let Ticket::Value(key) = ticket else {
            return Err(refuse(format!("nobody may put `{ticket}` here")));
        };
        // A worker says the key as it is known here, which is no digest.
        if caller != Some(Bearer::Worker) && Digest::of(&bytes).0 != key.0 {
            return Err(refuse("the value's bytes are others than its key says".to_owned()));
        }
        let value = decode_value(bytes).map_err(|error| refuse(error.to_string()))?;
        let joined =
            self.joined.get().ok_or_else(|| refuse("it has not joined a scheduler yet".to_owned()))?;
        let tenant = caller.map(|caller| joined.tenant(&caller)).unwrap_or_default();
        joined.shared.act(|core| core.take_placed(tenant.key(key), Stored::Memory(value)));
        Ok(())
    }
}

/// What a worker holds under a name, once it has that.
fn named(shared: &Shared, name: ResultName) -> Option<Stored> {
    let until = Instant::now() + UNNAMED_MAX;
    loop {
        let held = shared.core.lock().held(name);
        match held {
            Held::Yes(stored) => return Some(stored),
            Held::Unnamed if Instant::now() < until => std::thread::sleep(UNNAMED_AGAIN),
            Held::Unnamed | Held::No => return None,
        }
    }
}

/// The value, wherever it is; none if it cannot be had any more.
fn value_of(stored: &Stored) -> Option<Value> {
    match stored {
        Stored::Memory(value) => value.clone().landed().ok(),
        Stored::Spilled(file) => file.load().ok(),
    }
}
