//! Clusters of several processes: the same program, the same answers, whoever dies.

use std::process::Command;
use std::time::Duration;

use gristmill::client::Error;
use gristmill::data::TaskErrorKind;
use gristmill::prelude::*;
use gristmill::storage::{ArrayFormat, WriteOptions};

use crate::support::processes::{Process, TestCluster, Tokens};
use crate::support::{cluster as local, component, failure, gristmill};

/// Arrays whose tasks depend on each other across all workers, with exact results.
fn arrays() -> Vec<Array> {
    let x = Array::arange(0, 240_000, 1, 10_000).reshape(&[600, 400]).rechunk([100, 100]);
    let sums = (&x * 3 + 1).sum(0);
    let turned = x.transpose(&[1, 0]).rechunk([400, 50]).slice(s![..;7]);
    let drawn = Generator::new(5).uniform(0.0, 1.0, &[300, 300], [100, 100]);
    vec![sums, turned, drawn, x.max(1)]
}

#[test]
fn arrays_are_the_same_on_one_machine_and_on_many_processes() {
    let cluster = TestCluster::start(3);
    let here = local().client().compute(&arrays()).unwrap();
    let there = cluster.client().compute(&arrays()).unwrap();
    assert_eq!(here, there);
}

#[test]
fn components_run_on_workers_and_their_errors_come_back_whole() {
    let cluster = TestCluster::start(2);
    let client = cluster.client();
    let stats = component("stats");
    let calls: Vec<Delayed> =
        (0..100).map(|i| delayed(stats.function("add"), args![f64::from(i), 0.5])).collect();
    let sums = client.compute(&calls).unwrap();
    assert_eq!(sums, (0..100).map(|i| Value::Float(f64::from(i) + 0.5)).collect::<Vec<_>>());
    // Once more, by another client, to whom the component is nothing new.
    let again = delayed(stats.function("add"), args![&calls[3], &calls[4]]);
    assert_eq!(again.compute(&cluster.client()).unwrap(), Value::Float(8.0));

    let broken = delayed(stats.function("fail"), args!["the mill is closed"]);
    let (here, there) = (broken.compute(&local().client()), broken.compute(&client));
    let (Err(Error::Task(here)), Err(Error::Task(there))) = (here, there) else { panic!("it fails") };
    assert_eq!(here, there);
    let wrong = delayed(stats.function("add"), args!["one", 2.0]).compute(&client).unwrap_err();
    assert!(wrong.to_string().contains("refused before anything runs"), "{wrong}");
}

#[test]
fn values_are_brought_to_workers_once_and_results_are_used_by_name() {
    let cluster = TestCluster::start(2);
    let (one, other) = (cluster.client(), cluster.client());
    let chunk = Chunk::from_vec((0..100_000).map(f64::from).collect(), &[100_000]).unwrap();
    let held = one.scatter(vec![Value::Chunk(chunk.clone()), Value::from("text")]).unwrap();
    assert_eq!(one.gather(&held).unwrap(), [Value::Chunk(chunk.clone()), Value::from("text")]);
    let sum = |client: &Client, value: Value| {
        delayed(component("stats").function("sum_f64"), args![value]).compute(client).unwrap()
    };
    let expected = Value::Float((0..100_000).map(f64::from).sum());
    assert_eq!(sum(&one, Value::Chunk(chunk.clone())), expected);
    assert_eq!(sum(&other, Value::Chunk(chunk)), expected);
    let doubled = one.submit(component("stats").function("scale"), args![&held[0], 2.0]).unwrap();
    drop(held);
    let total = one.submit(component("stats").function("sum_f64"), args![&doubled]).unwrap();
    assert_eq!(total.result().unwrap(), Value::Float(2.0 * 4_999_950_000.0));
}

#[test]
fn what_cannot_be_done_by_other_processes_is_said_at_once() {
    let cluster = TestCluster::start(1);
    let closure = native("shout", |_| Ok(Value::Null));
    let refused = cluster.client().submit(closure, args![]).unwrap_err();
    assert!(refused.to_string().contains("`shout` is not shippable"), "{refused}");

    let nobody = Client::connect("127.0.0.1:9").unwrap_err().to_string();
    assert!(nobody.contains("nobody answers at 127.0.0.1:9"), "{nobody}");
    let nowhere = Client::connect("mill").unwrap_err().to_string();
    assert!(nowhere.contains("`mill` is no address"), "{nowhere}");
    let folder = tempfile::tempdir().unwrap();
    let open = failure(&gristmill(folder.path(), &["scheduler", "--listen", "0.0.0.0:0"]));
    assert!(open.contains("can be reached from other machines"), "{open}");
    let several =
        failure(&gristmill(folder.path(), &["worker", "127.0.0.1:9", "--workers", "2", "--threads", "2"]));
    assert!(several.contains("each worker is a process of its own"), "{several}");
    let alone = failure(&gristmill(folder.path(), &["worker", "127.0.0.1:9"]));
    assert!(alone.contains("nobody answers"), "{alone}");
}

