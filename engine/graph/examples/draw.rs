//! Draws graphs of the usual shapes as SVG files into a folder, and prints their layers.
//!
//! `cargo run -p gristmill-graph --example draw -- FOLDER`

use std::path::Path;

use gristmill_graph::{Boundary, draw_ascii, draw_svg, shapes};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("name the folder to write to")?;
    let shapes = [
        ("tree", shapes::tree(16, 4)?),
        ("chains", shapes::chains(4, 3)?),
        ("stencil", shapes::stencil(&[6], 3, Boundary::None)?),
        ("shuffle", shapes::shuffle(3, 3)?),
        ("anomaly", shapes::anomaly(8, 4)?),
        ("matmul", shapes::matmul(2)?),
        ("independent", shapes::independent(24)?),
        ("large", shapes::anomaly(12_800, 8)?),
    ];
    for (name, (graph, wanted)) in shapes {
        println!("{name}\n{}", draw_ascii(&graph));
        let svg = draw_svg(&graph, &graph.materialize(&wanted)?, 300);
        std::fs::write(Path::new(&folder).join(name).with_extension("svg"), svg)?;
    }
    Ok(())
}
