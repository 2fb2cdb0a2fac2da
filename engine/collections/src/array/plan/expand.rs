//! Reductions made of calls: each block to a partial result, these combined in a tree, and finished.

use std::collections::HashMap;

use gristmill_data::ChunkGrid;
use gristmill_graph::Arg;
use gristmill_kernels::Reduction;
use gristmill_kernels::expr::{Expr, ExprBuilder};

use super::fuse::fused;
use super::{n_users, topological};
use crate::Error;
use crate::array::call::{Call, aligned, finished, left, tree};
use crate::array::{Array, Op};

/// The same arrays without reductions.
pub(super) fn expanded(wanted: &[Array]) -> Result<Vec<Array>, Error> {
    let ordered = topological(wanted);
    let n_users = n_users(&ordered, wanted);
    let is_alone = |array: &Array| n_users.get(&array.id()).is_none_or(|&n| n <= 1);
    let mut done: HashMap<u64, Array> = HashMap::new();
    for array in &ordered {
        let new = match (array.op(), array.inputs()) {
            (Op::Reduce { reduction, axes, keepdims }, [input]) => {
                let may = |input: &Array| is_alone(input) && input.device() == array.device();
                let (expr, inputs) = program_of(input, may)?;
                let inputs = super::replaced(&done, &inputs);
                reduce(array, input.grid(), (&expr, inputs), *reduction, axes, *keepdims)?
            }
            (_, []) => array.clone(),
            (_, inputs) => array.with_inputs(super::replaced(&done, inputs)),
        };
        done.insert(array.id(), new);
    }
    Ok(super::replaced(&done, wanted))
}

/// The program that a reduction of this array runs, and on what: the array's own, when nobody else needs it.
fn program_of(input: &Array, is_alone: impl Fn(&Array) -> bool) -> Result<(Expr, Vec<Array>), Error> {
    let mut builder = ExprBuilder::new();
    let own = builder.input(input.dtype()).map_err(Error::kernel("reduce"))?;
    let itself = builder.finish(own);
    let inputs = std::slice::from_ref(input);
    Ok(fused(input.grid(), &itself, inputs, is_alone).unwrap_or((itself, vec![input.clone()])))
}

fn reduce(
    array: &Array,
    grid: &ChunkGrid,
    (expr, inputs): (&Expr, Vec<Array>),
    reduction: Reduction,
    axes: &[u32],
    keepdims: bool,
) -> Result<Array, Error> {
    let (name, text) = (reduction.kind.name(), Arg::text(&reduction.to_string()));
    let list = |axes: &[u32]| Arg::List(axes.iter().map(|&axis| Arg::UInt(axis.into())).collect());
    let args = vec![text.clone(), Arg::text(&expr.to_string()), list(axes), Arg::Inputs];
    let call = Call::kernel(name, "reduce", aligned(grid, &inputs), args)?;
    let call = call.sized(reduction.partial_itemsize(expr.dtype()) as u64);
    let partials = call.on(inputs, array.dtype(), left(grid, axes)?).with_device(array.device());
    let combine = format!("{name}-combine");
    let partials = tree(partials, axes, |wiring| {
        Call::kernel(&combine, "combine", wiring, vec![text.clone(), Arg::Inputs])
    })?;
    let dropped = if keepdims { &[][..] } else { axes };
    let wiring = finished(&partials, axes, keepdims, array.grid());
    let args = vec![text.clone(), Arg::text(array.dtype().name()), list(dropped), Arg::Input(0)];
    let finish = Call::kernel(&format!("{name}-finish"), "finish", wiring, args)?;
    Ok(finish.on(vec![partials], array.dtype(), array.grid().clone()))
}
