//! The kernels of quantiles, with values for arguments.

use gristmill_data::{Type, Value};

use super::{Sought, quantile, rank_counts, rank_finish, rank_first, rank_next};
use crate::Error;
use crate::blocks::{Args, array_kernel, arrays_kernel};
use crate::registry::{Kernel, param};

pub(crate) fn kernels() -> Vec<Kernel> {
    let (axis, sorted) = (param("axis", Type::Int), param("sorted", Type::ANY_ARRAY));
    let skip_nan = || param("skip_nan", Type::Boolean);
    let quantiles = || param("quantiles", Type::list_of(Type::Float));
    let (method, level) = (|| param("method", Type::Any), || param("level", Type::Int));
    let (sought, counts) = (|| param("sought", Type::Any), || param("counts", Type::ANY_ARRAY));
    let finish = vec![method(), level(), param("dtype", Type::Text), sought()];
    vec![
        array_kernel(
            "quantile",
            "The quantiles of a sorted block along an axis, by one of NumPy's methods, or medians when that is null.",
            vec![method(), axis, quantiles(), skip_nan(), sorted],
            |args| {
                let args = Args::new("quantile", args);
                let method = args.optional(0, Args::parsed)?;
                quantile(method, args.axis(1)?, &args.floats(2)?, args.bool(3)?, args.chunk(4)?)
                    .map(Value::Chunk)
            },
        ),
        array_kernel(
            "rank_counts",
            "How many elements of a block have each next digit after those of the elements that are sought.",
            vec![level(), sought(), param("of", Type::ANY_ARRAY)],
            |args| {
                let args = Args::new("rank_counts", args);
                let sought = args.optional(1, sought_of)?;
                rank_counts(level_of(args, 0)?, sought.as_ref(), args.chunk(2)?).map(Value::Chunk)
            },
        ),
        arrays_kernel(
            "rank_first",
            "The elements that quantiles of an array lie between, of the counts of their first digits.",
            vec![method(), quantiles(), skip_nan(), counts()],
            |args| {
                let args = Args::new("rank_first", args);
                let method = args.optional(0, Args::parsed)?;
                rank_first(method, &args.floats(1)?, args.bool(2)?, args.chunk(3)?).map(value_of)
            },
        ),
        arrays_kernel(
            "rank_next",
            "What is sought with one digit more, of the counts of these.",
            vec![level(), sought(), counts()],
            |args| {
                let args = Args::new("rank_next", args);
                rank_next(level_of(args, 0)?, &sought_of(args, 1)?, args.chunk(2)?).map(value_of)
            },
        ),
        array_kernel("rank_finish", "The quantiles, of what was sought down to a level.", finish, |args| {
            let args = Args::new("rank_finish", args);
            let method = args.optional(0, Args::parsed)?;
            rank_finish(method, level_of(args, 1)?, args.dtype(2)?, &sought_of(args, 3)?).map(Value::Chunk)
        }),
    ]
}

fn level_of(args: Args<'_>, at: usize) -> Result<u32, Error> {
    u32::try_from(args.size(at)?).map_err(|_| Error::Overflow { kernel: args.kernel })
}

fn sought_of(args: Args<'_>, at: usize) -> Result<Sought, Error> {
    let parts = Args::new(args.kernel, args.value(at).as_list().map_err(Error::data(args.kernel))?);
    Ok(Sought {
        prefixes: parts.chunk(0)?.clone(),
        ranks: parts.chunk(1)?.clone(),
        ways: parts.chunk(2)?.clone(),
    })
}

fn value_of(sought: Sought) -> Value {
    Value::list([sought.prefixes, sought.ranks, sought.ways])
}
