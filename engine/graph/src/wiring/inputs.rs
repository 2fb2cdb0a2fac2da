//! What a task reads: every rule but a list comes down to a box of blocks in a grid.

use super::{BlockMap, Boundary, Wiring};
use crate::{LayerId, TaskRef};

/// The inputs of one task, in argument order, with scratch space that is reused from task to task.
#[derive(Debug, Default)]
pub(crate) struct Inputs {
    /// The result.
    pub(crate) tasks: Vec<TaskRef>,
    coords: Vec<u32>,
    sides: Vec<Side>,
}

/// One side of a box of blocks: `len` blocks from `start`, wrapping at `n`.
#[derive(Debug, Clone, Copy)]
struct Side {
    /// Sides are walked in the order of their labels, the last one fastest.
    label: u32,
    start: u32,
    len: u32,
    n: u32,
    /// How far apart neighbours along this side are numbered.
    stride: u32,
}

impl Inputs {
    /// Puts the inputs of task `index` of a checked wiring into `tasks`.
    pub(crate) fn read(&mut self, wiring: &Wiring, index: u32) {
        self.tasks.clear();
        match wiring {
            Wiring::Source { .. } | Wiring::Held(_) => {}
            Wiring::Explicit(rows) => self.tasks.extend_from_slice(rows.row(index)),
            Wiring::Blockwise { grid, inputs } => {
                self.locate(index, grid.iter().copied());
                inputs.iter().for_each(|operand| self.push_operand(operand, grid.len() as u32));
            }
            Wiring::Group { input, grid, fan_in } => {
                self.locate(index, grid.iter().zip(fan_in).map(|(&n, &fan_in)| n.div_ceil(fan_in)));
                let coords = self.coords.iter().zip(fan_in);
                self.sides.extend(coords.zip(grid).map(|((&at, &fan_in), &n)| {
                    let start = at * fan_in;
                    Side::new(start, fan_in.min(n.saturating_sub(start)), n)
                }));
                self.push_box(*input);
            }
            Wiring::Halo { input, grid, depth, boundary } => {
                self.locate(index, grid.iter().copied());
                let coords = self.coords.iter().zip(grid);
                self.sides
                    .extend(coords.zip(depth).map(|((&at, &n), &depth)| neighbours(at, n, depth, *boundary)));
                self.push_box(*input);
            }
            Wiring::Rechunk { input, grid, spans } => {
                self.locate(index, spans.iter().map(|axis| axis.len() as u32));
                let coords = self.coords.iter().zip(spans);
                self.sides.extend(coords.zip(grid).map(|((&at, axis), &n)| {
                    let (start, end) = axis.get(at as usize).copied().unwrap_or_default();
                    Side::new(start, end.saturating_sub(start), n)
                }));
                self.push_box(*input);
            }
            Wiring::AllToAll { input, n_in, .. } => self.tasks.extend((0..*n_in).map(|i| input.task(i))),
        }
    }

    /// Turns the number of a block into its position in the grid.
    fn locate(&mut self, index: u32, grid: impl DoubleEndedIterator<Item = u32>) {
        self.coords.clear();
        self.sides.clear();
        let mut rest = index;
        for n in grid.rev() {
            self.coords.push(rest % n.max(1));
            rest /= n.max(1);
        }
        self.coords.reverse();
    }

    /// One operand of a blockwise layer: a position along the output's axes, everything along the others.
    fn push_operand(&mut self, operand: &BlockMap, out_rank: u32) {
        for (&label, &n) in operand.axes.iter().zip(&operand.grid) {
            let mut side = match self.coords.get(label as usize) {
                Some(&at) => Side::new(if n == 1 { 0 } else { at }, 1, n),
                None => Side::new(0, n, n),
            };
            side.label = label;
            self.sides.push(side);
        }
        set_strides(&mut self.sides);
        if operand.axes.iter().any(|&label| label >= out_rank) {
            self.sides.sort_by_key(|side| side.label);
        }
        self.walk_box(operand.layer);
    }

    fn push_box(&mut self, layer: LayerId) {
        set_strides(&mut self.sides);
        self.walk_box(layer);
    }

    /// Appends every block in the box.
    fn walk_box(&mut self, layer: LayerId) {
        walk(&self.sides, 0, &mut |index| self.tasks.push(layer.task(index)));
        self.sides.clear();
    }
}

impl Side {
    fn new(start: u32, len: u32, n: u32) -> Self {
        Self { label: 0, start, len, n, stride: 1 }
    }
}

/// Numbers a grid in C order.
fn set_strides(sides: &mut [Side]) {
    let mut stride = 1;
    for side in sides.iter_mut().rev() {
        side.stride = stride;
        // Only a grid without blocks can wrap, and it is never walked.
        stride = stride.wrapping_mul(side.n);
    }
}

/// Visits the number of every block in the box; as deep as the grid has axes.
fn walk(sides: &[Side], base: u32, visit: &mut impl FnMut(u32)) {
    let Some((side, rest)) = sides.split_first() else { return visit(base) };
    let mut at = side.start;
    for _ in 0..side.len {
        walk(rest, base + at * side.stride, visit);
        at = if at + 1 == side.n { 0 } else { at + 1 };
    }
}

/// The neighbours of block `at` along one axis.
fn neighbours(at: u32, n: u32, depth: u32, boundary: Boundary) -> Side {
    match boundary {
        Boundary::None => {
            let start = at.saturating_sub(depth);
            let end = at.saturating_add(depth).saturating_add(1).min(n);
            Side::new(start, end - start, n)
        }
        Boundary::Periodic => {
            let back = depth % n;
            let start = if at >= back { at - back } else { at + (n - back) };
            Side::new(start, 2 * depth + 1, n)
        }
    }
}
