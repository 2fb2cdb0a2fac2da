//! The page that holds it all together.

use super::format::{count, duration, escape, nbytes, percent, plural, utc};
use super::timeline::Axis;
use super::{Report, charts, tables, timeline};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
/// SHA-256 of the script, so that the page runs this one and no other.
const SCRIPT_SHA256: &str = "hXl1sedOa/5P6mCC5dKecJGOKNaKSByNCWcISNspJ/w=";

/// Draws the report as one HTML file that needs nothing else.
#[must_use]
pub fn render(report: &Report) -> String {
    let title = escape(&report.title);
    let body = [
        header(report),
        tiles(report),
        section("Errors", "errors", tables::errors(report)),
        section("Results", "results", tables::results(report)),
        section("Timeline", "when", timeline_section(report)),
        section("Functions", "what", tables::functions(report)),
        section("Log", "log", tables::log(report)),
        section("Graph", "graph", graph(report)),
        facts(report),
    ];
    format!(
        "<!doctype html>\n<html lang=en>\n<meta charset=utf-8>\n\
         <meta http-equiv=Content-Security-Policy content=\"default-src 'none'; \
         style-src 'unsafe-inline'; script-src 'sha256-{SCRIPT_SHA256}'; base-uri 'none'; form-action 'none'\">\n\
         <meta name=viewport content=\"width=device-width, initial-scale=1\">\n\
         <meta name=color-scheme content=\"light dark\">\n\
         <title>{title} · Gristmill</title>\n<style>{STYLE}</style>\n<main>\n{}\n</main>\n<script>{SCRIPT}</script>\n",
        body.join("\n"),
    )
}

fn section(title: &str, id: &str, body: String) -> String {
    if body.is_empty() { body } else { format!("<section id={id}><h2>{title}</h2>{body}</section>") }
}

/// One sentence that says how it went.
fn header(report: &Report) -> String {
    let n_tasks: u64 = report.functions.iter().map(|stats| stats.n_tasks).fold(0, u64::saturating_add);
    let (n_workers, n_threads) = (report.workers.len() as u64, n_threads(report));
    let wall = duration(Axis::of(report).wall_ns);
    let (class, verdict) = match report.errors.len() as u64 {
        0 => ("good", "finished".to_owned()),
        n_errors => ("bad", format!("{} failed", plural(n_errors, "task"))),
    };
    format!(
        "<header><h1>{}</h1><p><span class={class}>{verdict}</span> · {} in {wall} on {}, {} · started {}</p></header>",
        escape(&report.title),
        plural(n_tasks, "task"),
        plural(n_workers, "worker"),
        plural(n_threads, "thread"),
        utc(report.started),
    )
}

fn n_threads(report: &Report) -> u64 {
    report.workers.iter().map(|worker| u64::from(worker.n_threads)).sum()
}

/// The few numbers to compare one run with the next.
fn tiles(report: &Report) -> String {
    let sum = |value: fn(&super::FunctionStats) -> u64| {
        report.functions.iter().map(value).fold(0, u64::saturating_add)
    };
    let wall_ns = Axis::of(report).wall_ns;
    let busy_ns = sum(|stats| stats.total_ns);
    let peak = report.samples.iter().map(|sample| sample.held_nbytes).max().unwrap_or(0);
    let tiles = [
        ("wall time", duration(wall_ns)),
        ("tasks", count(sum(|stats| stats.n_tasks))),
        ("threads busy", percent(busy_ns, wall_ns.saturating_mul(n_threads(report)))),
        ("peak memory held", nbytes(peak)),
        ("spilled", nbytes(report.spilled_nbytes)),
        ("bytes produced", nbytes(sum(|stats| stats.nbytes_out))),
    ];
    let tile = |(name, value): (&str, String)| format!("<div><dt>{name}<dd>{value}</div>");
    format!("<dl class=tiles>{}</dl>", tiles.into_iter().map(tile).collect::<String>())
}

fn timeline_section(report: &Report) -> String {
    let help = "<p class=note>Hover for a task, scroll with Ctrl or pinch to zoom, drag to move, double-click to \
                see it all. Click a function below to pick out its tasks.</p>";
    let help = if report.tasks.is_empty() { "" } else { help };
    format!("{}{help}{}", timeline::draw(report), charts::draw(report))
}

/// The drawing comes from our own code; anything else is shown as text.
fn graph(report: &Report) -> String {
    match &report.graph_svg {
        Some(svg) if svg.trim_start().starts_with("<svg") => format!("<div class=graph>{svg}</div>"),
        Some(text) => format!("<pre>{}</pre>", escape(text)),
        None => String::new(),
    }
}

fn facts(report: &Report) -> String {
    let fact = |(name, value): &(String, String)| format!("<dt>{}<dd>{}", escape(name), escape(value));
    let facts: String = report.facts.iter().map(fact).collect();
    if facts.is_empty() { facts } else { format!("<footer><dl>{facts}</dl></footer>") }
}
