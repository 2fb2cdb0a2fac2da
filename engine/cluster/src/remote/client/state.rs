//! What a client knows: what it holds, how that has ended, and what it waits for.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::mpsc::SyncSender;

use gristmill_client::{Error, Status};
use gristmill_collections::Component;
use gristmill_data::TaskError;
use gristmill_graph::{Digest, Key, KeyMap};
use gristmill_scheduling::{Failure, ReportMsg};
use gristmill_wire::{FromClient, Holder, Outbox, Place, SubmitRequest, ToClient};

use super::kept::{Kept, Programs};
use crate::host::Progress;
use crate::host::clients::{Clients, End};

/// What a client knows.
pub(super) struct State {
    pub(super) clients: Clients,
    progress: Progress,
    /// Who had results when they were finished.
    pub(super) located: KeyMap<Holder>,
    /// Components that the scheduler has.
    pub(super) brought: HashSet<Digest>,
    /// What was submitted, while something of it is held.
    pub(super) programs: Programs,
    requests: HashMap<u64, Request>,
    n_requests: u64,
    /// Keys that nobody holds any more, unless an answer on its way says that they are wanted again.
    pub(super) late: Vec<Key>,
    /// How often results could not be fetched though somebody has them.
    pub(super) unreachable: KeyMap<u32>,
    /// Why the scheduler is gone for good, once it is.
    pub(super) gone: Option<String>,
    outbox: Outbox<FromClient>,
    /// What is to be said once the scheduler is back, while it is not.
    unsaid: Option<Vec<FromClient>>,
    /// How often the scheduler was lost.
    pub(super) n_losses: u32,
}

/// Where an answer goes.
type Answer = SyncSender<Result<Answered, Error>>;

/// Whoever waits for an answer.
struct Request {
    answer: Answer,
    asked: Asked,
}

/// What was asked.
enum Asked {
    /// Something to be asked again of a scheduler that has not heard it.
    Anew(FromClient),
    /// To take a program; the rest of it.
    Submit(Box<Kept>),
    /// To take a program that another scheduler had taken.
    SubmitAgain,
}

/// What a request has come to.
pub(super) enum Answered {
    /// The keys of what was submitted.
    Keys(Vec<Key>),
    /// Where values should go, and how often the scheduler had been lost when that was said.
    Places(Vec<(Key, Place)>, u32),
}

impl State {
    pub(super) fn new(outbox: Outbox<FromClient>) -> Self {
        Self {
            clients: Clients::default(),
            progress: Progress::default(),
            located: KeyMap::default(),
            brought: HashSet::new(),
            programs: Programs::default(),
            requests: HashMap::new(),
            n_requests: 0,
            late: Vec::new(),
            unreachable: KeyMap::default(),
            gone: None,
            outbox,
            unsaid: None,
            n_losses: 0,
        }
    }

    pub(super) fn on(&mut self, message: ToClient) {
        match message {
            ToClient::Welcome { .. } | ToClient::End => {}
            ToClient::Report(report) => self.clients.on_report(report, &mut self.progress),
            ToClient::Finished { key, holder } => {
                let report = ReportMsg::InMemory { task: holder.name.task, key, nbytes: 0 };
                if self.clients.status(&key) != Status::Unknown {
                    self.located.insert(key, holder);
                }
                self.clients.on_report(report, &mut self.progress);
            }
            ToClient::Erred { key, root, error } => {
                let failure = Arc::new(Failure { root, error: Arc::new(error) });
                self.clients.on_report(ReportMsg::Erred { key, failure }, &mut self.progress);
            }
            ToClient::Submitted { request, keys } => self.on_submitted(request, keys),
            ToClient::Placed { request, places } => {
                // The scheduler takes those that are there as wanted.
                let there = places.iter().filter(|(_, place)| matches!(place, Place::There));
                there.for_each(|(key, _)| self.clients.hold(*key));
                if let Some(Request { answer, .. }) = self.requests.remove(&request) {
                    // Whoever asked does not give up.
                    let _ = answer.send(Ok(Answered::Places(places, self.n_losses)));
                }
            }
        }
    }

    fn on_submitted(&mut self, request: u64, keys: Result<Vec<Key>, String>) {
        let Some(Request { answer, asked }) = self.requests.remove(&request) else { return };
        match (&keys, asked) {
            (Ok(keys), Asked::Submit(kept)) => {
                keys.iter().for_each(|key| self.clients.hold(*key));
                // An older future may hold a key that was cancelled: it gets the new result.
                self.clients.reopen(keys, |end| matches!(end, End::Cancelled));
                self.programs.keep(*kept, keys);
            }
            // What nobody holds was needed for other programs alone, or was released meanwhile.
            (Ok(keys), _) => self.late.extend(keys),
            (Err(_), _) => {}
        }
        // Whoever asked does not give up.
        let _ = answer.send(keys.map(Answered::Keys).map_err(Error::Rejected));
    }

