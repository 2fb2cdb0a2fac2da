//! Real plugins, called as they are meant to be.

use std::sync::Arc;

use gristmill_data::arrow::array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Float64Array, Int32Array, StringArray,
    TimestampNanosecondArray,
};
use gristmill_data::arrow::buffer::{Buffer, NullBuffer};
use gristmill_data::number::Complex64;
use gristmill_data::{Chunk, DType, Partition, TaskErrorKind, Type, Value};
use gristmill_graph::Key;
use parking_lot::Mutex;
use proptest::prelude::*;

use super::guest::{Declared, Guest, Raw};
use super::{prebuilt, runtime, tight};
use crate::{BlockInfo, CallContext, Error, Level, Observer, Plugin, Reuse};

fn stats() -> Arc<Plugin> {
    runtime().load(&prebuilt("stats")).unwrap()
}

fn echo(value: &Value) -> Value {
    stats().call("echo", std::slice::from_ref(value), &CallContext::new()).unwrap()
}

/// A partition with every kind of column, sliced so that nothing begins at the start of its buffer.
fn partition() -> Partition {
    let columns: [(&str, ArrayRef); 6] = [
        ("bool", Arc::new(BooleanArray::from(vec![Some(true), None, Some(false), Some(true), Some(true)]))),
        ("int32", Arc::new(Int32Array::from(vec![Some(1), Some(2), None, Some(4), Some(5)]))),
        ("float64", Arc::new(Float64Array::from(vec![0.5, 1.5, f64::NAN, 3.5, 4.5]))),
        ("when", Arc::new(TimestampNanosecondArray::from(vec![10, 20, 30, 40, 50]))),
        (
            "text",
            Arc::new(StringArray::from(vec![Some("one"), Some("zwei"), None, Some("четыре"), Some("")])),
        ),
        ("bytes", Arc::new(BinaryArray::from(vec![b"a".as_ref(), b"", b"\xff\x00", b"dd", b"e"]))),
    ];
    Partition::from_columns(5, columns).unwrap()
}

#[test]
fn values_go_there_and_back() {
    let chunk = Chunk::from_vec(vec![1.5_f64, -2.0, 3.0, 4.0, 5.0, 6.0], &[2, 3]).unwrap();
    let values = [
        Value::Null,
        Value::Boolean(true),
        Value::Int(i64::MIN),
        Value::UInt(u64::MAX),
        Value::Float(-0.25),
        Value::Complex(Complex64::new(1.0, -2.0)),
        Value::from("grüße"),
        Value::from(vec![0_u8, 255, 7]),
        Value::Datetime(1_700_000_000_000_000_000),
        Value::Timedelta(-5),
        Value::Chunk(chunk),
        Value::Chunk(Chunk::try_new(DType::Boolean, &[2, 0], Buffer::default(), None).unwrap()),
        Value::list([Value::Null, Value::list([1_i64, 2, 3]), Value::map([("x", 1.0), ("y", 2.0)])]),
        Value::List(Arc::from([])),
    ];
    for value in &values {
        assert_eq!(&echo(value), value);
    }
    let all = Value::list(values);
    assert_eq!(echo(&all), all);
}

#[test]
fn partitions_go_there_and_back_whole_and_sliced() {
    let whole = partition();
    for part in [
        whole.clone(),
        whole.slice(1, 3),
        whole.slice(3, 2),
        whole.slice(2, 0),
        whole.select(&["text"]).unwrap(),
    ] {
        let Value::Partition(back) = echo(&Value::Partition(part.clone())) else { panic!() };
        // NaN is in it, so bits are compared.
        assert_eq!(format!("{:?}", back.batch()), format!("{:?}", part.batch()));
        assert_eq!(back.batch().column(0).null_count(), part.batch().column(0).null_count());
    }
    let two = Value::list([Value::Partition(whole.slice(0, 1)), Value::Partition(whole.slice(4, 1))]);
    assert_eq!(echo(&two), two);
}

