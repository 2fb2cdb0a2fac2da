//! What clients and threads of one cluster can do to each other.

use std::path::Path;
use std::time::Duration;

use gristmill_client::{Client, Error as ClientError, Status, TaskFuture, wait};
use gristmill_collections::{Callee, Component, Program, native};
use gristmill_data::{TaskError, TaskErrorKind, Value};
use gristmill_graph::{Function, Graph, Layer, Wiring};

use super::{Cluster, LocalBuilder, LocalCluster};
use crate::Error;

/// Longer than anything here takes; a future that is not done by then never is.
const SOON: Duration = Duration::from_secs(60);

fn cluster(n_threads: usize) -> LocalCluster {
    Cluster::local().threads(n_threads).cache_dir(None).start().unwrap()
}

fn result(future: &TaskFuture) -> Result<Value, TaskError> {
    assert!(wait(std::slice::from_ref(future), Some(SOON)), "it never ends");
    future.result()
}

/// A call that takes a while, so that it can be cancelled.
fn slow(client: &Client) -> TaskFuture {
    let slow = native("slow", |_| {
        std::thread::sleep(Duration::from_millis(20));
        Ok(Value::Int(1))
    });
    client.submit(slow, vec![]).unwrap()
}

/// `retry` took the end of every task back, and the scheduler runs only failed ones again: the others never ended.
#[test]
fn retry_leaves_alone_what_has_not_failed() {
    let cluster = cluster(1);
    let client = cluster.client();
    let finished = client.submit(native("one", |_| Ok(Value::Int(1))), vec![]).unwrap();
    assert_eq!(result(&finished).unwrap(), Value::Int(1));
    finished.retry();
    assert_eq!(result(&finished).unwrap(), Value::Int(1));
    let cancelled = slow(&client);
    cancelled.cancel();
    cancelled.retry();
    assert_eq!(result(&cancelled).unwrap_err().kind, TaskErrorKind::Cancelled);
    assert_eq!(cancelled.status(), Status::Cancelled);
}

/// A key kept the end of its cancelled call as long as one future held it, and so did every later call of that key.
#[test]
fn a_cancelled_call_can_be_submitted_again_while_its_future_lives() {
    let cluster = cluster(1);
    let client = cluster.client();
    let slow = native("slow", |_| {
        std::thread::sleep(Duration::from_millis(20));
        Ok(Value::Int(1))
    });
    let old = client.submit(&slow, vec![]).unwrap();
    old.cancel();
    assert_eq!(old.status(), Status::Cancelled);
    let new = client.submit(&slow, vec![]).unwrap();
    assert_eq!((old.key(), new.status()), (new.key(), Status::Pending));
    assert_eq!(result(&new).unwrap(), Value::Int(1));
    assert_eq!(result(&old).unwrap(), Value::Int(1), "the old future holds the same task");
}

/// A result counted as finished when its value had gone with the cluster: `result` looked for it for ever.
#[test]
fn results_of_a_cluster_that_is_shut_down_are_cancelled() {
    let cluster = cluster(1);
    let client = cluster.client();
    let finished = client.submit(native("one", |_| Ok(Value::Int(1))), vec![]).unwrap();
    result(&finished).unwrap();
    let running = slow(&client);
    let waiting = client.submit(native("same", |args| Ok(args[0].clone())), vec![(&running).into()]).unwrap();
    drop(cluster);
    for future in [finished, running, waiting] {
        let error = result(&future).unwrap_err();
        assert_eq!(error.kind, TaskErrorKind::Cancelled);
        assert!(error.message.contains("shut down"), "{error}");
    }
    assert!(client.scatter(vec![Value::Int(1)]).is_err());
}

