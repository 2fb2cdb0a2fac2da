//! Index notation: which blocks of which arrays meet.

use std::fmt;
use std::sync::Arc;

use gristmill_data::{ChunkGrid, DType};
use gristmill_graph::Arg;

use super::{Extra, Resolved, declared};
use crate::array::Array;
use crate::array::call::{Call, blocks, labelled};
use crate::array::unify::unify_labelled;
use crate::array::unknown::Unknown;
use crate::program::INPUTS_MAX;
use crate::{Argument, Callee, Error};

/// A function over blocks in index notation, as Dask's `blockwise`: `ij` of `ik` and `kj` calls it for each block *ij* of
/// the result with the blocks *ik* and *kj*, for all *k*.
///
/// An index is a letter. Those of the result are its axes; along the others, which are contracted, a function gets all
/// blocks: as a list, in a list for each further index, or as one block ([`Blockwise::concatenate`]). Arrays are cut alike
/// along equal indices first, and an axis of length 1 meets every block.
///
/// A block of the result is as long along an axis as the blocks that are read, unless [`Blockwise::adjust_chunks`] says
/// otherwise; one of another shape or dtype is refused when it is there. A function that gives a number gives a block of
/// one element.
///
/// # Example
/// ```
/// use gristmill_collections::array::Blockwise;
/// use gristmill_collections::{Array, kernel};
/// use gristmill_data::DType;
///
/// let x = Array::ones(DType::Float64, &[100, 200], 50);
/// let product = Blockwise::new(kernel("matmul")?, "ij", DType::Float64)
///     .array(&x, "ik")
///     .array(&x.t(), "kj")
///     .concatenate()
///     .call();
/// assert_eq!(product.shape(), [100, 100]);
/// # Ok::<(), gristmill_collections::Error>(())
/// ```
#[must_use = "nothing is called before `call`"]
#[derive(Clone)]
pub struct Blockwise {
    callee: Callee,
    output: String,
    dtype: DType,
    operands: Vec<(Operand, String)>,
    concatenate: bool,
    new_axes: Vec<(char, Vec<u64>)>,
    adjusted: Vec<(char, Adjust)>,
}

type Adjust = Arc<dyn Fn(u64) -> u64 + Send + Sync>;

/// An argument of a function over blocks.
#[derive(Debug, Clone)]
pub(super) enum Operand {
    Array(Array),
    Extra(Extra),
}

impl fmt::Debug for Blockwise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let indices: Vec<&str> = self.operands.iter().map(|(_, indices)| indices.as_str()).collect();
        write!(f, "Blockwise({}, {} <- {})", self.callee.name(), self.output, indices.join(", "))
    }
}

impl Blockwise {
    /// A function whose result has these indices and this dtype.
    pub fn new(callee: impl Into<Callee>, output: &str, dtype: DType) -> Self {
        Self {
            callee: callee.into(),
            output: output.to_owned(),
            dtype,
            operands: Vec::new(),
            concatenate: false,
            new_axes: Vec::new(),
            adjusted: Vec::new(),
        }
    }

    /// The next argument: blocks of an array with these indices.
    pub fn array(mut self, array: &Array, indices: &str) -> Self {
        self.operands.push((Operand::Array(array.clone()), indices.to_owned()));
        self
    }

    /// The next argument: the same value for all blocks.
    pub fn literal(mut self, argument: impl Into<Argument>) -> Self {
        self.operands.push((Operand::Extra(Extra::Literal(argument.into())), String::new()));
        self
    }

    /// The next argument: where the block lies, a map of lists of integers with an item for each axis of the result.
    ///
    /// `block` is its place in the grid and `n_blocks` the grid's size; `start`, `shape` and `array_shape` are in elements,
    /// of the blocks that are read.
    pub fn block_info(mut self) -> Self {
        self.operands.push((Operand::Extra(Extra::BlockInfo), String::new()));
        self
    }

    /// Gives the function one block for all along contracted indices, put together, instead of lists of blocks.
    pub fn concatenate(mut self) -> Self {
        self.concatenate = true;
        self
    }

    /// An index of the result that no array has, with the lengths of the chunks along it.
    pub fn new_axis(mut self, index: char, chunks: impl Into<Vec<u64>>) -> Self {
        self.new_axes.push((index, chunks.into()));
        self
    }

    /// How long the result's blocks are along an index, of the lengths of the blocks that are read.
    pub fn adjust_chunks(mut self, index: char, length: impl Fn(u64) -> u64 + Send + Sync + 'static) -> Self {
        self.adjusted.push((index, Arc::new(length)));
        self
    }

    /// The array of the function's results.
    pub fn call(&self) -> Array {
        Array::or_failed(self.try_call())
    }

