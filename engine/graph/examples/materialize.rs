//! How long a million tasks take to be culled, named, merged and ordered, without and with inlining and fusing,
//! and how much memory they are held in.
//!
//! `cargo run --release -p gristmill-graph --example materialize`

use std::time::Instant;

use gristmill_graph::{Boundary, Error, TaskTable, shapes};

fn main() -> Result<(), Error> {
    let shapes = [
        ("independent", shapes::independent(1_000_000)?),
        ("tree, 8 to 1", shapes::tree(875_000, 8)?),
        ("chains, 10 long", shapes::chains(100_000, 9)?),
        ("one chain", shapes::chain(1_000_000)?),
        ("stencil, 1-d", shapes::stencil(&[10_000], 99, Boundary::None)?),
        ("stencil, 2-d", shapes::stencil(&[100, 100], 99, Boundary::Periodic)?),
        ("shuffle", shapes::shuffle(1_000, 1_000)?),
        ("merge", shapes::merge(1_000_000)?),
        ("anomaly", shapes::anomaly(320_000, 8)?),
        ("matmul", shapes::matmul(98)?),
    ];
    println!(
        "{:16} {:>8} {:>8} {:>8} {:>9} {:>9} | {:>8} {:>8}",
        "shape", "tasks", "inputs", "seconds", "B a task", "peak live", "fused to", "seconds"
    );
    for (name, (graph, wanted)) in shapes {
        let (table, seconds) = timed(|| graph.materialize(&wanted))?;
        let (n, n_inputs) = (table.len(), table.inputs.values().len());
        let (nbytes, peak) = (table.nbytes() as f64 / n as f64, table.peak_live(&table.priority));
        drop(table);
        let (fused, fused_seconds) = timed(|| graph.optimize(&wanted))?;
        let n_fused = fused.len();
        println!(
            "{name:16} {n:>8} {n_inputs:>8} {seconds:>8.3} {nbytes:>9.1} {peak:>9} | {n_fused:>8} {fused_seconds:>8.3}"
        );
    }
    Ok(())
}

fn timed(make: impl FnOnce() -> Result<TaskTable, Error>) -> Result<(TaskTable, f64), Error> {
    let start = Instant::now();
    let table = make()?;
    Ok((table, start.elapsed().as_secs_f64()))
}
