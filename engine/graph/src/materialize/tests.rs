//! Tables hold what is needed, once, under the keys that the tasks have anywhere.

use proptest::prelude::*;

use super::Marks;
use crate::{
    Arg, Error, Function, Graph, Key, Layer, LayerId, Params, TaskOptions, TaskRef, Wiring, shapes,
    testing::{any_graph, check_table, run_graph, run_table},
};

fn push(graph: &mut Graph, name: &str, wiring: Wiring) -> LayerId {
    graph.push(Layer::new(name, Function::kernel(name, 1), wiring)).unwrap()
}

fn indexed(graph: &mut Graph, name: &str, n: u32) -> LayerId {
    let layer = Layer::new(name, Function::kernel(name, 1), Wiring::Source { n });
    graph.push(layer.args([Arg::Param(0)]).params(Params::Index)).unwrap()
}

#[test]
fn only_what_is_needed_is_made() {
    let (graph, _) = shapes::chains(10, 3).unwrap();
    let table = graph.materialize(&[LayerId(3).task(4), LayerId(2).task(4), LayerId(1).task(7)]).unwrap();
    check_table(&table);
    assert_eq!(table.len(), 4 + 2);
    assert_eq!(table.source[table.wanted[2] as usize], LayerId(1).task(7));
}

#[test]
fn a_slice_of_a_huge_layer_is_cheap() {
    let mut graph = Graph::new();
    let huge = indexed(&mut graph, "huge", 10_000_000);
    let table = graph.materialize(&[huge.task(9_999_999)]).unwrap();
    assert_eq!((table.len(), table.keys[0]), (1, key_of_index("huge", 9_999_999)));
}

fn key_of_index(name: &str, index: u64) -> Key {
    Key::of(&Function::kernel(name, 1), &[Arg::Param(0)], &[Arg::UInt(index)], &[])
}

#[test]
fn keys_do_not_depend_on_layers_names_or_options() {
    let mut graph = Graph::new();
    let a = indexed(&mut graph, "f", 2);
    let again = Layer::new("other name", Function::kernel("f", 1), Wiring::Source { n: 1 })
        .args([Arg::Param(0)])
        .params(Params::Rows(crate::Csr::from_rows([[Arg::UInt(1)]]).unwrap()))
        .options(TaskOptions { retries: 3, ..TaskOptions::default() });
    let b = graph.push(again).unwrap();
    let table = graph.materialize(&[a.task(0), a.task(1), b.task(0)]).unwrap();
    check_table(&table);
    assert_eq!(table.wanted, [0, 1, 1], "equal tasks are one");
    assert_eq!(table.keys, [key_of_index("f", 0), key_of_index("f", 1)]);
    assert_eq!(table.family_of(1).unwrap().options.retries, 0, "the first layer's options count");
}

#[test]
fn users_of_equal_tasks_are_equal() {
    let mut graph = Graph::new();
    let (a, b) = (indexed(&mut graph, "f", 3), indexed(&mut graph, "f", 3));
    let (c, d) = (push(&mut graph, "g", Wiring::each(a, 3)), push(&mut graph, "g", Wiring::each(b, 3)));
    let wanted: Vec<TaskRef> = graph.tasks(c).chain(graph.tasks(d)).collect();
    let table = graph.materialize(&wanted).unwrap();
    check_table(&table);
    assert_eq!((table.len(), &table.wanted[..3]), (6, &table.wanted[3..]));
}

#[test]
fn keys_are_those_of_the_single_call() {
    let mut graph = Graph::new();
    let a = indexed(&mut graph, "f", 2);
    let b = push(&mut graph, "sum", Wiring::groups(a, 2, 2));
    let table = graph.materialize(&[b.task(0)]).unwrap();
    let inputs = [key_of_index("f", 0), key_of_index("f", 1)];
    assert_eq!(table.keys[2], Key::of(&Function::kernel("sum", 1), &[Arg::Inputs], &[], &inputs));
}

