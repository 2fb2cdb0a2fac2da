//! What a program takes in memory, before it runs: its largest task, and the most that a worker holds.
//!
//! The bytes of results follow from grids and dtypes. A task takes its inputs, its result and what it reads on the way
//! to it; what the worker holds beside it follows from the order of tasks.

use std::collections::HashMap;
use std::sync::Arc;

use gristmill_data::{ChunkGrid, ChunkRuns, DType};
use gristmill_graph::{Layer, LayerId, Operand, Peak, TaskBytes, TaskRef, TaskTable, Wiring};

use super::Program;
use crate::Error;

/// Tasks of a graph that is played through; of a larger one only bounds are told.
const PLAYED_TASKS_MAX: u64 = 1 << 18;
/// Tasks of the largest size that should fit into a worker beside each other, when a chunk size is proposed.
const TASKS_BESIDE: u64 = 2;

/// What the results of a layer's tasks take: one result for each block of a grid.
#[derive(Debug, Clone, Default)]
pub struct BlockSizes {
    pub(crate) grid: ChunkGrid,
    /// What elements of the blocks are, where the results are blocks.
    pub(crate) dtype: Option<DType>,
    /// Bytes for each element of the grid.
    pub(crate) item_nbytes: u64,
    /// How far apart the elements are, along each axis, that a task picks out of what it has read.
    pub(crate) read_steps: Vec<u64>,
    /// Whether lengths are the most that they can be, and not what they will be.
    pub(crate) is_bound: bool,
}

/// A task with what it takes while it runs.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct WorkingSet {
    pub(crate) nbytes: u64,
    pub(crate) n_inputs: usize,
    /// The largest of its inputs and its result.
    pub(crate) block_nbytes: u64,
}

/// The most that one worker holds while it runs a program, estimated.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct PeakMemory {
    /// It is at least this many bytes.
    pub least_nbytes: u64,
    /// It is at most this many bytes: as many, unless the program has too many tasks to be played through.
    pub most_nbytes: u64,
    /// What is held then, the largest first: a layer, how many of its results, and their bytes with those of tasks that
    /// run. Empty where only bounds are told.
    pub parts: Vec<(Arc<str>, usize, u64)>,
}

impl BlockSizes {
    /// The dtype and shape of a block, where the results are blocks of that: where lengths are unknown, the most that they
    /// can be.
    #[must_use]
    pub fn block(&self, index: u64) -> Option<(DType, Vec<u64>)> {
        let dtype = self.dtype.filter(|dtype| dtype.itemsize() as u64 == self.item_nbytes)?;
        let spans = ChunkRuns::from(&self.grid).block(index)?;
        Some((dtype, spans.iter().map(|span| span.length).collect()))
    }

    /// Bytes of the result of this task.
    pub(crate) fn result(&self, index: u64) -> u64 {
        self.item_nbytes.saturating_mul(self.product(index, |_, length| length))
    }

    /// Bytes that this task reads on the way to its result.
    fn scratch(&self, index: u64) -> u64 {
        if self.read_steps.iter().all(|&step| step == 1) {
            return 0;
        }
        let read = |axis: usize, length: u64| match (self.read_steps.get(axis), length.checked_sub(1)) {
            (Some(&step), Some(n_steps)) => n_steps.saturating_mul(step).saturating_add(1),
            _ => length,
        };
        self.item_nbytes.saturating_mul(self.product(index, read))
    }

    /// Bytes of the largest result.
    pub(crate) fn largest(&self) -> u64 {
        let longest = |axis: usize| self.grid.chunks(axis).iter().copied().max().unwrap_or(0);
        (0..self.grid.ndim()).map(longest).fold(self.item_nbytes, u64::saturating_mul)
    }

    /// Bytes of all results together.
    pub(crate) fn total(&self) -> u64 {
        self.grid.shape().into_iter().fold(self.item_nbytes, u64::saturating_mul)
    }

    /// The product over the axes of something of the block's length.
    fn product(&self, index: u64, of: impl Fn(usize, u64) -> u64) -> u64 {
        let mut rest = index;
        (0..self.grid.ndim()).rev().fold(1, |product: u64, axis| {
            let chunks = self.grid.chunks(axis);
            let n = (chunks.len() as u64).max(1);
            let length = chunks.get((rest % n) as usize).copied().unwrap_or(0);
            rest /= n;
            product.saturating_mul(of(axis, length))
        })
    }
}

