//! What is made of nothing, random numbers, and of much: products of matrices, convolutions.

use gristmill_data::{DType, Value};
use gristmill_kernels::{Args, Distribution, convolve_shape, grid_and_block, matmul_shape};

use super::{Unit, Work, described};
use crate::Error;
use crate::kernels::{Draw, convolve, matmul, random};
use crate::session::Session;

/// The arguments of a call.
struct Drawn {
    distribution: Distribution,
    dtype: DType,
    seed: u64,
    stream: u32,
    array_shape: Vec<u64>,
    start: Vec<u64>,
    shape: Vec<u64>,
}

fn drawn(args: Args<'_>) -> Result<Drawn, Error> {
    let (grid, block) = grid_and_block(args, 4, 5)?;
    let (start, shape) = block.iter().map(|span| (span.start, span.length)).unzip();
    let stream = u32::try_from(args.size(3)?).map_err(|_| Error::unsupported("no such stream"))?;
    Ok(Drawn {
        distribution: args.parsed(0)?,
        dtype: args.dtype(1)?,
        seed: args.size(2)?,
        stream,
        array_shape: grid.shape(),
        start,
        shape,
    })
}

pub(super) fn random_work(args: Args<'_>) -> Result<Work, Error> {
    let drawn = drawn(args)?;
    let unit = match drawn.distribution {
        Distribution::Uniform { .. } | Distribution::Bits {} | Distribution::Integers { .. } => Unit::Uniform,
        _ => Unit::Normal,
    };
    Ok(Work::new(args.values).also(unit, &drawn.shape).result(drawn.dtype, &drawn.shape))
}

pub(super) fn run_random(session: &Session<'_>, args: Args<'_>) -> Result<Value, Error> {
    let drawn = drawn(args)?;
    let draw = Draw {
        distribution: &drawn.distribution,
        dtype: drawn.dtype,
        seed: drawn.seed,
        stream: drawn.stream,
        array_shape: &drawn.array_shape,
        start: &drawn.start,
        shape: &drawn.shape,
    };
    session.give(random(session.device, &draw, session.tenant)?)
}

pub(super) fn matmul_work(args: Args<'_>) -> Result<Work, Error> {
    let ((dtype, left), (_, right)) = (described(args.value(0))?, described(args.value(1))?);
    let (shape, k) = matmul_shape(left, right)?;
    let mut work = Work::new(args.values).result(dtype, &shape);
    let n_products = shape.iter().map(|&length| length as f64).product::<f64>() * k as f64;
    // What the CPU takes for a product is measured in single precision.
    let wider = dtype.itemsize() as f64 / 4.0;
    work.units.push((Unit::Product, n_products * wider));
    work.n_products = n_products * wider;
    Ok(work)
}

pub(super) fn run_matmul(session: &Session<'_>, args: Args<'_>) -> Result<Value, Error> {
    let (left, right) = (session.array(args.value(0))?, session.array(args.value(1))?);
    let acc = match args.value(2) {
        Value::Null => None,
        acc => Some(session.array(acc)?),
    };
    session.give(matmul(session.device, &left, &right, acc.as_ref(), session.tenant)?)
}

pub(super) fn convolve_work(args: Args<'_>) -> Result<Work, Error> {
    let ((dtype, block), (_, weights)) = (described(args.value(0))?, described(args.value(1))?);
    let shape = convolve_shape(block, weights)?;
    let mut work = Work::new(args.values).result(dtype, &shape);
    let n = shape.iter().chain(weights).map(|&length| length as f64).product();
    work.units.push((Unit::Cheap, n));
    work.n_products = n;
    Ok(work)
}

pub(super) fn run_convolve(session: &Session<'_>, args: Args<'_>) -> Result<Value, Error> {
    let (block, weights) = (session.array(args.value(0))?, session.array(args.value(1))?);
    session.give(convolve(session.device, &block, &weights, session.tenant)?)
}
