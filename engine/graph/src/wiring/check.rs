//! Which rules are refused: those that contradict themselves or the layers that they read.

use super::{BlockMap, RANK_MAX, Wiring, product};
use crate::{Error, Layer, LayerId, TaskRef};

/// How many blocks one task of a stencil may read.
const HALO_BLOCKS_MAX: u64 = 1 << 16;

impl Wiring {
    /// Checks the wiring of a layer that is about to become `layers[layers.len()]`.
    pub(crate) fn check(&self, name: &str, layers: &[Layer]) -> Result<(), Error> {
        let refuse = |reason: String| Error::Wiring { layer: name.to_owned(), reason };
        self.check_shape().map_err(refuse)?;
        match self {
            Self::Source { .. } | Self::Held(_) => Ok(()),
            Self::Explicit(_) => self.check_list(layers),
            Self::Blockwise { inputs, .. } => inputs.iter().try_for_each(|operand| {
                let n = product(operand.grid.iter().copied());
                check_input(name, layers, operand.layer, n)
            }),
            Self::Group { input, grid, .. }
            | Self::Halo { input, grid, .. }
            | Self::Rechunk { input, grid, .. } => {
                check_input(name, layers, *input, product(grid.iter().copied()))
            }
            Self::AllToAll { input, n_in, .. } => check_input(name, layers, *input, u64::from(*n_in)),
        }
    }

    /// What is wrong with the rule itself.
    fn check_shape(&self) -> Result<(), String> {
        match self {
            Self::Source { .. } | Self::Held(_) | Self::Explicit(_) | Self::AllToAll { .. } => Ok(()),
            Self::Blockwise { grid, inputs } => {
                check_rank(grid.len())?;
                inputs.iter().try_for_each(|operand| check_operand(operand, grid))
            }
            Self::Group { grid, fan_in, .. } => {
                check_rank(grid.len())?;
                check_same_rank("fan_in", fan_in.len(), grid.len())?;
                refuse_if(fan_in.contains(&0), || "fan_in is 0 along an axis; it must be 1 or more".into())
            }
            Self::Halo { grid, depth, .. } => {
                check_rank(grid.len())?;
                check_same_rank("depth", depth.len(), grid.len())?;
                let too_deep = depth.iter().zip(grid).any(|(&depth, &n)| depth > n);
                refuse_if(too_deep, || {
                    format!("depth {depth:?} is more than the {grid:?} blocks there are")
                })?;
                let n_blocks = product(depth.iter().map(|depth| depth.saturating_mul(2).saturating_add(1)));
                refuse_if(n_blocks > HALO_BLOCKS_MAX, || {
                    format!("depth {depth:?} reads {n_blocks} blocks a task, the limit is {HALO_BLOCKS_MAX}")
                })
            }
            Self::Rechunk { grid, spans, .. } => {
                check_rank(grid.len())?;
                check_same_rank("spans", spans.len(), grid.len())?;
                let outside =
                    spans.iter().zip(grid).any(|(axis, &n)| axis.iter().any(|&(a, b)| a > b || b > n));
                refuse_if(outside, || format!("a span lies outside of the {grid:?} blocks there are"))
            }
        }
    }

    /// An explicit list may only look back.
    fn check_list(&self, layers: &[Layer]) -> Result<(), Error> {
        let Self::Explicit(rows) = self else { return Ok(()) };
        let own = LayerId(layers.len() as u32);
        for (row, user) in rows.rows().zip((0..).map(|index| own.task(index))) {
            for &task in row {
                let n_tasks = layers.get(task.layer.0 as usize).map(Layer::n_tasks);
                let exists = n_tasks.is_some_and(|n| task.index < n);
                if !exists && (task.layer != own || task >= user) {
                    return Err(missing(task, user, n_tasks));
                }
            }
        }
        Ok(())
    }
}

fn missing(task: TaskRef, user: TaskRef, n_tasks: Option<u32>) -> Error {
    let reason = match n_tasks {
        Some(n) => format!("{user} reads it, but that layer has {n} tasks"),
        None => format!("{user} reads it, but a task can only read tasks before itself"),
    };
    Error::MissingTask { task, reason }
}

fn check_input(name: &str, layers: &[Layer], input: LayerId, n: u64) -> Result<(), Error> {
    let Some(layer) = layers.get(input.0 as usize) else {
        return Err(Error::UnknownLayer { layer: name.to_owned(), input, n_layers: layers.len() });
    };
    if u64::from(layer.n_tasks()) == n {
        return Ok(());
    }
    let reason =
        format!("expects {n} tasks in layer {input} {:?}, which has {}", layer.name, layer.n_tasks());
    Err(Error::Wiring { layer: name.to_owned(), reason })
}

/// Every index of an operand must fit the output and occur once.
fn check_operand(operand: &BlockMap, out: &[u32]) -> Result<(), String> {
    let BlockMap { layer, grid, axes } = operand;
    check_rank(grid.len())?;
    check_same_rank("axes", axes.len(), grid.len())?;
    for (i, (&label, &n)) in axes.iter().zip(grid).enumerate() {
        if axes.iter().take(i).any(|&before| before == label) {
            return Err(format!(
                "index {label} occurs twice in operand {layer}; read a diagonal through a list"
            ));
        }
        if let Some(&out_n) = out.get(label as usize)
            && n != out_n
            && n != 1
        {
            return Err(format!(
                "axis {i} of operand {layer} has {n} blocks, but the output has {out_n} there"
            ));
        }
    }
    Ok(())
}

fn check_rank(rank: usize) -> Result<(), String> {
    refuse_if(rank > RANK_MAX, || format!("a grid has {rank} axes, the limit is {RANK_MAX}"))
}

fn check_same_rank(what: &str, rank: usize, expected: usize) -> Result<(), String> {
    refuse_if(rank != expected, || format!("{what} has {rank} axes, the grid has {expected}"))
}

fn refuse_if(wrong: bool, reason: impl FnOnce() -> String) -> Result<(), String> {
    if wrong { Err(reason()) } else { Ok(()) }
}
