//! Functions of users over blocks of arrays: kernels, plugins' exports and closures alike.
//!
//! A function is called once for each block of the result, with the blocks that it is to see and what else it is told. What
//! it gives is held to what was declared of it, dtype and shape, when it is there.
//!
//! # Layout
//! - this file: what a function is told besides blocks, and what it gives
//! - `blockwise`: index notation, which all others come down to
//! - `map_blocks`: block by block, also with parts of their neighbours
//! - `gufunc`, `apply`: functions of some axes, called for all others; `vectorize`: closures made such functions
//! - `reduction`: three functions over a tree

mod apply;
mod blockwise;
mod gufunc;
mod map_blocks;
mod reduction;
mod vectorize;

use std::sync::Arc;

use gristmill_data::{ChunkGrid, Value};
use gristmill_graph::Arg;

use super::call::{Call, aligned, integers, runs};
use super::{Array, Op};
use crate::program::literal;
use crate::{Argument, Error, delayed, kernel};

pub use blockwise::Blockwise;
pub use gufunc::Gufunc;
pub use map_blocks::MapBlocks;
pub use reduction::BlockReduction;
pub use vectorize::vectorize;

/// What a function is called with besides blocks.
#[derive(Debug, Clone)]
enum Extra {
    Literal(Argument),
    /// Where the block lies.
    BlockInfo,
}

impl Extra {
    /// A literal inside each task, or an array of one block that each task reads.
    fn resolved(&self, grid: &ChunkGrid) -> Result<Resolved, Error> {
        let argument = match self {
            Self::Literal(argument) => argument,
            Self::BlockInfo => {
                let op = Op::Made { kernel: "block_info", args: Vec::new() };
                let dtype = gristmill_data::DType::UInt64;
                return Ok(Resolved::EachBlock(Array::new(op, Vec::new(), dtype, grid.clone())));
            }
        };
        match inline(argument) {
            Some(arg) => Ok(Resolved::Inside(arg)),
            None => {
                let value = delayed(kernel("identity")?, vec![argument.clone()]);
                let (op, dtype) = (Op::Delayed(Arc::new(vec![value])), gristmill_data::DType::UInt8);
                Ok(Resolved::Whole(Array::new(op, Vec::new(), dtype, ChunkGrid::default())))
            }
        }
    }
}

/// Where an argument is found.
enum Resolved {
    Inside(Arg),
    /// One value for all blocks.
    Whole(Array),
    /// One for each block of the result.
    EachBlock(Array),
}

/// An argument that travels inside its task: short values, and lists and maps of them.
fn inline(argument: &Argument) -> Option<Arg> {
    match argument {
        Argument::Value(value) | Argument::Inside(value) => inline_value(value),
        Argument::List(items) => items.iter().map(inline).collect::<Option<_>>().map(Arg::List),
        Argument::Map(items) => {
            let items = items.iter().map(|(name, item)| Some((name.clone(), inline(item)?)));
            items.collect::<Option<Vec<_>>>().map(Arg::map)
        }
        Argument::Delayed(_) | Argument::Held { .. } | Argument::Block { .. } => None,
    }
}

fn inline_value(value: &Value) -> Option<Arg> {
    match value {
        Value::List(items) => items.iter().map(inline_value).collect::<Option<_>>().map(Arg::List),
        Value::Map(items) => {
            let items = items.iter().map(|(name, item)| Some((name.clone(), inline_value(item)?)));
            items.collect::<Option<Vec<_>>>().map(Arg::map)
        }
        plain => literal(plain),
    }
}

/// What a function gives, each block held to the dtype and shape that are declared of it.
///
/// The check is a task of its own, which is put into the function's: it costs no message.
pub(super) fn declared(given: Array, function: &str) -> Result<Array, Error> {
    let (dtype, grid, unknown) = (given.dtype(), given.grid().clone(), given.unknown().clone());
    let open: Vec<i64> = (0..grid.ndim()).filter(|&axis| unknown.has(axis)).map(|axis| axis as i64).collect();
    let args = vec![Arg::text(dtype.name()), runs(&grid), Arg::Param(0), integers(&open), Arg::Input(0)];
    let inputs = vec![given];
    let call = Call::kernel(function, "declared", aligned(&grid, &inputs), args)?;
    Ok(call.on(inputs, dtype, grid).with_unknown(unknown))
}

#[cfg(test)]
mod tests;