impl Program {
    /// Refuses the program if one of its tasks takes more memory than a worker has, whatever else is spilled.
    ///
    /// # Errors
    /// [`Error::TooLarge`] for the first operation with such a task.
    pub fn check_memory(&self, limit_nbytes: u64) -> Result<(), Error> {
        for (id, layer) in (0..).map(LayerId).zip(self.graph.layers()) {
            if self.least_bound(id, layer) <= limit_nbytes {
                continue;
            }
            let largest = self.working_set(id, layer, true);
            if largest.nbytes > limit_nbytes {
                return Err(too_large(layer, largest, limit_nbytes));
            }
        }
        Ok(())
    }

    /// The most that a worker with so many threads holds while it runs this program alone and spills nothing: results that
    /// are needed or wanted, and what tasks have beside them. Results of which nothing is known count as nothing.
    ///
    /// # Errors
    /// The graph's own, when it has too many inputs.
    pub fn peak_memory(&self, n_threads: usize) -> Result<PeakMemory, Error> {
        let mut peaks = self.peaks(&[n_threads])?;
        Ok(peaks.pop().unwrap_or_default())
    }

    /// The same, for several numbers of threads.
    pub(crate) fn peaks(&self, n_threads: &[usize]) -> Result<Vec<PeakMemory>, Error> {
        if self.graph.n_tasks() > PLAYED_TASKS_MAX {
            return Ok(n_threads.iter().map(|&n| self.bounds(n)).collect());
        }
        let table = self.graph.optimize(&self.wanted)?;
        let bytes: Vec<TaskBytes> = (0..table.len() as u32).map(|id| self.task_bytes(&table, id)).collect();
        let peak = |&n: &usize| self.peak(&table, &bytes, &table.peak_memory(n, &bytes));
        Ok(n_threads.iter().map(peak).collect())
    }

    /// What the layer's largest task takes; `certainly` leaves out lengths that are not known.
    pub(crate) fn working_set(&self, id: LayerId, layer: &Layer, certainly: bool) -> WorkingSet {
        if matches!(layer.wiring, Wiring::Held(_)) {
            return WorkingSet::default();
        }
        let sets = self.graph.tasks(id).map(|task| self.working_set_of(layer, task, certainly));
        sets.max_by_key(|set| set.nbytes).unwrap_or_default()
    }

    fn working_set_of(&self, layer: &Layer, task: TaskRef, certainly: bool) -> WorkingSet {
        let sizes = |task: TaskRef| self.sizes_of(task).filter(|sizes| !certainly || !sizes.is_bound);
        let result_of = |task: TaskRef| sizes(task).map_or(0, |sizes| sizes.result(task.index.into()));
        let mut inputs = self.graph.inputs(task);
        inputs.sort_unstable();
        inputs.dedup();
        // What is only passed on is there once.
        let result = if layer.function.is_identity() { 0 } else { result_of(task) };
        let scratch = sizes(task).map_or(0, |sizes| sizes.scratch(task.index.into()));
        let read = inputs.iter().map(|&input| result_of(input));
        WorkingSet {
            nbytes: read.clone().fold(result.saturating_add(scratch), u64::saturating_add),
            n_inputs: inputs.len(),
            block_nbytes: read.fold(result, u64::max),
        }
    }

    /// No task of the layer takes more than this: found without looking at them one by one.
    fn least_bound(&self, id: LayerId, layer: &Layer) -> u64 {
        let sizes = |id: LayerId| self.sizes.get(&id);
        let of_inputs = layer.wiring.reads().into_iter().filter_map(sizes).map(BlockSizes::largest).max();
        let read = of_inputs.unwrap_or(0).saturating_mul(layer.wiring.n_inputs_max());
        let own = sizes(id).map_or(0, |sizes| {
            let steps = sizes.read_steps.iter().fold(1, |all: u64, &step| all.saturating_mul(step));
            sizes.largest().saturating_mul(if steps == 1 { 1 } else { steps.saturating_add(1) })
        });
        read.saturating_add(own)
    }

    fn sizes_of(&self, task: TaskRef) -> Option<&BlockSizes> {
        self.sizes.get(&task.layer)
    }