#[test]
fn a_masked_chunk_is_refused_by_name() {
    let validity = NullBuffer::from(vec![true, false]);
    let chunk = Chunk::try_new(DType::UInt8, &[2], Buffer::from([1_u8, 2]), Some(validity)).unwrap();
    let error = stats().call("echo", &[Value::list([Value::Chunk(chunk)])], &CallContext::new()).unwrap_err();
    assert_eq!(error.kind, TaskErrorKind::Unsupported);
    assert_eq!(error.context, ["argument 0"]);
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Boolean),
        any::<i64>().prop_map(Value::Int),
        any::<u64>().prop_map(Value::UInt),
        any::<i32>().prop_map(|float| Value::Float(f64::from(float) / 8.0)),
        ".{0,12}".prop_map(Value::from),
        proptest::collection::vec(any::<u8>(), 0..20).prop_map(Value::from),
        proptest::collection::vec(any::<i16>(), 0..20)
            .prop_map(|items| Value::Chunk(Chunk::from_vec(items.clone(), &[items.len() as u64]).unwrap())),
        (0_usize..5, 0_usize..5).prop_map(|(from, n)| Value::Partition(
            partition().select(&["bool", "int32", "when", "text", "bytes"]).unwrap().slice(from, n)
        )),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::list),
            proptest::collection::btree_map("[a-z]{1,4}", inner, 0..6).prop_map(Value::map),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn any_value_goes_there_and_back(value in any_value()) {
        prop_assert_eq!(echo(&value), value);
    }

    #[test]
    fn batches_answer_as_single_calls_do(pairs in proptest::collection::vec(any::<(i32, i32)>(), 0..50)) {
        let calls: Vec<Vec<Value>> = pairs.iter().map(|(a, b)| vec![f64::from(*a).into(), f64::from(*b).into()]).collect();
        let results = stats().call_many("add", &calls, &CallContext::new()).unwrap();
        let sums: Vec<Value> = results.into_iter().map(Result::unwrap).collect();
        let expected: Vec<Value> = pairs.iter().map(|(a, b)| (f64::from(*a) + f64::from(*b)).into()).collect();
        prop_assert_eq!(sums, expected);
    }
}

#[test]
fn the_error_of_one_call_of_a_batch_is_in_its_place() {
    let calls = vec![vec![Value::from(1_i64)], vec![Value::from("one")], vec![Value::from(2_i64)]];
    let results = stats().call_many("inc", &calls, &CallContext::new()).unwrap();
    assert_eq!((&results[0], &results[2]), (&Ok(Value::Int(2)), &Ok(Value::Int(3))));
    let error = results[1].as_ref().unwrap_err();
    assert_eq!((error.kind, &*error.function), (TaskErrorKind::TypeMismatch, "stats.inc"));
    // A trap ends the whole batch; so does a list of results that is too short.
    let calls = vec![vec![Value::from("boom")]; 3];
    assert_eq!(
        stats().call_many("panic", &calls, &CallContext::new()).unwrap_err().kind,
        TaskErrorKind::Trap
    );
    let short = "(i32.store (i32.const 0) (i32.const 0)) (i32.store (i32.const 4) (i32.const 0)) i32.const 0";
    let short = runtime().load(&Guest::new().call_many(short).build()).unwrap();
    let error = short.call_many("f", &[vec![], vec![]], &CallContext::new()).unwrap_err();
    assert_eq!(error.kind, TaskErrorKind::BadResult, "{error}");
    assert_eq!(short.call_many("f", &[], &CallContext::new()).unwrap(), []);
}

#[test]
fn a_batch_cannot_ask_which_task_it_is() {
    let guest = Guest::new().with_host().call_many("(call $task (i32.const 0)) unreachable");
    let plugin = runtime().load(&guest.build()).unwrap();
    let error = plugin.call_many("f", &[vec![]], &CallContext::new()).unwrap_err();
    assert_eq!(error.kind, TaskErrorKind::Unsupported, "{error}");
}

