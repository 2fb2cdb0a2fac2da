//! What is put into places: numbers and arrays that broadcast to them.

use gristmill_data::DType;
use gristmill_graph::{Arg, TaskRef};
use gristmill_kernels::expr::Constant;

use crate::Error;
use crate::array::call::block_of;
use crate::array::lower::number;
use crate::array::{Array, Operand};

/// What is put into places: a number that each task is given, or an array whose blocks they read.
pub(super) enum Value {
    Number(Arg),
    Array(Array),
}

impl Value {
    pub(super) fn new(name: &'static str, value: Operand, dtype: DType) -> Result<Self, Error> {
        match value {
            Operand::Number(own) => {
                Ok(Self::Number(number(Constant::new(dtype, own).map_err(Error::kernel(name))?.number)))
            }
            Operand::Array(array) => {
                Array::all_known(name, [&array])?;
                Ok(Self::Array(array.astype(dtype)))
            }
        }
    }

    pub(super) fn mapped(self, map: impl FnOnce(&Array) -> Array) -> Result<Self, Error> {
        let Self::Array(array) = self else { return Ok(self) };
        let array = map(&array);
        array.check()?;
        Ok(Self::Array(array))
    }

    pub(super) fn array(self) -> Option<Array> {
        match self {
            Self::Number(_) => None,
            Self::Array(array) => Some(array),
        }
    }

    /// What a task is given that reads it as its input of this number.
    pub(super) fn arg(&self, input: u32) -> Arg {
        match self {
            Self::Number(number) => number.clone(),
            Self::Array(_) => Arg::Input(input),
        }
    }

    /// The block that belongs to a block of what it is broadcast to.
    pub(super) fn read(&self, input: u32, block: &[u64]) -> Option<TaskRef> {
        let Self::Array(array) = self else { return None };
        let own = array.numblocks();
        let aligned = block.get(block.len().checked_sub(own.len())?..)?;
        let places = own.iter().zip(aligned).map(|(&n, &nth)| if n == 1 { 0 } else { nth });
        Some(block_of(input, array.grid().index(&places.collect::<Vec<_>>())? as u32))
    }
}

/// An array that broadcasts to a shape, without leading axes that the shape does not have: NumPy lets go of them here.
pub(super) fn fitted(name: &'static str, array: &Array, shape: &[u64]) -> Result<Array, Error> {
    let own = array.shape();
    let dropped = own.len().saturating_sub(shape.len());
    let aligned = shape.iter().rev().zip(own.iter().rev());
    let fits = own.iter().take(dropped).all(|&length| length == 1)
        && aligned.into_iter().all(|(length, own)| own == length || *own == 1);
    if !fits {
        return Err(Error::array(name, format!("a value of shape {own:?} does not broadcast to {shape:?}")));
    }
    array.with_axes(name, (dropped..own.len()).map(Some).collect())
}
