//! Delayed calls: nested references, several outputs, shared sub-graphs, errors that travel unchanged.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gristmill::client::Error;
use gristmill::collections::{Callee, Program, RawFormat};
use gristmill::data::TaskErrorKind;
use gristmill::prelude::*;

use crate::support::{cluster, component, root};

fn int(value: &Value) -> i64 {
    value.as_int().unwrap()
}

/// A closure that adds its arguments and counts its calls.
fn counted_add(calls: &Arc<AtomicUsize>) -> Callee {
    let calls = calls.clone();
    native("counted_add", move |args| {
        calls.fetch_add(1, Ordering::SeqCst);
        args.iter()
            .map(|value| value.as_int())
            .sum::<Result<i64, _>>()
            .map(Value::Int)
            .map_err(TaskError::from)
    })
}

#[test]
fn what_two_results_share_runs_once() {
    let cluster = cluster();
    let calls = Arc::new(AtomicUsize::new(0));
    let add = counted_add(&calls);
    let shared = delayed(&add, args![1, 2]);
    let left = delayed(&add, args![&shared, 10]);
    let right = delayed(&add, args![&shared, 20]);
    let values = cluster.client().compute(&[left, right]).unwrap();
    assert_eq!(values.iter().map(int).collect::<Vec<_>>(), [13, 23]);
    assert_eq!(calls.load(Ordering::SeqCst), 3);
}

#[test]
fn references_nest_in_lists_and_maps() {
    let cluster = cluster();
    let one = delayed(kernel("inc").unwrap(), args![0]);
    let two = delayed(kernel("inc").unwrap(), args![&one]);
    let list = delayed(kernel("sum").unwrap(), args![vec![one.clone(), two.clone()]]);
    let map =
        gristmill::collections::Argument::Map(vec![("a".into(), (&one).into()), ("b".into(), (&two).into())]);
    let item = delayed(kernel("item").unwrap(), vec![map, "b".into()]);
    let values = cluster.client().compute(&[list, item]).unwrap();
    assert_eq!(values.iter().map(int).collect::<Vec<_>>(), [3, 2]);
}

#[test]
fn a_call_with_several_outputs() {
    let cluster = cluster();
    let both = delayed(kernel("list").unwrap(), args![4, 5]);
    let [four, five] = both.outputs::<2>().unwrap();
    let nine = delayed(kernel("add").unwrap(), args![four, five]);
    assert_eq!(int(&nine.compute(&cluster.client()).unwrap()), 9);
}

#[test]
fn a_chain_of_ten_thousand_calls_neither_overflows_nor_recurses() {
    let cluster = cluster();
    let inc = kernel("inc").unwrap();
    let mut chain = delayed(&inc, args![0]);
    for _ in 1..10_000 {
        chain = delayed(&inc, args![chain]);
    }
    assert_eq!(int(&chain.compute(&cluster.client()).unwrap()), 10_000);
}

#[test]
fn components_and_kernels_work_together_on_chunks() {
    let cluster = cluster();
    let stats = component("stats");
    let chunk = Chunk::from_vec((0..100_000).map(f64::from).collect(), &[100_000]).unwrap();
    let doubled = delayed(kernel("mul").unwrap(), args![chunk, 2.0]);
    let total = delayed(stats.function("sum_f64"), args![doubled]);
    let total = total.compute(&cluster.client()).unwrap().as_float().unwrap();
    assert_eq!(total, 2.0 * (99_999.0 * 100_000.0 / 2.0));
}

#[test]
fn the_error_of_a_task_reaches_every_dependent_unchanged() {
    let cluster = cluster();
    let client = cluster.client();
    let stats = component("stats");
    let broken = delayed(stats.function("fail"), args!["the mill is closed"]);
    let user = delayed(kernel("identity").unwrap(), args![&broken]);
    let futures = client.persist(&[broken, user]).unwrap();
    let errors: Vec<TaskError> = futures.iter().map(|future| future.result().unwrap_err()).collect();
    assert_eq!(errors[0], errors[1]);
    assert_eq!(errors[0].kind, TaskErrorKind::Failed);
    assert!(
        errors[0].to_string().contains("the mill is closed") && errors[0].to_string().contains("stats.fail")
    );
}

