//! Tests of the kernels that do not compute.

use std::sync::Arc;

use gristmill_data::Chunk;
use gristmill_data::arrow::array::{ArrayRef, Int64Array};
use proptest::prelude::*;

use super::*;

fn table(hours: Vec<i64>) -> Value {
    let n_rows = hours.len();
    let hours: ArrayRef = Arc::new(Int64Array::from(hours));
    Partition::from_columns(n_rows, [("hour", hours)]).unwrap().into()
}

#[test]
fn lengths() {
    let check = |of: Value, expect: i64| assert_eq!(len(&[of]).unwrap(), Value::Int(expect));
    check(Value::list([1, 2]), 2);
    check(Value::map([("a", 1)]), 1);
    check("é€".into(), 2);
    check(vec![1_u8, 2, 3].into(), 3);
    check(table(vec![1, 2]), 2);
    check(Chunk::from_vec(vec![0_i8; 6], &[2, 3]).unwrap().into(), 2);
    for of in [Value::Int(1), Chunk::from_vec(vec![0_i8], &[]).unwrap().into()] {
        assert!(matches!(len(&[of]), Err(Error::Operand { kernel: "len", .. })));
    }
}

#[test]
fn items() {
    let list = Value::list(["a", "b"]);
    let check = |at: Value, expect: &str| assert_eq!(item(&[list.clone(), at]).unwrap(), expect.into());
    check(0.into(), "a");
    check(1_u64.into(), "b");
    check((-1).into(), "b");
    check((-2).into(), "a");
    for at in [2.into(), (-3).into(), i64::MIN.into(), i64::MAX.into()] {
        assert!(matches!(item(&[list.clone(), at]), Err(Error::NoSuchIndex { len: 2, .. })));
    }
    let map = Value::map([("x", 1), ("y", 2)]);
    assert_eq!(item(&[map.clone(), "y".into()]).unwrap(), Value::Int(2));
    assert_eq!(
        item(&[map.clone(), "z".into()]).unwrap_err().to_string(),
        "the map has no item `z`; it has x, y"
    );
    for (of, at) in [(map, Value::Int(0)), (list, "x".into()), (Value::Int(1), Value::Int(0))] {
        assert!(matches!(item(&[of, at]), Err(Error::Operand { kernel: "item", .. })));
    }
}

#[test]
fn concatenation() {
    let whole = table(vec![1, 2, 3]);
    let parts = [table(vec![1]), table(vec![2, 3])];
    assert_eq!(concat(&parts).unwrap(), whole);
    assert_eq!(concat(&[Value::List(parts.as_slice().into())]).unwrap(), whole);
    assert_eq!(concat(&[table(vec![1])]).unwrap(), table(vec![1]));
    assert_eq!(concat(&[]).unwrap(), Value::list(Vec::<i64>::new()));
    let lists = Value::from(vec![Value::list([1]), Value::list([2, 3])]);
    assert_eq!(concat(&[lists]).unwrap(), Value::list([1, 2, 3]));
    for mixed in
        [vec![table(vec![1]), 1.into()], vec![Value::list([1]), table(vec![1])], vec![1.into(), 2.into()]]
    {
        assert!(matches!(concat(&mixed), Err(Error::Operand { kernel: "concat", .. })), "{mixed:?}");
    }
    let other = Partition::from_columns(1, Vec::<(&str, ArrayRef)>::new()).unwrap();
    let error = concat(&[table(vec![1]), other.into()]).unwrap_err();
    assert!(matches!(error, Error::Data { kernel: "concat", .. }), "{error}");
}

#[test]
fn sleeping_has_a_limit() {
    assert_eq!(sleep(&[0.into()]).unwrap(), Value::Null);
    assert_eq!(sleep(&[0.5.into(), "awake".into()]).unwrap(), "awake".into());
    for ms in [Value::Int(-1), Value::Float(f64::NAN), Value::Float(f64::INFINITY), Value::UInt(u64::MAX)] {
        assert!(matches!(sleep(&[ms]), Err(Error::SleepTime { .. })));
    }
    assert!(matches!(sleep(&["soon".into()]), Err(Error::Data { .. })));
}

proptest! {
    #[test]
    fn items_are_those_of_a_vector(list in prop::collection::vec(any::<i64>(), 0..10), at in -12_i64..12) {
        let len = list.len() as i64;
        let expect = (-len..len).contains(&at).then(|| Value::Int(list[at.rem_euclid(len) as usize]));
        prop_assert_eq!(item(&[Value::list(list), at.into()]).ok(), expect);
    }

    #[test]
    fn concatenation_keeps_every_item(lists in prop::collection::vec(prop::collection::vec(any::<i64>(), 0..5), 0..5)) {
        let values: Vec<Value> = lists.iter().map(|list| Value::list(list.iter().copied())).collect();
        prop_assert_eq!(concat(&[Value::from(values)]).unwrap(), Value::list(lists.concat()));
    }
}
