//! The simulation's event loop.

use std::{
    cmp::Reverse,
    collections::{BTreeSet, BinaryHeap},
    time::Instant,
};

use super::{
    Faults, SimGraph, SimReport,
    client::{Expected, Told},
    nested::Wait,
    node::{Node, Value},
};
use crate::{
    ClientId, ClientMsg, GraphId, PolicyKind, ReportMsg, RunId, Scheduler, SchedulerAction, SchedulerConfig,
    SchedulerEvent, SchedulerMsg, SplitMix, Submission, TaskId, TenantId, Time, WorkerAction, WorkerConfig,
    WorkerEvent, WorkerId, WorkerInfo, WorkerMsg, idmap::IdMap,
};

/// Time after which the scheduler notices that a worker is gone, and a peer that a fetch fails.
pub(super) const DETECT_NS: u64 = 5_000_000;
/// Time after which the scheduler goes on with what it has put off.
const TICK_NS: u64 = 1_000;
/// The client of a simulation.
const CLIENT: ClientId = ClientId(0);
/// Events after which a simulation is taken to go round in circles, per task.
const EVENTS_PER_TASK_MAX: u64 = 5_000;

/// What to simulate.
#[derive(Clone, Debug)]
pub struct SimConfig {
    /// Seed of all chance.
    pub seed: u64,
    /// Workers at the start.
    pub n_workers: u32,
    /// Tasks that a worker runs at a time.
    pub threads: u32,
    /// Memory of each worker.
    pub memory_limit_nbytes: u64,
    /// Bytes a second that a network card carries each way.
    pub network_nbytes_per_s: u64,
    /// Bytes a second that a disk reads and writes.
    pub disk_nbytes_per_s: u64,
    /// Least time that a message takes.
    pub latency_ns: u64,
    /// The placement policy.
    pub policy: PolicyKind,
    /// What goes wrong.
    pub faults: Faults,
    /// Whether both machines check all invariants after every event.
    pub validates: bool,
    /// Whether real time is measured.
    pub measures: bool,
    /// Settings of the scheduler; seed and policy are those above.
    pub scheduler: SchedulerConfig,
}

impl Default for SimConfig {
    fn default() -> Self {
        Self {
            seed: 0,
            n_workers: 4,
            threads: 2,
            memory_limit_nbytes: 8 << 30,
            network_nbytes_per_s: 1_250_000_000,
            disk_nbytes_per_s: 1_000_000_000,
            latency_ns: 100_000,
            policy: PolicyKind::Gristmill,
            faults: Faults::default(),
            validates: false,
            measures: false,
            scheduler: SchedulerConfig { story_len: 64, ..SchedulerConfig::default() },
        }
    }
}

/// A call that runs: where, which, and what row of the graph it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    pub(super) worker: WorkerId,
    pub(super) task: TaskId,
    pub(super) run: RunId,
    pub(super) row: u32,
}

/// Something that happens at a time.
#[derive(Debug)]
pub(super) enum Happening {
    ToScheduler(SchedulerEvent),
    /// From this worker, while its stream lasts.
    FromWorker(WorkerId, WorkerMsg),
    ToWorker(WorkerId, SchedulerMsg),
    AtWorker(WorkerId, WorkerEvent),
    /// A worker asks the second again for a value that is there, and has no name yet.
    FetchAgain(WorkerId, WorkerId, TaskId),
    /// A worker drops what it has brought along and nobody has named.
    Unclaimed(WorkerId),
    /// A transfer from the second worker has passed the cards: with the value, if it had it.
    Transferred(WorkerId, WorkerId, TaskId, Option<Value>),
    CallEnds(Call),
    /// A call waits for another task, or goes on.
    Suspends(Call),
    Resumes(Call),
    Kill,
    /// A worker is to leave.
    Retire,
    /// The scheduler's process ends, and another takes its place.
    Restart,
    CutOff,
    Split,
    Heal(u32, u32),
    Join,
    Restless,
}