#[test]
fn held_results_keep_their_keys() {
    let mut graph = Graph::new();
    let key = Key([7; 32]);
    let held = graph.push(Layer::new("held", Function::identity(), Wiring::Held(vec![key]))).unwrap();
    let next = push(&mut graph, "next", Wiring::each(held, 1));
    let table = graph.optimize(&[next.task(0)]).unwrap();
    check_table(&table);
    assert_eq!((table.len(), table.keys[0]), (2, key), "a held result is not fused or inlined");
    assert!(table.family_of(0).unwrap().held && !table.family_of(1).unwrap().held);
    assert_eq!(table.keys[1], Key::of(&Function::kernel("next", 1), &[Arg::Inputs], &[], &[key]));
}

#[test]
fn families_collect_layers_that_are_alike() {
    let (graph, wanted) = shapes::tree(64, 4).unwrap();
    let table = graph.materialize(&wanted).unwrap();
    let names: Vec<&str> = table.families.iter().map(|family| &*family.name).collect();
    assert_eq!(names, ["root", "sum"]);
}

#[test]
fn missing_tasks_and_inputs_are_refused() {
    let (graph, _) = shapes::tree(4, 2).unwrap();
    for task in [LayerId(9).task(0), LayerId(0).task(4)] {
        assert!(matches!(graph.materialize(&[task]), Err(Error::MissingTask { .. })));
    }
    let mut graph = Graph::new();
    let roots = indexed(&mut graph, "root", 3);
    let pairs = Layer::new("pair", Function::kernel("pair", 1), Wiring::groups(roots, 3, 2));
    let pairs = graph.push(pairs.args([Arg::Input(0), Arg::List(vec![Arg::Input(1)])])).unwrap();
    assert!(graph.materialize(&[pairs.task(0)]).is_ok());
    let error = graph.materialize(&[pairs.task(1)]).unwrap_err();
    assert!(error.to_string().contains("task 1 has 1 inputs, but the arguments refer to input 1"), "{error}");
}

#[test]
fn too_many_inputs_are_refused() {
    let mut graph = Graph::new();
    let roots = indexed(&mut graph, "root", 10);
    let all = push(&mut graph, "all", Wiring::AllToAll { input: roots, n_in: 10, n_out: 10 });
    let wanted: Vec<TaskRef> = graph.tasks(all).collect();
    assert!(Marks::of(&graph, &wanted, 100).is_ok());
    let error = Marks::of(&graph, &wanted, 99).err();
    assert_eq!(error, Some(Error::TooMany { what: "task inputs", n: 100, limit: 99 }));
}

#[test]
fn a_task_takes_less_than_a_hundred_bytes() {
    let (graph, wanted) = shapes::stencil(&[1_000], 9, crate::Boundary::Periodic).unwrap();
    let table = graph.optimize(&wanted).unwrap();
    assert!(table.nbytes() / table.len() < 100, "{} bytes for {} tasks", table.nbytes(), table.len());
}

#[test]
fn nothing_wanted_is_nothing_made() {
    let (graph, _) = shapes::tree(4, 2).unwrap();
    let table = graph.optimize(&[]).unwrap();
    check_table(&table);
    assert!(table.is_empty());
}

proptest! {
    #[test]
    fn tables_compute_what_the_graph_means(graph in any_graph(), wanted in prop::collection::vec(any::<prop::sample::Index>(), 1..5)) {
        let results = run_graph(&graph);
        let mut tasks: Vec<TaskRef> = results.keys().copied().collect();
        tasks.sort_unstable();
        let wanted: Vec<TaskRef> = wanted.iter().map(|i| *i.get(&tasks)).collect();
        let expected: Vec<i64> = wanted.iter().map(|task| results[task]).collect();
        let table = graph.materialize(&wanted).unwrap();
        check_table(&table);
        prop_assert_eq!(run_table(&graph, &table), expected);
        for (&id, task) in table.wanted.iter().zip(&wanted) {
            prop_assert_eq!(results[&table.source[id as usize]], results[task], "equal keys mean equal results");
        }
    }
}
