//! `gristmill graph PIPELINE`: draw the task graph without computing it.

use std::path::PathBuf;

use clap::Args;
use gristmill::client::Pipeline;
use gristmill::collections::Program;
use gristmill::graph::draw_svg;

use super::options::ClusterOptions;

/// Tasks that are drawn one by one; a larger graph is drawn layer by layer.
const DRAWN_TASKS_MAX: usize = 300;

#[derive(Debug, Args)]
pub(crate) struct GraphArgs {
    /// The pipeline file (TOML).
    pipeline: PathBuf,
    /// Where the SVG goes; the default is the standard output.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    cluster: ClusterOptions,
}

pub(crate) fn run(args: &GraphArgs) -> anyhow::Result<()> {
    let cluster = args.cluster.start()?;
    let pipeline = Pipeline::open(&args.pipeline, &cluster.client())?;
    let program = Program::of(&pipeline.wanted())?;
    let table = program.graph.materialize(&program.wanted)?;
    let svg = draw_svg(&program.graph, &table, DRAWN_TASKS_MAX);
    match &args.output {
        Some(path) => gristmill::storage::write_atomic(path, svg.as_bytes())?,
        None => say!("{svg}"),
    }
    Ok(())
}
