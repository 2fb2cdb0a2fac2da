//! Arrays made into layers of tasks.

mod steps;

use std::any::Any;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use gristmill_data::{Chunk, ChunkGrid, ChunkRuns, DType, Value};
use gristmill_graph::{Arg, Csr, Key, Layer, LayerId, Params, TaskRef, Wiring};
use gristmill_kernels::Reduction;
use gristmill_kernels::expr::{Expr, Number};

use super::plan::{fused, optimised, topological};
use super::{Array, Op, Source};
use crate::{Callee, Collection, Error, Program, kernel};

/// How many partials one task of a reduction combines: few enough to start early, many enough for few levels.
const PARTIALS_MAX: u32 = 16;

impl Collection for Array {
    type Output = Chunk;

    /// All blocks are wanted, one array's after the other's.
    ///
    /// # Errors
    /// The first mistake in an array ([`Array::check`]), or the graph's own when it outgrows its limits.
    fn program(arrays: &[Self]) -> Result<Program, Error> {
        let mut lowering = Lowering::default();
        let wanted = optimised(arrays);
        let ordered = topological(&wanted);
        for array in ordered.iter().flat_map(|array| array.op().inputs()).chain(&wanted) {
            *lowering.n_users.entry(array.address()).or_default() += 1;
        }
        // An input whose program went into a reduction is needed by nobody.
        let mut needed: HashSet<usize> = wanted.iter().map(Array::address).collect();
        for array in ordered.iter().rev() {
            if !needed.contains(&array.address()) {
                continue;
            }
            match lowering.program_of(array) {
                Some(program) => {
                    needed.extend(program.1.iter().map(Array::address));
                    lowering.programs.insert(array.address(), program);
                }
                None => needed.extend(array.op().inputs().iter().map(Array::address)),
            }
        }
        for array in ordered.iter().filter(|array| needed.contains(&array.address())) {
            let layer = lowering.array(array)?;
            lowering.done.insert(array.address(), layer);
        }
        for array in &wanted {
            let layer = lowering.layer(array);
            let n_blocks = array.grid().n_chunks() as u32;
            lowering.program.wanted.extend((0..n_blocks).map(|index| layer.task(index)));
        }
        Ok(lowering.program)
    }

    fn n_results(&self) -> usize {
        self.grid().n_chunks() as usize
    }

    /// The whole array.
    fn output(&self, blocks: Vec<Value>) -> Result<Chunk, Error> {
        self.check()?;
        self.assembled(blocks)
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
        Ok(Self::new(op, self.dtype(), self.grid().clone()))
    }

    /// The whole array of its blocks, in order.
    fn assembled(&self, blocks: Vec<Value>) -> Result<Chunk, Error> {
        let whole = one_block(&self.shape()).map_err(|error| Error::array("compute", error.to_string()))?;
        let ndim = self.ndim();
        // Empty blocks are part of nothing.
        let is_empty = |block: &[u64]| self.grid().block_shape(block).is_none_or(|shape| shape.contains(&0));
        let filled = self.grid().blocks().zip(blocks).filter(|(block, _)| !is_empty(block));
        let blocks: Vec<Value> = filled.map(|(_, value)| value).collect();
        let along = |axis| self.grid().chunks(axis).iter().copied().filter(|&length| length > 0).collect();
        let grid = ChunkGrid::new((0..ndim).map(along).collect());
        let grid = grid.map_err(|error| Error::array("compute", error.to_string()))?;
        let from = if self.size() == 0 { self.grid() } else { &grid };
        let chunk = selected(self.dtype(), from, (vec![0; ndim], vec![1; ndim]), &whole, 0, blocks);
        chunk.map_err(Error::kernel("compute"))
    }
}

#[derive(Default)]
struct Lowering {
    program: Program,
    done: HashMap<usize, LayerId>,
    n_users: HashMap<usize, usize>,
    /// What reductions run, and on what.
    programs: HashMap<usize, (Expr, Vec<Array>)>,
}

