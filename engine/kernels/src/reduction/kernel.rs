//! The kernels `reduce`, `combine` and `finish`, and `elementwise`: programs and reductions as texts, chunks as values.

use gristmill_data::{NDIM_MAX, Type, Value};

use super::partial::Partial;
use super::{combine, finish, reduce};
use crate::blocks::{Args, array_kernel};
use crate::registry::{Kernel, kernel, param};
use crate::{Error, evaluate};

pub(crate) fn kernels() -> Vec<Kernel> {
    let chunks = || Type::list_of(Type::ANY_ARRAY);
    let partial = || Type::list_of(Type::Any);
    let axes = || Type::list_of(Type::Int);
    vec![
        array_kernel(
            "elementwise",
            "An element-wise program on chunks that broadcast together.",
            vec![param("program", Type::Text), param("inputs", chunks())],
            elementwise,
        ),
        Kernel {
            returns: partial(),
            ..kernel(
                "reduce",
                "A partial of a reduction: a program's results on a block, folded along axes.",
                vec![
                    param("reduction", Type::Text),
                    param("program", Type::Text),
                    param("axes", axes()),
                    param("inputs", chunks()),
                ],
                |_| Ok(Type::list_of(Type::Any)),
                reduce_values,
            )
        },
        Kernel {
            returns: partial(),
            ..kernel(
                "combine",
                "One partial of a reduction of several.",
                vec![param("reduction", Type::Text), param("partials", Type::list_of(partial()))],
                |_| Ok(Type::list_of(Type::Any)),
                combine_values,
            )
        },
        array_kernel(
            "finish",
            "The result of a reduction, of the last partial.",
            vec![
                param("reduction", Type::Text),
                param("dtype", Type::Text),
                param("dropped", axes()),
                param("partial", partial()),
            ],
            finish_value,
        ),
    ]
}

fn elementwise(args: &[Value]) -> Result<Value, Error> {
    let args = Args::new("elementwise", args);
    evaluate(&args.parsed(0)?, &args.chunks(1)?).map(Value::Chunk)
}

fn reduce_values(args: &[Value]) -> Result<Value, Error> {
    let args = Args::new("reduce", args);
    reduce(args.parsed(0)?, &args.parsed(1)?, &axes_of(args, 2)?, &args.chunks(3)?).map(value_of)
}

fn combine_values(args: &[Value]) -> Result<Value, Error> {
    let args = Args::new("combine", args);
    let partials = args.value(1).as_list().map_err(Error::data(args.kernel))?.iter();
    let partials = partials.map(|value| partial_of(args.kernel, value)).collect::<Result<Vec<_>, _>>()?;
    combine(args.parsed(0)?, &partials).map(value_of)
}

fn finish_value(args: &[Value]) -> Result<Value, Error> {
    let args = Args::new("finish", args);
    let (dropped, partial) = (axes_of(args, 2)?, partial_of(args.kernel, args.value(3))?);
    finish(args.parsed(0)?, args.dtype(1)?, &dropped, &partial).map(Value::Chunk)
}

fn axes_of(args: Args<'_>, at: usize) -> Result<Vec<u32>, Error> {
    let axis = |axis| u32::try_from(axis).map_err(|_| Error::Axis { axis, ndim: NDIM_MAX });
    args.sizes(at)?.into_iter().map(axis).collect()
}

fn value_of(partial: Partial) -> Value {
    let head = [Value::Chunk(partial.count), Value::Boolean(partial.is_masked)];
    Value::list(head.into_iter().chain(partial.values.into_iter().map(Value::Chunk)))
}

fn partial_of(kernel: &'static str, value: &Value) -> Result<Partial, Error> {
    let parts = Args::new(kernel, value.as_list().map_err(Error::data(kernel))?);
    match parts.values {
        [_, _, values @ ..] => {
            let values = values.iter().map(|value| value.as_chunk().cloned());
            let values = values.collect::<Result<_, _>>().map_err(Error::data(kernel))?;
            Ok(Partial { count: parts.chunk(0)?.clone(), is_masked: parts.bool(1)?, values })
        }
        _ => Err(Error::Empty { kernel }),
    }
}
