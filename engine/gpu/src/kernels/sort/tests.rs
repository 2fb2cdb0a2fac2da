//! Rows in order, on a device and on the CPU.

use gristmill_data::arrow::buffer::Buffer;
use gristmill_data::{Chunk, DType};
use gristmill_kernels as cpu;

use super::{argsort, sort};
use crate::testing::{self, numbers};
use crate::{Device, Error};

const DTYPES: [DType; 10] = [
    DType::Boolean,
    DType::Int8,
    DType::Int16,
    DType::Int32,
    DType::Int64,
    DType::UInt32,
    DType::Float16,
    DType::Float32,
    DType::Float64,
    DType::Timedelta64Ns,
];

/// Elements of all kinds, of which some are equal; NaN with and without a sign, and with other bits.
fn elements(dtype: DType, shape: &[u64]) -> Chunk {
    let itemsize = dtype.itemsize();
    let of = if dtype.is_time() { DType::Int64 } else { dtype };
    let mut bytes = numbers(of, shape, 3).data().to_vec();
    for (at, element) in bytes.chunks_mut(itemsize).enumerate() {
        match (at % 7, dtype) {
            (2, DType::Float16 | DType::Float32 | DType::Float64) if at % 3 > 0 => {
                // NaN, or a subnormal number.
                element.fill(if at % 3 == 1 { 0xff } else { 0 });
                element[itemsize - 1] ^= (at % 2 * 128) as u8;
                element[0] ^= (at % 4) as u8;
            }
            (3, _) if dtype.is_time() => element.copy_from_slice(&i64::MIN.to_le_bytes()),
            _ => {}
        }
    }
    Chunk::try_new(dtype, shape, Buffer::from_slice_ref(&bytes), None).unwrap()
}

/// Fails unless the device gives the bytes that the CPU gives.
fn check(device: &Device, axis: usize, of: &Chunk) {
    let block = device.copy_in(of, 0).unwrap();
    let sorted = device.copy_out(&sort(device, axis, &block, 0).unwrap()).unwrap();
    let (dtype, shape) = (of.dtype(), of.shape());
    assert_eq!(sorted.shape(), shape);
    assert_eq!(sorted.data().as_slice(), cpu::sort(axis, of).unwrap().data().as_slice(), "{dtype} {shape:?}");
    let positions = device.copy_out(&argsort(device, axis, &block, 0).unwrap()).unwrap();
    let expected = cpu::argsort(axis, of).unwrap();
    assert_eq!((positions.dtype(), positions.shape()), (DType::Int64, shape));
    assert_eq!(
        positions.as_slice::<i64>().unwrap(),
        expected.as_slice::<i64>().unwrap(),
        "{dtype} {shape:?}"
    );
}

#[test]
fn short_rows() {
    let Some(device) = testing::device() else { return };
    for dtype in DTYPES {
        for shape in [&[0][..], &[1], &[127], &[128], &[700, 5], &[3, 2, 130]] {
            check(&device, shape.len() - 1, &elements(dtype, shape));
        }
    }
    check(&device, 1, &elements(DType::Float32, &[3, 0]));
    check(&device, 1, &elements(DType::Float32, &[5, 1]));
    check(&device, 0, &elements(DType::Float32, &[2048]));
    check(&device, 0, &elements(DType::Float64, &[2047, 1]));
}

#[test]
fn long_rows() {
    let Some(device) = testing::device() else { return };
    for dtype in [DType::Boolean, DType::Int16, DType::Float32, DType::Float64] {
        check(&device, 0, &elements(dtype, &[2049]));
    }
    check(&device, 0, &elements(DType::UInt32, &[9000]));
    check(&device, 1, &elements(DType::Float32, &[3, 4099]));
}

#[test]
fn what_is_left_to_the_cpu() {
    let Some(device) = testing::device() else { return };
    let block = device.copy_in(&elements(DType::Float32, &[3, 4]), 0).unwrap();
    assert!(matches!(sort(&device, 0, &block, 0), Err(Error::Unsupported { .. })));
    assert!(matches!(argsort(&device, 2, &block, 0), Err(Error::Unsupported { .. })));
    let complex = Chunk::try_new(DType::Complex64, &[1], Buffer::from_slice_ref([0_u8; 8]), None).unwrap();
    let complex = device.copy_in(&complex, 0).unwrap();
    assert!(matches!(sort(&device, 0, &complex, 0), Err(Error::Unsupported { .. })));
}
