//! A program that connects to a cluster.

use std::collections::{HashMap, HashSet};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::{StreamExt, stream};
use gristmill_client::{Backend, Client, Error, Listener, ReadRequest, Status};
use gristmill_collections::{Component, Program, ReadPlan};
use gristmill_data::{TaskError, TaskErrorKind, Value, decode_value};
use gristmill_graph::{Digest, Key, KeyMap};
use gristmill_sandbox::{CallContext, Runtime};
use gristmill_scheduling::{ClientMsg, Failure, ReportMsg};
use gristmill_wire::{
    Connection, Error as WireError, FromClient, Holder, Mailbox, Network, Outbox, Payload, Place, Role,
    SubmitRequest, Ticket, ToClient, Token,
};
use parking_lot::Mutex;
use tokio::task::JoinHandle;

use super::question::{Answer, Question};
use crate::ClusterStatus;
use crate::host::Progress;
use crate::host::clients::{Clients, End, task_error};
use crate::host::submit::{keyed, load};
use crate::local::runtime_alone;
use crate::reading::plan_read;

/// How often it is tried to fetch a result from whoever is said to have it.
const UNREACHABLE_MAX: u32 = 1000;
/// Results that are fetched at a time.
const FETCHES_MAX: usize = 16;
/// How often it is tried to bring a value to a worker, and how long after each other.
const PLACINGS_MAX: usize = 300;
const PLACE_AGAIN: Duration = Duration::from_millis(100);
/// How long a client waits before it looks again for a result that is on the move.
const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// `Client::connect`: a session with a cluster of other processes.
pub trait Connect: Sized {
    /// Connects to the scheduler at `host:port` on this machine.
    ///
    /// # Errors
    /// When nobody answers there, or it is of another release.
    fn connect(address: &str) -> Result<Self, crate::Error> {
        Self::connect_as(address, None)
    }

    /// Connects to the scheduler at `host:port` as the bearer of a token.
    ///
    /// # Errors
    /// When nobody answers there, it is of another release, or the token is not of its authority.
    fn connect_as(address: &str, token: Option<Token>) -> Result<Self, crate::Error>;
}

impl Connect for Client {
    fn connect_as(address: &str, token: Option<Token>) -> Result<Self, crate::Error> {
        let network = Network::start(token)?;
        let scheduler = Connection::open(&network, address)?;
        let (outbox, mailbox) = scheduler.join(&Role::Client { name: std::process::id().to_string() })?;
        let remote = Arc::new(Remote {
            scheduler,
            outbox,
            state: Mutex::default(),
            runtime: OnceLock::new(),
            holders: Mutex::default(),
        });
        // Not held by whoever reads: with the last client the stream ends, and so does the reading.
        network.spawn(read(Arc::downgrade(&remote), mailbox));
        Ok(Self::new(remote))
    }
}

/// A scheduler of another process, for those who look after it.
#[derive(Debug)]
pub struct SchedulerHandle(Connection);

impl SchedulerHandle {
    /// Connects to the scheduler at `host:port`.
    ///
    /// # Errors
    /// When nobody answers there.
    pub fn connect(address: &str, token: Option<Token>) -> Result<Self, crate::Error> {
        Ok(Self(Connection::open(&Network::start(token)?, address)?))
    }

    /// How its cluster is.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn status(&self) -> Result<ClusterStatus, crate::Error> {
        match self.0.ask(&Question::Status)? {
            Answer::Status(status) => Ok(status),
            _ => Err(senseless(&self.0).into()),
        }
    }

    /// Ends its cluster.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn shut_down(&self) -> Result<(), crate::Error> {
        self.0.ask(&Question::Down).map(|_: Answer| ()).map_err(Into::into)
    }
}

/// A cluster of other processes, as a client sees it.
struct Remote {
    scheduler: Connection,
    outbox: Outbox<FromClient>,
    state: Mutex<State>,
    /// Reads files that are planned here, once some are.
    runtime: OnceLock<Result<Arc<Runtime>, String>>,
    /// Workers that results were fetched from.
    holders: Mutex<HashMap<Arc<str>, Connection>>,
}

