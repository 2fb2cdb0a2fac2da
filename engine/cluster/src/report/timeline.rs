//! The task timeline: one row a thread, one bar a task, coloured by function.
//!
//! Tasks shorter than a bin are merged with their neighbours in that bin, so the drawing has a bounded number of
//! bars however many tasks ran; a merged bar takes the colour of the function that filled most of it.

use std::collections::BTreeMap;

use super::format::{count, duration, escape, nbytes, plural};
use super::{Outcome, Report, TaskSpan};

/// Rows drawn; the threads beyond are counted below the drawing.
const ROWS_MAX: usize = 256;
/// Merged bars drawn over all rows; there can be as many long ones.
const BARS_MAX: u64 = 16_000;
/// Bins across one row: more than pixels, so that zooming in shows more.
const BINS_MAX: u64 = 4_000;
/// Drawing units across the timeline.
pub(super) const UNITS: u64 = 100_000;
/// A bar is at least this wide, about half a pixel; one with a failure can be seen from afar.
const UNITS_MIN: u64 = 50;
const UNITS_MIN_FAILED: u64 = 250;
/// From this width on, bars are set off from each other by a line.
const UNITS_WIDE: u64 = 400;
/// Height of a row and the gap below it, in pixels.
const ROW_PIXELS: usize = 18;
const GAP_PIXELS: usize = 4;
/// Functions that get a colour of their own; `page.css` has as many. The rest share one.
const COLOURS: usize = 10;

/// The time that a drawing spans.
#[derive(Clone, Copy)]
pub(super) struct Axis {
    pub(super) wall_ns: u64,
}

impl Axis {
    /// From the start of the run to its end, or to the last thing that is known to have happened.
    pub(super) fn of(report: &Report) -> Axis {
        let wall_ns = u64::try_from(report.wall.as_nanos()).unwrap_or(u64::MAX);
        let last_ns = report.tasks.iter().map(|span| span.end_ns).max().unwrap_or(0);
        Axis { wall_ns: wall_ns.max(last_ns).max(1) }
    }

    /// Where a moment lies, in drawing units.
    pub(super) fn x(self, at_ns: u64) -> u64 {
        let x = u128::from(at_ns.min(self.wall_ns)) * u128::from(UNITS) / u128::from(self.wall_ns);
        u64::try_from(x).unwrap_or(UNITS)
    }

    /// Which of `n_bins` equal bins a moment falls into.
    pub(super) fn bin(self, at_ns: u64, n_bins: u64) -> u64 {
        let bin = u128::from(at_ns.min(self.wall_ns)) * u128::from(n_bins) / u128::from(self.wall_ns);
        u64::try_from(bin).unwrap_or(0).min(n_bins.saturating_sub(1))
    }
}

/// The colour class of each function: `f0` for the one that took the most time, `fx` for the many small ones.
pub(super) fn colours(report: &Report) -> Vec<String> {
    let mut ranked: Vec<usize> = (0..report.functions.len()).collect();
    ranked.sort_by_key(|&at| std::cmp::Reverse(report.functions.get(at).map_or(0, |stats| stats.total_ns)));
    let mut classes = vec!["fx".to_owned(); ranked.len()];
    for (rank, at) in ranked.into_iter().take(COLOURS).enumerate() {
        if let Some(class) = classes.get_mut(at) {
            *class = format!("f{rank}");
        }
    }
    classes
}

/// One rectangle: a task, or several short ones.
struct Bar {
    start_ns: u64,
    end_ns: u64,
    n_tasks: u64,
    n_failed: u64,
    busy_ns: u64,
    /// Busy time by function.
    functions: BTreeMap<u32, u64>,
}

impl Bar {
    fn of(span: &TaskSpan) -> Bar {
        let busy_ns = span.duration_ns();
        Bar {
            start_ns: span.start_ns,
            end_ns: span.end_ns,
            n_tasks: 1,
            n_failed: u64::from(span.outcome == Outcome::Failed),
            busy_ns,
            functions: BTreeMap::from([(span.function, busy_ns)]),
        }
    }