#[test]
fn errors_say_what_where_and_which_task() {
    let key = Key([0xab; 32]);
    let ctx = CallContext::new().task(key);
    let error = stats().call("fail", &["no such month".into()], &ctx).unwrap_err();
    assert_eq!(error.kind, TaskErrorKind::Failed);
    assert_eq!((&*error.function, &*error.task), ("stats.fail", &*key.to_string()));
    assert!(
        error.to_string().starts_with("task `stats.fail` (abababababab): failed: no such month"),
        "{error}"
    );
    let error = stats().call("panic", &["the message".into()], &ctx).unwrap_err();
    assert_eq!(error.kind, TaskErrorKind::Trap);
    assert!(error.log.iter().any(|line| line.contains("the message")), "{error}");
    assert!(error.backtrace.iter().any(|frame| frame.contains("panic")), "{error}");
    assert!(!error.backtrace.iter().any(|frame| frame.contains("::h")), "{error}");
    let error = stats().call("ad", &[], &ctx).unwrap_err();
    assert_eq!(error.kind, TaskErrorKind::NoSuchFunction);
    assert!(error.message.contains("did you mean `add`?"), "{error}");
    let mut guest = Guest::new();
    let failure = guest.failure(5, "row 7\n\u{1b}[0m", &["reading column x", "\u{7}bell"]);
    let plugin = runtime().load(&guest.call(&format!("i32.const {failure}")).build()).unwrap();
    let error = plugin.call("f", &[], &ctx).unwrap_err();
    assert_eq!((error.kind, error.message.as_str()), (TaskErrorKind::DataCorrupt, "row 7\n\\u{1b}[0m"));
    assert_eq!(error.context, ["reading column x", "\\u{7}bell"]);
}

#[test]
fn calls_are_checked_against_declarations() {
    let stats = stats();
    let message = |function: &str, args: &[Type]| stats.check_call(function, args).unwrap_err().to_string();
    assert_eq!(stats.check_call("add", &[Type::Float, Type::Int]).unwrap(), Type::Float);
    assert!(message("ad", &[]).contains("did you mean `add`?"));
    let arity = message("add", &[Type::Float]);
    assert!(arity.contains("takes 2 arguments and was given 1: add(a: float, b: float) -> float"), "{arity}");
    let wrong = message("scale", &[Type::Text, Type::Float]);
    assert!(
        wrong.contains("argument `chunk` of `stats.scale`") && wrong.contains("ndarray<float64>"),
        "{wrong}"
    );
    let of_ints = Type::NdArray { dtype: Some(DType::Int32), ndim: None };
    assert!(matches!(stats.check_call("scale", &[of_ints, Type::Float]), Err(Error::TypeMismatch { .. })));
}

#[test]
fn inference_is_the_plugins_word() {
    let declared = Declared { params: vec![("x", "any", false), ("y", "int", true)], ..Declared::new("f") };
    let guest = || Guest::new().functions(vec![declared.clone()]);
    let check = |guest: Guest, args: &[Type]| runtime().load(&guest.build()).unwrap().check_call("f", args);
    assert_eq!(check(guest(), &[Type::Int]).unwrap(), Type::Any);
    assert_eq!(check(guest(), &[Type::Int, Type::Null]).unwrap(), Type::Any);
    assert_eq!(
        check(guest().infers("ndarray<float32, 2>"), &[Type::Int]).unwrap().to_string(),
        "ndarray<float32, 2>"
    );
    assert!(matches!(check(guest().infers("nonsense<"), &[Type::Int]), Err(Error::Refused { .. })));
    assert!(matches!(check(guest().infer("unreachable"), &[Type::Int]), Err(Error::Refused { .. })));
    assert!(
        matches!(check(guest(), &[]), Err(Error::Arity { expected, .. }) if expected == "1 to 2 arguments")
    );
}

#[test]
fn results_are_held_to_their_declaration() {
    let declared = |returns: &str, kind, traits| Declared {
        returns: returns.into(),
        kind,
        traits,
        ..Declared::new("f")
    };
    let call = |declared: Declared, result: Raw, args: &[Value]| {
        let guest = Guest::new().functions(vec![declared]).returns(&[result]);
        runtime().load(&guest.build()).unwrap().call("f", args, &CallContext::new().limits(tight()))
    };
    assert_eq!(call(declared("float", 0, 0), Raw::Int(1), &[]).unwrap(), Value::Int(1));
    let error = call(declared("float", 0, 0), Raw::Null, &[]).unwrap_err();
    assert_eq!(error.kind, TaskErrorKind::TypeMismatch, "{error}");
    // A map over partitions that loses rows, a chunk map that says it keeps the shape.
    let rows = || Raw::Table(4, vec![]);
    let error = call(declared("table", 2, 0), rows(), &[Value::Partition(partition())]).unwrap_err();
    assert!(error.message.contains("given 5 rows and returned 4 rows"), "{error}");
    assert!(call(declared("table", 0, 0), rows(), &[Value::Partition(partition())]).is_ok());
    let chunk = Value::Chunk(Chunk::from_vec(vec![1_u8, 2], &[2]).unwrap());
    let bytes = || Raw::NdArray(5, vec![1], vec![9]);
    let error = call(declared("any", 1, 16), bytes(), std::slice::from_ref(&chunk)).unwrap_err();
    assert_eq!(error.kind, TaskErrorKind::BadResult, "{error}");
    assert!(call(declared("any", 1, 0), bytes(), &[chunk]).is_ok());
}

