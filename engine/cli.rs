//! The command line: one command, one file.
//!
//! Exit codes: 0 done, 1 the work failed, 2 the command line is wrong.

/// Prints a line; a reader that has gone away, as in `gristmill doctor | head -1`, is no error.
macro_rules! say {
    ($($text:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stdout(), $($text)*);
    }};
}

mod bench;
mod cache;
mod cluster;
mod complaint;
mod demo;
mod doctor;
mod graph;
mod options;
mod plugin;
mod quantity;
mod run;
mod sql;
mod table;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Lazy calls as one task graph, on the cores of this machine; your functions run as sandboxed WebAssembly.
#[derive(Debug, Parser)]
#[command(name = "gristmill", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a pipeline file: print its results, write its sinks and an HTML report.
    Run(run::RunArgs),
    /// Ask files in SQL: CSV, JSON lines, Parquet, Arrow and Avro.
    Sql(sql::SqlArgs),
    /// Run the main job on real data: New York's departures of 2013, through plugins in Rust and C.
    Demo(demo::DemoArgs),
    /// Start a scheduler, for workers and clients in processes of their own.
    Scheduler(cluster::SchedulerArgs),
    /// Start a worker of a scheduler.
    Worker(cluster::WorkerArgs),
    /// Start, look at and end a cluster of processes on this machine.
    #[command(subcommand)]
    Cluster(cluster::ClusterCommand),
    /// Look at results that are kept on disk, and remove them.
    #[command(subcommand)]
    Cache(cache::CacheCommand),
    /// Draw the task graph of a pipeline file as SVG, without computing it.
    Graph(graph::GraphArgs),
    /// Make, build, test, inspect and publish plugins.
    #[command(subcommand)]
    Plugin(plugin::PluginCommand),
    /// Measure what this machine's devices achieve.
    #[command(subcommand)]
    Bench(bench::BenchCommand),
    /// Say what this machine offers, and what to do about what is missing.
    Doctor(doctor::DoctorArgs),
    /// Compile one component under limits (the engine starts this itself).
    #[command(hide = true)]
    CompileChild,
    /// Run the shaders of one tenant in a process of its own (the engine starts this itself).
    #[command(hide = true)]
    GpuHost,
}

/// Parses the command line and runs it.
pub(crate) fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        Command::Run(args) => run::run(&args),
        Command::Sql(args) => sql::run(&args),
        Command::Demo(args) => demo::run(&args),
        Command::Scheduler(args) => cluster::scheduler(&args),
        Command::Worker(args) => cluster::worker(&args),
        Command::Cluster(command) => cluster::run(&command),
        Command::Cache(command) => cache::run(&command),
        Command::Graph(args) => graph::run(&args),
        Command::Plugin(command) => plugin::run(command),
        Command::Bench(command) => bench::run(&command),
        Command::Doctor(args) => doctor::run(&args),
        Command::CompileChild => return gristmill::sandbox::compile_child_main(),
        Command::GpuHost => return gristmill::gpu::gpu_host_main(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complaint::complain(&error);
            ExitCode::FAILURE
        }
    }
}

/// The folder for reports: the given path, or `gristmill-report.html` in the current folder.
fn report_path(given: Option<&PathBuf>) -> PathBuf {
    given.cloned().unwrap_or_else(|| PathBuf::from("gristmill-report.html"))
}
