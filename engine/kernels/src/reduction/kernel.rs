//! The kernels `reduce`, `combine` and `finish`, and `elementwise`: programs and reductions as texts, chunks as values.

use gristmill_data::{Chunk, Type, Value};

use super::partial::Partial;
use super::{combine, finish, reduce};
use crate::registry::{Kernel, kernel, param};
use crate::{Error, evaluate};

pub(crate) fn kernels() -> Vec<Kernel> {
    let chunks = || Type::list_of(Type::ANY_ARRAY);
    let partial = || Type::list_of(Type::Any);
    let axes = || Type::list_of(Type::Int);
    vec![
        Kernel {
            returns: Type::ANY_ARRAY,
            ..kernel(
                "elementwise",
                "An element-wise program on chunks that broadcast together.",
                vec![param("program", Type::Text), param("inputs", chunks())],
                |_| Ok(Type::ANY_ARRAY),
                elementwise,
            )
        },
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
        Kernel {
            returns: Type::ANY_ARRAY,
            ..kernel(
                "finish",
                "The result of a reduction, of the last partial.",
                vec![
                    param("reduction", Type::Text),
                    param("dtype", Type::Text),
                    param("dropped", axes()),
                    param("partial", partial()),
                ],
                |_| Ok(Type::ANY_ARRAY),
                finish_value,
            )
        },
    ]
}

fn elementwise(args: &[Value]) -> Result<Value, Error> {
    let [program, inputs] = args else { return Err(arity("elementwise", args)) };
    evaluate(&text("elementwise", program)?.parse()?, &chunks("elementwise", inputs)?).map(Value::Chunk)
}

fn reduce_values(args: &[Value]) -> Result<Value, Error> {
    const KERNEL: &str = "reduce";
    let [reduction, program, axes, inputs] = args else { return Err(arity(KERNEL, args)) };
    let (reduction, program) = (text(KERNEL, reduction)?.parse()?, text(KERNEL, program)?.parse()?);
    let partial = reduce(reduction, &program, &axes_of(KERNEL, axes)?, &chunks(KERNEL, inputs)?)?;
    Ok(value_of(partial))
}

fn combine_values(args: &[Value]) -> Result<Value, Error> {
    const KERNEL: &str = "combine";
    let [reduction, partials] = args else { return Err(arity(KERNEL, args)) };
    let partials = partials.as_list().map_err(Error::data(KERNEL))?;
    let partials = partials.iter().map(|value| partial_of(KERNEL, value)).collect::<Result<Vec<_>, _>>()?;
    combine(text(KERNEL, reduction)?.parse()?, &partials).map(value_of)
}

fn finish_value(args: &[Value]) -> Result<Value, Error> {
    const KERNEL: &str = "finish";
    let [reduction, dtype, dropped, partial] = args else { return Err(arity(KERNEL, args)) };
    let dtype = text(KERNEL, dtype)?.parse().map_err(Error::data(KERNEL))?;
    let (dropped, partial) = (axes_of(KERNEL, dropped)?, partial_of(KERNEL, partial)?);
    finish(text(KERNEL, reduction)?.parse()?, dtype, &dropped, &partial).map(Value::Chunk)
}

/// The arity was checked, so this is never seen.
fn arity(kernel: &'static str, args: &[Value]) -> Error {
    Error::Arity { kernel, expected: "other arguments".to_owned(), given: args.len() }
}

fn text<'a>(kernel: &'static str, value: &'a Value) -> Result<&'a str, Error> {
    value.as_text().map_err(Error::data(kernel))
}

fn chunks(kernel: &'static str, list: &Value) -> Result<Vec<Chunk>, Error> {
    let items = list.as_list().map_err(Error::data(kernel))?.iter();
    items.map(|item| item.as_chunk().cloned().map_err(Error::data(kernel))).collect()
}

fn axes_of(kernel: &'static str, list: &Value) -> Result<Vec<u32>, Error> {
    let items = list.as_list().map_err(Error::data(kernel))?.iter();
    let axis = |item: &Value| {
        let axis = item.as_uint().map_err(Error::data(kernel))?;
        u32::try_from(axis).map_err(|_| Error::Axis { axis, ndim: gristmill_data::NDIM_MAX })
    };
    items.map(axis).collect()
}

fn value_of(partial: Partial) -> Value {
    let head = [Value::Chunk(partial.count), Value::Boolean(partial.is_masked)];
    Value::list(head.into_iter().chain(partial.values.into_iter().map(Value::Chunk)))
}

fn partial_of(kernel: &'static str, value: &Value) -> Result<Partial, Error> {
    let data = Error::data;
    match value.as_list().map_err(data(kernel))? {
        [count, is_masked, values @ ..] => Ok(Partial {
            count: count.as_chunk().map_err(data(kernel))?.clone(),
            is_masked: is_masked.as_bool().map_err(data(kernel))?,
            values: values
                .iter()
                .map(|value| value.as_chunk().cloned().map_err(data(kernel)))
                .collect::<Result<_, _>>()?,
        }),
        _ => Err(Error::Empty { kernel }),
    }
}
