//! Groups on a device and on the CPU.

use gristmill_data::{Chunk, DType};
use gristmill_kernels as cpu;
use gristmill_kernels::expr::Op;
use gristmill_kernels::{Reduction, ReductionKind};

use super::group_by;
use crate::testing::{self, numbers, on_cpu};
use crate::{Device, Error};

fn reduction(name: &str) -> Reduction {
    name.parse().unwrap()
}

/// Codes of groups in no order, of which one has half of all rows.
fn codes(dtype: DType, n: u64, n_groups: u64) -> Chunk {
    let at = |nth: u64| (nth.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 30) % (2 * n_groups).max(1);
    let codes = (0..n).map(at).map(|code| if code < n_groups { code } else { n_groups / 2 });
    on_cpu(Op::Cast, &[Chunk::from_vec(codes.collect::<Vec<u64>>(), &[n]).unwrap()], Some(dtype))
}

/// Values that add up without losing much, with some that are no numbers.
fn values(dtype: DType, n: u64) -> Chunk {
    if !dtype.is_float() {
        return numbers(dtype, &[n], 1);
    }
    let small = |(at, &byte): (usize, &u8)| if at % 97 == 5 { f64::NAN } else { f64::from(byte) - 99.7 };
    let small = numbers(DType::UInt8, &[n], 2).data().iter().enumerate().map(small).collect();
    on_cpu(Op::Cast, &[Chunk::from_vec::<f64>(small, &[n]).unwrap()], Some(dtype))
}

/// Fails unless the device gives what the CPU gives for each group that has values: floats within so small a part.
fn check(device: &Device, name: &str, codes: &Chunk, n_groups: u64, values: &Chunk) {
    let expected = cpu::group_by(reduction(name), codes, n_groups, values).unwrap();
    let [on_device, codes] = [values, codes].map(|chunk| device.copy_in(chunk, 0).unwrap());
    let got = group_by(device, reduction(name), &codes, n_groups, &on_device, 0).unwrap();
    let counts = device.copy_out(&got.counts).unwrap();
    let got = device.copy_out(&got.values).unwrap();
    let what = format!("{name} of {} in {n_groups} groups", values.dtype());
    assert_eq!((got.dtype(), got.shape()), (expected.dtype(), expected.shape()), "{what}");
    let as_floats = |chunk: &Chunk| on_cpu(Op::Cast, std::slice::from_ref(chunk), Some(DType::Float64));
    let (floats, expected_floats) = (as_floats(&got), as_floats(&expected));
    let itemsize = got.dtype().itemsize();
    let tolerance = if got.dtype() == DType::Float64 { 1e-13 } else { 1e-6 };
    for group in 0..n_groups as usize {
        let count = counts.as_slice::<i64>().unwrap()[group];
        let is_there = expected.validity().is_none_or(|validity| validity.is_valid(group));
        assert!(is_there || count == 0, "{what}: group {group}");
        if !is_there {
            continue;
        }
        let bytes = |chunk: &Chunk| chunk.data()[group * itemsize..(group + 1) * itemsize].to_vec();
        let [a, b] = [&floats, &expected_floats].map(|chunk| chunk.data()[group * 8..group * 8 + 8].to_vec());
        let [a, b] = [a, b].map(|bytes| f64::from_le_bytes(bytes.try_into().unwrap()));
        // Cancelled sums are as exact as what went into them, 256 at most each.
        let is_close = got.dtype().is_float()
            && ((a.is_nan() && b.is_nan())
                || (a - b).abs() <= tolerance * (b.abs() + 256.0 * (1.0 + count as f64)));
        assert!(is_close || bytes(&got) == bytes(&expected), "{what}: group {group} is {a} and not {b}");
    }
}

#[test]
fn few_groups() {
    let Some(device) = testing::device() else { return };
    for name in ["count", "sum", "min", "max", "mean", "nansum", "nanmax", "nanmean", "nancount"] {
        for dtype in [DType::Float32, DType::Float64, DType::Int64] {
            check(&device, name, &codes(DType::Int64, 5000, 7), 7, &values(dtype, 5000));
        }
    }
    for dtype in [DType::Boolean, DType::Int8, DType::UInt32] {
        check(&device, "sum", &codes(DType::UInt8, 1001, 60), 60, &values(dtype, 1001));
    }
    for n in [0, 1, 127, 128, 40_000] {
        check(&device, "sum", &codes(DType::UInt32, n, 3), 3, &values(DType::Float32, n));
    }
}

#[test]
fn many_groups() {
    let Some(device) = testing::device() else { return };
    for (name, dtype) in [
        ("sum", DType::Float32),
        ("sum", DType::Int32),
        ("min", DType::Float64),
        ("nanmax", DType::Float32),
        ("max", DType::UInt64),
        ("mean", DType::Float64),
        ("nanmean", DType::Float32),
        ("count", DType::Int64),
    ] {
        check(&device, name, &codes(DType::Int64, 3000, 200), 200, &values(dtype, 3000));
    }
    for (n, n_groups) in [(0, 1000), (1, 129), (127, 300), (128, 1000), (2048, 300), (18_000, 5000)] {
        check(&device, "sum", &codes(DType::UInt32, n, n_groups), n_groups, &values(DType::Float64, n));
    }
}

#[test]
fn reruns_are_equal_to_the_bit() {
    let Some(device) = testing::device() else { return };
    for n_groups in [5, 300] {
        let codes = device.copy_in(&codes(DType::UInt32, 9000, n_groups), 0).unwrap();
        let values = device.copy_in(&values(DType::Float64, 9000), 0).unwrap();
        let run = || group_by(&device, reduction("nansum"), &codes, n_groups, &values, 0).unwrap();
        let [first, again] = [run(), run()].map(|grouped| device.copy_out(&grouped.values).unwrap());
        assert_eq!(first.data().as_slice(), again.data().as_slice());
    }
}

#[test]
fn what_is_left_to_the_cpu() {
    let Some(device) = testing::device() else { return };
    let ones = device.copy_in(&values(DType::Float32, 300), 0).unwrap();
    for odd in [5_i64, -1, 1 << 32] {
        let mut codes = vec![4; 300];
        codes[299] = odd;
        let codes = device.copy_in(&Chunk::from_vec(codes, &[300]).unwrap(), 0).unwrap();
        let grouped = group_by(&device, Reduction::of(ReductionKind::Sum), &codes, 5, &ones, 0);
        assert!(matches!(grouped, Err(Error::Unsupported { .. })), "{odd}");
    }
    let codes = device.copy_in(&codes(DType::UInt32, 300, 5), 0).unwrap();
    assert!(group_by(&device, reduction("var:0"), &codes, 5, &ones, 0).is_err());
    let few = device.copy_in(&values(DType::Float32, 30), 0).unwrap();
    assert!(group_by(&device, reduction("sum"), &codes, 5, &few, 0).is_err());
}
