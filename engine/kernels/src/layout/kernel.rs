//! The kernels `select`, `transpose`, `diagonal`, `reshape`, `shape`, `full`, `arange` and `eye`, with values for arguments.

use gristmill_data::number::Complex64;
use gristmill_data::{Chunk, ChunkRuns, NDIM_MAX, Span, Type, Value};

use super::create;
use super::select::{Selection, select};
use super::strided::{Moves, Strides, c_order, copied, diagonal};
use crate::Error;
use crate::blocks::{Args, array_kernel};
use crate::expr::{Constant, Number};
use crate::registry::{Kernel, Param, param};

pub(crate) fn kernels() -> Vec<Kernel> {
    let integers = || Type::list_of(Type::Int);
    let made = |name, doc, own: Vec<Param>, run| {
        let params = [param("dtype", Type::Text)].into_iter().chain(own).chain(place()).collect();
        array_kernel(name, doc, params, run)
    };
    let chunks = || param("blocks", Type::list_of(Type::ANY_ARRAY));
    let select = vec![
        param("dtype", Type::Text),
        param("of", Type::Text),
        param("starts", integers()),
        param("steps", integers()),
        param("grid", Type::Text),
        param("index", Type::Int),
        chunks(),
    ];
    let transpose = vec![param("axes", integers()), param("of", Type::ANY_ARRAY)];
    let number = |name| param(name, Type::Any);
    vec![
        array_kernel(
            "select",
            "A block of a slice of an array, or of the array cut anew, out of the blocks that it touches.",
            select,
            select_values,
        ),
        array_kernel(
            "transpose",
            "A chunk with its axes in another order; -1 is a new one, and those left out have length 1.",
            transpose,
            transpose_values,
        ),
        array_kernel(
            "diagonal",
            "The diagonal of a chunk along two axes, which go, as its last axis.",
            vec![param("axes", integers()), param("of", Type::ANY_ARRAY)],
            diagonal_values,
        ),
        array_kernel(
            "reshape",
            "A block with the shape that a grid says, its elements in the same order.",
            vec![param("grid", Type::Text), param("index", Type::Int), param("of", Type::ANY_ARRAY)],
            reshape_values,
        ),
        array_kernel(
            "shape",
            "The lengths of a chunk along its axes, as a chunk of them.",
            vec![param("of", Type::ANY_ARRAY)],
            |args| {
                let lengths = Args::new("shape", args).chunk(0)?.shape().to_vec();
                let ndim = lengths.len() as u64;
                Chunk::from_vec(lengths, &[ndim]).map(Value::Chunk).map_err(Error::data("shape"))
            },
        ),
        made("full", "A block of an array full of one number.", vec![number("value")], full_values),
        made(
            "arange",
            "A block of an array of evenly spaced numbers along one axis.",
            vec![number("start"), number("step"), param("axis", Type::Int)],
            arange_values,
        ),
        made("eye", "A block of a matrix with ones on a diagonal.", vec![param("k", Type::Int)], eye_values),
    ]
}

/// The parameters that name a block.
pub(crate) fn place() -> [Param; 2] {
    [param("grid", Type::Text), param("index", Type::Int)]
}

/// The grid, and the block of it that an index names.
///
/// # Errors
/// [`Error::NoSuchBlock`], and texts that are no grid.
pub fn grid_and_block(args: Args<'_>, grid: usize, index: usize) -> Result<(ChunkRuns, Vec<Span>), Error> {
    let (grid, index) = (runs_of(args, grid)?, args.size(index)?);
    let block = grid.block(index).ok_or(Error::NoSuchBlock { index })?;
    Ok((grid, block))
}

/// The block alone.
pub(crate) fn block_of(args: Args<'_>, grid: usize, index: usize) -> Result<Vec<Span>, Error> {
    grid_and_block(args, grid, index).map(|(_, block)| block)
}

pub(crate) fn runs_of(args: Args<'_>, at: usize) -> Result<ChunkRuns, Error> {
    args.text(at)?.parse().map_err(Error::data(args.kernel))
}

fn select_values(args: &[Value]) -> Result<Value, Error> {
    let args = Args::new("select", args);
    let selection = Selection { grid: runs_of(args, 1)?, starts: args.ints(2)?, steps: args.ints(3)? };
    let (blocks, block) = (args.chunks(6)?, block_of(args, 4, 5)?);
    select(&selection, args.dtype(0)?, &block, &blocks).map(Value::Chunk)
}

fn transpose_values(args: &[Value]) -> Result<Value, Error> {
    let args = Args::new("transpose", args);
    transpose(&args.ints(0)?, args.chunk(1)?).map(Value::Chunk)
}

