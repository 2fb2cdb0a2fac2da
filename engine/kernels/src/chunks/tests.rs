//! Tests of arithmetic on chunks.

use gristmill_data::arrow::buffer::Buffer;
use gristmill_data::number::{Complex64, f16};
use proptest::prelude::*;

use gristmill_data::Element;
use gristmill_data::arrow::buffer::NullBuffer;

use super::*;
use crate::arithmetic::{apply, neg};

fn chunk<T: Element>(elements: &[T], shape: &[u64]) -> Value {
    Chunk::from_vec(elements.to_vec(), shape).unwrap().into()
}

fn row<T: Element>(elements: &[T]) -> Value {
    chunk(elements, &[elements.len() as u64])
}

fn check(operation: Operation, left: Value, right: Value, expect: Value) {
    assert_eq!(apply(operation, &left, &right).unwrap(), expect, "{operation:?} of {left:?} and {right:?}");
}

#[test]
fn dtypes_are_promoted_as_in_numpy() {
    check(Operation::Add, row(&[1_i8, -1]), row(&[2_u8, 255]), row(&[3_i16, 254]));
    check(Operation::Add, row(&[1_i64]), row(&[1_u64]), row(&[2.0_f64]));
    check(Operation::Mul, row(&[2_i32]), row(&[1.5_f32]), row(&[3.0_f64]));
    check(Operation::Add, row(&[f16::ONE]), row(&[1_i8]), row(&[f16::from_f32(2.0)]));
    check(Operation::Add, row(&[true, false]), row(&[1_u8, 1]), row(&[2_u8, 1]));
    check(Operation::Add, row(&[true, false]), row(&[true, true]), row(&[true, true]));
    assert!(matches!(
        apply(Operation::Sub, &row(&[true]), &row(&[true])),
        Err(Error::Operand { kernel: "sub", .. })
    ));
    check(Operation::Div, row(&[1_i8, 1]), row(&[2_i8, 0]), row(&[0.5, f64::INFINITY]));
    check(Operation::Sub, row(&[1_u8]), row(&[2_u8]), row(&[255_u8]));
    let i = Complex64::new(0.0, 1.0);
    check(Operation::Mul, row(&[i]), row(&[i]), row(&[Complex64::new(-1.0, 0.0)]));
    check(Operation::Add, row(&[i]), row(&[1_i8]), row(&[Complex64::new(1.0, 1.0)]));
}

#[test]
fn plain_numbers_take_the_dtype_of_the_chunk() {
    check(Operation::Add, row(&[1_i8]), 1.into(), row(&[2_i8]));
    check(Operation::Add, 1_u64.into(), row(&[1_i8]), row(&[2_i8]));
    check(Operation::Sub, 1.into(), row(&[1.5_f32]), row(&[-0.5_f32]));
    check(Operation::Mul, row(&[1_i8]), 1.5.into(), row(&[1.5_f64]));
    check(Operation::Mul, row(&[2.0_f32]), 1.5.into(), row(&[3.0_f32]));
    check(Operation::Add, row(&[true]), 1.into(), row(&[2_i64]));
    let error = apply(Operation::Add, &row(&[1_u8]), &(-1).into()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "-1 does not fit into uint8, the dtype of the chunk it is combined with; convert the chunk first"
    );
    assert!(matches!(
        apply(Operation::Add, &row(&[1_u8]), &256_u64.into()),
        Err(Error::NumberTooLarge { .. })
    ));
    check(Operation::Add, row(&[0_u64]), u64::MAX.into(), row(&[u64::MAX]));
    check(Operation::Add, row(&[0_i8]), (-128).into(), row(&[-128_i8]));
}

#[test]
fn shapes_are_broadcast() {
    let column = chunk(&[10_i32, 20], &[2, 1]);
    check(Operation::Add, column.clone(), row(&[1_i32, 2, 3]), chunk(&[11_i32, 12, 13, 21, 22, 23], &[2, 3]));
    check(Operation::Add, chunk(&[1_i32], &[]), column.clone(), chunk(&[11_i32, 21], &[2, 1]));
    check(Operation::Add, row::<i32>(&[]), 1.into(), row::<i32>(&[]));
    check(Operation::Add, chunk::<i32>(&[], &[0, 1]), row(&[1_i32, 2]), chunk::<i32>(&[], &[0, 2]));
    let error = apply(Operation::Mul, &row(&[1_i32, 2]), &row(&[1_i32, 2, 3])).unwrap_err().to_string();
    assert!(error.starts_with("`mul`: shapes (2,) and (3,) do not broadcast"), "{error}");
    let tall = chunk(&vec![0_u8; 1 << 16], &[1 << 16, 1]);
    let error = apply(Operation::Add, &tall, &row(&vec![0_u8; 1 << 16])).unwrap_err();
    assert!(matches!(error, Error::TooLarge { n_elements: 0x1_0000_0000, .. }), "{error}");
}

