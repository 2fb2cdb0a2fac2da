//! `gristmill demo`: the main job on real data.

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;

use super::options::ClusterOptions;
use super::run::{OutputOptions, compute};

/// The checkout that this binary was built from: the demo's data and plugins lie there.
const CHECKOUT: &str = env!("CARGO_MANIFEST_DIR");

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    #[command(flatten)]
    output: OutputOptions,
    #[command(flatten)]
    cluster: ClusterOptions,
}

pub(crate) fn run(args: &DemoArgs) -> anyhow::Result<()> {
    let in_folder = PathBuf::from("tests/data/pipelines/flights.toml");
    let in_checkout = PathBuf::from(CHECKOUT).join(&in_folder);
    let Some(pipeline) = [in_folder, in_checkout].into_iter().find(|path| path.is_file()) else {
        bail!("the demo's files are not here; run it in a checkout of Gristmill, where tests/data/ has them");
    };
    compute(&pipeline, &args.output, &args.cluster)
}
