//! Programs on a device and on the CPU: every operation in every dtype, however the inputs broadcast.

use std::collections::BTreeMap;

use gristmill_data::{Chunk, DType};
use gristmill_kernels::evaluate;
use gristmill_kernels::expr::{Constant, Expr, ExprBuilder, Number, Op};

use super::super::source::Operand;
use super::elementwise;
use crate::testing::{self, DTYPES, close, numbers, on_cpu};
use crate::{Device, DeviceOptions, Error};

/// Fails unless the device gives what the CPU gives: bit by bit of integers and booleans, within 4 units in the last
/// place of floats. Returns why it does not run there, if so.
fn check(device: &Device, expr: &Expr, inputs: &[Chunk]) -> Option<String> {
    let operands: Vec<Operand> = inputs
        .iter()
        .map(|chunk| match chunk.n_elements() {
            1 => Operand::Element(chunk.clone()),
            _ => Operand::Array(device.copy_in(chunk, 0).unwrap()),
        })
        .collect();
    let expected = evaluate(expr, inputs).unwrap();
    match elementwise(device, expr, &operands, 0) {
        Ok(out) => {
            let got = device.copy_out(&out).unwrap_or_else(|error| panic!("{expr}: {error}"));
            assert_eq!((got.dtype(), got.shape()), (expected.dtype(), expected.shape()), "{expr}");
            if let Err(difference) = close(&got, &expected, 4.0) {
                panic!("{expr}: {difference}; inputs {inputs:?}");
            }
            None
        }
        Err(Error::Unsupported { reason }) => Some(reason),
        Err(error) => panic!("{expr}: {error}"),
    }
}

fn program(dtypes: &[DType], op: Op) -> Option<Expr> {
    let mut builder = ExprBuilder::new();
    let inputs: Vec<_> = dtypes.iter().map(|&dtype| builder.input(dtype).unwrap()).collect();
    let result = builder.apply(op, &inputs).ok()?;
    Some(builder.finish(result))
}

#[test]
fn every_operation_in_every_dtype() {
    let Some(device) = testing::device() else { return };
    let mut refused: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for &op in Op::ALL.iter().filter(|&&op| op != Op::Cast) {
        for dtype in DTYPES {
            let dtypes = match op {
                Op::Where => vec![DType::Boolean, dtype, dtype],
                _ => vec![dtype; op.arity()],
            };
            let Some(expr) = program(&dtypes, op) else { continue };
            let n = 2500;
            let mut inputs: Vec<Chunk> =
                dtypes.iter().enumerate().map(|(seed, &dtype)| numbers(dtype, &[n], seed as u64)).collect();
            if op == Op::Power && dtype.is_integer() {
                // Negative exponents are refused on either side.
                inputs[1] = numbers(DType::UInt8, &[n], 7);
                inputs[1] = on_cpu(Op::Cast, &inputs[1..2], Some(DType::Boolean));
                inputs[1] = on_cpu(Op::Cast, &inputs[1..2], Some(dtype));
            }
            if let Some(reason) = check(&device, &expr, &inputs) {
                refused.entry(format!("{}: {reason}", op.name())).or_default().push(dtype.name());
            }
        }
    }
    let refused: Vec<String> =
        refused.iter().map(|(op, dtypes)| format!("{op} [{}]", dtypes.join(" "))).collect();
    let expected = [
        "nextafter: there is no `nextafter` of float16 for shaders [bool int8 uint8 float16]",
        "power: powers of integers whose exponents may be negative [bool int8 int16 int32 int64]",
        "spacing: there is no `spacing` of float16 for shaders [bool int8 uint8 float16]",
    ];
    assert_eq!(refused, expected);
}

