//! `gristmill demo`: the main job on real data: tables in a pipeline of plugins, dataframes and SQL, arrays.

mod delays;
mod temperature;

use std::path::{Path, PathBuf};

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
    compute(&file("pipelines/flights.toml")?, &args.output, &args.cluster)?;
    let gap = || {
        if !args.output.json {
            println!();
        }
    };
    gap();
    let airports = file("flights/airports.csv")?;
    delays::run(airports.parent().unwrap_or(Path::new("")), &args.output, &args.cluster)?;
    gap();
    temperature::run(&file("temperature/A1B_north_america.nc")?, &args.output, &args.cluster)
}

/// A file of the demo: here, or in the checkout.
fn file(name: &str) -> anyhow::Result<PathBuf> {
    let in_folder = Path::new("tests/data").join(name);
    let in_checkout = Path::new(CHECKOUT).join(&in_folder);
    let Some(path) = [in_folder, in_checkout].into_iter().find(|path| path.is_file()) else {
        bail!("the demo's files are not here; run it in a checkout of Gristmill, where tests/data/ has them");
    };
    Ok(path)
}
