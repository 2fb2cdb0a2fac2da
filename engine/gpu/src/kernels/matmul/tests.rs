//! Products on a device and on the CPU.

use gristmill_data::{Chunk, DType};

use super::matmul;
use crate::testing::{self, numbers};
use crate::{Device, DeviceOptions, Error};

/// Numbers of which products and sums are exact, of any dtype.
fn small(dtype: DType, shape: &[u64], seed: u64) -> Chunk {
    let n = shape.iter().product::<u64>();
    let ints = (0..n).map(|at| ((at + seed).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 60) as i64 - 8);
    match dtype {
        DType::Float32 => Chunk::from_vec(ints.map(|int| int as f32).collect(), shape),
        DType::Float64 => Chunk::from_vec(ints.map(|int| int as f64).collect(), shape),
        DType::Int32 => Chunk::from_vec(ints.map(|int| int as i32).collect(), shape),
        DType::UInt32 => Chunk::from_vec(ints.map(|int| int as u32).collect(), shape),
        DType::UInt64 => Chunk::from_vec(ints.map(|int| int as u64).collect(), shape),
        _ => Chunk::from_vec(ints.collect(), shape),
    }
    .unwrap()
}

fn on_device(device: &Device, left: &Chunk, right: &Chunk, acc: Option<&Chunk>) -> Result<Chunk, Error> {
    let copied = |chunk: &Chunk| device.copy_in(chunk, 0).unwrap();
    let acc = acc.map(copied);
    let product = matmul(device, &copied(left), &copied(right), acc.as_ref(), 0)?;
    device.copy_out(&product)
}

/// Fails unless the product, of numbers whose sums are exact, is the CPU's.
fn check(device: &Device, dtype: DType, left: &[u64], right: &[u64]) {
    check_added(device, [small(dtype, left, 1), small(dtype, right, 2)], None);
}

/// And added to something.
fn check_acc(device: &Device, dtype: DType, left: &[u64], right: &[u64]) {
    let operands = [small(dtype, left, 1), small(dtype, right, 2)];
    let shape = gristmill_kernels::matmul(&operands[0], &operands[1], None).unwrap();
    check_added(device, operands, Some(&small(dtype, shape.shape(), 3)));
}

fn check_added(device: &Device, [a, b]: [Chunk; 2], acc: Option<&Chunk>) {
    let expected = gristmill_kernels::matmul(&a, &b, acc).unwrap();
    let what = format!("{} {:?} by {:?}", a.dtype(), a.shape(), b.shape());
    let got = on_device(device, &a, &b, acc).unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!(got.shape(), expected.shape(), "{what}");
    testing::close(&got, &expected, 0.0).unwrap_or_else(|difference| panic!("{what}: {difference}"));
}

const DTYPES: [DType; 5] = [DType::Float64, DType::Int32, DType::UInt32, DType::Int64, DType::UInt64];

#[test]
fn products_of_all_shapes() {
    let Some(device) = testing::device() else { return };
    let shapes: [(&[u64], &[u64]); 18] = [
        (&[1, 1], &[1, 1]),
        (&[3, 0], &[0, 2]),
        (&[0, 3], &[3, 2]),
        (&[2, 3], &[3, 4]),
        (&[4, 4], &[4, 4]),
        (&[17], &[17]),
        (&[17], &[17, 5]),
        (&[5, 17], &[17]),
        (&[127, 33], &[33, 65]),
        (&[64, 16], &[16, 64]),
        (&[128, 20], &[20, 36]),
        (&[130, 7], &[7, 3]),
        (&[3, 7], &[7, 130]),
        (&[2, 3, 5, 6], &[2, 3, 6, 7]),
        (&[3, 5, 6], &[6, 7]),
        (&[5, 6], &[2, 3, 6, 7]),
        (&[2, 1, 5, 6], &[3, 6, 7]),
        (&[2, 1, 3, 1, 2, 3], &[1, 2, 1, 2, 3, 4]),
    ];
    for (left, right) in shapes {
        check(&device, DType::Float32, left, right);
    }
    for at in [1, 8, 9, 16] {
        let (left, right) = shapes[at];
        check_acc(&device, DType::Float32, left, right);
    }
}

#[test]
fn products_of_all_dtypes() {
    let Some(device) = testing::device() else { return };
    for dtype in DTYPES {
        check(&device, dtype, &[67, 33], &[33, 35]);
        check_acc(&device, dtype, &[2, 1, 5, 8], &[3, 8, 36]);
    }
}

