//! The state machines and the values, behind the one lock.
//!
//! Nothing here takes long: no user code, no disk. What does is a [`Job`] for a thread, and what is let go here is
//! dropped by whoever holds the lock, after it: see [`Garbage`].

mod head;
mod lost;
mod nested;
mod remote;
mod returns;
mod worker;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use gristmill_data::{TaskErrorKind, Value};
use gristmill_gpu::is_lost;
use gristmill_graph::Key;
use gristmill_scheduling::{
    ClientId, ClientMsg, GraphId, ReportMsg, RunId, SchedulerAction, SchedulerEvent, TaskId, Time,
    WorkerAction, WorkerEvent, WorkerId,
};
use gristmill_wire::{Epoch, FromWorker, Outbox};
use tokio::sync::mpsc::UnboundedSender;

use crate::cache::is_worth;
use crate::code::Code;
use crate::host::Progress;
use crate::host::clients::Clients;
use crate::host::jobs::{Call, Called, Done, Garbage, Job, Seat};
use crate::host::slots::Stored;
use crate::profile::{Profile, Ran};

pub(crate) use head::{Fetch, Head};
pub(crate) use lost::Unreadable;
pub(crate) use nested::Suspended;
pub(crate) use remote::Held;
pub(crate) use worker::offered;
use worker::{LocalWorker, Placed};

/// Every session in the scheduler's process is this one client of it; [`Clients`] tells them apart.
pub(crate) const CLIENT: ClientId = ClientId(0);
/// Who wants results that were found, until it is known who else does.
pub(crate) const FINDER: ClientId = ClientId(u32::MAX - 2);
/// Calls that a thread takes at once, at most.
pub(crate) const BATCH_MAX: usize = 64;
/// Work that a thread takes at once, at most, unless it is a single call.
const BATCH_NS_MAX: u64 = 100_000;
/// What guests have in memory is looked at again when it has changed by this part of the worker's memory.
const GUEST_STEPS: u64 = 64;

#[derive(Debug)]
pub(crate) struct Core {
    started: Instant,
    pub(crate) head: Head,
    pub(crate) workers: Vec<LocalWorker>,
    pub(crate) clients: Clients,
    pub(crate) profile: Profile,
    mail: VecDeque<Mail>,
    scheduler_actions: Vec<SchedulerAction>,
    worker_actions: Vec<WorkerAction>,
    progress: Progress,
    /// What is to be dropped outside the lock.
    pub(crate) garbage: Vec<Garbage>,
    pub(crate) stopped: bool,
    /// When a client last had values for which there was no worker, and their bytes.
    unplaced: Option<(Instant, u64)>,
    /// Whether results are kept that are worth it.
    pub(crate) keeps_results: bool,
    /// How often a worker has returned to a scheduler: what threads were asked to do before is of no use to its machine.
    pub(crate) n_returns: u32,
}

/// Events on their way.
#[derive(Debug)]
enum Mail {
    Scheduler(SchedulerEvent),
    Worker(WorkerId, WorkerEvent),
}

impl Core {
    pub(crate) fn new(threads_of: &[usize], memory_limit_nbytes: u64) -> Self {
        let workers: Vec<LocalWorker> = (0u32..)
            .zip(threads_of)
            .map(|(worker, &n)| LocalWorker::new(WorkerId(worker), n, memory_limit_nbytes))
            .collect();
        let head = Head::here(workers.len() as u32);
        let mut core = Self::with(head, workers, Profile::new(threads_of, memory_limit_nbytes));
        for local in &core.workers {
            let (worker, info) = (local.id, local.info());
            core.mail.push_back(Mail::Scheduler(SchedulerEvent::WorkerJoined { worker, info }));
        }
        core.pump();
        core
    }

    /// That of a worker whose scheduler is in another process.
    pub(crate) fn away(
        worker: WorkerId,
        epoch: Epoch,
        n_threads: usize,
        memory_limit_nbytes: u64,
        outbox: Outbox<FromWorker>,
        fetches: UnboundedSender<Fetch>,
    ) -> Self {
        let local = LocalWorker::new(worker, n_threads, memory_limit_nbytes);
        let profile = Profile::new(&[n_threads], memory_limit_nbytes);
        Self::with(Head::away(epoch, outbox, fetches), vec![local], profile)
    }

