//! Lazy n-dimensional arrays: NumPy's words, cut into chunks, computed block by block.
//!
//! An [`Array`] knows its dtype, its shape and how it is cut, and is otherwise an expression. What goes wrong while one
//! is built (shapes that do not broadcast, an axis that is not there) is kept inside and told by [`Array::check`] and when
//! it is computed, so that expressions read as they do in NumPy.
//!
//! # Layout
//! - this file: [`Array`] and its attributes; `unknown`: lengths that only computing tells
//! - `chunks`: how an array is to be cut; `index`: what a slice is; `call`: tasks that read blocks
//! - `create`, `random`: arrays that come from nowhere; `file`: arrays on disk
//! - `unify`: arrays cut alike; `elementwise`, `compare`, `reduce`, `ordered`, `indexing`, `products`, `layout`: what is done to arrays; `linalg`: matrices
//! - `reshape`, `turning`, `joining`, `repetition`, `editing`, `padding`, `coarsening`, `diagonals`: other shapes
//! - `differences`, `cross`: made of neighbours, and of components; `fft`: Fourier transforms
//! - `masked`: absent elements
//! - `functions`: users' functions over blocks; `overlap`: blocks with parts of their neighbours; `bridge`: lazy calls
//! - `extremes`, `sorting`, `quantiles`, `sets`, `bins`, `histogram`: order among elements; `statistics`, `hypothesis`
//! - `plan`: expressions optimised before they become tasks; `lower`: tasks of them; `explain`: both, for people

mod unknown;

mod bins;
mod bridge;
mod call;
mod chunks;
mod coarsening;
mod compare;
mod create;
mod cross;
mod diagonals;
mod differences;
mod editing;
mod elementwise;
mod explain;
mod extremes;
mod fft;
mod file;
mod functions;
mod histogram;
mod hypothesis;
mod index;
mod indexing;
mod joining;
mod layout;
mod linalg;
mod lower;
mod masked;
mod ordered;
mod overlap;
mod padding;
mod plan;
mod products;
mod quantiles;
mod random;
mod reduce;
mod repetition;
mod reshape;
mod sets;
mod sorting;
mod statistics;
#[cfg(test)]
mod testing;
mod turning;
mod unify;

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use gristmill_data::{Chunk, ChunkGrid, DType};
use gristmill_graph::{Arg, DeviceChoice, Key};
use gristmill_kernels::Reduction;
use gristmill_kernels::expr::{Expr, Number};

use call::Call;
use unknown::Unknown;

use crate::pending::Pending;
use crate::{Delayed, Error};

pub use chunks::{AxisChunks, CHUNK_NBYTES, Chunks};
pub use coarsening::Rest;
pub use compare::Tolerance;
pub use create::{Indexing, meshgrid};
pub use elementwise::Operand;
pub use fft::{Norm, Transform};
pub(crate) use file::{Source, read_block, write_block};
pub use functions::{BlockReduction, Blockwise, Gufunc, MapBlocks, vectorize};
pub use histogram::{Bins, Histogram, histogram2d, histogramdd};
pub use hypothesis::{TestResult, Variances, f_oneway};
pub use index::{Ellipsis, Index, NewAxis};
pub use indexing::{Indices, select};
pub use joining::{Blocks, block, column_stack, concatenate, dstack, hstack, stack, vstack};
pub use linalg::{Compressed, MatrixNorm};
pub use overlap::{Boundary, Depth, Overlap, WINDOWS_NBYTES_MAX};
pub use padding::Pad;
pub use products::einsum;
pub use quantiles::{QuantileMethod, Quantiles};
pub use random::Generator;
pub use reduce::{Axes, KeepDims};
pub use sets::Unique;
pub use unknown::UNKNOWN;

/// A lazy n-dimensional array. Cheap to clone; nothing is computed until it is asked for.
///
/// # Example
/// ```
/// use gristmill_collections::{Array, array::Generator, s};
///
/// let x = Generator::new(42).normal(0.0, 1.0, &[10_000, 1_000], "8 MiB");
/// let y = (&x - x.mean(0)) / x.std(0);
/// let z = y.slice(s![..;10, 0]);
/// assert_eq!((z.shape(), z.dtype().name()), (vec![1_000], "float64"));
/// z.check()?;
/// # Ok::<(), gristmill_collections::Error>(())
/// ```
#[must_use = "arrays are lazy and do nothing until computed"]
#[derive(Clone)]
pub struct Array(Arc<Node>);

