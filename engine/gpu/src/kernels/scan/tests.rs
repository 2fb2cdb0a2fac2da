//! Running values on a device and on the CPU.

use gristmill_data::{Chunk, DType, Memory};
use gristmill_kernels::{Scan, scan as on_cpu};

use super::scan;
use crate::testing::{self, close, numbers};
use crate::{Device, DeviceOptions, Error};

const KINDS: [&str; 8] =
    ["cumsum", "nancumsum", "cumprod", "nancumprod", "cummin", "nancummin", "cummax", "nancummax"];
const DTYPES: [DType; 6] =
    [DType::Float32, DType::Float64, DType::Int32, DType::Int64, DType::UInt32, DType::UInt64];

/// Floats of which sums and products stay small, with some that are not finite at the end of all; integers as they come.
fn elements(dtype: DType, shape: &[u64], kind: &str) -> Chunk {
    let n = shape.iter().product::<u64>() as usize;
    if !dtype.is_float() || kind.ends_with("min") || kind.ends_with("max") {
        return numbers(dtype, shape, n as u64 + 1);
    }
    let odd = numbers(DType::UInt8, shape, 3);
    // What is so small that a product of it depends on the order is left out.
    let ends = [f64::NAN, f64::INFINITY, -0.0, 1e-40, f64::NEG_INFINITY];
    let float = |(at, &byte): (usize, &u8)| match (kind, n - 1 - at) {
        (_, back) if back < 3 && n > 100 => ends[back],
        ("cumsum" | "nancumsum", back) if back < ends.len() && n > 100 => ends[back],
        (kind, _) if kind.ends_with("prod") => 1.0 + (f64::from(byte) - 128.0) / 1024.0,
        (kind, _) if kind.starts_with("nan") && byte % 16 == 3 => f64::NAN,
        _ => f64::from(byte) - 100.0 + 0.1,
    };
    let floats: Vec<f64> = odd.data().iter().enumerate().map(float).collect();
    let mut bytes = Memory::new(n * dtype.itemsize());
    for (out, float) in bytes.as_mut_slice().chunks_mut(dtype.itemsize()).zip(floats) {
        match dtype {
            DType::Float32 => out.copy_from_slice(&(float as f32).to_le_bytes()),
            _ => out.copy_from_slice(&float.to_le_bytes()),
        }
    }
    Chunk::try_new(dtype, shape, bytes.into_buffer(), None).unwrap()
}

/// Fails unless the device gives what the CPU gives: floats that are merged in another order within some units.
fn check(device: &Device, kind: &str, axis: usize, of: &Chunk) {
    let scan_kind: Scan = kind.parse().unwrap();
    let expected = on_cpu(scan_kind, axis, of).unwrap();
    let got = scan(device, scan_kind, axis, &device.copy_in(of, 0).unwrap(), 0).unwrap();
    let got = device.copy_out(&got).unwrap();
    assert_eq!((got.dtype(), got.shape()), (expected.dtype(), expected.shape()), "{kind}");
    let ulps = if kind.ends_with("sum") || kind.ends_with("prod") { 5e3 } else { 0.0 };
    let ulps = if of.dtype() == DType::Float32 { f64::min(ulps, 2.0) } else { ulps };
    if let Err(difference) = close(&got, &expected, ulps) {
        panic!("{kind} of {} {:?} along {axis}: {difference}", of.dtype(), of.shape());
    }
}

#[test]
fn every_kind_of_every_dtype() {
    let Some(device) = testing::device() else { return };
    for (i, kind) in KINDS.into_iter().enumerate() {
        // Every other pair, as each is a shader of its own.
        for dtype in DTYPES.into_iter().skip(i % 2).step_by(2) {
            check(&device, kind, 0, &elements(dtype, &[1500], kind));
        }
        check(&device, kind, 0, &elements(DType::Float32, &[1500], kind));
    }
    check(&device, "nancummax", 0, &elements(DType::Float32, &[300, 2], "nancummax"));
}

#[test]
fn lanes_of_every_length() {
    let Some(device) = testing::device() else { return };
    for kind in ["cumsum", "cummax"] {
        for (axis, shape) in [
            (0, &[0][..]),
            (0, &[1]),
            (0, &[127]),
            (0, &[128]),
            (0, &[1025]),
            (1, &[3, 0]),
            (0, &[0, 3]),
            (1, &[5, 1]),
            (1, &[300, 7]),
            (1, &[77, 130]),
            (2, &[2, 3, 257]),
            (1, &[3, 129, 5]),
            (0, &[2, 300]),
            (0, &[129, 3, 1]),
            (1, &[700, 1100]),
        ] {
            check(&device, kind, axis, &elements(DType::Float32, shape, kind));
            check(&device, kind, axis, &elements(DType::Int64, shape, kind));
        }
    }
}

#[test]
fn small_dtypes_become_wide_ones() {
    let Some(device) = testing::device() else { return };
    for dtype in [DType::Boolean, DType::Int8, DType::UInt8, DType::Int16, DType::UInt16] {
        check(&device, "cumsum", 1, &elements(dtype, &[7, 131], "cumsum"));
    }
    let small = device.copy_in(&elements(DType::Int8, &[9], "cummax"), 0).unwrap();
    let refused = scan(&device, "cummax".parse().unwrap(), 0, &small, 0);
    assert!(matches!(refused, Err(Error::Unsupported { .. })), "{refused:?}");
}

#[test]
fn lanes_that_are_cut() {
    let Some(device) = testing::device() else { return };
    for kind in ["cumsum", "nancummin"] {
        for dtype in [DType::Float32, DType::Float64, DType::UInt64] {
            check(&device, kind, 1, &elements(dtype, &[2, 33_001], kind));
            check(&device, kind, 0, &elements(dtype, &[20_000, 3], kind));
        }
    }
}

#[test]
fn reruns_are_equal_to_the_bit() {
    let Some(device) = testing::device() else { return };
    let of = device.copy_in(&elements(DType::Float64, &[50_000], "cumsum"), 0).unwrap();
    let run = || device.copy_out(&scan(&device, "cumsum".parse().unwrap(), 0, &of, 0).unwrap()).unwrap();
    assert_eq!(run().data().as_slice(), run().data().as_slice());
}

#[test]
fn more_than_a_shader_sees_at_once() {
    let options = DeviceOptions { binding_nbytes_max: 4096, ..Default::default() };
    let Some(device) = testing::open(&options) else { return };
    check(&device, "cumsum", 0, &elements(DType::Float64, &[512], "cumsum"));
    let many = device.copy_in(&elements(DType::Float64, &[513], "cumsum"), 0).unwrap();
    let refused = scan(&device, "cumsum".parse().unwrap(), 0, &many, 0);
    assert!(matches!(refused, Err(Error::Unsupported { .. })), "{refused:?}");
}