#[test]
fn record_functions_are_held_to_their_kind() {
    let stats = stats();
    let record = |x: f64| Value::Map([("x".into(), Value::Float(x))].into());
    let call = |function: &str, args: &[Value]| stats.call(function, args, &CallContext::new()).unwrap();
    assert_eq!(call("is_positive", &[record(-1.0)]), Value::Boolean(false));
    assert_eq!(call("add_x", &[Value::Float(2.0), record(0.5)]), Value::Float(2.5));
    let error = stats.check_call("is_positive", &[Type::Int]).unwrap_err();
    assert!(matches!(&error, Error::TypeMismatch { param, .. } if param == "record"), "{error}");
    // A filter that is declared as one, and answers with a number.
    let filter = Declared {
        kind: 5,
        params: vec![("record", "map<any>", false)],
        returns: "boolean".into(),
        ..Declared::new("f")
    };
    let guest = Guest::new().functions(vec![filter]).returns(&[Raw::Int(1)]);
    let error =
        runtime().load(&guest.build()).unwrap().call("f", &[record(1.0)], &CallContext::new()).unwrap_err();
    assert_eq!(error.kind, TaskErrorKind::TypeMismatch, "{error}");
    assert!(error.message.contains("boolean"), "{error}");
}

#[derive(Default)]
struct Heard(Mutex<Vec<String>>);

impl Observer for Heard {
    fn on_progress(&self, fraction: f64) {
        self.0.lock().push(format!("{fraction}"));
    }

    fn on_log(&self, level: Level, line: &str) {
        self.0.lock().push(format!("{}: {line}", level.as_str()));
    }
}

#[test]
fn an_observer_hears_progress_and_log() {
    let mut guest = Guest::new().with_host();
    let text = guest.bytes(b"half way");
    let ok = guest.result(&[Raw::Null]);
    let body = format!(
        "(call $progress (f64.const 0.5)) (call $log (i32.const 3) (i32.const {text}) (i32.const 8))
         (call $progress (f64.const nan)) (call $progress (f64.const 7)) i32.const {ok}"
    );
    let plugin = runtime().load(&guest.call(&body).build()).unwrap();
    let heard = Arc::new(Heard::default());
    let ctx = CallContext::new().observer(heard.clone()).reuse(Reuse::Warm);
    plugin.call("f", &[], &ctx).unwrap();
    // The next call is nobody's business.
    plugin.call("f", &[], &CallContext::new().reuse(Reuse::Warm)).unwrap();
    assert_eq!(*heard.0.lock(), ["0.5", "warn: half way", "1"]);
}

#[test]
fn a_task_knows_its_key_seed_and_block() {
    // The first list of the block is returned as it lies in the answer: key 8, seed 8, then option, block at 20.
    let mut guest = Guest::new().with_host();
    let answer = guest.bytes(&[0; 64]);
    let node = guest.result(&[Raw::List(vec![1, 2]), Raw::Int(0), Raw::Int(0)]);
    let body = format!(
        "(call $task (i32.const {answer})) (local.set $i (i32.load (i32.const {})))
         (i64.store (i32.add (local.get $i) (i32.const 40)) (i64.load (i32.const {})))
         (i64.store (i32.add (local.get $i) (i32.const 72)) (i64.load (i32.load (i32.const {})))) i32.const {node}",
        node + 4,
        answer + 8,
        answer + 20,
    );
    let plugin = runtime().load(&guest.call(&body).build()).unwrap();
    let block = BlockInfo { block: vec![5, 6], numblocks: vec![9, 9], offset: vec![50, 60] };
    let ctx = CallContext::new().task(Key([1; 32])).block(Arc::new(block));
    let expected = Value::list([0x0101_0101_0101_0101_i64, 5]);
    assert_eq!(plugin.call("f", &[], &ctx).unwrap(), expected);
}
