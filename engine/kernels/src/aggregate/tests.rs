//! Tests of sum, mean, min and max.

use gristmill_data::arrow::buffer::{Buffer, NullBuffer};
use proptest::prelude::*;

use super::*;

fn row<T: Element>(elements: &[T]) -> Value {
    Chunk::from_vec(elements.to_vec(), &[elements.len() as u64]).unwrap().into()
}

type Run = fn(&[Value]) -> Result<Value, Error>;

fn check(run: Run, of: Value, expect: impl Into<Value>) {
    let expect = expect.into();
    assert_eq!(run(std::slice::from_ref(&of)).unwrap(), expect, "{of:?}");
}

#[test]
fn chunks_become_one_number_of_their_kind() {
    check(sum, row(&[1_i8, 127, 127]), 255);
    check(sum, row(&[1_u8, 255]), 256_u64);
    check(sum, row(&[true, false, true]), 2);
    check(sum, row(&[0.5_f32, 0.25]), 0.75);
    check(sum, row(&[f16::ONE, f16::ONE]), 2.0);
    check(sum, row(&[Complex32::new(1.0, 2.0)]), Complex64::new(1.0, 2.0));
    check(sum, row::<f64>(&[]), 0.0);
    check(mean, row(&[1_i8, 2]), 1.5);
    check(mean, row(&[u64::MAX, u64::MAX]), u64::MAX as f64);
    check(mean, row(&[Complex64::new(1.0, 2.0), Complex64::new(0.0, 0.0)]), Complex64::new(0.5, 1.0));
    check(min, row(&[3_i16, -3]), -3);
    check(max, row(&[3_u8, 5]), 5_u64);
    check(max, row(&[false, true]), true);
    check(min, row(&[1.0, f64::NAN, 0.0]), f64::NAN);
    check(max, row(&[f32::NAN, 1.0]), f64::NAN);
    assert!(matches!(sum(&[row(&[i64::MAX, 1])]), Err(Error::Overflow { kernel: "sum" })));
}

#[test]
fn lists_are_added_up() {
    check(sum, Value::list([1, 2, 3]), 6);
    check(sum, Value::list(Vec::<i64>::new()), 0);
    check(sum, Value::list::<Value>([1.into(), 0.5.into(), 2_u64.into()]), 3.5);
    check(sum, Value::from(vec![row(&[1_i8, 2]), row(&[10_i8, 20])]), row(&[11_i8, 22]));
    check(mean, Value::list([1, 2]), 1.5);
    check(mean, Value::from(vec![row(&[1_i8, 2]), row(&[2_i8, 2])]), row(&[1.5, 2.0]));
    check(max, Value::list::<Value>([1.into(), 2.5.into(), 2_u64.into()]), 2.5);
    check(min, Value::list::<Value>([u64::MAX.into(), (-1).into()]), -1);
    check(max, Value::list::<Value>([1.into(), f64::NAN.into(), 2.into()]), f64::NAN);
}

#[test]
fn absent_elements_do_not_count() {
    let some = |present: [bool; 3]| -> Value {
        let (data, validity) = (Buffer::from_vec(vec![1.0, 2.0, 6.0]), NullBuffer::from(present.to_vec()));
        Chunk::try_new(DType::Float64, &[3], data, Some(validity)).unwrap().into()
    };
    check(sum, some([true, false, true]), 7.0);
    check(mean, some([true, false, true]), 3.5);
    check(max, some([true, true, false]), 2.0);
    assert!(matches!(mean(&[some([false; 3])]), Err(Error::Empty { kernel: "mean" })));
    assert!(matches!(min(&[some([false; 3])]), Err(Error::Empty { kernel: "min" })));
}

#[test]
fn what_cannot_be_reduced_is_refused() {
    let refused = |run: Run, of: Value| {
        let error = run(std::slice::from_ref(&of)).unwrap_err();
        assert!(matches!(error, Error::Operand { .. }), "{of:?}: {error}");
    };
    let times = Chunk::from_vec(vec![1_i64], &[1]).unwrap().view(DType::Timedelta64Ns).unwrap();
    for run in [sum, mean, min, max] {
        refused(run, Value::Null);
        refused(run, "text".into());
        refused(run, Value::list(["a"]));
        refused(run, Value::list(["a", "b"]));
        refused(run, times.clone().into());
    }
    refused(max, row(&[Complex64::default()]));
    refused(min, Value::from(vec![row(&[1_i8])]));
    assert!(matches!(mean(&[Value::list(Vec::<i64>::new())]), Err(Error::Empty { .. })));
    assert!(matches!(max(&[row::<i8>(&[])]), Err(Error::Empty { .. })));
}

/// A sum of a million tenths from left to right is off by 1e-6; in pairs it is off in the last digits only.
#[test]
fn sums_of_floats_are_pairwise() {
    let tenths = vec![0.1_f64; 1_000_000];
    let Value::Float(found) = sum(&[row(&tenths)]).unwrap() else { panic!("no float") };
    let naive: f64 = tenths.iter().sum();
    assert!((found - 100_000.0).abs() < 1e-9 && (naive - 100_000.0).abs() > 1e-7, "{found} {naive}");
    let items = Value::list(tenths);
    check(sum, items, found);
}

proptest! {
    #[test]
    fn integers_are_exact(elements in prop::collection::vec(any::<i64>(), 1..50)) {
        let exact: i128 = elements.iter().copied().map(i128::from).sum();
        let chunk = row(&elements);
        match sum(std::slice::from_ref(&chunk)) {
            Ok(found) => prop_assert_eq!(wide(&found), Some(exact)),
            Err(_) => prop_assert!(i64::try_from(exact).is_err()),
        }
        prop_assert_eq!(min(std::slice::from_ref(&chunk)).unwrap(), Value::Int(*elements.iter().min().unwrap()));
        prop_assert_eq!(max(&[chunk]).unwrap(), Value::Int(*elements.iter().max().unwrap()));
        let list = Value::list(elements.iter().copied());
        prop_assert_eq!(max(&[list]).unwrap(), Value::Int(*elements.iter().max().unwrap()));
    }

    #[test]
    fn floats_are_close_to_the_exact_sum(elements in prop::collection::vec(-1e6_f64..1e6, 0..1000)) {
        let Value::Float(found) = sum(&[row(&elements)]).unwrap() else { panic!("no float") };
        // Scaled to integers, the sum is exact but for the rounding of each element.
        let scale = 2_f64.powi(60);
        let exact = elements.iter().map(|x| (x * scale) as i128).sum::<i128>() as f64 / scale;
        let size: f64 = elements.iter().map(|x| x.abs()).sum();
        prop_assert!((found - exact).abs() <= 1e-14 * size, "{} and not {}", found, exact);
    }
}