#[derive(Default)]
struct State {
    clients: Clients,
    progress: Progress,
    /// Who had results when they were finished.
    located: KeyMap<Holder>,
    /// Components that the scheduler has.
    brought: HashSet<Digest>,
    /// Whoever waits for the answer to a request.
    requests: HashMap<u64, SyncSender<Result<Answered, Error>>>,
    n_requests: u64,
    /// Keys that nobody holds any more, unless an answer on its way says that they are wanted again.
    late: Vec<Key>,
    /// How often results could not be fetched though somebody has them.
    unreachable: KeyMap<u32>,
    /// Why the scheduler is gone, once it is.
    gone: Option<String>,
}

impl State {
    fn on(&mut self, message: ToClient) {
        match message {
            ToClient::Welcome { .. } => {}
            ToClient::Report(report) => self.clients.on_report(report, &mut self.progress),
            ToClient::Finished { key, holder } => {
                let report = ReportMsg::InMemory { task: holder.task, key, nbytes: 0 };
                if self.clients.status(&key) != Status::Unknown {
                    self.located.insert(key, holder);
                }
                self.clients.on_report(report, &mut self.progress);
            }
            ToClient::Erred { key, root, error } => {
                let failure = Arc::new(Failure { root, error: Arc::new(error) });
                self.clients.on_report(ReportMsg::Erred { key, failure }, &mut self.progress);
            }
            ToClient::Submitted { request, keys } => {
                if let Ok(keys) = &keys {
                    keys.iter().for_each(|key| self.clients.hold(*key));
                    // An older future may hold a key that was cancelled: it gets the new result.
                    self.clients.reopen(keys, |end| matches!(end, End::Cancelled));
                }
                self.answer(request, keys.map(Answered::Keys).map_err(Error::Rejected));
            }
            ToClient::Placed { request, places } => {
                // The scheduler takes those that are there as wanted.
                let there = places.iter().filter(|(_, place)| matches!(place, Place::There));
                there.for_each(|(key, _)| self.clients.hold(*key));
                self.answer(request, Ok(Answered::Places(places)));
            }
        }
    }

    fn answer(&mut self, request: u64, answer: Result<Answered, Error>) {
        if let Some(waiting) = self.requests.remove(&request) {
            // Whoever asked does not give up.
            let _ = waiting.send(answer);
        }
    }

    /// What is to be released, once no answer is on its way that may say otherwise.
    fn take_late(&mut self) -> Vec<Key> {
        if !self.requests.is_empty() {
            return Vec::new();
        }
        let late = std::mem::take(&mut self.late).into_iter();
        late.filter(|key| self.clients.status(key) == Status::Unknown).collect()
    }

    fn lose(&mut self, reason: &str) {
        self.gone.get_or_insert_with(|| reason.to_owned());
        self.clients.stop();
        for (_, waiting) in self.requests.drain() {
            let _ = waiting.send(Err(Error::Unavailable(reason.to_owned())));
        }
    }
}

/// What a request has come to.
enum Answered {
    /// The keys of what was submitted.
    Keys(Vec<Key>),
    /// Where values should go.
    Places(Vec<(Key, Place)>),
}

/// Takes in what the scheduler says until it is gone, or the client is.
async fn read(remote: std::sync::Weak<Remote>, mut mailbox: Mailbox<ToClient>) {
    loop {
        let messages = mailbox.next().await;
        let Some(remote) = remote.upgrade() else { return };
        match messages {
            Ok(Some(messages)) => {
                let late = {
                    let mut state = remote.state.lock();
                    messages.into_iter().for_each(|message| state.on(message));
                    state.take_late()
                };
                remote.send_release(late);
            }
            Ok(None) => return remote.state.lock().lose("the scheduler has ended"),
            Err(error) => return remote.state.lock().lose(&error.to_string()),
        }
    }
}

fn senseless(scheduler: &Connection) -> WireError {
    let reason = "it answers another question".to_owned();
    WireError::Malformed { address: scheduler.address().to_string(), reason }
}

fn unavailable(error: WireError) -> Error {
    Error::Unavailable(error.to_string())
}