    fn with(head: Head, workers: Vec<LocalWorker>, profile: Profile) -> Self {
        Self {
            started: Instant::now(),
            head,
            workers,
            clients: Clients::default(),
            profile,
            mail: VecDeque::new(),
            scheduler_actions: Vec::new(),
            worker_actions: Vec::new(),
            progress: Progress::default(),
            garbage: Vec::new(),
            stopped: false,
            unplaced: None,
            keeps_results: false,
            n_returns: 0,
        }
    }

    /// Where a worker of this process is among its workers.
    fn position(&self, worker: WorkerId) -> Option<usize> {
        let is_it = |at: usize| self.workers.get(at).is_some_and(|local| local.id == worker);
        match is_it(worker.idx()) {
            true => Some(worker.idx()),
            false => self.workers.iter().position(|local| local.id == worker),
        }
    }

    fn local(&mut self, worker: WorkerId) -> Option<&mut LocalWorker> {
        let at = self.position(worker)?;
        self.workers.get_mut(at)
    }

    /// Nanoseconds since the cluster's start.
    pub(crate) fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    pub(crate) fn started(&self) -> Instant {
        self.started
    }

    pub(crate) fn progress(&self) -> Progress {
        let workers = self.workers.iter();
        Progress {
            n_held: workers.clone().map(|worker| worker.values.len()).sum(),
            memory_nbytes: workers.clone().map(|worker| worker.machine.memory_nbytes()).sum(),
            peak_nbytes: workers.map(|worker| worker.machine.peak_nbytes()).max().unwrap_or(0),
            ..self.progress
        }
    }

    /// The memory of the worker that has the most.
    pub(crate) fn memory_limit_nbytes(&self) -> u64 {
        self.workers.iter().map(|worker| worker.memory_limit_nbytes).max().unwrap_or(0)
    }

    /// How many threads compute, of all workers together.
    pub(crate) fn n_threads(&self) -> usize {
        self.workers.iter().map(|worker| worker.n_threads).sum()
    }

    /// Names a new graph.
    pub(crate) fn add_graph(&mut self, code: Code) -> GraphId {
        let functions = self.profile.functions_of(&code);
        let code = Arc::new(Code { functions, ..code });
        self.profile.on_graph(&code);
        let Some(here) = self.head.as_here_mut() else { return GraphId(0) };
        let graph = GraphId(here.n_graphs);
        here.n_graphs += 1;
        here.graphs.insert(graph, code);
        graph
    }

    /// Tells the scheduler what a client asks, and decides what follows.
    pub(crate) fn ask(&mut self, msg: ClientMsg) {
        self.ask_as(CLIENT, msg);
    }

    /// The same for a client of another process.
    pub(crate) fn ask_as(&mut self, client: ClientId, msg: ClientMsg) {
        self.mail.push_back(Mail::Scheduler(SchedulerEvent::Client { client, msg }));
        self.pump();
    }

    /// Whether a large graph is still being taken in; then [`Core::tick`] goes on.
    pub(crate) fn pending(&self) -> bool {
        self.head.as_here().is_some_and(|here| here.scheduler.pending())
    }

    pub(crate) fn tick(&mut self) {
        self.mail.push_back(Mail::Scheduler(SchedulerEvent::Tick));
        self.pump();
    }

    /// Puts a value on a worker, to be named by a scatter message; returns the worker.
    pub(crate) fn place(&mut self, key: Key, stored: Stored) -> WorkerId {
        let lightest = self.workers.iter_mut().min_by_key(|worker| worker.machine.memory_nbytes());
        let Some(local) = lightest else { return WorkerId(0) };
        local.placed.insert(key, Placed { stored, since: Instant::now() });
        local.id
    }

    /// Whether a live task has this key, finished or not.
    pub(crate) fn is_live(&self, key: Key) -> bool {
        self.task(key).is_some()
    }

    fn task(&self, key: Key) -> Option<TaskId> {
        self.head.as_here()?.scheduler.task(key)
    }

