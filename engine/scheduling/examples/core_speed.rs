//! How fast the scheduler decides, and how well: graphs on simulated workers.
//!
//! `cargo run --release -p gristmill-scheduling --example core_speed [speed|policies] [tasks] [workers]`

use gristmill_scheduling::{
    ClientId, ClientMsg, GraphId, PolicyKind, Scheduler, SchedulerConfig, SchedulerEvent, TenantId, Time,
    WorkerId, WorkerInfo,
    sim::{Shape, SimConfig, record, simulate},
};

fn main() {
    let mut args = std::env::args().skip(1);
    let what = args.next().unwrap_or_else(|| "speed".into());
    let n_tasks = args.next().and_then(|n| n.parse().ok()).unwrap_or(1_000_000);
    let n_workers = args.next().and_then(|n| n.parse().ok()).unwrap_or(100);
    match what.as_str() {
        "policies" => policies(n_workers),
        "submit" => submit(n_tasks, n_workers),
        only => speed(n_tasks, n_workers, only),
    }
}

/// About `n` tasks in each of the shapes that are measured.
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

/// Submits each graph to a new scheduler with idle workers.
fn submit(n: u32, n_workers: u32) {
    for (name, shape) in shapes(n) {
        let graph = shape.graph(1, 20_000_000, 1_000);
        for _ in 0..3 {
            let mut scheduler = Scheduler::new(SchedulerConfig::default());
            let mut actions = Vec::new();
            for worker in 0..n_workers {
                let info = WorkerInfo { threads: 8, ..WorkerInfo::default() };
                let joined = SchedulerEvent::WorkerJoined { worker: WorkerId(worker), info };
                scheduler.on(Time(0), joined, &mut actions);
            }
            let submission = Box::new(graph.submission.clone());
            let msg = ClientMsg::Submit { graph: GraphId(0), tenant: TenantId(0), submission };
            let begin = cpu_ns();
            scheduler.on(Time(0), SchedulerEvent::Client { client: ClientId(0), msg }, &mut actions);
            println!("{name:12} first actions after {:.1} ms", (cpu_ns() - begin) as f64 / 1e6);
        }
    }
}

/// Replays the events of a simulated run to a scheduler alone.
fn speed(n: u32, n_workers: u32, only: &str) {
    println!(
        "{:12} {:>8} {:>9} {:>9} {:>9} {:>9} {:>8} {:>11} {:>9}",
        "graph", "tasks", "events", "submit ms", "first ms", "ns/task", "B/task", "tasks/s", "release ms"
    );
    for (name, shape) in shapes(n) {
        if only != "speed" && only != name {
            continue;
        }
        let graph = shape.graph(1, 20_000_000, 1_000);
        let n_tasks = graph.submission.len();
        let config = SimConfig { n_workers, threads: 8, ..SimConfig::default() };
        let (report, log) = match record(&config, &graph) {
            Ok(recorded) => recorded,
            Err(what) => {
                println!("{name:12} FAILED: {what}");
                continue;
            }
        };
        drop(graph);
        let n_events = log.len();
        let mut scheduler = Scheduler::new(SchedulerConfig { seed: config.seed, ..config.scheduler.clone() });
        let mut actions = Vec::new();
        let (mut submit_ns, mut first_ns, mut release_ns, mut rest_ns) = (0, 0, 0, 0);
        let mut begin = cpu_ns();
        for (now, event) in log {
            let msg = if let SchedulerEvent::Client { msg, .. } = &event {
                Some(matches!(msg, ClientMsg::Submit { .. }))
            } else {
                None
            };
            if msg.is_some() {
                rest_ns += cpu_ns() - begin;
                begin = cpu_ns();
            }
            scheduler.on(now, event, &mut actions);
            if let Some(is_submit) = msg {
                let took_ns = cpu_ns() - begin;
                if is_submit {
                    submit_ns += took_ns
                } else {
                    release_ns += took_ns
                }
                if is_submit {
                    first_ns += took_ns
                }
                begin = cpu_ns();
            }
            actions.clear();
        }
        rest_ns += cpu_ns() - begin;
        let total_ns = (submit_ns + rest_ns + release_ns) as f64;
        println!(
            "{name:12} {n_tasks:8} {n_events:9} {:9.1} {:9.1} {:9.0} {:8.0} {:11.0} {:9.1}",
            submit_ns as f64 / 1e6,
            first_ns as f64 / 1e6,
            total_ns / n_tasks as f64,
            report.table_nbytes as f64 / n_tasks as f64,
            n_tasks as f64 / total_ns * 1e9,
            release_ns as f64 / 1e6,
        );
    }
}

/// Time that this thread has had on a core, which others on the machine don't lengthen.
fn cpu_ns() -> u64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    stat.split(' ').next().and_then(|ns| ns.parse().ok()).unwrap_or_default()
}

fn policies(n_workers: u32) {
    let skip = if std::env::var("T_G").is_ok() { 2 } else { 0 };
    println!(
        "{:22} {:10} {:>9} {:>9} {:>10} {:>12} {:>10} {:>9}",
        "graph", "policy", "ideal s", "makespan", "moved GB", "peak/w GB", "peak GB", "ns/task"
    );
    let gb = |nbytes: u64| nbytes as f64 / 1e9;
    for (name, shape, duration_ns, nbytes) in [
        ("tree 16k x8", Shape::Tree { n_leaves: 16_384, arity: 8 }, 20_000_000, 16_000_000),
        ("stencil 500x30", Shape::Stencil { width: 500, steps: 30 }, 40_000_000, 16_000_000),
        ("matmul 16", Shape::Matmul { n: 16 }, 60_000_000, 32_000_000),
        ("shuffle 100", Shape::Shuffle { n: 100 }, 3_000_000, 100_000_000),
        ("merge 20k", Shape::Merge { n: 20_000 }, 1_000_000, 10_000),
        ("chains 500x30", Shape::Chains { n: 500, len: 30 }, 20_000_000, 16_000_000),
        ("random 10k", Shape::Random { n: 10_000 }, 20_000_000, 4_000_000),
    ] {
        let graph = shape.graph(1, duration_ns, nbytes);
        let work_ns: u64 = graph.duration_ns.iter().sum();
        for policy in [PolicyKind::Random, PolicyKind::Dask, PolicyKind::Gristmill].into_iter().skip(skip) {
            let config = SimConfig {
                n_workers,
                threads: 8,
                memory_limit_nbytes: 64 << 30,
                policy,
                measures: true,
                ..SimConfig::default()
            };
            match simulate(&config, &graph) {
                Ok(report) => println!(
                    "{name:22} {:10} {:9.2} {:9.2} {:10.1} {:12.2} {:10.1} {:9.0}",
                    format!("{policy:?}").to_lowercase(),
                    work_ns as f64 / 1e9 / f64::from(n_workers * 8),
                    report.makespan_ns as f64 / 1e9,
                    gb(report.moved_nbytes),
                    gb(report.peak_worker_nbytes),
                    gb(report.peak_nbytes),
                    report.scheduler_ns as f64 / graph.submission.len() as f64,
                ),
                Err(what) => println!("{name:22} {policy:?} FAILED: {what}"),
            }
        }
    }
}
