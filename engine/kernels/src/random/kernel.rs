//! The kernel `random`: [`generate`] with values for arguments.

use gristmill_data::{Type, Value};

use super::{Distribution, KERNEL, generate};
use crate::Error;

/// The parameters' names and types.
pub(crate) fn params() -> [(&'static str, Type); 7] {
    let lengths = || Type::list_of(Type::Int);
    [
        ("distribution", Type::Text),
        ("dtype", Type::Text),
        ("seed", Type::Int),
        ("stream", Type::Int),
        ("array_shape", lengths()),
        ("start", lengths()),
        ("shape", lengths()),
    ]
}

pub(crate) fn infer_random(_: &[Type]) -> Result<Type, Error> {
    Ok(Type::ANY_ARRAY)
}

pub(crate) fn random(args: &[Value]) -> Result<Value, Error> {
    let [distribution, dtype, seed, stream, array_shape, start, shape] = args else {
        // The arity was checked.
        return Err(Error::Arity { kernel: KERNEL, expected: "7 arguments".to_owned(), given: args.len() });
    };
    let distribution: Distribution = distribution.as_text().map_err(Error::data(KERNEL))?.parse()?;
    let dtype = dtype.as_text().and_then(str::parse).map_err(Error::data(KERNEL))?;
    let seed = seed.as_uint().map_err(Error::data(KERNEL))?;
    let stream = stream.as_uint().map_err(Error::data(KERNEL))?;
    let stream = u32::try_from(stream).map_err(|_| Error::Stream { given: stream })?;
    let (array_shape, start, shape) = (lengths(array_shape)?, lengths(start)?, lengths(shape)?);
    generate(&distribution, dtype, seed, stream, &array_shape, &start, &shape).map(Value::Chunk)
}

fn lengths(list: &Value) -> Result<Vec<u64>, Error> {
    let items = list.as_list().map_err(Error::data(KERNEL))?;
    items.iter().map(|item| item.as_uint().map_err(Error::data(KERNEL))).collect()
}