impl Remote {
    fn ask(&self, question: &Question) -> Result<Answer, Error> {
        self.scheduler.ask(question).map_err(unavailable)
    }

    fn check_there(&self) -> Result<(), Error> {
        match &self.state.lock().gone {
            Some(reason) => Err(Error::Unavailable(reason.clone())),
            None => Ok(()),
        }
    }

    /// Brings those components that the scheduler does not have.
    fn bring(&self, components: &[Component]) -> Result<(), Error> {
        let digests: Vec<Digest> = {
            let state = self.state.lock();
            let digests = components.iter().map(Component::digest);
            digests.filter(|digest| !state.brought.contains(digest)).collect()
        };
        if digests.is_empty() {
            return Ok(());
        }
        let Answer::Unknown(unknown) = self.ask(&Question::Unknown(digests))? else {
            return Err(unavailable(senseless(&self.scheduler)));
        };
        for component in components.iter().filter(|component| unknown.contains(&component.digest())) {
            let (ticket, payload) =
                (Ticket::Component(component.digest()), Payload::Bytes(component.bytes().clone()));
            let brought = self.scheduler.network().wait(self.scheduler.put(ticket, payload));
            brought.map_err(|source| Error::Component {
                name: component.name().clone(),
                source: Arc::new(source),
            })?;
        }
        self.state.lock().brought.extend(components.iter().map(Component::digest));
        Ok(())
    }

    /// Brings values to workers that have none of their keys, each held once. Waits for a worker if there is none.
    fn place(&self, values: Vec<(Key, Value)>) -> Result<(), Error> {
        let mut left = values;
        for _ in 0..PLACINGS_MAX {
            if left.is_empty() {
                return Ok(());
            }
            let values = left.iter().map(|(key, value)| (*key, value.nbytes())).collect();
            let Answered::Places(places) = self.request(|request| FromClient::Place { request, values })?
            else {
                return Err(unavailable(senseless(&self.scheduler)));
            };
            if places.len() != left.len() {
                return Err(unavailable(senseless(&self.scheduler)));
            }
            let mut again = Vec::new();
            for ((key, value), (_, place)) in left.into_iter().zip(places) {
                if !self.place_one(key, &value, place) {
                    again.push((key, value));
                }
            }
            left = again;
            if !left.is_empty() {
                std::thread::sleep(PLACE_AGAIN);
            }
        }
        match left.len() {
            0 => Ok(()),
            n => Err(Error::Unavailable(format!("no worker takes {n} values; are there any workers?"))),
        }
    }

    /// Brings a value where it should go; false if that was of no avail.
    fn place_one(&self, key: Key, value: &Value, place: Place) -> bool {
        let Place::At(worker, address) = place else { return matches!(place, Place::There) };
        let Ok(holder) = self.holder(&address) else { return false };
        let put = holder.put(Ticket::Value(key), Payload::Value(value.clone()));
        if self.scheduler.network().wait(put).is_err() {
            return false;
        }
        self.state.lock().clients.hold(key);
        let msg = ClientMsg::Scatter { key, nbytes: value.nbytes(), workers: vec![worker] };
        self.outbox.send(FromClient::Client(msg));
        true
    }

    fn holder(&self, address: &Arc<str>) -> Result<Connection, Error> {
        let mut holders = self.holders.lock();
        if let Some(holder) = holders.get(address) {
            return Ok(holder.clone());
        }
        let holder = Connection::lazy(self.scheduler.network(), address).map_err(unavailable)?;
        holders.insert(address.clone(), holder.clone());
        Ok(holder)
    }

    /// Sends a request with a number of its own, and waits for its answer.
    fn request(&self, message: impl FnOnce(u64) -> FromClient) -> Result<Answered, Error> {
        let (sender, receiver) = sync_channel(1);
        let number = {
            let mut state = self.state.lock();
            if let Some(reason) = &state.gone {
                return Err(Error::Unavailable(reason.clone()));
            }
            state.n_requests += 1;
            let number = state.n_requests;
            state.requests.insert(number, sender);
            number
        };
        self.outbox.send(message(number));
        receiver
            .recv()
            .unwrap_or_else(|_| Err(Error::Unavailable("the scheduler has not answered".to_owned())))
    }

