//! Graphs of more tasks than should be named before the first one runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use gristmill::collections::{Callee, Program};
use gristmill::graph::{Arg, Graph, Layer, Params, Wiring};
use gristmill::prelude::*;

const N_LEAVES: u32 = 130_000;

/// The first tasks of a large graph are submitted ahead of it. The graph must find their results: nothing runs twice,
/// and the sum is that of all leaves.
#[test]
fn the_first_tasks_of_a_large_graph_are_not_run_again() {
    let n_calls = Arc::new(AtomicU64::new(0));
    let counter = n_calls.clone();
    let add = native("add", move |args| {
        counter.fetch_add(1, Ordering::Relaxed);
        let mut sum = 0;
        for arg in args {
            sum += arg.as_int()?;
        }
        Ok(Value::Int(sum))
    });
    let mut graph = Graph::new();
    let leaf = Layer::new("leaf", add.identity(), Wiring::Source { n: N_LEAVES });
    let mut level = graph.push(leaf.args([Arg::Param(0)]).params(Params::Index)).unwrap();
    // One to one, and so fused with the leaves; then a tree.
    let plus = Layer::new("plus", add.identity(), Wiring::groups(level, N_LEAVES, 1));
    level = graph.push(plus.args([Arg::Input(0), Arg::Int(1)])).unwrap();
    let (mut n, sum) = (N_LEAVES, kernel("sum").unwrap());
    while n > 1 {
        let layer = Layer::new("sum", sum.identity(), Wiring::groups(level, n, 8));
        level = graph.push(layer.args([Arg::Inputs])).unwrap();
        n = n.div_ceil(8);
    }
    let mut program = Program::from(graph);
    program.wanted = vec![level.task(0)];
    if let Callee::Native(native) = &add {
        program.natives.push(native.clone());
    }
    let cluster = Cluster::local().threads(2).start().unwrap();
    let futures = cluster.client().start(program).unwrap();
    let n = i64::from(N_LEAVES);
    assert_eq!(futures[0].result().unwrap(), Value::Int(n * (n - 1) / 2 + n));
    assert_eq!(n_calls.load(Ordering::Relaxed), 2 * u64::from(N_LEAVES));
}