#[test]
fn a_call_of_the_wrong_type_is_refused_at_submit_with_a_diff() {
    let cluster = cluster();
    let calls = Arc::new(AtomicUsize::new(0));
    let stats = component("stats");
    let number = delayed(counted_add(&calls), args![1, 2]);
    let wrong = delayed(stats.function("add"), args!["one", &number]);
    let error = wrong.compute(&cluster.client()).unwrap_err();
    assert!(matches!(error, Error::Call { .. }), "{error:?}");
    let text = error.to_string();
    assert!(text.contains("stats.add") && text.contains("float") && text.contains("text"), "{text}");
    assert_eq!(calls.load(Ordering::SeqCst), 0, "something ran although the program was refused");

    let producer = delayed(stats.function("inc"), args![1]);
    let consumer = delayed(stats.function("sum_f64"), args![producer]);
    let text = consumer.compute(&cluster.client()).unwrap_err().to_string();
    assert!(text.contains("ndarray<float64>") && text.contains("int"), "{text}");

    let missing = delayed(stats.function("ad"), args![1.0, 2.0]);
    let text = missing.compute(&cluster.client()).unwrap_err().to_string();
    assert!(text.contains("`ad`") && text.contains("add"), "{text}");
}

/// What a reader planned to return was forgotten: a function that takes something else failed only when the file was read.
#[test]
fn what_takes_other_columns_than_a_reader_plans_is_refused_at_submit() {
    let cluster = cluster();
    let client = cluster.client();
    let flights = component("flights");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("2013-01.csv.gz");
    std::fs::copy(root().join("tests/data/flights/2013-01.csv.gz"), &file).unwrap();
    let months = client.read(&flights, "flights-csv", file.to_str().unwrap()).unwrap();
    // Tables are no array.
    let array = client.read_array(&flights, "flights-csv", file.to_str().unwrap(), &[3]).unwrap();
    let error = array.check().unwrap_err().to_string();
    assert!(error.contains("the reader gives table{") && error.contains("ndarray<any, 2>"), "{error}");
    // Whatever is read from now on fails.
    std::fs::remove_file(&file).unwrap();

    let check = |wrong: Delayed, words: &[&str]| {
        let error = wrong.compute(&client).unwrap_err();
        assert!(matches!(error, Error::Call { .. }), "{error:?}");
        let text = error.to_string();
        words.iter().for_each(|word| assert!(text.contains(word), "no {word:?} in: {text}"));
    };
    let rolled = delayed(flights.function("roll"), args![months.clone()]);
    check(rolled, &["flights.roll", "item, column `n`: expected int64, given no such column", "dep_delay"]);
    let sum = delayed(component("stats").function("sum_f64"), args![&months[0]]);
    check(sum, &["stats.sum_f64", "expected ndarray<float64>, given table{"]);

    let fitting = delayed(flights.function("clean"), args![&months[0]]);
    let error = fitting.compute(&client).unwrap_err();
    assert!(matches!(error, Error::Task(_)), "it fits, and fails when it reads: {error:?}");
}

#[test]
fn a_synchronous_cluster_computes_in_the_calling_thread() {
    let cluster = Cluster::synchronous().start().unwrap();
    let caller = std::thread::current().id();
    let where_am_i = native("where_am_i", move |_| Ok(Value::Boolean(std::thread::current().id() == caller)));
    let total = delayed(component("stats").function("add"), args![1.5, 2.0]);
    let values = cluster.client().compute(&[delayed(where_am_i, args![]), total]).unwrap();
    assert_eq!(values, [Value::Boolean(true), Value::Float(3.5)]);
}

#[test]
fn raw_graphs_run_on_the_same_cluster() {
    let cluster = cluster();
    let client = cluster.client();
    let stats = component("stats");
    let functions = |name: &str| match name.strip_prefix("stats.") {
        Some(export) => Some(stats.function(export)),
        None => kernel(name).ok(),
    };
    let json =
        br#"{"x": 1, "y": ["inc", "x"], "z": ["sum", ["x", "y", ["stats.add", 0.5, 2.0]]], "also": "z"}"#;
    let program = Program::from_raw(json, RawFormat::Json, functions, &["z", "y", "also"]).unwrap();
    let values = client.gather(&client.start(program).unwrap()).unwrap();
    assert_eq!(values, [Value::Float(5.5), Value::Int(2), Value::Float(5.5)]);

    let toml = b"x = 1\ny = [\"inc\", \"x\"]\n";
    let program = Program::from_raw(toml, RawFormat::Toml, functions, &["y"]).unwrap();
    assert_eq!(client.gather(&client.start(program).unwrap()).unwrap(), [Value::Int(2)]);

    let refused = |json: &str| {
        Program::from_raw(json.as_bytes(), RawFormat::Json, functions, &["a"]).unwrap_err().to_string()
    };
    assert!(refused(r#"{"a": ["inc", "b"], "b": ["inc", "a"]}"#).contains("cycle"));
    assert!(refused(r#"{"b": 1}"#).contains("\"a\""));
    assert!(refused(r#"{"a": 1, "a": 2}"#).contains("twice"));
    assert!(refused(r#"{"a": ["nope", 1]}"#).contains("nope"));
}
