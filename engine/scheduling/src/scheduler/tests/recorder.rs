//! A scheduler with a recorder of its effects, which must be empty before the next event.

use std::{collections::VecDeque, fmt::Write, sync::Arc};

use gristmill_graph::Key;

use crate::*;

pub(super) const CLIENT: ClientId = ClientId(0);

pub(super) struct Env {
    pub(super) scheduler: Scheduler,
    now_ns: u64,
    effects: VecDeque<SchedulerAction>,
}

/// An error as a worker's driver would make it.
#[derive(Debug, PartialEq, thiserror::Error)]
#[error("{0}")]
pub(super) struct Broken(pub(super) &'static str);

pub(super) fn key(name: &str) -> Key {
    let mut bytes = [0; 32];
    bytes[..name.len()].copy_from_slice(name.as_bytes());
    bytes[31] = name.len() as u8;
    // The index takes the first bytes as a hash.
    bytes.rotate_right(1);
    Key(bytes)
}

/// A graph from lines like `c: a b`, inputs first; the family of `c1` is `c`. The last row is wanted.
pub(super) fn graph(rows: &[&str]) -> Submission {
    let mut graph = Submission::default();
    let mut names: Vec<&str> = Vec::new();
    for (row, line) in rows.iter().enumerate() {
        let (name, inputs) = line.split_once(':').unwrap();
        names.push(name);
        graph.keys.push(key(name));
        let position = |input: &str| names.iter().position(|other| *other == input).unwrap() as u32;
        graph.inputs.push_row(inputs.split_whitespace().map(position)).unwrap();
        let family = name.trim_end_matches(char::is_numeric);
        let known = graph.families.iter().position(|spec| &*spec.name == family);
        graph.family.push(known.unwrap_or(graph.families.len()) as u32);
        if known.is_none() {
            graph.families.push(FamilySpec::new(family));
        }
        graph.priority.push(row as u32);
    }
    graph.wanted = vec![rows.len() as u32 - 1];
    graph
}

impl Env {
    pub(super) fn new() -> Self {
        Self::with(SchedulerConfig::default())
    }

    pub(super) fn with(config: SchedulerConfig) -> Self {
        Self { scheduler: Scheduler::new(config), now_ns: 0, effects: VecDeque::new() }
    }

    /// Feeds an event. Everything asked for before must have been looked at.
    pub(super) fn on(&mut self, event: SchedulerEvent) {
        assert!(self.effects.is_empty(), "not looked at before {event:?}: {}", self.drain());
        self.now_ns += 1_000_000;
        let mut actions = Vec::new();
        self.scheduler.on(Time(self.now_ns), event, &mut actions);
        self.effects.extend(actions);
        self.scheduler.validate().unwrap();
    }

    pub(super) fn join(&mut self, worker: u32, threads: u32) {
        self.join_with(worker, WorkerInfo { threads, ..WorkerInfo::default() });
    }

    pub(super) fn join_with(&mut self, worker: u32, info: WorkerInfo) {
        self.on(SchedulerEvent::WorkerJoined { worker: WorkerId(worker), info });
    }

    pub(super) fn lose(&mut self, worker: u32) {
        self.on(SchedulerEvent::WorkerLost { worker: WorkerId(worker) });
    }

    pub(super) fn client(&mut self, msg: ClientMsg) {
        self.on(SchedulerEvent::Client { client: CLIENT, msg });
    }

    pub(super) fn submit(&mut self, id: u32, graph: Submission) {
        self.submit_as(id, TenantId(0), graph);
    }

    pub(super) fn submit_as(&mut self, id: u32, tenant: TenantId, graph: Submission) {
        self.client(ClientMsg::Submit { graph: GraphId(id), tenant, submission: Box::new(graph) });
    }

    pub(super) fn release(&mut self, names: &[&str]) {
        self.client(ClientMsg::Release { keys: names.iter().map(|name| key(name)).collect() });
    }

    pub(super) fn worker(&mut self, worker: u32, msg: WorkerMsg) {
        self.on(SchedulerEvent::Worker { worker: WorkerId(worker), msg });
    }

    pub(super) fn task(&self, name: &str) -> TaskId {
        self.scheduler.task(key(name)).unwrap()
    }

    pub(super) fn state(&self, name: &str) -> SchedulerTask {
        self.scheduler.task(key(name)).map_or(SchedulerTask::Forgotten, |task| self.scheduler.state(task))
    }

    /// The run of a task that is processing.
    pub(super) fn run(&self, name: &str) -> RunId {
        let slot = self.task(name).slot;
        let task = &self.scheduler.tasks.hot[slot as usize];
        self.scheduler.workers[task.worker as usize].processing[task.mark as usize].run
    }

    pub(super) fn finish(&mut self, worker: u32, name: &str) {
        self.finish_with(worker, name, 8, 1_000_000);
    }

    pub(super) fn finish_with(&mut self, worker: u32, name: &str, nbytes: u64, duration_ns: u64) {
        let (task, run) = (self.task(name), self.run(name));
        self.worker(worker, WorkerMsg::Finished { task, run, nbytes, duration_ns });
    }

    pub(super) fn fail(&mut self, worker: u32, name: &str, retryable: bool) {
        let (task, run) = (self.task(name), self.run(name));
        let error: SharedError = Arc::new(Broken("it broke"));
        self.worker(worker, WorkerMsg::Erred { task, run, error, retryable });
    }

    pub(super) fn next(&mut self) -> Option<SchedulerAction> {
        self.effects.pop_front()
    }

    fn name(&self, key: &Key) -> String {
        let mut bytes = key.0;
        bytes.rotate_left(1);
        String::from_utf8_lossy(&bytes[..bytes[31] as usize]).into_owned()
    }

    /// Takes everything asked for, in words: `w0 compute c(a@w0 b@w1)`, `c0 has c`.
    pub(super) fn drain(&mut self) -> String {
        let mut text = String::new();
        while let Some(action) = self.effects.pop_front() {
            let what = self.describe(&action);
            let _ = write!(text, "{}{what}", if text.is_empty() { "" } else { "; " });
        }
        text
    }

    fn describe(&self, action: &SchedulerAction) -> String {
        let of = |task: TaskId| self.scheduler.key(task).map_or(format!("{task}"), |key| self.name(&key));
        match action {
            SchedulerAction::Worker { worker, msg } => match msg {
                SchedulerMsg::Compute(assignment) => {
                    let inputs = assignment.inputs.iter().map(|input| {
                        let holders: Vec<_> =
                            input.holders.as_slice().iter().map(ToString::to_string).collect();
                        format!("{}@{}", of(input.task), holders.join(","))
                    });
                    format!(
                        "{worker} compute {}({})",
                        of(assignment.task),
                        inputs.collect::<Vec<_>>().join(" ")
                    )
                }
                SchedulerMsg::Free { task } => format!("{worker} free {}", of(*task)),
                SchedulerMsg::Cancel { task, .. } => format!("{worker} cancel {}", of(*task)),
                SchedulerMsg::Steal { task, .. } => format!("{worker} give back {}", of(*task)),
                SchedulerMsg::Hold { task, .. } => format!("{worker} hold {}", of(*task)),
                SchedulerMsg::Copy { input, .. } => format!("{worker} copy {}", of(input.task)),
            },
            SchedulerAction::Retired { worker } => format!("{worker} retired"),
            SchedulerAction::Client { client, msg } => match msg {
                ReportMsg::Accepted { n_new, .. } => format!("{client} accepted {n_new}"),
                ReportMsg::Refused { error, .. } => format!("{client} refused: {error}"),
                ReportMsg::InMemory { key, .. } => format!("{client} has {}", self.name(key)),
                ReportMsg::Erred { key, failure } => {
                    let root = self.name(&failure.root);
                    format!("{client} erred {} by {root}: {}", self.name(key), failure.error)
                }
                ReportMsg::Cancelled { key } => format!("{client} cancelled {}", self.name(key)),
                ReportMsg::Lost { key } => format!("{client} lost {}", self.name(key)),
            },
            SchedulerAction::ForgetGraph { graph } => format!("forget {graph}"),
        }
    }

    pub(super) fn check(&mut self, expect: &str) {
        let effects = self.drain();
        assert_eq!(effects, expect);
    }
}
