//! The first tasks can run alone, and are neither too many nor pieces of what will be fused.

use std::collections::HashSet;

use proptest::prelude::*;

use crate::{Arg, Csr, Function, Graph, Layer, LayerId, Params, TaskRef, Wiring};

fn layer(name: &str, wiring: Wiring) -> Layer {
    Layer::new(name, Function::kernel(name, 1), wiring).args([Arg::Inputs]).params(Params::Index)
}

/// A tree over `n` leaves.
fn tree(n: u32, arity: u32) -> (Graph, TaskRef) {
    let mut graph = Graph::new();
    let (mut level, mut n) = (graph.push(layer("leaf", Wiring::Source { n })).unwrap(), n);
    while n > 1 {
        level = graph.push(layer("sum", Wiring::groups(level, n, arity))).unwrap();
        n = n.div_ceil(arity);
    }
    (graph, level.task(0))
}

#[test]
fn of_a_tree_whole_branches_come_first() {
    let (graph, root) = tree(4096, 8);
    let first = graph.first_tasks(&[root], 100);
    let table = graph.materialize(&first).unwrap();
    assert!((100..120).contains(&table.len()), "{}", table.len());
    // A branch of 64 leaves, one of 8, and leaves.
    assert!(first.len() < 20, "{first:?}");
}

#[test]
fn of_chains_whole_chains_come_first() {
    let mut graph = Graph::new();
    let mut level = graph.push(layer("a", Wiring::Source { n: 1000 })).unwrap();
    for name in ["b", "c"] {
        level = graph.push(layer(name, Wiring::groups(level, 1000, 1))).unwrap();
    }
    let wanted: Vec<TaskRef> = graph.tasks(level).collect();
    let first = graph.first_tasks(&wanted, 10);
    assert_eq!(first, wanted[..4]);
}

#[test]
fn a_chain_too_long_to_look_for_its_start_has_no_first_tasks() {
    let mut inputs = Csr::new();
    for index in 0..500_000u32 {
        inputs.push_row(index.checked_sub(1).map(|before| LayerId(0).task(before))).unwrap();
    }
    let mut graph = Graph::new();
    let chain = graph.push(layer("chain", Wiring::Explicit(inputs))).unwrap();
    assert_eq!(graph.first_tasks(&[chain.task(499_999)], 100), []);
    assert_eq!(graph.first_tasks(&[chain.task(9)], 100), [chain.task(9)]);
    assert_eq!(graph.first_tasks(&[chain.task(999_999)], 100), [], "there is no such task");
}

proptest! {
    #[test]
    fn keys_are_those_of_the_whole_graph(n in 1u32..300, arity in 2u32..9, n_first in 0usize..200) {
        let (graph, root) = tree(n, arity);
        let first = graph.first_tasks(&[root], n_first);
        let slice = graph.materialize(&first).unwrap();
        let whole: HashSet<_> = graph.materialize(&[root]).unwrap().keys.into_iter().collect();
        prop_assert!(slice.keys.iter().all(|key| whole.contains(key)));
        prop_assert!(slice.len() >= n_first.min(whole.len()));
    }
}
