//! Expressions optimised before they become tasks.
//!
//! From the first operation to the last: equal operations become one, slices of slices and chunks of chunks are put
//! together, slices go before element-wise operations, and element-wise operations that only one other needs are put
//! into that one's program.

use std::collections::{HashMap, HashSet};

use gristmill_data::{ChunkGrid, ChunkRuns};
use gristmill_kernels::expr::{Expr, ExprBuilder};

use super::{Array, Op, Source};

/// How many steps a program may get by putting operations together: longer ones gain nothing.
const FUSED_STEPS_MAX: usize = 256;
/// How many inputs it may get.
const FUSED_INPUTS_MAX: usize = 32;

/// Every array that these are made of, each once and after its own inputs; without recursion, as chains may be long.
pub(super) fn topological(wanted: &[Array]) -> Vec<Array> {
    let mut ordered = Vec::new();
    let mut seen: HashSet<usize> = HashSet::new();
    let mut stack: Vec<(Array, bool)> = wanted.iter().rev().map(|array| (array.clone(), false)).collect();
    while let Some((array, inputs_done)) = stack.pop() {
        let address = array.address();
        if inputs_done {
            ordered.push(array);
        } else if seen.insert(address) {
            let inputs: Vec<Array> = array.op().inputs().to_vec();
            stack.push((array, true));
            stack.extend(inputs.into_iter().rev().map(|input| (input, false)));
        }
    }
    ordered
}

/// Arrays with the same elements that take less to compute.
pub(super) fn optimised(wanted: &[Array]) -> Vec<Array> {
    let wanted = Equal::default().all(wanted);
    let ordered = topological(&wanted);
    let mut n_users: HashMap<usize, usize> = HashMap::new();
    for array in ordered.iter().flat_map(|array| array.op().inputs()).chain(&wanted) {
        *n_users.entry(array.address()).or_default() += 1;
    }
    let not_sliced = ordered.iter().filter(|array| !matches!(array.op(), Op::Select { .. }));
    let whole: HashSet<usize> =
        not_sliced.flat_map(|array| array.op().inputs()).chain(&wanted).map(Array::address).collect();
    let mut rewrite = Rewrite { done: HashMap::new(), is_shared: HashMap::new(), whole: HashSet::new() };
    for array in &ordered {
        let new = rewrite.array(array);
        if whole.contains(&array.address()) {
            rewrite.whole.insert(new.address());
        }
        let is_shared = n_users.get(&array.address()).is_some_and(|&n| n > 1);
        let known = rewrite.is_shared.entry(new.address()).or_default();
        *known |= is_shared;
        rewrite.done.insert(array.address(), new);
    }
    let done = |array: &Array| rewrite.done.get(&array.address()).unwrap_or(array).clone();
    // What was put together may be equal now.
    Equal::default().all(&wanted.iter().map(done).collect::<Vec<_>>())
}

/// Finds operations that are the same although they were written twice.
#[derive(Default)]
struct Equal {
    known: HashMap<String, Array>,
    done: HashMap<usize, Array>,
}

impl Equal {
    fn all(mut self, wanted: &[Array]) -> Vec<Array> {
        for array in topological(wanted) {
            let inputs: Vec<Array> = array.op().inputs().iter().map(|input| self.of(input)).collect();
            let same =
                inputs.iter().zip(array.op().inputs()).all(|(new, old)| new.address() == old.address());
            let array_now = if same { array.clone() } else { with_inputs(&array, inputs) };
            let equal = match text(&array_now) {
                Some(text) => self.known.entry(text).or_insert(array_now).clone(),
                None => array_now,
            };
            self.done.insert(array.address(), equal);
        }
        wanted.iter().map(|array| self.of(array)).collect()
    }

    fn of(&self, array: &Array) -> Array {
        self.done.get(&array.address()).unwrap_or(array).clone()
    }
}

