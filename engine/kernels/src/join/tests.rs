//! Pairs of rows, against all pairs.

use gristmill_data::{Chunk, DType, Memory};
use proptest::prelude::*;

use super::join;
use crate::Error;

fn chunk(keys: &[Option<i64>]) -> Chunk {
    let plain =
        Chunk::from_vec(keys.iter().map(|key| key.unwrap_or(0)).collect(), &[keys.len() as u64]).unwrap();
    let present: Vec<bool> = keys.iter().map(Option::is_some).collect();
    Chunk::try_new(DType::Int64, plain.shape(), plain.data().clone(), Some(present.into())).unwrap()
}

fn pairs(left: &Chunk, right: &Chunk) -> Vec<(i64, i64)> {
    let (lefts, rights) = join(left, right).unwrap();
    let rows = |chunk: &Chunk| chunk.as_slice::<i64>().unwrap().to_vec();
    rows(&lefts).into_iter().zip(rows(&rights)).collect()
}

proptest! {
    #[test]
    fn every_pair_of_equal_keys_once_and_in_order(
        left in prop::collection::vec(prop::option::of(-3_i64..9), 0..40),
        right in prop::collection::vec(prop::option::of(-3_i64..9), 0..40),
    ) {
        let expected: Vec<(i64, i64)> = (0..)
            .zip(&left)
            .flat_map(|left| (0..).zip(&right).map(move |right| (left, right)))
            .filter(|((_, left), (_, right))| left.is_some() && left == right)
            .map(|((left, _), (right, _))| (left, right))
            .collect();
        prop_assert_eq!(pairs(&chunk(&left), &chunk(&right)), expected);
    }
}

#[test]
fn keys_of_every_exact_dtype() {
    for dtype in [DType::Boolean, DType::Int8, DType::UInt64, DType::Datetime64Ns] {
        let bytes = Memory::zeroed(2 * dtype.itemsize());
        let keys = Chunk::try_new(dtype, &[2], bytes.into_buffer(), None).unwrap();
        assert_eq!(pairs(&keys, &keys), [(0, 0), (0, 1), (1, 0), (1, 1)]);
    }
    let greatest = Chunk::from_vec(vec![u64::MAX, 1], &[2]).unwrap();
    assert_eq!(pairs(&greatest, &greatest), [(0, 0), (1, 1)]);
}

#[test]
fn what_cannot_be_joined_is_refused() {
    let keys = chunk(&[Some(1)]);
    let floats = Chunk::from_vec(vec![1.0], &[1]).unwrap();
    assert!(matches!(join(&floats, &floats), Err(Error::NoLoop { .. })));
    let small = Chunk::from_vec(vec![1_i8], &[1]).unwrap();
    assert!(matches!(join(&keys, &small), Err(Error::NoLoop { .. })));
    let plane = keys.reshape(&[1, 1]).unwrap();
    assert!(matches!(join(&keys, &plane), Err(Error::Axis { .. })));
}