impl Lowering {
    /// The layer whose tasks make the array's blocks, in order.
    fn array(&mut self, array: &Array) -> Result<LayerId, Error> {
        match array.op() {
            Op::Failed(error) => Err(Error::Shared(error.clone())),
            Op::Data(chunk) => self.data(array, chunk),
            Op::Held { keys, keep } => {
                self.program.keep.push(keep.clone());
                self.push(Layer::new(
                    "held",
                    gristmill_graph::Function::identity(),
                    Wiring::Held(keys.to_vec()),
                ))
            }
            Op::Full(_) | Op::Arange { .. } | Op::Eye { .. } | Op::Random { .. } => self.made(array),
            Op::Source(source) => self.source(array, source),
            Op::Write { callee, input } => self.write(array, callee, input),
            Op::Elementwise { expr, inputs } => self.elementwise(array, expr, inputs),
            Op::Reduce { reduction, axes, keepdims, .. } => self.reduce(array, *reduction, axes, *keepdims),
            Op::Select { starts, steps, input } => self.select(array, starts, steps, input),
            Op::Transpose { axes, input } => self.transpose(array, axes, input),
            Op::Concatenate { axis, inputs } => self.concatenate(array, *axis, inputs),
            Op::MapBlocks { callee, literals, inputs } => self.map_blocks(array, callee, literals, inputs),
            Op::Scan { scan, axis, input } => self.scan(array, *scan, *axis, input),
            Op::MatMul { inputs } => self.matmul(array, inputs),
        }
    }

    fn push(&mut self, layer: Layer) -> Result<LayerId, Error> {
        Ok(self.program.graph.push(layer)?)
    }

    fn call(
        &mut self,
        name: &str,
        kernel_name: &str,
        wiring: Wiring,
        args: Vec<Arg>,
    ) -> Result<LayerId, Error> {
        let function = kernel(kernel_name)?.identity();
        self.push(Layer::new(name, function, wiring).args(args))
    }

    fn layer(&self, array: &Array) -> LayerId {
        // Inputs come before their users.
        self.done.get(&array.address()).copied().unwrap_or(LayerId(0))
    }

    fn data(&mut self, array: &Array, chunk: &Chunk) -> Result<LayerId, Error> {
        let mut keys = Vec::new();
        let whole = one_block(&array.shape()).map_err(|error| Error::array("data", error.to_string()))?;
        for index in 0..array.grid().n_chunks() {
            let parts = (vec![0; array.ndim()], vec![1; array.ndim()]);
            let from = if array.size() == 0 { Vec::new() } else { vec![chunk.clone().into()] };
            let block = selected(array.dtype(), &whole, parts, array.grid(), index, from);
            let block = Value::Chunk(block.map_err(Error::kernel("data"))?);
            let key = Self::value_key(&block)?;
            keys.push(key);
            self.program.values.push((key, block));
        }
        self.push(Layer::new("data", gristmill_graph::Function::identity(), Wiring::Held(keys)))
    }

    fn value_key(value: &Value) -> Result<Key, Error> {
        Program::value_key(value).map_err(|source| Error::Encode { name: "data".to_owned(), source })
    }

    fn made(&mut self, array: &Array) -> Result<LayerId, Error> {
        let dtype = Arg::text(array.dtype().name());
        let (name, mut args) = match array.op() {
            Op::Full(value) => ("full", vec![dtype, number(*value)]),
            Op::Arange { start, step, axis } => {
                ("arange", vec![dtype, number(*start), number(*step), Arg::UInt(*axis as u64)])
            }
            Op::Eye { k } => ("eye", vec![dtype, Arg::Int(*k)]),
            Op::Random { distribution, seed, stream } => {
                let distribution = Arg::text(&distribution.to_string());
                ("random", vec![distribution, dtype, Arg::UInt(*seed), Arg::UInt((*stream).into())])
            }
            _ => return Err(Error::array(array.op().name(), "it is not made of nothing".to_owned())),
        };
        args.extend([Arg::text(&runs(array.grid())), Arg::Param(0)]);
        let wiring = Wiring::Source { n: array.grid().n_chunks() as u32 };
        self.push(Layer::new(name, kernel(name)?.identity(), wiring).args(args).params(Params::Index))
    }

    fn source(&mut self, array: &Array, source: &Source) -> Result<LayerId, Error> {
        self.note(&source.callee);
        let grid = Arg::text(&runs(array.grid()));
        let args = [integers(&source.starts), integers(&source.steps), grid, Arg::Param(0)];
        let wiring = Wiring::Source { n: array.grid().n_chunks() as u32 };
        let layer = Layer::new(&source.callee.name(), source.callee.identity(), wiring);
        self.push(layer.args(args).params(Params::Index))
    }

    fn write(&mut self, array: &Array, callee: &Callee, input: &Array) -> Result<LayerId, Error> {
        self.note(callee);
        let wiring = self.blockwise(array.grid(), std::slice::from_ref(input));
        let args = [Arg::Input(0), Arg::text(&runs(array.grid())), Arg::Param(0)];
        let layer = Layer::new(&callee.name(), callee.identity(), wiring);
        self.push(layer.args(args).params(Params::Index))
    }