/// What an operation is, its inputs named by where they are; `None` of what is never equal to anything else.
fn text(array: &Array) -> Option<String> {
    let op = match array.op() {
        Op::Failed(_) | Op::Held { .. } => return None,
        Op::Data(chunk) => format!("data {:?}", chunk.data().as_ptr()),
        Op::Full(number) => format!("full {number}"),
        Op::Arange { start, step, axis } => format!("arange {start} {step} {axis}"),
        Op::Eye { k } => format!("eye {k}"),
        Op::Random { distribution, seed, stream } => format!("random {distribution} {seed} {stream}"),
        Op::Elementwise { expr, .. } => format!("elementwise {expr}"),
        Op::Reduce { reduction, axes, keepdims, .. } => format!("reduce {reduction} {axes:?} {keepdims}"),
        Op::Select { starts, steps, .. } => format!("select {starts:?} {steps:?}"),
        Op::Transpose { axes, .. } => format!("transpose {axes:?}"),
        Op::Concatenate { axis, .. } => format!("concatenate {axis}"),
        Op::MapBlocks { callee, literals, .. } => format!("map_blocks {:?} {literals:?}", callee.identity()),
        Op::Scan { scan, axis, .. } => format!("scan {scan} {axis}"),
        Op::MatMul { .. } => "matmul".to_owned(),
        Op::Source(Source { callee, starts, steps }) => {
            format!("source {:?} {starts:?} {steps:?}", callee.identity())
        }
        Op::Write { callee, .. } => format!("write {:?}", callee.identity()),
    };
    let inputs: Vec<usize> = array.op().inputs().iter().map(Array::address).collect();
    Some(format!("{op} {inputs:?} {} {}", array.dtype(), ChunkRuns::from(array.grid())))
}

fn with_inputs(array: &Array, inputs: Vec<Array>) -> Array {
    let mut op = array.op().clone();
    match &mut op {
        Op::Elementwise { inputs: all, .. }
        | Op::Concatenate { inputs: all, .. }
        | Op::MapBlocks { inputs: all, .. }
        | Op::MatMul { inputs: all } => *all = inputs,
        Op::Reduce { input, .. }
        | Op::Select { input, .. }
        | Op::Transpose { input, .. }
        | Op::Scan { input, .. }
        | Op::Write { input, .. } => {
            if let Some(new) = inputs.into_iter().next() {
                *input = new;
            }
        }
        _ => {}
    }
    Array::new(op, array.dtype(), array.grid().clone())
}

struct Rewrite {
    /// What each array became.
    done: HashMap<usize, Array>,
    /// Whether more than one other needs a new array; those that were made in between have one user.
    is_shared: HashMap<usize, bool>,
    /// New arrays of which another needs all elements.
    whole: HashSet<usize>,
}

impl Rewrite {
    fn array(&self, array: &Array) -> Array {
        let new = |input: &Array| self.done.get(&input.address()).unwrap_or(input).clone();
        let inputs: Vec<Array> = array.op().inputs().iter().map(new).collect();
        match (array.op(), &inputs[..]) {
            (Op::Select { starts, steps, .. }, [input]) => self.select(input, starts, steps, array.grid()),
            (Op::Elementwise { expr, .. }, _) => self.elementwise(array, expr, inputs),
            (_, []) => array.clone(),
            _ => with_inputs(array, inputs),
        }
    }

    fn is_shared(&self, array: &Array) -> bool {
        self.is_shared.get(&array.address()).copied().unwrap_or(false)
    }

    /// A slice of a slice is one; a slice of what is made element by element is made of slices.
    fn select(&self, input: &Array, starts: &[i64], steps: &[i64], grid: &ChunkGrid) -> Array {
        match input.op() {
            Op::Select { starts: before, steps: before_steps, input: inner } => {
                let (starts, steps) = after((before, before_steps), (starts, steps));
                self.select(inner, &starts, &steps, grid)
            }
            // What is read anyway is not read again for a slice of it.
            Op::Source(source)
                if !self.whole.contains(&input.address()) || is_recut(input, starts, steps, grid) =>
            {
                let (starts, steps) = after((&source.starts, &source.steps), (starts, steps));
                let source = Source { callee: source.callee.clone(), starts, steps };
                Array::new(Op::Source(source), input.dtype(), grid.clone())
            }
            Op::Elementwise { expr, inputs } if !self.is_shared(input) => {
                let parts = inputs.iter().map(|array| self.part(array, starts, steps, grid));
                let op = Op::Elementwise { expr: expr.clone(), inputs: parts.collect() };
                Array::new(op, input.dtype(), grid.clone())
            }
            Op::Full(number) => Array::new(Op::Full(*number), input.dtype(), grid.clone()),
            Op::Arange { .. } | Op::Random { .. } | Op::Eye { .. }
                if is_recut(input, starts, steps, grid) =>
            {
                Array::new(input.op().clone(), input.dtype(), grid.clone())
            }
            _ if input.grid() == grid && is_recut(input, starts, steps, grid) => input.clone(),
            _ => {
                let op = Op::Select { starts: starts.to_vec(), steps: steps.to_vec(), input: input.clone() };
                Array::new(op, input.dtype(), grid.clone())
            }
        }
    }

