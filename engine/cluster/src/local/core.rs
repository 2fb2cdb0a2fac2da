//! The state machines and the values, behind the one lock.
//!
//! Nothing here takes long: no user code, no disk. What does is a [`Job`] for a thread, and what is let go here is
//! dropped by whoever holds the lock, after it: see [`Garbage`].

mod lost;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use gristmill_data::{TaskError, TaskErrorKind, Value};
use gristmill_gpu::is_lost;
use gristmill_graph::Key;
use gristmill_sandbox::CancelToken;
use gristmill_scheduling::{
    ClientId, ClientMsg, GraphId, RunId, Scheduler, SchedulerAction, SchedulerConfig, SchedulerEvent, TaskId,
    Time, Worker, WorkerAction, WorkerConfig, WorkerEvent, WorkerId, WorkerInfo,
};
use smallvec::SmallVec;

use super::Progress;
use super::clients::Clients;
use super::jobs::{Call, Called, Done, Garbage, Job};
use super::slots::{Slots, Stored};
use crate::code::Code;
use crate::profile::{Profile, Ran};

pub(super) use lost::Unreadable;

/// Every session of a local cluster is this one client of the scheduler; [`Clients`] tells them apart.
const CLIENT: ClientId = ClientId(0);
/// Calls that a thread takes at once, at most.
pub(super) const BATCH_MAX: usize = 64;
/// Work that a thread takes at once, at most, unless it is a single call.
const BATCH_NS_MAX: u64 = 100_000;
/// Calls handed to the threads of a worker ahead of time, per thread. The scheduler sends that many only when they
/// are tiny, so that a thread can take a batch under one lock.
const CALLS_AHEAD: u32 = 64;

#[derive(Debug)]
pub(super) struct Core {
    started: Instant,
    scheduler: Scheduler,
    pub(super) workers: Vec<LocalWorker>,
    graphs: BTreeMap<GraphId, Arc<Code>>,
    n_graphs: u32,
    pub(super) clients: Clients,
    pub(crate) profile: Profile,
    mail: VecDeque<Mail>,
    scheduler_actions: Vec<SchedulerAction>,
    worker_actions: Vec<WorkerAction>,
    progress: Progress,
    /// What is to be dropped outside the lock.
    pub(super) garbage: Vec<Garbage>,
    pub(super) stopped: bool,
}

/// One worker: its machine, its values, and what its threads are to do.
#[derive(Debug)]
pub(super) struct LocalWorker {
    machine: Worker,
    values: Slots<Stored>,
    /// Values that clients placed here, until the scheduler names their task.
    placed: HashMap<Key, Value>,
    jobs: VecDeque<Job>,
    /// How to stop the calls that were handed out.
    running: Slots<(RunId, CancelToken)>,
    n_threads: usize,
    /// Threads that wait for jobs.
    pub(super) n_idle: usize,
    memory_limit_nbytes: u64,
    /// Why a value could not be spilled, until it is tried with another.
    spill_failure: Option<String>,
}

/// Events on their way.
#[derive(Debug)]
enum Mail {
    Scheduler(SchedulerEvent),
    Worker(WorkerId, WorkerEvent),
}

impl Core {
    pub(super) fn new(threads_of: &[usize], memory_limit_nbytes: u64) -> Self {
        let mut core = Self {
            started: Instant::now(),
            scheduler: Scheduler::new(SchedulerConfig::default()),
            workers: Vec::new(),
            graphs: BTreeMap::new(),
            n_graphs: 0,
            clients: Clients::default(),
            profile: Profile::new(threads_of, memory_limit_nbytes),
            mail: VecDeque::new(),
            scheduler_actions: Vec::new(),
            worker_actions: Vec::new(),
            progress: Progress::default(),
            garbage: Vec::new(),
            stopped: false,
        };
        for (worker, &n_threads) in (0u32..).zip(threads_of) {
            let threads = u32::try_from(n_threads).unwrap_or(1);
            let config = WorkerConfig {
                threads: threads.saturating_mul(CALLS_AHEAD),
                memory_limit_nbytes,
                ..WorkerConfig::default()
            };
            core.workers.push(LocalWorker {
                machine: Worker::new(WorkerId(worker), config),
                values: Slots::default(),
                placed: HashMap::new(),
                jobs: VecDeque::new(),
                running: Slots::default(),
                n_threads,
                n_idle: 0,
                memory_limit_nbytes,
                spill_failure: None,
            });
            let info = WorkerInfo { threads, memory_limit_nbytes, ..WorkerInfo::default() };
            core.mail
                .push_back(Mail::Scheduler(SchedulerEvent::WorkerJoined { worker: WorkerId(worker), info }));
        }
        core.pump();
        core
    }

