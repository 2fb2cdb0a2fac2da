//! What clients and threads of one cluster can do to each other.

use std::path::Path;
use std::sync::{Arc, Weak};
use std::time::Duration;

use gristmill_client::{Client, Error as ClientError, Status, TaskFuture, wait};
use gristmill_collections::{Array, Callee, Component, Program, args, delayed, native};
use gristmill_data::{Chunk, DType, TaskError, TaskErrorKind, Value};
use gristmill_graph::{Function, Graph, Layer, Wiring};
use gristmill_sandbox::Level;
use parking_lot::Mutex;

use super::{Cluster, LocalBuilder, LocalCluster, Log};
use crate::Error;
use crate::host::threads::{Shared, spawn};

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

/// The threads that were started before must not wait for ever for a cluster that never was.
#[test]
fn a_thread_that_cannot_be_started_ends_the_others() {
    let shared_by_threads = Mutex::new(Weak::new());
    let spawn_two = |shared: &Arc<Shared>, worker, number, name: &str| {
        *shared_by_threads.lock() = Arc::downgrade(shared);
        if number < 2 {
            return spawn(shared, worker, number, name);
        }
        Err(Error::Thread { number, source: std::io::Error::other("no more threads") })
    };
    let error = Cluster::local().threads(3).cache_dir(None).start_with(spawn_two).unwrap_err();
    assert_eq!(error.to_string(), "cannot start thread 2: no more threads; ask for fewer threads");
    assert_eq!(shared_by_threads.lock().strong_count(), 0, "a thread is left");
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
        let cluster = builder.threads(1).start().unwrap();
        result(&cluster.client().submit(stats("grow"), vec![50u64.into()]).unwrap())
            .map_err(|error| error.kind)
    };
    assert_eq!(grow(Cluster::local().memory_limit_nbytes(32 << 20)), Err(TaskErrorKind::MemoryLimit));
    assert_eq!(grow(Cluster::local().memory_limit_nbytes(128 << 20)), Ok(Value::UInt(50 << 20)));
    let told = Cluster::local().memory_limit_nbytes(32 << 20).task_memory_limit_nbytes(128 << 20);
    assert_eq!(grow(told), Ok(Value::UInt(50 << 20)));
    let told = Cluster::local().task_memory_limit_nbytes(32 << 20);
    assert_eq!(grow(told), Err(TaskErrorKind::MemoryLimit));
}

fn stats(function: &str) -> Callee {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/prebuilt/stats.wasm");
    Component::open(path).unwrap().function(function)
}

/// What a task that succeeds had logged was nowhere to be seen.
#[test]
fn lines_of_tasks_that_succeed_are_in_the_log_and_in_the_report() {
    let cluster = cluster(1);
    let flood = cluster.client().submit(stats("log_flood"), vec![3u64.into()]).unwrap();
    result(&flood).unwrap();
    let log = cluster.take_log();
    let texts: Vec<&str> = log.lines.iter().map(|line| &*line.text).collect();
    assert_eq!(texts, ["line 0 of 3", "line 1 of 3", "line 2 of 3"]);
    for line in &log.lines {
        assert_eq!(
            (&*line.function, line.key, line.level),
            ("stats.log_flood", Some(flood.key()), Level::Info)
        );
    }
    assert_eq!(cluster.take_log(), Log::default(), "each line is told once");
    let page = cluster.report("r", &[]);
    assert_eq!(page.matches("<td>info<td>line 1 of 3").count(), 1);
    assert_eq!(page.matches("\nline 1 of 3\nline 2 of 3</title>").count(), 1, "the task's own bar tells it");
}

#[test]
fn a_guest_that_logs_without_end_fills_a_bounded_log() {
    let cluster = cluster(1);
    for _ in 0..2 {
        let flood = cluster.client().submit(stats("log_flood"), vec![50_000u64.into()]).unwrap();
        result(&flood).unwrap();
        drop(flood);
    }
    let log = cluster.take_log();
    // A thousand lines of each call, and one that tells of the rest; the last thousand of all are kept.
    assert_eq!((log.lines.len(), log.n_missed), (1_000, 1_002));
    let last = log.lines.last().unwrap();
    assert!(last.level == Level::Warn && last.text.contains("dropped"), "{last:?}");
}

#[test]
fn an_error_after_a_retry_has_the_log_of_the_last_run_alone() {
    let cluster = cluster(1);
    let panic = cluster.client().submit(stats("panic"), vec!["the stones are worn".into()]).unwrap();
    let first = result(&panic).unwrap_err();
    assert!(first.log.len() == 1 && first.log[0].contains("the stones are worn"), "{first:?}");
    panic.retry();
    assert_eq!(result(&panic).unwrap_err().log, first.log);
    assert_eq!(cluster.take_log().lines.len(), 2, "it ran twice");
}