    /// The value of a finished task, or the file that has it.
    pub(crate) fn stored(&self, key: Key) -> Option<Stored> {
        let task = self.task(key)?;
        self.workers.iter().find_map(|worker| worker.values.get(task)).cloned()
    }

    /// Takes the next calls, or the next other job, for a thread of this worker.
    pub(crate) fn take(&mut self, worker: usize, batch: &mut Vec<Job>) {
        let Some(local) = self.workers.get_mut(worker) else { return };
        let share = local.jobs.len().div_ceil(local.n_threads).min(BATCH_MAX);
        let mut batch_ns = 0u64;
        while batch.len() < share {
            let alone = local.jobs.front().is_some_and(Job::is_alone);
            if alone && !batch.is_empty() {
                break;
            }
            let next_ns = match local.jobs.front() {
                Some(Job::Call(call)) => call.duration_ns,
                Some(_) => BATCH_NS_MAX,
                None => break,
            };
            if !batch.is_empty() && batch_ns.saturating_add(next_ns) > BATCH_NS_MAX {
                break;
            }
            batch_ns = batch_ns.saturating_add(next_ns);
            batch.extend(local.jobs.pop_front());
            if alone {
                break;
            }
        }
    }

    /// Whether threads of this worker should be woken: there are jobs, and threads that wait for some.
    pub(crate) fn wants_threads(&self, worker: usize) -> bool {
        self.workers.get(worker).is_some_and(|local| !local.jobs.is_empty() && local.n_idle > 0)
    }

    /// Whether there is something to do for a thread of this worker.
    pub(crate) fn has_jobs(&self, worker: usize) -> bool {
        self.workers.get(worker).is_some_and(|local| !local.jobs.is_empty())
    }

    /// Takes in what a thread of this worker has done, job by job, and decides what follows. The thread was asked for it
    /// when the worker had returned that often.
    pub(crate) fn finish(
        &mut self,
        worker: usize,
        thread: u32,
        n_returns: u32,
        jobs: &[Job],
        done: impl Iterator<Item = Done>,
    ) {
        if n_returns != self.n_returns {
            return self.finish_late(jobs, done);
        }
        let now = self.now();
        let Some(id) = self.workers.get(worker).map(|local| local.id) else { return };
        for (job, done) in jobs.iter().zip(done) {
            let event = match (job, done) {
                (Job::Call(call), Done::Called(called)) => self.on_called(worker, thread, call, called),
                (&Job::Spill(task, _), Done::Spilled(file)) => self.on_spilled(worker, task, file),
                (&Job::Spill(task, _), Done::Lost) => WorkerEvent::Lost { task },
                (&Job::Unspill(task, _), Done::Read(Ok(value))) => {
                    self.keep(worker, task, value, WorkerEvent::Unspilled { task })
                }
                (&Job::Unspill(task, _), _) => WorkerEvent::UnspillFailed { task },
                (&Job::Fetch(task, from, _), Done::Read(Ok(value))) => {
                    let nbytes = value.nbytes();
                    self.keep(worker, task, value, WorkerEvent::Fetched { task, from, nbytes })
                }
                (&Job::Fetch(task, from, _), _) => WorkerEvent::FetchFailed { task, from, gone: true },
                (Job::Keep(code, row, ..), Done::Kept(note)) => {
                    if let (Some(away), Some(note)) = (self.head.as_away_mut(), note) {
                        away.kept(code.key_of(*row), &note);
                    }
                    continue;
                }
                (Job::Call(_) | Job::Spill(..) | Job::Keep(..), _) => continue,
            };
            self.on_worker_event(now, id, event);
        }
        self.pump_at(now);
        let progress = self.progress();
        self.profile.on_memory(now, || progress);
    }

    /// Takes in what guests of this worker have in memory, if that has changed by much; whether what idle ones have should be
    /// given back.
    pub(crate) fn on_guests(&mut self, worker: usize, nbytes: u64) -> bool {
        let Some(local) = self.workers.get_mut(worker) else { return false };
        let changed = local.guest_nbytes.abs_diff(nbytes) > local.memory_limit_nbytes / GUEST_STEPS;
        if changed {
            local.guest_nbytes = nbytes;
            let id = local.id;
            self.on_worker_event(self.now(), id, WorkerEvent::Guests { nbytes });
            self.pump();
        }
        nbytes > 0 && self.workers.get(worker).is_some_and(|local| local.machine.is_pressed())
    }