#[test]
fn tiles_of_each_kind() {
    let Some(device) = testing::device() else { return };
    // So many matrices that their tiles are the largest, with edges and without.
    check(&device, DType::Float32, &[132, 65, 3], &[3, 66]);
    check(&device, DType::Int32, &[2, 66, 130, 20], &[66, 20, 68]);
}

#[test]
fn long_sums_are_made_in_parts() {
    let Some(device) = testing::device() else { return };
    check(&device, DType::Float32, &[3, 1100], &[1100, 5]);
    check_acc(&device, DType::Float32, &[3, 1100], &[1100, 5]);
    check_acc(&device, DType::Int64, &[2, 3, 2051], &[2051, 4]);
    // More than a driver's turns.
    check(&device, DType::Float32, &[66_001], &[66_001]);
}

/// `|err| <= 2 k eps (|A| |B|)`, whatever the order and fusing of products.
#[test]
fn rounding_is_bounded() {
    let Some(device) = testing::device() else { return };
    let uniform = |dtype: DType, shape: &[u64], seed| {
        let distribution = gristmill_kernels::Distribution::Normal { mean: 0.0, std: 1.0 };
        let zeros = vec![0; shape.len()];
        gristmill_kernels::generate(&distribution, dtype, seed, 0, shape, &zeros, shape).unwrap()
    };
    let k = 100;
    for (dtype, epsilon) in [(DType::Float32, f64::from(f32::EPSILON)), (DType::Float64, f64::EPSILON)] {
        let (a, b) = (uniform(dtype, &[70, k], 1), uniform(dtype, &[k, 50], 2));
        let got = testing::floats(&on_device(&device, &a, &b, None).unwrap());
        let (a, b) = (testing::floats(&a), testing::floats(&b));
        for (at, got) in got.into_iter().enumerate() {
            let products = (0..k as usize).map(|l| a[at / 50 * k as usize + l] * b[l * 50 + at % 50]);
            let (sum, size) = products.fold((0.0, 0.0), |(sum, size), x| (sum + x, size + x.abs()));
            assert!(
                (got - sum).abs() <= 2.0 * k as f64 * epsilon * size,
                "{dtype} {at}: {got} and not {sum}"
            );
        }
    }
}

#[test]
fn what_is_no_number_stays_in_its_row_and_column() {
    let Some(device) = testing::device() else { return };
    for dtype in [DType::Float32, DType::Float64] {
        // Beside the edges of tiles, which are filled up with zeros.
        let (a, b) = (numbers(dtype, &[5, 3], 1), numbers(dtype, &[3, 7], 2));
        let got = testing::floats(&on_device(&device, &a, &b, None).unwrap());
        let (a, b) = (testing::floats(&a), testing::floats(&b));
        for (at, got) in got.into_iter().enumerate() {
            let sum = (0..3).map(|l| a[at / 7 * 3 + l] * b[l * 7 + at % 7]).sum::<f64>();
            assert_eq!(
                (got.is_nan(), got.is_infinite()),
                (sum.is_nan(), sum.is_infinite()),
                "{at}: {got} {sum}"
            );
        }
    }
}

#[test]
fn what_is_refused() {
    let Some(device) = testing::device() else { return };
    let refused = |a: &Chunk, b: &Chunk, acc: Option<&Chunk>, words: &str| {
        let error = on_device(&device, a, b, acc).unwrap_err();
        assert!(matches!(error, Error::Unsupported { .. }) && error.to_string().contains(words), "{error}");
    };
    let float = |shape: &[u64]| small(DType::Float32, shape, 1);
    refused(&float(&[2, 2]), &small(DType::Float64, &[2, 2], 1), None, "two dtypes");
    refused(&float(&[2, 2]), &float(&[2, 2]), Some(&float(&[2])), "another shape");
    refused(&float(&[]), &float(&[2]), None, "single elements");
    refused(&float(&[3, 6]), &float(&[2, 6]), None, "6 columns by 2 rows");
    refused(&float(&[2, 2, 2]), &float(&[3, 2, 2]), None, "broadcast");
    let half = numbers(DType::Float16, &[2, 2], 1);
    refused(&half, &half, None, "float16");
    let options = DeviceOptions { binding_nbytes_max: 1024, ..Default::default() };
    let small = testing::open(&options).unwrap();
    let error = on_device(&small, &float(&[20, 20]), &float(&[20, 2]), None).unwrap_err();
    assert!(matches!(&error, Error::Unsupported { reason } if reason.contains("seen at once")), "{error}");
}
