//! Orders are valid for every graph, and hold few results on the shapes that matter.

use proptest::prelude::*;

use super::{dependents, order, peak_live};
use crate::{
    Boundary, Csr, TaskTable,
    shapes::{self, Shape},
};

/// The most live results in our order, and breadth-first (layer by layer).
fn peaks(shape: Shape) -> (u32, u32) {
    let (graph, wanted) = shape;
    let table = graph.materialize(&wanted).unwrap();
    (table.peak_live(&table.priority), table.peak_live(&breadth_first(&table)))
}

fn breadth_first(table: &TaskTable) -> Vec<u32> {
    (0..table.len() as u32).collect()
}

#[test]
fn a_tree_needs_one_group_a_level() {
    for (n, fan_in, n_levels) in [(64, 2, 6), (4096, 8, 4), (1000, 10, 3), (59_049, 3, 10)] {
        let (ours, breadth_first) = peaks(shapes::tree(n, fan_in).unwrap());
        assert!(ours <= (fan_in - 1) * n_levels + 2, "{n} by {fan_in}: {ours}");
        assert!(breadth_first >= n);
    }
}

#[test]
fn chains_run_one_after_the_other() {
    assert_eq!(peaks(shapes::chains(100, 9).unwrap()), (2, 101));
}

#[test]
fn an_anomaly_holds_its_blocks_and_little_else() {
    let (ours, breadth_first) = peaks(shapes::anomaly(512, 8).unwrap());
    // Every block is needed again after the mean; the tree on top must not add more than its own room.
    assert!(ours <= 512 + 7 * 3 + 2, "{ours}");
    assert!(breadth_first >= 1024, "{breadth_first}");
}

#[test]
fn a_stencil_sweeps_along_its_blocks() {
    let (n, steps) = (1000, 10);
    let (ours, breadth_first) = peaks(shapes::stencil(&[n], steps, Boundary::None).unwrap());
    assert!(ours <= 3 * (steps + 1), "{ours}");
    assert!(breadth_first >= n);
}

#[test]
fn a_two_dimensional_stencil_holds_a_few_rows() {
    let (n, steps) = (40, 4);
    let (ours, breadth_first) = peaks(shapes::stencil(&[n, n], steps, Boundary::None).unwrap());
    assert!(ours <= 3 * n * (steps + 1), "{ours}");
    assert!(breadth_first >= n * n);
}

#[test]
fn a_matrix_product_holds_one_matrix_and_a_row() {
    let n = 16;
    let (ours, breadth_first) = peaks(shapes::matmul(n).unwrap());
    assert!(ours <= n * n + 3 * n, "{ours}");
    assert!(breadth_first >= n * n * n);
}

#[test]
fn a_shuffle_holds_no_more_than_its_splits() {
    let (ours, breadth_first) = peaks(shapes::shuffle(30, 20).unwrap());
    assert!(ours <= 30 + 30 + 1, "{ours}");
    assert!(breadth_first >= 30 * 20);
}

#[test]
fn results_with_two_users_are_used_up_at_once() {
    // load -> (a, b), with one reduction over all a and another over all b: without rule 3, every load would be held
    // until the second reduction, and its size is usually that of the data.
    let n = 256;
    let mut graph = crate::Graph::new();
    let push = |graph: &mut crate::Graph, name, wiring| {
        graph.push(crate::Layer::new(name, crate::Function::kernel(name, 1), wiring)).unwrap()
    };
    let load = crate::Layer::new("load", crate::Function::kernel("load", 1), crate::Wiring::Source { n });
    let load = graph.push(load.args([crate::Arg::Param(0)]).params(crate::Params::Index)).unwrap();
    let a = push(&mut graph, "a", crate::Wiring::each(load, n));
    let b = push(&mut graph, "b", crate::Wiring::each(load, n));
    let wanted = [shapes::reduce(&mut graph, a, 4).unwrap(), shapes::reduce(&mut graph, b, 4).unwrap()];
    let table = graph.materialize(&wanted).unwrap();
    let peak = table.peak_live(&table.priority);
    assert!(peak <= 2 * (3 * 4 + 2), "{peak}");
}

#[test]
fn cheap_outputs_come_first() {
    // Ids: 0..4 a chain, 4 a root of its own.
    let inputs = Csr::from_rows([vec![], vec![0], vec![1], vec![2], vec![]]).unwrap();
    assert_eq!(order(&inputs), [1, 2, 3, 4, 0]);
}

#[test]
fn larger_inputs_come_first() {
    // 0: a leaf; 1..=4: leaves below 5; 6 reads both: making 5 first holds 4 results, making 0 first would hold 5.
    let inputs =
        Csr::from_rows([vec![], vec![], vec![], vec![], vec![], vec![1, 2, 3, 4], vec![0, 5]]).unwrap();
    let priority = order(&inputs);
    assert_eq!((priority[5], priority[0]), (4, 5));
    assert_eq!(peak_live(&inputs, &priority), 5);
}

proptest! {
    #[test]
    fn every_order_is_valid(rows in prop::collection::vec(prop::collection::vec(any::<prop::sample::Index>(), 0..5), 1..60)) {
        let rows = (0..).zip(rows).map(|(id, row)| {
            let n = if id == 0 { 0 } else { row.len() };
            row[..n].iter().map(|input| input.index(id) as u32).collect::<Vec<_>>()
        });
        let inputs = Csr::from_rows(rows).unwrap();
        let priority = order(&inputs);
        for (id, row) in inputs.rows().enumerate() {
            prop_assert!(row.iter().all(|&input| priority[input as usize] < priority[id]));
        }
        let mut sorted = priority.clone();
        sorted.sort_unstable();
        prop_assert!(sorted.into_iter().eq(0..inputs.len() as u32));
        let users = dependents(&inputs);
        for (input, row) in (0..).zip(users.rows()) {
            let expected: Vec<u32> = (0..inputs.len() as u32).filter(|&user| inputs.row(user).contains(&input)).collect();
            prop_assert_eq!(row, expected);
        }
    }
}