    fn keep(&mut self, worker: usize, task: TaskId, value: Value, event: WorkerEvent) -> WorkerEvent {
        if let Some(local) = self.workers.get_mut(worker) {
            let replaced = local.values.insert(task, Stored::Memory(value));
            self.garbage.extend(replaced.map(Garbage::Stored));
        }
        event
    }

    fn on_called(&mut self, worker: usize, thread: u32, call: &Call, called: Called) -> WorkerEvent {
        let Called { result, started_ns, ended_ns, waited_ns } = called;
        let &Call { task, run, ref code, row, ref inputs, .. } = call;
        // Where tasks come from elsewhere, others tell of them.
        if self.head.as_here().is_some() {
            self.profile.on_ran(&Ran {
                code,
                row,
                worker,
                thread,
                start_ns: started_ns,
                end_ns: ended_ns,
                nbytes_in: inputs.iter().map(Value::nbytes).sum(),
                result: &result,
            });
        }
        let duration_ns = ended_ns.saturating_sub(started_ns).saturating_sub(waited_ns);
        let Some(local) = self.workers.get_mut(worker) else {
            return WorkerEvent::Guests { nbytes: 0 };
        };
        local.running.remove(task);
        let result = result.and_then(|value| local.check_room(value));
        match result {
            Ok(value) => {
                let nbytes = value.nbytes();
                if let Some(away) = self.head.as_away_mut() {
                    away.name(task, code.key_of(row));
                }
                if self.keeps_results && is_worth(duration_ns, nbytes) && code.may_keep(row) {
                    local.jobs.push_back(Job::Keep(code.clone(), row, value.clone(), duration_ns));
                }
                if !value.is_on_host() {
                    let event = WorkerEvent::OnDevice { task };
                    self.mail.push_back(Mail::Worker(local.id, event));
                }
                self.keep(worker, task, value, WorkerEvent::Executed { task, run, nbytes, duration_ns })
            }
            Err(error) if error.kind == TaskErrorKind::DeviceLost => local.inputs_lost(task, run, error),
            Err(error) => {
                let retryable = error.retryable;
                WorkerEvent::Failed { task, run, error: Arc::new(error), retryable }
            }
        }
    }

    fn on_spilled(
        &mut self,
        worker: usize,
        task: TaskId,
        file: Result<gristmill_storage::SpillFile, gristmill_storage::Error>,
    ) -> WorkerEvent {
        let Some(local) = self.workers.get_mut(worker) else {
            return WorkerEvent::SpillFailed { task };
        };
        match file {
            Ok(file) => {
                self.progress.spilled_nbytes += file.nbytes();
                // The value may have been dropped while it was written.
                self.garbage.extend(match local.values.get(task) {
                    Some(_) => {
                        local.values.insert(task, Stored::Spilled(Arc::new(file))).map(Garbage::Stored)
                    }
                    None => Some(Garbage::File(file)),
                });
                WorkerEvent::Spilled { task }
            }
            Err(error) => {
                local.spill_failure = Some(error.to_string());
                WorkerEvent::SpillFailed { task }
            }
        }
    }

    /// Lets events run between workers and scheduler until nothing is left to decide.
    pub(crate) fn pump(&mut self) {
        self.pump_at(self.now());
    }

    fn pump_at(&mut self, now: u64) {
        let mut actions = std::mem::take(&mut self.scheduler_actions);
        while let Some(mail) = self.mail.pop_front() {
            match mail {
                Mail::Scheduler(event) => {
                    match &mut self.head {
                        Head::Here(here) => here.scheduler.on(Time(now), event, &mut actions),
                        Head::Away(away) => {
                            if let SchedulerEvent::Worker { msg, .. } = event {
                                away.send(msg);
                            }
                        }
                    }
                    for action in actions.drain(..) {
                        self.on_scheduler_action(now, action);
                    }
                }
                Mail::Worker(worker, event) => self.on_worker_event(now, worker, event),
            }
        }
        self.scheduler_actions = actions;
    }

