//! How long a million tasks take to be culled, named, merged and ordered, and how much memory they are held in.
//!
//! `cargo run --release -p gristmill-graph --example materialize`

use std::time::Instant;

use gristmill_graph::{Boundary, Error, shapes};

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
        "{:16} {:>9} {:>9} {:>11} {:>9} {:>10}",
        "shape", "tasks", "inputs", "materialise", "B a task", "peak live"
    );
    for (name, (graph, wanted)) in shapes {
        let start = Instant::now();
        let table = graph.materialize(&wanted)?;
        let seconds = start.elapsed().as_secs_f64();
        let (n, nbytes) = (table.len(), table.nbytes() as f64);
        let peak = table.peak_live(&table.priority);
        println!(
            "{name:16} {n:>9} {:>9} {seconds:>9.3} s {:>9.1} {peak:>10}",
            table.inputs.values().len(),
            nbytes / n as f64
        );
    }
    Ok(())
}
