//! Graphs of tasks that do nothing, for benches of what is around a task.

use gristmill::collections::{Callee, Native, Program};
use gristmill::graph::{Arg, Csr, Graph, Layer, LayerId, Params, Wiring};

/// A program that wants every task of these layers.
fn program(callee: &Callee, layers: impl IntoIterator<Item = Layer>) -> Program {
    let mut graph = Graph::new();
    let ids: Vec<LayerId> = layers.into_iter().map(|layer| graph.push(layer).unwrap()).collect();
    let tasks = ids.iter().zip(graph.layers()).map(|(id, layer)| (0..layer.n_tasks()).map(|i| id.task(i)));
    let wanted = tasks.flatten().collect();
    let mut program = Program::from(graph);
    program.wanted = wanted;
    match callee {
        Callee::Component { component, .. } => program.components.push(component.clone()),
        Callee::Native(native) => program.natives.push(Native::clone(native)),
        _ => {}
    }
    program
}

fn layer(callee: &Callee, wiring: Wiring, arg: Arg) -> Layer {
    Layer::new("noop", callee.identity(), wiring).args([arg])
}

/// Tasks that have nothing to do with each other.
pub(crate) fn independent(callee: &Callee, n: u32) -> Program {
    program(callee, [layer(callee, Wiring::Source { n }, Arg::Param(0)).params(Params::Index)])
}

/// Each task passes on the result of the one before, and all results are wanted.
pub(crate) fn chain(callee: &Callee, n: u32) -> Program {
    let before = (0..n - 1).map(|index| match index.checked_sub(1) {
        None => [LayerId(0).task(0)],
        Some(before) => [LayerId(1).task(before)],
    });
    let inputs = Csr::from_rows(before).unwrap();
    let first = layer(callee, Wiring::Source { n: 1 }, Arg::UInt(0));
    program(callee, [first, layer(callee, Wiring::Explicit(inputs), Arg::Input(0))])
}
