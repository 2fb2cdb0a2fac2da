//! Reductions on a device and on the CPU.

use gristmill_data::{Chunk, DType};
use gristmill_kernels::expr::{Expr, ExprBuilder, Op};
use gristmill_kernels::{Reduction, finish, reduce as on_cpu};

use super::super::source::Operand;
use super::{Count, reduce};
use crate::testing::{self, DTYPES, close, numbers, ordinary};
use crate::{Device, Error};

fn identity(dtype: DType) -> Expr {
    let mut builder = ExprBuilder::new();
    let input = builder.input(dtype).unwrap();
    builder.finish(input)
}

/// Fails unless the device's partial finishes to what the CPU's does; floats within 16 units in the last place. Returns
/// why it does not run there, if so.
fn check(device: &Device, reduction: &str, expr: &Expr, axes: &[u32], inputs: &[Chunk]) -> Option<String> {
    let reduction: Reduction = reduction.parse().unwrap();
    let operands: Vec<Operand> =
        inputs.iter().map(|chunk| Operand::Array(device.copy_in(chunk, 0).unwrap())).collect();
    let expected = on_cpu(reduction, expr, axes, inputs).unwrap();
    let mut got = match reduce(device, reduction, expr, axes, &operands, 0) {
        Ok(got) => got,
        Err(Error::Unsupported { reason }) => return Some(reason),
        Err(error) => panic!("{reduction} of {expr}: {error}"),
    };
    let mut partial = expected.clone();
    partial.count = match got.count {
        Count::Known(chunk) => chunk,
        Count::Counted(array) => device.copy_out(&array).unwrap(),
    };
    assert_eq!(partial.count, expected.count, "{reduction} of {expr}");
    assert_eq!(got.values.len(), expected.values.len());
    partial.values = got.values.drain(..).map(|value| device.copy_out(&value).unwrap()).collect();
    for (got, expected) in partial.values.iter().zip(&expected.values) {
        assert_eq!((got.dtype(), got.shape()), (expected.dtype(), expected.shape()), "{reduction}");
    }
    let dtype = reduction.dtype(expr.dtype()).unwrap();
    let [got, expected] =
        [&partial, &expected].map(|partial| finish(reduction, dtype, axes, partial).unwrap());
    if let Err(difference) = close(&got, &expected, 16.0) {
        panic!("{reduction} of {expr} along {axes:?}: {difference}; inputs {inputs:?}");
    }
    None
}

const REDUCTIONS: [&str; 11] =
    ["sum", "prod", "min", "max", "mean", "var:0", "std:1", "nansum", "nanmin", "nanmax", "nanvar:0"];

#[test]
fn every_reduction_in_every_dtype() {
    let Some(device) = testing::device() else { return };
    for dtype in DTYPES {
        let axes = [&[0_u32][..], &[1], &[2], &[0, 1, 2], &[0, 2]];
        for (reduction, axes) in REDUCTIONS.into_iter().zip(axes.into_iter().cycle()) {
            let block = ordinary(dtype, &[6, 50, 7], 3);
            let reason = check(&device, reduction, &identity(dtype), axes, &[block]);
            assert_eq!(reason, None, "{reduction} of {dtype}");
        }
    }
}

#[test]
fn sizes_from_one_to_many_workgroups() {
    let Some(device) = testing::device() else { return };
    for shape in [&[1_u64][..], &[127], &[128], &[300_001], &[3, 70_001], &[70_001, 3], &[2000, 128]] {
        for axes in [&[0_u32][..], &[shape.len() as u32 - 1], &[0, shape.len() as u32 - 1]] {
            for reduction in ["sum", "max"] {
                let block = ordinary(DType::Float32, shape, 3);
                assert_eq!(check(&device, reduction, &identity(DType::Float32), axes, &[block]), None);
            }
        }
    }
    let nothing = ordinary(DType::Float32, &[0, 4], 3);
    assert!(check(&device, "sum", &identity(DType::Float32), &[0], &[nothing]).is_some());
}

#[test]
fn what_is_no_number() {
    let Some(device) = testing::device() else { return };
    for dtype in [DType::Float32, DType::Float64] {
        for reduction in ["min", "max", "nanmin", "nanmax"] {
            let block = numbers(dtype, &[40, 90], 3);
            for axes in [&[0_u32][..], &[1]] {
                let reason = check(&device, reduction, &identity(dtype), axes, std::slice::from_ref(&block));
                assert_eq!(reason, None, "{reduction} of {dtype}");
            }
        }
    }
}

#[test]
fn a_program_goes_into_its_reduction() {
    let Some(device) = testing::device() else { return };
    let mut builder = ExprBuilder::new();
    let (a, b) = (builder.input(DType::Float32).unwrap(), builder.input(DType::Int16).unwrap());
    let product = builder.apply(Op::Multiply, &[a, b]).unwrap();
    let result = builder.apply(Op::Subtract, &[product, a]).unwrap();
    let expr = builder.finish(result);
    let inputs = [ordinary(DType::Float32, &[30, 1, 20], 1), ordinary(DType::Int16, &[40, 1], 2)];
    for reduction in ["sum", "mean", "var:0"] {
        for axes in [&[0_u32][..], &[1], &[0, 1, 2]] {
            assert_eq!(check(&device, reduction, &expr, axes, &inputs), None);
        }
    }
}

#[test]
fn a_rerun_is_bit_equal() {
    let Some(device) = testing::device() else { return };
    let block = device.copy_in(&ordinary(DType::Float32, &[100_003], 3), 0).unwrap();
    let expr = identity(DType::Float32);
    let sums = [0, 1, 2].map(|_| {
        let reduction = "sum".parse().unwrap();
        let partial = reduce(&device, reduction, &expr, &[0], &[Operand::Array(block.clone())], 0).unwrap();
        device.copy_out(&partial.values[0]).unwrap()
    });
    assert!(sums.iter().all(|sum| *sum == sums[0]));
}
