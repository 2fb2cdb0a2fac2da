//! The process that decides. It runs no tasks, and compiles components only to read what they declare.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Condvar, Mutex as StdMutex, OnceLock, PoisonError};
use std::time::Duration;

use gristmill_collections::Component;
use gristmill_data::arrow::buffer::Buffer;
use gristmill_graph::{Digest, Key};
use gristmill_scheduling::{ClientId, WorkerId, WorkerInfo};
use gristmill_storage::ResultNote;
use gristmill_wire::{
    Bearer, FromClient, FromWorker, Holder, Inbox, Joined, Network, Outbox, Payload, Principal, Ready,
    Refused, Service, Serving, SubmitRequest, TaskOut, Tenant, Ticket, ToClient, Token, on_thread, serve,
};
use parking_lot::Mutex;

use super::address::listen;
use super::gate::Gate;
use super::question::{Answer, ClusterStatus, Question};
use super::scaler::{Scale, Scaler};
use crate::host::Shared;
use crate::host::core::Core;
use crate::host::submit::submit_for;
use crate::provider::Provider;
use crate::{Error, LocalBuilder};

/// Bytes of components that are kept for workers, all together.
const COMPONENTS_NBYTES_MAX: u64 = 4 << 30;

/// How long a scheduler that was asked to end goes on, so that everybody hears of it.
const LAST_WORDS: Duration = Duration::from_millis(100);
/// How long what workers bring along is kept for clients that return later.
const BROUGHT: Duration = Duration::from_secs(30);

/// A scheduler that listens. Dropping it ends the cluster: workers and clients are cut off.
#[derive(Debug)]
pub struct SchedulerServer {
    office: Arc<Office>,
    serving: Option<Serving>,
}

/// What the network's threads have of a scheduler.
#[derive(Debug)]
struct Office {
    shared: Arc<Shared>,
    network: Arc<Network>,
    gate: Gate,
    /// Who starts workers, if anybody does.
    scaler: OnceLock<Arc<Scaler>>,
    components: Mutex<Components>,
    /// Whether somebody has asked for the end, and whoever waits for that.
    down: (StdMutex<bool>, Condvar),
}

/// Components by their digest, for workers that do not have them.
#[derive(Debug, Default)]
struct Components {
    by_digest: HashMap<Digest, Arc<[u8]>>,
    nbytes: u64,
}

impl SchedulerServer {
    /// Starts a scheduler that listens on `host:port`; port 0 means any that is free. Of the settings count those about
    /// components. With a token it may be an address that other machines can reach.
    ///
    /// # Errors
    /// [`Error::Listen`] when it cannot listen there, [`Error::Network`]; the others when the machine refuses something.
    pub fn start(settings: &LocalBuilder, address: &str, token: Option<Token>) -> Result<Self, Error> {
        let listener = listen(address, token.is_some())?;
        let walls = token.as_ref().map(Token::walls).unwrap_or_default();
        let network = Network::start(token)?;
        let shared = settings.share(Core::new(&[], 0), settings.size()?, walls)?;
        shared.act(|core| core.keep_apart(walls));
        let office = Arc::new(Office {
            shared,
            network: network.clone(),
            gate: Gate::new(),
            scaler: OnceLock::new(),
            components: Mutex::default(),
            down: Default::default(),
        });
        let serving = serve(&network, listener, Arc::new(Desk(office.clone())))?;
        Ok(Self { office, serving: Some(serving) })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.serving.as_ref().map_or_else(|| SocketAddr::from(([127, 0, 0, 1], 0)), Serving::address)
    }

    /// Has a provider start workers, so that there are as many as `scale` says.
    ///
    /// `address` is where they find the scheduler, as `host:port`.
    ///
    /// # Errors
    /// [`Error::Thread`].
    pub fn provide(&self, provider: Box<dyn Provider>, address: String, scale: Scale) -> Result<(), Error> {
        let scaler = Scaler::new(&self.office.shared, provider, address, scale);
        let looking = Arc::downgrade(&scaler);
        if self.office.scaler.set(scaler).is_ok() {
            let thread = std::thread::Builder::new().name("scaler".to_owned());
            thread.spawn(|| Scaler::run(looking)).map_err(|source| Error::Thread { number: 0, source })?;
        }
        Ok(())
    }

