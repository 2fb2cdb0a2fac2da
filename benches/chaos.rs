//! What do deaths cost? Workers, and then the scheduler, are killed at random while graphs are computed; every result is
//! compared with that of a run in one process.
//!
//! `cargo bench --bench chaos` gives the full dose, `cargo bench --bench chaos -- --small` a tenth of it.

#![allow(clippy::unwrap_used, reason = "a bench that cannot run should stop")]

mod processes;
mod support;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use gristmill::cluster::SchedulerHandle;
use gristmill::prelude::*;
use processes::Process;
use support::{Figure, print};

/// Worker processes, of one thread each.
const N_WORKERS: usize = 2;
/// Random numbers of each task: about a millisecond.
const N_ELEMENTS: u64 = 50_000;
/// How long it is waited for a scheduler that starts.
const STARTED_MAX: Duration = Duration::from_secs(20);

/// Memory of each worker.
const LIMIT_MEMORY: &str = "1GB";

/// The tasks that a worker says it has run, when it has ended.
fn n_run(worker: Process) -> u64 {
    let said = worker.rest();
    let counted = said.split_once(" ends after ").and_then(|(_, rest)| rest.split(' ').next()?.parse().ok());
    counted.unwrap()
}

/// Numbers below a bound, the same for each run of the bench.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// A graph of about so many tasks: maxima of random numbers, and of these, down to one.
fn graph(n_tasks: u64, seed: u64) -> Array {
    Generator::new(seed).normal(0.0, 1.0, &[n_tasks * N_ELEMENTS], N_ELEMENTS).max(())
}

/// Computes graphs one after the other; how long that took.
fn compute(client: &Client, n_graphs: u64, n_tasks: u64, expected: &[Chunk]) -> f64 {
    let started = Instant::now();
    for seed in 0..n_graphs {
        let got = graph(n_tasks, seed).compute(client).unwrap();
        assert_eq!(&got, expected.get(seed as usize).unwrap(), "graph {seed} has another result");
    }
    started.elapsed().as_secs_f64()
}

/// Workers die at random, each replaced at once.
fn workers_die(n_graphs: u64, n_tasks: u64, n_kills: usize) -> Vec<Figure> {
    let here = Cluster::local().threads(N_WORKERS).start().unwrap();
    let expected: Vec<Chunk> =
        (0..n_graphs).map(|seed| graph(n_tasks, seed).compute(&here.client()).unwrap()).collect();
    drop(here);
    let (_scheduler, address) = Process::start(&["scheduler", "--listen", "127.0.0.1:0"]);
    let mut workers: Vec<Process> = (0..N_WORKERS).map(|_| Process::worker(&address, LIMIT_MEMORY)).collect();
    let quiet = compute(&Client::connect(&address).unwrap(), n_graphs, n_tasks, &expected);
    let client = Client::connect(&address).unwrap();
    let (is_done, n_killed) = (AtomicBool::new(false), AtomicUsize::new(0));
    let mut random = Random(1);
    let killed = std::thread::scope(|scope| {
        scope.spawn(|| {
            let between_ms = (quiet * 1e3 / n_kills as f64) as u64;
            while !is_done.load(Ordering::Relaxed) && n_killed.load(Ordering::Relaxed) < n_kills {
                std::thread::sleep(Duration::from_millis(random.below(2 * between_ms.max(1))));
                let worker = workers.get_mut(random.below(N_WORKERS as u64) as usize).unwrap();
                *worker = Process::worker(&address, LIMIT_MEMORY);
                n_killed.fetch_add(1, Ordering::Relaxed);
            }
        });
        let seconds = compute(&client, n_graphs, n_tasks, &expected);
        is_done.store(true, Ordering::Relaxed);
        seconds
    });
    let case = format!("{n_graphs} graphs of {n_tasks} tasks");
    vec![
        Figure::new(case.clone(), "workers killed", n_killed.load(Ordering::Relaxed) as f64, ""),
        Figure::new(case.clone(), "without kills", quiet, "s"),
        Figure::new(case, "with kills, of that", killed / quiet, "x"),
    ]
}

/// The scheduler dies at random, each replaced at once.
fn schedulers_die(n_tasks: u64, n_kills: u32) -> Vec<Figure> {
    let here = Cluster::local().threads(N_WORKERS).start().unwrap();
    let expected = graph(n_tasks, 99).compute(&here.client()).unwrap();
    drop(here);
    let (mut scheduler, address) = Process::start(&["scheduler", "--listen", "127.0.0.1:0"]);
    let workers: Vec<Process> = (0..N_WORKERS).map(|_| Process::worker(&address, LIMIT_MEMORY)).collect();
    let client = Client::connect(&address).unwrap();
    let running = client.persist_arrays(&[graph(n_tasks, 99)]).unwrap();
    let n_all = SchedulerHandle::connect(&address, None).unwrap().status().unwrap().n_accepted;
    let mut random = Random(2);
    let mut recoveries: Vec<f64> = Vec::new();
    for _ in 0..n_kills {
        std::thread::sleep(Duration::from_millis(100 + random.below(700)));
        let died = Instant::now();
        drop(scheduler);
        scheduler = Process::start(&["scheduler", "--listen", &address]).0;
        // It has recovered when the first task has ended that it has sent.
        let handle = SchedulerHandle::connect(&address, None).unwrap();
        while handle.status().unwrap().n_done == 0 {
            assert!(died.elapsed() < STARTED_MAX, "no task ends after the scheduler has died");
            std::thread::sleep(Duration::from_millis(1));
        }
        recoveries.push(died.elapsed().as_secs_f64());
    }
    let got = running.first().unwrap().compute(&client).unwrap();
    assert_eq!(got, expected, "another result");
    SchedulerHandle::connect(&address, None).unwrap().shut_down().unwrap();
    let n_run: u64 = workers.into_iter().map(n_run).sum();
    recoveries.sort_by(f64::total_cmp);
    let case = format!("{n_all} tasks");
    let at = |share: usize| recoveries.get((recoveries.len() - 1) * share / 100).copied().unwrap_or(f64::NAN);
    vec![
        Figure::new(case.clone(), "schedulers killed", f64::from(n_kills), ""),
        Figure::new(case.clone(), "recovery, median", at(50), "s"),
        Figure::new(case.clone(), "recovery, longest", at(100), "s"),
        Figure::new(case, "calls beyond one for each task", n_run as f64 - n_all as f64, ""),
    ]
}

fn main() {
    let dose = if std::env::args().any(|arg| arg == "--small") { 10 } else { 1 };
    let mut figures = workers_die(20, 20_000 / dose, 100 / dose as usize);
    figures.extend(schedulers_die(50_000 / dose, 30 / dose as u32));
    print("chaos", &figures);
}