/// The chunk with its axes in this order; -1 is a new one, and those left out have length 1.
pub(crate) fn transpose(axes: &[i64], chunk: &Chunk) -> Result<Chunk, Error> {
    const KERNEL: &str = "transpose";
    let ndim = chunk.ndim();
    let Moves { shape, moves } = transpose_moves(axes, chunk.shape())?;
    if axes.iter().copied().eq(0..ndim as i64) {
        return Ok(chunk.clone());
    }
    let moved: Vec<i64> = axes.iter().copied().filter(|&axis| axis >= 0).collect();
    match &moves[..] {
        [only] if !moved.is_sorted() => copied(KERNEL, chunk, &only.from, &shape),
        _ => chunk.reshape(&shape).map_err(Error::data(KERNEL)),
    }
}

/// What the kernel `transpose` copies of a chunk of this shape: its axes in this order; -1 is a new one, and those left
/// out have length 1.
///
/// # Errors
/// [`Error::Axis`], and [`Error::Selection`] when elements are left out or there twice.
pub fn transpose_moves(axes: &[i64], of: &[u64]) -> Result<Moves, Error> {
    if axes.len() > NDIM_MAX {
        return Err(Error::Axis { axis: axes.len() as u64, ndim: NDIM_MAX });
    }
    let own = c_order(of);
    let (mut shape, mut strides) = (Vec::with_capacity(axes.len()), Vec::with_capacity(axes.len()));
    for &axis in axes {
        let of_axis = usize::try_from(axis).ok();
        let place = of_axis.and_then(|axis| of.get(axis).zip(own.get(axis)));
        match place {
            None if axis == -1 => {
                shape.push(1);
                strides.push(0);
            }
            Some((&length, &stride)) => {
                shape.push(length);
                strides.push(stride);
            }
            None => return Err(Error::Axis { axis: axis.unsigned_abs(), ndim: of.len() }),
        }
    }
    if shape.iter().product::<u64>() != of.iter().product::<u64>() {
        return Err(Error::Selection {
            reason: "an axis that is longer than 1 is left out, or is there twice",
        });
    }
    Ok(Moves::one(Strides { first: 0, strides }, &shape))
}

fn diagonal_values(args: &[Value]) -> Result<Value, Error> {
    let args = Args::new("diagonal", args);
    match args.sizes(0)?[..] {
        [left, right] => diagonal((left as usize, right as usize), args.chunk(1)?).map(Value::Chunk),
        _ => Err(Error::Invalid { kernel: args.kernel, reason: "a diagonal lies along two axes" }),
    }
}

fn reshape_values(args: &[Value]) -> Result<Value, Error> {
    let args = Args::new("reshape", args);
    let shape: Vec<u64> = block_of(args, 0, 1)?.iter().map(|span| span.length).collect();
    args.chunk(2)?.reshape(&shape).map(Value::Chunk).map_err(Error::data(args.kernel))
}

fn full_values(args: &[Value]) -> Result<Value, Error> {
    let args = Args::new("full", args);
    let constant = Constant::new(args.dtype(0)?, number(args.kernel, args.value(1))?)?;
    create::full(constant, &block_of(args, 2, 3)?).map(Value::Chunk)
}

fn arange_values(args: &[Value]) -> Result<Value, Error> {
    let args = Args::new("arange", args);
    let numbers = (number(args.kernel, args.value(1))?, number(args.kernel, args.value(2))?);
    create::arange(args.dtype(0)?, numbers, args.axis(3)?, &block_of(args, 4, 5)?).map(Value::Chunk)
}

fn eye_values(args: &[Value]) -> Result<Value, Error> {
    let args = Args::new("eye", args);
    create::eye(args.dtype(0)?, args.int(1)?, &block_of(args, 2, 3)?).map(Value::Chunk)
}

pub(crate) fn number(kernel: &'static str, value: &Value) -> Result<Number, Error> {
    match *value {
        Value::Boolean(boolean) => Ok(Number::Int(boolean.into())),
        Value::Int(int) => Ok(Number::Int(int.into())),
        Value::UInt(int) => Ok(Number::Int(int.into())),
        Value::Float(float) => Ok(Number::Float(float)),
        Value::Complex(complex) => Ok(Number::Complex(complex)),
        Value::List(ref parts) => match parts[..] {
            [Value::Float(re), Value::Float(im)] => Ok(Number::Complex(Complex64::new(re, im))),
            _ => Err(Error::Operand { kernel, expected: "a number", given: value.type_of() }),
        },
        _ => Err(Error::Operand { kernel, expected: "a number", given: value.type_of() }),
    }
}
