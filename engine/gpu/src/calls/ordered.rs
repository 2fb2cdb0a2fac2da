//! Along an axis, in order, by position, counted, by groups and by keys.

use gristmill_data::arrow::buffer::{BooleanBuffer, NullBuffer};
use gristmill_data::{Chunk, DType, Value};
use gristmill_kernels::{Args, Reduction, ReductionKind, Scan, grid_and_block};

use super::{Unit, Work, described, host_chunk, list};
use crate::Error;
use crate::kernels::{
    Grouped, argsort, bincount, compress, flatnonzero, group_by, histogram, join, scan, sort, take,
};
use crate::session::Session;

pub(super) fn scan_work(args: Args<'_>) -> Result<Work, Error> {
    let scan: Scan = args.parsed(0)?;
    let (dtype, shape) = described(args.value(2))?;
    Ok(Work::new(args.values).also(Unit::Fold, shape).result(scan.dtype(dtype)?, shape))
}

pub(super) fn run_scan(session: &Session<'_>, args: Args<'_>) -> Result<Value, Error> {
    let array = session.array(args.value(2))?;
    session.give(scan(session.device, args.parsed(0)?, args.axis(1)?, &array, session.tenant)?)
}

/// Comparisons of a sort along an axis, and thirteen times the bytes on a device: eight bits at a time, each in three
/// dispatches.
fn sorting(args: Args<'_>, result: Option<DType>) -> Result<Work, Error> {
    let (dtype, shape) = described(args.value(1))?;
    let length = shape.get(args.axis(0)?).copied().unwrap_or(1);
    let mut work = Work::new(args.values).result(result.unwrap_or(dtype), shape);
    let n: f64 = shape.iter().map(|&length| length as f64).product();
    work.units.push((Unit::Compare, n * (length.max(2) as f64).log2()));
    work.traffic_nbytes *= 7;
    work.n_dispatches = 3 * dtype.itemsize() as u32;
    Ok(work)
}

pub(super) fn sort_work(args: Args<'_>) -> Result<Work, Error> {
    sorting(args, None)
}

pub(super) fn run_sort(session: &Session<'_>, args: Args<'_>) -> Result<Value, Error> {
    let array = session.array(args.value(1))?;
    session.give(sort(session.device, args.axis(0)?, &array, session.tenant)?)
}

pub(super) fn argsort_work(args: Args<'_>) -> Result<Work, Error> {
    sorting(args, Some(DType::Int64))
}

pub(super) fn run_argsort(session: &Session<'_>, args: Args<'_>) -> Result<Value, Error> {
    let array = session.array(args.value(1))?;
    session.give(argsort(session.device, args.axis(0)?, &array, session.tenant)?)
}

pub(super) fn take_work(args: Args<'_>) -> Result<Work, Error> {
    let ((_, places), (dtype, shape)) = (described(args.value(1))?, described(args.value(2))?);
    let (mut out, axis) = (shape.to_vec(), args.axis(0)?);
    if let Some(length) = out.get_mut(axis) {
        *length = places.iter().product();
    }
    Ok(Work::new(args.values).also(Unit::Move, &out).result(dtype, &out))
}

pub(super) fn run_take(session: &Session<'_>, args: Args<'_>) -> Result<Value, Error> {
    let (places, array) = (session.array(args.value(1))?, session.array(args.value(2))?);
    session.give(take(session.device, args.axis(0)?, &places, &array, session.tenant)?)
}

/// How many there will be is not known, so that what comes next is the CPU's.
pub(super) fn compress_work(args: Args<'_>) -> Result<Work, Error> {
    described(args.value(1))?;
    let (dtype, shape) = described(args.value(2))?;
    Ok(Work::new(args.values).also(Unit::Move, shape).written(dtype, shape))
}

pub(super) fn run_compress(session: &Session<'_>, args: Args<'_>) -> Result<Value, Error> {
    let (mask, array) = (session.array(args.value(1))?, session.array(args.value(2))?);
    let axis = args.optional(0, Args::axis)?;
    session.give(compress(session.device, axis, &mask, &array, session.tenant)?)
}

pub(super) fn bincount_work(args: Args<'_>) -> Result<Work, Error> {
    without_weights(args)?;
    let (_, shape) = described(args.value(0))?;
    Ok(Work::new(args.values).also(Unit::Move, shape).written(DType::Int64, &[args.size(1)?]))
}

