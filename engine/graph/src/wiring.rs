//! [`Wiring`]: which inputs each task of a layer has, as a rule instead of a list.
//!
//! A rule is a few numbers however many tasks follow from it, and it answers "what does task *i* read?" in
//! constant memory. So a graph of a million tasks is small enough to send, and only tasks that are wanted are made.
//!
//! # Layout
//! - this file: the rules and how to build them
//! - `inputs`: what a task reads
//! - `check`: which rules are refused

use serde::{Deserialize, Serialize};

use crate::{Csr, Error, Key, LayerId, TaskRef};

mod check;
mod inputs;

pub(crate) use inputs::Inputs;

/// How many axes a grid of blocks may have.
pub const RANK_MAX: usize = 32;

/// Which inputs each task of a layer has.
///
/// Tasks of a grid are numbered in C order: the last axis varies fastest. So are the inputs of one task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wiring {
    /// Tasks without inputs.
    Source {
        /// How many tasks there are.
        n: u32,
    },
    /// Results that exist already, by key: scattered data, or results of an earlier graph. Nothing is run.
    Held(Vec<Key>),
    /// A list of inputs for each task: of earlier layers, or earlier tasks of this layer.
    Explicit(Csr<TaskRef>),
    /// Index notation over grids of blocks, such as `ij <- ik, kj` for a matrix product.
    Blockwise {
        /// The number of blocks along each axis of the output.
        grid: Vec<u32>,
        /// The blocks that each output block reads, one operand after the other.
        inputs: Vec<BlockMap>,
    },
    /// One level of a tree reduction: neighbouring blocks are read together.
    Group {
        /// The layer that is read.
        input: LayerId,
        /// Its number of blocks along each axis.
        grid: Vec<u32>,
        /// How many blocks along each axis go into one.
        fan_in: Vec<u32>,
    },
    /// A stencil: each block reads itself and its neighbours, diagonal ones too.
    Halo {
        /// The layer that is read.
        input: LayerId,
        /// The number of blocks along each axis, of input and output alike.
        grid: Vec<u32>,
        /// How many neighbours to each side, along each axis.
        depth: Vec<u32>,
        /// What lies beyond the first and the last block.
        boundary: Boundary,
    },
    /// Each block reads a box of blocks: other chunk sizes, or a slice. Built by [`Wiring::rechunk`].
    Rechunk {
        /// The layer that is read.
        input: LayerId,
        /// Its number of blocks along each axis.
        grid: Vec<u32>,
        /// Along each axis, for each output block: the first input block that is read, and the first that is not.
        spans: Vec<Vec<(u32, u32)>>,
    },
    /// Every task reads every task.
    AllToAll {
        /// The layer that is read.
        input: LayerId,
        /// How many tasks it has.
        n_in: u32,
        /// How many tasks read it.
        n_out: u32,
    },
}

/// One operand of [`Wiring::Blockwise`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockMap {
    /// The layer that is read.
    pub layer: LayerId,
    /// Its number of blocks along each axis.
    pub grid: Vec<u32>,
    /// The index of each axis. Indices below the output's rank are the output's axes: the block at the same position is
    /// read, or the only one there is (broadcasting). All blocks along other indices are read, lower indices varying slowest.
    pub axes: Vec<u32>,
}

/// What lies beyond the edge of a stencil.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Boundary {
    /// Nothing: blocks at the edge have fewer inputs.
    None,
    /// The other side.
    Periodic,
}

impl Wiring {
    /// One-to-one: task *i* reads task *i* of `input`, which has `n`.
    pub fn each(input: LayerId, n: u32) -> Self {
        Self::Blockwise {
            grid: vec![n],
            inputs: vec![BlockMap { layer: input, grid: vec![n], axes: vec![0] }],
        }
    }

    /// One-to-one with several operands of the same length: task *i* reads task *i* of each.
    pub fn zip(inputs: impl IntoIterator<Item = LayerId>, n: u32) -> Self {
        let operand = |layer| BlockMap { layer, grid: vec![n], axes: vec![0] };
        Self::Blockwise { grid: vec![n], inputs: inputs.into_iter().map(operand).collect() }
    }

