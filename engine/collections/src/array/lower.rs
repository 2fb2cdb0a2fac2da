//! Arrays made into layers of tasks, and blocks into arrays.

use std::any::Any;
use std::sync::Arc;

use gristmill_data::{Chunk, ChunkGrid, ChunkRuns, DType, Value};
use gristmill_graph::{Arg, Csr, Function, Key, Layer, LayerId, Params, Wiring};
use gristmill_kernels::expr::{Expr, Number};

use super::call::{aligned, block_of, blocks, integers, labelled, listed, runs};
use super::chunks::ends;
use super::plan::{planned, topological};
use super::{Array, Op, Source};
use crate::file_kernel::READ;
use crate::program::Builder;
use crate::{BlockSizes, Callee, Collection, Error, Program, kernel};

impl Collection for Array {
    type Output = Chunk;

    /// All blocks are wanted, one array's after the other's.
    ///
    /// # Errors
    /// The first mistake in an array ([`Array::check`]), or the graph's own when it outgrows its limits.
    fn program(arrays: &[Self]) -> Result<Program, Error> {
        Self::program_within(arrays, 0)
    }

    fn program_within(arrays: &[Self], memory_nbytes: u64) -> Result<Program, Error> {
        Self::all_checked(arrays)?;
        let mut builder = Builder::default();
        let planned = planned(arrays, memory_nbytes)?;
        builder.lower(&planned)?;
        let mut wanted = Vec::new();
        for array in &planned {
            let n_blocks = array.grid().n_chunks() as u32;
            wanted.extend(
                builder
                    .layer(array)
                    .into_iter()
                    .flat_map(|layer| (0..n_blocks).map(move |index| layer.task(index))),
            );
        }
        builder.finish(wanted)
    }

    fn n_results(&self) -> usize {
        self.grid().n_chunks() as usize
    }

    /// The whole array.
    fn output(&self, blocks: Vec<Value>) -> Result<Chunk, Error> {
        self.check()?;
        if self.unknown().is_empty() {
            return assembled(self.dtype(), self.grid(), blocks);
        }
        let refused = Error::data("compute");
        let shapes = blocks.iter().map(|block| block.as_chunk().map(Chunk::shape).map_err(refused));
        assembled(self.dtype(), &self.found(shapes)?, blocks)
    }
}

impl Array {
    /// The same array, whose blocks a cluster holds under these keys for as long as `keep` lives.
    ///
    /// # Errors
    /// The mistake in the array, if there is one, or when there are more or fewer keys than blocks.
    pub fn held(&self, keys: Vec<Key>, keep: Arc<dyn Any + Send + Sync>) -> Result<Self, Error> {
        self.check()?;
        if keys.len() != self.n_results() {
            return Err(Error::array(
                "persist",
                format!("{} keys for {} blocks", keys.len(), self.n_results()),
            ));
        }
        let op = Op::Held { keys: keys.into(), keep };
        Ok(Self::new(op, Vec::new(), self.dtype(), self.grid().clone()).with_unknown(self.unknown().clone()))
    }

    /// What the array's blocks take, as tasks make them.
    fn block_sizes(&self) -> BlockSizes {
        let read_steps = match self.op() {
            Op::Source(Source { steps, .. }) => steps.iter().map(|step| step.unsigned_abs()).collect(),
            _ => Vec::new(),
        };
        let (grid, item_nbytes) = (self.grid().clone(), self.item_nbytes());
        let (dtype, is_bound) = (Some(self.dtype()), !self.unknown().is_empty());
        BlockSizes { grid, dtype, item_nbytes, read_steps, is_bound }
    }
}

/// The whole array of its blocks, in order.
fn assembled(dtype: DType, grid: &ChunkGrid, blocks: Vec<Value>) -> Result<Chunk, Error> {
    let refused = Error::data("compute");
    let filled = grid.blocks().zip(blocks).filter(|(block, _)| !is_empty(grid, block));
    let chunks = filled.map(|(_, block)| block.as_chunk().cloned()).collect::<Result<Vec<_>, _>>();
    let along = |axis| grid.chunks(axis).iter().copied().filter(|&length| length > 0).collect();
    let filled = ChunkGrid::new((0..grid.ndim()).map(along).collect()).map_err(refused)?;
    gristmill_kernels::assemble(dtype, &ChunkRuns::from(&filled), &chunks.map_err(refused)?)
        .map_err(Error::kernel("compute"))
}

impl Builder {
    /// Adds the layers of planned arrays, after the calls whose results they have.
    pub(crate) fn lower(&mut self, planned: &[Array]) -> Result<(), Error> {
        let all = topological(planned);
        all.iter().flat_map(Array::own_calls).try_for_each(|call| self.visit(call))?;
        for array in all {
            if self.layer(&array).is_none() {
                let layer = self.array(&array)?;
                self.on_device(layer, array.device());
                self.lowered(&array, layer, array.block_sizes());
            }
        }
        Ok(())
    }