/// An operation, and what is known of its result.
pub(crate) struct Node {
    id: u64,
    op: Op,
    inputs: Vec<Array>,
    dtype: DType,
    /// Where lengths are unknown, these are the most that they can be.
    grid: ChunkGrid,
    unknown: Unknown,
    /// Where it is computed.
    device: DeviceChoice,
}

/// What makes an array of its inputs.
#[derive(Clone)]
pub(crate) enum Op {
    /// A mistake made while the expression was built.
    Failed(Arc<Error>),
    /// Data at hand.
    Data(Chunk),
    /// Blocks that the cluster holds, and what keeps them there.
    Held { keys: Arc<[Key]>, keep: Arc<dyn Any + Send + Sync> },
    /// The results of calls, one for each block.
    Delayed(Arc<Vec<Delayed>>),
    /// What is read, by a function that takes starts, steps, a grid and a block's index.
    Source(Source),
    /// What is made by a kernel that takes these arguments, a grid and a block's index.
    Made { kernel: &'static str, args: Vec<Arg> },
    /// The same number everywhere.
    Full(Number),
    /// A program on arrays whose chunks fit together.
    Elementwise(Expr),
    /// One number for many along axes.
    Reduce { reduction: Reduction, axes: Vec<u32>, keepdims: bool },
    /// A slice, or the same array cut anew.
    Select { starts: Vec<i64>, steps: Vec<i64> },
    /// The axes in another order; `None` is a new one.
    Transpose(Vec<Option<usize>>),
    /// One after the other along an axis.
    Concatenate(usize),
    /// A function called for each block.
    Call(Call),
}

impl Op {
    /// What this is called in reports.
    fn name(&self) -> &str {
        match self {
            Self::Failed(_) => "failed",
            Self::Data(_) => "data",
            Self::Held { .. } => "held",
            Self::Delayed(_) => "delayed",
            Self::Source(_) => "source",
            Self::Made { kernel, .. } => kernel,
            Self::Full(_) => "full",
            Self::Elementwise(_) => "elementwise",
            Self::Reduce { reduction, .. } => reduction.kind.name(),
            Self::Select { .. } => "select",
            Self::Transpose(_) => "transpose",
            Self::Concatenate(_) => "concatenate",
            Self::Call(call) => call.name(),
        }
    }
}

impl Array {
    pub(crate) fn new(op: Op, inputs: Vec<Self>, dtype: DType, grid: ChunkGrid) -> Self {
        let (unknown, device) = (Unknown::default(), DeviceChoice::Auto);
        Self(Arc::new(Node { id: unknown::next_id(), op, inputs, dtype, grid, unknown, device }))
    }

    /// The same, with axes whose lengths are not known yet.
    pub(crate) fn with_unknown(self, unknown: Unknown) -> Self {
        if unknown == self.0.unknown {
            return self;
        }
        self.changed(|node| node.unknown = unknown)
    }

    /// The same array, computed there: on a GPU, or on the CPU, whatever else would be likely sooner. That is said of this
    /// operation, not of what it is made from; the results are the same, within what each operation promises.
    ///
    /// # Example
    /// ```
    /// use gristmill_collections::Array;
    /// use gristmill_data::DType;
    /// use gristmill_graph::DeviceChoice;
    ///
    /// let x = Array::ones(DType::Float32, &[1000, 1000], [100, 1000]);
    /// let y = x.exp().with_device(DeviceChoice::Cpu);
    /// assert_eq!(y.shape(), [1000, 1000]);
    /// ```
    pub fn with_device(&self, device: DeviceChoice) -> Self {
        if device == self.0.device { self.clone() } else { self.clone().changed(|node| node.device = device) }
    }

    /// Where it is computed.
    pub(crate) fn device(&self) -> DeviceChoice {
        self.0.device
    }

    fn changed(self, change: impl FnOnce(&mut Node)) -> Self {
        let Node { op, inputs, dtype, grid, unknown, device, .. } = &*self.0;
        let (op, inputs, dtype, grid) = (op.clone(), inputs.clone(), *dtype, grid.clone());
        let (unknown, device) = (unknown.clone(), *device);
        let mut node = Node { id: unknown::next_id(), op, inputs, dtype, grid, unknown, device };
        change(&mut node);
        Self(Arc::new(node))
    }

