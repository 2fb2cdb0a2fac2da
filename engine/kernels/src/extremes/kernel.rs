//! The kernels `arg_reduce`, `arg_combine` and `arg_finish`, with values for arguments.

use gristmill_data::{Type, Value};

use super::{Extremes, Place, arg_combine, arg_finish, arg_reduce};
use crate::Error;
use crate::blocks::{Args, array_kernel, arrays_kernel};
use crate::layout::kernel::{grid_and_block, place};
use crate::registry::{Kernel, param};

pub(crate) fn kernels() -> Vec<Kernel> {
    let (of, axis) = (|| param("extreme", Type::Text), || param("axis", Type::Any));
    let extremes = || Type::list_of(Type::ANY_ARRAY);
    let reduce = [of(), axis()].into_iter().chain(place()).chain([param("block", Type::ANY_ARRAY)]);
    let combine = vec![of(), param("parts", Type::list_of(extremes()))];
    vec![
        arrays_kernel(
            "arg_reduce",
            "The extremes of a block along an axis, or of all when that is null, and their positions in the array.",
            reduce.collect(),
            arg_reduce_values,
        ),
        arrays_kernel(
            "arg_combine",
            "The extremes of several parts of an array, of theirs.",
            combine,
            |args| {
                let args = Args::new("arg_combine", args);
                let parts = args.value(1).as_list().map_err(Error::data("arg_combine"))?;
                let parts = parts.iter().map(|part| extremes_of("arg_combine", part));
                arg_combine(args.parsed(0)?, &parts.collect::<Result<Vec<_>, _>>()?).map(value_of)
            },
        ),
        array_kernel(
            "arg_finish",
            "The positions of the extremes of an array.",
            vec![axis(), param("extremes", extremes())],
            |args| {
                let args = Args::new("arg_finish", args);
                let extremes = extremes_of("arg_finish", args.value(1))?;
                arg_finish(args.optional(0, Args::axis)?, &extremes).map(Value::Chunk)
            },
        ),
    ]
}

fn arg_reduce_values(args: &[Value]) -> Result<Value, Error> {
    let args = Args::new("arg_reduce", args);
    let (grid, block) = grid_and_block(args, 2, 3)?;
    let starts: Vec<u64> = block.iter().map(|span| span.start).collect();
    let place = Place { starts: &starts, array_shape: &grid.shape() };
    arg_reduce(args.parsed(0)?, args.optional(1, Args::axis)?, place, args.chunk(4)?).map(value_of)
}

fn value_of(extremes: Extremes) -> Value {
    Value::list([extremes.values, extremes.positions])
}

fn extremes_of(kernel: &'static str, value: &Value) -> Result<Extremes, Error> {
    let parts = Args::new(kernel, value.as_list().map_err(Error::data(kernel))?);
    Ok(Extremes { values: parts.chunk(0)?.clone(), positions: parts.chunk(1)?.clone() })
}
