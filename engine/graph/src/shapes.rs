//! Graphs of the usual shapes, for tests, benches and the simulator: what they compute does not matter.

use crate::{Arg, Boundary, Error, Function, Graph, Layer, LayerId, Params, TaskRef, Wiring};

/// A graph, and the tasks of it that are wanted.
pub type Shape = (Graph, Vec<TaskRef>);

/// `n` tasks without inputs.
///
/// # Errors
/// Returns [`Error::TooMany`] when there would be too many tasks; so do all shapes.
pub fn independent(n: u32) -> Result<Shape, Error> {
    let mut graph = Graph::new();
    let roots = roots(&mut graph, n)?;
    Ok(all_of(graph, roots))
}

/// `n` tasks in a row, each reading the one before.
///
/// # Errors
/// See [`independent`].
pub fn chain(n: u32) -> Result<Shape, Error> {
    let mut graph = Graph::new();
    let rows = (0..n).map(|i| i.checked_sub(1).map(|before| LayerId(0).task(before)));
    let wiring = Wiring::Explicit(crate::Csr::from_rows(rows)?);
    let layer = Layer::new("link", Function::kernel("link", 1), wiring).params(Params::Index);
    let layer = graph.push(layer.args([Arg::Inputs, Arg::Param(0)]))?;
    let wanted = n.checked_sub(1).map(|last| layer.task(last)).into_iter().collect();
    Ok((graph, wanted))
}

/// `width` roots, each followed by a chain of `depth` one-to-one layers.
///
/// # Errors
/// See [`independent`].
pub fn chains(width: u32, depth: u32) -> Result<Shape, Error> {
    let mut graph = Graph::new();
    let mut last = roots(&mut graph, width)?;
    for _ in 0..depth {
        last = push(&mut graph, "link", Wiring::each(last, width))?;
    }
    Ok(all_of(graph, last))
}

/// `n` roots, reduced to one task by groups of `fan_in`.
///
/// # Errors
/// See [`independent`].
pub fn tree(n: u32, fan_in: u32) -> Result<Shape, Error> {
    let mut graph = Graph::new();
    let roots = roots(&mut graph, n)?;
    let root = reduce(&mut graph, roots, fan_in)?;
    Ok((graph, vec![root]))
}

/// `n` roots, all read by one task.
///
/// # Errors
/// See [`independent`].
pub fn merge(n: u32) -> Result<Shape, Error> {
    let mut graph = Graph::new();
    let roots = roots(&mut graph, n)?;
    let merged = push(&mut graph, "merge", Wiring::AllToAll { input: roots, n_in: n, n_out: 1 })?;
    Ok(all_of(graph, merged))
}

/// `steps` steps of a stencil over a grid of blocks, each block reading its direct neighbours.
///
/// # Errors
/// See [`independent`].
pub fn stencil(grid: &[u32], steps: u32, boundary: Boundary) -> Result<Shape, Error> {
    let mut graph = Graph::new();
    let mut last = roots(&mut graph, grid.iter().product())?;
    for _ in 0..steps {
        let depth = grid.iter().map(|&n| 1.min(n)).collect();
        last = push(&mut graph, "step", Wiring::Halo { input: last, grid: grid.to_vec(), depth, boundary })?;
    }
    Ok(all_of(graph, last))
}

/// An exchange of everything with everything: `n_in` roots are split into `n_out` pieces each, which are merged.
///
/// # Errors
/// See [`independent`].
pub fn shuffle(n_in: u32, n_out: u32) -> Result<Shape, Error> {
    let mut graph = Graph::new();
    let roots = roots(&mut graph, n_in)?;
    let split = push(&mut graph, "split", Wiring::each(roots, n_in))?;
    let piece = Wiring::blockwise([n_in, n_out], [(split, &[n_in][..], &[0][..])]);
    let piece = Layer::new("piece", Function::kernel("piece", 1), piece).params(Params::Index);
    let piece = graph.push(piece.args([Arg::Input(0), Arg::Param(0)]))?;
    let merged = Wiring::blockwise([n_out], [(piece, &[n_in, n_out][..], &[1, 0][..])]);
    let merged = push(&mut graph, "merge", merged)?;
    Ok(all_of(graph, merged))
}

/// `x - x.mean()` over `n` blocks: every block is used early and again at the end.
///
/// # Errors
/// See [`independent`].
pub fn anomaly(n: u32, fan_in: u32) -> Result<Shape, Error> {
    let mut graph = Graph::new();
    let x = roots(&mut graph, n)?;
    let part = push(&mut graph, "part", Wiring::each(x, n))?;
    let mean = reduce(&mut graph, part, fan_in)?;
    let minus = Wiring::blockwise([n], [(x, &[n][..], &[0][..]), (mean.layer, &[1][..], &[0][..])]);
    let minus = push(&mut graph, "subtract", minus)?;
    Ok(all_of(graph, minus))
}

/// A product of two square matrices of `n` by `n` blocks, each output block summed from its `n` products.
///
/// # Errors
/// See [`independent`].
pub fn matmul(n: u32) -> Result<Shape, Error> {
    let mut graph = Graph::new();
    let a = roots(&mut graph, n * n)?;
    let b = graph.push(source("b", n * n))?;
    let square = [n, n];
    let product = [(a, &square[..], &[0, 2][..]), (b, &square[..], &[2, 1][..])];
    let product = push(&mut graph, "product", Wiring::blockwise([n, n, n], product))?;
    let sum = Wiring::Group { input: product, grid: vec![n, n, n], fan_in: vec![1, 1, n] };
    let sum = push(&mut graph, "sum", sum)?;
    Ok(all_of(graph, sum))
}

/// Reduces all tasks of a layer to one by groups of `fan_in`, level by level.
///
/// # Errors
/// Returns [`Error::Wiring`] when `fan_in` is less than 2.
pub fn reduce(graph: &mut Graph, layer: LayerId, fan_in: u32) -> Result<TaskRef, Error> {
    if fan_in < 2 {
        return Err(Error::Wiring {
            layer: "sum".into(),
            reason: format!("fan_in is {fan_in}, it must be 2 or more"),
        });
    }
    let (mut last, mut n) = (layer, graph.layer(layer).map_or(0, Layer::n_tasks));
    while n > 1 {
        last = push(graph, "sum", Wiring::groups(last, n, fan_in))?;
        n = n.div_ceil(fan_in);
    }
    Ok(last.task(0))
}

/// Adds a layer of `n` different tasks without inputs.
fn roots(graph: &mut Graph, n: u32) -> Result<LayerId, Error> {
    graph.push(source("root", n))
}

fn source(name: &str, n: u32) -> Layer {
    Layer::new(name, Function::kernel(name, 1), Wiring::Source { n })
        .args([Arg::Param(0)])
        .params(Params::Index)
}

fn push(graph: &mut Graph, name: &str, wiring: Wiring) -> Result<LayerId, Error> {
    graph.push(Layer::new(name, Function::kernel(name, 1), wiring))
}

fn all_of(graph: Graph, layer: LayerId) -> Shape {
    let wanted = graph.tasks(layer).collect();
    (graph, wanted)
}
