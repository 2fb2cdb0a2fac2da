//! What surrounds a call of a user's function with blocks: what it is told of them, and what it may give back.

use gristmill_data::{Chunk, DType, Span, Type, Value};

use crate::Error;
use crate::blocks::{Args, array_kernel};
use crate::expr::Constant;
use crate::indexing::kernel::single;
use crate::layout::kernel::{block_of, grid_and_block, number, place};
use crate::registry::{Kernel, kernel, param};

pub(crate) fn kernels() -> Vec<Kernel> {
    let given = [param("unknown", Type::list_of(Type::Int)), param("given", Type::Any)];
    vec![
        Kernel {
            returns: info_type(),
            ..kernel(
                "block_info",
                "Where a block lies: its place in the grid, how many blocks there are, where it starts, its shape and the array's.",
                place().into(),
                |_| Ok(info_type()),
                block_info,
            )
        },
        array_kernel(
            "declared",
            "What a function gave for a block, held to what was declared of it; a number is a block of one element.",
            [param("dtype", Type::Text)].into_iter().chain(place()).chain(given).collect(),
            declared_block,
        ),
    ]
}

fn info_type() -> Type {
    Type::Map(Box::new(Type::list_of(Type::UInt)))
}

fn block_info(args: &[Value]) -> Result<Value, Error> {
    let args = Args::new("block_info", args);
    let (grid, spans) = grid_and_block(args, 0, 1)?;
    let each = |of: fn(&Span) -> u64| Value::list(spans.iter().map(of));
    Ok(Value::map([
        ("block", each(|span| span.chunk)),
        ("n_blocks", Value::list(grid.numblocks())),
        ("start", each(|span| span.start)),
        ("shape", each(|span| span.length)),
        ("array_shape", Value::list(grid.shape())),
    ]))
}

fn declared_block(args: &[Value]) -> Result<Value, Error> {
    let args = Args::new("declared", args);
    let (dtype, spans, unknown) = (args.dtype(0)?, block_of(args, 1, 2)?, args.sizes(3)?);
    let shape: Vec<u64> = spans.iter().map(|span| span.length).collect();
    let given = args.value(4);
    let is_open = |axis: u64| unknown.contains(&axis);
    let fits = |chunk: &Chunk| {
        let lengths = (0..).zip(chunk.shape().iter().zip(&shape));
        chunk.dtype() == dtype
            && chunk.ndim() == shape.len()
            && lengths.into_iter().all(|(axis, (own, most))| own == most || is_open(axis) && own < most)
    };
    match given {
        Value::Chunk(chunk) if fits(chunk) => return Ok(given.clone()),
        Value::Chunk(_) => {}
        // A function that gives one number, such as the sum of a block, need not know of arrays.
        value if shape.iter().all(|&length| length == 1) => {
            let constant = number("declared", value).and_then(|number| Constant::new(dtype, number));
            if let Ok(constant) = constant {
                let chunk = single(constant, None).and_then(|chunk| chunk.reshape(&shape));
                return chunk.map(Value::Chunk).map_err(Error::data("declared"));
            }
        }
        _ => {}
    }
    Err(Error::NotAsDeclared {
        block: spans.iter().map(|span| span.chunk).collect(),
        declared: in_words(dtype, &shape, is_open),
        given: match given {
            Value::Chunk(chunk) => in_words(chunk.dtype(), chunk.shape(), |_| false),
            other => other.type_of().to_string(),
        },
    })
}

/// `float64 of shape (2, ?)`, whose open lengths are unknown.
fn in_words(dtype: DType, shape: &[u64], is_open: impl Fn(u64) -> bool) -> String {
    let lengths = (0..).zip(shape).map(|(axis, length)| match is_open(axis) {
        true => "?".to_owned(),
        false => length.to_string(),
    });
    let comma = if shape.len() == 1 { "," } else { "" };
    format!("{dtype} of shape ({}{comma})", lengths.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests;