    /// What a broadcast operand has of a slice of the result.
    fn part(&self, array: &Array, starts: &[i64], steps: &[i64], grid: &ChunkGrid) -> Array {
        let skipped = grid.ndim() - array.ndim();
        let (mut own_starts, mut own_steps, mut chunks) = (Vec::new(), Vec::new(), Vec::new());
        for (axis, &length) in array.shape().iter().enumerate() {
            let whole = skipped + axis;
            let taken: u64 = grid.chunks(whole).iter().sum();
            let is_stretched = length == 1 && taken != 1;
            own_starts.push(if is_stretched { 0 } else { starts.get(whole).copied().unwrap_or(0) });
            own_steps.push(if is_stretched { 1 } else { steps.get(whole).copied().unwrap_or(1) });
            chunks.push(if is_stretched { vec![1] } else { grid.chunks(whole).to_vec() });
        }
        match ChunkGrid::new(chunks) {
            Ok(grid) => self.select(array, &own_starts, &own_steps, &grid),
            Err(error) => Array::or_failed(Err(crate::Error::array("slice", error.to_string()))),
        }
    }

    /// Puts the programs of inputs into this one.
    fn elementwise(&self, array: &Array, expr: &Expr, inputs: Vec<Array>) -> Array {
        fused(array.grid(), expr, &inputs, |input| !self.is_shared(input)).map_or_else(
            || with_inputs(array, inputs),
            |(expr, inputs)| {
                Array::new(Op::Elementwise { expr, inputs }, array.dtype(), array.grid().clone())
            },
        )
    }
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

/// One program of a program and those of its inputs that may be put into it; `None` when there is none.
///
/// Inputs that are stretched stay, since they would be computed again for each block.
pub(super) fn fused(
    grid: &ChunkGrid,
    expr: &Expr,
    inputs: &[Array],
    may: impl Fn(&Array) -> bool,
) -> Option<(Expr, Vec<Array>)> {
    let inner = |input: &Array| match input.op() {
        Op::Elementwise { expr, inputs } if input.grid() == grid && may(input) => {
            Some((expr.clone(), inputs.clone()))
        }
        _ => None,
    };
    if !inputs.iter().any(|input| inner(input).is_some()) {
        return None;
    }
    let mut builder = ExprBuilder::new();
    let mut all: Vec<Array> = Vec::new();
    let mut place = |builder: &mut ExprBuilder, array: &Array| match all
        .iter()
        .position(|known| known.address() == array.address())
    {
        Some(n) => Some(gristmill_kernels::expr::Operand::Input(n as u32)),
        None if all.len() >= FUSED_INPUTS_MAX => None,
        None => {
            all.push(array.clone());
            builder.input(array.dtype()).ok()
        }
    };
    let mut n_steps = expr.steps().len();
    let mut operands = Vec::with_capacity(inputs.len());
    for input in inputs {
        operands.push(match inner(input) {
            Some((inner, inner_inputs)) if n_steps + inner.steps().len() <= FUSED_STEPS_MAX => {
                n_steps += inner.steps().len();
                let places = inner_inputs.iter().map(|input| place(&mut builder, input));
                let places = places.collect::<Option<Vec<_>>>()?;
                builder.inline(&inner, &places).ok()?
            }
            _ => place(&mut builder, input)?,
        });
    }
    let result = builder.inline(expr, &operands).ok()?;
    Some((builder.finish(result), all))
}