    /// The same operation on other inputs.
    pub(crate) fn with_inputs(&self, inputs: Vec<Self>) -> Self {
        self.clone().changed(|node| node.inputs = inputs)
    }

    /// The array, or an array that remembers why there is none.
    pub(crate) fn or_failed(result: Result<Self, Error>) -> Self {
        result.unwrap_or_else(|error| match error {
            Error::Shared(error) => Self::failed(error),
            error => Self::failed(Arc::new(error)),
        })
    }

    fn failed(error: Arc<Error>) -> Self {
        // No axes: one block, of which nothing is ever made.
        Self::new(Op::Failed(error), Vec::new(), DType::Float64, ChunkGrid::default())
    }

    /// What went wrong while this was built.
    ///
    /// # Errors
    /// The first mistake in the expression.
    pub fn check(&self) -> Result<(), Error> {
        match &self.0.op {
            Op::Failed(error) => Err(Error::Shared(error.clone())),
            _ => Ok(()),
        }
    }

    /// The mistakes of what it would be made of go on in it.
    pub(crate) fn all_checked<'a>(arrays: impl IntoIterator<Item = &'a Self>) -> Result<(), Error> {
        arrays.into_iter().try_for_each(Self::check)
    }

    pub(crate) fn op(&self) -> &Op {
        &self.0.op
    }

    pub(crate) fn inputs(&self) -> &[Self] {
        &self.0.inputs
    }

    /// The type of the elements.
    #[must_use]
    pub fn dtype(&self) -> DType {
        self.0.dtype
    }

    /// The lengths along the axes; empty of a single number. Those that are not known before the array is computed are
    /// [`UNKNOWN`].
    #[must_use]
    pub fn shape(&self) -> Vec<u64> {
        let lengths = self.0.grid.shape().into_iter().enumerate();
        lengths.map(|(axis, length)| if self.0.unknown.has(axis) { UNKNOWN } else { length }).collect()
    }

    /// How many axes there are.
    #[must_use]
    pub fn ndim(&self) -> usize {
        self.0.grid.ndim()
    }

    /// How many elements there are; of unknown lengths, how many there are at most.
    #[must_use]
    pub fn size(&self) -> u64 {
        // The grid has checked that this does not overflow.
        self.0.grid.shape().iter().product()
    }

    /// What all elements take in memory, in bytes; of unknown lengths, what they take at most.
    #[must_use]
    pub fn nbytes(&self) -> u64 {
        self.size().saturating_mul(self.dtype().itemsize() as u64)
    }

    /// What an element of the grid takes in the blocks that tasks make, in bytes.
    pub(crate) fn item_nbytes(&self) -> u64 {
        let of_call = if let Op::Call(call) = &self.0.op { call.item_nbytes() } else { None };
        of_call.unwrap_or(self.dtype().itemsize() as u64)
    }

    /// How the array is cut. Where lengths are unknown, these are the most that they can be.
    #[must_use]
    pub fn grid(&self) -> &ChunkGrid {
        &self.0.grid
    }

    /// How many chunks there are along each axis.
    #[must_use]
    pub fn numblocks(&self) -> Vec<u64> {
        self.0.grid.numblocks()
    }

    /// Which expression this is.
    pub(crate) fn id(&self) -> u64 {
        self.0.id
    }

    pub(crate) fn into_node(self) -> Arc<Node> {
        self.0
    }
}

impl fmt::Debug for Array {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.op {
            Op::Failed(error) => write!(f, "Array(failed: {error})"),
            op => {
                let (name, dtype, shape) = (op.name(), self.dtype(), unknown::shown(&self.shape()));
                write!(f, "Array({name}, {dtype}, {shape}, {:?} chunks)", self.numblocks())
            }
        }
    }
}

impl Node {
    /// Gives away what it is made of.
    pub(crate) fn release(&mut self, pending: &mut Pending) {
        pending.arrays.append(&mut self.inputs);
        if let Op::Delayed(calls) = &mut self.op {
            pending.calls.extend(Arc::into_inner(std::mem::take(calls)).unwrap_or_default());
        }
    }
}

/// Chains of many thousands of operations are usual in loops, and dropping them must not recurse.
impl Drop for Node {
    fn drop(&mut self) {
        let mut pending = Pending::default();
        self.release(&mut pending);
        pending.drop_all();
    }
}