    /// The layer whose tasks make the array's blocks, in order.
    fn array(&mut self, array: &Array) -> Result<LayerId, Error> {
        let inputs = array.inputs();
        match (array.op(), inputs) {
            (Op::Failed(error), _) => Err(Error::Shared(error.clone())),
            (Op::Data(chunk), _) => self.data(array, chunk),
            (Op::Held { keys, keep }, _) => {
                self.keep(keep.clone());
                Ok(self.push(Layer::new("held", Function::identity(), Wiring::Held(keys.to_vec()))))
            }
            (Op::Delayed(calls), _) => {
                let tasks = calls.iter().map(|call| self.task(call));
                let layer = Layer::new("delayed", Function::identity(), listed(tasks)?);
                Ok(self.push(layer.args([Arg::Input(0)])))
            }
            (Op::Full(value), _) => {
                let args = [Arg::text(array.dtype().name()), number(*value)];
                Ok(self.source(array, &kernel("full")?, args, "full"))
            }
            (Op::Made { kernel: name, args }, _) => {
                Ok(self.source(array, &kernel(name)?, args.iter().cloned(), name))
            }
            (Op::Source(source), _) => {
                Ok(self.source(array, &Callee::File(&READ), source.args(), &source.name()))
            }
            (Op::Elementwise(expr), _) => {
                let args = vec![Arg::text(&expr.to_string()), Arg::Inputs];
                self.kernel(&program_name(expr), "elementwise", aligned(array.grid(), inputs), args, inputs)
            }
            (Op::Select { starts, steps }, [input]) => self.select(array, starts, steps, input),
            (Op::Transpose(axes), [input]) => self.transpose(array, axes, input),
            (Op::Concatenate(axis), _) => self.concatenate(array, *axis, inputs),
            (Op::Call(call), _) => {
                self.note_code(call.callee());
                Ok(self.layer_of(call.layer().clone(), inputs))
            }
            (Op::Reduce { .. } | Op::Select { .. } | Op::Transpose(_), _) => {
                Err(Error::array("compute", format!("`{}` is not one layer of tasks", array.op().name())))
            }
        }
    }

    /// A layer that reads input *n* as layer *n*.
    fn layer_of(&mut self, mut layer: Layer, inputs: &[Array]) -> LayerId {
        // Inputs come before their users.
        let input = |n: LayerId| inputs.get(n.0 as usize).and_then(|input| self.layer(input)).unwrap_or(n);
        layer.wiring.map_layers(input);
        self.push(layer)
    }

    fn kernel(
        &mut self,
        name: &str,
        kernel_name: &str,
        wiring: Wiring,
        args: Vec<Arg>,
        inputs: &[Array],
    ) -> Result<LayerId, Error> {
        Ok(self.layer_of(Layer::new(name, kernel(kernel_name)?.identity(), wiring).args(args), inputs))
    }

    fn data(&mut self, array: &Array, chunk: &Chunk) -> Result<LayerId, Error> {
        let mut keys = Vec::new();
        let whole = one_block(&array.shape()).map_err(Error::data("data"))?;
        for (index, block) in (0..).zip(array.grid().blocks()) {
            let parts = (vec![0; array.ndim()], vec![1; array.ndim()]);
            let from = if is_empty(array.grid(), &block) { Vec::new() } else { vec![chunk.clone().into()] };
            let block = selected(array.dtype(), &whole, parts, array.grid(), index, from);
            let block = Value::Chunk(block.map_err(Error::kernel("data"))?);
            keys.push(self.value("data", &block)?);
        }
        Ok(self.push(Layer::new("data", Function::identity(), Wiring::Held(keys))))
    }

    /// Tasks that read no others: a function of these arguments, the grid and the block's index.
    fn source(
        &mut self,
        array: &Array,
        callee: &Callee,
        args: impl IntoIterator<Item = Arg>,
        name: &str,
    ) -> LayerId {
        let wiring = Wiring::Source { n: array.grid().n_chunks() as u32 };
        let args = args.into_iter().chain([runs(array.grid()), Arg::Param(0)]);
        self.push(Layer::new(name, callee.identity(), wiring).args(args).params(Params::Index))
    }

    fn select(
        &mut self,
        array: &Array,
        starts: &[i64],
        steps: &[i64],
        input: &Array,
    ) -> Result<LayerId, Error> {
        let axes = starts.iter().zip(steps).enumerate();
        let spans = axes.map(|(axis, (&start, &step))| {
            spans(input.grid().chunks(axis), array.grid().chunks(axis), start, step)
        });
        let wiring =
            Wiring::Rechunk { input: LayerId(0), grid: blocks(input.grid()), spans: spans.collect() };
        let args = vec![
            Arg::text(array.dtype().name()),
            runs(input.grid()),
            integers(starts),
            integers(steps),
            runs(array.grid()),
            Arg::Param(0),
            Arg::Inputs,
        ];
        let is_recut = array.shape() == input.shape() && steps.iter().all(|&step| step == 1);
        let name = if is_recut { "rechunk" } else { "slice" };
        let layer = Layer::new(name, kernel("select")?.identity(), wiring).args(args).params(Params::Index);
        Ok(self.layer_of(layer, std::slice::from_ref(input)))
    }

