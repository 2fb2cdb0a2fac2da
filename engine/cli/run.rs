//! `gristmill run PIPELINE`: compute a pipeline file, print its results, write its sinks and a report.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::Args;
use gristmill::client::{Output, Pipeline, Sink, TaskFuture};
use gristmill::cluster::LocalCluster;
use gristmill::data::Value;
use indicatif::{ProgressBar, ProgressStyle};

use super::options::ClusterOptions;
use super::size::format_nbytes;
use super::table;

/// How often the progress bar looks at the cluster.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(80);

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// The pipeline file (TOML).
    pipeline: PathBuf,
    #[command(flatten)]
    pub(crate) output: OutputOptions,
    #[command(flatten)]
    pub(crate) cluster: ClusterOptions,
}

/// What is printed and written.
#[derive(Debug, Clone, Args)]
pub(crate) struct OutputOptions {
    /// Print one JSON object instead of tables.
    #[arg(long)]
    json: bool,
    /// Where the HTML report goes; `none` for no report.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// No progress bar. There is none either where the output is no terminal.
    #[arg(long)]
    quiet: bool,
}

pub(crate) fn run(args: &RunArgs) -> anyhow::Result<()> {
    compute(&args.pipeline, &args.output, &args.cluster)
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
    let report = write_report(&cluster, &pipeline, values.as_deref().unwrap_or_default(), output)?;
    let values = match values {
        Ok(values) => values,
        Err(error) => {
            if let Some(report) = &report {
                eprintln!("report: {}", report.display());
            }
            return Err(error.into());
        }
    };
    let mut values = values.as_slice();
    let mut results = Vec::new();
    for output in &pipeline.outputs {
        results.push((output, take(&mut values, output)));
    }
    for sink in &pipeline.sinks {
        let items = take(&mut values, &sink.output);
        write_sink(sink, items)?;
    }
    print_results(&results, &pipeline, output, &cluster, wall, report.as_deref())?;
    drop(wanted);
    cluster.shutdown();
    Ok(())
}

fn take<'a>(values: &mut &'a [Value], output: &Output) -> &'a [Value] {
    let (items, rest) = values.split_at_checked(output.values.len()).unwrap_or((values, &[]));
    *values = rest;
    items
}

fn show_progress(cluster: &LocalCluster, wanted: &[TaskFuture], output: &OutputOptions) {
    if output.quiet || output.json || !std::io::stderr().is_terminal() {
        gristmill::client::wait(wanted, None);
        return;
    }
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{bar:32.cyan/blue} {pos}/{len} tasks  {elapsed}  {msg}")
    {
        bar.set_style(style);
    }
    loop {
        let done = gristmill::client::wait(wanted, Some(PROGRESS_INTERVAL));
        let progress = cluster.progress();
        bar.set_length(progress.n_tasks);
        bar.set_position(progress.n_done);
        bar.set_message(format!("{} held", format_nbytes(progress.memory_nbytes)));
        if done {
            break;
        }
    }
    bar.finish_and_clear();
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

fn print_results(
    results: &[(&Output, &[Value])],
    pipeline: &Pipeline,
    output: &OutputOptions,
    cluster: &LocalCluster,
    wall: Duration,
    report: Option<&Path>,
) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let progress = cluster.progress();
    if output.json {
        let results: serde_json::Map<String, serde_json::Value> = results
            .iter()
            .map(|(output, values)| {
                let mut items: Vec<_> = values.iter().map(gristmill::storage::to_json).collect();
                let item = if items.len() == 1 { items.swap_remove(0) } else { items.into() };
                (output.name.clone(), item)
            })
            .collect();
        let line = serde_json::json!({
            "title": pipeline.title,
            "results": results,
            "tasks": progress.n_tasks,
            "wall_seconds": wall.as_secs_f64(),
            "spilled_nbytes": progress.spilled_nbytes,
            "report": report.map(|path| path.display().to_string()),
        });
        writeln!(out, "{line}")?;
        return Ok(());
    }
    writeln!(out, "{}\n", pipeline.title)?;
    for (output, values) in results {
        writeln!(out, "{}", output.name)?;
        for value in *values {
            writeln!(out, "{}", table::render(value))?;
        }
    }
    for sink in &pipeline.sinks {
        writeln!(out, "wrote {}", sink.path.display())?;
    }
    if let Some(report) = report {
        writeln!(out, "report: {}", report.display())?;
    }
    writeln!(out, "{} tasks in {:.2} s", progress.n_tasks, wall.as_secs_f64())?;
    Ok(())
}
