//! Futures: submit, map, gather, scatter, as_completed, cancel, retries.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use gristmill::client::Status;
use gristmill::data::TaskErrorKind;
use gristmill::prelude::*;

use crate::support::{cluster, component};

#[test]
fn submit_map_and_gather() {
    let cluster = cluster();
    let client = cluster.client();
    let stats = component("stats");
    let squares =
        client.map(native("square", |args| Ok(Value::Int(args[0].as_int()?.pow(2)))), 0..100i64).unwrap();
    let total = client.submit(kernel("sum").unwrap(), args![squares.clone()]).unwrap();
    let more = client.submit(stats.function("inc"), args![&total]).unwrap();
    assert_eq!(more.result().unwrap(), Value::Int((0..100).map(|x| x * x).sum::<i64>() + 1));
    let gathered = client.gather(&squares).unwrap();
    assert_eq!(gathered, (0..100).map(|x| Value::Int(x * x)).collect::<Vec<_>>());
}

#[test]
fn scattered_values_are_arguments() {
    let cluster = cluster();
    let client = cluster.client();
    let chunk = Chunk::from_vec(vec![1.0f64; 1000], &[1000]).unwrap();
    let data = client.scatter(vec![chunk.into(), Value::Int(5)]).unwrap();
    let sum = client.submit(component("stats").function("sum_f64"), args![&data[0]]).unwrap();
    let inc = client.submit(kernel("inc").unwrap(), args![&data[1]]).unwrap();
    assert_eq!(client.gather(&[sum, inc]).unwrap(), [Value::Float(1000.0), Value::Int(6)]);
}

#[test]
fn as_completed_yields_each_future_once_and_takes_more() {
    let cluster = cluster();
    let client = cluster.client();
    let inc = kernel("inc").unwrap();
    let mut completed = as_completed(client.map(&inc, 0..50i64).unwrap());
    let mut seen = Vec::new();
    while let Some(future) = completed.next() {
        seen.push(future.result().unwrap().as_int().unwrap());
        if seen.len() == 25 {
            completed.extend(client.map(&inc, 50..60i64).unwrap());
        }
    }
    seen.sort_unstable();
    assert_eq!(seen, (1..=60).collect::<Vec<i64>>());
}

#[test]
fn cancel_stops_a_running_guest_and_its_worker_goes_on() {
    let cluster = Cluster::local().threads(1).start().unwrap();
    let client = cluster.client();
    let stats = component("stats");
    let spinning = client.submit(stats.function("spin"), args![]).unwrap();
    assert!(!wait(std::slice::from_ref(&spinning), Some(Duration::from_millis(50))), "spin should never end");
    let next = client.submit(stats.function("inc"), args![1]).unwrap();
    assert_eq!(next.status(), Status::Pending, "the only thread is busy");
    spinning.cancel();
    assert_eq!(next.result().unwrap(), Value::Int(2));
    assert_eq!(spinning.status(), Status::Cancelled);
    assert_eq!(spinning.result().unwrap_err().kind, TaskErrorKind::Cancelled);
}

#[test]
fn a_retryable_error_is_tried_again_as_often_as_allowed() {
    let cluster = cluster();
    let client = cluster.client();
    let tries = Arc::new(AtomicUsize::new(0));
    let flaky = |fails: usize| {
        let tries = tries.clone();
        native("flaky", move |_| match tries.fetch_add(1, Ordering::SeqCst) {
            n if n < fails => {
                let mut error = TaskError::new(TaskErrorKind::Failed, format!("try {n}"));
                error.retryable = true;
                Err(error)
            }
            n => Ok(Value::UInt(n as u64)),
        })
    };
    let good = delayed(flaky(2), args![]).retries(3).compute(&client).unwrap();
    assert_eq!(good, Value::UInt(2));
    tries.store(0, Ordering::SeqCst);
    let future = client.persist(&[delayed(flaky(10), args![]).retries(3)]).unwrap().remove(0);
    assert!(future.result().unwrap_err().message.contains("try 3"));
    assert_eq!(tries.load(Ordering::SeqCst), 4);
    tries.store(10, Ordering::SeqCst);
    future.retry();
    assert_eq!(future.result().unwrap(), Value::UInt(10));
}

#[test]
fn equal_calls_share_a_key_and_a_result() {
    let cluster = cluster();
    let client = cluster.client();
    let stats = component("stats");
    let a = client.submit(stats.function("add"), args![1.0, 2.0]).unwrap();
    let b = client.submit(stats.function("add"), args![1.0, 2.0]).unwrap();
    let c = client.submit(stats.function("add"), args![1.0, 2.5]).unwrap();
    assert_eq!(a.key(), b.key());
    assert_ne!(a.key(), c.key());
    assert_eq!(b.result().unwrap(), Value::Float(3.0));
}

#[test]
fn a_released_result_is_forgotten() {
    let cluster = cluster();
    let client = cluster.client();
    let future = client.submit(kernel("inc").unwrap(), args![1]).unwrap();
    future.result().unwrap();
    assert!(cluster.progress().n_held > 0);
    drop(future);
    assert_eq!(cluster.progress().n_held, 0);
    assert_eq!(cluster.progress().memory_nbytes, 0);
}

#[test]
fn a_result_that_another_cluster_holds_is_an_error_and_not_waited_for() {
    let (ours, theirs) = (cluster(), cluster());
    let future = theirs.client().submit(kernel("inc").unwrap(), args![1]).unwrap();
    let stranger = ours.client().submit(kernel("inc").unwrap(), args![&future]).unwrap();
    let error = stranger.result().unwrap_err();
    assert!(error.to_string().contains(&future.key().to_string()), "{error}");
}