    /// Ships what a callee needs.
    fn note(&mut self, callee: &Callee) {
        match callee {
            Callee::Component { component, .. } => self.program.components.push(component.clone()),
            Callee::Native(native) => self.program.natives.push(native.clone()),
            Callee::Kernel(_) => {}
        }
    }

    fn elementwise(&mut self, array: &Array, expr: &Expr, inputs: &[Array]) -> Result<LayerId, Error> {
        let wiring = self.blockwise(array.grid(), inputs);
        self.call(&program_name(expr), "elementwise", wiring, vec![Arg::text(&expr.to_string()), Arg::Inputs])
    }

    /// Each block of the result reads the block of each input at the same place, aligned at the last axis.
    fn blockwise(&self, grid: &ChunkGrid, inputs: &[Array]) -> Wiring {
        let rank = grid.ndim() as u32;
        let operands: Vec<(LayerId, Vec<u32>, Vec<u32>)> = inputs
            .iter()
            .map(|input| {
                (self.layer(input), blocks(input.grid()), (rank - input.ndim() as u32..rank).collect())
            })
            .collect();
        let operands = operands.iter().map(|(layer, grid, axes)| (*layer, &grid[..], &axes[..]));
        Wiring::blockwise(blocks(grid), operands)
    }

    /// The program that a reduction runs, and on what: that of its input, when nobody else needs it.
    fn program_of(&self, array: &Array) -> Option<(Expr, Vec<Array>)> {
        let Op::Reduce { input, .. } = array.op() else { return None };
        let mut builder = gristmill_kernels::expr::ExprBuilder::new();
        let own = builder.input(input.dtype()).ok()?;
        let itself = builder.finish(own);
        let is_alone = |input: &Array| self.n_users.get(&input.address()).is_none_or(|&n| n <= 1);
        let inputs = std::slice::from_ref(input);
        Some(fused(input.grid(), &itself, inputs, is_alone).unwrap_or((itself, vec![input.clone()])))
    }

    fn reduce(
        &mut self,
        array: &Array,
        reduction: Reduction,
        axes: &[u32],
        keepdims: bool,
    ) -> Result<LayerId, Error> {
        let (Op::Reduce { input, .. }, Some((expr, inputs))) =
            (array.op(), self.programs.remove(&array.address()))
        else {
            return Err(Error::array("reduce", "it reduces nothing".to_owned()));
        };
        let (name, text) = (reduction.kind.name(), Arg::text(&reduction.to_string()));
        let list = |axes: &[u32]| Arg::List(axes.iter().map(|&axis| Arg::UInt(axis.into())).collect());
        let args = vec![text.clone(), Arg::text(&expr.to_string()), list(axes), Arg::Inputs];
        let wiring = self.blockwise(input.grid(), &inputs);
        let mut layer = self.call(name, "reduce", wiring, args)?;
        let mut grid = blocks(input.grid());
        let is_open = |grid: &[u32]| {
            axes.iter().filter(|&&axis| grid.get(axis as usize).is_some_and(|&n| n > 1)).count()
        };
        while is_open(&grid) > 0 {
            let fan = (f64::from(PARTIALS_MAX).powf(1.0 / is_open(&grid) as f64) as u32).max(2);
            let along = |axis: usize| if axes.contains(&(axis as u32)) { fan } else { 1 };
            let fan_in: Vec<u32> = (0..grid.len()).map(along).collect();
            let next: Vec<u32> = grid.iter().zip(&fan_in).map(|(n, fan)| n.div_ceil(*fan)).collect();
            let wiring = Wiring::Group { input: layer, grid, fan_in };
            layer =
                self.call(&format!("{name}-combine"), "combine", wiring, vec![text.clone(), Arg::Inputs])?;
            grid = next;
        }
        let dropped = if keepdims { &[][..] } else { axes };
        let wiring = finish_wiring(layer, &grid, axes, keepdims, array.grid());
        let dtype = Arg::text(array.dtype().name());
        self.call(
            &format!("{name}-finish"),
            "finish",
            wiring,
            vec![text, dtype, list(dropped), Arg::Input(0)],
        )
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
            Wiring::Rechunk { input: self.layer(input), grid: blocks(input.grid()), spans: spans.collect() };
        let args = vec![
            Arg::text(array.dtype().name()),
            Arg::text(&runs(input.grid())),
            integers(starts),
            integers(steps),
            Arg::text(&runs(array.grid())),
            Arg::Param(0),
            Arg::Inputs,
        ];
        let is_recut = array.shape() == input.shape() && steps.iter().all(|&step| step == 1);
        let name = if is_recut { "rechunk" } else { "slice" };
        let layer = Layer::new(name, kernel("select")?.identity(), wiring).args(args).params(Params::Index);
        self.push(layer)
    }

