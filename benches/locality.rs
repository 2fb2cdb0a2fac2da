//! How many bytes cross the network? Four workers, each a machine of its own with a card of 1 Gbit/s, as network namespaces
//! of Linux; beside what the simulator says of the same tasks on such machines.
//!
//! Needs root, and `ip` and `tc` of iproute2: `cargo bench --bench locality`. Without these it says so and measures nothing.
//! Bytes are those of results that workers have fetched from each other, as the scheduler counts them, and those that
//! their cards have sent in all, as Linux counts them: with control messages, encryption, and results for the client.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench that cannot run should stop")]

mod network;
mod processes;
mod support;

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use gristmill::cluster::SchedulerHandle;
use gristmill::collections::{Collection, Program};
use gristmill::graph::TaskTable;
use gristmill::prelude::*;
use gristmill::scheduling::{FamilySpec, PolicyKind, SplitMix, Submission, sim};
use network::Network;
use processes::Process;
use support::{Figure, print};

const N_WORKERS: usize = 4;
/// The cards' rate, in bytes a second, and the time that a packet takes in the simulator.
const CARD_NBYTES_PER_S: u64 = 125_000_000;
const LATENCY_NS: u64 = 100_000;
const MEMORY: &str = "2GB";
const MEMORY_NBYTES: u64 = 2_000_000_000;
/// Simulations of each case, of which the middle one counts, and runs, of which the worst does.
const N_SIMULATED: u64 = 11;
const N_RUNS: usize = 3;

/// What is computed.
fn cases() -> Vec<(&'static str, Array)> {
    let drawn = |shape: &[u64], chunks: [i64; 2]| Generator::new(1).uniform(0.0, 1.0, shape, chunks);
    let tree = drawn(&[512, 131_072], [4, 131_072]).sum(0);
    let mut stencil = drawn(&[8_192, 1_024], [512, 1_024]);
    for _ in 0..4 {
        stencil = stencil.slice(s![2..]) + stencil.slice(s![..-2]);
    }
    let matmul = drawn(&[2_560, 2_560], [512, 512]).matmul(&drawn(&[2_560, 2_560], [512, 512]));
    // Sums along the rows need whole ones first.
    let shuffle = drawn(&[4_096, 4_096], [256, 4_096]).cumsum(1).rechunk([4_096, 256]);
    // Their results stay where they are.
    vec![("tree reduction", tree), ("stencil", stencil), ("matmul", matmul), ("shuffle", shuffle)]
}

fn main() {
    let Some(machines) = Machines::start() else {
        println!("skipped: no network namespaces (they need root, and ip and tc of iproute2)");
        return;
    };
    let mut figures = Vec::new();
    for (case, array) in cases() {
        let predicted = predicted(&array);
        let (mut moved, mut sent, mut seconds) = (0.0f64, 0.0f64, 0.0f64);
        for _ in 0..N_RUNS {
            let run = machines.run(&array);
            (moved, sent, seconds) = (moved.max(run.0), sent.max(run.1), seconds.max(run.2));
        }
        let figure = |metric: &str, value: f64, unit: &str| Figure::new(case, metric, value, unit);
        figures.push(figure("moved between workers", moved, "MB"));
        figures.push(figure("moved in the simulator", predicted, "MB"));
        figures.push(figure("moved, of the simulator's", moved / predicted, "x"));
        figures.push(figure("sent by all cards", sent, "MB"));
        figures.push(figure("time", seconds, "s"));
    }
    drop(machines);
    print("locality", &figures);
}