    /// Nanoseconds since the cluster's start.
    pub(crate) fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    pub(super) fn started(&self) -> Instant {
        self.started
    }

    pub(super) fn progress(&self) -> Progress {
        let workers = self.workers.iter();
        Progress {
            n_held: workers.clone().map(|worker| worker.values.len()).sum(),
            memory_nbytes: workers.clone().map(|worker| worker.machine.memory_nbytes()).sum(),
            peak_nbytes: workers.map(|worker| worker.machine.peak_nbytes()).max().unwrap_or(0),
            ..self.progress
        }
    }

    /// The memory of the worker that has the most.
    pub(super) fn memory_limit_nbytes(&self) -> u64 {
        self.workers.iter().map(|worker| worker.memory_limit_nbytes).max().unwrap_or(0)
    }

    /// Names a new graph.
    pub(super) fn add_graph(&mut self, code: Code) -> GraphId {
        let graph = GraphId(self.n_graphs);
        self.n_graphs += 1;
        let functions = self.profile.functions_of(&code);
        let code = Arc::new(Code { functions, ..code });
        self.profile.on_graph(&code);
        self.graphs.insert(graph, code);
        graph
    }

    /// Tells the scheduler what a client asks, and decides what follows.
    pub(super) fn ask(&mut self, msg: ClientMsg) {
        self.mail.push_back(Mail::Scheduler(SchedulerEvent::Client { client: CLIENT, msg }));
        self.pump();
    }

    /// Whether a large graph is still being taken in; then [`Core::tick`] goes on.
    pub(super) fn pending(&self) -> bool {
        self.scheduler.pending()
    }

    pub(super) fn tick(&mut self) {
        self.mail.push_back(Mail::Scheduler(SchedulerEvent::Tick));
        self.pump();
    }

    /// Puts a value on a worker, to be named by a scatter message; returns the worker.
    pub(super) fn place(&mut self, key: Key, value: Value) -> WorkerId {
        let lightest = (0u32..)
            .zip(&self.workers)
            .min_by_key(|(_, worker)| worker.machine.memory_nbytes())
            .map(|(id, _)| id);
        let worker = WorkerId(lightest.unwrap_or(0));
        if let Some(local) = self.workers.get_mut(worker.idx()) {
            local.placed.insert(key, value);
        }
        worker
    }

    /// Whether a live task has this key, finished or not.
    pub(super) fn is_live(&self, key: Key) -> bool {
        self.scheduler.task(key).is_some()
    }

    /// The value of a finished task, or the file that has it.
    pub(super) fn stored(&self, key: Key) -> Option<Stored> {
        let task = self.scheduler.task(key)?;
        self.workers.iter().find_map(|worker| worker.values.get(task)).cloned()
    }

    /// Takes the next calls, or the next other job, for a thread of this worker.
    pub(super) fn take(&mut self, worker: usize, batch: &mut Vec<Job>) {
        let Some(local) = self.workers.get_mut(worker) else { return };
        let share = local.jobs.len().div_ceil(local.n_threads).min(BATCH_MAX);
        let mut batch_ns = 0u64;
        while batch.len() < share {
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
        }
    }

    /// Whether threads of this worker should be woken: there are jobs, and threads that wait for some.
    pub(super) fn wants_threads(&self, worker: usize) -> bool {
        self.workers.get(worker).is_some_and(|local| !local.jobs.is_empty() && local.n_idle > 0)
    }

