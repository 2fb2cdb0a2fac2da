//! Pairs of rows on a device and on the CPU.

use gristmill_data::{Chunk, DType};
use gristmill_kernels as cpu;
use gristmill_kernels::expr::Op;

use super::join;
use crate::testing::{self, numbers, on_cpu};
use crate::{Device, Error};

/// Fails unless the device gives the pairs that the CPU gives.
fn check(device: &Device, left: &Chunk, right: &Chunk) {
    let (lefts, rights) = cpu::join(left, right).unwrap();
    let [left, right] = [left, right].map(|chunk| device.copy_in(chunk, 0).unwrap());
    let got = join(device, &left, &right, 0).unwrap();
    let got = [got.0, got.1].map(|array| device.copy_out(&array).unwrap());
    assert_eq!(got[0].shape(), lefts.shape(), "{} of {:?} and {:?}", left.dtype, left.shape, right.shape);
    for (got, expected) in got.iter().zip([lefts, rights]) {
        assert_eq!(got.as_slice::<i64>().unwrap(), expected.as_slice::<i64>().unwrap(), "{}", left.dtype);
    }
}

/// Keys in no order among so many.
fn keys(dtype: DType, n: u64, n_keys: u64, seed: u64) -> Chunk {
    let at = |nth: u64| ((nth + seed).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 30) % n_keys;
    // Apart in the high bits where there are any.
    let far = |key: u64| if dtype.itemsize() == 8 { key * 0x2_0000_0001 } else { key };
    let keys = Chunk::from_vec((0..n).map(|nth| far(at(nth))).collect::<Vec<u64>>(), &[n]).unwrap();
    on_cpu(Op::Cast, &[keys], Some(dtype))
}

#[test]
fn keys_of_every_width() {
    let Some(device) = testing::device() else { return };
    for dtype in [DType::Boolean, DType::Int8, DType::UInt16, DType::Int32, DType::UInt64] {
        check(&device, &keys(dtype, 200, 100, 0), &keys(dtype, 70, 100, 1000));
        check(&device, &numbers(dtype, &[60], 1), &numbers(dtype, &[50], 2));
    }
}

#[test]
fn tables_of_every_length() {
    let Some(device) = testing::device() else { return };
    for (n_left, n_right, n_keys) in [
        (0, 5, 3),
        (5, 0, 3),
        (1, 1, 1),
        (127, 128, 50),
        (1000, 3000, 5000),
        (3000, 500, 700),
        // One key that all have.
        (100, 300, 1),
        (20_000, 5000, 20_000),
    ] {
        check(&device, &keys(DType::Int64, n_left, n_keys, 7), &keys(DType::Int64, n_right, n_keys, 0));
    }
}

#[test]
fn reruns_give_the_same_pairs() {
    let Some(device) = testing::device() else { return };
    let [left, right] = [3, 4].map(|seed| device.copy_in(&keys(DType::Int32, 2000, 1000, seed), 0).unwrap());
    let run = || device.copy_out(&join(&device, &left, &right, 0).unwrap().1).unwrap();
    assert_eq!(run().data().as_slice(), run().data().as_slice());
}

#[test]
fn what_is_left_to_the_cpu() {
    let Some(device) = testing::device() else { return };
    let of = |dtype| device.copy_in(&keys(dtype, 9, 3, 0), 0).unwrap();
    for (left, right) in [(DType::Float32, DType::Float32), (DType::Int64, DType::Int32)] {
        assert!(matches!(join(&device, &of(left), &of(right), 0), Err(Error::Unsupported { .. })));
    }
    // 2^32 pairs.
    let many = device.copy_in(&keys(DType::UInt8, 1 << 16, 1, 0), 0).unwrap();
    assert!(matches!(join(&device, &many, &many, 0), Err(Error::Unsupported { .. })));
}