/// Enough work for some seconds, with results that are needed long after they were made.
fn long_work() -> Array {
    let x = Generator::new(9).normal(0.0, 1.0, &[1600, 1600], [200, 200]);
    let product = x.matmul(&x);
    (&product * &product.transpose(&[1, 0])).sum(0)
}

#[test]
fn a_killed_worker_loses_nothing() {
    let mut cluster = TestCluster::start(3);
    let client = cluster.client();
    let expected = long_work().compute(&local().client()).unwrap();
    let running = client.persist_arrays(&[long_work()]).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    cluster.workers[1].kill();
    let got = running[0].compute(&client).unwrap();
    assert_eq!(got, expected);
}

#[test]
fn a_scheduler_started_anew_goes_on_where_the_last_one_was() {
    let mut cluster = TestCluster::start(3);
    let client = cluster.client();
    let expected = long_work().compute(&local().client()).unwrap();
    let stats = component("stats");
    let held = client.scatter(vec![Value::Float(20.0)]).unwrap();
    let first = client.submit(stats.function("add"), args![20.0, 1.0]).unwrap();
    assert_eq!(first.result().unwrap(), Value::Float(21.0));
    let running = client.persist_arrays(&[long_work()]).unwrap();
    for _ in 0..3 {
        std::thread::sleep(Duration::from_millis(200));
        cluster.restart_scheduler();
    }
    assert_eq!(client.gather(&held).unwrap(), [Value::Float(20.0)]);
    // What it needs was there before, and nobody but this program has its name.
    let second = client.submit(stats.function("add"), args![&first, 1.0]).unwrap();
    drop(first);
    assert_eq!(second.result().unwrap(), Value::Float(22.0));
    cluster.restart_scheduler();
    // Even if a worker goes with it.
    cluster.workers[0].kill();
    assert_eq!(running[0].compute(&client).unwrap(), expected);
    assert_eq!(second.result().unwrap(), Value::Float(22.0));
    assert_eq!(cluster.client().compute(&arrays()).unwrap(), local().client().compute(&arrays()).unwrap());
}