    fn transpose(&mut self, array: &Array, axes: &[Option<usize>], input: &Array) -> Result<LayerId, Error> {
        let rank = array.ndim() as u32;
        let labels = (0..input.ndim()).map(|own| {
            let place = axes.iter().position(|&axis| axis == Some(own));
            // An axis that goes has one block; its label is none of the result's.
            place.map_or(rank + own as u32, |place| place as u32)
        });
        let inputs = std::slice::from_ref(input);
        let wiring = labelled(&blocks(array.grid()), inputs, &[labels.collect()]);
        let axes = axes.iter().map(|axis| Arg::Int(axis.map_or(-1, |axis| axis as i64)));
        let args = vec![Arg::List(axes.collect()), Arg::Input(0)];
        self.kernel("transpose", "transpose", wiring, args, inputs)
    }

    fn concatenate(&mut self, array: &Array, axis: usize, inputs: &[Array]) -> Result<LayerId, Error> {
        let too_large =
            || Error::array("concatenate", "it has more blocks than a layer has tasks".to_owned());
        let mut rows = Csr::new();
        for mut block in array.grid().blocks() {
            let mut found = None;
            for (number, input) in (0..).zip(inputs) {
                let n = input.grid().chunks(axis).len() as u64;
                let Some(place) = block.get_mut(axis) else { break };
                if *place < n {
                    found = input.grid().index(&block).map(|index| (number, index));
                    break;
                }
                *place -= n;
            }
            let (input, index) = found.ok_or_else(too_large)?;
            rows.push_row([block_of(input, u32::try_from(index).map_err(|_| too_large())?)])?;
        }
        self.kernel("concatenate", "identity", Wiring::Explicit(rows), vec![Arg::Input(0)], inputs)
    }
}

/// Whether a block has no elements: it is part of nothing.
fn is_empty(grid: &ChunkGrid, block: &[u64]) -> bool {
    grid.block_shape(block).is_none_or(|shape| shape.contains(&0))
}

/// For each chunk of a slice along one axis, the chunks of the array between the first and the last that it touches.
pub(super) fn spans(chunks: &[u64], sliced: &[u64], start: i64, step: i64) -> Vec<(u32, u32)> {
    let ends: Vec<u64> = ends(chunks).collect();
    let chunk_of = |position: i64| ends.partition_point(|&end| end <= position as u64) as u32;
    let mut done = 0;
    let span = |&length: &u64| {
        if length == 0 {
            return (0, 0);
        }
        let (first, last) = (start + step * done, start + step * (done + length as i64 - 1));
        done += length as i64;
        (chunk_of(first.min(last)), chunk_of(first.max(last)) + 1)
    };
    sliced.iter().map(span).collect()
}

/// What a program does, in short.
fn program_name(expr: &Expr) -> String {
    let names: Vec<&str> = expr.steps().iter().map(|step| step.op.name()).collect();
    match &names[..] {
        [] => "elementwise".to_owned(),
        [only] => (*only).to_owned(),
        [first, .., last] => format!("{first}…{last}"),
    }
}

/// The grid of an array that is not cut.
pub(super) fn one_block(shape: &[u64]) -> Result<ChunkGrid, gristmill_data::Error> {
    ChunkGrid::new(shape.iter().map(|&length| vec![length]).collect())
}

/// Block `index` of `to`, of the blocks of `from` that it touches: what tasks of a selection do, done here.
pub(super) fn selected(
    dtype: DType,
    from: &ChunkGrid,
    (starts, steps): (Vec<i64>, Vec<i64>),
    to: &ChunkGrid,
    index: u64,
    blocks: Vec<Value>,
) -> Result<Chunk, gristmill_kernels::Error> {
    let args = [
        dtype.name().into(),
        ChunkRuns::from(from).to_string().into(),
        Value::list(starts),
        Value::list(steps),
        ChunkRuns::from(to).to_string().into(),
        index.into(),
        Value::list(blocks),
    ];
    let chunk = gristmill_kernels::call("select", &args)?.as_chunk().cloned();
    chunk.map_err(|source| gristmill_kernels::Error::Data { kernel: "select", source })
}

/// A number as an argument.
pub(super) fn number(number: Number) -> Arg {
    match number {
        Number::Int(int) => match i64::try_from(int) {
            Ok(int) => Arg::Int(int),
            Err(_) => Arg::UInt(int as u64),
        },
        Number::Float(float) => Arg::Float(float),
        Number::Complex(complex) => Arg::List(vec![Arg::Float(complex.re), Arg::Float(complex.im)]),
    }
}
