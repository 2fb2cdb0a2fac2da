//! The kernels `overlap`, `trim_overlap` and `sliding_windows`, with values for arguments.

use gristmill_data::{DType, Type, Value};

use super::{Beyond, Depth, Strip, overlap, sliding_windows, trim_overlap};
use crate::Error;
use crate::blocks::{Args, array_kernel};
use crate::indexing::kernel::as_chunk;
use crate::layout::kernel::{place, runs_of};
use crate::registry::{Kernel, param};

pub(crate) fn kernels() -> Vec<Kernel> {
    let integers = |name| param(name, Type::list_of(Type::Int));
    let reach = || [integers("depths"), param("beyond", Type::list_of(Type::Any))];
    let strip = param("strip", Type::list_of(Type::Int));
    let blocks = param("blocks", Type::list_of(Type::ANY_ARRAY));
    let of = || param("of", Type::ANY_ARRAY);
    vec![
        array_kernel(
            "overlap",
            "A block with what surrounds it, or a strip of that, of the block and its neighbours' strips.",
            [param("dtype", Type::Text)]
                .into_iter()
                .chain(place())
                .chain(reach())
                .chain([strip, blocks])
                .collect(),
            overlap_values,
        ),
        array_kernel(
            "trim_overlap",
            "A block without what surrounds it.",
            place().into_iter().chain(reach()).chain([of()]).collect(),
            trim_values,
        ),
        array_kernel(
            "sliding_windows",
            "All windows of these lengths along these axes, as new axes at the end.",
            vec![integers("axes"), integers("lengths"), of()],
            windows_values,
        ),
    ]
}

fn overlap_values(args: &[Value]) -> Result<Value, Error> {
    let args = Args::new("overlap", args);
    let dtype = args.dtype(0)?;
    let (depths, strip) = (overlap_depths(args, 3, dtype)?, overlap_strip(args, 5)?);
    overlap(dtype, &runs_of(args, 1)?, args.size(2)?, &depths, strip, &args.chunks(6)?).map(Value::Chunk)
}

fn trim_values(args: &[Value]) -> Result<Value, Error> {
    let args = Args::new("trim_overlap", args);
    let block = args.chunk(4)?;
    let depths = overlap_depths(args, 2, block.dtype())?;
    trim_overlap(&runs_of(args, 0)?, args.size(1)?, &depths, block).map(Value::Chunk)
}

fn windows_values(args: &[Value]) -> Result<Value, Error> {
    let args = Args::new("sliding_windows", args);
    let axes: Vec<usize> = args.sizes(0)?.into_iter().map(|axis| axis as usize).collect();
    sliding_windows(&axes, &args.sizes(1)?, args.chunk(2)?).map(Value::Chunk)
}

/// The strip that an argument says: an axis and a length, or none.
///
/// # Errors
/// [`Error::Operand`] and [`Error::Invalid`].
pub fn overlap_strip(args: Args<'_>, at: usize) -> Result<Option<Strip>, Error> {
    match args.ints(at)?[..] {
        [] => Ok(None),
        [axis, n] => Ok(Some(Strip { axis: usize::try_from(axis).unwrap_or(usize::MAX), n })),
        _ => Err(Error::Invalid { kernel: "overlap", reason: "a strip is an axis and a length" }),
    }
}

/// The depths that two arguments say: for each axis two, and beyond the ends the name of a rule or a number.
///
/// # Errors
/// [`Error::Operand`], [`Error::NoSuchMode`] and [`Error::Invalid`].
pub fn overlap_depths(args: Args<'_>, at: usize, dtype: DType) -> Result<Vec<Depth>, Error> {
    let lengths = args.sizes(at)?;
    let beyond = Args::new(args.kernel, args.value(at + 1).as_list().map_err(Error::data(args.kernel))?);
    let axes = lengths.chunks(2).zip(beyond.values).enumerate();
    axes.map(|(axis, (lengths, rule))| {
        let beyond = match rule {
            Value::Text(name) => match &**name {
                "none" => Beyond::None,
                "reflect" => Beyond::Reflect,
                "periodic" => Beyond::Periodic,
                "nearest" => Beyond::Nearest,
                _ => {
                    let known = "none, reflect, periodic, nearest, and numbers";
                    return Err(Error::NoSuchMode { what: "boundary", name: name.to_string(), known });
                }
            },
            _ => Beyond::Constant(as_chunk(beyond, axis, dtype)?),
        };
        match *lengths {
            [before, after] => Ok(Depth { before, after, beyond }),
            _ => Err(Error::Invalid { kernel: args.kernel, reason: "an axis has two depths" }),
        }
    })
    .collect()
}
