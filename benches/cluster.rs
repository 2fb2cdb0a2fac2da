//! What do processes and a network between them cost? A scheduler and two workers of one thread each, on this machine.
//!
//! `cargo bench --bench cluster -- --gathered` measures nothing but results that are brought back.
//!
//! Beside Dask's distributed scheduler and Ray with as many processes, in the same run. A raw copy over loopback says what
//! the network could do at most.

#![allow(clippy::unwrap_used, reason = "a bench that cannot run should stop")]

mod graphs;
mod processes;
mod support;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Instant;

use graphs::{chain, independent};
use gristmill::collections::Program;
use gristmill::graph::{Arg, Graph, Layer, Params, Wiring};
use gristmill::prelude::*;
use processes::Process;
use support::{Figure, best, by_script, peers_run, print};

/// Worker processes, of one thread each.
const N_WORKERS: usize = 2;
/// Runs of each case; the fastest counts.
const RUNS: usize = 3;
const N_TASKS: u32 = 100_000;
const N_HOPS: u32 = 10_000;
const N_ROUND_TRIPS: usize = 1_000;
/// Bytes of results that are brought back.
const GATHERED_NBYTES: u64 = 1 << 30;
/// Tasks of ten milliseconds.
const N_SHORT: u32 = 400;

struct Processes {
    client: Client,
    _workers: Vec<Process>,
    _scheduler: Process,
}

fn processes() -> (Processes, f64) {
    let (scheduler, address) = Process::start(&["scheduler", "--listen", "127.0.0.1:0"]);
    let started = Instant::now();
    let workers = (0..N_WORKERS).map(|_| Process::worker(&address, "3GB")).collect();
    let seconds = started.elapsed().as_secs_f64() / N_WORKERS as f64;
    (
        Processes { client: Client::connect(&address).unwrap(), _workers: workers, _scheduler: scheduler },
        seconds,
    )
}

/// Seconds until all is done.
fn seconds(client: &Client, make: impl Fn() -> Program) -> f64 {
    let run = || {
        let futures = client.start(make()).unwrap();
        wait(&futures, None);
        futures.last().unwrap().result().unwrap();
    };
    best(RUNS, run).0
}

