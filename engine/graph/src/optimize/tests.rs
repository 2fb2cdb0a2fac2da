//! Inlining and fusing change how much is done at a time, and nothing else.

use proptest::prelude::*;

use crate::{
    Arg, FUSE_STEPS_MAX, Function, Graph, INLINE_STEPS_MAX, Key, Layer, LayerId, Operand, Params,
    TaskOptions, TaskRef, TaskTable, Wiring, shapes,
    testing::{any_graph, check_table, run_graph, run_table},
};

fn wanted_keys(table: &TaskTable) -> Vec<Key> {
    table.wanted.iter().map(|&id| table.keys[id as usize]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    #[test]
    fn results_and_keys_stay(graph in any_graph(), wanted in prop::collection::vec(any::<prop::sample::Index>(), 1..5)) {
        let results = run_graph(&graph);
        let mut tasks: Vec<TaskRef> = results.keys().copied().collect();
        tasks.sort_unstable();
        let wanted: Vec<TaskRef> = wanted.iter().map(|i| *i.get(&tasks)).collect();
        let expected: Vec<i64> = wanted.iter().map(|task| results[task]).collect();
        let plain = graph.materialize(&wanted).unwrap();
        let inlined = plain.clone().inline().unwrap();
        let fused = plain.clone().fuse().unwrap();
        let both = inlined.clone().fuse().unwrap();
        let other_order = fused.clone().inline().unwrap().fuse().unwrap();
        for table in [&inlined, &fused, &both, &other_order] {
            check_table(table);
            prop_assert_eq!(run_table(&graph, table), expected.clone());
            prop_assert_eq!(wanted_keys(table), wanted_keys(&plain));
            prop_assert!(table.len() <= plain.len());
            let known = |key: &Key| plain.keys.contains(key);
            prop_assert!(table.keys.iter().all(known), "no key is invented");
        }
        prop_assert_eq!(both.clone(), graph.optimize(&wanted).unwrap());
        prop_assert_eq!(fused.clone().fuse().unwrap(), fused, "nothing is left to fuse");
    }
}

#[test]
fn chains_become_single_tasks() {
    let (graph, wanted) = shapes::chains(3, 2).unwrap();
    let table = graph.optimize(&wanted).unwrap();
    check_table(&table);
    assert_eq!(table.len(), 3);
    assert_eq!(table.steps(1), [LayerId(0).task(1), LayerId(1).task(1), LayerId(2).task(1)]);
    assert_eq!(table.operands(1, 0).len(), 0);
    assert_eq!(table.operands(1, 2).collect::<Vec<_>>(), [Operand::Step(1)]);
    assert_eq!(&*table.families[0].name, "root-link");
}

#[test]
fn a_task_that_was_not_fused_is_its_own_step() {
    let (graph, wanted) = shapes::tree(4, 4).unwrap();
    let table = graph.optimize(&wanted).unwrap();
    assert_eq!(table.steps(4), [LayerId(1).task(0)]);
    assert_eq!(table.operands(4, 0).collect::<Vec<_>>(), [0, 1, 2, 3].map(Operand::Input));
    assert!(table.steps(5).is_empty());
}

#[test]
fn shared_and_wanted_tasks_are_not_fused_away() {
    let (graph, wanted) = shapes::chains(1, 3).unwrap();
    let table = graph.optimize(&[LayerId(1).task(0), wanted[0]]).unwrap();
    check_table(&table);
    assert_eq!((table.len(), table.wanted.as_slice()), (2, &[0, 1][..]));
    let (graph, wanted) = shapes::anomaly(4, 4).unwrap();
    let table = graph.optimize(&wanted).unwrap();
    assert_eq!(table.len(), 4 + 4 + 1 + 4, "a block with two users stays");
}

#[test]
fn tasks_of_other_options_are_not_fused() {
    let mut graph = Graph::new();
    let root = graph.push(Layer::new("root", Function::kernel("root", 1), Wiring::Source { n: 1 })).unwrap();
    let options = TaskOptions { retries: 2, ..TaskOptions::default() };
    let next = Layer::new("next", Function::kernel("next", 1), Wiring::each(root, 1)).options(options);
    let next = graph.push(next).unwrap();
    assert_eq!(graph.optimize(&[next.task(0)]).unwrap().len(), 2);
}

#[test]
fn long_chains_are_cut() {
    let n = FUSE_STEPS_MAX * 3;
    let (graph, wanted) = shapes::chain(n).unwrap();
    let table = graph.optimize(&wanted).unwrap();
    check_table(&table);
    assert_eq!(table.len(), 3);
    assert!((0..3).all(|id| table.steps(id).len() == FUSE_STEPS_MAX as usize));
    let results = run_graph(&graph);
    assert_eq!(run_table(&graph, &table), [results[&wanted[0]]]);
}

/// `n` literals, read by `m` tasks that read all of them.
fn literals(n: u32, m: u32) -> (Graph, Vec<TaskRef>) {
    let mut graph = Graph::new();
    let literal = Layer::new("literal", Function::identity(), Wiring::Source { n });
    let literal = graph.push(literal.args([Arg::Param(0)]).params(Params::Index)).unwrap();
    let all = Wiring::AllToAll { input: literal, n_in: n, n_out: m };
    let sum = Layer::new("sum", Function::kernel("sum", 1), all).args([Arg::Inputs, Arg::Param(0)]);
    let sum = graph.push(sum.params(Params::Index)).unwrap();
    let wanted = graph.tasks(sum).collect();
    (graph, wanted)
}

#[test]
fn literals_are_copied_into_their_users() {
    let (graph, wanted) = literals(3, 2);
    let table = graph.optimize(&wanted).unwrap();
    check_table(&table);
    assert_eq!(table.len(), 2);
    assert_eq!((table.steps(0).len(), &*table.families[0].name), (4, "sum"));
    let both = [LayerId(0).task(1), wanted[0]];
    let table = graph.optimize(&both).unwrap();
    check_table(&table);
    assert_eq!(table.len(), 2, "a literal that is wanted also stays");
}

#[test]
fn a_task_with_too_many_literals_reads_them_as_tasks() {
    let (graph, wanted) = literals(INLINE_STEPS_MAX, 2);
    assert_eq!(graph.optimize(&wanted).unwrap().len(), 2);
    let (graph, wanted) = literals(INLINE_STEPS_MAX + 1, 2);
    let table = graph.optimize(&wanted).unwrap();
    check_table(&table);
    assert_eq!(table.len(), INLINE_STEPS_MAX as usize + 1 + 2);
}

#[test]
fn aliases_of_aliases_are_inlined_to_a_limit() {
    let mut graph = Graph::new();
    let mut last =
        graph.push(Layer::new("root", Function::kernel("root", 1), Wiring::Source { n: 1 })).unwrap();
    for _ in 0..3 * INLINE_STEPS_MAX {
        let alias = Layer::new("alias", Function::identity(), Wiring::each(last, 1)).args([Arg::Input(0)]);
        last = graph.push(alias).unwrap();
    }
    let end = graph.push(Layer::new("end", Function::kernel("end", 1), Wiring::each(last, 1))).unwrap();
    let table = graph.materialize(&[end.task(0)]).unwrap().inline().unwrap();
    check_table(&table);
    assert_eq!(table.len(), 4, "root, end, and an alias at each limit");
    let results = run_graph(&graph);
    assert_eq!(run_table(&graph, &table), [results[&end.task(0)]]);
}