pub(super) struct Sim<'g> {
    pub(super) config: SimConfig,
    pub(super) graph: &'g SimGraph,
    pub(super) random: SplitMix,
    pub(super) now_ns: u64,
    n_happenings: u64,
    queue: BinaryHeap<Reverse<Queued>>,
    scheduler: Scheduler,
    pub(super) nodes: Vec<Node>,
    pub(super) expected: Expected,
    /// The client has released everything, and wants nothing any more.
    pub(super) is_over: bool,
    /// Pairs of workers between which nothing passes, first to second.
    pub(super) splits: BTreeSet<(u32, u32)>,
    memory_nbytes: u64,
    /// A tick is on its way to the scheduler.
    ticks: bool,
    /// Calls of flaky rows that have failed already.
    pub(super) flaked: IdMap<u64, u32>,
    /// Calls that wait, and how many have waited.
    pub(super) waits: Vec<Wait>,
    pub(super) n_waits: u32,
    pub(super) report: SimReport,
    log: Option<Vec<(Time, SchedulerEvent)>>,
    actions: Vec<SchedulerAction>,
    worker_actions: Vec<WorkerAction>,
}

struct Queued {
    at_ns: u64,
    order: u64,
    what: Happening,
}

impl PartialEq for Queued {
    fn eq(&self, other: &Self) -> bool {
        (self.at_ns, self.order) == (other.at_ns, other.order)
    }
}

impl Eq for Queued {}

impl PartialOrd for Queued {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Queued {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at_ns, self.order).cmp(&(other.at_ns, other.order))
    }
}

/// Runs a graph to its end, and checks that the results are right and nothing is left behind.
///
/// # Errors
/// Returns the first violation: a broken invariant, a wrong or missing result, a standstill, or bytes left behind.
pub fn simulate(config: &SimConfig, graph: &SimGraph) -> Result<SimReport, String> {
    run(&mut Sim::new(config, graph))
}

/// Like [`simulate`], and returns every event that the scheduler took in: fed to a new scheduler of the same
/// settings, they lead to the same decisions, so that its speed can be measured alone.
///
/// # Errors
/// Returns the first violation, like [`simulate`].
pub fn record(
    config: &SimConfig,
    graph: &SimGraph,
) -> Result<(SimReport, Vec<(Time, SchedulerEvent)>), String> {
    let mut sim = Sim::new(config, graph);
    sim.log = Some(Vec::new());
    let report = run(&mut sim)?;
    Ok((report, sim.log.unwrap_or_default()))
}

fn run(sim: &mut Sim<'_>) -> Result<SimReport, String> {
    sim.begin();
    sim.run_until_told()?;
    sim.report.makespan_ns = sim.now_ns;
    sim.check_results()?;
    let mut keys: Vec<_> = sim.expected.wanted.keys().copied().collect();
    keys.sort_unstable_by_key(|key| sim.expected.row_of[key]);
    sim.push(0, Happening::ToScheduler(client(ClientMsg::Release { keys })));
    sim.expected.wanted.clear();
    sim.expected.n_open = 0;
    sim.is_over = true;
    while sim.step()? {}
    sim.check_nothing_left()?;
    Ok(sim.report.clone())
}

fn scheduler_config(config: &SimConfig) -> SchedulerConfig {
    SchedulerConfig { seed: config.seed, policy: config.policy, ..config.scheduler.clone() }
}

pub(super) fn client(msg: ClientMsg) -> SchedulerEvent {
    SchedulerEvent::Client { client: CLIENT, msg }
}

impl<'g> Sim<'g> {
    fn new(config: &SimConfig, graph: &'g SimGraph) -> Self {
        let mut random = SplitMix::new(config.seed);
        let expected = Expected::of(graph, config.faults.bad_task_one_in, &mut random);
        Self {
            graph,
            random,
            now_ns: 0,
            n_happenings: 0,
            queue: BinaryHeap::new(),
            scheduler: Scheduler::new(scheduler_config(config)),
            nodes: Vec::new(),
            expected,
            is_over: false,
            splits: BTreeSet::new(),
            memory_nbytes: 0,
            ticks: false,
            flaked: IdMap::default(),
            waits: Vec::new(),
            n_waits: 0,
            report: SimReport::default(),
            log: None,
            actions: Vec::new(),
            worker_actions: Vec::new(),
            config: config.clone(),
        }
    }

