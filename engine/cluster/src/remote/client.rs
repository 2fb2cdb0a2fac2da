//! A program that connects to a cluster.

mod bring;
mod fetch;
mod kept;
mod returns;
mod state;

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use gristmill_client::{Backend, Client, Error, Listener, ReadRequest, Status};
use gristmill_collections::{Component, Library, Program, ReadPlan};
use gristmill_data::{TaskError, TaskErrorKind, Value};
use gristmill_graph::Key;
use gristmill_sandbox::{CallContext, Runtime};
use gristmill_scheduling::ClientMsg;
use gristmill_wire::{
    Connection, Error as WireError, FromClient, Network, Role, SubmitRequest, Tenant, Token,
};
use parking_lot::Mutex;

use self::kept::Kept;
use self::returns::stay;
use self::state::{Answered, State};
use super::question::{Answer, Question};
use crate::host::clients::{End, task_error};
use crate::host::submit::{keyed, load};
use crate::local::runtime_alone;
use crate::reading::{library, plan_read};

/// How long a client looks for a lost scheduler, unless told otherwise.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often a question is asked again that nobody has answered.
const ASK_AGAIN: Duration = Duration::from_millis(50);

/// How a client connects.
#[derive(Debug, Clone)]
#[must_use]
pub struct ConnectOptions {
    token: Option<Token>,
    patience: Duration,
}

impl Default for ConnectOptions {
    fn default() -> Self {
        Self { token: None, patience: PATIENCE }
    }
}

impl ConnectOptions {
    /// As a client of this tenant, where the cluster asks for tokens.
    pub fn token(mut self, token: Token) -> Self {
        self.token = Some(token);
        self
    }

    /// How long the client looks for a scheduler that it has lost, or for another at the same address, before its futures
    /// fail; 30 s unless told otherwise. Meanwhile whoever waits goes on waiting.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }
}

/// `Client::connect`: a session with a cluster of other processes.
pub trait Connect: Sized {
    /// Connects to the scheduler at `host:port`, which is on this machine or asks for no token.
    ///
    /// # Errors
    /// When nobody answers there, or it is of another release.
    fn connect(address: &str) -> Result<Self, crate::Error> {
        Self::connect_with(address, ConnectOptions::default())
    }

    /// Connects to the scheduler at `host:port`.
    ///
    /// # Errors
    /// When nobody answers there, it is of another release, or the token is not of its authority.
    fn connect_with(address: &str, options: ConnectOptions) -> Result<Self, crate::Error>;
}

impl Connect for Client {
    fn connect_with(address: &str, options: ConnectOptions) -> Result<Self, crate::Error> {
        let ConnectOptions { token, patience } = options;
        let network = Network::start(token)?;
        begin(Connection::open(&network, address)?, None, patience)
    }
}

/// A session of a worker's tasks of one tenant with the worker's own scheduler.
pub(super) fn connect_for(
    scheduler: &Connection,
    tenant: Tenant,
    patience: Duration,
) -> Result<Client, crate::Error> {
    begin(scheduler.clone(), Some(tenant), patience)
}

fn begin(scheduler: Connection, tenant: Option<Tenant>, patience: Duration) -> Result<Client, crate::Error> {
    let network = scheduler.network().clone();
    let (outbox, mailbox) = network.wait(scheduler.join(&role(tenant, false)))?;
    let remote = Arc::new(Remote {
        scheduler,
        tenant,
        patience,
        state: Mutex::new(State::new(outbox)),
        runtime: OnceLock::new(),
        holders: Mutex::default(),
    });
    // Not held by whoever reads: with the last client the stream ends, and so does the reading.
    network.spawn(stay(Arc::downgrade(&remote), mailbox));
    Ok(Client::new(remote))
}

/// What a client says of itself.
fn role(tenant: Option<Tenant>, returns: bool) -> Role {
    Role::Client { name: std::process::id().to_string(), returns, tenant }
}

