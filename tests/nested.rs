//! Tasks that start tasks: the same answers on one machine and on many processes, with fewer threads than tasks that wait.

use std::f64::consts::PI;
use std::time::{Duration, Instant};

use gristmill::client::Error;
use gristmill::cluster::LocalBuilder;
use gristmill::data::TaskErrorKind;
use gristmill::prelude::*;

use crate::support::component;
use crate::support::processes::{Process, TestCluster, Tokens};

fn quadrature(function: &str, args: Vec<gristmill::collections::Argument>) -> Delayed {
    delayed(component("quadrature").function(function), args).may_submit()
}

/// An integral that needs some hundred tasks, and its closed form.
fn runge() -> (Delayed, f64) {
    (quadrature("integrate", args!["runge", -1.0, 1.0, 1e-15]), 0.4 * 5f64.atan())
}

fn close(value: &Value, expected: f64) -> bool {
    (value.as_float().unwrap() - expected).abs() < 1e-9
}

fn task_error<T: std::fmt::Debug>(result: Result<T, Error>) -> TaskError {
    match result.unwrap_err() {
        Error::Task(error) => error,
        other => panic!("{other}"),
    }
}

#[test]
fn tasks_that_wait_for_tasks_leave_their_threads_to_them() {
    let clusters: [LocalBuilder; 4] = [
        Cluster::local().threads(1),
        Cluster::local().threads(2),
        Cluster::local().threads(3).workers(3),
        Cluster::synchronous(),
    ];
    for builder in clusters {
        let cluster = builder.start().unwrap();
        let client = cluster.client();
        let (integral, expected) = runge();
        let steep = quadrature("integrate", args!["sqrt", 0.0, 1.0, 1e-9]);
        let wave = quadrature("integrate", args!["sine", 0.0, PI, 1e-13]);
        let results = client.compute(&[integral, steep, wave]).unwrap();
        assert!(close(&results[0], expected), "{results:?}");
        assert!(close(&results[1], 2.0 / 3.0), "{results:?}");
        assert!(close(&results[2], 2.0), "{results:?}");
        let n_tasks = cluster.progress().n_tasks;
        assert!(n_tasks > 40, "{n_tasks} tasks only: nothing waits for much");
    }
}

#[test]
fn calls_that_follow_each_other_and_start_tasks_are_not_one_task() {
    let cluster = Cluster::local().threads(1).start().unwrap();
    let (integral, expected) = runge();
    let twice = quadrature("add", args![quadrature("add", args![&integral, 0.0]), 1.0]);
    assert!(close(&twice.compute(&cluster.client()).unwrap(), expected + 1.0));
    // One that waits for what waits for a third, where whoever asks for work does it.
    let alone = Cluster::synchronous().start().unwrap();
    let client = alone.client();
    let sum = quadrature("powers", args![3]);
    let both = [
        quadrature("add", args![&sum, 0.0]),
        sum,
        delayed(component("quadrature").function("power"), args![3u64]),
    ];
    assert_eq!(client.compute(&both).unwrap().len(), 3);
}

#[test]
fn many_are_started_before_any_is_waited_for_and_equal_ones_are_one() {
    let cluster = Cluster::local().threads(2).start().unwrap();
    let client = cluster.client();
    let harmonic: f64 = (1..=1000).map(|n| 1.0 / f64::from(n)).sum();
    let power = component("quadrature").function("power");
    let known = client.map(power, 0..1000u64).unwrap();
    assert!(close(&quadrature("powers", args![1000]).compute(&client).unwrap(), harmonic));
    // One for the whole, and about a thousand that add up; none is computed twice.
    let n_new = cluster.progress().n_tasks - known.len() as u64;
    assert!((1000..1100).contains(&n_new), "{n_new}");
}

#[test]
fn a_task_starts_others_only_where_that_is_granted() {
    let cluster = Cluster::local().threads(1).start().unwrap();
    let refused = delayed(component("quadrature").function("powers"), args![3]);
    let error = task_error(refused.compute(&cluster.client()));
    assert_eq!(error.kind, TaskErrorKind::PermissionDenied);
    assert!(error.message.contains("may_submit"), "{error}");
}