fn tasks(client: &Client) -> Vec<Figure> {
    let stats = Component::open(concat!(env!("CARGO_MANIFEST_DIR"), "/plugins/prebuilt/stats.wasm")).unwrap();
    let kinds = [("component", stats.function("echo")), ("kernel", kernel("identity").unwrap())];
    let mut figures = Vec::new();
    for (kind, callee) in kinds {
        let s = seconds(client, || independent(&callee, N_TASKS));
        figures.push(Figure::new(
            format!("independent, {kind}"),
            "a task",
            s * 1e6 / f64::from(N_TASKS),
            "us",
        ));
        let s = seconds(client, || chain(&callee, N_HOPS));
        figures.push(Figure::new(format!("chain, {kind}"), "a hop", s * 1e6 / f64::from(N_HOPS), "us"));
    }
    let mut trips: Vec<f64> = (0..N_ROUND_TRIPS as i64)
        .map(|i| {
            let started = Instant::now();
            let future = client.submit(stats.function("echo"), args![i]).unwrap();
            future.result().unwrap();
            started.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    trips.sort_by(f64::total_cmp);
    for (name, percent) in [("median", 50), ("99th percentile", 99)] {
        let ms = trips.get(trips.len() * percent / 100).copied().unwrap_or(f64::NAN);
        figures.push(Figure::new("submit and result of one", name, ms, "ms"));
    }
    figures
}

/// Random numbers, enough for about ten milliseconds of one thread.
fn short(n_tasks: u32, n_elements: u64, seed: u64) -> Array {
    let n = u64::from(n_tasks);
    Generator::new(seed).normal(0.0, 1.0, &[n * n_elements], n_elements).max(())
}

fn short_tasks(client: &Client) -> Vec<Figure> {
    let alone = Cluster::local().threads(1).start().unwrap();
    let alone = alone.client();
    let probe = 1 << 20;
    let (s, _) = best(RUNS, || short(8, probe, 1).compute(&alone).unwrap());
    let n_elements = (probe as f64 * 0.010 / (s / 8.0)) as u64;
    let (one, _) = best(RUNS, || short(N_SHORT / N_WORKERS as u32, n_elements, 2).compute(&alone).unwrap());
    let mut seed = 10;
    let (all, _) = best(RUNS, || {
        // Other numbers each time, so that nothing is there already.
        seed += 1;
        short(N_SHORT, n_elements, seed).compute(client).unwrap()
    });
    vec![Figure::new("tasks of 10 ms", "of one thread's time for its half", all / one, "times")]
}

fn gathered(client: &Client) -> Vec<Figure> {
    let n = GATHERED_NBYTES / 8;
    let made = Generator::new(3).uniform(0.0, 1.0, &[n], n / 64);
    let held = client.persist_arrays(&[made]).unwrap().pop().unwrap();
    held.max(()).compute(client).unwrap();
    let (s, _) = best(RUNS, || held.compute(client).unwrap());
    let per = |seconds: f64| GATHERED_NBYTES as f64 / seconds / 1e9;
    let (again, raw) = raw_copy();
    vec![
        Figure::new("1 GiB gathered", "time", s, "s"),
        Figure::new("1 GiB over a raw socket", "into new memory", raw, "s"),
        Figure::new("1 GiB over a raw socket", "into memory used before", again, "s"),
        Figure::new("1 GiB gathered", "of the raw copy's rate, into new memory", per(s) / per(raw), "times"),
        Figure::new(
            "1 GiB gathered",
            "of the raw copy's rate, into used memory",
            per(s) / per(again),
            "times",
        ),
    ]
}

/// Seconds that a copy through a socket takes into memory that was used before, and into new memory as a result needs it:
/// the system clears that first.
fn raw_copy() -> (f64, f64) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let sender = std::thread::spawn(move || {
        let piece = vec![7_u8; 1 << 20];
        for _ in 0..2 * RUNS {
            let (mut stream, _) = listener.accept().unwrap();
            (0..GATHERED_NBYTES >> 20).for_each(|_| stream.write_all(&piece).unwrap());
        }
    });
    let read = |bytes: &mut [u8]| TcpStream::connect(address).unwrap().read_exact(bytes).unwrap();
    let mut bytes = vec![0_u8; GATHERED_NBYTES as usize];
    let (again, ()) = best(RUNS, || read(&mut bytes));
    drop(bytes);
    let (new, _) = best(RUNS, || {
        let mut bytes = vec![0_u8; GATHERED_NBYTES as usize];
        read(&mut bytes);
        bytes
    });
    sender.join().unwrap();
    (again, new)
}

fn million(client: &Client) -> Vec<Figure> {
    const N: u32 = 1_000_000;
    let callee = kernel("identity").unwrap();
    let mut graph = Graph::new();
    let layer = Layer::new("noop", callee.identity(), Wiring::Source { n: N });
    let layer = layer.args([Arg::Param(0)]).params(Params::Index);
    let mut level = graph.push(layer).unwrap();
    let mut n = N;
    while n > 1 {
        level = graph
            .push(Layer::new("identity", kernel("sum").unwrap().identity(), Wiring::groups(level, n, 16)))
            .unwrap();
        n = n.div_ceil(16);
    }
    let mut program = Program::from(graph);
    program.wanted = vec![level.task(0)];
    let started = Instant::now();
    let futures = client.start(program).unwrap();
    let accepted = started.elapsed().as_secs_f64();
    wait(&futures, None);
    vec![
        Figure::new("tree of 1.07 M tasks", "accepted after", accepted, "s"),
        Figure::new("tree of 1.07 M tasks", "all done after", started.elapsed().as_secs_f64(), "s"),
    ]
}

fn main() {
    let (processes, join_s) = processes();
    let client = &processes.client;
    if std::env::args().any(|arg| arg == "--gathered") {
        return print("cluster", &gathered(client));
    }
    let mut figures = vec![Figure::new("a worker", "starts and joins in", join_s, "s")];
    figures.extend(tasks(client));
    figures.extend(short_tasks(client));
    figures.extend(gathered(client));
    figures.extend(million(client));
    if peers_run() {
        drop(processes);
        let args = [("--tasks", N_TASKS), ("--hops", N_HOPS), ("--trips", N_ROUND_TRIPS as u32)];
        let args: Vec<String> =
            args.iter().flat_map(|(name, n)| [(*name).to_owned(), n.to_string()]).collect();
        figures.extend(by_script("cluster.py", &args));
    }
    print("cluster", &figures);
}
