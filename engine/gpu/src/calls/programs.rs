//! Element-wise programs, reductions, and where extremes are.

use gristmill_data::{DType, Value, broadcast_shapes};
use gristmill_kernels::expr::Expr;
use gristmill_kernels::{Args, Place, Reduction, grid_and_block};

use super::{Unit, Work, described, list};
use crate::Error;
use crate::kernels::{Count, arg_reduce, elementwise, reduce};
use crate::session::Session;

pub(super) fn elementwise_work(args: Args<'_>) -> Result<Work, Error> {
    let expr: Expr = args.parsed(0)?;
    let shape = shape_of(list(args, 1)?)?;
    Ok(Work::new(args.values).program(&expr, &shape).result(expr.dtype(), &shape))
}

pub(super) fn run_elementwise(session: &Session<'_>, args: Args<'_>) -> Result<Value, Error> {
    let expr: Expr = args.parsed(0)?;
    let operands = session.operands(list(args, 1)?)?;
    session.give(elementwise(session.device, &expr, &operands, session.tenant)?)
}

pub(super) fn reduce_work(args: Args<'_>) -> Result<Work, Error> {
    let expr: Expr = args.parsed(1)?;
    let (axes, shape) = (args.sizes(2)?, shape_of(list(args, 3)?)?);
    let lengths = (0..).zip(&shape);
    let out: Vec<u64> = lengths.map(|(axis, &n)| if axes.contains(&axis) { 1 } else { n }).collect();
    // The result is a list, which no other shader takes: whatever comes next is for the CPU.
    Ok(Work::new(args.values).program(&expr, &shape).also(Unit::Fold, &shape).written(DType::Float64, &out))
}

pub(super) fn run_reduce(session: &Session<'_>, args: Args<'_>) -> Result<Value, Error> {
    let (reduction, expr): (Reduction, Expr) = (args.parsed(0)?, args.parsed(1)?);
    let axes: Vec<u32> = args.sizes(2)?.into_iter().map(|axis| axis as u32).collect();
    let operands = session.operands(list(args, 3)?)?;
    let partial = reduce(session.device, reduction, &expr, &axes, &operands, session.tenant)?;
    let count = match partial.count {
        Count::Known(chunk) => Value::Chunk(chunk),
        Count::Counted(array) => session.give(array)?,
    };
    let values = partial.values.into_iter().map(|value| session.give(value));
    let values: Vec<Value> = values.collect::<Result<_, _>>()?;
    Ok(Value::list([count, Value::Boolean(false)].into_iter().chain(values)))
}

/// The shape that chunks broadcast to, wherever they are.
pub(super) fn shape_of(inputs: &[Value]) -> Result<Vec<u64>, Error> {
    let shapes = inputs.iter().map(|input| described(input).map(|(_, shape)| shape));
    Ok(broadcast_shapes(&shapes.collect::<Result<Vec<_>, _>>()?)?)
}

/// Where extremes are sought: along an axis, in a block that begins there, of an array of this shape.
struct Searched {
    axis: Option<usize>,
    starts: Vec<u64>,
    array_shape: Vec<u64>,
}

fn searched(args: Args<'_>) -> Result<Searched, Error> {
    let (grid, block) = grid_and_block(args, 2, 3)?;
    let starts = block.iter().map(|span| span.start).collect();
    Ok(Searched { axis: args.optional(1, Args::axis)?, starts, array_shape: grid.shape() })
}

pub(super) fn arg_reduce_work(args: Args<'_>) -> Result<Work, Error> {
    let axis = searched(args)?.axis;
    let (dtype, shape) = described(args.value(4))?;
    let lengths = shape.iter().enumerate();
    let out: Vec<u64> =
        lengths.map(|(own, &n)| if axis.is_none_or(|axis| axis == own) { 1 } else { n }).collect();
    let work = Work::new(args.values).also(Unit::Fold, shape).also(Unit::Cheap, shape);
    Ok(work.written(dtype, &out))
}

pub(super) fn run_arg_reduce(session: &Session<'_>, args: Args<'_>) -> Result<Value, Error> {
    let Searched { axis, starts, array_shape } = searched(args)?;
    let block = session.array(args.value(4))?;
    let place = Place { starts: &starts, array_shape: &array_shape };
    let found = arg_reduce(session.device, args.parsed(0)?, axis, place, &block, session.tenant)?;
    Ok(Value::list([found.values, found.positions]))
}