/// It was said that the cluster is unavailable.
#[test]
fn a_value_that_cannot_be_encoded_is_told_by_its_position() {
    let cluster = cluster(1);
    let deep = (0..100).fold(Value::Int(1), |value, _| Value::List([value].into()));
    let error = cluster.client().scatter(vec![Value::Int(1), deep]).unwrap_err();
    assert!(matches!(&error, ClientError::Value { position: 1, .. }), "{error:?}");
    assert!(error.to_string().starts_with("value 1 cannot be scattered: "), "{error}");
    assert_eq!(cluster.progress().n_held, 0, "the first is not there either");
}

/// A chain of steps that became one task kept all their results until its end.
#[test]
fn a_chain_lets_go_what_its_steps_have_used() {
    let cluster = cluster(1);
    let made: Arc<Mutex<Weak<str>>> = Arc::new(Mutex::new(Arc::downgrade(&Arc::from(""))));
    let (make, look) = (made.clone(), made);
    let first = native("first", move |_| {
        let text: Arc<str> = "as long as it is needed".into();
        *make.lock() = Arc::downgrade(&text);
        Ok(Value::Text(text))
    });
    let second = native("second", |args| Ok(Value::UInt(args[0].as_text()?.len() as u64)));
    let third = native("third", move |args| {
        let is_gone = look.lock().upgrade().is_none();
        Ok(Value::list([args[0].clone(), Value::Boolean(is_gone)]))
    });
    let chain = delayed(third, args![delayed(second, args![delayed(first, args![])])]);
    let future = cluster.client().persist(&[chain]).unwrap().remove(0);
    assert_eq!(result(&future).unwrap(), Value::list([Value::UInt(23), Value::Boolean(true)]));
    assert_eq!(cluster.progress().n_tasks, 1, "they are no chain");
}

/// A plan that could never fit failed late, or filled the machine's memory beyond the limit.
#[test]
fn a_plan_that_cannot_fit_is_refused_before_anything_runs() {
    let cluster = Cluster::local().threads(2).workers(2).memory_limit_nbytes(8 << 20).start().unwrap();
    let x = Array::ones(DType::Float64, &[1 << 20], 1 << 16).argsort(0);
    let error = cluster.client().compute(&[x]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a task of `full` takes 8 MiB with 0 inputs and its result, and a worker has 4 MiB; cut what it is made of into \
         smaller chunks, such as `rechunk(\"2 MiB\")`, or give workers more memory"
    );
    let progress = cluster.progress();
    assert_eq!((progress.n_tasks, progress.peak_nbytes), (0, 0));
    // What merely is larger than memory is spilled.
    let x = Array::arange(0, 1 << 21, 1, 1 << 16);
    let x = cluster.client().persist_arrays(&[x]).unwrap().remove(0);
    let greatest = cluster.client().compute(&[x.max(())]).unwrap().remove(0);
    assert_eq!(greatest.as_slice::<i64>().unwrap(), [(1 << 21) - 1]);
    let progress = cluster.progress();
    assert!(progress.spilled_nbytes > 0 && progress.peak_nbytes <= 4 << 20, "{progress:?}");
}

/// What warm instances keep is memory as good as that of results: where it is needed it is given back, and elsewhere not.
#[test]
fn memory_of_guests_counts_and_idle_ones_give_theirs_back() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/prebuilt/stats.wasm");
    let echo = Component::open(path).unwrap().function("echo");
    let array = Value::from(Chunk::from_vec(vec![1.0f64; 1 << 20], &[1 << 20]).unwrap());
    for (memory_limit_nbytes, keeps) in [(1 << 30, true), (24 << 20, false)] {
        let builder = Cluster::local().threads(1).cache_dir(None).memory_limit_nbytes(memory_limit_nbytes);
        let cluster = builder.start().unwrap();
        let called = cluster.client().submit(&echo, args![array.clone()]).unwrap();
        assert_eq!(result(&called).unwrap(), array);
        // The thread looks after it has told of the result.
        let until = std::time::Instant::now() + SOON;
        while !keeps && cluster.shared.runtime.guest_nbytes() > 0 {
            assert!(std::time::Instant::now() < until, "idle instances keep their memory");
            std::thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(cluster.shared.runtime.guest_nbytes() > 8 << 20, keeps);
    }
}
