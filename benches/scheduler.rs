//! How fast does the scheduler decide, and how well? Graphs on 100 simulated workers, in one thread.
//!
//! Speed: the time spent in the scheduler's own code for graphs of a million tasks.
//! Quality: makespan, bytes moved and spilled, and peak memory on the same simulator beside its two other policies,
//! random placement and Dask's, whose version is therefore ours. Small graphs, some 25 tasks a thread, and those of a
//! million, each of which takes less than two minutes under all policies. The product of a million tasks has smaller
//! blocks than the small one: with 32 MB each, random placement fills the disks, and to simulate that takes longer.

#![allow(clippy::unwrap_used, reason = "a bench that cannot run should stop")]

mod support;

use gristmill::scheduling::PolicyKind;
use gristmill::scheduling::sim::{Shape, SimConfig, simulate};
use support::{Figure, peers_run, print};

const N_WORKERS: u32 = 100;
const THREADS: u32 = 8;
/// Runs of each graph; the fastest counts, for the machine may be busy.
const RUNS: usize = 3;

/// A graph, with how long its tasks take and how large their results are.
struct Workload {
    name: String,
    shape: Shape,
    duration_ns: u64,
    nbytes: u64,
}

fn main() {
    let n_tasks = std::env::var("TASKS").ok().and_then(|n| n.parse().ok()).unwrap_or(1_000_000);
    let mut figures = Vec::new();
    million(n_tasks).iter().for_each(|workload| speed(workload, &mut figures));
    print("scheduler speed", &figures);
    figures.clear();
    small().iter().chain(&million(n_tasks)).for_each(|workload| quality(workload, &mut figures));
    print("scheduler quality", &figures);
}

/// About `n` tasks in each graph.
fn million(n: u32) -> [Workload; 5] {
    let (root, cube_root) = (f64::from(n).sqrt() as u32, f64::from(n).cbrt() as u32);
    let workload = |name: &str, shape, ms, nbytes| {
        workload(&format!("{name}, {} M tasks", f64::from(n) / 1e6), shape, ms, nbytes)
    };
    [
        workload("tree", Shape::Tree { n_leaves: n / 8 * 7, arity: 8 }, 20, 16_000_000),
        workload("stencil", Shape::Stencil { width: n / 100, steps: 99 }, 40, 16_000_000),
        workload("matmul", Shape::Matmul { n: cube_root }, 60, 2_000_000),
        workload("shuffle", Shape::Shuffle { n: root }, 3, 100_000_000),
        workload("merge", Shape::Merge { n }, 1, 10_000),
    ]
}

fn small() -> [Workload; 5] {
    [
        workload("tree of 16,384, arity 8", Shape::Tree { n_leaves: 16_384, arity: 8 }, 20, 16_000_000),
        workload("stencil 500 x 30", Shape::Stencil { width: 500, steps: 30 }, 40, 16_000_000),
        workload("matmul 16^3", Shape::Matmul { n: 16 }, 60, 32_000_000),
        workload("shuffle 100 x 100", Shape::Shuffle { n: 100 }, 3, 100_000_000),
        workload("merge of 20,000", Shape::Merge { n: 20_000 }, 1, 10_000),
    ]
}

fn workload(name: &str, shape: Shape, duration_ms: u64, nbytes: u64) -> Workload {
    Workload { name: name.to_owned(), shape, duration_ns: duration_ms * 1_000_000, nbytes }
}

fn speed(workload: &Workload, figures: &mut Vec<Figure>) {
    let name = &*workload.name;
    let graph = workload.shape.graph(1, 20_000_000, 1_000);
    let n_tasks = graph.submission.len() as f64;
    let config = SimConfig { n_workers: N_WORKERS, threads: THREADS, measures: true, ..SimConfig::default() };
    let runs: Vec<_> = (0..RUNS).map(|_| simulate(&config, &graph).unwrap()).collect();
    let best = runs.iter().min_by_key(|report| report.scheduler_ns).unwrap();
    let tasks_per_s = n_tasks / best.scheduler_ns as f64 * 1e9;
    figures.push(Figure::new(name, "scheduler core", tasks_per_s / 1e6, "M tasks/s"));
    figures.push(Figure::new(name, "accepted after", best.submit_ns as f64 / 1e9, "s"));
    figures.push(Figure::new(name, "tables", best.table_nbytes as f64 / n_tasks, "B/task"));
}

fn quality(workload: &Workload, figures: &mut Vec<Figure>) {
    let &Workload { shape, duration_ns, nbytes, .. } = workload;
    let name = &*workload.name;
    let graph = shape.graph(1, duration_ns, nbytes);
    let work_ns: u64 = graph.duration_ns.iter().sum();
    let ideal_s = work_ns as f64 / 1e9 / f64::from(N_WORKERS * THREADS);
    figures.push(Figure::new(name, "makespan, ideal", ideal_s, "s"));
    let measure = |policy: PolicyKind| {
        let config = SimConfig {
            n_workers: N_WORKERS,
            threads: THREADS,
            memory_limit_nbytes: 64 << 30,
            policy,
            ..SimConfig::default()
        };
        let report = simulate(&config, &graph).unwrap();
        [
            Figure::new(name, "makespan", report.makespan_ns as f64 / 1e9, "s"),
            Figure::new(name, "moved", report.moved_nbytes as f64 / 1e9, "GB"),
            Figure::new(name, "spilled", report.spilled_nbytes as f64 / 1e9, "GB"),
            Figure::new(name, "peak memory", report.peak_nbytes as f64 / 1e9, "GB"),
        ]
    };
    figures.extend(measure(PolicyKind::Gristmill));
    if peers_run() {
        for (peer, policy) in [("random placement", PolicyKind::Random), ("dask policy", PolicyKind::Dask)] {
            let version = env!("CARGO_PKG_VERSION");
            figures.extend(measure(policy).map(|figure| figure.by(peer, version)));
        }
    }
}
