//! Three functions over a tree: one for each block, one for partial results, one for the last.

use gristmill_data::DType;
use gristmill_graph::Arg;

use super::{declared, inline};
use crate::array::Array;
use crate::array::call::{Call, aligned, blocks, finished, split_tree};
use crate::array::reduce::{Axes, KeepDims, kept};
use crate::{Argument, Callee, Component, Error};

/// How many partial results one task combines, unless it is said otherwise.
const SPLIT_EVERY: u32 = 16;

/// A reduction by a user's functions, as Dask's `reduction`.
///
/// - `chunk` is called with each block and gives a partial result, which may be any value;
/// - `combine` is called with a list of partial results of neighbours, and gives one;
/// - `aggregate` is called with a list of the last one for each block of the result, and gives that block: of length 1 along
///   axes that stay reduced, or a number where it has one element.
///
/// Blocks are combined along the reduced axes only. What [`BlockReduction::literal`] adds is given to all three after that;
/// functions that need to know the axes are told by one.
///
/// # Example
/// ```
/// use gristmill_collections::array::BlockReduction;
/// use gristmill_collections::{Array, kernel};
/// use gristmill_data::DType;
///
/// // The sum, of kernels that take chunks and lists of numbers.
/// let sum = BlockReduction::new(kernel("sum")?, kernel("sum")?, kernel("sum")?, DType::Float64);
/// let total = Array::ones(DType::Float64, &[1000, 1000], 100).reduction(&sum, ());
/// assert_eq!(total.ndim(), 0);
/// # Ok::<(), gristmill_collections::Error>(())
/// ```
#[must_use = "nothing is called before `Array::reduction`"]
#[derive(Debug, Clone)]
pub struct BlockReduction {
    chunk: Callee,
    combine: Callee,
    aggregate: Callee,
    dtype: DType,
    literals: Vec<Argument>,
    split_every: u32,
    keepdims: KeepDims,
}

impl BlockReduction {
    /// Three functions, the last of which gives blocks of this dtype.
    pub fn new(
        chunk: impl Into<Callee>,
        combine: impl Into<Callee>,
        aggregate: impl Into<Callee>,
        dtype: DType,
    ) -> Self {
        let (chunk, combine, aggregate) = (chunk.into(), combine.into(), aggregate.into());
        Self {
            chunk,
            combine,
            aggregate,
            dtype,
            literals: Vec::new(),
            split_every: SPLIT_EVERY,
            keepdims: KeepDims::No,
        }
    }

    /// The three functions of a component's reduction: of `mean`, they are called `mean.chunk`, `mean.combine` and
    /// `mean.aggregate`.
    pub fn of_component(component: &Component, name: &str, dtype: DType) -> Self {
        let part = |part: &str| component.function(&format!("{name}.{part}"));
        Self::new(part("chunk"), part("combine"), part("aggregate"), dtype)
    }

    /// The next argument of all three functions: a value that is short, or made of short ones.
    pub fn literal(mut self, argument: impl Into<Argument>) -> Self {
        self.literals.push(argument.into());
        self
    }

    /// How many partial results one task combines; 2 at least.
    pub fn split_every(mut self, n: u32) -> Self {
        self.split_every = n;
        self
    }

    /// Whether reduced axes stay, with length 1.
    pub fn keepdims(mut self, keepdims: KeepDims) -> Self {
        self.keepdims = keepdims;
        self
    }
}

impl Array {
    /// The array reduced along axes by a user's functions.
    pub fn reduction(&self, reduction: &BlockReduction, axes: impl Into<Axes>) -> Self {
        Self::or_failed(self.try_reduction(reduction, &axes.into()))
    }

    fn try_reduction(&self, reduction: &BlockReduction, axes: &Axes) -> Result<Self, Error> {
        const NAME: &str = "reduction";
        self.check()?;
        let axes = axes.of(NAME, self.ndim())?;
        if reduction.split_every < 2 {
            return Err(Error::array(NAME, "a task combines 2 partial results at least".to_owned()));
        }
        let too_large = || {
            let reason =
                "an argument is too large to travel inside each task; let the functions hold it".to_owned();
            Error::array(NAME, reason)
        };
        let literals: Option<Vec<Arg>> = reduction.literals.iter().map(inline).collect();
        let literals = literals.ok_or_else(too_large)?;
        let args = |first: Arg| std::iter::once(first).chain(literals.clone()).collect::<Vec<_>>();
        let call =
            |callee: &Callee, wiring, first| Call::new(&callee.name(), callee.clone(), wiring, args(first));
        let inputs = vec![self.clone()];
        let each = call(&reduction.chunk, aligned(self.grid(), &inputs), Arg::Input(0));
        let partials = each.partials(inputs, &blocks(self.grid()))?;
        let partials = split_tree(partials, &axes, reduction.split_every, |wiring| {
            Ok(call(&reduction.combine, wiring, Arg::Inputs))
        })?;
        let keepdims = reduction.keepdims == KeepDims::Yes;
        let (grid, unknown) = kept(self, NAME, &axes, keepdims)?;
        let wiring = finished(&partials, &axes, keepdims, &grid);
        let last = call(&reduction.aggregate, wiring, Arg::Inputs);
        declared(
            last.on(vec![partials], reduction.dtype, grid).with_unknown(unknown),
            &reduction.aggregate.name(),
        )
    }
}
