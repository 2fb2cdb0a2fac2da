//! Windows times weights on a device and on the CPU.

use gristmill_data::{Chunk, DType};
use gristmill_kernels::{Distribution, evaluate, generate};

use super::convolve;
use crate::testing::{self, floats, numbers};
use crate::{Device, Error};

fn on_device(device: &Device, block: &Chunk, weights: &Chunk) -> Result<Chunk, Error> {
    let [block, weights] = [block, weights].map(|chunk| device.copy_in(chunk, 0).unwrap());
    device.copy_out(&convolve(device, &block, &weights, 0)?)
}

fn normal(dtype: DType, shape: &[u64], seed: u64) -> Chunk {
    let distribution = Distribution::Normal { mean: 0.5, std: 1.0 };
    generate(&distribution, dtype, seed, 0, shape, &vec![0; shape.len()], shape).unwrap()
}

fn absolute(chunk: &Chunk) -> Chunk {
    let mut builder = gristmill_kernels::expr::ExprBuilder::new();
    let input = builder.input(chunk.dtype()).unwrap();
    let result = builder.apply(gristmill_kernels::expr::Op::Absolute, &[input]).unwrap();
    evaluate(&builder.finish(result), std::slice::from_ref(chunk)).unwrap()
}

/// Fails unless errors are within `2 n eps` of the sums of absolute products.
fn check(device: &Device, dtype: DType, shape: &[u64], window: &[u64]) {
    let (block, weights) = (normal(dtype, shape, 1), normal(dtype, window, 2));
    let expected = gristmill_kernels::convolve(&block, &weights).unwrap();
    let sizes = gristmill_kernels::convolve(&absolute(&block), &absolute(&weights)).unwrap();
    let what = format!("{dtype} {shape:?} {window:?}");
    let got = on_device(device, &block, &weights).unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!((got.dtype(), got.shape()), (dtype, expected.shape()), "{what}");
    let epsilon = if dtype == DType::Float32 { f64::from(f32::EPSILON) } else { f64::EPSILON };
    let bound = 2.0 * weights.n_elements() as f64 * epsilon;
    let all = floats(&got).into_iter().zip(floats(&expected)).zip(floats(&sizes));
    for (at, ((got, expected), size)) in all.enumerate() {
        assert!((got - expected).abs() <= bound * size, "{what}, {at}: {got} and not {expected}");
    }
}

#[test]
fn windows_of_all_shapes() {
    let Some(device) = testing::device() else { return };
    let cases: [(&[u64], &[u64]); 14] = [
        (&[1], &[1]),
        (&[127], &[3]),
        (&[128], &[128]),
        (&[5000], &[7]),
        (&[3000], &[1500]),
        (&[3, 3], &[3, 3]),
        (&[127, 130], &[3, 3]),
        (&[100, 40], &[1, 5]),
        (&[40, 100], &[7, 1]),
        (&[50, 60], &[20, 25]),
        (&[9, 21, 70], &[3, 3, 3]),
        (&[5, 6, 7], &[5, 1, 2]),
        (&[12, 13, 14], &[6, 7, 8]),
        (&[1, 1, 300], &[1, 1, 4]),
    ];
    for (shape, window) in cases {
        check(&device, DType::Float32, shape, window);
    }
    for at in [1, 3, 6, 9, 10] {
        let (shape, window) = cases[at];
        check(&device, DType::Float64, shape, window);
    }
}

#[test]
fn what_is_no_number_stays_in_its_windows() {
    let Some(device) = testing::device() else { return };
    for dtype in [DType::Float32, DType::Float64] {
        let (block, weights) = (numbers(dtype, &[20, 70], 1), normal(dtype, &[2, 3], 2));
        let expected = floats(&gristmill_kernels::convolve(&block, &weights).unwrap());
        let got = floats(&on_device(&device, &block, &weights).unwrap());
        for (at, (got, expected)) in got.into_iter().zip(expected).enumerate() {
            let kinds = [got, expected].map(|x| (x.is_nan(), x == f64::INFINITY, x == f64::NEG_INFINITY));
            assert_eq!(kinds[0], kinds[1], "{at}: {got} and not {expected}");
        }
    }
}

#[test]
fn what_is_refused() {
    let Some(device) = testing::device() else { return };
    let refused = |block: &Chunk, weights: &Chunk, words: &str| {
        let error = on_device(&device, block, weights).unwrap_err();
        assert!(matches!(error, Error::Unsupported { .. }) && error.to_string().contains(words), "{error}");
    };
    let float = |shape: &[u64]| normal(DType::Float32, shape, 1);
    refused(&float(&[9]), &normal(DType::Float64, &[3], 1), "weights of float64");
    refused(&numbers(DType::Int32, &[9], 1), &numbers(DType::Int32, &[3], 1), "int32");
    refused(&float(&[9]), &float(&[10]), "more than the block");
    refused(&float(&[9, 9, 9, 9]), &float(&[1, 1, 1, 1]), "three axes");
    refused(&float(&[9000]), &float(&[5000]), "windows of");
}