/// Megabytes that the simulator moves for this array, in the middle of many runs.
fn predicted(array: &Array) -> f64 {
    let program = Array::program(std::slice::from_ref(array)).unwrap();
    let table = program.graph.optimize(&program.wanted).unwrap();
    let here = Cluster::local().threads(1).start().unwrap();
    let held = here.client().persist_arrays(std::slice::from_ref(array)).unwrap();
    held.first().unwrap().max(()).compute(&here.client()).unwrap();
    let functions = here.functions();
    let duration_ns = |&family: &u32| {
        let name = &*table.families[family as usize].name;
        let stats = functions.iter().find(|stats| stats.name == name).unwrap();
        stats.total_ns / stats.n_tasks
    };
    let quiet_ns: Vec<u64> = table.family.iter().map(duration_ns).collect();
    let mut graph = sim::SimGraph {
        submission: submission(&table),
        duration_ns: Vec::new(),
        nbytes: (0..table.len() as u32).map(|row| result_nbytes(&program, &table, row)).collect(),
    };
    let mut random = SplitMix::new(1);
    let mut moved: Vec<f64> = (0..N_SIMULATED)
        .map(|seed| {
            // Four workers on fewer cores: some of each task's time is that of others.
            let noisy = quiet_ns.iter().map(|ns| ns / 2 + random.below(*ns as usize * 3 + 1) as u64);
            graph.duration_ns = noisy.collect();
            let config = sim::SimConfig {
                seed,
                n_workers: N_WORKERS as u32,
                threads: 1,
                memory_limit_nbytes: MEMORY_NBYTES,
                network_nbytes_per_s: CARD_NBYTES_PER_S,
                latency_ns: LATENCY_NS,
                policy: PolicyKind::Gristmill,
                ..sim::SimConfig::default()
            };
            sim::simulate(&config, &graph).unwrap().moved_nbytes as f64 / 1e6
        })
        .collect();
    moved.sort_by(f64::total_cmp);
    moved[moved.len() / 2]
}

/// Bytes of the result of a row: a block of its array.
fn result_nbytes(program: &Program, table: &TaskTable, row: u32) -> u64 {
    let task = *table.steps(row).last().unwrap();
    let block = program.sizes.get(&task.layer).and_then(|sizes| sizes.block(u64::from(task.index)));
    block.map_or(8, |(dtype, shape)| shape.iter().product::<u64>() * dtype.itemsize() as u64)
}

/// The table as the scheduler has it.
fn submission(table: &TaskTable) -> Submission {
    Submission {
        keys: table.keys.clone(),
        inputs: table.inputs.clone(),
        family: table.family.clone(),
        priority: table.priority.clone(),
        families: table.families.iter().map(|family| FamilySpec::new(&family.name)).collect(),
        wanted: table.wanted.clone(),
    }
}

/// The workers, each behind a card of its own, and their scheduler, in the middle.
struct Machines {
    client: Client,
    scheduler: SchedulerHandle,
    _processes: Vec<Process>,
    network: Network,
}

impl Machines {
    fn start() -> Option<Self> {
        let network = Network::start(N_WORKERS, CARD_NBYTES_PER_S)?;
        let tokens = tempfile::tempdir().unwrap();
        let folder = tokens.path();
        let token = |kind: &str| {
            let (authority, path) = (folder.join("authority"), folder.join(kind));
            let mut command = Command::new(env!("CARGO_BIN_EXE_gristmill"));
            command.args(["cluster", "token", kind, "--authority"]).arg(authority).arg("--output").arg(&path);
            assert!(command.output().unwrap().status.success(), "no token for a {kind}");
            path
        };
        let (worker, client, admin) = (token("worker"), token("client"), token("admin"));
        let authority = folder.join("authority").display().to_string();
        let listen = format!("{}.1:0", network::PREFIX);
        let (scheduler, address) =
            Process::start(&["scheduler", "--listen", &listen, "--authority", &authority]);
        let mut processes = vec![scheduler];
        for machine in 0..N_WORKERS {
            let mut command = network.command(machine, env!("CARGO_BIN_EXE_gristmill"));
            command.args(["worker", &address]);
            command.args(["--threads", "1", "--limit-memory", MEMORY, "--token"]).arg(&worker);
            processes.push(Process::of(command).0);
        }
        let read = |path: &Path| Token::read(path).unwrap();
        let options = ConnectOptions::default().token(read(&client));
        Some(Self {
            client: Client::connect_with(&address, options).unwrap(),
            scheduler: SchedulerHandle::connect(&address, Some(read(&admin))).unwrap(),
            _processes: processes,
            network,
        })
    }

    /// Computes an array and leaves it on the workers: megabytes moved between them, those that cards have sent, seconds.
    fn run(&self, array: &Array) -> (f64, f64, f64) {
        let moved = || self.scheduler.status().unwrap().moved_nbytes as f64 / 1e6;
        let sent =
            || (0..N_WORKERS).map(|machine| self.network.sent_nbytes(machine)).sum::<u64>() as f64 / 1e6;
        let before = (moved(), sent());
        let started = Instant::now();
        let futures = self.client.start(Array::program(std::slice::from_ref(array)).unwrap()).unwrap();
        wait(&futures, None);
        let seconds = started.elapsed().as_secs_f64();
        // Nothing has failed.
        futures.last().unwrap().result().unwrap();
        (moved() - before.0, sent() - before.1, seconds)
    }
}
