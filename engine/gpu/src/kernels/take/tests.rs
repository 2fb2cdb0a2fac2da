//! Rows by their positions, on a device and on the CPU.

use gristmill_data::{Chunk, DType};
use gristmill_kernels::expr::Op;
use gristmill_kernels::take as on_cpu;

use super::take;
use crate::testing::{self, numbers};
use crate::{Device, Error};

const DTYPES: [DType; 7] = [
    DType::Boolean,
    DType::Int16,
    DType::Float32,
    DType::UInt64,
    DType::Datetime64Ns,
    DType::Complex64,
    DType::Complex128,
];

/// Positions of rows among `length`, in no order.
fn positions(shape: &[u64], length: u64) -> Chunk {
    let n = shape.iter().product::<u64>();
    let at = |nth: u64| (nth.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20) % length;
    Chunk::from_vec((0..n).map(|nth| at(nth) as i64).collect(), shape).unwrap()
}

fn block(dtype: DType, shape: &[u64]) -> Chunk {
    let bytes = numbers(DType::UInt8, &[shape.iter().product::<u64>() * dtype.itemsize() as u64], 4);
    let mut bytes = bytes.data().to_vec();
    if dtype == DType::Boolean {
        bytes.iter_mut().for_each(|byte| *byte &= 1);
    }
    Chunk::try_new(dtype, shape, gristmill_data::arrow::buffer::Buffer::from_slice_ref(&bytes), None).unwrap()
}

/// Fails unless the device gives the bytes that the CPU gives.
fn check(device: &Device, axis: usize, indices: &Chunk, block: &Chunk) {
    let expected = on_cpu(axis, indices, block).unwrap();
    let block = device.copy_in(block, 0).unwrap();
    for dtype in [DType::Int64, DType::Int32, DType::UInt32] {
        let indices = testing::on_cpu(Op::Cast, std::slice::from_ref(indices), Some(dtype));
        let got = take(device, axis, &device.copy_in(&indices, 0).unwrap(), &block, 0).unwrap();
        let got = device.copy_out(&got).unwrap();
        assert_eq!((got.dtype(), got.shape()), (expected.dtype(), expected.shape()));
        assert_eq!(got.data().as_slice(), expected.data().as_slice(), "{axis} of {:?}", block.shape);
    }
}

#[test]
fn rows_of_every_width() {
    let Some(device) = testing::device() else { return };
    for dtype in DTYPES {
        for (axis, indices, shape) in [
            (0, &[0][..], &[0][..]),
            (0, &[0], &[5]),
            (0, &[1], &[1]),
            (0, &[127], &[128]),
            (0, &[128], &[3]),
            (0, &[3001], &[77]),
            (0, &[7, 3], &[5, 4]),
            (1, &[13], &[3, 9, 5]),
            (1, &[2, 3], &[4, 6, 8]),
            (2, &[], &[3, 2, 7]),
            (1, &[0], &[0, 6]),
        ] {
            check(&device, axis, &positions(indices, shape[axis].max(1)), &block(dtype, shape));
        }
    }
}

#[test]
fn positions_outside_are_found() {
    let Some(device) = testing::device() else { return };
    let block = device.copy_in(&block(DType::Float32, &[10]), 0).unwrap();
    for (position, is_inside) in
        [(9_i64, true), (10, false), (-1, false), (1 << 32, false), (i64::MIN, false)]
    {
        let mut positions = vec![3_i64; 300];
        positions[257] = position;
        let positions = device.copy_in(&Chunk::from_vec(positions, &[300]).unwrap(), 0).unwrap();
        let taken = take(&device, 0, &positions, &block, 0);
        assert_eq!(taken.is_ok(), is_inside, "{position}");
        assert!(is_inside || matches!(taken, Err(Error::Unsupported { .. })));
    }
    let positions = device.copy_in(&Chunk::from_vec(vec![-1_i32], &[1]).unwrap(), 0).unwrap();
    assert!(take(&device, 0, &positions, &block, 0).is_err());
    // Nothing is taken, so that nothing looks at them.
    let empty = device.copy_in(&self::block(DType::Float32, &[10, 0]), 0).unwrap();
    assert!(take(&device, 0, &positions, &empty, 0).is_err());
}