    fn transpose(&mut self, array: &Array, axes: &[Option<usize>], input: &Array) -> Result<LayerId, Error> {
        let rank = array.ndim() as u32;
        let labels = (0..input.ndim()).map(|own| {
            let place = axes.iter().position(|&axis| axis == Some(own));
            // An axis that goes has one block; its label is none of the result's.
            place.map_or(rank + own as u32, |place| place as u32)
        });
        let (grid, labels) = (blocks(input.grid()), labels.collect::<Vec<_>>());
        let wiring = Wiring::blockwise(blocks(array.grid()), [(self.layer(input), &grid[..], &labels[..])]);
        let axes = axes.iter().map(|axis| Arg::Int(axis.map_or(-1, |axis| axis as i64)));
        self.call("transpose", "transpose", wiring, vec![Arg::List(axes.collect()), Arg::Input(0)])
    }

    fn concatenate(&mut self, array: &Array, axis: usize, inputs: &[Array]) -> Result<LayerId, Error> {
        let too_large =
            || Error::array("concatenate", "it has more blocks than a layer has tasks".to_owned());
        let mut rows = Csr::new();
        for mut block in array.grid().blocks() {
            let mut found = None;
            for input in inputs {
                let n = input.grid().chunks(axis).len() as u64;
                let Some(place) = block.get_mut(axis) else { break };
                if *place < n {
                    found = input.grid().index(&block).map(|index| (self.layer(input), index));
                    break;
                }
                *place -= n;
            }
            let (layer, index) = found.ok_or_else(too_large)?;
            let task: TaskRef = layer.task(u32::try_from(index).map_err(|_| too_large())?);
            rows.push_row([task])?;
        }
        self.call("concatenate", "identity", Wiring::Explicit(rows), vec![Arg::Input(0)])
    }

    fn map_blocks(
        &mut self,
        array: &Array,
        callee: &Callee,
        literals: &[Arg],
        inputs: &[Array],
    ) -> Result<LayerId, Error> {
        self.note(callee);
        let wiring = self.blockwise(array.grid(), inputs);
        let args = literals.iter().cloned().chain((0..inputs.len() as u32).map(Arg::Input));
        self.push(Layer::new(&callee.name(), callee.identity(), wiring).args(args))
    }
}

/// From partials, whose reduced axes have one block each, to blocks of the result.
fn finish_wiring(layer: LayerId, grid: &[u32], axes: &[u32], keepdims: bool, result: &ChunkGrid) -> Wiring {
    let rank = result.ndim() as u32;
    let mut kept = 0..rank;
    let labels = (0..grid.len() as u32).map(|axis| {
        let stays = keepdims || !axes.contains(&axis);
        if stays { kept.next().unwrap_or(axis) } else { rank + axis }
    });
    let labels: Vec<u32> = labels.collect();
    Wiring::blockwise(blocks(result), [(layer, grid, &labels[..])])
}

/// For each chunk of a slice along one axis, the chunks of the array between the first and the last that it touches.
fn spans(chunks: &[u64], sliced: &[u64], start: i64, step: i64) -> Vec<(u32, u32)> {
    let ends: Vec<u64> = chunks
        .iter()
        .scan(0, |end, chunk| {
            *end += chunk;
            Some(*end)
        })
        .collect();
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
        runs(from).into(),
        Value::list(starts),
        Value::list(steps),
        runs(to).into(),
        index.into(),
        Value::list(blocks),
    ];
    let chunk = gristmill_kernels::call("select", &args)?.as_chunk().cloned();
    chunk.map_err(|source| gristmill_kernels::Error::Data { kernel: "select", source })
}

fn runs(grid: &ChunkGrid) -> String {
    ChunkRuns::from(grid).to_string()
}

fn integers(items: &[i64]) -> Arg {
    Arg::List(items.iter().map(|&item| Arg::Int(item)).collect())
}

fn blocks(grid: &ChunkGrid) -> Vec<u32> {
    // More blocks than a layer has tasks are refused when it is pushed.
    grid.numblocks().into_iter().map(|n| u32::try_from(n).unwrap_or(u32::MAX)).collect()
}

fn number(number: Number) -> Arg {
    match number {
        Number::Int(int) => match i64::try_from(int) {
            Ok(int) => Arg::Int(int),
            Err(_) => Arg::UInt(int as u64),
        },
        Number::Float(float) => Arg::Float(float),
        Number::Complex(complex) => Arg::List(vec![Arg::Float(complex.re), Arg::Float(complex.im)]),
    }
}
