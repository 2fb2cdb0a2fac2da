//! How fast the scheduler's own code is: graphs of a million tasks replayed to it alone, and a scheduler and a worker
//! wired together as in one process. Time is that of this thread on a core, so that other work counts little.
//!
//! `cargo run --release -p gristmill-scheduling --example core_speed [tasks] [workers] [graph]`

use std::collections::VecDeque;

use gristmill_scheduling::{
    ClientId, ClientMsg, GraphId, ReportMsg, Scheduler, SchedulerAction, SchedulerConfig, SchedulerEvent,
    SchedulerMsg, TenantId, Time, Worker, WorkerAction, WorkerConfig, WorkerEvent, WorkerId, WorkerInfo,
    sim::{Shape, SimConfig, record},
};

fn main() {
    let mut args = std::env::args().skip(1);
    let n_tasks = args.next().and_then(|n| n.parse().ok()).unwrap_or(1_000_000);
    let n_workers = args.next().and_then(|n| n.parse().ok()).unwrap_or(100);
    let only = args.next();
    println!(
        "{:12} {:>8} {:>8} {:>8} {:>11} {:>8} {:>10} {:>6}",
        "graph", "tasks", "events", "first ms", "accepted ms", "ns/task", "tasks/s", "B/task"
    );
    for (name, shape) in shapes(n_tasks) {
        if only.as_deref().is_none_or(|only| only == name) {
            replay(name, shape, n_workers);
        }
    }
    println!("scheduler and worker in one process, calls that return at once:");
    local("independent", Shape::Independent { n: n_tasks / 10 });
    local("chain", Shape::Chains { n: 1, len: n_tasks / 10 });
    local("tree", Shape::Tree { n_leaves: n_tasks / 10, arity: 8 });
}

/// About `n` tasks in each shape.
fn shapes(n: u32) -> [(&'static str, Shape); 6] {
    let root = f64::from(n).sqrt() as u32;
    [
        ("independent", Shape::Independent { n }),
        ("tree", Shape::Tree { n_leaves: n / 8 * 7, arity: 8 }),
        ("stencil", Shape::Stencil { width: n / 100, steps: 99 }),
        ("shuffle", Shape::Shuffle { n: root }),
        ("merge", Shape::Merge { n }),
        ("chains", Shape::Chains { n: n / 1000, len: 1000 }),
    ]
}

/// Feeds a new scheduler the events of a simulated run, so that nothing else runs between them.
fn replay(name: &str, shape: Shape, n_workers: u32) {
    let graph = shape.graph(1, 20_000_000, 1_000);
    let n_tasks = graph.submission.len();
    let config = SimConfig { n_workers, threads: 8, ..SimConfig::default() };
    let (report, log) = match record(&config, &graph) {
        Ok(recorded) => recorded,
        Err(what) => return println!("{name:12} failed: {what}"),
    };
    drop(graph);
    let n_events = log.len();
    let settings = SchedulerConfig { seed: config.seed, ..config.scheduler.clone() };
    // A thread of its own, so that a profiler can tell it by name from the simulation before.
    let replay = std::thread::Builder::new().name("replay".into()).spawn(move || feed(settings, log));
    let Some(Ok([first_ns, accepted_ns, total_ns])) = replay.ok().map(std::thread::JoinHandle::join) else {
        return println!("{name:12} failed: no thread, or it panicked");
    };
    println!(
        "{name:12} {n_tasks:8} {n_events:8} {:8.1} {:11.1} {:8.0} {:10.0} {:6.0}",
        first_ns as f64 / 1e6,
        accepted_ns as f64 / 1e6,
        total_ns as f64 / n_tasks as f64,
        n_tasks as f64 / total_ns as f64 * 1e9,
        report.table_nbytes as f64 / n_tasks as f64,
    );
}

/// Nanoseconds until the first task was sent, until the graph was accepted, and until all events were taken in.
fn feed(settings: SchedulerConfig, log: Vec<(Time, SchedulerEvent)>) -> [u64; 3] {
    let mut scheduler = Scheduler::new(settings);
    let mut actions = Vec::new();
    let (mut first_ns, mut accepted_ns) = (None, None);
    let begin = cpu_ns();
    for (now, event) in log {
        scheduler.on(now, event, &mut actions);
        if accepted_ns.is_none() {
            let sent = |action: &SchedulerAction| {
                matches!(action, SchedulerAction::Worker { msg: SchedulerMsg::Compute(_), .. })
            };
            let accepted = |action: &SchedulerAction| {
                matches!(action, SchedulerAction::Client { msg: ReportMsg::Accepted { .. }, .. })
            };
            first_ns = first_ns.or_else(|| actions.iter().any(sent).then(|| cpu_ns() - begin));
            accepted_ns = actions.iter().any(accepted).then(|| cpu_ns() - begin);
        }
        actions.clear();
    }
    let total_ns = cpu_ns() - begin;
    [first_ns.unwrap_or_default(), accepted_ns.unwrap_or_default(), total_ns]
}

/// Feeds scheduler and worker what they tell each other.
fn local(name: &str, shape: Shape) {
    let graph = shape.graph(1, 0, 8);
    let n_tasks = graph.submission.len() as f64;
    let mut scheduler = Scheduler::new(SchedulerConfig::default());
    let mut worker = Worker::new(WorkerId(0), WorkerConfig { threads: 2, ..WorkerConfig::default() });
    let (mut actions, mut worker_actions) = (Vec::new(), Vec::new());
    let info = WorkerInfo { threads: 2, ..WorkerInfo::default() };
    let submission = Box::new(graph.submission);
    let msg = ClientMsg::Submit { graph: GraphId(0), tenant: TenantId(0), submission };
    let mut events = VecDeque::from([
        SchedulerEvent::WorkerJoined { worker: WorkerId(0), info },
        SchedulerEvent::Client { client: ClientId(0), msg },
    ]);
    let mut worker_events = VecDeque::new();
    let begin = cpu_ns();
    for now in 0.. {
        if let Some(event) = events.pop_front() {
            scheduler.on(Time(now), event, &mut actions);
        } else if let Some(event) = worker_events.pop_front() {
            worker.on(Time(now), event, &mut worker_actions);
        } else if scheduler.pending() {
            scheduler.on(Time(now), SchedulerEvent::Tick, &mut actions);
        } else {
            break;
        }
        worker_events.extend(actions.drain(..).filter_map(|action| match action {
            SchedulerAction::Worker { msg, .. } => Some(WorkerEvent::Scheduler(msg)),
            _ => None,
        }));
        for action in worker_actions.drain(..) {
            match action {
                WorkerAction::Scheduler(msg) => {
                    events.push_back(SchedulerEvent::Worker { worker: WorkerId(0), msg });
                }
                WorkerAction::Execute { task, run } => {
                    worker_events.push_back(WorkerEvent::Executed { task, run, nbytes: 8, duration_ns: 100 });
                }
                _ => {}
            }
        }
    }
    println!("{name:12} {:8} {:35.0} ns/task", n_tasks, (cpu_ns() - begin) as f64 / n_tasks);
}

/// Nanoseconds that this thread has run.
fn cpu_ns() -> u64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    stat.split(' ').next().and_then(|ns| ns.parse().ok()).unwrap_or_default()
}
