//! What does a task cost that does nothing? 100,000 independent ones, and a chain of 10,000, on a local cluster.
//!
//! Beside Dask's threaded and distributed schedulers on the same graphs, in the same run.

#![allow(clippy::unwrap_used, reason = "a bench that cannot run should stop")]

mod support;

use std::hint::black_box;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use gristmill::cluster::LocalCluster;
use gristmill::cluster::machine::resident_nbytes;
use gristmill::collections::{Callee, Native, Program};
use gristmill::graph::{Arg, Csr, Function, Graph, Layer, Params, Wiring};
use gristmill::prelude::*;
use gristmill::sandbox::Reuse;
use support::{Figure, best, peer, print};

const N_INDEPENDENT: u32 = 100_000;
const N_CHAIN: u32 = 10_000;
const RUNS: usize = 5;

/// All results are wanted, so nothing is fused and every task is scheduled by itself.
fn independent(callee: &Callee) -> Program {
    let layer = Layer::new("noop", function(callee), Wiring::Source { n: N_INDEPENDENT })
        .args([Arg::Param(0)])
        .params(Params::Index);
    program(callee, layer, N_INDEPENDENT)
}

fn chain(callee: &Callee) -> Program {
    let mut inputs = Csr::new();
    let layer_id = gristmill::graph::LayerId(0);
    for index in 0..N_CHAIN {
        inputs.push_row(index.checked_sub(1).map(|before| layer_id.task(before))).unwrap();
    }
    // The first task has no input: the index stands in for it everywhere, so that all keys differ.
    let layer = Layer::new("noop", function(callee), Wiring::Explicit(inputs))
        .args([Arg::Param(0)])
        .params(Params::Index);
    program(callee, layer, N_CHAIN)
}

/// A graph of a million tasks: how soon it is accepted, how soon its first task runs, what a task takes in memory.
fn million() -> Vec<Figure> {
    const N: u32 = 1_000_000;
    let cluster = Cluster::local().threads(2).start().unwrap();
    let first: Arc<OnceLock<Instant>> = Arc::default();
    let note = first.clone();
    let callee = native("note", move |_| {
        note.get_or_init(Instant::now);
        Ok(Value::Null)
    });
    let mut graph = Graph::new();
    let layer = Layer::new("note", function(&callee), Wiring::Source { n: N }).args([]).params(Params::Index);
    let mut level = graph.push(layer).unwrap();
    let mut n = N;
    while n > 1 {
        level = graph.push(Layer::new("note", function(&callee), Wiring::groups(level, n, 16))).unwrap();
        n = n.div_ceil(16);
    }
    let n_tasks = graph.n_tasks() as f64;
    let mut program = Program::from(graph);
    program.wanted = vec![level.task(0)];
    if let Callee::Native(native) = &callee {
        program.natives.push(native.clone());
    }
    let before = resident_nbytes().unwrap_or(0);
    let started = Instant::now();
    let futures = cluster.client().start(program).unwrap();
    let accepted = started.elapsed();
    let after = resident_nbytes().unwrap_or(0);
    wait(&futures, None);
    let done = started.elapsed();
    let first = first.get().map_or(f64::NAN, |first| first.duration_since(started).as_secs_f64());
    let case = "tree of 1.07 M tasks, native, 2 threads";
    vec![
        Figure::new(case, "accepted after", accepted.as_secs_f64(), "s"),
        Figure::new(case, "first task after", first, "s"),
        Figure::new(case, "all done after", done.as_secs_f64(), "s"),
        Figure::new(case, "overhead a task", done.as_secs_f64() / n_tasks * 1e6, "us"),
        Figure::new(case, "memory a task", after.saturating_sub(before) as f64 / n_tasks, "B"),
    ]
}

fn function(callee: &Callee) -> Function {
    callee.identity()
}

fn program(callee: &Callee, layer: Layer, n: u32) -> Program {
    let mut graph = Graph::new();
    let id = graph.push(layer).unwrap();
    let mut program = Program::from(graph);
    program.wanted = (0..n).map(|index| id.task(index)).collect();
    match callee {
        Callee::Component { component, .. } => program.components.push(component.clone()),
        Callee::Native(native) => program.natives.push(Native::clone(native)),
        _ => {}
    }
    program
}

/// Nanoseconds a task, from submit until every result is there.
fn measure(cluster: &LocalCluster, n: u32, make: impl Fn() -> Program) -> f64 {
    let client = cluster.client();
    let (mut best_s, programs) = (f64::INFINITY, (0..RUNS).map(|_| make()).collect::<Vec<_>>());
    for program in programs {
        let (seconds, futures) = best(1, {
            let mut program = Some(program);
            let client = &client;
            move || {
                let futures = client.start(program.take().unwrap()).unwrap();
                wait(&futures, None);
                futures
            }
        });
        best_s = best_s.min(seconds);
        black_box(futures);
    }
    best_s * 1e9 / f64::from(n)
}

fn main() {
    let stats = Component::open(concat!(env!("CARGO_MANIFEST_DIR"), "/plugins/prebuilt/stats.wasm")).unwrap();
    let noop = native("noop", |_| Ok(Value::Null));
    let mut figures = Vec::new();
    for threads in [1, 2] {
        let cluster = Cluster::local().threads(threads).start().unwrap();
        let plural = if threads == 1 { "1 thread" } else { "2 threads" };
        let mut add = |case: &str, ns: f64| {
            figures.push(Figure::new(format!("{case}, {plural}"), "overhead a task", ns / 1e3, "us"));
        };
        add("independent, native", measure(&cluster, N_INDEPENDENT, || independent(&noop)));
        add("chain, native", measure(&cluster, N_CHAIN, || chain(&noop)));
        let warm = stats.function("echo");
        add("independent, component in batches", measure(&cluster, N_INDEPENDENT, || independent(&warm)));
        add("chain, component warm", measure(&cluster, N_CHAIN, || chain(&warm)));
        let fresh = Cluster::local().threads(threads).reuse(Reuse::Fresh).start().unwrap();
        add("chain, component fresh instance", measure(&fresh, N_CHAIN, || chain(&warm)));
    }
    figures.extend(million());
    print("overhead", &figures);
    if std::env::var_os("NO_PEER").is_none() {
        peer("dask_overhead.py");
    }
}