pub(super) fn run_bincount(session: &Session<'_>, args: Args<'_>) -> Result<Value, Error> {
    without_weights(args)?;
    let array = session.array(args.value(0))?;
    session.give(bincount(session.device, &array, args.size(1)?, session.tenant)?)
}

pub(super) fn histogram_work(args: Args<'_>) -> Result<Work, Error> {
    let (edges, points) = edges_and_points(args)?;
    let ((_, edges), (_, shape)) = (described(edges)?, described(points)?);
    let n: f64 = shape.iter().map(|&length| length as f64).product();
    let mut work = Work::new(args.values).written(DType::Int64, edges);
    let n_edges: u64 = edges.iter().product();
    work.units.push((Unit::Compare, n * (n_edges.max(2) as f64).log2()));
    Ok(work)
}

pub(super) fn run_histogram(session: &Session<'_>, args: Args<'_>) -> Result<Value, Error> {
    let (edges, points) = edges_and_points(args)?;
    let (edges, points) = (host_chunk(edges)?, session.array(points)?);
    session.give(histogram(session.device, &edges, &points, session.tenant)?)
}

/// Of a histogram along one axis.
fn edges_and_points(args: Args<'_>) -> Result<(&Value, &Value), Error> {
    without_weights(args)?;
    match (list(args, 0)?, list(args, 1)?) {
        ([edges], [points]) => Ok((edges, points)),
        _ => Err(Error::unsupported("histograms of several axes")),
    }
}

fn without_weights(args: Args<'_>) -> Result<(), Error> {
    match args.value(2) {
        Value::Null => Ok(()),
        _ => Err(Error::unsupported("sums of weights, whose order is not fixed")),
    }
}

pub(super) fn flatnonzero_work(args: Args<'_>) -> Result<Work, Error> {
    let (_, shape) = described(args.value(2))?;
    Ok(Work::new(args.values).also(Unit::Move, shape).written(DType::Int64, shape))
}

pub(super) fn run_flatnonzero(session: &Session<'_>, args: Args<'_>) -> Result<Value, Error> {
    let (grid, spans) = grid_and_block(args, 0, 1)?;
    let array = session.array(args.value(2))?;
    session.give(flatnonzero(session.device, &spans, &grid.shape(), &array, session.tenant)?)
}

pub(super) fn group_by_work(args: Args<'_>) -> Result<Work, Error> {
    described(args.value(1))?;
    let (dtype, shape) = described(args.value(3))?;
    Ok(Work::new(args.values).also(Unit::Move, shape).written(dtype, &[args.size(2)?]))
}

pub(super) fn run_group_by(session: &Session<'_>, args: Args<'_>) -> Result<Value, Error> {
    let reduction: Reduction = args.parsed(0)?;
    let (codes, values) = (session.array(args.value(1))?, session.array(args.value(3))?);
    let Grouped { values, counts } =
        group_by(session.device, reduction, &codes, args.size(2)?, &values, session.tenant)?;
    if matches!(reduction.kind, ReductionKind::Sum | ReductionKind::Count) {
        return session.give(values);
    }
    // Of nothing there is no extreme and no mean.
    let (values, counts) = (session.land(&values)?, session.land(&counts)?);
    let counts = counts.as_slice::<i64>()?;
    let present =
        BooleanBuffer::collect_bool(counts.len(), |group| counts.get(group).is_some_and(|&n| n > 0));
    let validity = Some(NullBuffer::new(present));
    Ok(Value::Chunk(Chunk::try_new(values.dtype(), values.shape(), values.data().clone(), validity)?))
}

pub(super) fn join_work(args: Args<'_>) -> Result<Work, Error> {
    let ((_, left), (_, right)) = (described(args.value(0))?, described(args.value(1))?);
    // As many pairs as rows, for all that is known.
    let work = Work::new(args.values).also(Unit::Compare, left).also(Unit::Compare, right);
    Ok(work.written(DType::Int64, left).written(DType::Int64, left))
}

pub(super) fn run_join(session: &Session<'_>, args: Args<'_>) -> Result<Value, Error> {
    let (left, right) = (session.array(args.value(0))?, session.array(args.value(1))?);
    let (left, right) = join(session.device, &left, &right, session.tenant)?;
    Ok(Value::list([session.give(left)?, session.give(right)?]))
}
