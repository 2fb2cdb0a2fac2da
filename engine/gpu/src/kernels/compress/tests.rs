//! Elements where a mask is true, on a device and on the CPU.

use gristmill_data::{Chunk, DType, Span};
use gristmill_kernels as cpu;
use gristmill_kernels::expr::Op;

use super::{compress, flatnonzero};
use crate::Device;
use crate::testing::{self, numbers, on_cpu};

/// A mask of which none, some, or all are true.
fn masks(shape: &[u64]) -> [Chunk; 3] {
    let some = numbers(DType::Boolean, shape, 5);
    let none = on_cpu(Op::LogicalXor, &[some.clone(), some.clone()], None);
    let all = on_cpu(Op::LogicalNot, std::slice::from_ref(&none), None);
    [none, some, all]
}

/// Fails unless the device gives the bytes that the CPU gives.
fn check(device: &Device, axis: Option<usize>, mask: &Chunk, block: &Chunk) {
    let expected = cpu::compress(axis, mask, block).unwrap();
    let [mask, block] = [mask, block].map(|chunk| device.copy_in(chunk, 0).unwrap());
    let got = device.copy_out(&compress(device, axis, &mask, &block, 0).unwrap()).unwrap();
    assert_eq!((got.dtype(), got.shape()), (expected.dtype(), expected.shape()));
    assert_eq!(got.data().as_slice(), expected.data().as_slice(), "{:?} along {axis:?}", block.shape);
}

#[test]
fn elements_and_rows() {
    let Some(device) = testing::device() else { return };
    for dtype in [DType::UInt8, DType::Float16, DType::Int32, DType::Float64] {
        for n in [0, 1, 127, 128, 4097, 20_000] {
            for mask in masks(&[n]) {
                check(&device, None, &mask, &numbers(dtype, &[n], 1));
            }
        }
        for mask in masks(&[7]) {
            check(&device, Some(1), &mask, &numbers(dtype, &[5, 7, 3], 1));
        }
        check(&device, None, &masks(&[5, 7, 3])[1], &numbers(dtype, &[5, 7, 3], 1));
    }
    let [_, mask, _] = masks(&[3]);
    let [mask, block] =
        [&mask, &numbers(DType::Int8, &[2], 0)].map(|chunk| device.copy_in(chunk, 0).unwrap());
    assert!(compress(&device, None, &mask, &block, 0).is_err());
    assert!(compress(&device, Some(2), &mask, &block, 0).is_err());
    assert!(compress(&device, None, &block, &block, 0).is_err());
}

#[test]
fn more_than_one_tile_of_tiles() {
    let Some(device) = testing::device() else { return };
    let n = (1 << 20) + 7;
    check(&device, None, &masks(&[n])[1], &numbers(DType::UInt8, &[n], 1));
}

#[test]
fn places_in_an_array() {
    let Some(device) = testing::device() else { return };
    let span = |start, length| Span { chunk: 0, start, length };
    for (spans, array_shape) in [
        (vec![span(0, 300)], vec![300]),
        (vec![span(1 << 40, 300)], vec![1 << 41]),
        (vec![span(3, 5), span(1, 7), span(0, 2)], vec![9, 1 << 33, 2]),
        (vec![span(3, 0), span(1, 7)], vec![9, 9]),
        (vec![], vec![]),
    ] {
        let shape: Vec<u64> = spans.iter().map(|span| span.length).collect();
        for mask in masks(&shape) {
            let expected = cpu::flatnonzero(&spans, &array_shape, &mask).unwrap();
            let mask = device.copy_in(&mask, 0).unwrap();
            let got = flatnonzero(&device, &spans, &array_shape, &mask, 0).unwrap();
            let got = device.copy_out(&got).unwrap();
            assert_eq!(got.as_slice::<i64>().unwrap(), expected.as_slice::<i64>().unwrap());
        }
    }
}
