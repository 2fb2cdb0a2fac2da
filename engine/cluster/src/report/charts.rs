//! What changed over the run: busy threads, memory, bytes produced.

use super::format::{count, duration, escape, nbytes};
use super::timeline::{Axis, UNITS};
use super::{MemorySample, Report};

/// Points of one line, enough for a wide screen.
const POINTS_MAX: u64 = 240;
/// Height of a drawing, in its own units.
const HEIGHT: f64 = 1_000.0;

/// One line of a chart: a value for each of equal parts of the run.
struct Line {
    class: &'static str,
    values: Vec<f64>,
}

/// Draws the charts side by side.
pub(super) fn draw(report: &Report) -> String {
    if report.tasks.is_empty() && report.samples.is_empty() {
        return String::new();
    }
    let axis = Axis::of(report);
    format!(
        "<div class=charts>{}{}{}</div>",
        busy(report, axis),
        memory(report, axis),
        produced(report, axis)
    )
}

fn busy(report: &Report, axis: Axis) -> String {
    let n_threads: u32 = report.workers.iter().map(|worker| worker.n_threads).fold(0, u32::saturating_add);
    let values = busy_threads(report, axis);
    let top = values.iter().copied().fold(f64::from(n_threads), f64::max).max(1.0);
    let caption = format!("of {} threads", count(u64::from(n_threads)));
    chart("Busy threads", &caption, top, &format!("{top:.0}"), axis, &[Line { class: "a", values }])
}

/// Mean number of threads at work in each part of the run.
fn busy_threads(report: &Report, axis: Axis) -> Vec<f64> {
    let part_ns = axis.wall_ns as f64 / POINTS_MAX as f64;
    let mut values = parts();
    for span in &report.tasks {
        let (first, last) = (axis.bin(span.start_ns, POINTS_MAX), axis.bin(span.end_ns, POINTS_MAX));
        for part in first..=last {
            let starts_ns = part as f64 * part_ns;
            let inside_ns =
                (span.end_ns as f64).min(starts_ns + part_ns) - (span.start_ns as f64).max(starts_ns);
            add(&mut values, part, inside_ns.max(0.0) / part_ns);
        }
    }
    values
}

fn memory(report: &Report, axis: Axis) -> String {
    let held = peaks(report, axis, |sample| sample.held_nbytes);
    let spilled = peaks(report, axis, |sample| sample.spilled_nbytes);
    let peak = held.iter().chain(&spilled).copied().fold(0.0, f64::max);
    let limits = report.workers.iter().map(|worker| worker.memory_limit_nbytes);
    let limit_nbytes = limits.fold(0, u64::saturating_add);
    let spilling = if report.spilled_nbytes > 0 { ", dashed: spilled" } else { "" };
    let caption = format!("limit {}{spilling}", nbytes(limit_nbytes));
    let top = peak.max(1.0);
    let lines = [Line { class: "b", values: held }, Line { class: "spill", values: spilled }];
    chart("Memory", &caption, top, &nbytes(peak as u64), axis, &lines)
}

/// The largest sample of each part of the run; a part without samples repeats the one before.
fn peaks(report: &Report, axis: Axis, value: impl Fn(&MemorySample) -> u64) -> Vec<f64> {
    let mut known = vec![None; POINTS_MAX as usize];
    for sample in &report.samples {
        let part = usize::try_from(axis.bin(sample.at_ns, POINTS_MAX)).unwrap_or(0);
        if let Some(peak) = known.get_mut(part) {
            *peak = Some(value(sample).max(peak.unwrap_or(0)));
        }
    }
    let mut last = 0;
    let repeat = |peak: Option<u64>| {
        last = peak.unwrap_or(last);
        last as f64
    };
    known.into_iter().map(repeat).collect()
}

fn produced(report: &Report, axis: Axis) -> String {
    let mut values = parts();
    for span in &report.tasks {
        add(&mut values, axis.bin(span.end_ns, POINTS_MAX), span.nbytes_out as f64);
    }
    let mut sum = 0.0;
    for value in &mut values {
        sum += *value;
        *value = sum;
    }
    chart(
        "Bytes produced",
        "sum of all results so far",
        sum.max(1.0),
        &nbytes(sum as u64),
        axis,
        &[Line { class: "c", values }],
    )
}

fn parts() -> Vec<f64> {
    vec![0.0; POINTS_MAX as usize]
}

fn add(values: &mut [f64], part: u64, amount: f64) {
    if let Some(value) = usize::try_from(part).ok().and_then(|part| values.get_mut(part)) {
        *value += amount;
    }
}

fn chart(title: &str, caption: &str, top: f64, top_label: &str, axis: Axis, lines: &[Line]) -> String {
    let drawn: String = lines
        .iter()
        .filter(|line| line.values.iter().any(|value| *value > 0.0))
        .map(|line| draw_line(line, top))
        .collect();
    format!(
        "<figure><figcaption><b>{title}</b> <span>{}</span></figcaption>\
         <div class=chart><svg viewBox=\"0 0 {UNITS} {HEIGHT}\" preserveAspectRatio=none role=img \
         aria-label=\"{title} over time\">{drawn}</svg><i class=top>{top_label}</i><i class=zero>0</i></div>\
         <div class=ends><span>0 s</span><span>{}</span></div></figure>",
        escape(caption),
        duration(axis.wall_ns),
    )
}

/// A stepped line over a filled area.
fn draw_line(line: &Line, top: f64) -> String {
    let step = UNITS / POINTS_MAX.max(1);
    let mut path = format!("M0 {HEIGHT}");
    let mut last = None;
    for (part, value) in (0_u64..).zip(&line.values) {
        let y = (HEIGHT - HEIGHT * value / top).round().clamp(0.0, HEIGHT);
        if last != Some(y) {
            path.push_str(&format!("H{}V{y}", part * step));
            last = Some(y);
        }
    }
    path.push_str(&format!("H{UNITS}"));
    let class = line.class;
    format!(
        "<path class=\"area {class}\" d=\"{path}V{HEIGHT}Z\"/><path class=\"line {class}\" d=\"{path}\"/>"
    )
}