    fn try_call(&self) -> Result<Array, Error> {
        let refused = |reason: String| Error::array("blockwise", reason);
        // The result's indices come first.
        let mut indices: Vec<char> = Vec::new();
        for index in self.output.chars() {
            if indices.contains(&index) {
                return Err(refused(format!("the result has the index `{index}` twice")));
            }
            indices.push(index);
        }
        let n_out = indices.len();
        let mut operands = Vec::with_capacity(self.operands.len());
        for (operand, own) in &self.operands {
            if let Operand::Array(array) = operand {
                array.check()?;
                if own.chars().count() != array.ndim() {
                    let ndim = array.ndim();
                    return Err(refused(format!("`{own}` are the indices of an array of {ndim} axes")));
                }
            }
            let mut labels: Vec<u32> = Vec::with_capacity(own.len());
            for index in own.chars() {
                let known = indices.iter().position(|&known| known == index);
                let label = known.unwrap_or(indices.len()) as u32;
                if known.is_none() {
                    indices.push(index);
                }
                if labels.contains(&label) {
                    return Err(refused(format!("`{own}` has an index twice; take the diagonal first")));
                }
                labels.push(label);
            }
            operands.push((operand.clone(), labels));
        }
        let mut new = vec![None; n_out];
        for (index, chunks) in &self.new_axes {
            let place = indices.iter().take(n_out).position(|known| known == index);
            let place = place.and_then(|place| new.get_mut(place));
            *place.ok_or_else(|| refused(format!("the new index `{index}` is none of the result's")))? =
                Some(chunks.clone());
        }
        let call =
            BlockCall { name: "blockwise", callee: &self.callee, operands, n_out, new, names: &indices };
        let made = call.made(self.concatenate, None)?;
        let grid = self.adjusted_grid(&made.grid)?;
        made.declared(self.dtype, grid)
    }

    fn adjusted_grid(&self, grid: &ChunkGrid) -> Result<ChunkGrid, Error> {
        let mut chunks: Vec<Vec<u64>> = (0..grid.ndim()).map(|axis| grid.chunks(axis).to_vec()).collect();
        for (index, length) in &self.adjusted {
            let place = self.output.chars().position(|own| own == *index);
            let along = place.and_then(|place| chunks.get_mut(place)).ok_or_else(|| {
                Error::array("blockwise", format!("the adjusted index `{index}` is none of the result's"))
            })?;
            along.iter_mut().for_each(|chunk| *chunk = length(*chunk));
        }
        ChunkGrid::new(chunks).map_err(Error::data("blockwise"))
    }
}

/// A function over blocks with numbers for indices: those below `n_out` are the result's axes.
pub(super) struct BlockCall<'a> {
    pub(super) name: &'static str,
    pub(super) callee: &'a Callee,
    pub(super) operands: Vec<(Operand, Vec<u32>)>,
    pub(super) n_out: usize,
    /// The chunks along axes of the result that no array has.
    pub(super) new: Vec<Option<Vec<u64>>>,
    /// What people call the indices.
    pub(super) names: &'a [char],
}

/// A function's call for each block, with what it reads.
pub(super) struct Made {
    call: Call,
    inputs: Vec<Array>,
    /// How the result is cut when its blocks are as long as those that are read.
    pub(super) grid: ChunkGrid,
    unknown: Unknown,
}

impl Made {
    /// What the function gives, unseen.
    pub(super) fn given(self, dtype: DType, grid: ChunkGrid) -> Array {
        self.call.on(self.inputs, dtype, grid).with_unknown(self.unknown)
    }

    /// What the function gives, held to what is declared of it.
    pub(super) fn declared(self, dtype: DType, grid: ChunkGrid) -> Result<Array, Error> {
        let name = self.call.name().to_owned();
        declared(self.given(dtype, grid), &name)
    }
}

