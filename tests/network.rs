//! Machines that hear and do not answer, that answer and do not hear, and that have no disk left: the work goes on.
//!
//! They are network namespaces, which only root can make, on Linux; without, these tests say so and pass.

use std::process::Command;
use std::time::{Duration, Instant};

use gristmill::client::Error;
use gristmill::cluster::SchedulerHandle;
use gristmill::data::TaskErrorKind;
use gristmill::prelude::*;

use crate::support::cluster as local;
use crate::support::processes::{Process, TestCluster, Tokens};

#[path = "../benches/network.rs"]
mod machines;

use machines::{Network, PREFIX};

/// A gigabit a second.
const CARD_NBYTES_PER_S: u64 = 125_000_000;
const N_MACHINES: usize = 2;

/// Tasks enough for some seconds of two threads, that need each other's results.
fn work(seed: u64) -> Array {
    let drawn = Generator::new(seed).normal(0.0, 1.0, &[2_000, 2_000], [100, 2_000]);
    drawn.cumsum(1).rechunk([2_000, 100]).sum(0)
}

fn wait_for_workers(scheduler: &SchedulerHandle, n: usize) {
    let until = Instant::now() + Duration::from_secs(60);
    while scheduler.status().unwrap().workers.len() != n {
        assert!(Instant::now() < until, "there are not {n} workers");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// 80 MB are made, held, and summed up: the client hears of a number.
fn what_is_held_does_not_pass_through_the_client(network: &Network, client: &Client) {
    let before = network.received_nbytes();
    let made = Generator::new(9).uniform(0.0, 1.0, &[10_000_000], 1_000_000);
    let held = client.persist_arrays(std::slice::from_ref(&made)).unwrap();
    let sum = held[0].sum(()).compute(client).unwrap();
    assert_eq!(sum, made.sum(()).compute(&local().client()).unwrap());
    let received = network.received_nbytes() - before;
    assert!((1..1_000_000).contains(&received), "{received} B");
    // What is asked for does come.
    held[0].slice(s![..1_000_000]).compute(client).unwrap();
    assert!(network.received_nbytes() - before > 8_000_000);
}

#[test]
fn a_machine_that_hears_nothing_or_is_not_heard_is_lost_and_comes_back() {
    let Some(network) = Network::start(N_MACHINES, CARD_NBYTES_PER_S) else {
        println!("skipped: no network namespaces (they need root, and ip and tc of iproute2)");
        return;
    };
    let tokens = Tokens::new();
    let (worker, client, admin) =
        (tokens.issue("worker", "w"), tokens.issue("client", "c"), tokens.issue("admin", "a"));
    let scheduler = tokens.scheduler(&format!("{PREFIX}.1:0"));
    let _workers: Vec<Process> = (0..N_MACHINES)
        .map(|machine| {
            let mut command = network.command(machine, env!("CARGO_BIN_EXE_gristmill"));
            command.args(["worker", scheduler.address(), "--threads", "1", "--limit-memory", "500MB"]);
            command.args(["--token", &worker]);
            Process::of(command)
        })
        .collect();
    let token = |path: &str| Token::read(std::path::Path::new(path)).unwrap();
    let options = ConnectOptions::default().token(token(&client));
    let client = Client::connect_with(scheduler.address(), options).unwrap();
    let handle = SchedulerHandle::connect(scheduler.address(), Some(token(&admin))).unwrap();
    wait_for_workers(&handle, N_MACHINES);
    what_is_held_does_not_pass_through_the_client(&network, &client);
    for (seed, cut) in [Network::set_deaf, Network::set_dumb].into_iter().enumerate() {
        let array = work(seed as u64);
        let expected = array.compute(&local().client()).unwrap();
        let running = client.persist_arrays(std::slice::from_ref(&array)).unwrap();
        std::thread::sleep(Duration::from_millis(100));
        cut(&network, 0, true);
        // It is lost when it does not answer for some seconds, and what it had is computed by the other.
        assert_eq!(running[0].compute(&client).unwrap(), expected, "cut {seed}");
        wait_for_workers(&handle, N_MACHINES - 1);
        cut(&network, 0, false);
        wait_for_workers(&handle, N_MACHINES);
        assert_eq!(array.compute(&client).unwrap(), expected, "healed {seed}");
    }
}

/// A file system of a megabyte, until it is dropped.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"]).arg(folder.path());
        mount.output().ok()?.status.success().then_some(Self(folder))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).output();
    }
}

#[test]
fn a_worker_whose_disk_is_full_fails_what_does_not_fit_and_goes_on() {
    let Some(disk) = SmallDisk::mount() else {
        println!("skipped: no small file system (mounting one needs root)");
        return;
    };
    let mut cluster = TestCluster::start(0);
    cluster.add_worker_with("20MB", &["--spill-dir", disk.0.path().to_str().unwrap()]);
    let client = cluster.client();
    // 40 MB that are all wanted at a time.
    let large = Generator::new(1).uniform(0.0, 1.0, &[5_000_000], 250_000);
    match client.persist_arrays(&[large]).unwrap()[0].compute(&client) {
        Err(Error::Task(error)) => {
            assert_eq!(error.kind, TaskErrorKind::Io);
            assert!(error.message.contains("nothing can be spilled"), "{error}");
        }
        other => panic!("40 MB in 20 MB of memory and 1 MB of disk: {other:?}"),
    }
    let small = Generator::new(2).uniform(0.0, 1.0, &[500_000], 250_000).max(());
    assert_eq!(small.compute(&client).unwrap(), small.compute(&local().client()).unwrap());
}
