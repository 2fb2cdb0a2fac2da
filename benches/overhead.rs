//! What does a task cost that does nothing? 100,000 independent ones, and a chain of 10,000, on a local cluster.
//!
//! Beside Dask's threaded and distributed schedulers on the same graphs, in the same run.

mod support;

use std::hint::black_box;

use gristmill::cluster::LocalCluster;
use gristmill::collections::{Callee, Native, Program};
use gristmill::graph::{Arg, Csr, Function, Graph, Layer, Params, Wiring};
use gristmill::prelude::*;
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
        let warm = stats.function("noop");
        add("independent, component in batches", measure(&cluster, N_INDEPENDENT, || independent(&warm)));
        add("chain, component warm", measure(&cluster, N_CHAIN, || chain(&warm)));
        let fresh = stats.function("noop_fresh");
        add("chain, component fresh instance", measure(&cluster, N_CHAIN, || chain(&fresh)));
    }
    print("overhead", &figures);
    peer("dask_overhead.py");
}
