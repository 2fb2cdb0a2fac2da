//! Which elements of a block are absent: made so where a condition says it, told, and given other elements.

use gristmill_data::{Chunk, DType, Type, Value, broadcast_shapes};

use crate::Error;
use crate::blocks::{Args, array_kernel, buffer_of, cast, elements, present, validity};
use crate::eval::validity_of;
use crate::indexing::{broadcast, put_mask};
use crate::registry::{Kernel, param};

/// The block without the elements where a condition, which broadcasts to it, is true or absent.
///
/// # Errors
/// [`Error::Invalid`] when the condition does not broadcast to the block.
///
/// # Example
/// ```
/// use gristmill_data::Chunk;
/// use gristmill_kernels::{filled, masked_where};
///
/// let x = Chunk::from_vec(vec![1, 2, 3], &[3])?;
/// let masked = masked_where(&Chunk::from_vec(vec![false, true, false], &[3])?, &x)?;
/// let zero = Chunk::from_vec(vec![0], &[])?;
/// assert_eq!(filled(&masked, &zero)?.as_slice::<i32>()?, [1, 0, 3]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn masked_where(condition: &Chunk, block: &Chunk) -> Result<Chunk, Error> {
    const KERNEL: &str = "masked_where";
    let condition = cast(condition, DType::Boolean)?;
    if broadcast_shapes(&[condition.shape(), block.shape()]).ok().as_deref() != Some(block.shape()) {
        let reason = "the condition must broadcast to the block";
        return Err(Error::Invalid { kernel: KERNEL, reason });
    }
    let is_true = elements::<u8>(&condition);
    let is_there = present(&condition).unwrap_or_else(|| vec![1; is_true.len()]);
    let marks: Vec<u8> =
        is_true.iter().zip(is_there).map(|(is_true, is_there)| is_there & !is_true & 1).collect();
    let left =
        Chunk::try_new(DType::Boolean, condition.shape(), condition.data().clone(), Some(validity(&marks)));
    let both = [block.clone(), left.map_err(Error::data(KERNEL))?];
    Chunk::try_new(block.dtype(), block.shape(), block.data().clone(), validity_of(&both, block.shape()))
        .map_err(Error::data(KERNEL))
}

/// Whether each element of a block is absent.
///
/// # Errors
/// None that a block can cause.
pub fn getmaskarray(block: &Chunk) -> Result<Chunk, Error> {
    let is_there = present(block).unwrap_or_else(|| vec![1; block.n_elements()]);
    let is_absent: Vec<u8> = is_there.into_iter().map(|is_there| 1 - is_there).collect();
    Chunk::try_new(DType::Boolean, block.shape(), buffer_of(&is_absent), None)
        .map_err(Error::data("getmaskarray"))
}

/// The block with elements of a value, which broadcasts to it and becomes its dtype, in the places of absent ones. What
/// is absent in the value too stays so.
///
/// # Errors
/// [`Error::Invalid`] when the value does not broadcast to the block.
pub fn filled(block: &Chunk, value: &Chunk) -> Result<Chunk, Error> {
    const KERNEL: &str = "filled";
    if block.validity().is_none() {
        return Ok(block.clone());
    }
    let value = broadcast(KERNEL, &cast(value, block.dtype())?, block.shape())?;
    let reason = "the value must broadcast to the block";
    let value = value.ok_or(Error::Invalid { kernel: KERNEL, reason })?;
    put_mask(&getmaskarray(block)?, block, &value).map_err(|error| error.named(KERNEL))
}

pub(crate) fn kernels() -> Vec<Kernel> {
    let chunk = |name| param(name, Type::ANY_ARRAY);
    vec![
        array_kernel(
            "masked_where",
            "A block without the elements where a condition is true or absent.",
            vec![chunk("condition"), chunk("of")],
            |args| {
                let args = Args::new("masked_where", args);
                masked_where(args.chunk(0)?, args.chunk(1)?).map(Value::Chunk)
            },
        ),
        array_kernel(
            "getmaskarray",
            "Whether each element of a block is absent.",
            vec![chunk("of")],
            |args| getmaskarray(Args::new("getmaskarray", args).chunk(0)?).map(Value::Chunk),
        ),
        array_kernel(
            "filled",
            "A block with elements of a value in the places of absent ones.",
            vec![chunk("of"), chunk("value")],
            |args| {
                let args = Args::new("filled", args);
                filled(args.chunk(0)?, args.chunk(1)?).map(Value::Chunk)
            },
        ),
    ]
}

#[cfg(test)]
mod tests;