    fn send_release(&self, keys: Vec<Key>) {
        if !keys.is_empty() {
            self.outbox.send(FromClient::Client(ClientMsg::Release { keys }));
        }
    }

    /// Fetches results from whoever has them, several at a time; none of those that nobody has now.
    fn fetch(&self, keys: &[Key]) -> Vec<Option<Result<Value, TaskError>>> {
        let located: Vec<Option<Holder>> = {
            let state = self.state.lock();
            keys.iter().map(|key| state.located.get(key).cloned()).collect()
        };
        let asked = located.iter().map(|holder| self.get(holder.clone()?));
        let asked = stream::iter(asked).map(|get| async { get?.await.ok()? }).buffered(FETCHES_MAX);
        let fetched = self.scheduler.network().wait(asked.collect::<Vec<_>>());
        let found = keys.iter().zip(fetched).map(|(key, fetched)| match fetched {
            Some(value) => Some(value.map_err(|error| error.of("fetch", key.to_string()))),
            None => self.search(key),
        });
        found.collect()
    }

    /// Has a result fetched; it comes as none when it is not there.
    fn get(&self, holder: Holder) -> Option<JoinHandle<Option<Result<Value, TaskError>>>> {
        let Holder { worker, task, address } = holder;
        let connection = self.holder(&address).ok()?;
        Some(self.scheduler.network().spawn(async move {
            let bytes = connection.get(Ticket::Result { worker, task }).await.ok()?;
            Some(decode_value(bytes).map_err(|error| {
                TaskError::new(TaskErrorKind::Io, format!("what {address} sends is no value: {error}"))
            }))
        }))
    }

    /// Fetches a result from whoever the scheduler says has it; none if it has moved, or its worker is about to be found
    /// lost: then it is computed again.
    fn search(&self, key: &Key) -> Option<Result<Value, TaskError>> {
        let Ok(Answer::Holders(holders)) = self.ask(&Question::Holders(*key)) else {
            // The stream is about to end, too, and says why.
            std::thread::sleep(LOOK_AGAIN);
            return None;
        };
        let addresses: Vec<Arc<str>> = holders.iter().map(|holder| holder.address.clone()).collect();
        for holder in holders {
            let fetched = self.get(holder).and_then(|get| self.scheduler.network().wait(get).ok()?);
            if let Some(value) = fetched {
                return Some(value.map_err(|error| error.of("fetch", key.to_string())));
            }
        }
        std::thread::sleep(LOOK_AGAIN);
        self.give_up(key, &addresses)
    }

    /// After many tries, the error of a result that somebody has and that cannot be fetched.
    fn give_up(&self, key: &Key, addresses: &[Arc<str>]) -> Option<Result<Value, TaskError>> {
        let mut state = self.state.lock();
        let n_tries = state.unreachable.entry(*key).or_default();
        *n_tries = if addresses.is_empty() { 0 } else { *n_tries + 1 };
        if *n_tries < UNREACHABLE_MAX {
            return None;
        }
        let message = format!("it is at {}, which cannot be reached from here", addresses.join(", "));
        Some(Err(TaskError::new(TaskErrorKind::Io, message).of("fetch", key.to_string())))
    }

    /// How tasks have ended: results that must be fetched, or what else is known.
    fn ends(&self, keys: &[Key]) -> Vec<Option<Ended>> {
        let state = self.state.lock();
        let end = |key: &Key| {
            let cancelled = |message: &str| {
                Ended::Not(TaskError::new(TaskErrorKind::Cancelled, message).of("", key.to_string()))
            };
            Some(match (state.clients.end_of(key)?, &state.gone) {
                (End::Erred(failure), _) => Ended::Not(task_error(&failure)),
                (_, Some(reason)) => {
                    cancelled(&format!("the cluster is gone, and its results went with it: {reason}"))
                }
                (End::Finished, None) => Ended::There,
                (End::Cancelled, None) => cancelled("the task was cancelled, or its result was released"),
            })
        };
        keys.iter().map(end).collect()
    }
}

/// How a task has ended.
enum Ended {
    /// A worker has its result.
    There,
    /// There is no result.
    Not(TaskError),
}

