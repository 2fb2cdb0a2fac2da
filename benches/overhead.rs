//! What does a task cost that does nothing? 100,000 independent ones, and a chain of 10,000, on a local cluster.
//!
//! In the fused cases only the chain's last result is wanted, so that 256 links at a time become the steps of one task;
//! the cost is that of a link. A component's steps still enter the sandbox one by one, without the way through the
//! scheduler: a batch of calls holds no call that needs the result of another.
//!
//! Beside Dask's threaded and distributed schedulers on the same graphs, in the same run. Dask calls functions of its
//! own process, as the native cases do; components and the graph of a million tasks have no peer.

#![allow(clippy::unwrap_used, reason = "a bench that cannot run should stop")]

mod graphs;
mod support;

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use graphs::{chain, independent};
use gristmill::cluster::LocalCluster;
use gristmill::cluster::machine::resident_nbytes;
use gristmill::collections::{Callee, Program};
use gristmill::graph::{FUSE_STEPS_MAX, Graph, Layer, Params, Wiring};
use gristmill::prelude::*;
use gristmill::sandbox::Reuse;
use support::{Figure, by_script, peers_run, print};

/// Threads of the cases that Dask runs too.
const N_PEER_THREADS: usize = 2;
/// Runs of each case, ours and Dask's; the fastest counts.
const RUNS: usize = 3;

/// What is run, and what its tasks call.
struct Case {
    name: &'static str,
    shape: Shape,
    code: Code,
}

/// Tasks of a graph, and how they hang together.
#[derive(Clone, Copy)]
enum Shape {
    /// All results are wanted, so nothing is fused and every task is scheduled by itself.
    Independent(u32),
    /// Each task passes on the result of the one before it, and all results are wanted.
    Chain(u32),
    /// A chain of which only the last result is wanted, so that its tasks are fused.
    ChainFused(u32),
}

/// Where the function lies that the tasks call.
#[derive(Clone, Copy, PartialEq)]
enum Code {
    Native,
    Component,
    /// In a component, with an instance for each call.
    ComponentFresh,
}

/// The small ones are there for Dask's distributed schedulers, which take minutes for the others.
const CASES: [Case; 10] = {
    use Code::{Component, ComponentFresh, Native};
    use Shape::{Chain, ChainFused, Independent};
    const fn case(name: &'static str, shape: Shape, code: Code) -> Case {
        Case { name, shape, code }
    }
    [
        case("independent, native", Independent(100_000), Native),
        case("independent of 10,000, native", Independent(10_000), Native),
        case("chain, native", Chain(10_000), Native),
        case("chain of 1,000, native", Chain(1_000), Native),
        case("chain, native fused", ChainFused(10_000), Native),
        case("independent, component in batches", Independent(100_000), Component),
        case("chain, component warm", Chain(10_000), Component),
        case("chain, component fused", ChainFused(10_000), Component),
        case("independent, component fresh instance", Independent(100_000), ComponentFresh),
        case("chain, component fresh instance", Chain(10_000), ComponentFresh),
    ]
};

impl Case {
    /// The name of the case on so many threads.
    fn on(&self, threads: usize) -> String {
        let plural = if threads == 1 { "" } else { "s" };
        format!("{}, {threads} thread{plural}", self.name)
    }
}

impl Shape {
    /// The word for it that the peer's script knows, and the number of tasks.
    fn named(self) -> (&'static str, u32) {
        match self {
            Self::Independent(n) => ("independent", n),
            Self::Chain(n) => ("chain", n),
            Self::ChainFused(n) => ("chain-fused", n),
        }
    }

    fn program(self, callee: &Callee) -> Program {
        match self {
            Self::Independent(n) => independent(callee, n),
            Self::Chain(n) => chain(callee, n),
            Self::ChainFused(n) => {
                let mut chain = Self::Chain(n).program(callee);
                chain.wanted = chain.wanted.split_off(chain.wanted.len() - 1);
                let fused = chain.graph.optimize(&chain.wanted).unwrap();
                assert_eq!(fused.len(), n.div_ceil(FUSE_STEPS_MAX) as usize, "the chain is not fused");
                chain
            }
        }
    }
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
    let layer = Layer::new("note", callee.identity(), Wiring::Source { n: N }).args([]).params(Params::Index);
    let mut level = graph.push(layer).unwrap();
    let mut n = N;
    while n > 1 {
        level = graph.push(Layer::new("note", callee.identity(), Wiring::groups(level, n, 16))).unwrap();
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

/// Microseconds a task, from submit until every result is there.
fn measure(cluster: &LocalCluster, shape: Shape, callee: &Callee) -> f64 {
    let client = cluster.client();
    let run = |_| {
        let program = shape.program(callee);
        let started = Instant::now();
        let futures = client.start(program).unwrap();
        wait(&futures, None);
        let seconds = started.elapsed().as_secs_f64();
        futures.last().unwrap().result().unwrap();
        seconds
    };
    let seconds = (0..RUNS).map(run).fold(f64::INFINITY, f64::min);
    seconds * 1e6 / f64::from(shape.named().1)
}

/// Dask on the same graphs as the native cases.
fn dask() -> Vec<Figure> {
    let cases = CASES.iter().filter(|case| case.code == Code::Native);
    let args = cases.flat_map(|case| {
        let (shape, n) = case.shape.named();
        ["--case".to_owned(), case.on(N_PEER_THREADS), shape.to_owned(), n.to_string()]
    });
    let settings = [format!("--repeat={RUNS}"), format!("--threads={N_PEER_THREADS}")];
    by_script("dask_overhead.py", &settings.into_iter().chain(args).collect::<Vec<_>>())
}

fn main() {
    let stats = Component::open(concat!(env!("CARGO_MANIFEST_DIR"), "/plugins/prebuilt/stats.wasm")).unwrap();
    let (noop, echo) = (native("noop", |_| Ok(Value::Null)), stats.function("echo"));
    // First, while the memory is still that of a new process.
    let mut figures = million();
    for threads in [1, N_PEER_THREADS] {
        let cluster = Cluster::local().threads(threads).start().unwrap();
        let fresh = Cluster::local().threads(threads).reuse(Reuse::Fresh).start().unwrap();
        for case in &CASES {
            let us = match case.code {
                Code::Native => measure(&cluster, case.shape, &noop),
                Code::Component => measure(&cluster, case.shape, &echo),
                Code::ComponentFresh => measure(&fresh, case.shape, &echo),
            };
            figures.push(Figure::new(case.on(threads), "overhead a task", us, "us"));
        }
    }
    if peers_run() {
        figures.extend(dask());
    }
    print("overhead", &figures);
}
