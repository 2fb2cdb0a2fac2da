//! The kernels of these names, with values for arguments.

use std::ops::Range;

use gristmill_data::arrow::buffer::{Buffer, NullBuffer};
use gristmill_data::{Chunk, DType, Type, Value};

use super::{BlockBox, compress, flatnonzero, gather, put, put_mask, repeat, scatter, take, take_along_axis};
use crate::Error;
use crate::blocks::{Args, array_kernel};
use crate::eval::bytes_of;
use crate::expr::{Constant, Number};
use crate::layout::kernel::{grid_and_block, number, place};
use crate::registry::{Kernel, param};

pub(crate) fn kernels() -> Vec<Kernel> {
    let chunk = |name| param(name, Type::ANY_ARRAY);
    let integers = |name| param(name, Type::list_of(Type::Int));
    let chunks = |name| param(name, Type::list_of(Type::ANY_ARRAY));
    let (int, value) = (|name| param(name, Type::Int), || param("value", Type::Any));
    vec![
        array_kernel(
            "take",
            "The rows of a block at these positions along an axis.",
            vec![param("axis", Type::Int), chunk("indices"), chunk("of")],
            take_value,
        ),
        array_kernel(
            "repeat",
            "The rows of a block along an axis, each as often as its count says.",
            vec![param("axis", Type::Int), chunk("counts"), chunk("of")],
            repeat_value,
        ),
        array_kernel(
            "gather",
            "The rows at these positions along axes that are taken as one, of blocks that follow each other: indices, then blocks.",
            vec![int("first"), int("n_axes"), chunks("indices and blocks")],
            gather_values,
        ),
        array_kernel(
            "take_along_axis",
            "Of each lane along an axis the elements at its own positions, of blocks that follow each other: indices, then blocks.",
            vec![param("axis", Type::Int), chunks("indices and blocks")],
            take_along_axis_values,
        ),
        array_kernel(
            "flatnonzero",
            "The places of the true elements of a block, counted over the whole array.",
            place().into_iter().chain([chunk("of")]).collect(),
            flatnonzero_value,
        ),
        array_kernel(
            "compress",
            "The elements of a block where a mask is true, or the rows along an axis that is not null.",
            vec![param("axis", Type::Any), chunk("mask"), chunk("of")],
            compress_value,
        ),
        array_kernel(
            "put",
            "A block with a number or chunk in the places of a box; null makes them absent.",
            vec![integers("starts"), integers("steps"), integers("lengths"), chunk("into"), value()],
            put_value,
        ),
        array_kernel(
            "put_mask",
            "A block with a number or chunk where a mask is true; null makes the elements there absent.",
            vec![chunk("mask"), chunk("into"), value()],
            put_mask_value,
        ),
        array_kernel(
            "scatter",
            "A block with rows of a number or chunk at these positions along axes that are taken as one.",
            vec![int("first"), int("n_axes"), chunk("positions"), chunk("into"), value()],
            scatter_value,
        ),
    ]
}

fn take_value(args: &[Value]) -> Result<Value, Error> {
    let args = Args::new("take", args);
    take(args.axis(0)?, args.chunk(1)?, args.chunk(2)?).map(Value::Chunk)
}

fn repeat_value(args: &[Value]) -> Result<Value, Error> {
    let args = Args::new("repeat", args);
    repeat(args.axis(0)?, args.chunk(1)?, args.chunk(2)?).map(Value::Chunk)
}

/// Axes that are taken as one: the first, and how many.
fn axes(args: Args<'_>) -> Result<Range<usize>, Error> {
    let first = args.axis(0)?;
    Ok(first..first.saturating_add(args.axis(1)?))
}

fn gather_values(args: &[Value]) -> Result<Value, Error> {
    let args = Args::new("gather", args);
    let chunks = args.chunks(2)?;
    let (indices, blocks) = chunks.split_first().ok_or(Error::Empty { kernel: args.kernel })?;
    gather(axes(args)?, indices, blocks).map(Value::Chunk)
}

fn take_along_axis_values(args: &[Value]) -> Result<Value, Error> {
    let args = Args::new("take_along_axis", args);
    let chunks = args.chunks(1)?;
    let (indices, blocks) = chunks.split_first().ok_or(Error::Empty { kernel: args.kernel })?;
    take_along_axis(args.axis(0)?, indices, blocks).map(Value::Chunk)
}

fn flatnonzero_value(args: &[Value]) -> Result<Value, Error> {
    let args = Args::new("flatnonzero", args);
    let (grid, spans) = grid_and_block(args, 0, 1)?;
    flatnonzero(&spans, &grid.shape(), args.chunk(2)?).map(Value::Chunk)
}

fn compress_value(args: &[Value]) -> Result<Value, Error> {
    let args = Args::new("compress", args);
    compress(args.optional(0, Args::axis)?, args.chunk(1)?, args.chunk(2)?).map(Value::Chunk)
}

fn put_value(args: &[Value]) -> Result<Value, Error> {
    let args = Args::new("put", args);
    let (starts, steps, lengths) = (args.ints(0)?, args.ints(1)?, args.sizes(2)?);
    let place = BlockBox { starts: &starts, steps: &steps, lengths: &lengths };
    let block = args.chunk(3)?;
    put(place, block, &as_chunk(args, 4, block.dtype())?).map(Value::Chunk)
}

fn put_mask_value(args: &[Value]) -> Result<Value, Error> {
    let args = Args::new("put_mask", args);
    let block = args.chunk(1)?;
    put_mask(args.chunk(0)?, block, &as_chunk(args, 2, block.dtype())?).map(Value::Chunk)
}

fn scatter_value(args: &[Value]) -> Result<Value, Error> {
    let args = Args::new("scatter", args);
    let block = args.chunk(3)?;
    scatter(axes(args)?, args.chunk(2)?, block, &as_chunk(args, 4, block.dtype())?).map(Value::Chunk)
}

/// A number as a chunk without axes, and null as an absent element.
pub(crate) fn as_chunk(args: Args<'_>, at: usize, dtype: DType) -> Result<Chunk, Error> {
    let chunk = match args.value(at) {
        Value::Chunk(chunk) => return Ok(chunk.clone()),
        Value::Null => single(Constant::new(dtype, Number::Int(0))?, Some(NullBuffer::new_null(1))),
        value => single(Constant::new(dtype, number(args.kernel, value)?)?, None),
    };
    chunk.map_err(Error::data(args.kernel))
}

/// A chunk of one element, without axes.
pub(crate) fn single(
    constant: Constant,
    validity: Option<NullBuffer>,
) -> Result<Chunk, gristmill_data::Error> {
    Chunk::try_new(constant.dtype, &[], Buffer::from_slice_ref(bytes_of(constant)), validity)
}