    /// Takes in what a thread of this worker has done, job by job, and decides what follows.
    pub(super) fn finish(
        &mut self,
        worker: usize,
        thread: u32,
        jobs: &[Job],
        done: impl Iterator<Item = Done>,
    ) {
        let now = self.now();
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
                (Job::Call(_) | Job::Spill(..), _) => continue,
            };
            self.on_worker_event(now, WorkerId(worker as u32), event);
        }
        self.pump_at(now);
        let progress = self.progress();
        self.profile.on_memory(now, || progress);
    }

    fn keep(&mut self, worker: usize, task: TaskId, value: Value, event: WorkerEvent) -> WorkerEvent {
        if let Some(local) = self.workers.get_mut(worker) {
            let replaced = local.values.insert(task, Stored::Memory(value));
            self.garbage.extend(replaced.map(Garbage::Stored));
        }
        event
    }

    fn on_called(&mut self, worker: usize, thread: u32, call: &Call, called: Called) -> WorkerEvent {
        let Called { result, started_ns, ended_ns } = called;
        let &Call { task, run, ref code, row, ref inputs, .. } = call;
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
        let duration_ns = ended_ns.saturating_sub(started_ns);
        let Some(local) = self.workers.get_mut(worker) else {
            return WorkerEvent::Measured { process_nbytes: 0 };
        };
        local.running.remove(task);
        let result = result.and_then(|value| local.check_room(value));
        match result {
            Ok(value) => {
                let nbytes = value.nbytes();
                if !value.is_on_host() {
                    let event = WorkerEvent::OnDevice { task };
                    self.mail.push_back(Mail::Worker(WorkerId(worker as u32), event));
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
    pub(super) fn pump(&mut self) {
        self.pump_at(self.now());
    }

    fn pump_at(&mut self, now: u64) {
        let mut actions = std::mem::take(&mut self.scheduler_actions);
        while let Some(mail) = self.mail.pop_front() {
            match mail {
                Mail::Scheduler(event) => {
                    self.scheduler.on(Time(now), event, &mut actions);
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
        let Some(local) = self.workers.get_mut(worker.idx()) else { return };
        let mut actions = std::mem::take(&mut self.worker_actions);
        local.machine.on(Time(now), event, &mut actions);
        for action in actions.drain(..) {
            self.on_worker_action(worker, action);
        }
        self.worker_actions = actions;
    }

    fn on_scheduler_action(&mut self, now: u64, action: SchedulerAction) {
        match action {
            SchedulerAction::Worker { worker, msg } => {
                self.on_worker_event(now, worker, WorkerEvent::Scheduler(msg));
            }
            SchedulerAction::Client { msg, .. } => self.clients.on_report(msg, &mut self.progress),
            SchedulerAction::ForgetGraph { graph } => {
                let code = self.graphs.remove(&graph);
                self.garbage.extend(code.map(Garbage::Code));
            }
        }
    }

    fn on_worker_action(&mut self, worker: WorkerId, action: WorkerAction) {
        let Some(local) = self.workers.get_mut(worker.idx()) else { return };
        match action {
            WorkerAction::Scheduler(msg) => {
                self.progress.n_done += u64::from(is_end(&msg));
                self.mail.push_back(Mail::Scheduler(SchedulerEvent::Worker { worker, msg }));
            }
            WorkerAction::Execute { task, run } => match local.call(&self.graphs, task, run) {
                Ok(call) => {
                    local.running.insert(task, (run, call.cancel.clone()));
                    local.jobs.push_back(Job::Call(call));
                }
                Err(error) => {
                    let event = WorkerEvent::Failed { task, run, error: Arc::new(error), retryable: false };
                    self.mail.push_back(Mail::Worker(worker, event));
                }
            },
            WorkerAction::Stop { task, run } => {
                if let Some((_, cancel)) = local.running.get(task).filter(|(running, _)| *running == run) {
                    cancel.cancel();
                }
            }
            WorkerAction::Hold { task, key } => {
                if let Some(value) = local.placed.remove(&key) {
                    let replaced = local.values.insert(task, Stored::Memory(value));
                    self.garbage.extend(replaced.map(Garbage::Stored));
                }
            }
            WorkerAction::Drop { task } => {
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
            WorkerAction::Fetch { task, from, .. } => self.fetch(worker, task, from),
        }
    }

    /// Copies a result from one worker of this process to another: by `Arc`, or from its spill file.
    fn fetch(&mut self, worker: WorkerId, task: TaskId, from: WorkerId) {
        let stored = self.workers.get(from.idx()).and_then(|holder| holder.values.get(task)).cloned();
        let Some(local) = self.workers.get_mut(worker.idx()) else { return };
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

    /// Stops everything: running guests, waiting clients.
    pub(super) fn stop(&mut self) {
        self.stopped = true;
        for local in &mut self.workers {
            local.running.iter().for_each(|(_, cancel)| cancel.cancel());
            self.garbage.extend(local.jobs.drain(..).map(Garbage::Job));
        }
        self.clients.stop();
    }

    /// Lets every value and every graph go, after the threads have ended.
    pub(super) fn clear(&mut self) {
        self.garbage.extend(std::mem::take(&mut self.graphs).into_values().map(Garbage::Code));
        for local in &mut self.workers {
            self.garbage.extend(local.values.clear().map(Garbage::Stored));
            let placed = local.placed.drain().map(|(_, value)| Garbage::Stored(Stored::Memory(value)));
            self.garbage.extend(placed);
            self.garbage.extend(local.jobs.drain(..).map(Garbage::Job));
        }
    }
}

impl LocalWorker {
    /// The call that the scheduler assigned, with its inputs, which are all in memory.
    fn call(
        &self,
        graphs: &BTreeMap<GraphId, Arc<Code>>,
        task: TaskId,
        run: RunId,
    ) -> Result<Call, TaskError> {
        let internal = |what: &str| {
            TaskError::new(
                TaskErrorKind::Failed,
                format!("internal error, please report it: {what} of {task}"),
            )
        };
        let assignment = self.machine.assignment(task).ok_or_else(|| internal("no assignment"))?;
        let code = graphs.get(&assignment.graph).ok_or_else(|| internal("no graph"))?.clone();
        let inputs = assignment
            .inputs
            .iter()
            .map(|input| match self.values.get(input.task) {
                Some(Stored::Memory(value)) => Ok(value.clone()),
                _ => Err(internal("an input is not in memory")),
            })
            .collect::<Result<_, _>>()?;
        Ok(Call {
            task,
            run,
            code,
            row: assignment.row,
            inputs,
            duration_ns: assignment.duration_ns,
            cancel: CancelToken::default(),
        })
    }

    /// A call that has found inputs gone with their device runs again when they are there again.
    fn inputs_lost(&self, task: TaskId, run: RunId, error: TaskError) -> WorkerEvent {
        let inputs = self.machine.assignment(task).into_iter().flat_map(|assignment| &assignment.inputs);
        let is_lost = |input: &TaskId| match self.values.get(*input) {
            Some(Stored::Memory(value)) => is_lost(value),
            _ => false,
        };
        let inputs: SmallVec<[TaskId; 2]> = inputs.map(|input| input.task).filter(is_lost).collect();
        match inputs.is_empty() {
            // It was lost on the way from one step to the next.
            true => WorkerEvent::Failed { task, run, error: Arc::new(error), retryable: true },
            false => WorkerEvent::InputsLost { task, run, inputs },
        }
    }

    /// Refuses a result that does not fit into memory while nothing can be spilled.
    fn check_room(&self, value: Value) -> Result<Value, TaskError> {
        let needed = self.machine.memory_nbytes().saturating_add(value.nbytes());
        match &self.spill_failure {
            Some(failure) if needed > self.memory_limit_nbytes => Err(TaskError::new(
                TaskErrorKind::Io,
                format!(
                    "the result of {} B does not fit: {} of {} B of memory are in use, and nothing can be spilled: \
                     {failure}; raise the memory limit, free disk space or set another spill folder",
                    value.nbytes(),
                    self.machine.memory_nbytes(),
                    self.memory_limit_nbytes,
                ),
            )),
            _ => Ok(value),
        }
    }
}

fn is_end(msg: &gristmill_scheduling::WorkerMsg) -> bool {
    use gristmill_scheduling::WorkerMsg::{Erred, Finished};
    matches!(msg, Finished { .. } | Erred { .. })
}