    /// Index notation: for each operand its layer, its grid and the index of each axis, as in [`BlockMap`].
    pub fn blockwise<'a>(
        grid: impl Into<Vec<u32>>,
        inputs: impl IntoIterator<Item = (LayerId, &'a [u32], &'a [u32])>,
    ) -> Self {
        let operand = |(layer, grid, axes): (_, &[u32], &[u32])| BlockMap {
            layer,
            grid: grid.into(),
            axes: axes.into(),
        };
        Self::Blockwise { grid: grid.into(), inputs: inputs.into_iter().map(operand).collect() }
    }

    /// Groups of `fan_in` neighbours of the `n` tasks of `input`; the last group may be smaller.
    pub fn groups(input: LayerId, n: u32, fan_in: u32) -> Self {
        Self::Group { input, grid: vec![n], fan_in: vec![fan_in] }
    }

    /// Other chunk lengths for the same array: `from` and `to` hold the lengths along each axis.
    ///
    /// # Errors
    /// Returns [`Error::Wiring`] when the two differ in rank or in length along an axis.
    pub fn rechunk(input: LayerId, from: &[Vec<u64>], to: &[Vec<u64>]) -> Result<Self, Error> {
        let refuse = |reason| Err(Error::Wiring { layer: "rechunk".into(), reason });
        if from.len() != to.len() {
            return refuse(format!("from has {} axes, to has {}", from.len(), to.len()));
        }
        let mut spans = Vec::with_capacity(to.len());
        for (axis, (from, to)) in from.iter().zip(to).enumerate() {
            let (n_from, n_to) = (ends(from).last(), ends(to).last());
            if n_from != n_to {
                return refuse(format!(
                    "axis {axis} has length {n_from:?}, but the new chunks cover {n_to:?}"
                ));
            }
            spans.push(axis_spans(from, to));
        }
        let grid = from.iter().map(|axis| axis.len() as u32).collect();
        Ok(Self::Rechunk { input, grid, spans })
    }

    /// The number of tasks; `u32::MAX` where there are more, which [`Graph::push`](crate::Graph::push) refuses.
    pub fn n_tasks(&self) -> u32 {
        u32::try_from(self.n_tasks_exact()).unwrap_or(u32::MAX)
    }

    /// Whether task *i* reads task *i* of this layer and nothing else.
    pub fn one_to_one(&self) -> Option<LayerId> {
        match self {
            Self::Blockwise { grid, inputs } => match inputs.as_slice() {
                [only] if only.grid == *grid && only.axes.iter().copied().eq(0..grid.len() as u32) => {
                    Some(only.layer)
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// The layers that are read, each once, in the order of first use.
    pub fn reads(&self) -> Vec<LayerId> {
        let mut layers = Vec::new();
        let mut add = |layer: LayerId| {
            if !layers.contains(&layer) {
                layers.push(layer);
            }
        };
        match self {
            Self::Source { .. } | Self::Held(_) => {}
            Self::Explicit(rows) => {
                let mut all: Vec<LayerId> = rows.values().iter().map(|task| task.layer).collect();
                all.sort_unstable();
                all.dedup();
                return all;
            }
            Self::Blockwise { inputs, .. } => inputs.iter().for_each(|operand| add(operand.layer)),
            Self::Group { input, .. }
            | Self::Halo { input, .. }
            | Self::Rechunk { input, .. }
            | Self::AllToAll { input, .. } => add(*input),
        }
        layers
    }

    /// Reads other layers: each id becomes what `to` says.
    pub fn map_layers(&mut self, mut to: impl FnMut(LayerId) -> LayerId) {
        match self {
            Self::Source { .. } | Self::Held(_) => {}
            Self::Explicit(rows) => rows.values_mut().iter_mut().for_each(|task| task.layer = to(task.layer)),
            Self::Blockwise { inputs, .. } => {
                inputs.iter_mut().for_each(|operand| operand.layer = to(operand.layer));
            }
            Self::Group { input, .. }
            | Self::Halo { input, .. }
            | Self::Rechunk { input, .. }
            | Self::AllToAll { input, .. } => *input = to(*input),
        }
    }

    /// No task has more inputs than this.
    pub fn n_inputs_max(&self) -> u64 {
        match self {
            Self::Source { .. } | Self::Held(_) => 0,
            Self::Explicit(rows) => rows.rows().map(|row| row.len() as u64).max().unwrap_or(0),
            Self::Blockwise { grid, inputs } => {
                let is_whole = |&(&label, _): &(&u32, &u32)| label as usize >= grid.len();
                let read = |operand: &BlockMap| {
                    product(operand.axes.iter().zip(&operand.grid).filter(is_whole).map(|(_, &n)| n))
                };
                inputs.iter().map(read).fold(0, u64::saturating_add)
            }
            Self::Group { grid, fan_in, .. } => {
                product(grid.iter().zip(fan_in).map(|(&n, &fan_in)| n.min(fan_in)))
            }
            Self::Halo { grid, depth, boundary, .. } => {
                product(grid.iter().zip(depth).map(|(&n, &depth)| {
                    let around = depth.saturating_mul(2).saturating_add(1);
                    if *boundary == Boundary::None { around.min(n) } else { around }
                }))
            }
            Self::Rechunk { spans, .. } => {
                product(spans.iter().map(|axis| {
                    axis.iter().map(|&(start, end)| end.saturating_sub(start)).max().unwrap_or(0)
                }))
            }
            Self::AllToAll { n_in, .. } => u64::from(*n_in),
        }
    }

    /// The number of tasks, before it is known to fit.
    pub(crate) fn n_tasks_exact(&self) -> u64 {
        match self {
            Self::Source { n } => u64::from(*n),
            Self::Held(keys) => keys.len() as u64,
            Self::Explicit(rows) => rows.len() as u64,
            Self::Blockwise { grid, .. } | Self::Halo { grid, .. } => product(grid.iter().copied()),
            Self::Group { grid, fan_in, .. } => {
                product(grid.iter().zip(fan_in).map(|(&n, &fan_in)| n.div_ceil(fan_in.max(1))))
            }
            Self::Rechunk { spans, .. } => product(spans.iter().map(|axis| axis.len() as u32)),
            Self::AllToAll { n_out, .. } => u64::from(*n_out),
        }
    }
}

impl BlockMap {
    /// An operand whose axes are the output's last axes, as NumPy broadcasts.
    pub fn broadcast(layer: LayerId, grid: &[u32], out_rank: usize) -> Self {
        let first = out_rank.saturating_sub(grid.len()) as u32;
        Self { layer, grid: grid.to_vec(), axes: (first..).take(grid.len()).collect() }
    }
}

/// The number of blocks in a grid; saturates.
fn product(grid: impl IntoIterator<Item = u32>) -> u64 {
    grid.into_iter().fold(1, |n, axis| n.saturating_mul(u64::from(axis)))
}

/// Where each chunk ends.
fn ends(chunks: &[u64]) -> impl Iterator<Item = u64> {
    chunks.iter().scan(0u64, |end, &length| {
        *end = end.saturating_add(length);
        Some(*end)
    })
}

/// For each chunk of `to`, the range of chunks of `from` that it overlaps; an empty chunk reads its neighbour.
fn axis_spans(from: &[u64], to: &[u64]) -> Vec<(u32, u32)> {
    let from_ends: Vec<u64> = ends(from).collect();
    let mut start = 0;
    ends(to)
        .map(|end| {
            let first =
                from_ends.partition_point(|&from_end| from_end <= start).min(from.len().saturating_sub(1));
            let last = from_ends.partition_point(|&from_end| from_end < end).max(first);
            start = end;
            (first as u32, (last + 1).min(from.len()) as u32)
        })
        .collect()
}

#[cfg(test)]
mod tests;