    /// Says something to the scheduler, or will when there is one.
    pub(super) fn say(&mut self, message: FromClient) {
        match &mut self.unsaid {
            Some(unsaid) => unsaid.push(message),
            None => self.outbox.send(message),
        }
    }

    /// Says something at once.
    pub(super) fn say_now(&self, message: FromClient) {
        self.outbox.send(message);
    }

    /// Asks the scheduler something.
    pub(super) fn ask(
        &mut self,
        answer: Answer,
        question: impl FnOnce(u64) -> FromClient,
    ) -> Result<(), Error> {
        self.check_there()?;
        let message = question(self.n_requests + 1);
        self.n_requests += 1;
        self.requests.insert(self.n_requests, Request { answer, asked: Asked::Anew(message.clone()) });
        self.say(message);
        Ok(())
    }

    /// Asks the scheduler to take a program, for the first time.
    pub(super) fn submit(&mut self, answer: Answer, kept: Kept) -> Result<(), Error> {
        self.check_there()?;
        self.n_requests += 1;
        let request = self.n_requests;
        self.say(FromClient::Submit { request, program: kept.program.clone() });
        self.requests.insert(request, Request { answer, asked: Asked::Submit(Box::new(kept)) });
        Ok(())
    }

    /// Asks a scheduler to take a program that another had taken.
    pub(super) fn submit_again(
        &mut self,
        answer: Answer,
        program: Arc<SubmitRequest>,
        n_losses: u32,
    ) -> Result<(), Error> {
        // Nobody would answer, nor give it up.
        if n_losses != self.n_losses {
            return Err(Error::Unavailable("it is lost again".to_owned()));
        }
        self.n_requests += 1;
        self.requests.insert(self.n_requests, Request { answer, asked: Asked::SubmitAgain });
        self.outbox.send(FromClient::Submit { request: self.n_requests, program });
        Ok(())
    }

    /// What is to be released, once no answer is on its way that may say otherwise.
    pub(super) fn take_late(&mut self) -> Vec<Key> {
        if !self.requests.is_empty() {
            return Vec::new();
        }
        let late = std::mem::take(&mut self.late).into_iter();
        late.filter(|key| self.clients.status(key) == Status::Unknown).collect()
    }

    /// The scheduler is lost, for now.
    pub(super) fn on_lost(&mut self) {
        self.n_losses += 1;
        // Whoever submits again begins again.
        self.requests.retain(|_, request| !matches!(request.asked, Asked::SubmitAgain));
        if self.unsaid.is_some() {
            return;
        }
        // What was asked and not answered may not have been heard.
        let mut waiting: Vec<(u64, FromClient)> = Vec::new();
        for (&request, Request { asked, .. }) in &self.requests {
            match asked {
                Asked::Anew(message) => waiting.push((request, message.clone())),
                Asked::Submit(kept) => {
                    waiting.push((request, FromClient::Submit { request, program: kept.program.clone() }));
                }
                Asked::SubmitAgain => {}
            }
        }
        waiting.sort_unstable_by_key(|(request, _)| *request);
        self.unsaid = Some(waiting.into_iter().map(|(_, message)| message).collect());
    }

    /// A scheduler is there again: nothing holds that was known of results.
    pub(super) fn on_back(&mut self, outbox: Outbox<FromClient>) {
        self.outbox = outbox;
        self.brought.clear();
        self.located.clear();
        self.unreachable.clear();
        let keys = self.clients.keys();
        self.clients.reopen(&keys, |end| matches!(end, End::Finished));
    }

    /// It has all programs: what waits is said, in its order.
    pub(super) fn on_caught_up(&mut self) {
        self.unsaid.take().into_iter().flatten().for_each(|message| self.outbox.send(message));
    }

    /// The components of programs that wait to be taken.
    pub(super) fn waiting_components(&self) -> Vec<Component> {
        let components = self.requests.values().filter_map(|request| match &request.asked {
            Asked::Submit(kept) => Some(&kept.components),
            _ => None,
        });
        components.flatten().cloned().collect()
    }

    pub(super) fn check_there(&self) -> Result<(), Error> {
        match &self.gone {
            Some(reason) => Err(Error::Unavailable(reason.clone())),
            None => Ok(()),
        }
    }

    /// The scheduler is gone for good.
    pub(super) fn lose(&mut self, reason: &str) {
        self.gone.get_or_insert_with(|| reason.to_owned());
        self.clients.stop();
        for (_, Request { answer, .. }) in self.requests.drain() {
            let _ = answer.send(Err(Error::Unavailable(reason.to_owned())));
        }
    }

    /// A program that a former scheduler had taken is not taken by this one.
    pub(super) fn fail(&mut self, keys: &[Key], error: &TaskError) {
        for &key in keys {
            let failure = Arc::new(Failure { root: key, error: Arc::new(error.clone()) });
            self.clients.on_report(ReportMsg::Erred { key, failure }, &mut self.progress);
        }
    }
}
