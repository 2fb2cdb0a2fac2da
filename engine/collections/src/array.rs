//! Lazy n-dimensional arrays: NumPy's words, cut into chunks, computed block by block.
//!
//! An [`Array`] knows its dtype, its shape and how it is cut, and is otherwise an expression. What goes wrong while one
//! is built (shapes that do not broadcast, an axis that is not there) is kept inside and told by [`Array::check`] and when
//! it is computed, so that expressions read as they do in NumPy.
//!
//! # Layout
//! - this file: [`Array`] and its attributes
//! - `chunks`: how an array is to be cut; `index`: what a slice is
//! - `create`, `random`: arrays that come from nowhere; `file`: arrays on disk
//! - `elementwise`, `reduce`, `ordered`, `linalg`, `layout`: what is done to arrays
//! - `plan`: expressions optimised before they become tasks; `lower`: tasks of them; `explain`: both, for people

mod chunks;
mod create;
mod elementwise;
mod explain;
mod file;
mod index;
mod layout;
mod linalg;
mod lower;
mod ordered;
mod plan;
mod random;
mod reduce;

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use gristmill_data::{Chunk, ChunkGrid, DType};
use gristmill_graph::{Arg, Key};
use gristmill_kernels::expr::{Expr, Number};
use gristmill_kernels::{Distribution, Reduction, Scan};

use crate::{Callee, Error};

pub use chunks::{AxisChunks, CHUNK_NBYTES, Chunks};
pub use elementwise::Operand;
pub use file::SharedWriter;
pub(crate) use file::Source;
pub use index::{Ellipsis, Index, NewAxis};
pub use layout::{concatenate, stack};
pub use random::Generator;
pub use reduce::{Axes, KeepDims};

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
    op: Op,
    dtype: DType,
    grid: ChunkGrid,
}

/// What makes an array.
#[derive(Clone)]
pub(crate) enum Op {
    /// A mistake made while the expression was built.
    Failed(Arc<Error>),
    /// Data at hand.
    Data(Chunk),
    /// Blocks that the cluster holds, and what keeps them there.
    Held { keys: Arc<[Key]>, keep: Arc<dyn Any + Send + Sync> },
    /// What is read, by a function that takes starts, steps, a grid and a block's index.
    Source(Source),
    /// The same number everywhere.
    Full(Number),
    /// Evenly spaced numbers along an axis.
    Arange { start: Number, step: Number, axis: usize },
    /// Ones on a diagonal.
    Eye { k: i64 },
    /// Random numbers.
    Random { distribution: Distribution, seed: u64, stream: u32 },
    /// A program on arrays whose chunks fit together.
    Elementwise { expr: Expr, inputs: Vec<Array> },
    /// One number for many along axes.
    Reduce { reduction: Reduction, axes: Vec<u32>, keepdims: bool, input: Array },
    /// A slice, or the same array cut anew.
    Select { starts: Vec<i64>, steps: Vec<i64>, input: Array },
    /// The axes in another order; `None` is a new one.
    Transpose { axes: Vec<Option<usize>>, input: Array },
    /// One after the other along an axis.
    Concatenate { axis: usize, inputs: Vec<Array> },
    /// A function called with some literals and each block.
    MapBlocks { callee: Callee, literals: Vec<Arg>, inputs: Vec<Array> },
    /// Running values along an axis.
    Scan { scan: Scan, axis: usize, input: Array },
    /// The product of two matrices, whose chunks fit along the axis that goes.
    MatMul { inputs: Vec<Array> },
    /// A function called with each block, the grid and the block's index, for what it does.
    Write { callee: Callee, input: Array },
}

