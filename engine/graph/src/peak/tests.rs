//! Peaks of graphs whose memory is known, and of any graph between its bounds.

use proptest::prelude::*;

use super::TaskBytes;
use crate::{
    Arg, Function, Graph, Key, Layer, Params, TaskTable, Wiring,
    shapes::{self, Shape},
};

fn table((graph, wanted): Shape) -> TaskTable {
    graph.materialize(&wanted).unwrap()
}

/// Results of as many bytes each, and nothing beside them.
fn even(table: &TaskTable, result: u64) -> Vec<TaskBytes> {
    vec![TaskBytes { result, scratch: 0 }; table.len()]
}

fn source(n: u32) -> Layer {
    let layer = Layer::new("read", Function::kernel("read", 1), Wiring::Source { n });
    layer.args([Arg::Param(0)]).params(Params::Index)
}

#[test]
fn wanted_results_stay_and_others_go() {
    let mut graph = Graph::new();
    let read = graph.push(source(10)).unwrap();
    let scale =
        graph.push(Layer::new("scale", Function::kernel("scale", 1), Wiring::each(read, 10))).unwrap();
    let all = graph.materialize(&graph.tasks(scale).collect::<Vec<_>>()).unwrap();
    // The last scaling has its own result, the nine before it, and its input.
    assert_eq!(all.peak_memory(1, &even(&all, 10)).nbytes, 110);
    let peak = all.peak_memory(2, &even(&all, 10));
    assert_eq!((peak.nbytes, peak.running.len(), peak.held.len()), (120, 2, 10));
    let both: Vec<_> = graph.tasks(read).chain(graph.tasks(scale)).collect();
    let both = graph.materialize(&both).unwrap();
    assert_eq!(both.peak_memory(1, &even(&both, 10)).nbytes, 200);
}

#[test]
fn scratch_counts_while_its_task_runs() {
    let mut graph = Graph::new();
    let read = graph.push(source(4)).unwrap();
    let sum = graph.push(Layer::new("sum", Function::kernel("sum", 1), Wiring::groups(read, 4, 4))).unwrap();
    let table = graph.materialize(&[sum.task(0)]).unwrap();
    let bytes = (0..5).map(|id| match id {
        4 => TaskBytes { result: 1, scratch: 5 },
        _ => TaskBytes { result: 10, scratch: 30 },
    });
    let bytes: Vec<_> = bytes.collect();
    // Three blocks held while the fourth is read; then four and the sum.
    let peak = table.peak_memory(1, &bytes);
    assert_eq!((peak.nbytes, &peak.running[..], peak.held.len()), (70, &[3][..], 3));
    assert_eq!(table.peak_memory(4, &bytes).nbytes, 160);
    // Threads beyond the tasks change nothing.
    assert_eq!(table.peak_memory(400, &bytes).nbytes, 160);
}

#[test]
fn what_exists_already_is_held_from_the_beginning() {
    let mut graph = Graph::new();
    let keys = (0..5).map(|n| Key([n; 32])).collect();
    let held = graph.push(Layer::new("held", Function::identity(), Wiring::Held(keys))).unwrap();
    let each = graph.push(Layer::new("scale", Function::kernel("scale", 1), Wiring::each(held, 5))).unwrap();
    let sum = graph.push(Layer::new("sum", Function::kernel("sum", 1), Wiring::groups(each, 5, 5))).unwrap();
    let table = graph.materialize(&[sum.task(0)]).unwrap();
    // Each scaling frees one as it ends: five are held, and one is made.
    assert_eq!(table.peak_memory(1, &even(&table, 10)).nbytes, 60);
}

#[test]
fn a_graph_without_tasks_takes_nothing() {
    let table = Graph::new().materialize(&[]).unwrap();
    assert_eq!(table.peak_memory(2, &[]), super::Peak::default());
}

proptest! {
    #[test]
    fn a_peak_lies_between_its_bounds(shape in 0usize..6, n in 1u32..12, n_threads in 1usize..6) {
        let shape = match shape {
            0 => shapes::tree(n * 3, 3),
            1 => shapes::chains(n, 4),
            2 => shapes::anomaly(n, 2),
            3 => shapes::stencil(&[n + 2], 3, crate::Boundary::None),
            4 => shapes::matmul(n.min(5)),
            _ => shapes::shuffle(n, 5),
        };
        let table = table(shape.unwrap());
        let bytes: Vec<TaskBytes> = (0..table.len() as u64)
            .map(|id| TaskBytes { result: 1 + id * 7 % 5, scratch: id % 3 })
            .collect();
        let peak = table.peak_memory(n_threads, &bytes);
        let result = |id: &u32| bytes[*id as usize].result;
        let working_set = |id: u32| {
            let mut inputs = table.inputs.row(id).to_vec();
            inputs.sort_unstable();
            inputs.dedup();
            inputs.iter().map(result).sum::<u64>() + result(&id) + bytes[id as usize].scratch
        };
        let least = (0..table.len() as u32).map(working_set).max().unwrap_or(0);
        let wanted: std::collections::HashSet<u32> = table.wanted.iter().copied().collect();
        let most: u64 = bytes.iter().map(|bytes| bytes.result + bytes.scratch).sum();
        prop_assert!(peak.nbytes >= least.max(wanted.iter().map(result).sum()), "{peak:?}");
        prop_assert!(peak.nbytes <= most, "{peak:?}");
        // What is told of the moment is what was counted.
        let scratch: u64 = peak.running.iter().map(|&id| bytes[id as usize].scratch).sum();
        let held: u64 = peak.held.iter().chain(&peak.running).map(result).sum();
        prop_assert_eq!(held + scratch, peak.nbytes);
        prop_assert!(peak.running.len() <= n_threads);
        // With results of one size and one thread it is the number of them, but for what is wanted.
        if n_threads == 1 {
            let even = vec![TaskBytes { result: 1, scratch: 0 }; table.len()];
            let live = u64::from(table.peak_live(&table.priority));
            let counted = table.peak_memory(1, &even).nbytes;
            prop_assert!((live..=live + wanted.len() as u64).contains(&counted), "{counted} for {live}");
        }
    }
}
