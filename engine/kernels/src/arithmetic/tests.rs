//! Tests of arithmetic on numbers.

use proptest::prelude::*;

use super::*;

fn int_or_error(result: Result<Value, Error>) -> Option<i128> {
    match result {
        Ok(value) => Some(wide(&value).unwrap()),
        Err(Error::Overflow { .. }) => None,
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn integers_stay_integers_and_quotients_become_floats() {
    let check = |operation, left: Value, right: Value, expect: Value| {
        assert_eq!(apply(operation, &left, &right).unwrap(), expect);
    };
    check(Operation::Add, 1.into(), 2.into(), Value::Int(3));
    check(Operation::Add, 1_u64.into(), 2_u64.into(), Value::UInt(3));
    check(Operation::Add, 1_u64.into(), (-2).into(), Value::Int(-1));
    check(Operation::Sub, 1_u64.into(), 2_u64.into(), Value::Int(-1));
    check(Operation::Div, 1.into(), 2.into(), Value::Float(0.5));
    check(Operation::Mul, 2.into(), 0.5.into(), Value::Float(1.0));
    assert_eq!(inc(&[Value::UInt(1)]).unwrap(), Value::UInt(2));
    assert_eq!(inc(&[Value::Float(1.0)]).unwrap(), Value::Float(2.0));
    assert_eq!(neg(&[Value::UInt(1)]).unwrap(), Value::Int(-1));
    assert_eq!(neg(&[Value::UInt(1 << 63)]).unwrap(), Value::Int(i64::MIN));
    assert!(matches!(neg(&[i64::MIN.into()]), Err(Error::Overflow { kernel: "neg" })));
    assert!(matches!(apply(Operation::Div, &1.0.into(), &0.into()), Err(Error::DivisionByZero)));
}

#[test]
fn what_is_no_number_is_named() {
    for (left, right) in [("a".into(), 1.into()), (1.into(), "a".into()), ("a".into(), "a".into())] {
        let error = apply(Operation::Add, &left, &right).unwrap_err().to_string();
        assert_eq!(error, "`add` takes numbers and chunks of numbers, and text was given");
    }
    assert!(matches!(neg(&[Value::Null]), Err(Error::Operand { kernel: "neg", given: Type::Null, .. })));
}

proptest! {
    #[test]
    fn signed_integers_are_exact_or_an_error(left: i64, right: i64) {
        let (l, r) = (Value::Int(left), Value::Int(right));
        let found = |operation| int_or_error(apply(operation, &l, &r));
        prop_assert_eq!(found(Operation::Add), left.checked_add(right).map(i128::from));
        prop_assert_eq!(found(Operation::Sub), left.checked_sub(right).map(i128::from));
        prop_assert_eq!(found(Operation::Mul), left.checked_mul(right).map(i128::from));
        prop_assert_eq!(int_or_error(neg(std::slice::from_ref(&l))), left.checked_neg().map(i128::from));
    }

    #[test]
    fn unsigned_integers_are_exact_or_an_error(left: u64, right: u64, signed: i64) {
        let (l, r) = (Value::UInt(left), Value::UInt(right));
        let found = |operation| int_or_error(apply(operation, &l, &r));
        prop_assert_eq!(found(Operation::Add), left.checked_add(right).map(i128::from));
        prop_assert_eq!(found(Operation::Mul), left.checked_mul(right).map(i128::from));
        let difference = i128::from(left) - i128::from(right);
        prop_assert_eq!(found(Operation::Sub), i64::try_from(difference).ok().map(i128::from));
        let mixed = i128::from(left) + i128::from(signed);
        let found = int_or_error(apply(Operation::Add, &l, &signed.into()));
        prop_assert_eq!(found, i64::try_from(mixed).ok().map(i128::from));
    }

    #[test]
    fn floats_are_those_of_the_machine(left: f64, right: f64) {
        let found = |operation| apply(operation, &left.into(), &right.into()).unwrap();
        prop_assert_eq!(found(Operation::Add), Value::Float(left + right));
        prop_assert_eq!(found(Operation::Sub), Value::Float(left - right));
        prop_assert_eq!(found(Operation::Mul), Value::Float(left * right));
        prop_assume!(right != 0.0);
        prop_assert_eq!(found(Operation::Div), Value::Float(left / right));
    }
}
