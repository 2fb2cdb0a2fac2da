//! `gristmill plugin`: make, build, test, inspect and publish plugins.

pub(crate) mod build;
mod cases;
mod inspect;
mod new;
mod push;
mod test;

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use clap::Subcommand;
use gristmill::cluster::wasm_cache_dir;
use gristmill::collections::Component;
use gristmill::sandbox::{Compile, Plugin, Runtime, RuntimeConfig};

#[derive(Debug, Subcommand)]
pub(crate) enum PluginCommand {
    /// Make a folder with a plugin that works: one function, its test cases, and how to go on.
    New(new::NewArgs),
    /// Build the plugin in a folder into one component.
    Build(build::BuildArgs),
    /// Build a plugin and run its test cases in the sandbox.
    Test(test::TestArgs),
    /// Say what a component offers and what it needs.
    Inspect(inspect::InspectArgs),
    /// Copy a component, named by its digest, to a folder, an object store or a web server.
    Push(push::PushArgs),
}

pub(crate) fn run(command: PluginCommand) -> anyhow::Result<()> {
    match command {
        PluginCommand::New(args) => new::run(&args),
        PluginCommand::Build(args) => build::run(&args),
        PluginCommand::Test(args) => test::run(&args),
        PluginCommand::Inspect(args) => inspect::run(&args),
        PluginCommand::Push(args) => push::run(&args),
    }
}

/// Reads and admits a component as a worker would.
fn load(path: &Path) -> anyhow::Result<(Component, Arc<Plugin>)> {
    let component = Component::open(path)?;
    let mut config = RuntimeConfig::new().compile(Compile::Child(std::env::current_exe()?));
    if let Some(folder) = wasm_cache_dir() {
        config = config.cache_dir(folder);
    }
    let runtime = Runtime::new(config)?;
    let plugin =
        runtime.load(component.bytes()).with_context(|| format!("{} is not admitted", path.display()))?;
    Ok((component, plugin))
}
