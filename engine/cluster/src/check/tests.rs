//! What is refused before anything runs, wherever in a graph it is.

use std::time::{Duration, Instant};

use gristmill_graph::Csr;

use super::*;

fn check(graph: &Graph) -> Result<(), Error> {
    check_types(graph, &HashMap::new(), &|_| Type::Any)
}

/// `n` calls of a kernel with a literal each.
fn calls(name: &str, literals: impl IntoIterator<Item = Arg>) -> Layer {
    let rows = Csr::from_rows(literals.into_iter().map(|literal| [literal])).unwrap();
    let n = rows.len() as u32;
    Layer::new(name, Function::kernel(name, 1), Wiring::Source { n })
        .args([Arg::Param(0)])
        .params(Params::Rows(rows))
}

/// Only the first 4096 calls of a layer were looked at: a misfit among the others failed when it ran.
#[test]
fn a_misfit_is_found_in_any_row() {
    for misfit in [0, 1, 4096, 9999] {
        let literal = |i| if i == misfit { Arg::Text("text".into()) } else { Arg::Int(i) };
        let mut graph = Graph::new();
        graph.push(calls("inc", (0..10_000).map(literal))).unwrap();
        assert!(matches!(check(&graph), Err(Error::Call { .. })), "row {misfit}");
    }
    let mut graph = Graph::new();
    graph.push(calls("inc", (0..10_000).map(Arg::Int))).unwrap();
    check(&graph).unwrap();
}

/// The type of an input is that of its own row, and not that of the row before.
#[test]
fn a_misfit_is_found_behind_any_input() {
    let literal = |i| if i == 7000 { Arg::Text("text".into()) } else { Arg::Int(i) };
    let mut graph = Graph::new();
    let sources = graph.push(calls("identity", (0..8000).map(literal))).unwrap();
    let inc =
        Layer::new("inc", Function::kernel("inc", 1), Wiring::each(sources, 8000)).args([Arg::Input(0)]);
    graph.push(inc).unwrap();
    assert!(matches!(check(&graph), Err(Error::Call { .. })));
}

/// Every row is looked at, and those like the one before cost next to nothing.
#[test]
fn a_million_calls_are_checked_in_a_moment() {
    let n = 1_000_000;
    let started = Instant::now();
    let mut graph = Graph::new();
    let index = graph
        .push(
            Layer::new("inc", Function::kernel("inc", 1), Wiring::Source { n })
                .args([Arg::Param(0)])
                .params(Params::Index),
        )
        .unwrap();
    let rows = (0..n).map(|i| [index.task(i)]);
    let explicit = Wiring::Explicit(Csr::from_rows(rows).unwrap());
    let explicit =
        graph.push(Layer::new("inc", Function::kernel("inc", 1), explicit).args([Arg::Input(0)])).unwrap();
    graph.push(Layer::new("sum", Function::kernel("sum", 1), Wiring::groups(explicit, n, 2))).unwrap();
    let built = started.elapsed();
    check(&graph).unwrap();
    assert!(started.elapsed() - built < Duration::from_secs(20), "{:?}", started.elapsed());
}
