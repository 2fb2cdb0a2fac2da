//! Slices moved towards what is read, and programs put together.

use std::collections::{HashMap, HashSet};

use gristmill_data::{ChunkGrid, DType};
use gristmill_graph::DeviceChoice;
use gristmill_kernels::expr::{Expr, Number};

use super::fuse::fused;
use super::{n_users, topological};
use crate::Error;
use crate::array::layout::sliced_chunks;
use crate::array::{Array, Op, Source};

/// How many times a stored chunk may be read and unpacked by tasks that each need a part of it: more takes longer than to
/// spill it and read it back.
const READS_MAX: f64 = 4.0;

/// Arrays with the same elements, from fewer and larger operations.
pub(super) fn rewritten(wanted: &[Array]) -> Vec<Array> {
    let ordered = topological(wanted);
    let n_users = n_users(&ordered, wanted);
    let not_sliced = ordered.iter().filter(|array| !matches!(array.op(), Op::Select { .. }));
    let whole: HashSet<u64> = not_sliced.flat_map(Array::inputs).chain(wanted).map(Array::id).collect();
    let mut rewrite = Rewrite { done: HashMap::new(), is_shared: HashMap::new(), whole: HashSet::new() };
    for array in &ordered {
        let new = rewrite.array(array);
        let is_open = array.device() == DeviceChoice::Auto;
        let new = if is_open { new } else { new.with_device(array.device()) };
        if whole.contains(&array.id()) {
            rewrite.whole.insert(new.id());
        }
        let is_shared = n_users.get(&array.id()).is_some_and(|&n| n > 1);
        *rewrite.is_shared.entry(new.id()).or_default() |= is_shared;
        rewrite.done.insert(array.id(), new);
    }
    super::replaced(&rewrite.done, wanted)
}

struct Rewrite {
    /// What each array became.
    done: HashMap<u64, Array>,
    /// Whether more than one other needs a new array; those that were made in between have one user.
    is_shared: HashMap<u64, bool>,
    /// New arrays of which another needs all elements.
    whole: HashSet<u64>,
}

impl Rewrite {
    fn array(&self, array: &Array) -> Array {
        let inputs = super::replaced(&self.done, array.inputs());
        match (array.op(), &inputs[..]) {
            (Op::Select { starts, steps }, [input]) => self.select(input, starts, steps, array.grid()),
            (Op::Elementwise(expr), _) => self.elementwise(array, expr, inputs),
            (_, []) => array.clone(),
            _ => array.with_inputs(inputs),
        }
    }

    fn is_shared(&self, array: &Array) -> bool {
        self.is_shared.get(&array.id()).copied().unwrap_or(false)
    }

    /// A slice of a slice is one; a slice of what is made element by element, of axes in another order or of arrays that
    /// are joined is made of slices.
    fn select(&self, input: &Array, starts: &[i64], steps: &[i64], grid: &ChunkGrid) -> Array {
        let new = |op: Op, inputs| Array::new(op, inputs, input.dtype(), grid.clone());
        match (input.op(), input.inputs()) {
            (Op::Select { starts: before, steps: before_steps }, [inner]) => {
                let (starts, steps) = after((before, before_steps), (starts, steps));
                self.select(inner, &starts, &steps, grid)
            }
            // What is read anyway is not read again for a slice of it.
            (Op::Source(source), _)
                if !self.whole.contains(&input.id()) || is_recut(input, starts, steps, grid) =>
            {
                read((input, source), starts, steps, grid)
            }
            (Op::Elementwise(expr), inputs) if !self.is_shared(input) => {
                let parts =
                    inputs.iter().map(|array| self.part(array, &input.shape(), (starts, steps), grid));
                new(Op::Elementwise(expr.clone()), parts.collect()).with_device(input.device())
            }
            (Op::Transpose(axes), [inner]) if !self.is_shared(input) => {
                let part = self.transposed(inner, axes, (starts, steps), grid);
                let whole = |part| new(Op::Transpose(axes.clone()), vec![part]).with_device(input.device());
                Array::or_failed(part.map(whole))
            }
            (Op::Concatenate(axis), parts)
                if !self.is_shared(input) && !is_recut(input, starts, steps, grid) =>
            {
                Array::or_failed(self.joined(parts, *axis, (starts, steps), grid)).with_device(input.device())
            }
            (Op::Full(number), _) => new(Op::Full(*number), Vec::new()),
            (Op::Made { .. }, _) if is_recut(input, starts, steps, grid) => {
                new(input.op().clone(), Vec::new()).with_device(input.device())
            }
            _ if input.grid() == grid && is_recut(input, starts, steps, grid) => input.clone(),
            _ => {
                let op = Op::Select { starts: starts.to_vec(), steps: steps.to_vec() };
                new(op, vec![input.clone()])
            }
        }
    }

