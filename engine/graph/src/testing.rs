//! What several tests need: a plain evaluator, a check of tables, and random graphs.

use std::collections::HashMap;

use proptest::prelude::*;

use crate::{Arg, Csr, Function, Graph, Layer, LayerId, Operand, Params, Spec, TaskRef, TaskTable, Wiring};

/// What a task gives: `identity` gives its argument, everything else mixes name and arguments so that order counts.
pub(crate) fn call(spec: &Spec<'_>, inputs: &[i64]) -> i64 {
    let seed = spec
        .function
        .name()
        .bytes()
        .fold(7, |acc: i64, byte| acc.wrapping_mul(31).wrapping_add(i64::from(byte)));
    match spec.args {
        [only] if spec.function.is_identity() => value(only, spec, inputs),
        args => args
            .iter()
            .fold(seed, |acc, arg| acc.wrapping_mul(1_000_003).wrapping_add(value(arg, spec, inputs))),
    }
}

fn value(arg: &Arg, spec: &Spec<'_>, inputs: &[i64]) -> i64 {
    let mix = |acc: i64, item: i64| acc.wrapping_mul(131).wrapping_add(item);
    match arg {
        Arg::Int(value) => *value,
        Arg::UInt(value) => *value as i64,
        Arg::Input(n) => inputs[*n as usize],
        Arg::Inputs => inputs.iter().fold(3, |acc, &item| mix(acc, item)),
        Arg::Param(n) => value(&spec.params[*n as usize], spec, inputs),
        Arg::List(items) => items.iter().fold(5, |acc, item| mix(acc, value(item, spec, inputs))),
        other => panic!("{other:?} is not used by these tests"),
    }
}

/// Runs every task of a graph, one after the other, without keys or order or anything clever.
pub(crate) fn run_graph(graph: &Graph) -> HashMap<TaskRef, i64> {
    let mut results: HashMap<TaskRef, i64> = HashMap::new();
    for id in (0..graph.layers().len() as u32).map(LayerId) {
        for task in graph.tasks(id) {
            let inputs: Vec<i64> = graph.inputs(task).iter().map(|input| results[input]).collect();
            results.insert(task, call(&graph.spec(task).unwrap(), &inputs));
        }
    }
    results
}

/// Runs a table in its order, step by step, and gives the results of the wanted tasks.
pub(crate) fn run_table(graph: &Graph, table: &TaskTable) -> Vec<i64> {
    let mut results: HashMap<u32, i64> = HashMap::new();
    for id in table.in_order() {
        let inputs: Vec<i64> = table.inputs.row(id).iter().map(|input| results[input]).collect();
        let mut steps: Vec<i64> = Vec::new();
        for (step, &task) in (0..).zip(table.steps(id)) {
            let operands = table.operands(id, step).map(|operand| match operand {
                Operand::Input(n) => inputs[n as usize],
                Operand::Step(n) => steps[n as usize],
            });
            let operands: Vec<i64> = operands.collect();
            steps.push(call(&graph.spec(task).unwrap(), &operands));
        }
        results.insert(id, *steps.last().unwrap());
    }
    table.wanted.iter().map(|id| results[id]).collect()
}

/// Checks everything that a table promises about itself.
pub(crate) fn check_table(table: &TaskTable) {
    let n = table.len();
    assert_eq!(
        [table.inputs.len(), table.family.len(), table.priority.len(), table.source.len()],
        [n; 4],
        "all columns have a row for each task"
    );
    let mut keys = table.keys.clone();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), n, "equal keys are one task");
    let mut order = table.in_order();
    for (id, row) in (0..).zip(table.inputs.rows()) {
        assert!(row.iter().all(|&input| input < id), "ids are topological");
        let after = |&input: &u32| table.priority[input as usize] < table.priority[id as usize];
        assert!(row.iter().all(after), "inputs run first");
        assert_eq!(table.steps(id).last(), Some(&table.source[id as usize]));
        assert!(table.family_of(id).is_some());
    }
    order.sort_unstable();
    assert!(order.into_iter().eq(0..n as u32), "every priority occurs once");
}

/// Random graphs: literals, aliases, chains and merges, in layers that read themselves and others.
pub(crate) fn any_graph() -> impl Strategy<Value = Graph> {
    let task = (0..4u8, prop::collection::vec(any::<prop::sample::Index>(), 0..4), 0..3i64);
    let layer = (prop::collection::vec(task, 1..6), 0..5u8);
    prop::collection::vec(layer, 1..8).prop_map(|layers| {
        let mut graph = Graph::new();
        for (tasks, shape) in layers {
            let before: Vec<TaskRef> =
                (0..graph.layers().len() as u32).flat_map(|id| graph.tasks(LayerId(id))).collect();
            let last = LayerId((graph.layers().len() as u32).saturating_sub(1));
            let n = graph.layer(last).map_or(0, Layer::n_tasks);
            let layer = match shape {
                0 if n > 0 => Layer::new("each", Function::kernel("each", 1), Wiring::each(last, n)),
                1 if n > 0 => Layer::new("group", Function::kernel("group", 1), Wiring::groups(last, n, 2)),
                2 if n > 0 => {
                    Layer::new("alias", Function::identity(), Wiring::each(last, n)).args([Arg::Input(0)])
                }
                _ => listed(&tasks, &before, LayerId(graph.layers().len() as u32)),
            };
            graph.push(layer).unwrap();
        }
        graph
    })
}

type RandomTask = (u8, Vec<prop::sample::Index>, i64);

/// A layer of random tasks: all literals, or all mixing their inputs with a literal of their own.
fn listed(tasks: &[RandomTask], before: &[TaskRef], own: LayerId) -> Layer {
    let literal = tasks[0].0 == 0;
    let mut rows = Csr::new();
    let mut params = Csr::new();
    for (index, (_, inputs, value)) in (0..).zip(tasks) {
        let all: Vec<TaskRef> =
            before.iter().copied().chain((0..index).map(|index| own.task(index))).collect();
        let n_inputs = if literal || all.is_empty() { 0 } else { inputs.len() };
        rows.push_row(inputs[..n_inputs].iter().map(|input| *input.get(&all))).unwrap();
        params.push_row([Arg::Int(*value)]).unwrap();
    }
    let layer = match literal {
        true => Layer::new("literal", Function::identity(), Wiring::Explicit(rows)).args([Arg::Param(0)]),
        false => Layer::new("mix", Function::kernel("mix", 1), Wiring::Explicit(rows))
            .args([Arg::Inputs, Arg::Param(0)]),
    };
    layer.params(Params::Rows(params))
}
