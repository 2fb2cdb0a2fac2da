//! The kernels of sorting in buckets, with values for arguments. Most take how many blocks there are, and their grid or its
//! length.

use std::ops::Range;

use gristmill_data::{Type, Value};

use super::{Buckets, Sample, cuts, merge_samples, merge_sorted, piece, ranked, sample, splitters};
use crate::Error;
use crate::blocks::{Args, array_kernel, arrays_kernel};
use crate::layout::kernel::{grid_and_block, place};
use crate::registry::{Kernel, Param, param};

pub(in crate::order) fn kernels() -> Vec<Kernel> {
    let chunk = |name| param(name, Type::ANY_ARRAY);
    let int = |name| param(name, Type::Int);
    let list = |name| param(name, Type::list_of(Type::ANY_ARRAY));
    let with_place = |rest: &[Param]| {
        [int("n")].into_iter().chain(place()).chain(rest.iter().cloned()).collect::<Vec<_>>()
    };
    vec![
        array_kernel("merge_sorted", "The elements of blocks in order.", vec![list("parts")], |args| {
            merge_sorted(&Args::new("merge_sorted", args).chunks(0)?).map(Value::Chunk)
        }),
        arrays_kernel(
            "sample",
            "Elements of a sorted block at regular distances, and their places.",
            with_place(&[chunk("sorted")]),
            |args| {
                let args = Args::new("sample", args);
                let (buckets, ranks) = buckets_of(args)?;
                sample(buckets, ranks.start, args.chunk(3)?).map(value_of)
            },
        ),
        arrays_kernel(
            "merge_samples",
            "Samples of blocks in one order.",
            vec![param("parts", Type::list_of(Type::list_of(Type::ANY_ARRAY)))],
            merge_samples_values,
        ),
        arrays_kernel(
            "splitters",
            "The last elements of buckets, of all samples.",
            vec![int("n"), int("n_elements"), list("sample")],
            |args| {
                let args = Args::new("splitters", args);
                let buckets = Buckets::new(args.size(0)?, args.size(1)?)?;
                splitters(buckets, &sample_of(args.kernel, args.value(2))?).map(value_of)
            },
        ),
        array_kernel(
            "cuts",
            "Where a sorted block is cut between buckets.",
            with_place(&[list("splitters"), chunk("sorted")]),
            cuts_values,
        ),
        array_kernel(
            "piece",
            "What a sorted block has of a bucket: piece `index` of the first blocks' of the first bucket, and so on.",
            vec![int("n"), int("index"), chunk("cuts"), chunk("sorted")],
            |args| {
                let args = Args::new("piece", args);
                let nth =
                    args.size(1)?.checked_div(args.size(0)?).ok_or(Error::Empty { kernel: args.kernel })?;
                piece(args.chunk(2)?, nth, args.chunk(3)?).map(Value::Chunk)
            },
        ),
        array_kernel(
            "ranked",
            "A block of the sorted array, of where buckets begin, and those that can hold its elements.",
            with_place(&[list("parts")]),
            ranked_values,
        ),
    ]
}

fn merge_samples_values(args: &[Value]) -> Result<Value, Error> {
    const KERNEL: &str = "merge_samples";
    let parts = Args::new(KERNEL, args).value(0).as_list().map_err(Error::data(KERNEL))?;
    let parts = parts.iter().map(|part| sample_of(KERNEL, part));
    merge_samples(&parts.collect::<Result<Vec<_>, _>>()?).map(value_of)
}

fn cuts_values(args: &[Value]) -> Result<Value, Error> {
    let args = Args::new("cuts", args);
    let (buckets, ranks) = buckets_of(args)?;
    let splitters = sample_of(args.kernel, args.value(3))?;
    cuts(buckets, &splitters, ranks.start, args.chunk(4)?).map(Value::Chunk)
}

fn ranked_values(args: &[Value]) -> Result<Value, Error> {
    let args = Args::new("ranked", args);
    let ((buckets, ranks), parts) = (buckets_of(args)?, args.chunks(3)?);
    let (starts, sorted) = parts.split_first().ok_or(Error::Empty { kernel: args.kernel })?;
    ranked(buckets, ranks, starts, sorted).map(Value::Chunk)
}

/// The buckets, and the places of the block, of the first three arguments.
fn buckets_of(args: Args<'_>) -> Result<(Buckets, Range<u64>), Error> {
    let (grid, block) = grid_and_block(args, 1, 2)?;
    let ([n_elements], [span]) = (&grid.shape()[..], &block[..]) else {
        return Err(Error::Invalid { kernel: args.kernel, reason: "the grid must have one axis" });
    };
    Ok((Buckets::new(args.size(0)?, *n_elements)?, span.start..span.start + span.length))
}

fn sample_of(kernel: &'static str, value: &Value) -> Result<Sample, Error> {
    let parts = Args::new(kernel, value.as_list().map_err(Error::data(kernel))?);
    Ok(Sample { values: parts.chunk(0)?.clone(), places: parts.chunk(1)?.clone() })
}

fn value_of(sample: Sample) -> Value {
    Value::list([sample.values, sample.places])
}