    fn begin(&mut self) {
        for _ in 0..self.config.n_workers {
            self.join();
        }
        for &row in &self.graph.submission.wanted {
            self.expected.want(self.graph.submission.keys[row as usize]);
        }
        self.submit(self.graph.submission.wanted.clone());
        self.plan_faults();
    }

    /// The client submits its graph, and wants these rows.
    pub(super) fn submit(&mut self, wanted: Vec<u32>) {
        let mut submission = Submission { wanted, ..self.graph.submission.clone() };
        if self.config.faults.flaky_call_one_in > 0 {
            submission.families.iter_mut().for_each(|family| family.retries = 3);
        }
        let (graph, submission) = (GraphId(self.report.n_restarts), Box::new(submission));
        let submit = ClientMsg::Submit { graph, tenant: TenantId(0), submission };
        self.push(0, Happening::ToScheduler(client(submit)));
    }

    /// Another scheduler takes the place of the one there was. Whatever was on its way to and from it is lost.
    pub(super) fn restart_scheduler(&mut self) {
        self.scheduler = Scheduler::new(scheduler_config(&self.config));
        self.ticks = false;
        self.queue.retain(|Reverse(Queued { what, .. })| {
            let between = matches!(
                what,
                Happening::ToScheduler(_) | Happening::FromWorker(..) | Happening::ToWorker(..)
            );
            !between
        });
    }

    /// Spreads the faults over the time that the graph will likely take.
    fn plan_faults(&mut self) {
        let work_ns: u64 = self.graph.duration_ns.iter().sum();
        let n_threads = u64::from(self.config.n_workers * self.config.threads).max(1);
        let horizon_ns = (2 * work_ns / n_threads) as usize + 1_000_000;
        let faults = self.config.faults;
        let plan: [(u32, fn() -> Happening); 5] = [
            (faults.n_kills, || Happening::Kill),
            (faults.n_retires, || Happening::Retire),
            (faults.n_restarts, || Happening::Restart),
            (faults.n_cut_offs, || Happening::CutOff),
            (faults.n_splits, || Happening::Split),
        ];
        for (n, what) in plan {
            for _ in 0..n {
                let at = self.random.below(horizon_ns) as u64;
                self.push(at, what());
            }
        }
        for _ in 0..if faults.restless_client { 6 } else { 0 } {
            let at = self.random.below(horizon_ns) as u64;
            self.push(at, Happening::Restless);
        }
    }

    pub(super) fn join(&mut self) -> WorkerId {
        let id = WorkerId(self.nodes.len() as u32);
        let config = WorkerConfig {
            threads: self.config.threads,
            memory_limit_nbytes: self.config.memory_limit_nbytes,
            story_len: self.config.scheduler.story_len,
            ..WorkerConfig::default()
        };
        let info = WorkerInfo {
            threads: self.config.threads,
            memory_limit_nbytes: self.config.memory_limit_nbytes,
            network_nbytes_per_s: self.config.network_nbytes_per_s,
            spill_nbytes_per_s: self.config.disk_nbytes_per_s,
            ..WorkerInfo::default()
        };
        self.nodes.push(Node::new(id, config));
        self.push(0, Happening::ToScheduler(SchedulerEvent::WorkerJoined { worker: id, info }));
        id
    }

    pub(super) fn push(&mut self, delay_ns: u64, what: Happening) {
        let at_ns = self.now_ns + delay_ns;
        self.queue.push(Reverse(Queued { at_ns, order: self.n_happenings, what }));
        self.n_happenings += 1;
    }

    pub(super) fn push_at(&mut self, at_ns: u64, what: Happening) {
        self.push(at_ns.saturating_sub(self.now_ns), what);
    }