impl BlockCall<'_> {
    /// The calls; blocks say that they lie in `info`, or in the result's grid.
    pub(super) fn made(&self, concatenate: bool, info: Option<&ChunkGrid>) -> Result<Made, Error> {
        let refused = |reason: String| Error::array(self.name, reason);
        let (mut arrays, mut labels) = (Vec::new(), Vec::new());
        for (operand, own) in &self.operands {
            if let Operand::Array(array) = operand {
                arrays.push(array.clone());
                labels.push(own.clone());
            }
        }
        Array::all_checked(&arrays)?;
        let n_labels = labels.iter().flatten().map(|&label| label as usize + 1).max().unwrap_or(0);
        let n_labels = n_labels.max(self.n_out);
        let differ = |label: usize| match self.names.get(label) {
            Some(name) => refused(format!("arrays have different lengths along the index `{name}`")),
            None => refused(format!("arrays have different lengths along axis {label}")),
        };
        let unified =
            unify_labelled(&arrays, &labels, n_labels, differ).map_err(|error| error.of(self.name))?;
        let grid = self.grid(&unified.grid, &labels)?;
        let mut inputs = Inputs { arrays: Vec::new(), labels: Vec::new(), n: 0 };
        let mut args = Vec::with_capacity(self.operands.len());
        let mut unified_arrays = unified.arrays.into_iter();
        for (operand, own) in &self.operands {
            args.push(match operand {
                Operand::Array(_) => {
                    let Some(array) = unified_arrays.next() else { continue };
                    let array = if concatenate { self.whole(&array, own) } else { array };
                    array.check()?;
                    inputs.blocks(array, own, self.n_out, concatenate)
                }
                Operand::Extra(extra) => match extra.resolved(info.unwrap_or(&grid))? {
                    Resolved::Inside(arg) => arg,
                    Resolved::Whole(array) => inputs.one(array, Vec::new()),
                    Resolved::EachBlock(array) => inputs.one(array, (0..self.n_out as u32).collect()),
                },
            });
            if inputs.n > INPUTS_MAX as u64 {
                return Err(refused(format!(
                    "each call reads more than {INPUTS_MAX} blocks; use fewer and larger chunks along contracted \
                     indices, or have them concatenated"
                )));
            }
        }
        let unknown = unified.unknown.moved(|label| (label < self.n_out).then_some(label));
        let wiring = labelled(&blocks(&grid), &inputs.arrays, &inputs.labels);
        let call = Call::new(&self.callee.name(), self.callee.clone(), wiring, args);
        Ok(Made { call, inputs: inputs.arrays, grid, unknown })
    }

    /// The result's grid, of all indices'.
    fn grid(&self, all: &ChunkGrid, labels: &[Vec<u32>]) -> Result<ChunkGrid, Error> {
        let is_read = |label: usize| labels.iter().flatten().any(|&own| own as usize == label);
        let mut chunks = Vec::with_capacity(self.n_out);
        for (label, new) in self.new.iter().enumerate() {
            let name = || self.names.get(label).map_or_else(|| label.to_string(), |name| format!("`{name}`"));
            chunks.push(match new {
                Some(_) if is_read(label) => {
                    return Err(Error::array(
                        self.name,
                        format!("the new index {} is an array's too", name()),
                    ));
                }
                Some(chunks) => chunks.clone(),
                None if is_read(label) => all.chunks(label).to_vec(),
                None => {
                    let reason = format!("no array has the index {}; say that it is a new axis", name());
                    return Err(Error::array(self.name, reason));
                }
            });
        }
        ChunkGrid::new(chunks).map_err(Error::data(self.name))
    }

    /// The array with one chunk along contracted indices.
    fn whole(&self, array: &Array, labels: &[u32]) -> Array {
        array.whole_along(|axis| labels.get(axis).is_some_and(|&label| label as usize >= self.n_out))
    }
}

/// The arrays that are read, and how many blocks of them a call has so far.
struct Inputs {
    arrays: Vec<Array>,
    labels: Vec<Vec<u32>>,
    n: u64,
}

impl Inputs {
    fn push(&mut self, array: Array, labels: Vec<u32>) {
        self.arrays.push(array);
        self.labels.push(labels);
    }

    /// An array of which each call reads one block.
    fn one(&mut self, array: Array, labels: Vec<u32>) -> Arg {
        self.push(array, labels);
        self.n += 1;
        Arg::Input(self.n as u32 - 1)
    }

    /// An array of which each call reads all blocks along contracted indices: as lists, unless there is one along each.
    fn blocks(&mut self, array: Array, labels: &[u32], n_out: usize, concatenate: bool) -> Arg {
        let grid = blocks(array.grid());
        // In the order of the array's axes: label, and how many blocks.
        let contracted: Vec<(u32, u32)> =
            labels.iter().copied().zip(grid).filter(|(label, _)| *label as usize >= n_out).collect();
        if concatenate || contracted.is_empty() {
            return self.one(array, labels.to_vec());
        }
        let n: u64 = contracted.iter().map(|&(_, n)| u64::from(n)).fold(1, u64::saturating_mul);
        let first = self.n;
        self.push(array, labels.to_vec());
        self.n = self.n.saturating_add(n);
        if self.n > INPUTS_MAX as u64 {
            return Arg::Null; // refused
        }
        nested(&contracted, &contracted, first as u32)
    }
}

/// Inputs in a list for each axis. They are numbered in the order of their labels, the last label fastest.
fn nested(axes: &[(u32, u32)], all: &[(u32, u32)], first: u32) -> Arg {
    let Some((&(label, n), rest)) = axes.split_first() else { return Arg::Input(first) };
    let stride: u32 = all.iter().filter(|(other, _)| *other > label).map(|(_, n)| n).product();
    Arg::List((0..n).map(|at| nested(rest, all, first + at * stride)).collect())
}
