//! The kernel `random`: [`generate`] with values for arguments.

use gristmill_data::{Type, Value};

use super::{Distribution, KERNEL, generate};
use crate::Error;
use crate::blocks::Args;
use crate::layout::kernel::grid_and_block;

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
    let args = Args::new(KERNEL, args);
    let distribution: Distribution = args.parsed(0)?;
    let (dtype, seed, stream) = (args.dtype(1)?, args.size(2)?, args.size(3)?);
    let stream = u32::try_from(stream).map_err(|_| Error::Stream { given: stream })?;
    let (grid, block) = grid_and_block(args, 4, 5)?;
    let (start, shape): (Vec<u64>, Vec<u64>) = block.iter().map(|span| (span.start, span.length)).unzip();
    generate(&distribution, dtype, seed, stream, &grid.shape(), &start, &shape).map(Value::Chunk)
}