    /// How the cluster is.
    #[must_use]
    pub fn status(&self) -> ClusterStatus {
        self.office.status()
    }

    /// Has a signal to this process end the cluster, as somebody who asks for that does.
    ///
    /// # Errors
    /// [`Error::Network`] when the system refuses.
    pub fn end_on_interrupt(&self) -> Result<(), Error> {
        let office = Arc::downgrade(&self.office);
        let end = move || {
            if let Some(office) = office.upgrade() {
                office.end();
            }
        };
        Ok(self.office.network.on_interrupt(end)?)
    }

    /// Waits until somebody asks for the end of the cluster.
    pub fn wait(&self) {
        let (down, bell) = &self.office.down;
        let mut down = down.lock().unwrap_or_else(PoisonError::into_inner);
        while !*down {
            down = bell.wait(down).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Drop for SchedulerServer {
    fn drop(&mut self) {
        let scaler = self.office.scaler.get();
        scaler.iter().for_each(|scaler| scaler.stop());
        self.office.shared.core.lock().say_end();
        std::thread::sleep(LAST_WORDS);
        self.serving = None;
        scaler.iter().for_each(|scaler| scaler.end());
        self.office.shared.stop();
        self.office.shared.clear();
    }
}

impl Office {
    fn status(&self) -> ClusterStatus {
        let core = self.shared.core.lock();
        core.cluster_status()
    }

    /// Notes what a worker has kept, with what is known here of how it was made. Without a note it is nothing.
    fn note(&self, key: Key, note: &str) {
        let (Some(cache), Ok(mut note)) = (&self.shared.cache, serde_json::from_str::<ResultNote>(note))
        else {
            return;
        };
        let code = self.shared.core.lock().code_of(key);
        if let Some((code, row)) = code {
            (note.call, note.before) = (code.call_note(row), code.calls_before(row));
        }
        // A disk that is full keeps nothing, and nothing depends on it.
        let _ = cache.note(key, &note);
    }

    /// Keeps what workers have brought for a while.
    fn let_go_later(self: &Arc<Self>, keys: Vec<Key>) {
        let office = Arc::downgrade(self);
        self.network.spawn(async move {
            tokio::time::sleep(BROUGHT).await;
            on_thread(move || {
                if let Some(office) = office.upgrade() {
                    office.shared.act(|core| core.let_go_of(keys));
                }
            });
        });
    }

    fn end(&self) {
        let (down, bell) = &self.down;
        *down.lock().unwrap_or_else(PoisonError::into_inner) = true;
        bell.notify_all();
    }

    /// Has workers leave; those that there are.
    fn retire(&self, workers: &[u32]) -> Vec<u32> {
        self.shared.act(|core| {
            let there = core.workers_to_stay();
            let asked = workers.iter().copied().filter(|&worker| there.contains(&WorkerId(worker)));
            let asked: Vec<u32> = asked.collect();
            asked.iter().for_each(|&worker| core.retire(WorkerId(worker)));
            asked
        })
    }

    fn component(&self, digest: Digest) -> Option<Arc<[u8]>> {
        self.components.lock().by_digest.get(&digest).cloned()
    }

    fn submit(&self, client: (ClientId, Tenant), request: u64, program: SubmitRequest) -> Result<(), String> {
        let components = program.components.iter().map(|(digest, name)| match self.component(*digest) {
            Some(bytes) => Ok(Component::from_bytes(name.clone(), bytes)),
            None => Err(format!("component `{name}` was not brought")),
        });
        let components: Vec<Component> = components.collect::<Result<_, _>>()?;
        submit_for(&self.shared, client, request, program, &components).map_err(|error| error.to_string())
    }

    fn keep(&self, digest: Digest, bytes: &[u8]) -> Result<(), Refused> {
        if Digest::of(bytes) != digest {
            return Err(Refused::Because("the component's bytes are others than its digest says".to_owned()));
        }
        let mut components = self.components.lock();
        let nbytes = components.nbytes.saturating_add(bytes.len() as u64);
        if nbytes > COMPONENTS_NBYTES_MAX {
            let reason =
                format!("all components would have {nbytes} B, of at most {COMPONENTS_NBYTES_MAX} B");
            return Err(Refused::Because(reason));
        }
        if components.by_digest.insert(digest, bytes.into()).is_none() {
            components.nbytes = nbytes;
        }
        Ok(())
    }
}

/// What others see of a scheduler.
struct Desk(Arc<Office>);

impl Service for Desk {
    fn worker(
        &self,
        info: WorkerInfo,
        address: String,
        returns: Option<u32>,
        outbox: Outbox<TaskOut>,
    ) -> Result<Joined<FromWorker>, String> {
        if info.threads == 0 || info.memory_limit_nbytes == 0 {
            return Err("a worker without threads or memory".to_owned());
        }
        if returns.is_some() {
            self.0.gate.on_return(returns);
        }
        let office = self.0.clone();
        let worker = office.shared.act(|core| core.join_worker(info, &address, outbox));
        Ok(Box::new(FromOneWorker { office, worker }))
    }

    fn client(
        &self,
        _name: String,
        returns: bool,
        principal: Principal,
        outbox: Outbox<ToClient>,
    ) -> Result<Joined<FromClient>, String> {
        if returns {
            self.0.gate.on_return(None);
        }
        let (client, tenant) = self.0.shared.act(|core| {
            let tenant = match principal {
                Principal::Anyone => core.tenant(""),
                Principal::Tenant(name) => core.tenant(&name),
                Principal::Task(tenant) => tenant,
            };
            (core.join_client(tenant, outbox), tenant)
        });
        Ok(Box::new(FromOneClient { office: self.0.clone(), client, tenant }))
    }

    fn get(&self, ticket: Ticket, _caller: Option<Bearer>) -> Result<Payload, Refused> {
        match ticket {
            Ticket::Component(digest) => self.0.component(digest).map(Payload::Bytes),
            _ => None,
        }
        .ok_or_else(|| Refused::NotFound(ticket.to_string()))
    }

    fn put(&self, ticket: Ticket, bytes: Buffer, _caller: Option<Bearer>) -> Result<(), Refused> {
        match ticket {
            Ticket::Component(digest) => self.0.keep(digest, &bytes),
            _ => Err(Refused::Because(format!("nobody may put `{ticket}` here"))),
        }
    }

    fn answer(&self, question: &[u8], caller: Option<Bearer>) -> Result<Vec<u8>, Refused> {
        let senseless =
            |error: postcard::Error| Refused::Because(format!("the question makes no sense: {error}"));
        let core = || self.0.shared.core.lock();
        let question: Question = postcard::from_bytes(question).map_err(senseless)?;
        let other = caller.as_ref().filter(|caller| **caller != Bearer::Admin);
        if let Some((what, caller)) = question.privilege().zip(other) {
            return Err(Refused::Because(format!("a {caller} may not {what}; an admin may")));
        }
        let answer = match question {
            Question::Unknown(digests) => {
                let unknown = digests.into_iter().filter(|digest| self.0.component(*digest).is_none());
                Answer::Unknown(unknown.collect())
            }
            Question::Holders(key) => {
                let core = core();
                Answer::Holders(core.holders(tenant_of(&core, caller.as_ref()), key))
            }
            Question::Memory => Answer::Memory(core().smallest_nbytes()),
            Question::Status => Answer::Status(self.0.status()),
            Question::Retire(workers) => Answer::Retire(self.0.retire(&workers)),
            Question::Scale(n) => {
                let scaler = self.0.scaler.get().ok_or_else(|| {
                    let reason =
                        "this scheduler starts no workers: start some, or have others leave by `retire`";
                    Refused::Because(reason.to_owned())
                })?;
                Answer::Scale(scaler.set(Scale::Fixed(n)))
            }
            Question::Down => {
                self.0.end();
                Answer::Down
            }
        };
        postcard::to_stdvec(&answer).map_err(senseless)
    }

    fn locate(&self, key: Key, caller: Option<Bearer>) -> Result<Vec<(String, Ticket)>, Refused> {
        let found = {
            let core = self.0.shared.core.lock();
            core.holders(tenant_of(&core, caller.as_ref()), key)
        };
        if found.is_empty() {
            return Err(Refused::NotFound(format!("result {key}")));
        }
        let located = |Holder { name, pass, address, .. }| (address.to_string(), Ticket::Batches(name, pass));
        Ok(found.into_iter().map(located).collect())
    }
}

/// The tenant of whoever calls. A worker says the keys as they are known here; who else is no client has no results.
fn tenant_of(core: &Core, caller: Option<&Bearer>) -> Tenant {
    match caller {
        Some(Bearer::Client(name)) => core.tenant(name),
        Some(Bearer::Worker) => Tenant::default(),
        _ => core.tenant(""),
    }
}

/// What one worker says.
struct FromOneWorker {
    office: Arc<Office>,
    worker: WorkerId,
}

impl Inbox<FromWorker> for FromOneWorker {
    fn take(&mut self, messages: Vec<FromWorker>) {
        let mut keys = Vec::new();
        let mut is_back = false;
        for message in &messages {
            match message {
                FromWorker::Brings { results, last } => {
                    keys.extend(results.iter().map(|(key, _)| *key));
                    is_back |= last;
                }
                FromWorker::Kept { key, note } => self.office.note(*key, note),
                _ => {}
            }
        }
        self.office.shared.act(|core| core.on_worker_says(self.worker, messages));
        if is_back {
            self.office.gate.on_back();
        }
        if !keys.is_empty() {
            self.office.let_go_later(keys);
        }
    }

    fn take_now(&mut self, messages: Vec<FromWorker>) -> Result<(), Vec<FromWorker>> {
        let is_brief = |message| matches!(message, &FromWorker::Worker(_) | &FromWorker::Erred { .. });
        match messages.iter().all(is_brief) {
            true => self.office.shared.act_now(messages, |core, messages| {
                core.on_worker_says(self.worker, messages);
            }),
            false => Err(messages),
        }
    }
}

impl Drop for FromOneWorker {
    fn drop(&mut self) {
        self.office.shared.act(|core| core.lose_worker(self.worker));
    }
}

/// What one client says.
struct FromOneClient {
    office: Arc<Office>,
    client: ClientId,
    tenant: Tenant,
}

impl Inbox<FromClient> for FromOneClient {
    fn ready(&self) -> Ready {
        let office = self.office.clone();
        Box::pin(async move { office.gate.pass().await })
    }

    fn take(&mut self, messages: Vec<FromClient>) {
        for message in messages {
            match message {
                FromClient::Client(msg) => {
                    self.office.shared.act(|core| core.ask_for(self.client, msg));
                }
                FromClient::Place { request, values } => {
                    self.office.shared.act(|core| core.place_for(self.client, request, &values));
                }
                FromClient::Submit { request, program } => {
                    let (office, client, tenant) = (self.office.clone(), self.client, self.tenant);
                    // Naming a large graph, and compiling what it calls, takes longer than a stream may wait.
                    on_thread(move || {
                        let work = AssertUnwindSafe(|| {
                            office.submit((client, tenant), request, Arc::unwrap_or_clone(program))
                        });
                        let done = std::panic::catch_unwind(work).unwrap_or_else(|_| {
                            Err("internal error, please report it: the scheduler panicked over this program".to_owned())
                        });
                        if let Err(reason) = done {
                            office.shared.act(|core| core.answer_submit(client, request, reason));
                        }
                    });
                }
            }
        }
    }
}

impl Drop for FromOneClient {
    fn drop(&mut self) {
        self.office.shared.act(|core| core.lose_client(self.client));
    }
}
