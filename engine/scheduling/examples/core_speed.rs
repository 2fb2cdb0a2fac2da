//! How fast the scheduler decides, and how well: graphs on simulated workers.
//!
//! `cargo run --release -p gristmill-scheduling --example core_speed [speed|policies] [tasks] [workers]`

use std::time::Instant;

use gristmill_scheduling::{
    PolicyKind,
    sim::{Shape, SimConfig, simulate},
};

fn main() {
    let mut args = std::env::args().skip(1);
    let what = args.next().unwrap_or_else(|| "speed".into());
    let n_tasks = args.next().and_then(|n| n.parse().ok()).unwrap_or(1_000_000);
    let n_workers = args.next().and_then(|n| n.parse().ok()).unwrap_or(100);
    match what.as_str() {
        "policies" => policies(n_workers),
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

fn speed(n: u32, n_workers: u32, only: &str) {
    println!("{:12} {:>9} {:>9} {:>10} {:>9} {:>9} {:>9} {:>8} {:>8}", "graph", "tasks", "submit s", "scheduler s", "tasks/s", "ns/task", "worker ns", "B/task", "wall s");
    for (name, shape) in shapes(n) {
        if only != "speed" && only != name {
            continue;
        }
        let graph = shape.graph(1, 20_000_000, 1_000);
        let n_tasks = graph.submission.len() as f64;
        let config = SimConfig { n_workers, threads: 8, measures: true, ..SimConfig::default() };
        let begin = Instant::now();
        match simulate(&config, &graph) {
            Ok(report) => println!(
                "{name:12} {n_tasks:9} {:9.3} {:10.3} {:9.0} {:9.0} {:9.0} {:8.0} {:8.2}",
                report.submit_ns as f64 / 1e9,
                report.scheduler_ns as f64 / 1e9,
                n_tasks / report.scheduler_ns as f64 * 1e9,
                report.scheduler_ns as f64 / n_tasks,
                report.worker_ns as f64 / n_tasks,
                report.table_nbytes as f64 / n_tasks,
                begin.elapsed().as_secs_f64(),
            ),
            Err(what) => println!("{name:12} FAILED: {what}"),
        }
    }
}

fn policies(n_workers: u32) {
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
        for policy in [PolicyKind::Random, PolicyKind::Dask, PolicyKind::Gristmill] {
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