/// A cluster of other processes, as a client sees it.
struct Remote {
    scheduler: Connection,
    /// Whose tasks it is that call, if any: a worker's, which has to say keys as its scheduler knows them.
    tenant: Option<Tenant>,
    patience: Duration,
    state: Mutex<State>,
    /// Reads files that are planned here, once some are.
    runtime: OnceLock<Result<Arc<Runtime>, String>>,
    /// Workers that results were fetched from.
    holders: Mutex<HashMap<Arc<str>, Connection>>,
}

pub(super) fn senseless(scheduler: &Connection) -> WireError {
    let reason = "it answers another question".to_owned();
    WireError::Malformed { address: scheduler.address().to_string(), reason }
}

fn unavailable(error: WireError) -> Error {
    Error::Unavailable(error.to_string())
}

impl Remote {
    /// The sandbox of this process, in which components say what they are.
    fn own_runtime(&self) -> Result<&Arc<Runtime>, Error> {
        let made = self.runtime.get_or_init(runtime_alone).as_ref();
        made.map_err(|error| Error::Unavailable(error.clone()))
    }

    fn ask(&self, question: &Question) -> Result<Answer, Error> {
        self.patiently(|| self.scheduler.ask(question)).map_err(unavailable)
    }

    /// Tries again while the scheduler cannot be reached, and may still come back.
    fn patiently<T>(&self, work: impl Fn() -> Result<T, WireError>) -> Result<T, WireError> {
        let until = Instant::now() + self.patience;
        loop {
            match work() {
                Err(WireError::Unreachable { .. })
                    if Instant::now() < until && self.state.lock().gone.is_none() =>
                {
                    std::thread::sleep(ASK_AGAIN);
                }
                done => return done,
            }
        }
    }

    /// Waits for the answer to a request.
    fn answered(&self, answer: &Receiver<Result<Answered, Error>>) -> Result<Answered, Error> {
        answer.recv().unwrap_or_else(|_| Err(Error::Unavailable("the scheduler has not answered".to_owned())))
    }

    /// A key as it must be said where no client is known by its stream.
    fn said(&self, key: Key) -> Key {
        self.tenant.unwrap_or_default().key(key)
    }

    fn send(&self, message: FromClient) {
        self.state.lock().say(message);
    }

    fn send_release(&self, keys: Vec<Key>) {
        if !keys.is_empty() {
            self.send(FromClient::Client(ClientMsg::Release { keys }));
        }
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
        self.state.lock().check_there()?;
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
        let names = components.iter().map(|component| (component.digest(), component.name().clone()));
        let program = SubmitRequest { graph, wanted, components: names.collect(), given, again: false };
        let (sender, answer) = sync_channel(1);
        self.state.lock().submit(sender, Kept::new(program, components))?;
        let answer = self.answered(&answer);
        self.release(&placed);
        drop(keep);
        match answer? {
            Answered::Keys(keys) => Ok(keys),
            Answered::Places(..) => Err(unavailable(senseless(&self.scheduler))),
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
        self.state.lock().check_there()?;
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
            state.programs.release(key);
        }
        state.late.extend(keys);
        let late = state.take_late();
        drop(state);
        self.send_release(late);
    }

    fn cancel(&self, keys: &[Key]) {
        self.send(FromClient::Client(ClientMsg::Cancel { keys: keys.to_vec() }));
    }

    fn retry(&self, keys: &[Key]) {
        self.state.lock().clients.reopen(keys, |end| matches!(end, End::Erred(_)));
        self.send(FromClient::Client(ClientMsg::Retry { keys: keys.to_vec() }));
    }

    fn describe(&self, component: &Component) -> Result<Library, Error> {
        Ok(library(component, &*load(self.own_runtime()?, component)?))
    }

    fn plan_read(&self, request: ReadRequest<'_>) -> Result<ReadPlan, Error> {
        plan_read(&*load(self.own_runtime()?, request.component)?, CallContext::new(), request)
    }
}
