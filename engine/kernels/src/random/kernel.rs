//! The kernel `random`: [`generate`] with values for arguments.

use gristmill_data::{Type, Value};

use super::{Distribution, KERNEL, generate};
use crate::Error;
use crate::layout::kernel::{block_of, runs_of};

/// The parameters' names and types.
pub(crate) fn params() -> [(&'static str, Type); 6] {
    [
        ("distribution", Type::Text),
        ("dtype", Type::Text),
        ("seed", Type::Int),
        ("stream", Type::Int),
        ("grid", Type::Text),
        ("index", Type::Int),
    ]
}

pub(crate) fn infer_random(_: &[Type]) -> Result<Type, Error> {
    Ok(Type::ANY_ARRAY)
}

pub(crate) fn random(args: &[Value]) -> Result<Value, Error> {
    let [distribution, dtype, seed, stream, grid, index] = args else {
        // The arity was checked.
        return Err(Error::Arity { kernel: KERNEL, expected: "6 arguments".to_owned(), given: args.len() });
    };
    let distribution: Distribution = distribution.as_text().map_err(Error::data(KERNEL))?.parse()?;
    let dtype = dtype.as_text().and_then(str::parse).map_err(Error::data(KERNEL))?;
    let seed = seed.as_uint().map_err(Error::data(KERNEL))?;
    let stream = stream.as_uint().map_err(Error::data(KERNEL))?;
    let stream = u32::try_from(stream).map_err(|_| Error::Stream { given: stream })?;
    let block = block_of(KERNEL, grid, index)?;
    let (start, shape): (Vec<u64>, Vec<u64>) = block.iter().map(|span| (span.start, span.length)).unzip();
    let array_shape = runs_of(KERNEL, grid)?.shape();
    generate(&distribution, dtype, seed, stream, &array_shape, &start, &shape).map(Value::Chunk)
}
