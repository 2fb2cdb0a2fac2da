//! How fast does the scheduler decide, and how well? Graphs on 100 simulated workers, in one thread.
//!
//! Speed: the time spent in the scheduler's own code for graphs of a million tasks.
//! Quality: makespan, bytes moved and peak memory beside random placement and Dask's policy on the same simulator.

#![allow(clippy::unwrap_used, reason = "a bench that cannot run should stop")]

mod support;

use gristmill::scheduling::PolicyKind;
use gristmill::scheduling::sim::{Shape, SimConfig, simulate};
use support::{Figure, print};

const N_WORKERS: u32 = 100;
const THREADS: u32 = 8;
/// Runs of each graph; the fastest counts, for the machine may be busy.
const RUNS: usize = 3;

fn main() {
    let n_tasks = std::env::var("TASKS").ok().and_then(|n| n.parse().ok()).unwrap_or(1_000_000);
    let mut figures = Vec::new();
    for (name, shape) in million(n_tasks) {
        speed(name, shape, &mut figures);
    }
    print("scheduler speed", &figures);
    figures.clear();
    for (name, shape, duration_ns, nbytes) in workloads() {
        quality(name, shape, duration_ns, nbytes, &mut figures);
    }
    print("scheduler quality", &figures);
}

/// About `n` tasks in each shape.
fn million(n: u32) -> [(&'static str, Shape); 4] {
    let root = f64::from(n).sqrt() as u32;
    [
        ("tree, 1 M tasks", Shape::Tree { n_leaves: n / 8 * 7, arity: 8 }),
        ("stencil, 1 M tasks", Shape::Stencil { width: n / 100, steps: 99 }),
        ("shuffle, 1 M tasks", Shape::Shuffle { n: root }),
        ("merge, 1 M tasks", Shape::Merge { n }),
    ]
}

fn speed(name: &str, shape: Shape, figures: &mut Vec<Figure>) {
    let graph = shape.graph(1, 20_000_000, 1_000);
    let n_tasks = graph.submission.len() as f64;
    let config = SimConfig { n_workers: N_WORKERS, threads: THREADS, measures: true, ..SimConfig::default() };
    let runs: Vec<_> = (0..RUNS).map(|_| simulate(&config, &graph).unwrap()).collect();
    let best = runs.iter().min_by_key(|report| report.scheduler_ns).unwrap();
    let tasks_per_s = n_tasks / best.scheduler_ns as f64 * 1e9;
    figures.push(Figure::new(name, "scheduler core", tasks_per_s / 1e6, "M tasks/s"));
    figures.push(Figure::new(name, "accepted after", best.submit_ns as f64 / 1e9, "s"));
    figures.push(Figure::new(name, "tables", best.table_nbytes as f64 / n_tasks, "B/task"));
}

/// Shape, mean duration and result size of what is compared.
fn workloads() -> [(&'static str, Shape, u64, u64); 5] {
    [
        ("tree of 16,384, arity 8", Shape::Tree { n_leaves: 16_384, arity: 8 }, 20_000_000, 16_000_000),
        ("stencil 500 x 30", Shape::Stencil { width: 500, steps: 30 }, 40_000_000, 16_000_000),
        ("matmul 16^3", Shape::Matmul { n: 16 }, 60_000_000, 32_000_000),
        ("shuffle 100 x 100", Shape::Shuffle { n: 100 }, 3_000_000, 100_000_000),
        ("merge of 20,000", Shape::Merge { n: 20_000 }, 1_000_000, 10_000),
    ]
}

fn quality(name: &str, shape: Shape, duration_ns: u64, nbytes: u64, figures: &mut Vec<Figure>) {
    let graph = shape.graph(1, duration_ns, nbytes);
    let work_ns: u64 = graph.duration_ns.iter().sum();
    let ideal_s = work_ns as f64 / 1e9 / f64::from(N_WORKERS * THREADS);
    figures.push(Figure::new(format!("{name}, ideal"), "makespan", ideal_s, "s"));
    for policy in [PolicyKind::Random, PolicyKind::Dask, PolicyKind::Gristmill] {
        let config = SimConfig {
            n_workers: N_WORKERS,
            threads: THREADS,
            memory_limit_nbytes: 64 << 30,
            policy,
            ..SimConfig::default()
        };
        let report = simulate(&config, &graph).unwrap();
        let case = format!("{name}, {}", format!("{policy:?}").to_lowercase());
        figures.push(Figure::new(&*case, "makespan", report.makespan_ns as f64 / 1e9, "s"));
        figures.push(Figure::new(&*case, "moved", report.moved_nbytes as f64 / 1e9, "GB"));
        figures.push(Figure::new(case, "peak memory", report.peak_nbytes as f64 / 1e9, "GB"));
    }
}
