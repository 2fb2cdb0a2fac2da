//! Elements counted, on a device and on the CPU.

use gristmill_data::{Chunk, DType};
use gristmill_kernels as cpu;
use gristmill_kernels::expr::Op;

use super::{bincount, histogram};
use crate::Device;
use crate::testing::{self, numbers, on_cpu};

/// Fails unless the device gives what the CPU gives, or refuses what the CPU refuses.
fn check_counts(device: &Device, n_least: u64, block: &Chunk) {
    let got = bincount(device, &device.copy_in(block, 0).unwrap(), n_least, 0);
    match cpu::bincount(block, None, n_least) {
        Ok(expected) => {
            let got = device.copy_out(&got.unwrap()).unwrap();
            assert_eq!(got.as_slice::<i64>().unwrap(), expected.as_slice::<i64>().unwrap());
        }
        Err(_) => assert!(got.is_err(), "{}", block.dtype()),
    }
}

/// Numbers from 0 up to `below`.
fn whole(dtype: DType, n: u64, below: u64) -> Chunk {
    let at = |nth: u64| (nth.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 30) % below;
    let numbers = Chunk::from_vec((0..n).map(at).collect(), &[n]).unwrap();
    on_cpu(Op::Cast, &[numbers], Some(dtype))
}

#[test]
fn whole_numbers() {
    let Some(device) = testing::device() else { return };
    for dtype in [DType::Boolean, DType::Int8, DType::UInt16, DType::Int32, DType::Int64, DType::UInt64] {
        for n in [0, 1, 127, 128, 10_000] {
            check_counts(&device, 0, &whole(dtype, n, 100));
        }
        check_counts(&device, 300, &whole(dtype, 50, 100));
        // Some are negative, or too many to be counted.
        if dtype.itemsize() == 1 || dtype == DType::Int64 {
            check_counts(&device, 0, &numbers(dtype, &[1000], 1));
        }
    }
    check_counts(&device, 0, &whole(DType::UInt32, 3000, 4097));
    check_counts(&device, 5000, &whole(DType::UInt32, 3000, 10));
    check_counts(&device, 0, &numbers(DType::Float32, &[10], 1));
    for odd in [-1_i64, 1 << 32, i64::MIN] {
        let block = device.copy_in(&Chunk::from_vec(vec![odd, 3], &[2]).unwrap(), 0).unwrap();
        assert!(bincount(&device, &block, 0, 0).is_err());
    }
}

#[test]
fn between_edges() {
    let Some(device) = testing::device() else { return };
    for dtype in [DType::UInt8, DType::Int64, DType::Float16, DType::Float32, DType::Float64] {
        for n_edges in [1, 2, 3, 100, 5001] {
            let edges = cpu::sort(0, &numbers(dtype, &[n_edges], 9)).unwrap();
            for points in [numbers(dtype, &[0], 1), numbers(dtype, &[5, 700], 1), edges.clone()] {
                let expected =
                    cpu::histogram(std::slice::from_ref(&edges), std::slice::from_ref(&points), None);
                let got = histogram(&device, &edges, &device.copy_in(&points, 0).unwrap(), 0);
                let got = device.copy_out(&got.unwrap()).unwrap();
                assert_eq!(got.as_slice::<i64>().unwrap(), expected.unwrap().as_slice::<i64>().unwrap());
            }
        }
        let falling = on_cpu(Op::Cast, &[Chunk::from_vec(vec![3, 1], &[2]).unwrap()], Some(dtype));
        let points = device.copy_in(&falling, 0).unwrap();
        assert!(histogram(&device, &falling, &points, 0).is_err());
        assert!(histogram(&device, &on_cpu(Op::Cast, &[falling], Some(DType::Int8)), &points, 0).is_err());
    }
}
