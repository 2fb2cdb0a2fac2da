//! Operations that are tasks of one function, and how their tasks read blocks.
//!
//! A [`Call`] is a layer of the graph that does not know yet where its inputs are: its wiring names input *n* of the array
//! as layer *n*. What it makes need not be chunks: partial results are arrays too, with one element for each block.

use std::sync::Arc;

use gristmill_data::{ChunkGrid, ChunkRuns, DType};
use gristmill_graph::{Arg, Csr, Layer, LayerId, Params, TASKS_MAX, TaskRef, Wiring};

use super::{Array, Op};
use crate::{Callee, Error, kernel};

/// How many blocks one task of a tree combines: few enough to start early, many enough for few levels.
pub(super) const FAN_IN_MAX: u32 = 16;

/// Tasks of one function, one for each block of the result.
#[derive(Clone)]
pub(crate) struct Call {
    /// Reads input *n* as layer *n*.
    layer: Arc<Layer>,
    callee: Callee,
    /// Bytes of a block for each element of the grid, where they are not those of the dtype.
    item_nbytes: Option<u64>,
}

impl Call {
    /// A function of these arguments. They may hold [`Arg::Param`] 0: the block's index.
    pub(super) fn new(name: &str, callee: Callee, wiring: Wiring, args: Vec<Arg>) -> Self {
        let is_indexed = args.iter().any(|arg| matches!(arg, Arg::Param(_)));
        let params = if is_indexed { Params::Index } else { Params::None };
        let layer = Layer::new(name, callee.identity(), wiring).args(args).params(params);
        Self { layer: Arc::new(layer), callee, item_nbytes: None }
    }

    /// The same, whose blocks take so many bytes for each element of the grid: for plans of memory.
    #[must_use]
    pub(super) fn sized(mut self, item_nbytes: u64) -> Self {
        self.item_nbytes = Some(item_nbytes);
        self
    }

    /// A kernel.
    pub(super) fn kernel(
        name: &str,
        kernel_name: &str,
        wiring: Wiring,
        args: Vec<Arg>,
    ) -> Result<Self, Error> {
        Ok(Self::new(name, kernel(kernel_name)?, wiring, args))
    }

    /// The same with literals of each task's own, which [`Arg::Param`] names, instead of its index.
    pub(super) fn with_params(self, rows: Csr<Arg>) -> Self {
        let layer = Arc::unwrap_or_clone(self.layer).params(Params::Rows(rows));
        Self { layer: Arc::new(layer), ..self }
    }

    pub(super) fn name(&self) -> &str {
        &self.layer.name
    }

    pub(super) fn callee(&self) -> &Callee {
        &self.callee
    }

    /// The layer, which reads input *n* as layer *n*.
    pub(super) fn layer(&self) -> &Layer {
        &self.layer
    }

    /// What its blocks take for each element of the grid, in bytes, if it is not what the dtype says.
    pub(super) fn item_nbytes(&self) -> Option<u64> {
        self.item_nbytes
    }

    /// The array that it makes of these.
    pub(super) fn on(self, inputs: Vec<Array>, dtype: DType, grid: ChunkGrid) -> Array {
        Array::new(Op::Call(self), inputs, dtype, grid)
    }

    /// The blocks that are no chunks, or whose lengths say nothing, that it makes of these: one element for each.
    pub(super) fn partials(self, inputs: Vec<Array>, grid: &[u32]) -> Result<Array, Error> {
        let dtype = inputs.first().map_or(DType::Float64, Array::dtype);
        let ones = grid.iter().map(|&n| vec![1; n as usize]).collect();
        let grid = ChunkGrid::new(ones).map_err(Error::data("partials"))?;
        Ok(self.on(inputs, dtype, grid))
    }
}

/// Each block of the result reads the block of each input at the same place, aligned at the last axis.
pub(super) fn aligned(grid: &ChunkGrid, inputs: &[Array]) -> Wiring {
    let rank = grid.ndim() as u32;
    let labels = |input: &Array| (rank.saturating_sub(input.ndim() as u32)..rank).collect();
    labelled(&blocks(grid), inputs, &inputs.iter().map(labels).collect::<Vec<_>>())
}

/// Index notation: for each input the index of each axis. Those below the result's rank are its axes, of which the block
/// at the same place is read, or the only one; along others all blocks are read.
pub(super) fn labelled(grid: &[u32], inputs: &[Array], labels: &[Vec<u32>]) -> Wiring {
    let grids: Vec<Vec<u32>> = inputs.iter().map(|input| blocks(input.grid())).collect();
    let operands = (0..).zip(grids.iter().zip(labels));
    Wiring::blockwise(grid, operands.map(|(n, (grid, labels))| (LayerId(n), &grid[..], &labels[..])))
}

/// Lists: for each block, which inputs' blocks it reads.
pub(super) fn listed(
    rows: impl IntoIterator<Item = impl IntoIterator<Item = TaskRef>>,
) -> Result<Wiring, Error> {
    // One more than a layer may have is refused when it is pushed.
    Ok(Wiring::Explicit(Csr::from_rows(rows.into_iter().take(TASKS_MAX as usize + 1))?))
}

/// A block of an input, by their numbers.
pub(super) fn block_of(input: u32, index: u32) -> TaskRef {
    LayerId(input).task(index)
}