    /// What a slice of an array with its axes in another order takes of it.
    fn transposed(
        &self,
        array: &Array,
        axes: &[Option<usize>],
        (starts, steps): (&[i64], &[i64]),
        grid: &ChunkGrid,
    ) -> Result<Array, Error> {
        let n = array.ndim();
        // Axes that are gone have one element.
        let (mut own_starts, mut own_steps, mut chunks) = (vec![0; n], vec![1; n], vec![vec![1]; n]);
        for (to, from) in axes.iter().enumerate() {
            let Some(from) = *from else { continue };
            let places = (own_starts.get_mut(from), own_steps.get_mut(from), chunks.get_mut(from));
            if let (Some(start), Some(step), Some(own)) = places {
                *start = starts.get(to).copied().unwrap_or(0);
                *step = steps.get(to).copied().unwrap_or(1);
                *own = grid.chunks(to).to_vec();
            }
        }
        let grid = ChunkGrid::new(chunks).map_err(Error::data("slice"))?;
        Ok(self.select(array, &own_starts, &own_steps, &grid))
    }

    /// A slice of joined arrays: slices joined, cut anew if the slice's chunks reach from one into the next.
    fn joined(
        &self,
        parts: &[Array],
        axis: usize,
        (starts, steps): (&[i64], &[i64]),
        grid: &ChunkGrid,
    ) -> Result<Array, Error> {
        let refused = Error::data("slice");
        let (start, step) = (starts.get(axis).copied().unwrap_or(0), steps.get(axis).copied().unwrap_or(1));
        let n: u64 = grid.chunks(axis).iter().sum();
        let (mut first, mut taken) = (0_i64, Vec::new());
        for part in parts {
            let length: i64 = part.grid().chunks(axis).iter().sum::<u64>() as i64;
            // Which of the slice's elements are this part's.
            let (low, high) = match step > 0 {
                true => (
                    (first - start + step - 1).div_euclid(step),
                    (first + length - start + step - 1).div_euclid(step),
                ),
                false => {
                    ((start - first - length).div_euclid(-step) + 1, (start - first).div_euclid(-step) + 1)
                }
            };
            let (low, high) = (low.clamp(0, n as i64), high.clamp(0, n as i64));
            if low < high {
                taken.push((part, low as u64, high as u64, start + step * low - first));
            }
            first += length;
        }
        if step < 0 {
            taken.reverse();
        }
        let mut sliced = Vec::with_capacity(taken.len());
        for (part, low, high, start) in taken {
            let mut own = starts.to_vec();
            own.iter_mut().skip(axis).take(1).for_each(|place| *place = start);
            let along = |n: usize| match n == axis {
                true => sliced_chunks(grid.chunks(n), low as i64, 1, high - low),
                false => grid.chunks(n).to_vec(),
            };
            let grid = ChunkGrid::new((0..grid.ndim()).map(along).collect()).map_err(refused)?;
            sliced.push(self.select(part, &own, steps, &grid));
        }
        let [first, rest @ ..] = &sliced[..] else {
            return Ok(Array::new(
                Op::Full(Number::Int(0)),
                Vec::new(),
                parts.first().map_or(DType::Float64, Array::dtype),
                grid.clone(),
            ));
        };
        let joined = match rest {
            [] => first.clone(),
            _ => {
                let along = |n: usize| match n == axis {
                    true => sliced.iter().flat_map(|part| part.grid().chunks(n)).copied().collect(),
                    false => grid.chunks(n).to_vec(),
                };
                let grid = ChunkGrid::new((0..grid.ndim()).map(along).collect()).map_err(refused)?;
                Array::new(Op::Concatenate(axis), sliced.clone(), first.dtype(), grid)
            }
        };
        Ok(if joined.grid() == grid { joined } else { joined.recut(grid.clone()) })
    }