    fn run_until_told(&mut self) -> Result<(), String> {
        let n_max = EVENTS_PER_TASK_MAX * self.graph.submission.len() as u64 + 100_000;
        while self.expected.n_open > 0 {
            if !self.step()? {
                return Err(format!(
                    "everything rests, but {} wanted results are missing",
                    self.expected.n_open
                ));
            }
            if self.n_happenings > n_max {
                return Err(format!("no end after {n_max} events"));
            }
        }
        Ok(())
    }

    /// Takes the next happening. False if there is none.
    fn step(&mut self) -> Result<bool, String> {
        let Some(Reverse(Queued { at_ns, what, .. })) = self.queue.pop() else {
            return Ok(false);
        };
        self.now_ns = at_ns;
        match what {
            Happening::ToScheduler(event) => self.at_scheduler(event)?,
            Happening::FromWorker(worker, msg) => {
                if self.nodes[worker.idx()].connected {
                    self.at_scheduler(SchedulerEvent::Worker { worker, msg })?;
                }
            }
            Happening::ToWorker(worker, msg) => {
                if self.nodes[worker.idx()].connected {
                    self.at_worker(worker, WorkerEvent::Scheduler(msg))?;
                }
            }
            Happening::AtWorker(worker, event) => self.at_worker(worker, event)?,
            Happening::FetchAgain(to, from, task) => self.fetch(to, from, task),
            Happening::Unclaimed(worker) => self.nodes[worker.idx()].found.clear(),
            Happening::Transferred(to, from, task, value) => self.transferred(to, from, task, value)?,
            Happening::CallEnds(call) => self.call_ends(call)?,
            Happening::Suspends(call) => self.suspend(call)?,
            Happening::Resumes(call) => self.resumes(call)?,
            Happening::Kill => self.kill(false),
            Happening::Retire => self.retire(),
            Happening::Restart => self.restart(),
            Happening::CutOff => self.kill(true),
            Happening::Split => self.split(),
            Happening::Heal(from, to) => {
                self.splits.remove(&(from, to));
            }
            Happening::Join => {
                self.join();
            }
            Happening::Restless => self.restless(),
        }
        Ok(true)
    }

    fn at_scheduler(&mut self, event: SchedulerEvent) -> Result<(), String> {
        let mut actions = std::mem::take(&mut self.actions);
        if let Some(log) = &mut self.log {
            log.push((Time(self.now_ns), event.clone()));
        }
        self.ticks &= !matches!(event, SchedulerEvent::Tick);
        let begin = self.config.measures.then(Instant::now);
        self.scheduler.on(Time(self.now_ns), event, &mut actions);
        let took_ns = begin.map_or(0, |begin| begin.elapsed().as_nanos() as u64);
        self.report.scheduler_ns += took_ns;
        if self.report.n_calls == 0 && self.report.first_ns == 0 && actions.iter().any(is_compute) {
            self.report.first_ns = self.report.scheduler_ns;
        }
        if self.report.submit_ns == 0 && actions.iter().any(is_accepted) {
            self.report.submit_ns = self.report.scheduler_ns;
            self.report.table_nbytes = self.scheduler.nbytes() as u64;
        }
        self.report.n_events += 1;
        self.report.n_actions += actions.len() as u64;
        if self.config.validates {
            self.scheduler.validate()?;
        }
        for action in actions.drain(..) {
            self.trace(&action);
            match action {
                SchedulerAction::Worker { worker, msg } => {
                    let node = &mut self.nodes[worker.idx()];
                    let at = node.down.arrival_ns(self.now_ns, self.config.latency_ns, &mut self.random);
                    self.push_at(at, Happening::ToWorker(worker, msg));
                }
                SchedulerAction::Client { client, msg } if client != CLIENT => self.tell_call(client, &msg),
                SchedulerAction::Client { msg, .. } => {
                    self.expected.on_report(&msg)?;
                    self.check_value(&msg)?;
                }
                SchedulerAction::Retired { worker } => self.leave(worker),
                SchedulerAction::ForgetGraph { .. } => {}
            }
        }
        self.actions = actions;
        if self.scheduler.pending() && !self.ticks {
            self.ticks = true;
            self.push(TICK_NS, Happening::ToScheduler(SchedulerEvent::Tick));
        }
        Ok(())
    }