/// Partial results combined with their neighbours along these axes until there is one block along each. All take as many
/// bytes for each element of the grid, which has one element for each block along these axes.
pub(super) fn tree(
    partials: Array,
    axes: &[u32],
    combine: impl Fn(Wiring) -> Result<Call, Error>,
) -> Result<Array, Error> {
    split_tree(partials, axes, FAN_IN_MAX, combine)
}

/// The same, with as many blocks combined by one task.
pub(super) fn split_tree(
    partials: Array,
    axes: &[u32],
    fan_in_max: u32,
    combine: impl Fn(Wiring) -> Result<Call, Error>,
) -> Result<Array, Error> {
    let mut partials = partials;
    loop {
        let grid = blocks(partials.grid());
        let is_open = |axis: u32| grid.get(axis as usize).is_some_and(|&n| n > 1);
        let n_open = axes.iter().filter(|&&axis| is_open(axis)).count();
        if n_open == 0 {
            return Ok(partials);
        }
        let fan = (f64::from(fan_in_max).powf(1.0 / n_open as f64) as u32).max(2);
        let fan_in: Vec<u32> =
            (0..grid.len() as u32).map(|axis| if axes.contains(&axis) { fan } else { 1 }).collect();
        let next: Vec<u32> = grid.iter().zip(&fan_in).map(|(n, fan)| n.div_ceil(*fan)).collect();
        let call = combine(Wiring::Group { input: LayerId(0), grid, fan_in })?.sized(partials.item_nbytes());
        let chunks = next.into_iter().enumerate().map(|(axis, n)| match axes.contains(&(axis as u32)) {
            true => vec![1; n as usize],
            false => partials.grid().chunks(axis).to_vec(),
        });
        let next = ChunkGrid::new(chunks.collect());
        let next = next.map_err(Error::data("partials"))?;
        let dtype = partials.dtype();
        partials = call.on(vec![partials], dtype, next);
    }
}

/// Partial results of all blocks combined by a kernel that takes a list of them, until there is one.
pub(super) fn folded(partials: Array, name: &str, kernel_name: &str) -> Result<Array, Error> {
    let axes: Vec<u32> = (0..partials.ndim() as u32).collect();
    tree(partials, &axes, |wiring| Call::kernel(name, kernel_name, wiring, vec![Arg::Inputs]))
}

/// One task, which reads the only block of each of so many inputs.
pub(super) fn single(n_inputs: u32) -> Wiring {
    Wiring::zip((0..n_inputs).map(LayerId), 1)
}

/// The array whose blocks are item `n` of each partial result.
pub(super) fn item(partials: &Array, n: i64, dtype: DType, grid: ChunkGrid) -> Result<Array, Error> {
    let each = Wiring::each(LayerId(0), grid.n_chunks() as u32);
    let call = Call::kernel("item", "item", each, vec![Arg::Input(0), Arg::Int(n)])?;
    Ok(call.on(vec![partials.clone()], dtype, grid))
}

/// What is left of each block that is reduced along these axes: one element along them.
pub(super) fn left(grid: &ChunkGrid, axes: &[u32]) -> Result<ChunkGrid, Error> {
    let chunks = (0..grid.ndim()).map(|axis| match axes.contains(&(axis as u32)) {
        true => vec![1; grid.chunks(axis).len()],
        false => grid.chunks(axis).to_vec(),
    });
    ChunkGrid::new(chunks.collect()).map_err(Error::data("reduce"))
}

/// From partial results, of which there is one along these axes, to blocks of a result that has them no more, or with
/// length 1.
pub(super) fn finished(partials: &Array, axes: &[u32], keepdims: bool, result: &ChunkGrid) -> Wiring {
    let rank = result.ndim() as u32;
    let mut kept = 0..rank;
    let labels = (0..partials.ndim() as u32).map(|axis| {
        let stays = keepdims || !axes.contains(&axis);
        if stays { kept.next().unwrap_or(axis) } else { rank + axis }
    });
    labelled(&blocks(result), std::slice::from_ref(partials), &[labels.collect()])
}

/// How many blocks a grid has along each axis.
pub(super) fn blocks(grid: &ChunkGrid) -> Vec<u32> {
    // More blocks than a layer has tasks are refused when it is pushed.
    grid.numblocks().into_iter().map(|n| u32::try_from(n).unwrap_or(u32::MAX)).collect()
}

/// How many blocks a grid has in all.
///
/// # Errors
/// When they are more than a layer has tasks.
pub(super) fn n_blocks(name: &'static str, grid: &ChunkGrid) -> Result<u32, Error> {
    let n = u32::try_from(grid.n_chunks()).ok().filter(|&n| u64::from(n) <= TASKS_MAX);
    n.ok_or_else(|| Error::array(name, format!("there are more than {TASKS_MAX} blocks: make them larger")))
}

/// A grid as an argument.
pub(super) fn runs(grid: &ChunkGrid) -> Arg {
    Arg::text(&ChunkRuns::from(grid).to_string())
}

/// Integers as an argument.
pub(super) fn integers<T: Copy + Into<i64>>(items: &[T]) -> Arg {
    Arg::List(items.iter().map(|&item| Arg::Int(item.into())).collect())
}
