//! Where the least and the greatest elements are: the twin of `kernels::arg_reduce`.
//!
//! Floor: the bytes of the block; it takes two passes, one for the extremes and one for the first elements that are equal
//! to them.

use gristmill_data::{Chunk, DType};
use gristmill_kernels::expr::{Constant, Expr, ExprBuilder, Number, Op, Operand as Place};
use gristmill_kernels::{ArgExtreme, Extremes, Place as Block, ScanKind};

use super::fold::fold;
use super::reduce::{wide, without_nan};
use super::source::Operand;
use crate::Error;
use crate::array::DeviceArray;
use crate::device::Device;

/// What stands for no position.
const NOWHERE: u32 = u32::MAX;
/// What the CPU says where all elements were NaN, and skipped.
const ONLY_NAN: i64 = -1;

/// The extremes of a block along an axis, or of all its elements, and where they are in the array.
///
/// # Errors
/// [`Error::Unsupported`], and as the device fails.
pub(crate) fn arg_reduce(
    device: &Device,
    of: ArgExtreme,
    axis: Option<usize>,
    place: Block<'_>,
    block: &DeviceArray,
    tenant: u32,
) -> Result<Extremes, Error> {
    let ndim = block.shape.len();
    if axis.is_some_and(|axis| axis >= ndim) || place.starts.len() != ndim || place.array_shape.len() != ndim
    {
        return Err(Error::unsupported("no such axis or block"));
    }
    let axes: Vec<u32> = (0..ndim as u32).filter(|&own| axis.is_none_or(|axis| axis as u32 == own)).collect();
    let acc = wide(block.dtype);
    let kind = if of.is_max { ScanKind::Max } else { ScanKind::Min };
    let itself = converted(block.dtype, acc)?;
    let skips = of.skip_nan && acc.is_float();
    let searched = if skips { without_nan(&itself, kind)? } else { itself };
    let operand = Operand::Array(block.clone());
    let best = fold(device, kind, acc, &searched, &axes, std::slice::from_ref(&operand), tenant)?;
    let operands = [operand, Operand::Array(best.clone()), Operand::Position];
    let inner: u64 = axis.map_or(1, |axis| block.shape.iter().skip(axis + 1).product());
    let equal = first_equal(block.dtype, acc, axis.and_then(|axis| block.shape.get(axis).copied()), inner)?;
    let first = fold(device, ScanKind::Min, DType::UInt32, &equal, &axes, &operands, tenant)?;
    let (best, first) = (device.copy_out(&best)?, device.copy_out(&first)?);
    let positions = first.as_slice::<u32>()?.iter().map(|&position| match (position, axis) {
        (NOWHERE, _) => ONLY_NAN,
        (position, Some(axis)) => {
            place.starts.get(axis).map_or(0, |&start| start as i64) + i64::from(position)
        }
        (position, None) => place.in_array(position.into(), &block.shape) as i64,
    });
    let shape = if axis.is_some() { first.shape() } else { &[] };
    let values = gristmill_kernels::evaluate(&converted(acc, block.dtype)?, &[best.reshape(shape)?])?;
    Ok(Extremes { values, positions: Chunk::from_vec(positions.collect(), shape)? })
}

/// The program that converts its input.
fn converted(from: DType, to: DType) -> Result<Expr, Error> {
    let mut builder = ExprBuilder::new();
    let input = builder.input(from)?;
    let result = builder.cast(input, to)?;
    Ok(builder.finish(result))
}

/// The position of an element that equals the extreme of its lane, or is NaN as that is; otherwise [`NOWHERE`].
fn first_equal(dtype: DType, acc: DType, length: Option<u64>, inner: u64) -> Result<Expr, Error> {
    let mut builder = ExprBuilder::new();
    let (input, best, position) = (builder.input(dtype)?, builder.input(acc)?, builder.input(DType::UInt32)?);
    let element = builder.cast(input, acc)?;
    let mut is_it = builder.apply(Op::Equal, &[element, best])?;
    if acc.is_float() {
        let both = [builder.apply(Op::Isnan, &[best])?, builder.apply(Op::Isnan, &[element])?];
        let both = builder.apply(Op::LogicalAnd, &both)?;
        is_it = builder.apply(Op::LogicalOr, &[is_it, both])?;
    }
    let constant = |number: u64| Constant::new(DType::UInt32, Number::from(number)).map(Place::Constant);
    let along = match length {
        Some(length) => {
            let row = builder.apply(Op::FloorDivide, &[position, constant(inner)?])?;
            builder.apply(Op::Remainder, &[row, constant(length)?])?
        }
        None => position,
    };
    let result = builder.apply(Op::Where, &[is_it, along, constant(NOWHERE.into())?])?;
    Ok(builder.finish(result))
}

#[cfg(test)]
mod tests;
