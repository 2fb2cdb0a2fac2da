//! What tests of this crate share: a device, if the machine has one, numbers of all kinds, and how close two chunks are.

use std::sync::LazyLock;

use gristmill_data::number::f16;
use gristmill_data::{Chunk, DType, Memory};
use gristmill_kernels::evaluate;
use gristmill_kernels::expr::{ExprBuilder, Op};

use crate::{Device, DeviceOptions, adapters};

static DEVICE: LazyLock<Option<Device>> = LazyLock::new(|| open(&DeviceOptions::default()));

/// The device that all tests share; without any adapter they say so and pass.
pub(crate) fn device() -> Option<Device> {
    if DEVICE.is_none() {
        eprintln!("skipped: no adapter");
    }
    DEVICE.clone()
}

/// A device of one's own.
pub(crate) fn open(options: &DeviceOptions) -> Option<Device> {
    let Some(adapter) = adapters(true).into_iter().next() else {
        eprintln!("skipped: no adapter");
        return None;
    };
    Some(Device::open(&adapter, options).expect("an adapter opens"))
}

/// The dtypes that programs have shaders for.
pub(crate) const DTYPES: [DType; 12] = [
    DType::Boolean,
    DType::Int8,
    DType::Int16,
    DType::Int32,
    DType::Int64,
    DType::UInt8,
    DType::UInt16,
    DType::UInt32,
    DType::UInt64,
    DType::Float16,
    DType::Float32,
    DType::Float64,
];

/// Numbers of all kinds: of floats ordinary ones, tiny and huge ones, zeros, infinities and NaN; of integers small ones and
/// both ends. The same seed gives the same numbers.
pub(crate) fn numbers(dtype: DType, shape: &[u64], seed: u64) -> Chunk {
    let n = shape.iter().product::<u64>() as usize;
    let mut bytes = Memory::new(n * dtype.itemsize());
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x1234_5678_9abc_def1;
    let mut draw = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    for out in bytes.as_mut_slice().chunks_mut(dtype.itemsize()) {
        let (kind, bits) = (draw() >> 33, draw());
        let small = ((bits >> 20) % 41) as i64 - 20;
        let any = if kind % 3 == 0 { small.to_le_bytes() } else { bits.to_le_bytes() };
        let float = match kind % 8 {
            0 => [0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 1.0, -1.0, 0.5]
                [(bits >> 8) as usize % 8],
            1 => small as f64,
            2 => (bits >> 40) as f64 * 1e3 - 8e9,
            _ => (bits >> 11) as f64 / (1u64 << 49) as f64 - 8.0,
        };
        match dtype {
            DType::Boolean => out.copy_from_slice(&[(bits >> 9) as u8 & 1]),
            DType::Float16 => out.copy_from_slice(&f16::from_f64(float).to_le_bytes()),
            DType::Float32 => out.copy_from_slice(&(float as f32).to_le_bytes()),
            DType::Float64 => out.copy_from_slice(&float.to_le_bytes()),
            _ => out.copy_from_slice(&any[..out.len()]),
        }
    }
    Chunk::try_new(dtype, shape, bytes.into_buffer(), None).unwrap()
}

/// One operation on the CPU.
pub(crate) fn on_cpu(op: Op, inputs: &[Chunk], to: Option<DType>) -> Chunk {
    let mut builder = ExprBuilder::new();
    let operands: Vec<_> = inputs.iter().map(|chunk| builder.input(chunk.dtype()).unwrap()).collect();
    let result = match to {
        Some(dtype) => builder.cast(operands[0], dtype),
        None => builder.apply(op, &operands),
    };
    evaluate(&builder.finish(result.unwrap()), inputs).unwrap()
}

/// Whether two chunks are equal, floats within so many units in the last place; what is different otherwise.
///
/// A device may make numbers zero that are too small to be normal.
pub(crate) fn close(got: &Chunk, expected: &Chunk, ulps_max: f64) -> Result<(), String> {
    let n = got.n_elements();
    let (tiniest, epsilon) = match got.dtype() {
        DType::Float16 => (f64::from(f16::MIN_POSITIVE), f64::from(f16::EPSILON)),
        DType::Float32 => (f64::from(f32::MIN_POSITIVE), f64::from(f32::EPSILON)),
        DType::Float64 => (f64::MIN_POSITIVE, f64::EPSILON),
        _ => {
            let itemsize = got.dtype().itemsize();
            let pairs = got.data().chunks(itemsize).zip(expected.data().chunks(itemsize));
            let different = pairs.enumerate().find(|(_, (got, expected))| got != expected);
            return different.map_or(Ok(()), |(at, (got, expected))| {
                Err(format!("element {at} of {n}: {got:?} and not {expected:?}"))
            });
        }
    };
    let pairs = floats(got).into_iter().zip(floats(expected)).enumerate();
    for (at, (got, expected)) in pairs {
        let same = got == expected && (got != 0.0 || got.is_sign_negative() == expected.is_sign_negative());
        let both_nan = got.is_nan() && expected.is_nan();
        let ulp = (expected.abs().max(tiniest).log2().floor().exp2()) * epsilon;
        let flushed = got == 0.0 && expected.abs() < tiniest;
        let near = (got - expected).abs() <= ulps_max * ulp
            && expected.is_finite()
            && got.is_finite()
            && (expected != 0.0 || got.abs() < tiniest && got != 0.0);
        if !(same || both_nan || flushed || near) {
            let ulps = (got - expected).abs() / ulp;
            return Err(format!("element {at} of {n}: {got:?} and not {expected:?}, {ulps:.1} ulp apart"));
        }
    }
    Ok(())
}

/// Elements in double precision.
pub(crate) fn floats(chunk: &Chunk) -> Vec<f64> {
    match chunk.dtype() {
        DType::Float16 => chunk.as_slice::<f16>().unwrap().iter().map(|x| x.to_f64()).collect(),
        DType::Float32 => chunk.as_slice::<f32>().unwrap().iter().map(|&x| x.into()).collect(),
        _ => chunk.as_slice::<f64>().unwrap().to_vec(),
    }
}

/// Numbers of which sums are well conditioned: between 1 and 2, and of integers small ones.
pub(crate) fn ordinary(dtype: DType, shape: &[u64], seed: u64) -> Chunk {
    let bytes = numbers(DType::UInt8, shape, seed);
    let mut builder = ExprBuilder::new();
    let input = builder.input(DType::UInt8).unwrap();
    let result = match dtype {
        dtype if dtype.is_float() => {
            let constant = |number: f64| {
                let constant = gristmill_kernels::expr::Constant::new(DType::Float64, number.into());
                gristmill_kernels::expr::Operand::Constant(constant.unwrap())
            };
            let part = builder.apply(Op::Divide, &[input, constant(255.0)]).unwrap();
            let number = builder.apply(Op::Add, &[part, constant(1.0)]).unwrap();
            builder.cast(number, dtype).unwrap()
        }
        dtype => builder.cast(input, dtype).unwrap(),
    };
    evaluate(&builder.finish(result), &[bytes]).unwrap()
}