    fn on_worker_event(&mut self, now: u64, worker: WorkerId, event: WorkerEvent) {
        let Some(at) = self.position(worker) else { return };
        let mut actions = std::mem::take(&mut self.worker_actions);
        let Some(local) = self.workers.get_mut(at) else { return };
        local.machine.on(Time(now), event, &mut actions);
        for action in actions.drain(..) {
            self.on_worker_action(worker, action);
        }
        self.worker_actions = actions;
    }

    fn on_scheduler_action(&mut self, now: u64, action: SchedulerAction) {
        match action {
            SchedulerAction::Worker { worker, msg } => match self.position(worker) {
                Some(_) => self.on_worker_event(now, worker, WorkerEvent::Scheduler(msg)),
                None => {
                    if let Some(here) = self.head.as_here_mut() {
                        here.send(worker, msg);
                    }
                }
            },
            SchedulerAction::Client { client: CLIENT, msg } => {
                self.clients.on_report(msg, &mut self.progress)
            }
            SchedulerAction::Client { client, msg } => {
                if let ReportMsg::Accepted { n_new, .. } = msg {
                    self.progress.n_tasks += u64::from(n_new);
                }
                if let Some(here) = self.head.as_here_mut() {
                    here.report(client, msg);
                }
            }
            SchedulerAction::Retired { worker } => {
                if let Some(here) = self.head.as_here_mut() {
                    here.let_go(worker);
                }
                self.lose_worker_later(worker);
            }
            SchedulerAction::ForgetGraph { graph } => {
                let code = self.head.as_here_mut().and_then(|here| here.forget_graph(graph));
                self.garbage.extend(code.map(Garbage::Code));
            }
        }
    }

    fn on_worker_action(&mut self, worker: WorkerId, action: WorkerAction) {
        let Some(at) = self.position(worker) else { return };
        let Some(local) = self.workers.get_mut(at) else { return };
        match action {
            WorkerAction::Scheduler(msg) => {
                self.progress.n_done += u64::from(is_end(&msg));
                self.mail.push_back(Mail::Scheduler(SchedulerEvent::Worker { worker, msg }));
            }
            WorkerAction::Execute { task, run } => self.execute(at, task, run),
            WorkerAction::Stop { task, run } => {
                if let Some((_, cancel)) = local.running.get(task).filter(|(running, _)| *running == run) {
                    cancel.cancel();
                }
            }
            WorkerAction::Hold { task, key } => {
                let placed = local.placed.remove(&key);
                if placed.is_none() {
                    // Whoever said so has not put it there, or too long ago.
                    self.mail.push_front(Mail::Worker(worker, WorkerEvent::Lost { task }));
                }
                if let Some(Placed { stored, .. }) = placed {
                    if matches!(stored, Stored::Spilled(_)) {
                        self.mail.push_front(Mail::Worker(worker, WorkerEvent::OnDisk { task }));
                    }
                    let replaced = local.values.insert(task, stored);
                    self.garbage.extend(replaced.map(Garbage::Stored));
                }
                if let Some(away) = self.head.as_away_mut() {
                    away.name(task, key);
                }
            }
            WorkerAction::Drop { task } => {
                if let Some(away) = self.head.as_away_mut() {
                    away.unname(task);
                }
                self.garbage.extend(local.values.remove(task).map(Garbage::Stored));
            }
            WorkerAction::Spill { task } => match local.values.get(task) {
                Some(Stored::Memory(value)) => {
                    // Tried again, as there may be room now. That another one went well meanwhile says nothing of it.
                    local.spill_failure = None;
                    local.jobs.push_front(Job::Spill(task, value.clone()));
                }
                _ => self.mail.push_back(Mail::Worker(worker, WorkerEvent::SpillFailed { task })),
            },
            WorkerAction::Unspill { task } => match local.values.get(task) {
                Some(Stored::Spilled(file)) => local.jobs.push_front(Job::Unspill(task, file.clone())),
                Some(Stored::Memory(_)) => {
                    self.mail.push_back(Mail::Worker(worker, WorkerEvent::Unspilled { task }));
                }
                None => self.mail.push_back(Mail::Worker(worker, WorkerEvent::UnspillFailed { task })),
            },
            WorkerAction::Fetch { task, from, nbytes } => self.fetch(worker, task, from, nbytes),
        }
    }