#[test]
fn mistakes_in_what_is_started_are_errors_of_who_starts_it() {
    let cluster = Cluster::local().threads(1).start().unwrap();
    let client = cluster.client();
    let error = task_error(quadrature("mistaken", args![]).compute(&client));
    assert!(error.message.contains("float") && error.message.contains("text"), "{error}");
    let error = task_error(quadrature("integrate", args!["cusp", 0.0, 1.0, 1e-9]).compute(&client));
    assert_eq!(error.kind, TaskErrorKind::InvalidArgument);
    // Nothing waits for itself.
    for (of, why) in [(1u64, "it starts itself"), (2, "which waits for it"), (5, "which waits for it")] {
        let error = task_error(quadrature("circle", args![0u64, of]).compute(&client));
        assert!(error.message.contains(why), "{of}: {error}");
    }
    // Recursion without end ends when too many wait; afterwards the cluster is as it was.
    let error = task_error(quadrature("endless", args![0]).compute(&client));
    assert!(error.message.contains("tasks of this process wait"), "{error}");
    let (integral, expected) = runge();
    assert!(close(&integral.compute(&client).unwrap(), expected));
}

#[test]
fn cancelling_a_task_that_waits_cancels_what_it_waits_for() {
    let cluster = Cluster::local().threads(1).start().unwrap();
    let client = cluster.client();
    let patient = client.persist(&[quadrature("patient", args![])]).unwrap().pop().unwrap();
    // Its task runs when there are two.
    let until = Instant::now() + Duration::from_secs(20);
    while cluster.progress().n_tasks < 2 {
        assert!(Instant::now() < until, "it starts nothing");
        std::thread::sleep(Duration::from_millis(5));
    }
    patient.cancel();
    assert_eq!(patient.result().unwrap_err().kind, TaskErrorKind::Cancelled);
    // The one thread is free again.
    assert_eq!(delayed(kernel("inc").unwrap(), args![1]).compute(&client).unwrap(), Value::Int(2));
    drop(patient);
    let until = Instant::now() + Duration::from_secs(20);
    while cluster.progress().n_held > 0 {
        assert!(Instant::now() < until, "something is left");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn tasks_of_other_processes_start_tasks_too() {
    let mut cluster = TestCluster::start(2);
    let client = cluster.client();
    let (integral, expected) = runge();
    let harmonic: f64 = (1..=300).map(|n| 1.0 / f64::from(n)).sum();
    let results = client.compute(&[integral.clone(), quadrature("powers", args![300])]).unwrap();
    assert!(close(&results[0], expected) && close(&results[1], harmonic), "{results:?}");
    let error = task_error(quadrature("endless", args![0]).compute(&client));
    assert!(error.message.contains("tasks of this process wait"), "{error}");
    // A worker dies while tasks of it wait for tasks of others.
    let again = quadrature("integrate", args!["sqrt", 0.0, 1.0, 1e-10]);
    let pending = client.persist(&[again]).unwrap();
    cluster.workers[0].kill();
    assert!(close(&pending[0].result().unwrap(), 2.0 / 3.0));
}

#[test]
fn tasks_of_a_tenant_start_tasks_of_the_same_tenant() {
    let tokens = Tokens::new();
    let (worker, client) = (tokens.issue("worker", "w"), tokens.issue("client", "c"));
    let scheduler = tokens.scheduler("127.0.0.1:0");
    let args = ["worker", scheduler.address(), "--threads", "1", "--limit-memory", "200MB", "--token"];
    let _workers = [0, 1].map(|_| Process::start(&[&args[..], &[&worker]].concat()));
    let options = ConnectOptions::default().token(Token::read(std::path::Path::new(&client)).unwrap());
    let client = Client::connect_with(scheduler.address(), options).unwrap();
    let (integral, expected) = runge();
    // An argument that does not fit into its task.
    let name = quadrature("integrate", args!["x".repeat(5000), 0.0, 1.0, 1e-9]);
    assert!(close(&integral.compute(&client).unwrap(), expected));
    assert_eq!(task_error(name.compute(&client)).kind, TaskErrorKind::InvalidArgument);
}
