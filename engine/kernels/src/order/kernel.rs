//! The kernels of blocks in order, with values for arguments.

use gristmill_data::{Type, Value};

use super::{
    Unique, argsort, argtopk, bincount, density, digitize, histogram, merge_unique, searchsorted, sort, topk,
    unique, unique_inverse,
};
use crate::Error;
use crate::blocks::{Args, array_kernel};
use crate::registry::{Kernel, Param, kernel, param};

fn chunk(name: &'static str) -> Param {
    param(name, Type::ANY_ARRAY)
}

fn optional(name: &'static str) -> Param {
    Param { optional: true, ..param(name, Type::Any) }
}

pub(crate) fn kernels() -> Vec<Kernel> {
    let int = |name| param(name, Type::Int);
    let arrays = |name, doc, params, run| Kernel {
        returns: Type::list_of(Type::ANY_ARRAY),
        ..kernel(name, doc, params, |_| Ok(Type::list_of(Type::ANY_ARRAY)), run)
    };
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
        arrays(
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
        arrays(
            "unique",
            "The different elements of a block, how often each is there, and if asked for which one each element is.",
            vec![chunk("of"), Param { optional: true, ..param("with_inverse", Type::Boolean) }],
            unique_values,
        ),
        arrays(
            "merge_unique",
            "The different elements of several blocks and how often each is there, of theirs.",
            vec![param("parts", Type::list_of(Type::list_of(Type::ANY_ARRAY)))],
            merge_unique_values,
        ),
    ];
    kernels.extend(bins());
    kernels
}

fn bins() -> [Kernel; 5] {
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
            "How many elements of a block fall into each bin between edges, or the sums of weights.",
            vec![chunk("edges"), chunk("of"), optional("weights")],
            |args| {
                let args = Args::new("histogram", args);
                let weights = args.optional(2, Args::chunk)?;
                histogram(args.chunk(0)?, args.chunk(1)?, weights).map(Value::Chunk)
            },
        ),
        array_kernel(
            "density",
            "The density that counts of a histogram have.",
            vec![chunk("edges"), chunk("counts")],
            |args| {
                let args = Args::new("density", args);
                density(args.chunk(0)?, args.chunk(1)?).map(Value::Chunk)
            },
        ),
    ]
}

fn unique_values(args: &[Value]) -> Result<Value, Error> {
    let args = Args::new("unique", args);
    let block = args.chunk(0)?;
    if args.optional(1, Args::bool)?.unwrap_or(false) {
        let (unique, inverse) = unique_inverse(block)?;
        return Ok(Value::list([unique.values, unique.counts, inverse]));
    }
    let unique = unique(block)?;
    Ok(Value::list([unique.values, unique.counts]))
}

fn merge_unique_values(args: &[Value]) -> Result<Value, Error> {
    const KERNEL: &str = "merge_unique";
    let parts = Args::new(KERNEL, args).value(0).as_list().map_err(Error::data(KERNEL))?;
    let part = |part: &Value| {
        let part = Args::new(KERNEL, part.as_list().map_err(Error::data(KERNEL))?);
        Ok(Unique { values: part.chunk(0)?.clone(), counts: part.chunk(1)?.clone() })
    };
    let merged = merge_unique(&parts.iter().map(part).collect::<Result<Vec<_>, _>>()?)?;
    Ok(Value::list([merged.values, merged.counts]))
}