    fn merge(&mut self, span: &TaskSpan) {
        self.end_ns = self.end_ns.max(span.end_ns);
        self.n_tasks += 1;
        self.n_failed += u64::from(span.outcome == Outcome::Failed);
        self.busy_ns = self.busy_ns.saturating_add(span.duration_ns());
        let busy_ns = self.functions.entry(span.function).or_default();
        *busy_ns = busy_ns.saturating_add(span.duration_ns());
    }

    /// The function that took the most of it.
    fn function(&self) -> u32 {
        self.functions.iter().max_by_key(|(_, busy_ns)| **busy_ns).map_or(0, |(function, _)| *function)
    }
}

/// Turns the spans of one thread, in order of start, into bars.
fn bars<'a>(spans: &[&'a TaskSpan], axis: Axis, n_bins: u64) -> Vec<(Bar, &'a TaskSpan)> {
    let mut bars: Vec<(Bar, &TaskSpan)> = Vec::new();
    let mut open_bin = None;
    for &span in spans {
        let bin = axis.bin(span.start_ns, n_bins);
        let short = span.duration_ns() < (axis.wall_ns / n_bins).max(1);
        match bars.last_mut() {
            Some((bar, _)) if short && open_bin == Some(bin) => bar.merge(span),
            _ => bars.push((Bar::of(span), span)),
        }
        open_bin = short.then_some(bin);
    }
    bars
}

/// The threads of all workers, idle ones too, with their spans in order of start.
fn rows(report: &Report) -> BTreeMap<(u32, u32), Vec<&TaskSpan>> {
    let mut rows: BTreeMap<(u32, u32), Vec<&TaskSpan>> = BTreeMap::new();
    for (worker, info) in (0..).zip(&report.workers) {
        let n_threads = info.n_threads.min(u32::try_from(ROWS_MAX).unwrap_or(u32::MAX));
        rows.extend((0..n_threads).map(|thread| ((worker, thread), Vec::new())));
    }
    for span in &report.tasks {
        rows.entry((span.worker, span.thread)).or_default().push(span);
    }
    rows.values_mut().for_each(|spans| spans.sort_by_key(|span| (span.start_ns, span.end_ns)));
    rows
}

/// Draws the timeline, with a label a row and an axis of time.
pub(super) fn draw(report: &Report) -> String {
    let (axis, colours, rows) = (Axis::of(report), colours(report), rows(report));
    if report.tasks.is_empty() {
        return "<p class=empty>No task ran.</p>".to_owned();
    }
    let n_drawn = rows.len().min(ROWS_MAX);
    let n_bins = (BARS_MAX / n_drawn.max(1) as u64).clamp(1, BINS_MAX);
    let (mut labels, mut drawing) = (String::new(), String::new());
    for (at, ((worker, thread), spans)) in rows.iter().take(ROWS_MAX).enumerate() {
        labels.push_str(&label(report, *worker, *thread));
        let y = at * (ROW_PIXELS + GAP_PIXELS);
        drawing.push_str(&format!("<rect class=row x=0 y={y} width={UNITS} height={ROW_PIXELS} />"));
        let mut bars = bars(spans, axis, n_bins);
        // Drawn last, a failure is never hidden by its neighbours.
        bars.sort_by_key(|(bar, _)| bar.n_failed > 0);
        for (bar, span) in bars {
            drawing.push_str(&draw_bar(report, &colours, axis, y, &bar, span));
        }
    }
    let height = n_drawn * (ROW_PIXELS + GAP_PIXELS);
    format!(
        "<div class=timeline><div class=labels>{labels}</div>\
         <div class=plot><svg id=timeline viewBox=\"0 0 {UNITS} {height}\" height={height} \
         preserveAspectRatio=none data-wall-ns={} role=img aria-label=\"task timeline\">{drawing}</svg>\
         <div class=ticks id=ticks>{}</div></div></div>{}",
        axis.wall_ns,
        ticks(axis),
        hidden_rows(rows.len() - n_drawn),
    )
}

fn hidden_rows(n_hidden: usize) -> String {
    if n_hidden == 0 {
        return String::new();
    }
    format!("<p class=note>{} more are not drawn.</p>", plural(n_hidden as u64, "thread"))
}