    /// Hands a call to the threads, once what it calls is there.
    fn execute(&mut self, worker: usize, task: TaskId, run: RunId) {
        let seat = Seat { worker, n_returns: self.n_returns };
        let Some(local) = self.workers.get_mut(worker) else { return };
        let call = match self.head.code_of(local.machine.assignment(task), task, run) {
            Ok(Some((code, row))) => local.call(seat, task, run, code, row),
            Ok(None) => return,
            Err(error) => Err(error),
        };
        match call {
            Ok(call) => {
                local.running.insert(task, (run, call.cancel.clone()));
                let job = Job::Call(call);
                match job.is_alone() {
                    // What tasks have started last is waited for first: so few wait at a time.
                    true => local.jobs.push_front(job),
                    false => local.jobs.push_back(job),
                }
            }
            Err(error) => {
                let event = WorkerEvent::Failed { task, run, error: Arc::new(error), retryable: false };
                self.mail.push_back(Mail::Worker(local.id, event));
            }
        }
    }

    /// Copies a result from another worker: within this process by `Arc`, or from its spill file.
    fn fetch(&mut self, worker: WorkerId, task: TaskId, from: WorkerId, nbytes: u64) {
        let n_returns = self.n_returns;
        if let Some(away) = self.head.as_away_mut() {
            return away.fetch(n_returns, task, from, nbytes);
        }
        let holder = self.position(from).and_then(|at| self.workers.get(at));
        let stored = holder.and_then(|holder| holder.values.get(task)).cloned();
        let Some(local) = self.local(worker) else { return };
        let event = match stored {
            Some(Stored::Memory(value)) if is_lost(&value) => {
                self.mail.push_back(Mail::Worker(from, WorkerEvent::Lost { task }));
                WorkerEvent::FetchFailed { task, from, gone: true }
            }
            Some(Stored::Memory(value)) => {
                let nbytes = value.nbytes();
                let replaced = local.values.insert(task, Stored::Memory(value));
                self.garbage.extend(replaced.map(Garbage::Stored));
                WorkerEvent::Fetched { task, from, nbytes }
            }
            Some(Stored::Spilled(file)) => {
                local.jobs.push_front(Job::Fetch(task, from, file));
                return;
            }
            None => WorkerEvent::FetchFailed { task, from, gone: true },
        };
        self.mail.push_back(Mail::Worker(worker, event));
    }

    /// Stops everything: running guests, waiting clients. What is to be kept of what was done is returned.
    pub(crate) fn stop(&mut self) -> Vec<Job> {
        self.stopped = true;
        let mut left = Vec::new();
        for local in &mut self.workers {
            local.running.iter().for_each(|(_, cancel)| cancel.cancel());
            let (keep, others): (Vec<Job>, Vec<Job>) =
                local.jobs.drain(..).partition(|job| matches!(job, Job::Keep(..)));
            left.extend(keep);
            self.garbage.extend(others.into_iter().map(Garbage::Job));
        }
        self.clients.stop();
        left
    }

    /// Lets every value and every graph go, after the threads have ended.
    pub(crate) fn clear(&mut self) {
        let graphs = self.head.as_here_mut().map(|here| std::mem::take(&mut here.graphs));
        self.garbage.extend(graphs.into_iter().flat_map(BTreeMap::into_values).map(Garbage::Code));
        for local in &mut self.workers {
            self.garbage.extend(local.values.clear().map(Garbage::Stored));
            let placed = local.placed.drain().map(|(_, placed)| Garbage::Stored(placed.stored));
            self.garbage.extend(placed);
            self.garbage.extend(local.jobs.drain(..).map(Garbage::Job));
        }
    }
}

fn is_end(msg: &gristmill_scheduling::WorkerMsg) -> bool {
    use gristmill_scheduling::WorkerMsg::{Erred, Finished};
    matches!(msg, Finished { .. } | Erred { .. })
}