/// A closure that holds a future was dropped under the lock with its graph, and the future's own drop takes that lock.
/// The report kept the largest graph's closures besides, and with them what they hold.
#[test]
fn a_closure_may_hold_a_future() {
    let cluster = cluster(2);
    let client = cluster.client();
    let inner = client.submit(native("inner", |_| Ok(Value::Int(1))), vec![]).unwrap();
    let key = inner.key();
    let outer = client.submit(native("outer", move |_| inner.result()), vec![]).unwrap();
    assert_eq!(result(&outer).unwrap(), Value::Int(1));
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        drop(outer);
        let _ = sender.send(());
    });
    receiver.recv_timeout(SOON).unwrap();
    // The thread that ran the call may be the last to hold its code, for a moment.
    let forgotten = || {
        cluster.progress().n_held == 0 && cluster.shared.core.lock().clients.status(&key) == Status::Unknown
    };
    let until = std::time::Instant::now() + SOON;
    while !forgotten() && std::time::Instant::now() < until {
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(forgotten(), "the closure and its future live on");
}

/// The thread that asks serves the first worker only: tasks of the second were never run.
#[test]
fn a_cluster_without_threads_has_one_worker() {
    let error = Cluster::synchronous().threads(2).workers(2).start().unwrap_err();
    assert!(matches!(error, Error::Setting { setting: "workers", .. }), "{error}");
}

/// Places for instances were counted by cores: where more threads than four a core called guests, some found none.
#[test]
fn every_thread_finds_a_place_for_its_instance() {
    for n_threads in [1, 3, 64, 1024] {
        assert!(super::builder::instances_max(n_threads) as usize >= n_threads);
    }
    cluster(1024).shutdown();
}

/// Such a name made the standard library panic when the first thread was named after it.
#[test]
fn a_name_that_no_thread_can_have_is_refused() {
    let error = Cluster::local().threads(1).name("a\0b").start().unwrap_err();
    assert!(matches!(error, Error::Setting { setting: "name", .. }), "{error}");
}

#[test]
fn a_missing_file_is_a_typed_error() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/prebuilt/flights.wasm");
    let component = Component::open(path).unwrap();
    let cluster = cluster(1);
    let error = cluster.client().read(&component, "csv", "/nowhere/*.csv").unwrap_err();
    assert!(matches!(error, ClientError::Storage(_)), "{error}");
}

/// What takes a result was checked against what was planned of it, so that must be held to.
#[test]
fn a_call_that_returns_another_type_than_it_planned_fails() {
    let cluster = cluster(1);
    let Callee::Native(one) = native("one", |_| Ok(Value::Int(1))) else { unreachable!() };
    let check = |planned: &str| {
        let function = Function::Native { name: one.name().clone(), id: one.id() };
        let layer = Layer::new("one", function, Wiring::Source { n: 1 }).returns(Some(planned.into()));
        let mut graph = Graph::new();
        let wanted = vec![graph.push(layer).unwrap().task(0)];
        let program = Program { graph, wanted, natives: vec![one.clone()], ..Program::default() };
        cluster.client().start(program).map(|futures| result(&futures[0]))
    };
    assert_eq!(check("float").unwrap().unwrap(), Value::Int(1));
    let error = check("text").unwrap().unwrap_err();
    assert_eq!(error.kind, TaskErrorKind::TypeMismatch);
    assert!(error.to_string().contains("than it planned: expected text, given int"), "{error}");
    let error = check("list<").unwrap_err();
    assert!(matches!(error, ClientError::Call { .. }), "{error}");
}

/// A guest could have a gibibyte however little memory its worker was given.
#[test]
fn a_guest_has_no_more_memory_than_its_worker() {
    let grow = |builder: LocalBuilder| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/prebuilt/stats.wasm");
        let grow = Component::open(path).unwrap().function("grow");
        let cluster = builder.threads(1).start().unwrap();
        result(&cluster.client().submit(grow, vec![50u64.into()]).unwrap()).map_err(|error| error.kind)
    };
    assert_eq!(grow(Cluster::local().memory_limit_nbytes(32 << 20)), Err(TaskErrorKind::MemoryLimit));
    assert_eq!(grow(Cluster::local().memory_limit_nbytes(128 << 20)), Ok(Value::UInt(50 << 20)));
    let told = Cluster::local().memory_limit_nbytes(32 << 20).task_memory_limit_nbytes(128 << 20);
    assert_eq!(grow(told), Ok(Value::UInt(50 << 20)));
    let told = Cluster::local().task_memory_limit_nbytes(32 << 20);
    assert_eq!(grow(told), Err(TaskErrorKind::MemoryLimit));
}
