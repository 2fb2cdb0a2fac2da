//! Programs put into programs.

use gristmill_data::ChunkGrid;
use gristmill_kernels::expr::{Expr, ExprBuilder};

use crate::array::{Array, Op};

/// How many steps a program may get by putting operations together: longer ones gain nothing.
const FUSED_STEPS_MAX: usize = 256;
/// How many inputs it may get.
const FUSED_INPUTS_MAX: usize = 32;

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
        Op::Elementwise(expr) if input.grid() == grid && may(input) => {
            Some((expr.clone(), input.inputs().to_vec()))
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
        .position(|known| known.id() == array.id())
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