impl Backend for Remote {
    fn submit(&self, program: Program) -> Result<Vec<Key>, Error> {
        self.check_there()?;
        if let Some(native) = program.natives.first() {
            return Err(Error::NotShippable { name: native.name().clone() });
        }
        if !program.sizes.is_empty() {
            program.check_memory(self.memory_nbytes())?;
        }
        let Program { graph, wanted, components, values, keep, .. } = program;
        self.bring(&components)?;
        let given = values.iter().map(|(key, value)| (*key, value.type_of().to_string())).collect();
        let placed: Vec<Key> = values.iter().map(|(key, _)| *key).collect();
        self.place(values)?;
        let components = components.iter().map(|component| (component.digest(), component.name().clone()));
        let request = SubmitRequest { graph, wanted, components: components.collect(), given };
        let program = Box::new(request);
        let answer = self.request(|request| FromClient::Submit { request, program });
        self.release(&placed);
        drop(keep);
        match answer? {
            Answered::Keys(keys) => Ok(keys),
            Answered::Places(_) => Err(unavailable(senseless(&self.scheduler))),
        }
    }

    fn memory_nbytes(&self) -> u64 {
        match self.ask(&Question::Memory) {
            Ok(Answer::Memory(nbytes)) => nbytes,
            // Whatever comes next says why.
            _ => u64::MAX,
        }
    }

    fn explain_devices(&self, _program: &Program) -> String {
        "devices\n  each worker chooses where its kernels run, by what it has measured\n".to_owned()
    }

    fn scatter(&self, values: Vec<Value>) -> Result<Vec<Key>, Error> {
        self.check_there()?;
        let keyed = keyed(values)?;
        let keys = keyed.iter().map(|(key, _)| *key).collect();
        self.place(keyed)?;
        Ok(keys)
    }

    fn notify(&self, keys: &[Key], first_tag: usize, listener: &Arc<dyn Listener>) {
        let mut state = self.state.lock();
        for (tag, key) in (first_tag..).zip(keys) {
            state.clients.notify(key, tag, listener);
        }
    }

    fn status(&self, key: &Key) -> Status {
        self.state.lock().clients.status(key)
    }

    fn result(&self, key: &Key) -> Option<Result<Value, TaskError>> {
        self.results(std::slice::from_ref(key)).pop().flatten()
    }

    fn results(&self, keys: &[Key]) -> Vec<Option<Result<Value, TaskError>>> {
        let ends = self.ends(keys);
        let there = keys.iter().zip(&ends).filter(|(_, end)| matches!(end, Some(Ended::There)));
        let there: Vec<Key> = there.map(|(key, _)| *key).collect();
        let mut fetched = self.fetch(&there).into_iter();
        let result = |end| match end {
            None => None,
            Some(Ended::Not(error)) => Some(Err(error)),
            Some(Ended::There) => fetched.next().flatten(),
        };
        ends.into_iter().map(result).collect()
    }

    fn release(&self, keys: &[Key]) {
        let mut state = self.state.lock();
        let keys: Vec<Key> = keys.iter().filter(|key| state.clients.release(key)).copied().collect();
        for key in &keys {
            state.located.remove(key);
            state.unreachable.remove(key);
        }
        state.late.extend(keys);
        let late = state.take_late();
        drop(state);
        self.send_release(late);
    }

    fn cancel(&self, keys: &[Key]) {
        self.outbox.send(FromClient::Client(ClientMsg::Cancel { keys: keys.to_vec() }));
    }

    fn retry(&self, keys: &[Key]) {
        self.state.lock().clients.reopen(keys, |end| matches!(end, End::Erred(_)));
        self.outbox.send(FromClient::Client(ClientMsg::Retry { keys: keys.to_vec() }));
    }

    fn plan_read(&self, request: ReadRequest<'_>) -> Result<ReadPlan, Error> {
        let runtime = self
            .runtime
            .get_or_init(runtime_alone)
            .as_ref()
            .map_err(|error| Error::Unavailable(error.clone()))?;
        plan_read(&*load(runtime, request.component)?, CallContext::new(), request)
    }
}
