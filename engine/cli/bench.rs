//! `gristmill bench`: what this machine's devices achieve.

use anyhow::bail;
use clap::{Args, Subcommand};
use gristmill::gpu::{BenchOptions, Device, DeviceOptions, Measured, adapters, bench};

#[derive(Debug, Subcommand)]
pub(crate) enum BenchCommand {
    /// Measure each kernel on each GPU, beside what the GPU can do at most.
    Gpu(GpuArgs),
}

#[derive(Debug, Args)]
pub(crate) struct GpuArgs {
    /// Print one JSON object for each line.
    #[arg(long)]
    json: bool,
    /// Measure adapters that are programs on the CPU, too.
    #[arg(long)]
    software_gpu: bool,
    /// Bytes of an array, such as 1GiB; the default is well above the caches of a device.
    #[arg(long, value_name = "SIZE", value_parser = super::quantity::parse_nbytes)]
    array: Option<u64>,
    /// Rows of matrices.
    #[arg(long, value_name = "N")]
    rows: Option<u64>,
}

pub(crate) fn run(command: &BenchCommand) -> anyhow::Result<()> {
    let BenchCommand::Gpu(args) = command;
    let adapters = adapters(args.software_gpu);
    if adapters.is_empty() {
        bail!(
            "there is no GPU with Vulkan; --software-gpu measures a program that stands in for one, if there is any"
        );
    }
    for adapter in &adapters {
        let device = Device::open(adapter, &DeviceOptions::default())?;
        let mut options = BenchOptions::of(&device);
        options.array_nbytes = args.array.unwrap_or(options.array_nbytes);
        options.matrix_rows = args.rows.unwrap_or(options.matrix_rows);
        let name = device.facts().to_string();
        if !args.json {
            say!("{name}");
        }
        bench(&device, options, |measured| if args.json { json(&name, measured) } else { line(measured) })?;
    }
    Ok(())
}

fn json(adapter: &str, measured: &Measured) {
    let mut line = serde_json::json!(measured);
    if let Some(fields) = line.as_object_mut() {
        fields.insert("bench".to_owned(), "gpu".into());
        fields.insert("adapter".to_owned(), adapter.into());
        fields.insert("fraction".to_owned(), fraction(measured).into());
    }
    say!("{line}");
}

fn fraction(measured: &Measured) -> Option<f64> {
    measured.ceiling.filter(|_| measured.skipped.is_none()).map(|ceiling| measured.achieved / ceiling)
}

fn line(measured: &Measured) {
    let Measured { case, achieved, unit, seconds, target, .. } = measured;
    if let Some(reason) = &measured.skipped {
        say!("{case:<32} skipped: {reason}");
        return;
    }
    let of = fraction(measured).map_or_else(String::new, |part| format!("{:>5.0} % of a copy", 100.0 * part));
    let wanted = match (target, measured.ceiling) {
        (Some(target), Some(_)) => format!(", {:.0} % wanted", 100.0 * target),
        (Some(target), None) => format!("  {target} {unit} wanted"),
        _ => String::new(),
    };
    let digits = if *achieved < 1.0 { 4 } else { 1 };
    say!("{case:<32} {:>10.3} ms {achieved:>10.digits$} {unit:<8}{of}{wanted}", 1e3 * seconds);
}
