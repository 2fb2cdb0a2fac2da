//! The scheduler: decides what runs where. `README.md` beside this crate explains states and invariants.
//!
//! [`Scheduler::on`] takes an event in three steps: the event's own handler changes states and notes what became
//! runnable, loose or woken; `settle` frees what nobody needs, places what is runnable, and fills woken workers.

#![expect(
    clippy::indexing_slicing,
    reason = "slots, workers and families are positions in the scheduler's own tables; `validate` checks them"
)]

mod families;
mod inspect;
mod look;
mod on_client;
mod on_scatter;
mod on_submit;
mod on_worker;
mod on_worker_msg;
mod place;
mod queues;
mod recover;
mod release;
mod retire;
mod roots;
mod send;
mod steal;
mod tasks;
mod validate;
mod want;
mod workers;

#[cfg(test)]
mod tests;

use std::{mem, sync::Arc};

use gristmill_graph::Key;

use crate::{
    Deaths, Failure, ReportMsg, SchedulerAction, SchedulerConfig, SchedulerEvent, SchedulerMsg,
    SchedulerTask, SplitMix, TaskId, Time, Transition, WorkerId, heap::Entry, idmap::IdMap,
    policy::Placement, story::Story,
};
use families::Families;
use on_submit::Entering;
use queues::Tenants;
use retire::Leaving;
use tasks::Tasks;
use workers::WorkerState;

pub(crate) use families::ANYWHERE;
pub use inspect::{Backlog, WorkerView};
pub(crate) use tasks::NONE;
pub(crate) use workers::Pace;

/// The scheduler as a state machine.
#[derive(Debug)]
pub struct Scheduler {
    config: SchedulerConfig,
    policy: Box<dyn Placement>,
    now: Time,
    random: SplitMix,
    tasks: Tasks,
    families: Families,
    workers: Vec<WorkerState>,
    /// Live workers that are to stay, ascending.
    alive: Vec<u32>,
    /// What is to be moved before others can leave.
    leaving: Leaving,
    graphs: IdMap<u32, GraphState>,
    /// A large graph is entered over several events.
    entering: Option<Entering>,
    tenants: Tenants,
    failures: IdMap<u32, Arc<Failure>>,
    deaths: IdMap<u32, Deaths>,
    /// Results on their way to workers.
    flights: IdMap<Flight, Cargo>,
    /// Bytes of results that workers have fetched from each other so far.
    moved_nbytes: u64,
    next_priority: u64,
    next_run: u32,
    n_processing: usize,
    /// Of these, those that wait for tasks of their own.
    n_suspended: usize,
    n_queued: usize,
    /// Queued tasks that no worker owns: roots, and those for any worker of a class.
    n_shared: usize,
    /// Such tasks have been added since starved workers were last fed.
    shared_added: bool,
    /// Workers with room that found nothing to run.
    starved: Vec<u32>,
    /// When one of them last looked for something to take over.
    looked_at: Time,
    /// Workers to look at before the event is done.
    woken: Vec<u32>,
    /// Tasks that no worker may run, stale ones included.
    stranded: Vec<u32>,
    /// Tasks whose inputs are all in memory, to be placed.
    ready: Vec<Entry>,
    /// Tasks that may have lost their last user.
    loose: Vec<u32>,
    /// Scratch for walks.
    stack: Vec<u32>,
    turns: Vec<u32>,
    story: Story<SchedulerTask>,
    out: Vec<SchedulerAction>,
}

/// What is known of a submitted graph.
#[derive(Debug)]
struct GraphState {
    tenant: u32,
    n_live: u32,
}

/// A result on its way to a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Flight {
    task: TaskId,
    worker: u32,
}

/// What a flight carries, and the holder that is asked first.
#[derive(Clone, Copy, Debug)]
struct Cargo {
    nbytes: u64,
    source: u32,
}

impl Scheduler {
    /// A scheduler without workers, clients and tasks.
    pub fn new(config: SchedulerConfig) -> Self {
        Self {
            policy: config.policy.placement(&config),
            now: Time::default(),
            random: SplitMix::new(config.seed),
            tasks: Tasks::default(),
            families: Families::new(),
            workers: Vec::new(),
            alive: Vec::new(),
            leaving: Leaving::default(),
            graphs: IdMap::default(),
            entering: None,
            tenants: Tenants::default(),
            failures: IdMap::default(),
            deaths: IdMap::default(),
            flights: IdMap::default(),
            moved_nbytes: 0,
            next_priority: 0,
            next_run: 0,
            n_processing: 0,
            n_suspended: 0,
            n_queued: 0,
            n_shared: 0,
            shared_added: false,
            starved: Vec::new(),
            looked_at: Time::default(),
            woken: Vec::new(),
            stranded: Vec::new(),
            ready: Vec::new(),
            loose: Vec::new(),
            stack: Vec::new(),
            turns: Vec::new(),
            story: Story::new(config.story_len),
            out: Vec::new(),
            config,
        }
    }

    /// Takes in one event; what is to be done is appended to `actions`.
    ///
    /// Any event from anyone is fine: what is stale or makes no sense is ignored.
    pub fn on(&mut self, now: Time, event: SchedulerEvent, actions: &mut Vec<SchedulerAction>) {
        self.now = self.now.max(now);
        mem::swap(&mut self.out, actions);
        match event {
            SchedulerEvent::WorkerJoined { worker, info } => self.on_worker_joined(worker, info),
            SchedulerEvent::WorkerLost { worker } => self.on_worker_lost(worker),
            SchedulerEvent::Retire { worker } => self.on_retire(worker),
            SchedulerEvent::Worker { worker, msg } => self.on_worker_msg(worker, msg),
            SchedulerEvent::Client { client, msg } => self.on_client_msg(client, msg),
            SchedulerEvent::ClientLost { client } => self.on_client_lost(client),
            SchedulerEvent::Tick => {}
        }
        self.enter_slice();
        self.settle();
        mem::swap(&mut self.out, actions);
    }

    /// Whether work was put off: send [`SchedulerEvent::Tick`] after carrying out the actions.
    pub fn pending(&self) -> bool {
        !self.loose.is_empty() || self.entering.is_some()
    }

    /// Brings everything to rest after an event.
    fn settle(&mut self) {
        self.release_loose();
        self.place_ready();
        self.fill_woken();
        self.feed_starved();
        self.let_one_through();
        self.let_leave();
        self.tasks.compact();
    }

    fn transition(&mut self, slot: u32, to: SchedulerTask) {
        let from = mem::replace(&mut self.tasks.hot[slot as usize].state, to);
        if from == SchedulerTask::Memory {
            self.leaving.on_gone(slot);
        }
        self.story.push(Transition { at: self.now, task: self.tasks.id(slot), from, to });
    }

    fn state_of(&self, slot: u32) -> SchedulerTask {
        self.tasks.hot[slot as usize].state
    }

    fn key_of(&self, slot: u32) -> Key {
        self.tasks.cold[slot as usize].key
    }

    fn tell_worker(&mut self, worker: u32, msg: SchedulerMsg) {
        self.out.push(SchedulerAction::Worker { worker: WorkerId(worker), msg });
    }

    /// Reports to every client that wants this task.
    fn tell_clients(&mut self, slot: u32, report: impl Fn(&Self) -> ReportMsg) {
        let (only, several) = self.clients_of(slot);
        for client in only.into_iter().chain(several) {
            let msg = report(self);
            self.out.push(SchedulerAction::Client { client, msg });
        }
    }
}
