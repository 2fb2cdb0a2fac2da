//! Elements moved, not computed with: the twins of the kernels `transpose`, `select`, `overlap` and `trim_overlap`.
//!
//! The CPU kernels say what is copied from where to where, as boxes of evenly spaced elements, and each box is a dispatch.
//! At least, what is copied is read and written once.
//!
//! # Layout
//! - this file: the kernels, and arrays put together of others' boxes
//! - `plan`: one box: axes merged, elements joined to larger ones, and cut to what a shader sees at once
//! - `dispatch`: which shader copies it: `strided` neighbours that stay neighbours, `transpose` others; `packed` and
//!   `transpose_packed` elements of one and two bytes that do not lie in whole words

mod dispatch;
mod plan;

use gristmill_data::{Chunk, ChunkRuns, DType, Span};
use gristmill_kernels::{
    Depth, Move, Moves, Strip, overlap_moves, select_moves, transpose_moves, trim_overlap_moves,
};

use crate::Error;
use crate::array::DeviceArray;
use crate::device::Device;
use plan::Plan;

/// The array with its axes in this order; -1 is a new one, and those left out have length 1.
///
/// # Errors
/// [`Error::Unsupported`], and as the device fails.
pub(crate) fn transpose(
    device: &Device,
    axes: &[i64],
    array: &DeviceArray,
    tenant: u32,
) -> Result<DeviceArray, Error> {
    let moves = transpose_moves(axes, &array.shape)?;
    put_together(device, array.dtype, &moves, std::slice::from_ref(array), tenant)
}

/// A part of an array: along each axis, element `i` of the part is element `start + i * step` of the array.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Selection<'a> {
    /// How the array is cut.
    pub(crate) grid: &'a ChunkRuns,
    pub(crate) starts: &'a [i64],
    pub(crate) steps: &'a [i64],
    /// Which block of the part.
    pub(crate) block: &'a [Span],
}

/// A block of a slice of an array, or of the array cut anew, out of the blocks that it touches.
///
/// # Errors
/// [`Error::Unsupported`], and as the device fails.
pub(crate) fn select(
    device: &Device,
    dtype: DType,
    selection: Selection<'_>,
    blocks: &[DeviceArray],
    tenant: u32,
) -> Result<DeviceArray, Error> {
    let Selection { grid, starts, steps, block } = selection;
    let moves = select_moves(grid, starts, steps, block, &shapes(blocks))?;
    put_together(device, dtype, &moves, blocks, tenant)
}

/// A block of an array, and how far it reaches beyond itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reach<'a> {
    pub(crate) grid: &'a ChunkRuns,
    /// Which block.
    pub(crate) index: u64,
    pub(crate) depths: &'a [Depth],
}

/// A block with what surrounds it, or a strip of that, out of the block and its neighbours' strips.
///
/// # Errors
/// [`Error::Unsupported`], and as the device fails.
pub(crate) fn overlap(
    device: &Device,
    dtype: DType,
    reach: Reach<'_>,
    strip: Option<Strip>,
    blocks: &[DeviceArray],
    tenant: u32,
) -> Result<DeviceArray, Error> {
    let Reach { grid, index, depths } = reach;
    let mut moves = overlap_moves(grid, index, depths, strip, &shapes(blocks))?;
    let mut sources = blocks.to_vec();
    // Single elements that are there again and again.
    for Move { of, .. } in &mut moves.moves {
        if let Some(axis) = of.checked_sub(blocks.len()) {
            let element: &Chunk = Depth::element(depths, axis, dtype)?;
            *of = sources.len();
            sources.push(device.copy_in(element, tenant)?);
        }
    }
    put_together(device, dtype, &moves, &sources, tenant)
}

/// A block without what surrounds it.
///
/// # Errors
/// [`Error::Unsupported`], and as the device fails.
pub(crate) fn trim_overlap(
    device: &Device,
    reach: Reach<'_>,
    block: &DeviceArray,
    tenant: u32,
) -> Result<DeviceArray, Error> {
    let moves = trim_overlap_moves(reach.grid, reach.index, reach.depths, &block.shape)?;
    put_together(device, block.dtype, &moves, std::slice::from_ref(block), tenant)
}

fn shapes(blocks: &[DeviceArray]) -> Vec<&[u64]> {
    blocks.iter().map(|block| &*block.shape).collect()
}

/// An array of others' elements. What has them all in the same order already is only given another shape.
fn put_together(
    device: &Device,
    dtype: DType,
    moves: &Moves,
    sources: &[DeviceArray],
    tenant: u32,
) -> Result<DeviceArray, Error> {
    let mut plans = Vec::with_capacity(moves.moves.len());
    for one in &moves.moves {
        let source = sources.get(one.of).filter(|source| source.dtype == dtype);
        let source = source.ok_or_else(|| Error::unsupported("arrays of other dtypes than is said"))?;
        let Some(plan) = Plan::new(one, dtype.itemsize()) else { continue };
        if plan.is_all_of(source.n_elements()) && moves.shape.iter().product::<u64>() == source.n_elements() {
            return Ok(DeviceArray { shape: moves.shape.as_slice().into(), ..source.clone() });
        }
        plans.push((source, plan));
    }
    let out = device.array(dtype, &moves.shape, tenant)?;
    let (mut dispatches, mut is_packed) = (Vec::new(), false);
    for (source, plan) in plans {
        for plan in plan.within(device.facts().binding_nbytes_max)? {
            is_packed |= plan.itemsize < 4;
            dispatches.push(dispatch::dispatch(&plan, source, &out)?);
        }
    }
    if is_packed {
        device.clear(&out.buffer)?;
    }
    device.dispatch(dispatches)?;
    Ok(out)
}

#[cfg(test)]
mod tests;