impl Op {
    /// What this is called in reports.
    fn name(&self) -> &'static str {
        match self {
            Self::Failed(_) => "failed",
            Self::Data(_) => "data",
            Self::Held { .. } => "held",
            Self::Source(_) => "source",
            Self::Full(_) => "full",
            Self::Arange { .. } => "arange",
            Self::Eye { .. } => "eye",
            Self::Random { .. } => "random",
            Self::Elementwise { .. } => "elementwise",
            Self::Reduce { reduction, .. } => reduction.kind.name(),
            Self::Select { .. } => "select",
            Self::Transpose { .. } => "transpose",
            Self::Concatenate { .. } => "concatenate",
            Self::MapBlocks { .. } => "map_blocks",
            Self::Scan { .. } => "scan",
            Self::MatMul { .. } => "matmul",
            Self::Write { .. } => "write",
        }
    }

    fn inputs(&self) -> &[Array] {
        match self {
            Self::Elementwise { inputs, .. }
            | Self::Concatenate { inputs, .. }
            | Self::MapBlocks { inputs, .. }
            | Self::MatMul { inputs } => inputs,
            Self::Reduce { input, .. }
            | Self::Select { input, .. }
            | Self::Transpose { input, .. }
            | Self::Scan { input, .. }
            | Self::Write { input, .. } => std::slice::from_ref(input),
            _ => &[],
        }
    }

    fn take_inputs(&mut self, into: &mut Vec<Array>) {
        match self {
            Self::Elementwise { inputs, .. }
            | Self::Concatenate { inputs, .. }
            | Self::MapBlocks { inputs, .. }
            | Self::MatMul { inputs } => into.append(inputs),
            Self::Reduce { .. }
            | Self::Select { .. }
            | Self::Transpose { .. }
            | Self::Scan { .. }
            | Self::Write { .. } => {
                let op = std::mem::replace(self, Self::Eye { k: 0 });
                if let Self::Reduce { input, .. }
                | Self::Select { input, .. }
                | Self::Transpose { input, .. }
                | Self::Scan { input, .. }
                | Self::Write { input, .. } = op
                {
                    into.push(input);
                }
            }
            _ => {}
        }
    }
}

impl Array {
    pub(crate) fn new(op: Op, dtype: DType, grid: ChunkGrid) -> Self {
        Self(Arc::new(Node { op, dtype, grid }))
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
        Self::new(Op::Failed(error), DType::Float64, ChunkGrid::default())
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

    /// The type of the elements.
    #[must_use]
    pub fn dtype(&self) -> DType {
        self.0.dtype
    }

    /// The lengths along the axes; empty of a single number.
    #[must_use]
    pub fn shape(&self) -> Vec<u64> {
        self.0.grid.shape()
    }

    /// How many axes there are.
    #[must_use]
    pub fn ndim(&self) -> usize {
        self.0.grid.ndim()
    }

    /// How many elements there are.
    #[must_use]
    pub fn size(&self) -> u64 {
        // The grid has checked that this does not overflow.
        self.shape().iter().product()
    }

    /// What all elements take in memory, in bytes.
    #[must_use]
    pub fn nbytes(&self) -> u64 {
        self.size().saturating_mul(self.dtype().itemsize() as u64)
    }

    /// How the array is cut.
    #[must_use]
    pub fn grid(&self) -> &ChunkGrid {
        &self.0.grid
    }

    /// How many chunks there are along each axis.
    #[must_use]
    pub fn numblocks(&self) -> Vec<u64> {
        self.0.grid.numblocks()
    }

    /// Where two arrays are the same expression.
    pub(crate) fn address(&self) -> usize {
        Arc::as_ptr(&self.0) as usize
    }
}

impl fmt::Debug for Array {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.op {
            Op::Failed(error) => write!(f, "Array(failed: {error})"),
            op => write!(
                f,
                "Array({}, {}, {:?}, {:?} chunks)",
                op.name(),
                self.dtype(),
                self.shape(),
                self.numblocks()
            ),
        }
    }
}

/// Chains of many thousands of operations are usual in loops, and dropping them must not recurse.
impl Drop for Node {
    fn drop(&mut self) {
        let mut pending = Vec::new();
        self.op.take_inputs(&mut pending);
        while let Some(Array(node)) = pending.pop() {
            if let Some(mut node) = Arc::into_inner(node) {
                node.op.take_inputs(&mut pending);
            }
        }
    }
}