fn label(report: &Report, worker: u32, thread: u32) -> String {
    let info = usize::try_from(worker).ok().and_then(|at| report.workers.get(at));
    let name = info.map_or_else(|| format!("worker {worker}"), |info| info.name.clone());
    format!("<div title=\"{0}, thread {thread}\"><b>{0}</b> · {thread}</div>", escape(&name))
}

fn draw_bar(report: &Report, colours: &[String], axis: Axis, y: usize, bar: &Bar, span: &TaskSpan) -> String {
    let at = usize::try_from(bar.function()).unwrap_or(usize::MAX);
    let name = report.functions.get(at).map_or("unknown", |stats| &stats.name);
    let class = colours.get(at).map_or("fx", |class| class);
    let (state, width_min) = match (bar.n_tasks, span.outcome) {
        _ if bar.n_failed > 0 => (" failed", UNITS_MIN_FAILED),
        (1, Outcome::Cancelled) => (" cancelled", UNITS_MIN),
        _ => ("", UNITS_MIN),
    };
    let (x, end) = (axis.x(bar.start_ns), axis.x(bar.end_ns));
    let width = end.saturating_sub(x).max(width_min);
    let wide = if width >= UNITS_WIDE { " wide" } else { "" };
    let title = if bar.n_tasks == 1 { title_of_task(name, span) } else { title_of_tasks(name, bar) };
    format!(
        "<rect class=\"{class}{state}{wide}\" x={x} y={y} width={width} height={ROW_PIXELS}><title>{}</title></rect>",
        escape(&title)
    )
}

fn title_of_task(name: &str, span: &TaskSpan) -> String {
    let outcome = match span.outcome {
        Outcome::Done => "",
        Outcome::Failed => " failed",
        Outcome::Cancelled => " cancelled",
    };
    format!(
        "{name}{outcome} ({})\n{} from {}\nin {}, out {}",
        span.key,
        duration(span.duration_ns()),
        duration(span.start_ns),
        nbytes(span.nbytes_in),
        nbytes(span.nbytes_out),
    ) + &span.log.iter().map(|line| format!("\n{line}")).collect::<String>()
}

fn title_of_tasks(name: &str, bar: &Bar) -> String {
    let mostly = if bar.functions.len() > 1 { "mostly " } else { "" };
    let failed = if bar.n_failed > 0 { format!(", {} failed", count(bar.n_failed)) } else { String::new() };
    let n_tasks = plural(bar.n_tasks, "task");
    let busy = duration(bar.busy_ns);
    format!("{n_tasks}, {mostly}{name}{failed}\n{busy} in all, from {}", duration(bar.start_ns))
}

/// Marks at round times. The page's script draws them again, in the same way, when the view is zoomed.
fn ticks(axis: Axis) -> String {
    let step_ns = tick_step(axis.wall_ns);
    let shares = (0..=axis.wall_ns / step_ns).map(|tick| tick.saturating_mul(step_ns));
    let shares = shares.map(|at_ns| (at_ns, at_ns as f64 / axis.wall_ns as f64));
    // A label at the very end would be cut off.
    let drawn = shares.filter(|(_, share)| *share < 0.97);
    let mark = |(at_ns, share): (u64, f64)| {
        format!("<span style=\"left:{:.3}%\">{}</span>", 100.0 * share, tick_label(at_ns, step_ns))
    };
    drawn.map(mark).collect()
}

/// All marks in one unit, with as many decimals as the step between them needs.
fn tick_label(at_ns: u64, step_ns: u64) -> String {
    let (size, unit) = match step_ns {
        0..100 => (1.0, "ns"),
        100..100_000 => (1e3, "µs"),
        100_000..100_000_000 => (1e6, "ms"),
        _ => (1e9, "s"),
    };
    let n_decimals = (size / step_ns as f64).log10().ceil().clamp(0.0, 9.0) as usize;
    format!("{:.n_decimals$} {unit}", at_ns as f64 / size)
}

/// The smallest 1, 2 or 5 times a power of ten that cuts the span into at most ten parts.
fn tick_step(span_ns: u64) -> u64 {
    let powers = std::iter::successors(Some(1_u64), |power| power.checked_mul(10));
    let steps = powers.flat_map(|power| [1, 2, 5].map(|times| power.saturating_mul(times)));
    steps.into_iter().find(|step| span_ns / step <= 10).unwrap_or(u64::MAX)
}