    /// What a task of the table takes: its result, and what its steps leave to each other on the way.
    fn task_bytes(&self, table: &TaskTable, id: u32) -> TaskBytes {
        let of = |task: &TaskRef| match self.sizes_of(*task) {
            Some(sizes) => {
                let index = task.index.into();
                TaskBytes { result: sizes.result(index), scratch: sizes.scratch(index) }
            }
            None => TaskBytes::default(),
        };
        let steps: Vec<TaskBytes> = table.steps(id).iter().map(of).collect();
        let [before @ .., last] = &steps[..] else { return TaskBytes::default() };
        let mut last_uses: Vec<usize> = (0..steps.len()).collect();
        for number in 0..steps.len() {
            for operand in table.operands(id, number as u32) {
                if let Operand::Step(step) = operand
                    && let Some(last_use) = last_uses.get_mut(step as usize)
                {
                    *last_use = number;
                }
            }
        }
        let held = |at: usize| {
            let earlier = before.iter().zip(&last_uses).take(at);
            earlier.filter(|&(_, &last_use)| last_use >= at).map(|(step, _)| step.result).sum::<u64>()
        };
        let taken = steps.iter().enumerate().map(|(at, step)| held(at) + step.result + step.scratch);
        let most = taken.max().unwrap_or(0);
        TaskBytes { result: last.result, scratch: most.saturating_sub(last.result) }
    }

    fn peak(&self, table: &TaskTable, bytes: &[TaskBytes], peak: &Peak) -> PeakMemory {
        let mut parts: HashMap<&Arc<str>, (usize, u64)> = HashMap::new();
        let mut add = |id: u32, nbytes: u64| {
            if let Some(family) = table.family_of(id).filter(|_| nbytes > 0) {
                let part = parts.entry(&family.name).or_default();
                *part = (part.0 + 1, part.1 + nbytes);
            }
        };
        let of = |id: u32| bytes.get(id as usize).copied().unwrap_or_default();
        peak.held.iter().for_each(|&id| add(id, of(id).result));
        peak.running.iter().for_each(|&id| add(id, of(id).result + of(id).scratch));
        let mut parts: Vec<_> =
            parts.into_iter().map(|(name, (n, nbytes))| (name.clone(), n, nbytes)).collect();
        parts.sort_by(|a, b| b.2.cmp(&a.2).then_with(|| a.0.cmp(&b.0)));
        PeakMemory { least_nbytes: peak.nbytes, most_nbytes: peak.nbytes, parts }
    }

    /// At least the largest task, and in the end everything that is wanted; at most all results at once, with as many of
    /// the largest tasks as there are threads.
    fn bounds(&self, n_threads: usize) -> PeakMemory {
        let layers = (0..).map(LayerId).zip(self.graph.layers());
        let largest = layers.map(|(id, layer)| self.working_set(id, layer, true).nbytes).max().unwrap_or(0);
        let wanted = self.wanted.iter().filter_map(|&task| {
            let sizes = self.sizes_of(task).filter(|sizes| !sizes.is_bound);
            sizes.map(|sizes| sizes.result(task.index.into()))
        });
        let wanted = wanted.fold(0, u64::saturating_add);
        let most = |id: LayerId, layer: &Layer| self.working_set(id, layer, false).nbytes;
        let layers = (0..).map(LayerId).zip(self.graph.layers());
        let running = layers.map(|(id, layer)| most(id, layer)).max().unwrap_or(0);
        let all = self.sizes.values().map(BlockSizes::total).fold(0, u64::saturating_add);
        let most = all.saturating_add(running.saturating_mul(n_threads as u64));
        PeakMemory { least_nbytes: largest.max(wanted), most_nbytes: most, parts: Vec::new() }
    }
}

fn too_large(layer: &Layer, largest: WorkingSet, limit_nbytes: u64) -> Error {
    let WorkingSet { nbytes, n_inputs, block_nbytes } = largest;
    // As many times smaller as tasks must become, and a round number.
    let fitting = u128::from(block_nbytes) * u128::from(limit_nbytes)
        / (u128::from(nbytes) * u128::from(TASKS_BESIDE)).max(1);
    let chunk_nbytes = u64::try_from(fitting).unwrap_or(u64::MAX).checked_ilog2().map_or(0, |log| 1 << log);
    Error::TooLarge { operation: layer.name.clone(), nbytes, n_inputs, limit_nbytes, chunk_nbytes }
}

/// A number of bytes for people; one that is a whole number of units is read by `Chunks` again.
pub(crate) fn shown(nbytes: u64) -> String {
    let units = [(30, "GiB"), (20, "MiB"), (10, "KiB")];
    let unit = units
        .into_iter()
        .find(|&(log, _)| nbytes >= 10 << log || nbytes > 0 && nbytes.is_multiple_of(1 << log));
    match unit {
        None => format!("{nbytes} B"),
        Some((log, unit)) if nbytes.is_multiple_of(1 << log) => format!("{} {unit}", nbytes >> log),
        Some((log, unit)) => format!("{:.1} {unit}", nbytes as f64 / f64::from(1_u32 << log)),
    }
}

#[cfg(test)]
mod tests;
