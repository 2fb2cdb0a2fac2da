//! The tables of the report: results, functions, errors.

use super::format::{count, duration, escape, nbytes, percent, plural};
use super::timeline::colours;
use crate::host::LogLine;

use super::{FunctionStats, Report, ResultTable, TaskFailure};

/// Result rows shown of each table.
const RESULT_ROWS_MAX: usize = 500;
/// Failed tasks shown.
const ERRORS_MAX: usize = 50;
/// Lines shown of one backtrace and of one log.
const LINES_MAX: usize = 200;

/// Draws every result table.
pub(super) fn results(report: &Report) -> String {
    report.results.iter().map(result).collect()
}

fn result(table: &ResultTable) -> String {
    let class = |at: usize| {
        let numeric = table.columns.get(at).is_some_and(|column| column.numeric);
        if numeric { " class=num" } else { "" }
    };
    let heading = |(at, name): (usize, &str)| format!("<th{}>{}", class(at), escape(name));
    let headings: String =
        table.columns.iter().map(|column| column.name.as_str()).enumerate().map(heading).collect();
    let cell = |(at, text): (usize, &String)| format!("<td{}>{}", class(at), escape(text));
    let row = |cells: &Vec<String>| format!("<tr>{}", cells.iter().enumerate().map(cell).collect::<String>());
    let rows: String = table.rows.iter().take(RESULT_ROWS_MAX).map(row).collect();
    let n_shown = table.rows.len().min(RESULT_ROWS_MAX) as u64;
    let more = match table.n_rows.saturating_sub(n_shown) {
        0 => String::new(),
        _ => format!("<p class=note>The first {} of {}.</p>", count(n_shown), plural(table.n_rows, "row")),
    };
    let name = escape(&table.name);
    format!("<h3>{name}</h3><div class=scroll><table><thead><tr>{headings}<tbody>{rows}</table></div>{more}")
}

/// Draws the table of functions, the one that took the most time first.
pub(super) fn functions(report: &Report) -> String {
    let colours = colours(report);
    let mut ranked: Vec<(&FunctionStats, &String)> = report.functions.iter().zip(&colours).collect();
    ranked.sort_by_key(|(stats, _)| std::cmp::Reverse(stats.total_ns));
    let whole_ns = report.functions.iter().map(|stats| stats.total_ns).fold(0, u64::saturating_add);
    let rows: String = ranked.into_iter().map(|(stats, class)| function(stats, class, whole_ns)).collect();
    if rows.is_empty() {
        return "<p class=empty>No function was called.</p>".to_owned();
    }
    format!(
        "<div class=scroll><table id=functions><thead><tr><th>function<th class=num>tasks<th class=num>total\
         <th><th class=num>mean<th class=num>median<th class=num>95th<th class=num>longest\
         <th class=num>bytes in<th class=num>bytes out<tbody>{rows}</table></div>"
    )
}

fn function(stats: &FunctionStats, class: &str, whole_ns: u64) -> String {
    let share = if whole_ns == 0 { 0.0 } else { 100.0 * stats.total_ns as f64 / whole_ns as f64 };
    let failed = match stats.n_failed {
        0 => String::new(),
        n_failed => format!(" <em>{} failed</em>", count(n_failed)),
    };
    let times = [stats.mean_ns(), stats.p50_ns, stats.p95_ns, stats.max_ns].map(duration);
    let cells = times.into_iter().chain([stats.nbytes_in, stats.nbytes_out].map(nbytes));
    let cells: String = cells.map(|cell| format!("<td class=num>{cell}")).collect();
    format!(
        "<tr data-f={class}><td><i class=\"swatch {class}\"></i>{}<small>{}</small>{failed}\
         <td class=num>{}<td class=num>{}<td class=share title=\"{} of the time of all tasks\">\
         <i class={class} style=\"width:{share:.1}%\"></i>{cells}",
        escape(&stats.name),
        escape(&stats.identity),
        count(stats.n_tasks),
        duration(stats.total_ns),
        percent(stats.total_ns, whole_ns),
    )
}

/// Draws the failed tasks, the first one open.
pub(super) fn errors(report: &Report) -> String {
    let shown = report.errors.iter().take(ERRORS_MAX).enumerate();
    let mut drawn: String = shown.map(|(at, failure)| error(failure, at == 0)).collect();
    if report.errors.len() > ERRORS_MAX {
        let n_hidden = (report.errors.len() - ERRORS_MAX) as u64;
        drawn.push_str(&format!("<p class=note>{} more are not shown.</p>", plural(n_hidden, "failed task")));
    }
    drawn
}

fn error(failure: &TaskFailure, open: bool) -> String {
    format!(
        "<details class=error{}><summary><b>{}</b> <code>{}</code> {}</summary><p class=message>{}</p>{}{}\
         </details>",
        if open { " open" } else { "" },
        escape(&failure.name),
        escape(&failure.key),
        escape(&failure.kind),
        escape(&failure.message),
        lines("Backtrace", &failure.backtrace),
        lines("Last log lines", &failure.log),
    )
}

/// Draws the last lines of the log.
pub(super) fn log(report: &Report) -> String {
    let row = |line: &LogLine| {
        let key = line.key.map(|key| key.short()).unwrap_or_default();
        let (name, level, text) = (escape(&line.function), line.level.as_str(), escape(&line.text));
        format!("<tr><td>{name} <code>{key}</code><td>{level}<td>{text}")
    };
    let rows: String = report.log.iter().map(row).collect();
    if rows.is_empty() {
        return rows;
    }
    format!("<div class=scroll><table><thead><tr><th>task<th>level<th>line<tbody>{rows}</table></div>")
}

fn lines(title: &str, lines: &[String]) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let text: Vec<String> = lines.iter().take(LINES_MAX).map(|line| escape(line)).collect();
    format!("<h4>{title}</h4><pre>{}</pre>", text.join("\n"))
}
