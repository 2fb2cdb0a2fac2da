//! What every bench prints: a table for people, and one JSON object a line for machines.

use std::process::Command;
use std::time::Instant;

/// One figure.
pub(crate) struct Figure {
    pub(crate) case: String,
    pub(crate) metric: &'static str,
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
}

impl Figure {
    pub(crate) fn new(case: impl Into<String>, metric: &'static str, value: f64, unit: &'static str) -> Self {
        Self { case: case.into(), metric, value, unit }
    }
}

/// Prints the figures of one bench.
pub(crate) fn print(bench: &str, figures: &[Figure]) {
    let width = figures.iter().map(|figure| figure.case.len()).max().unwrap_or(0);
    println!("{bench}");
    for Figure { case, metric, value, unit } in figures {
        println!("  {case:<width$}  {metric:<24} {value:>14.3} {unit}");
    }
    for Figure { case, metric, value, unit } in figures {
        println!(
            "{}",
            serde_json::json!({ "bench": bench, "case": case, "metric": metric, "value": value, "unit": unit })
        );
    }
}

/// The smallest time of `n` runs, in seconds, with what the last run returned.
#[allow(dead_code, reason = "each bench compiles this file for itself and uses what it needs")]
pub(crate) fn best<T>(n: usize, mut run: impl FnMut() -> T) -> (f64, T) {
    let mut once = || {
        let started = Instant::now();
        let result = run();
        (started.elapsed().as_secs_f64(), result)
    };
    let mut best = once();
    for _ in 1..n {
        let next = once();
        best = (best.0.min(next.0), next.1);
    }
    best
}

/// Runs a peer's script in the benches' own virtual environment and passes on the JSON lines that it prints.
///
/// `benches/peers/venv.sh` makes the environment; where it cannot, the peer is reported as skipped.
#[allow(dead_code, reason = "each bench compiles this file for itself and uses what it needs")]
pub(crate) fn peer(script: &str) -> Vec<serde_json::Value> {
    let peers = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers");
    let venv = Command::new("bash").arg(format!("{peers}/venv.sh")).output();
    if !venv.is_ok_and(|output| output.status.success()) {
        println!("skipped: {script}, its Python environment cannot be made here");
        return Vec::new();
    }
    let python = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/.venv/bin/python");
    let output = Command::new(python).arg(format!("{peers}/{script}")).output();
    let Ok(output) = output else {
        println!("skipped: {script}, Python does not start");
        return Vec::new();
    };
    if !output.status.success() {
        println!("skipped: {script} failed:\n{}", String::from_utf8_lossy(&output.stderr));
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines()
        .filter(|line| line.starts_with('{'))
        .inspect(|line| println!("{line}"))
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}