/// What `cluster status` says: tasks accepted, tasks ended, and workers.
fn status(address: &str) -> (u64, u64, usize) {
    let folder = tempfile::tempdir().unwrap();
    let output = gristmill(folder.path(), &["cluster", "status", address]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let numbers: Vec<u64> = text.split([' ', ',']).filter_map(|word| word.parse().ok()).take(2).collect();
    (numbers[0], numbers[1], text.lines().count() - 2)
}

/// Waits until the number of workers is as it should be.
fn wait_for_workers(address: &str, is_right: impl Fn(usize) -> bool) {
    let deadline = std::time::Instant::now() + Duration::from_secs(60);
    while !is_right(status(address).2) {
        assert!(std::time::Instant::now() < deadline, "{} workers", status(address).2);
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn workers_that_are_retired_are_not_missed() {
    let mut cluster = TestCluster::start(3);
    let client = cluster.client();
    let expected = long_work().compute(&local().client()).unwrap();
    let done = client.persist_arrays(&arrays()).unwrap();
    let before = client.compute(&done).unwrap();
    let running = client.persist_arrays(&[long_work()]).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    let address = cluster.scheduler.address().to_owned();
    let folder = tempfile::tempdir().unwrap();
    let retire = |workers: &[&str]| {
        gristmill(folder.path(), &[&["cluster", "retire", "--scheduler", &address], workers].concat())
    };
    assert!(retire(&["0", "2"]).status.success());
    let unknown = failure(&retire(&["7"]));
    assert!(unknown.contains("there is no worker 7"), "{unknown}");
    for worker in [0, 2] {
        assert!(cluster.workers[worker].child.wait().unwrap().success());
    }
    assert_eq!(status(&address).2, 1);
    assert_eq!(running[0].compute(&client).unwrap(), expected);
    assert_eq!(client.compute(&done).unwrap(), before);
    let (n_accepted, n_done, _) = status(&address);
    assert_eq!(n_accepted, n_done, "nothing is done twice");
    let fixed = failure(&gristmill(folder.path(), &["cluster", "scale", "3", &address]));
    assert!(fixed.contains("starts no workers"), "{fixed}");
}

#[test]
fn workers_come_with_work_and_leave_with_it() {
    let args = ["cluster", "up", "--max-workers", "3", "--threads", "1", "--limit-memory", "200MB"];
    let up = Process::start(&[&args[..], &["--listen", "127.0.0.1:0"]].concat());
    let address = up.said.split([' ', ',']).nth(2).unwrap().to_owned();
    let client = Client::connect(&address).unwrap();
    assert_eq!(status(&address).2, 0);
    // A value that somebody brings is worth one.
    let held = client.scatter(vec![Value::from("grist")]).unwrap();
    assert_eq!(status(&address).2, 1);
    drop(held);
    // Several seconds for one thread: it is worth more than one.
    let work: Vec<Array> = (0..4)
        .map(|seed| {
            let x = Generator::new(seed).normal(0.0, 1.0, &[1600, 1600], [200, 200]);
            x.matmul(&x).sum(0)
        })
        .collect();
    let running = client.persist_arrays(&work).unwrap();
    wait_for_workers(&address, |n| n >= 1);
    let got = client.compute(&running).unwrap();
    let expected = local().client().compute(&work).unwrap();
    // What is held keeps one of them.
    wait_for_workers(&address, |n| n == 1);
    assert_eq!((got, client.compute(&running).unwrap()), (expected.clone(), expected));
    let (n_accepted, n_done, _) = status(&address);
    assert_eq!(n_accepted, n_done, "nothing is done twice");
    drop(running);
    wait_for_workers(&address, |n| n == 0);
    let folder = tempfile::tempdir().unwrap();
    assert!(gristmill(folder.path(), &["cluster", "scale", "2", &address]).status.success());
    wait_for_workers(&address, |n| n == 2);
}

/// A queue in miniature, with the commands of Slurm.
struct Queue(tempfile::TempDir);

impl Queue {
    fn new(commands: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in commands {
            let path = folder.path().join(name);
            std::fs::write(&path, format!("#!/bin/sh\ncd {}\n{text}\n", folder.path().display())).unwrap();
            std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        }
        Self(folder)
    }

    /// Starts a cluster of one worker from this queue.
    fn up(&self) -> (Process, String) {
        let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let path = format!("{}:{}", self.0.path().display(), std::env::var("PATH").unwrap());
        let args = ["cluster", "up", "--workers", "1", "--threads", "1", "--limit-memory", "200MB"];
        let from = ["--provider", "slurm", "--listen", &address, "--advertise", &address];
        (Process::start_with(&[&args[..], &from].concat(), &[("PATH", &path)]), address)
    }
}

#[test]
fn workers_can_be_jobs_of_a_queue() {
    // A job is a process, and its number is the process's.
    let queue = Queue::new(&[
        ("sbatch", "cat > $$.job; sh $$.job > /dev/null 2>&1 & echo $!"),
        ("squeue", "for job in $(echo $4 | tr , ' '); do kill -0 $job && echo $job RUNNING; done; true"),
        ("scancel", "kill $@; echo $@ > cancelled"),
    ]);
    let (mut up, address) = queue.up();
    wait_for_workers(&address, |n| n == 1);
    let client = Client::connect(&address).unwrap();
    assert_eq!(
        delayed(component("stats").function("inc"), args![1]).compute(&client).unwrap(),
        Value::Int(2)
    );
    let folder = queue.0.path();
    assert!(gristmill(folder, &["cluster", "scale", "2", &address]).status.success());
    wait_for_workers(&address, |n| n == 2);
    assert!(gristmill(folder, &["cluster", "down", &address]).status.success());
    assert!(up.child.wait().unwrap().success());
    let cancelled = std::fs::read_to_string(folder.join("cancelled")).unwrap();
    assert_eq!(cancelled.split_whitespace().count(), 2, "{cancelled}");
}

#[test]
fn a_queue_whose_jobs_end_at_once_is_not_stormed() {
    let queue = Queue::new(&[
        ("sbatch", "echo once >> submitted; echo 4711"),
        ("squeue", "echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1"),
        ("scancel", "true"),
    ]);
    let (_up, address) = queue.up();
    std::thread::sleep(Duration::from_secs(6));
    let submitted = std::fs::read_to_string(queue.0.path().join("submitted")).unwrap();
    assert!((1..=4).contains(&submitted.lines().count()), "{submitted}");
    let scaled = gristmill(queue.0.path(), &["cluster", "scale", "1", &address]);
    let said = String::from_utf8_lossy(&scaled.stdout).into_owned();
    assert!(said.contains("1 of the workers that were started have ended"), "{said}");
    let near = failure(&gristmill(queue.0.path(), &["cluster", "up", "--provider", "slurm"]));
    assert!(near.contains("say by --advertise"), "{near}");
}

#[test]
fn results_outlive_the_cluster_that_has_made_them() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().to_str().unwrap();
    let up = || {
        let args = ["cluster", "up", "--workers", "2", "--threads", "1", "--limit-memory", "200MB"];
        let up =
            Process::start(&[&args[..], &["--listen", "127.0.0.1:0", "--result-cache", folder]].concat());
        let address = up.said.split([' ', ',']).nth(2).unwrap().to_owned();
        (up, address)
    };
    let x = Generator::new(4).normal(0.0, 1.0, &[1200, 1200], [1200, 1200]);
    let work = [x.matmul(&x).sum(0)];
    let run = |address: &str| {
        let client = Client::connect(address).unwrap();
        let got = client.compute(&work).unwrap();
        (got, status(address).1)
    };
    let (mut first, address) = up();
    let (expected, n_first) = run(&address);
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    while !std::fs::read_dir(folder)
        .unwrap()
        .any(|entry| entry.unwrap().file_name().to_string_lossy().ends_with("json"))
    {
        assert!(std::time::Instant::now() < deadline, "nothing is kept");
        std::thread::sleep(Duration::from_millis(20));
    }
    first.kill();
    let (_second, address) = up();
    wait_for_workers(&address, |n| n == 2);
    let (got, n_second) = run(&address);
    assert_eq!(got, expected);
    assert!(n_second < n_first, "{n_second} of {n_first}");
}

/// Four and ten times what the workers may hold together, through all that moves everything.
#[test]
fn data_beyond_the_memory_of_all_workers_is_computed_all_the_same() {
    let scheduler = Process::start(&["scheduler", "--listen", "127.0.0.1:0"]);
    let mut cluster = TestCluster { scheduler, workers: Vec::new() };
    let address = cluster.scheduler.address().to_owned();
    for _ in 0..2 {
        let args = ["worker", &address, "--threads", "1", "--limit-memory", "12MB"];
        cluster.workers.push(Process::start(&args));
    }
    let client = cluster.client();
    for times in [4_i64, 10] {
        let n = 24_000_000 * times / 8 / 1500;
        let x = Generator::new(times as u64).normal(0.0, 1.0, &[n as u64, 1500], [250, 250]);
        let anomaly = (&x - &x.mean(0)).max(1);
        let turned = x.rechunk([n, 25]).sum(0);
        let work = [anomaly, turned];
        let got = client.compute(&work).unwrap();
        assert_eq!(got, local().client().compute(&work).unwrap(), "{times} times the memory");
    }
}

#[test]
fn a_pipeline_file_is_computed_by_a_cluster_as_it_is_here() {
    let cluster = TestCluster::start(2);
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let results = |more: &[&str]| {
        let args = ["run", "tests/data/pipelines/flights.toml", "--json", "--report", "none"];
        let output = gristmill(root, &[&args[..], more].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let line: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        line["results"].clone()
    };
    assert_eq!(results(&["--cluster", cluster.scheduler.address()]), results(&[]));
    let nobody =
        failure(&gristmill(root, &["run", "tests/data/pipelines/flights.toml", "--cluster", "127.0.0.1:9"]));
    assert!(nobody.contains("nobody answers"), "{nobody}");
}

/// Leaves that are added up side by side are placed side by side: of a tree's partial sums few travel.
#[test]
fn a_tree_of_sums_moves_little() {
    let cluster = TestCluster::start(4);
    let client = cluster.client();
    // 256 partial sums of a megabyte each.
    let x = Generator::new(7).uniform(0.0, 1.0, &[256 * 50, 131_072], [50, 131_072]);
    x.sum(0).compute(&client).unwrap();
    let handle = gristmill::cluster::SchedulerHandle::connect(cluster.scheduler.address(), None).unwrap();
    let moved = handle.status().unwrap().moved_nbytes;
    // Of sums placed by chance three quarters would.
    assert!(moved < 256 * 1_048_576 / 5, "{moved} B have moved");
}

#[test]
fn work_waits_for_workers_that_come_later() {
    let mut cluster = TestCluster::start(0);
    let client = cluster.client();
    let future = client.submit(component("stats").function("add"), args![1.0, 2.0]).unwrap();
    assert_eq!(future.result_timeout(Duration::from_millis(200)).unwrap(), None);
    cluster.add_worker(&[]);
    assert_eq!(future.result().unwrap(), Value::Float(3.0));
    cluster.workers[0].kill();
    cluster.add_worker(&[]);
    // Its result went with the worker that held it.
    assert_eq!(future.result().unwrap(), Value::Float(3.0));
}

#[test]
fn clients_of_a_scheduler_that_is_gone_are_told() {
    let mut cluster = TestCluster::start(0);
    cluster.add_worker(&["--patience", "300ms"]);
    let options = ConnectOptions::default().patience(Duration::from_millis(300));
    let client = Client::connect_with(cluster.scheduler.address(), options).unwrap();
    let future = client.submit(component("stats").function("add"), args![1.0, 2.0]).unwrap();
    future.result().unwrap();
    cluster.scheduler.kill();
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    let error = loop {
        match future.result() {
            Ok(_) if std::time::Instant::now() < deadline => std::thread::sleep(Duration::from_millis(10)),
            Ok(value) => panic!("{value:?} of a cluster that is gone"),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind, TaskErrorKind::Cancelled, "{error}");
    let refused = client.submit(component("stats").function("add"), args![1.0, 2.0]).unwrap_err();
    assert!(matches!(refused, Error::Unavailable(_)), "{refused}");
    // Workers end with it.
    cluster.workers[0].child.wait().unwrap();
}

#[test]
fn a_cluster_is_started_looked_at_and_ended_by_one_command_each() {
    let mut up = Process::start(&["cluster", "up", "--workers", "2", "--listen", "127.0.0.1:0"]);
    let address = up.said.split([' ', ',']).nth(2).unwrap().to_owned();
    let client = Client::connect(&address).unwrap();
    assert_eq!(
        delayed(component("stats").function("inc"), args![1]).compute(&client).unwrap(),
        Value::Int(2)
    );
    let folder = tempfile::tempdir().unwrap();
    let status = gristmill(folder.path(), &["cluster", "status", &address]);
    let text = String::from_utf8_lossy(&status.stdout).into_owned();
    assert!(text.contains("tasks accepted") && text.lines().count() >= 3, "{text}");
    assert!(gristmill(folder.path(), &["cluster", "down", &address]).status.success());
    assert!(up.child.wait().unwrap().success());
}

#[test]
fn arrays_on_disk_are_read_by_the_workers_that_need_them() {
    let cluster = TestCluster::start(2);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    let here = local();
    let x = Array::arange(0, 60_000, 1, 10_000).reshape(&[300, 200]);
    here.client().store(&x, &path, ArrayFormat::Npy, WriteOptions::default()).unwrap();
    let opened = Array::open(&path, None).rechunk([100, 100]);
    let anomaly = opened.slice(s![..;3]) - opened.mean(0);
    let expected = anomaly.compute(&here.client()).unwrap();
    assert_eq!(anomaly.compute(&cluster.client()).unwrap(), expected);
    // Each worker writes the blocks that it has; the array is there when all are.
    let written = folder.path().join("anomaly.zarr");
    cluster.client().store(&anomaly, &written, ArrayFormat::ZarrV3, WriteOptions::default()).unwrap();
    assert_eq!(Array::open(&written, None).compute(&here.client()).unwrap(), expected);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left beside them");
    // Another array at the same path is not taken for it.
    here.client().store(&(&x + 1), &path, ArrayFormat::Npy, WriteOptions::default().overwrite(true)).unwrap();
    let fresh = TestCluster::start(1);
    let error = anomaly.compute(&fresh.client()).unwrap_err().to_string();
    assert!(error.contains("has changed since it was opened"), "{error}");
}

#[test]
fn a_worker_that_hangs_is_given_up() {
    let mut cluster = TestCluster::start(2);
    let client = cluster.client();
    let expected = long_work().compute(&local().client()).unwrap();
    let running = client.persist_arrays(&[long_work()]).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    let pid = cluster.workers[0].child.id().to_string();
    assert!(Command::new("kill").args(["-STOP", &pid]).status().unwrap().success());
    assert_eq!(running[0].compute(&client).unwrap(), expected);
    cluster.workers[0].kill();
}

#[test]
fn with_an_authority_only_its_tokens_open_the_door() {
    let tokens = Tokens::new();
    let (worker, client) = (tokens.issue("worker", "w"), tokens.issue("client", "c"));
    let scheduler = tokens.scheduler("0.0.0.0:0");
    let port = scheduler.address().rsplit(':').next().unwrap().to_owned();
    let address = format!("127.0.0.1:{port}");
    let args = ["worker", &address, "--threads", "1", "--limit-memory", "200MB", "--token"];
    let _workers = [0, 1].map(|_| Process::start(&[&args[..], &[&worker]].concat()));
    let token =
        |path: &str| ConnectOptions::default().token(Token::read(std::path::Path::new(path)).unwrap());
    let known = Client::connect_with(&address, token(&client)).unwrap();
    assert_eq!(known.compute(&arrays()).unwrap(), local().client().compute(&arrays()).unwrap());

    // Without a token, or with one of another authority, or of another kind.
    Client::connect(&address).unwrap_err();
    let other = Tokens::new();
    Client::connect_with(&address, token(&other.issue("client", "c"))).unwrap_err();
    let misused = Client::connect_with(&address, token(&worker)).unwrap_err().to_string();
    assert!(misused.contains("a worker may not join as a client"), "{misused}");
    let folder = tempfile::tempdir().unwrap();
    let misused = failure(&gristmill(folder.path(), &["worker", &address, "--token", &client]));
    assert!(misused.contains("a client of tenant `default` may not join as a worker"), "{misused}");
    let down = |token: &str| gristmill(folder.path(), &["cluster", "down", &address, "--token", token]);
    let misused = failure(&down(&client));
    assert!(misused.contains("may not end the cluster"), "{misused}");
    let none = failure(&gristmill(folder.path(), &["cluster", "status", &address, "--token", "nothing.pem"]));
    assert!(none.contains("nothing.pem"), "{none}");
    let unnamed = ["--tenant", "../mill", "--authority", &tokens.path("authority"), "--output", "t"];
    let unnamed =
        failure(&gristmill(folder.path(), &[&["cluster", "token", "client"][..], &unnamed].concat()));
    assert!(unnamed.contains("is no name of a tenant"), "{unnamed}");
    let twice = ["cluster", "token", "client", "--authority", &tokens.path("authority"), "--output", &client];
    failure(&gristmill(folder.path(), &twice));
    assert!(down(&tokens.issue("admin", "a")).status.success());
}

#[test]
fn whatever_dies_the_answers_stay_right() {
    let mut cluster = TestCluster::start(3);
    let client = cluster.client();
    let work = |seed| {
        let x = Generator::new(seed).normal(0.0, 1.0, &[1200, 1200], [100, 100]);
        (&x.matmul(&x.transpose(&[1, 0])) + &x).sum(1)
    };
    let expected: Vec<Chunk> = (0..4).map(|seed| work(seed).compute(&local().client()).unwrap()).collect();
    let running: Vec<Array> = client.persist_arrays(&(0..4).map(work).collect::<Vec<_>>()).unwrap();
    for n in 0..6 {
        std::thread::sleep(Duration::from_millis(400));
        cluster.add_worker(&[]);
        cluster.workers.remove(n % 2).kill();
    }
    assert_eq!(client.compute(&running).unwrap(), expected);
}

#[test]
fn many_small_messages_at_once_break_nothing() {
    let cluster = TestCluster::start(2);
    let client = cluster.client();
    for n in [20_000_i64, 20_000] {
        let futures = client.map(kernel("identity").unwrap(), 0..n).unwrap();
        assert!(wait(&futures, Some(Duration::from_secs(120))));
        assert_eq!(futures.last().unwrap().result().unwrap(), Value::Int(n - 1));
        // Each gives its own up, in a message of its own.
        drop(futures);
    }
    let status = gristmill(std::path::Path::new("."), &["cluster", "status", cluster.scheduler.address()]);
    let text = String::from_utf8_lossy(&status.stdout).into_owned();
    assert_eq!(text.lines().count(), 4, "both workers are there: {text}");
}