    /// What a broadcast operand has of a slice of the result.
    fn part(
        &self,
        array: &Array,
        shape: &[u64],
        (starts, steps): (&[i64], &[i64]),
        grid: &ChunkGrid,
    ) -> Array {
        let skipped = grid.ndim() - array.ndim();
        let (mut own_starts, mut own_steps, mut chunks) = (Vec::new(), Vec::new(), Vec::new());
        for (axis, &length) in array.shape().iter().enumerate() {
            let whole = skipped + axis;
            let is_stretched = length == 1 && shape.get(whole) != Some(&1);
            own_starts.push(if is_stretched { 0 } else { starts.get(whole).copied().unwrap_or(0) });
            own_steps.push(if is_stretched { 1 } else { steps.get(whole).copied().unwrap_or(1) });
            chunks.push(if is_stretched { vec![1] } else { grid.chunks(whole).to_vec() });
        }
        let grid = ChunkGrid::new(chunks).map_err(Error::data("slice"));
        Array::or_failed(grid.map(|grid| self.select(array, &own_starts, &own_steps, &grid)))
    }

    /// Puts the programs of inputs into this one.
    fn elementwise(&self, array: &Array, expr: &Expr, inputs: Vec<Array>) -> Array {
        let may = |input: &Array| !self.is_shared(input) && input.device() == array.device();
        fused(array.grid(), expr, &inputs, may).map_or_else(
            || array.with_inputs(inputs.clone()),
            |(expr, inputs)| Array::new(Op::Elementwise(expr), inputs, array.dtype(), array.grid().clone()),
        )
    }
}

/// A part of what is read, cut like this: by tasks that read just that, or cut out of whole stored chunks where these
/// would be read too often.
fn read((input, source): (&Array, &Source), starts: &[i64], steps: &[i64], grid: &ChunkGrid) -> Array {
    let new = |op: Op, inputs, grid| Array::new(op, inputs, input.dtype(), grid);
    let (all_starts, all_steps) = after((&source.starts, &source.steps), (starts, steps));
    let source = source.part(all_starts, all_steps);
    let is_read_often = source.n_reads(grid) > READS_MAX;
    let nbytes = nbytes_max(grid, input.dtype());
    match source.aligned(&grid.shape(), input.dtype(), nbytes).filter(|_| is_read_often) {
        Some(whole) => new(Op::Source(source), Vec::new(), whole).recut(grid.clone()),
        None => new(Op::Source(source), Vec::new(), grid.clone()),
    }
}

/// The bytes of the largest block.
fn nbytes_max(grid: &ChunkGrid, dtype: DType) -> u64 {
    let longest = |axis: usize| grid.chunks(axis).iter().copied().max().unwrap_or(0);
    (0..grid.ndim()).map(longest).fold(dtype.itemsize() as u64, u64::saturating_mul)
}

/// Where a selection of a selection starts, and how far its elements are apart.
fn after(first: (&[i64], &[i64]), then: (&[i64], &[i64])) -> (Vec<i64>, Vec<i64>) {
    let axes = first.0.iter().zip(first.1).zip(then.0.iter().zip(then.1));
    axes.map(|((&start, &step), (&more, &times))| (start + step * more, step * times)).unzip()
}

/// Whether a selection changes chunks only.
fn is_recut(input: &Array, starts: &[i64], steps: &[i64], grid: &ChunkGrid) -> bool {
    starts.iter().all(|&start| start == 0)
        && steps.iter().all(|&step| step == 1)
        && input.shape() == grid.shape()
}