#[test]
fn every_conversion() {
    let Some(device) = testing::device() else { return };
    for from in DTYPES {
        for to in DTYPES {
            let mut builder = ExprBuilder::new();
            let input = builder.input(from).unwrap();
            let result = builder.cast(input, to).unwrap();
            let reason = check(&device, &builder.finish(result), &[numbers(from, &[3001], 5)]);
            let is_refused =
                to == DType::Float16 && matches!(from, DType::Float64 | DType::Int64 | DType::UInt64);
            assert_eq!(reason.is_some(), is_refused, "{from} to {to}: {reason:?}");
        }
    }
}

#[test]
fn inputs_that_broadcast_and_constants() {
    let Some(device) = testing::device() else { return };
    let shapes: [&[&[u64]]; 8] = [
        &[&[0], &[0]],
        &[&[1], &[127]],
        &[&[128], &[128]],
        &[&[3, 1, 5], &[4, 1]],
        &[&[7, 9], &[9]],
        &[&[7, 1], &[7, 9]],
        &[&[2, 3, 1, 5, 1], &[1, 3, 4, 1, 6]],
        &[&[], &[2, 2]],
    ];
    for dtype in DTYPES {
        for shapes in shapes {
            let mut builder = ExprBuilder::new();
            let (a, b) = (builder.input(dtype).unwrap(), builder.input(dtype).unwrap());
            let constant = Constant::new(dtype, Number::Int(1)).unwrap();
            let most = builder.apply(Op::Maximum, &[a, gristmill_kernels::expr::Operand::Constant(constant)]);
            let result = builder.apply(Op::Add, &[most.unwrap(), b]).unwrap();
            let expr = builder.finish(result);
            let inputs = [numbers(dtype, shapes[0], 1), numbers(dtype, shapes[1], 2)];
            assert_eq!(check(&device, &expr, &inputs), None, "{expr} of {shapes:?}");
        }
    }
}

#[test]
fn constants_that_are_no_finite_numbers() {
    let Some(device) = testing::device() else { return };
    for dtype in [DType::Float16, DType::Float32, DType::Float64] {
        for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, 0.1, 1e-3] {
            let mut builder = ExprBuilder::new();
            let a = builder.input(dtype).unwrap();
            let constant = Constant::new(dtype, Number::Float(number)).unwrap();
            let constant = gristmill_kernels::expr::Operand::Constant(constant);
            let copied = builder.apply(Op::Copysign, &[a, constant]).unwrap();
            let result = builder.apply(Op::Maximum, &[copied, constant]).unwrap();
            assert_eq!(check(&device, &builder.finish(result), &[numbers(dtype, &[99], 1)]), None);
        }
    }
}

#[test]
fn windows_of_what_a_shader_sees_at_once() {
    let options = DeviceOptions { binding_nbytes_max: 4096, ..Default::default() };
    let Some(device) = testing::open(&options) else { return };
    for dtype in [DType::UInt8, DType::Float16, DType::Float32, DType::Float64] {
        let expr = program(&[dtype, dtype], Op::Add).unwrap();
        for n in [1, 4095, 4096, 4097, 100_001] {
            let inputs = [numbers(dtype, &[n], 1), numbers(dtype, &[n], 2)];
            assert_eq!(check(&device, &expr, &inputs), None);
            // One that broadcasts moves along with the window.
            let inputs = [numbers(dtype, &[2, n], 1), numbers(dtype, &[2, 1], 2)];
            assert_eq!(check(&device, &expr, &inputs), None);
        }
        // It is seen whole, so that this is too much.
        let inputs = [numbers(dtype, &[2, 5000], 1), numbers(dtype, &[5000], 2)];
        assert!(check(&device, &expr, &inputs).is_some());
    }
}

#[test]
fn more_elements_than_invocations() {
    let Some(device) = testing::device() else { return };
    let n = 65_535 * 256 + 1;
    let expr = program(&[DType::UInt8, DType::UInt8], Op::BitwiseXor).unwrap();
    let inputs = [numbers(DType::UInt8, &[n], 1), numbers(DType::UInt8, &[n], 2)];
    assert_eq!(check(&device, &expr, &inputs), None);
}
