//! The plugin's functions through the dispatch that the engine uses, and what they declare.

use gristmill_plugin::{ErrorKind, Plugin, prelude::*};

use super::Component;

fn call(function: &str, args: Vec<Value>) -> Result<Value> {
    Component::call(function, args)
}

fn chunk(items: &[f64]) -> Value {
    Value::NdArray(NdArray::from_vec(items.to_vec(), &[items.len() as u64]).unwrap().into())
}

#[test]
fn functions_take_and_return_plain_values() {
    assert_eq!(call("add", vec![1i64.into(), 2.5.into()]).unwrap(), Value::Float(3.5));
    assert_eq!(call("inc", vec![Value::UInt(7)]).unwrap(), Value::Int(8));
    assert_eq!(call("noop", vec![]).unwrap(), Value::Null);
    assert_eq!(call("scale", vec![chunk(&[1.0, 2.0]), 3.0.into()]).unwrap(), chunk(&[3.0, 6.0]));
    assert_eq!(call("sum_f64", vec![chunk(&[1.0; 100])]).unwrap(), Value::Float(100.0));
}

#[test]
fn a_reduction_in_parts_is_the_whole() {
    let parts = [&[1.0, 2.0][..], &[6.0], &[]].map(|items| call("mean.chunk", vec![chunk(items)]).unwrap());
    let combined = call("mean.combine", vec![Value::List(parts.to_vec())]).unwrap();
    assert_eq!(call("mean.aggregate", vec![Value::List(vec![combined])]).unwrap(), Value::Float(3.0));
}

#[test]
fn records_are_mapped_filtered_and_folded() {
    let record = |x: f64| Record::from_iter([("x".to_owned(), Value::Float(x))]);
    let doubled = call("with_double", vec![record(2.0).into()]).unwrap();
    let Value::Map(doubled) = doubled else { panic!("a record is a map") };
    assert_eq!(doubled.get("double"), Some(&Value::Float(4.0)));
    assert_eq!(call("is_positive", vec![record(-1.0).into()]).unwrap(), Value::Boolean(false));
    assert_eq!(call("add_x", vec![1.0.into(), record(2.0).into()]).unwrap(), Value::Float(3.0));
    let error = call("is_positive", vec![Record::new().into()]).unwrap_err();
    assert_eq!((error.kind, error.message.as_str()), (ErrorKind::InvalidArgument, "the record has no `x`"));
}

#[test]
fn wrong_calls_are_errors_that_name_the_argument() {
    let check = |function, args, kind, part: &str| {
        let error = call(function, args).unwrap_err();
        assert_eq!(error.kind, kind, "{error:?}");
        assert!(format!("{} {:?}", error.message, error.context).contains(part), "{error:?}");
    };
    check("add", vec![1.0.into()], ErrorKind::TypeMismatch, "argument `b` is missing");
    check(
        "add",
        vec![1.0.into(), "x".into()],
        ErrorKind::TypeMismatch,
        "expected float, got text [\"argument `b`\"]",
    );
    check("add", vec![1.0.into(), 1.0.into(), 1.0.into()], ErrorKind::InvalidArgument, "1 more arguments");
    check("inc", vec![i64::MAX.into()], ErrorKind::OutOfRange, "beyond int");
    check("ad", vec![], ErrorKind::NoSuchFunction, "noop, add");
    check("fail", vec!["why".into()], ErrorKind::Failed, "why");
}

#[test]
fn the_declaration_follows_from_the_rust_types() {
    let info = Component::info();
    assert_eq!((info.name.as_str(), info.formats.len()), ("stats", 0));
    let declared = |name: &str| {
        let signature = info.functions.iter().find(|signature| signature.name == name).unwrap();
        let params: Vec<_> = signature.params.iter().map(|p| format!("{}: {}", p.name, p.ty)).collect();
        format!("{:?} ({}) -> {} # {}", signature.kind, params.join(", "), signature.returns, signature.doc)
    };
    assert_eq!(
        declared("scale"),
        "Kind::MapBlocks (chunk: ndarray<float64>, by: float) -> ndarray<float64> # The chunk times `by`."
    );
    assert_eq!(
        declared("mean.combine"),
        "Kind::Reduction (parts: list<list<float>>) -> list<float> # Count and sum of several parts."
    );
    assert_eq!(declared("echo"), "Kind::Task (value: any) -> any # The value itself.");
}
