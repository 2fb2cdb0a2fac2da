//! `gristmill run PIPELINE`: compute a pipeline file, print its results, write its sinks and a report.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::Args;
use gristmill::client::{Client, Output, Pipeline, Sink, TaskFuture};
use gristmill::cluster::{Connect, ConnectOptions, LocalCluster, Log, Progress, Token};
use gristmill::data::Value;
use gristmill::sandbox::Level;
use indicatif::{ProgressBar, ProgressStyle};

use super::options::ClusterOptions;
use super::quantity::format_nbytes;
use super::table;

/// How often the progress bar looks at the cluster.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(80);

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// The pipeline file (TOML).
    pipeline: PathBuf,
    #[command(flatten)]
    pub(crate) output: OutputOptions,
    /// Compute on the cluster whose scheduler is at host:port, rather than in this process. There is no report then.
    #[arg(long, value_name = "ADDRESS")]
    cluster: Option<String>,
    /// The file of a client's token, where that cluster asks for one.
    #[arg(long, value_name = "FILE", requires = "cluster")]
    token: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) local: ClusterOptions,
}

/// What is printed and written.
#[derive(Debug, Clone, Args)]
pub(crate) struct OutputOptions {
    /// Print one JSON object a job instead of tables, and no log lines of tasks.
    #[arg(long)]
    pub(crate) json: bool,
    /// Where the HTML report goes; `none` for no report.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// No progress bar, and no log lines of tasks. There is no bar either where the output is no terminal.
    #[arg(long)]
    quiet: bool,
}

pub(crate) fn run(args: &RunArgs) -> anyhow::Result<()> {
    match &args.cluster {
        Some(address) => compute_there(args, address),
        None => compute(&args.pipeline, &args.output, &args.local),
    }
}

/// Computes the pipeline file on a cluster of other processes.
fn compute_there(args: &RunArgs, address: &str) -> anyhow::Result<()> {
    let started = Instant::now();
    let mut options = ConnectOptions::default();
    if let Some(path) = &args.token {
        options = options.token(Token::read(path)?);
    }
    let client = Client::connect_with(address, options)?;
    let pipeline = Pipeline::open(&args.pipeline, &client)?;
    let wanted = client.persist(&pipeline.wanted())?;
    let values = client.gather(&wanted)?;
    let mut values = values.as_slice();
    let mut results = Vec::new();
    for output in &pipeline.outputs {
        results.push((&*output.name, take(&mut values, output)));
    }
    let (written, failures) = write_sinks(&pipeline, values);
    let files = Files { written, report: None };
    print_results(&pipeline.title, &results, &args.output, None, started.elapsed(), Some(&files))?;
    one_of(failures.into_iter())
}

/// Computes the pipeline file; the whole of `run` and `demo`.
pub(crate) fn compute(path: &Path, output: &OutputOptions, options: &ClusterOptions) -> anyhow::Result<()> {
    let started = Instant::now();
    let cluster = options.start()?;
    let client = cluster.client();
    let pipeline = Pipeline::open(path, &client)?;
    let wanted = client.persist(&pipeline.wanted())?;
    show_progress(&cluster, &wanted, output);
    let values = client.gather(&wanted);
    let wall = started.elapsed();
    let report = write_report(&cluster, &pipeline, values.as_deref().unwrap_or_default(), output);
    let values = match values {
        Ok(values) => values,
        Err(error) => {
            if let Ok(Some(report)) = &report {
                eprintln!("report: {}", report.display());
            }
            return Err(error.into());
        }
    };
    let mut values = values.as_slice();
    let mut results = Vec::new();
    for output in &pipeline.outputs {
        results.push((&*output.name, take(&mut values, output)));
    }
    // What is computed is printed, whatever becomes of its files.
    let (written, failures) = write_sinks(&pipeline, values);
    let (report, failure) = match report {
        Ok(report) => (report, None),
        Err(error) => (None, Some(error)),
    };
    let files = Files { written, report };
    print_results(&pipeline.title, &results, output, Some(cluster.progress()), wall, Some(&files))?;
    drop(wanted);
    cluster.shutdown();
    one_of(failures.into_iter().chain(failure))
}

/// What a run has left on the disk.
pub(crate) struct Files {
    written: Vec<PathBuf>,
    report: Option<PathBuf>,
}

/// The first failure, after the others have been printed.
fn one_of(failures: impl Iterator<Item = anyhow::Error>) -> anyhow::Result<()> {
    let mut failures = failures;
    let Some(first) = failures.next() else { return Ok(()) };
    failures.for_each(|error| super::complaint::complain(&error));
    Err(first)
}

fn take<'a>(values: &mut &'a [Value], output: &Output) -> &'a [Value] {
    let (items, rest) = values.split_at_checked(output.values.len()).unwrap_or((values, &[]));
    *values = rest;
    items
}

