//! What every bench prints: a table for people, and one JSON object a line for machines, with ours beside a peer's.

use std::process::{Command, Stdio};
use std::time::Instant;

use serde_json::{Value, json};

/// One figure.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Figure {
    pub(crate) case: String,
    pub(crate) metric: String,
    pub(crate) value: f64,
    pub(crate) unit: String,
    /// Whose figure it is, if not ours.
    pub(crate) peer: Option<Peer>,
}

/// Who else did the same.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Peer {
    pub(crate) name: String,
    pub(crate) version: String,
}

impl Figure {
    /// A figure of ours.
    pub(crate) fn new(
        case: impl Into<String>,
        metric: impl Into<String>,
        value: f64,
        unit: impl Into<String>,
    ) -> Self {
        Self { case: case.into(), metric: metric.into(), value, unit: unit.into(), peer: None }
    }

    /// The same figure, as a peer's. It must be of a kind of which less is better, as times and bytes are.
    pub(crate) fn by(self, name: impl Into<String>, version: impl Into<String>) -> Self {
        Self { peer: Some(Peer { name: name.into(), version: version.into() }), ..self }
    }

    /// The figure in a JSON line that a peer's script prints.
    pub(crate) fn from_json(line: &str) -> Option<Self> {
        let object: Value = serde_json::from_str(line).ok()?;
        let text = |name: &str| object.get(name)?.as_str();
        let value = object.get("value")?.as_f64()?;
        let figure = Self::new(text("case")?, text("metric")?, value, text("unit")?);
        Some(figure.by(text("peer")?, text("version")?))
    }

    /// Whether `ours` is the figure of ours to set beside this one: that of the same case, metric and unit.
    fn is_beside(&self, ours: &Self) -> bool {
        ours.peer.is_none()
            && (&ours.case, &ours.metric, &ours.unit) == (&self.case, &self.metric, &self.unit)
    }

    /// A peer's figure divided by ours: how many times better ours is. None if there is no such figure, or it is 0.
    pub(crate) fn ratio(&self, figures: &[Self]) -> Option<f64> {
        self.peer.as_ref()?;
        let ours = figures.iter().find(|ours| self.is_beside(ours))?;
        Some(self.value / ours.value).filter(|ratio| ratio.is_finite())
    }
}

/// Prints the figures of one bench.
pub(crate) fn print(bench: &str, figures: &[Figure]) {
    println!("{bench}\n{}{}", table(figures), json_lines(bench, figures));
}

/// A line for each figure, a peer's below ours of the same case.
pub(crate) fn table(figures: &[Figure]) -> String {
    let mut sorted: Vec<&Figure> = figures.iter().collect();
    sorted.sort_by_key(|figure| figures.iter().position(|ours| figure.is_beside(ours)).unwrap_or(usize::MAX));
    let rows = sorted.into_iter().map(|figure| {
        let Figure { case, metric, value, unit, peer } = figure;
        let (peer, ratio) = match (peer, figure.ratio(figures)) {
            (None, _) => ("", String::new()),
            (Some(peer), None) => (&*peer.name, "-".to_owned()),
            (Some(peer), Some(ratio)) => (&*peer.name, format!("{ratio:.2}")),
        };
        [case, metric, &format!("{value:.3}"), unit, &ratio, peer].map(str::to_owned)
    });
    let heads = ["case", "metric", "value", "unit", "ratio", "peer"].map(str::to_owned);
    let rows: Vec<[String; 6]> = std::iter::once(heads).chain(rows).collect();
    let mut widths = [0; 6];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let [case_w, metric_w, value_w, unit_w, ratio_w, _] = widths;
    let line = |[case, metric, value, unit, ratio, peer]: &[String; 6]| {
        let line = format!(
            "  {case:case_w$}  {metric:metric_w$}  {value:>value_w$} {unit:unit_w$}  {ratio:>ratio_w$}  {peer}"
        );
        line.trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

/// One JSON object a line for each figure; a peer's says whose it is, and what it is beside ours.
pub(crate) fn json_lines(bench: &str, figures: &[Figure]) -> String {
    let line = |figure: &Figure| {
        let Figure { case, metric, value, unit, peer } = figure;
        let mut object =
            json!({ "bench": bench, "case": case, "metric": metric, "value": value, "unit": unit });
        if let (Some(Peer { name, version }), Some(fields)) = (peer, object.as_object_mut()) {
            let ratio = json!(figure.ratio(figures));
            fields.extend(
                [("peer", json!(name)), ("version", json!(version)), ("ratio", ratio)]
                    .map(|(field, value)| (field.to_owned(), value)),
            );
        }
        format!("{object}\n")
    };
    figures.iter().map(line).collect()
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

/// Whether peers run too: unless `NO_PEER` is set to anything but 0.
#[allow(dead_code, reason = "each bench compiles this file for itself and uses what it needs")]
pub(crate) fn peers_run() -> bool {
    std::env::var_os("NO_PEER").is_none_or(|no| no == "0" || no.is_empty())
}

/// Runs a peer's script in the benches' own virtual environment; the figures that it prints as JSON lines.
///
/// `benches/peers/venv.sh` makes the environment; where it cannot, the peer is reported as skipped.
#[allow(dead_code, reason = "each bench compiles this file for itself and uses what it needs")]
pub(crate) fn by_script(script: &str, args: &[String]) -> Vec<Figure> {
    let peers = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers");
    let venv = Command::new("bash").arg(format!("{peers}/venv.sh")).output();
    if !venv.is_ok_and(|output| output.status.success()) {
        println!("skipped: {script}, its Python environment cannot be made here");
        return Vec::new();
    }
    let python = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/.venv/bin/python");
    let mut command = Command::new(python);
    let output = command.arg(format!("{peers}/{script}")).args(args).stderr(Stdio::inherit()).output();
    let Ok(output) = output else {
        println!("skipped: {script}, Python does not start");
        return Vec::new();
    };
    if !output.status.success() {
        println!("{script} failed, see above; only what it printed before is used");
    }
    String::from_utf8_lossy(&output.stdout).lines().filter_map(Figure::from_json).collect()
}
