//! The report of a run: one HTML file that opens without a network.
//!
//! The structs here are plain data, so that whoever ran the tasks can fill them; [`render`] draws them.
//! Everything that came from a user or a guest is escaped, and a strict content security policy allows no
//! script but the report's own. Long runs stay small: spans too short to be seen are merged before they are
//! drawn, and every list has a limit with a name.

mod charts;
mod format;
mod page;
mod tables;
mod timeline;

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

pub use page::render;

use crate::host::LogLine;

/// Log lines of one task's span.
const SPAN_LINES_MAX: usize = 5;

/// What one run did, ready to be drawn.
#[derive(Debug, Clone)]
pub struct Report {
    /// The pipeline's name.
    pub title: String,
    /// When the run started, by the machine's clock.
    pub started: SystemTime,
    /// How long it took, from the first submit to the last result.
    pub wall: Duration,
    /// Settings worth reading later, in the order shown: version, command, limits.
    pub facts: Vec<(String, String)>,
    /// Workers, in the order in which [`TaskSpan::worker`] counts them.
    pub workers: Vec<WorkerInfo>,
    /// Functions, in the order in which [`TaskSpan::function`] counts them. Exact even when spans were dropped.
    pub functions: Vec<FunctionStats>,
    /// What each thread did when, in any order.
    pub tasks: Vec<TaskSpan>,
    /// Memory over time, in order of time.
    pub samples: Vec<MemorySample>,
    /// Bytes written to spill files over the whole run.
    pub spilled_nbytes: u64,
    /// The drawn graph: an `<svg>` element of our own making, put into the page as it is.
    pub graph_svg: Option<String>,
    /// Result tables, in the order shown.
    pub results: Vec<ResultTable>,
    /// Tasks that failed by themselves; their dependents are only counted.
    pub errors: Vec<TaskFailure>,
    /// The last lines that guests have logged, in order.
    pub log: Vec<LogLine>,
}

impl Report {
    /// With these lines, the last ones of each task in its span.
    #[must_use]
    pub fn with_log(mut self, log: Vec<LogLine>) -> Self {
        let mut of_task: HashMap<String, Vec<&str>> = HashMap::new();
        for line in &log {
            let Some(key) = line.key else { continue };
            of_task.entry(key.short()).or_default().push(&line.text);
        }
        for span in &mut self.tasks {
            let lines = of_task.get(&span.key).map_or(&[][..], Vec::as_slice);
            let last = lines.get(lines.len().saturating_sub(SPAN_LINES_MAX)..).unwrap_or_default();
            span.log = last.iter().map(|&line| line.to_owned()).collect();
        }
        self.log = log;
        self
    }
}

/// One worker of the run.
#[derive(Debug, Clone)]
pub struct WorkerInfo {
    /// Its name or address.
    pub name: String,
    /// Threads that run tasks.
    pub n_threads: u32,
    /// Bytes of results it may hold in memory.
    pub memory_limit_nbytes: u64,
}

/// One task on one thread.
#[derive(Debug, Clone)]
pub struct TaskSpan {
    /// Position in [`Report::functions`].
    pub function: u32,
    /// The task's key, shortened as it is shown to people.
    pub key: String,
    /// Position in [`Report::workers`].
    pub worker: u32,
    /// Thread of that worker, from 0.
    pub thread: u32,
    /// Nanoseconds from the start of the run to the start of the task.
    pub start_ns: u64,
    /// Nanoseconds from the start of the run to the end of the task.
    pub end_ns: u64,
    /// Bytes of its inputs.
    pub nbytes_in: u64,
    /// Bytes of its result.
    pub nbytes_out: u64,
    /// How it ended.
    pub outcome: Outcome,
    /// The last lines that it logged, in all its runs.
    pub log: Vec<String>,
}

impl TaskSpan {
    /// How long the task ran; zero when the clock went backwards.
    #[must_use]
    pub fn duration_ns(&self) -> u64 {
        self.end_ns.saturating_sub(self.start_ns)
    }
}