    fn trace(&mut self, action: &SchedulerAction) {
        self.report.trace_word(self.now_ns);
        if let SchedulerAction::Worker { worker, msg } = action {
            let (kind, task) = match msg {
                SchedulerMsg::Compute(assignment) => (1, assignment.task),
                SchedulerMsg::Free { task } => (2, *task),
                SchedulerMsg::Cancel { task, .. } => (3, *task),
                SchedulerMsg::Steal { task, .. } => (4, *task),
                SchedulerMsg::Hold { task, .. } => (5, *task),
                SchedulerMsg::Copy { input, .. } => (6, input.task),
            };
            self.report.trace_word(u64::from(worker.0) << 40 | kind << 32 | u64::from(task.slot));
        }
    }

    /// A value reported to be in memory is the right one, wherever it still is.
    fn check_value(&self, msg: &ReportMsg) -> Result<(), String> {
        let ReportMsg::InMemory { task, key, .. } = msg else { return Ok(()) };
        let row = self.expected.row_of[key];
        for worker in self.scheduler.who_has(*task) {
            let held = self.nodes[worker.idx()].store.get(task);
            if held.is_some_and(|held| held.hash != self.expected.values[row as usize]) {
                return Err(format!("row {row} has the wrong value on {worker}"));
            }
        }
        Ok(())
    }

    pub(super) fn at_worker(&mut self, worker: WorkerId, event: WorkerEvent) -> Result<(), String> {
        let node = &mut self.nodes[worker.idx()];
        if !node.runs {
            return Ok(());
        }
        let mut actions = std::mem::take(&mut self.worker_actions);
        let begin = self.config.measures.then(Instant::now);
        node.machine.on(Time(self.now_ns), event, &mut actions);
        self.report.worker_ns += begin.map_or(0, |begin| begin.elapsed().as_nanos() as u64);
        if self.config.validates {
            node.machine.validate().map_err(|what| format!("{worker}: {what}"))?;
        }
        let memory_nbytes = node.machine.memory_nbytes();
        self.memory_nbytes = self.memory_nbytes + memory_nbytes - node.memory_nbytes;
        node.memory_nbytes = memory_nbytes;
        self.report.peak_worker_nbytes = self.report.peak_worker_nbytes.max(memory_nbytes);
        self.report.peak_nbytes = self.report.peak_nbytes.max(self.memory_nbytes);
        for action in actions.drain(..) {
            self.carry_out(worker, action)?;
        }
        self.worker_actions = actions;
        Ok(())
    }

    fn check_results(&self) -> Result<(), String> {
        for (key, told) in &self.expected.wanted {
            let row = self.expected.row_of[key];
            if *told == Told::Nothing {
                return Err(format!("row {row} was never reported"));
            }
        }
        Ok(())
    }

    /// After everything was released, no task is live, and no live worker holds anything.
    fn check_nothing_left(&self) -> Result<(), String> {
        if self.scheduler.n_tasks() > 0 {
            return Err(format!("{} tasks are left in the scheduler", self.scheduler.n_tasks()));
        }
        for (worker, node) in self.nodes.iter().enumerate().filter(|(_, node)| node.runs && node.connected) {
            if !node.store.is_empty() || node.machine.memory_nbytes() > 0 {
                return Err(format!("w{worker} still holds {:?}", node.store.keys().collect::<Vec<_>>()));
            }
        }
        Ok(())
    }
}

fn is_compute(action: &SchedulerAction) -> bool {
    matches!(action, SchedulerAction::Worker { msg: SchedulerMsg::Compute(_), .. })
}

fn is_accepted(action: &SchedulerAction) -> bool {
    matches!(action, SchedulerAction::Client { msg: ReportMsg::Accepted { .. }, .. })
}