/// Waits for the results; meanwhile the standard error has what tasks log, and a bar below it.
fn show_progress(cluster: &LocalCluster, wanted: &[TaskFuture], output: &OutputOptions) {
    if output.quiet || output.json {
        gristmill::client::wait(wanted, None);
        return;
    }
    let bar = if std::io::stderr().is_terminal() { ProgressBar::new(0) } else { ProgressBar::hidden() };
    if let Ok(style) = ProgressStyle::with_template("{bar:32.cyan/blue} {prefix} tasks  {elapsed}  {msg}") {
        bar.set_style(style);
    }
    loop {
        let done = gristmill::client::wait(wanted, Some(PROGRESS_INTERVAL));
        let log = cluster.take_log();
        if !log.lines.is_empty() {
            bar.suspend(|| print_log(&log));
        }
        let progress = cluster.progress();
        bar.set_prefix(format!("{}/{}", progress.n_done, progress.n_tasks));
        bar.set_message(format!("{} held", format_nbytes(progress.memory_nbytes)));
        // Tasks that say how far they are move the bar before they are done.
        bar.set_length(progress.n_tasks * 1_000);
        bar.set_position(progress.n_done * 1_000 + progress.running_permille);
        if done {
            break;
        }
    }
    bar.finish_and_clear();
}

/// Prints what tasks have logged, but for what is for the plugin's author. A reader that has gone away is no error.
fn print_log(log: &Log) {
    let mut err = std::io::stderr().lock();
    if log.n_missed > 0 {
        let _ = writeln!(err, "({} lines of the log came too fast to be shown)", log.n_missed);
    }
    for line in log.lines.iter().filter(|line| line.level >= Level::Info) {
        let key = line.key.map(|key| format!(" ({})", key.short())).unwrap_or_default();
        let _ = writeln!(err, "{}: {}{key}: {}", line.level.as_str(), line.function, line.text);
    }
}

/// Writes every sink that can be written: the files, and why the others are not there.
fn write_sinks(pipeline: &Pipeline, mut values: &[Value]) -> (Vec<PathBuf>, Vec<anyhow::Error>) {
    let (mut written, mut failures) = (Vec::new(), Vec::new());
    for sink in &pipeline.sinks {
        match write_sink(sink, take(&mut values, &sink.output)) {
            Ok(()) => written.push(sink.path.clone()),
            Err(error) => failures.push(error),
        }
    }
    (written, failures)
}

fn write_sink(sink: &Sink, items: &[Value]) -> anyhow::Result<()> {
    let value = match items {
        [value] => value.clone(),
        items => gristmill::kernels::call("concat", &[Value::from(items.to_vec())]).with_context(|| {
            format!("sink `{}`: its items cannot be written as one file", sink.output.name)
        })?,
    };
    gristmill::storage::write_value(&sink.path, &value)
        .with_context(|| format!("sink `{}`", sink.output.name))
}

fn write_report(
    cluster: &LocalCluster,
    pipeline: &Pipeline,
    values: &[Value],
    output: &OutputOptions,
) -> anyhow::Result<Option<PathBuf>> {
    let path = super::report_path(output.report.as_ref());
    if path.as_os_str() == "none" {
        return Ok(None);
    }
    let mut rest = values;
    let results = pipeline
        .outputs
        .iter()
        .map(|output| (output.name.clone(), take(&mut rest, output).to_vec()))
        .collect::<Vec<_>>();
    let html = cluster.report(&pipeline.title, &results);
    gristmill::storage::write_atomic(&path, html.as_bytes()).with_context(
        || "the report was not written; --report FILE puts it elsewhere, --report none leaves it out",
    )?;
    Ok(Some(path))
}

/// Prints results, and what they took, as far as that is known; `files` is what was left on the disk, of a job that may
/// leave any.
pub(crate) fn print_results(
    title: &str,
    results: &[(&str, &[Value])],
    output: &OutputOptions,
    progress: Option<Progress>,
    wall: Duration,
    files: Option<&Files>,
) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    if output.json {
        let results: serde_json::Map<String, serde_json::Value> = results
            .iter()
            .map(|(name, values)| {
                let mut items: Vec<_> = values.iter().map(gristmill::storage::to_json).collect();
                let item = if items.len() == 1 { items.swap_remove(0) } else { items.into() };
                ((*name).to_owned(), item)
            })
            .collect();
        let mut line = serde_json::json!({
            "title": title,
            "results": results,
            "tasks": progress.map(|progress| progress.n_tasks),
            "wall_seconds": wall.as_secs_f64(),
        });
        if let (Some(files), Some(line)) = (files, line.as_object_mut()) {
            let written: Vec<_> = files.written.iter().map(|path| path.display().to_string()).collect();
            let report = files.report.as_ref().map(|path| path.display().to_string());
            let spilled = progress.map(|progress| progress.spilled_nbytes);
            line.insert("spilled_nbytes".to_owned(), spilled.into());
            line.insert("written".to_owned(), written.into());
            line.insert("report".to_owned(), report.into());
        }
        writeln!(out, "{line}")?;
        return Ok(());
    }
    writeln!(out, "{title}\n")?;
    for (name, values) in results {
        writeln!(out, "{name}")?;
        for value in *values {
            writeln!(out, "{}", table::render(value))?;
        }
    }
    for path in files.iter().flat_map(|files| &files.written) {
        writeln!(out, "wrote {}", path.display())?;
    }
    if let Some(report) = files.and_then(|files| files.report.as_ref()) {
        writeln!(out, "report: {}", report.display())?;
    }
    let tasks = progress.map(|progress| format!("{} tasks in ", progress.n_tasks)).unwrap_or_default();
    writeln!(out, "{tasks}{:.2} s", wall.as_secs_f64())?;
    Ok(())
}
