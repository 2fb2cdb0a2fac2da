//! The kernels of blocks in order, with values for arguments.

use gristmill_data::{Type, Value};

use super::{
    Unique, argsort, argtopk, bincount, buckets, density, digitize, edges, histogram, inverse, merge_counts,
    merge_unique, searchsorted, sort, topk, unique,
};
use crate::blocks::{Args, array_kernel, arrays_kernel};
use crate::layout::kernel::grid_and_block;
use crate::registry::{Kernel, Param, param};
use crate::{Error, Place};

fn chunk(name: &'static str) -> Param {
    param(name, Type::ANY_ARRAY)
}

fn chunks(name: &'static str) -> Param {
    param(name, Type::list_of(Type::ANY_ARRAY))
}

fn optional(name: &'static str) -> Param {
    Param { optional: true, ..param(name, Type::Any) }
}

pub(crate) fn kernels() -> Vec<Kernel> {
    let int = |name| param(name, Type::Int);
    let mut kernels = vec![
        array_kernel("sort", "A block sorted along an axis.", vec![int("axis"), chunk("of")], |args| {
            let args = Args::new("sort", args);
            sort(args.axis(0)?, args.chunk(1)?).map(Value::Chunk)
        }),
        array_kernel(
            "argsort",
            "The positions that sort a block along an axis.",
            vec![int("axis"), chunk("of")],
            |args| {
                let args = Args::new("argsort", args);
                argsort(args.axis(0)?, args.chunk(1)?).map(Value::Chunk)
            },
        ),
        array_kernel(
            "topk",
            "The greatest elements along an axis, so many, or the least when there are less than none.",
            vec![int("k"), int("axis"), chunk("of")],
            |args| {
                let args = Args::new("topk", args);
                topk(args.int(0)?, args.axis(1)?, args.chunk(2)?).map(Value::Chunk)
            },
        ),
        arrays_kernel(
            "argtopk",
            "The elements that `topk` gives, and their positions, or what stands there among `positions`.",
            vec![int("k"), int("axis"), chunk("of"), optional("positions")],
            |args| {
                let args = Args::new("argtopk", args);
                let positions = args.optional(3, Args::chunk)?;
                let (values, positions) = argtopk(args.int(0)?, args.axis(1)?, args.chunk(2)?, positions)?;
                Ok(Value::list([values, positions]))
            },
        ),
    ];
    kernels.extend(sets());
    kernels.extend(bins());
    kernels.extend(buckets::kernel::kernels());
    kernels
}

fn sets() -> [Kernel; 3] {
    let of_unique = vec![chunk("of"), optional("grid"), optional("index")];
    let parts = param("parts", Type::list_of(Type::list_of(Type::ANY_ARRAY)));
    [
        arrays_kernel(
            "unique",
            "The different elements of a block, how often each is there, and where first in an array of this grid.",
            of_unique,
            |args| {
                let args = Args::new("unique", args);
                let place = args.optional(1, |args, at| grid_and_block(args, at, 2))?;
                let Some((grid, block)) = place else { return unique(None, args.chunk(0)?).map(value_of) };
                let starts: Vec<u64> = block.iter().map(|span| span.start).collect();
                let place = Place { starts: &starts, array_shape: &grid.shape() };
                unique(Some(place), args.chunk(0)?).map(value_of)
            },
        ),
        arrays_kernel(
            "merge_unique",
            "The different elements of several blocks, and what else is told of them, of theirs.",
            vec![parts],
            merge_unique_values,
        ),
        array_kernel(
            "inverse",
            "For each element of a block which one it is of the different elements of an array.",
            vec![chunk("values"), chunk("of")],
            |args| {
                let args = Args::new("inverse", args);
                inverse(args.chunk(0)?, args.chunk(1)?).map(Value::Chunk)
            },
        ),
    ]
}

fn bins() -> [Kernel; 7] {
    [
        array_kernel(
            "searchsorted",
            "For each value how many elements of a sorted block go before it, on the `left` or `right` of equal ones.",
            vec![param("side", Type::Text), chunk("sorted"), chunk("values")],
            |args| {
                let args = Args::new("searchsorted", args);
                searchsorted(args.parsed(0)?, args.chunk(1)?, args.chunk(2)?).map(Value::Chunk)
            },
        ),
        array_kernel(
            "digitize",
            "For each element the bin between edges that it falls into.",
            vec![param("right", Type::Boolean), chunk("edges"), chunk("of")],
            |args| {
                let args = Args::new("digitize", args);
                digitize(args.bool(0)?, args.chunk(1)?, args.chunk(2)?).map(Value::Chunk)
            },
        ),
        array_kernel(
            "bincount",
            "How often each whole number from 0 on is in a block, or the sums of weights.",
            vec![chunk("of"), param("n_least", Type::Int), optional("weights")],
            |args| {
                let args = Args::new("bincount", args);
                let weights = args.optional(2, Args::chunk)?;
                bincount(args.chunk(0)?, weights, args.size(1)?).map(Value::Chunk)
            },
        ),
        array_kernel(
            "histogram",
            "How many points fall into each bin between edges along axes, or the sums of their weights.",
            vec![chunks("edges"), chunks("points"), optional("weights")],
            |args| {
                let args = Args::new("histogram", args);
                let weights = args.optional(2, Args::chunk)?;
                histogram(&args.chunks(0)?, &args.chunks(1)?, weights).map(Value::Chunk)
            },
        ),
        array_kernel(
            "merge_counts",
            "What counts or sums of weights of several blocks are together.",
            vec![chunks("parts")],
            |args| merge_counts(&Args::new("merge_counts", args).chunks(0)?).map(Value::Chunk),
        ),
        array_kernel(
            "density",
            "The density that counts of a histogram have.",
            vec![chunks("edges"), chunk("counts")],
            |args| {
                let args = Args::new("density", args);
                density(&args.chunks(0)?, args.chunk(1)?).map(Value::Chunk)
            },
        ),
        array_kernel(
            "edges",
            "The edges of so many bins of one width from the least to the greatest, in a dtype.",
            vec![param("n", Type::Int), param("dtype", Type::Text), chunk("least"), chunk("greatest")],
            |args| {
                let args = Args::new("edges", args);
                edges(args.size(0)?, args.dtype(1)?, args.chunk(2)?, args.chunk(3)?).map(Value::Chunk)
            },
        ),
    ]
}

fn merge_unique_values(args: &[Value]) -> Result<Value, Error> {
    const KERNEL: &str = "merge_unique";
    let parts = Args::new(KERNEL, args).value(0).as_list().map_err(Error::data(KERNEL))?;
    let part = |part: &Value| {
        let part = Args::new(KERNEL, part.as_list().map_err(Error::data(KERNEL))?);
        Ok(Unique {
            values: part.chunk(0)?.clone(),
            counts: part.chunk(1)?.clone(),
            positions: part.optional(2, Args::chunk)?.cloned(),
        })
    };
    merge_unique(&parts.iter().map(part).collect::<Result<Vec<_>, _>>()?).map(value_of)
}

fn value_of(unique: Unique) -> Value {
    Value::list([unique.values, unique.counts].into_iter().chain(unique.positions))
}
