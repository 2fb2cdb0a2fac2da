//! Tests of values.

use proptest::prelude::*;

use super::*;
use crate::{DType, Error, random};

#[test]
fn accessors_convert_numbers_that_fit() {
    assert_eq!(Value::UInt(7).as_int().unwrap(), 7);
    assert_eq!(Value::Int(7).as_uint().unwrap(), 7);
    assert_eq!(Value::Int(7).as_float().unwrap(), 7.0);
    assert!(matches!(Value::UInt(u64::MAX).as_int(), Err(Error::OutOfRange { .. })));
    assert!(matches!(Value::Int(-1).as_uint(), Err(Error::OutOfRange { .. })));
    assert!(matches!(Value::Boolean(true).as_int(), Err(Error::WrongValue { .. })));
    let error = Value::list(["a"]).as_text().unwrap_err();
    assert_eq!(error.to_string(), "expected text, found list<text>");
}

#[test]
fn values_from_rust() {
    assert_eq!(Value::from(3), Value::Int(3));
    assert_eq!(Value::from("a"), Value::Text("a".into()));
    assert_eq!(Value::from(None::<bool>), Value::Null);
    assert_eq!(Value::from(vec![1_u8]).as_bytes().unwrap().as_slice(), [1]);
    assert_eq!(Value::from(vec![Value::Null]), Value::list([Value::Null]));
    let map = Value::map([("a", 1), ("b", 2)]);
    assert_eq!((map.get("b"), map.get("c"), Value::Null.get("a")), (Some(&Value::Int(2)), None, None));
}

#[test]
fn equality_is_that_of_results() {
    assert_eq!(Value::Float(f64::NAN), Value::Float(f64::NAN));
    assert_eq!(Value::Float(0.0), Value::Float(-0.0));
    assert_ne!(Value::Int(1), Value::Float(1.0));
    assert_ne!(Value::Int(1), Value::UInt(1));
}

#[test]
fn types_of_values() {
    let check = |value: Value, expect: &str| assert_eq!(value.type_of().to_string(), expect);
    check(Value::list([1, 2]), "list<int>");
    check(Value::from(vec![Value::Int(1), Value::Float(1.0)]), "list<any>");
    check(Value::list(Vec::<i64>::new()), "list<any>");
    check(Value::map([("a", "b")]), "map<text>");
    check(Chunk::from_vec(vec![0_i8; 6], &[2, 3]).unwrap().into(), "ndarray<int8, 2>");
}

#[test]
fn sizes_count_the_data() {
    let inline = size_of::<Value>() as u64;
    let chunk = Value::from(Chunk::from_vec(vec![0.0; 1000], &[1000]).unwrap());
    assert_eq!(chunk.nbytes(), inline + 8000);
    assert_eq!(Value::list([chunk.clone(), chunk]).nbytes(), 3 * inline + 16000);
    assert_eq!(Value::map([("name", "text")]).nbytes(), 2 * inline + 16 + 4 + 4);
}

#[test]
fn debug_is_short() {
    let text = Value::from("é".repeat(1000));
    assert!(format!("{text:?}").len() < 200, "{text:?}");
    let items = Value::list(0..1000);
    assert_eq!(format!("{items:?}"), "[0, 1, 2, 3, 4, 5, 6, 7, ..]");
    let map = Value::map([("x", Value::UInt(1)), ("y", vec![0_u8; 5].into())]);
    assert_eq!(format!("{map:?}"), "{\"x\": 1u, \"y\": Bytes(5)}");
}

#[test]
fn complex_numbers_are_a_dtype_and_a_value() {
    let value = Value::from(num_complex::Complex64::new(1.0, -2.0));
    assert_eq!((value.type_of(), DType::Complex128.itemsize()), (Type::Complex, 16));
}

proptest! {
    #[test]
    fn a_value_equals_its_clone_and_is_of_its_type(value in random::value()) {
        prop_assert_eq!(&value, &value.clone());
        value.type_of().accepts(&value.type_of()).unwrap();
        Type::Any.accepts(&value.type_of()).unwrap();
    }
}