#[test]
fn absent_elements_stay_absent() {
    let validity = NullBuffer::from(vec![true, false]);
    let some = Chunk::try_new(DType::Int8, &[2, 1], Buffer::from_vec(vec![1_i8, 2]), Some(validity)).unwrap();
    let Value::Chunk(sum) = apply(Operation::Add, &some.clone().into(), &row(&[1_i8, 2])).unwrap() else {
        panic!("no chunk")
    };
    assert_eq!(sum.validity().unwrap().iter().collect::<Vec<_>>(), [true, true, false, false]);
    assert_eq!(sum.as_slice::<i8>().unwrap()[..2], [2, 3]);
    let Value::Chunk(negated) = neg(&[some.clone().into()]).unwrap() else { panic!("no chunk") };
    assert_eq!((negated.validity(), negated.as_slice::<i8>().unwrap()[0]), (some.validity(), -1));
}

#[test]
fn what_is_not_numeric_is_refused() {
    let times: Value = Chunk::from_vec(vec![1_i64], &[1]).unwrap().view(DType::Datetime64Ns).unwrap().into();
    let pairs = [
        (times.clone(), row(&[1_i64])),
        (times.clone(), 1.into()),
        (1.0.into(), times.clone()),
        (row(&[1_i8]), "a".into()),
    ];
    for (left, right) in pairs {
        let error = apply(Operation::Add, &left, &right).unwrap_err();
        assert!(matches!(error, Error::Operand { kernel: "add", .. }), "{left:?} {right:?}: {error}");
    }
    assert!(matches!(neg(&[times]), Err(Error::Operand { kernel: "neg", .. })));
    assert!(matches!(neg(&[row(&[true])]), Err(Error::Operand { kernel: "neg", .. })));
}

proptest! {
    #[test]
    fn elements_are_those_of_the_machine(pairs in prop::collection::vec(any::<(f32, f32)>(), 0..20)) {
        let (left, right): (Vec<f32>, Vec<f32>) = pairs.iter().copied().unzip();
        let with = |of: fn(f32, f32) -> f32| row(&pairs.iter().map(|&(l, r)| of(l, r)).collect::<Vec<_>>());
        let found = |operation| apply(operation, &row(&left), &row(&right)).unwrap();
        let same = |found: &Value, expect: &Value| {
            let bits = |value: &Value| -> Vec<u32> {
                let chunk = value.as_chunk().unwrap();
                chunk.as_slice::<f32>().unwrap().iter().map(|x| if x.is_nan() { 0 } else { x.to_bits() }).collect()
            };
            bits(found) == bits(expect)
        };
        prop_assert!(same(&found(Operation::Add), &with(|l, r| l + r)));
        prop_assert!(same(&found(Operation::Sub), &with(|l, r| l - r)));
        prop_assert!(same(&found(Operation::Mul), &with(|l, r| l * r)));
        prop_assert!(same(&found(Operation::Div), &with(|l, r| l / r)));
    }

    #[test]
    fn integers_wrap_around(pairs in prop::collection::vec(any::<(i16, i16)>(), 0..20)) {
        let (left, right): (Vec<i16>, Vec<i16>) = pairs.iter().copied().unzip();
        let with = |of: fn(i16, i16) -> i16| row(&pairs.iter().map(|&(l, r)| of(l, r)).collect::<Vec<_>>());
        let found = |operation| apply(operation, &row(&left), &row(&right)).unwrap();
        prop_assert_eq!(found(Operation::Add), with(i16::wrapping_add));
        prop_assert_eq!(found(Operation::Sub), with(i16::wrapping_sub));
        prop_assert_eq!(found(Operation::Mul), with(i16::wrapping_mul));
        prop_assert_eq!(neg(&[row(&left)]).unwrap(), row(&left.iter().map(|l| l.wrapping_neg()).collect::<Vec<_>>()));
    }

    /// Every pair of numeric dtypes gives the promoted dtype, or the float that NumPy divides integers as.
    #[test]
    fn the_result_has_the_promoted_dtype(
        left in prop::sample::select(DType::ALL.to_vec()),
        right in prop::sample::select(DType::ALL.to_vec()),
    ) {
        let zeros = |dtype: DType| -> Value {
            let bytes = Buffer::from_vec(vec![0_u8; dtype.itemsize()]);
            Chunk::try_new(dtype, &[1], bytes, None).unwrap().into()
        };
        let sum = apply(Operation::Add, &zeros(left), &zeros(right));
        match DType::promote(left, right) {
            Ok(promoted) if !left.is_time() && !right.is_time() => {
                prop_assert_eq!(sum.unwrap().as_chunk().unwrap().dtype(), promoted);
            }
            _ => prop_assert!(sum.is_err()),
        }
    }
}