/// How a task ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It returned a result.
    Done,
    /// It returned an error or trapped.
    Failed,
    /// It was stopped because nobody wanted its result any more.
    Cancelled,
}

/// What one function did over the whole run.
#[derive(Debug, Clone, Default)]
pub struct FunctionStats {
    /// The prefix shown to people: `model_a`.
    pub name: String,
    /// What the function is: a component's digest and export, a kernel and its version, or native.
    pub identity: String,
    /// Tasks that ended, in whatever way.
    pub n_tasks: u64,
    /// Of these, the failed ones.
    pub n_failed: u64,
    /// Sum of the durations.
    pub total_ns: u64,
    /// Median duration.
    pub p50_ns: u64,
    /// Duration that 95 of 100 tasks do not exceed.
    pub p95_ns: u64,
    /// Longest duration.
    pub max_ns: u64,
    /// Bytes of all inputs.
    pub nbytes_in: u64,
    /// Bytes of all results.
    pub nbytes_out: u64,
}

impl FunctionStats {
    /// Sums up the spans of one function.
    pub fn measure<'a>(name: &str, identity: &str, spans: impl IntoIterator<Item = &'a TaskSpan>) -> Self {
        let mut stats = Self { name: name.to_owned(), identity: identity.to_owned(), ..Self::default() };
        let mut durations_ns = Vec::new();
        for span in spans {
            stats.n_tasks += 1;
            stats.n_failed += u64::from(span.outcome == Outcome::Failed);
            stats.total_ns = stats.total_ns.saturating_add(span.duration_ns());
            stats.nbytes_in = stats.nbytes_in.saturating_add(span.nbytes_in);
            stats.nbytes_out = stats.nbytes_out.saturating_add(span.nbytes_out);
            durations_ns.push(span.duration_ns());
        }
        durations_ns.sort_unstable();
        // The nearest-rank percentile: the smallest duration that this share of the tasks does not exceed.
        let percentile = |percent: usize| {
            let rank = (durations_ns.len() * percent).div_ceil(100).max(1);
            durations_ns.get(rank - 1).copied().unwrap_or(0)
        };
        (stats.p50_ns, stats.p95_ns, stats.max_ns) = (percentile(50), percentile(95), percentile(100));
        stats
    }

    /// Mean duration; zero without tasks.
    #[must_use]
    pub fn mean_ns(&self) -> u64 {
        self.total_ns.checked_div(self.n_tasks).unwrap_or(0)
    }
}

/// Bytes held at one moment, over all workers.
#[derive(Debug, Clone, Copy)]
pub struct MemorySample {
    /// Nanoseconds from the start of the run.
    pub at_ns: u64,
    /// Results in memory.
    pub held_nbytes: u64,
    /// Results in spill files.
    pub spilled_nbytes: u64,
}

/// One table of results, its cells already written as text.
#[derive(Debug, Clone)]
pub struct ResultTable {
    /// What the table is called.
    pub name: String,
    /// Its columns.
    pub columns: Vec<ResultColumn>,
    /// The first rows; a row may be shorter than the columns.
    pub rows: Vec<Vec<String>>,
    /// Rows of the whole table, of which `rows` may be a part.
    pub n_rows: u64,
}

/// One column of a result table.
#[derive(Debug, Clone)]
pub struct ResultColumn {
    /// Its heading.
    pub name: String,
    /// Whether it holds numbers, which are set to the right.
    pub numeric: bool,
}

/// A task that failed, with all that is known of it.
#[derive(Debug, Clone)]
pub struct TaskFailure {
    /// The function's prefix.
    pub name: String,
    /// The task's key, shortened.
    pub key: String,
    /// The kind of error, in words.
    pub kind: String,
    /// What went wrong, which input, what to do.
    pub message: String,
    /// The guest's frames, the innermost first.
    pub backtrace: Vec<String>,
    /// The last lines that the guest logged.
    pub log: Vec<String>,
}

#[cfg(test)]
mod tests;
