//! What ran when: bounded records for the report.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use gristmill_data::{TaskError, TaskErrorKind, Value};
use gristmill_graph::{Graph, Key, TaskTable};

use crate::code::Code;
use crate::host::Progress;
use crate::report::{
    FunctionStats, MemorySample, Outcome, Report, ResultColumn, ResultTable, TaskFailure, TaskSpan,
    WorkerInfo,
};

/// Task spans that are remembered one by one; later ones are counted only.
const SPANS_MAX: usize = 200_000;
/// Failed tasks that are remembered.
const ERRORS_MAX: usize = 100;
/// Functions that are told apart; later ones are counted with the first.
const FUNCTIONS_MAX: usize = 10_000;
/// Memory samples that are kept; then every second one is dropped, and they are taken half as often.
const SAMPLES_MAX: usize = 2048;
/// Tasks of a graph that is drawn one by one; a larger one is drawn layer by layer.
const DRAWN_TASKS_MAX: usize = 300;
/// Rows of a result that are shown.
const ROWS_SHOWN_MAX: usize = 200;

/// Records of one cluster, since its start.
#[derive(Debug)]
pub(crate) struct Profile {
    started: SystemTime,
    workers: Vec<WorkerInfo>,
    functions: Vec<FunctionStats>,
    by_name: HashMap<(Arc<str>, String), u32>,
    spans: Vec<Span>,
    samples: Vec<MemorySample>,
    sample_interval_ns: u64,
    errors: Vec<TaskFailure>,
    /// The graph with the most tasks so far.
    graph: Option<(Arc<Graph>, Arc<TaskTable>)>,
}

/// A [`TaskSpan`] without text.
#[derive(Debug, Clone, Copy)]
struct Span {
    function: u32,
    worker: u32,
    thread: u32,
    key: Key,
    start_ns: u64,
    end_ns: u64,
    nbytes_in: u64,
    nbytes_out: u64,
    outcome: Outcome,
}

/// One task that has run, as its thread saw it.
#[derive(Debug)]
pub(crate) struct Ran<'a> {
    pub(crate) code: &'a Code,
    pub(crate) row: u32,
    pub(crate) worker: usize,
    pub(crate) thread: u32,
    pub(crate) start_ns: u64,
    pub(crate) end_ns: u64,
    pub(crate) nbytes_in: u64,
    pub(crate) result: &'a Result<Value, TaskError>,
}

impl Profile {
    pub(crate) fn new(threads_of: &[usize], memory_limit_nbytes: u64) -> Self {
        let workers = threads_of.iter().enumerate().map(|(idx, &n_threads)| WorkerInfo {
            name: format!("worker {idx}"),
            n_threads: n_threads as u32,
            memory_limit_nbytes,
        });
        Self {
            started: SystemTime::now(),
            workers: workers.collect(),
            functions: Vec::new(),
            by_name: HashMap::new(),
            spans: Vec::new(),
            samples: Vec::new(),
            sample_interval_ns: 1_000_000,
            errors: Vec::new(),
            graph: None,
        }
    }

    /// Numbers the functions of a new graph, one for each family of its table.
    pub(crate) fn functions_of(&mut self, code: &Code) -> Vec<u32> {
        let families = code.table.families.iter();
        families.map(|family| self.function(family.name.clone(), family.function.to_string())).collect()
    }

    fn function(&mut self, name: Arc<str>, identity: String) -> u32 {
        if let Some(&known) = self.by_name.get(&(name.clone(), identity.clone())) {
            return known;
        }
        if self.functions.len() >= FUNCTIONS_MAX {
            return 0;
        }
        let number = self.functions.len() as u32;
        self.functions.push(FunctionStats {
            name: name.to_string(),
            identity: identity.clone(),
            ..FunctionStats::default()
        });
        self.by_name.insert((name, identity), number);
        number
    }

    /// Remembers a graph if it is the largest so far.
    pub(crate) fn on_graph(&mut self, code: &Code) {
        if self.graph.as_ref().is_none_or(|(_, table)| table.len() <= code.table.len()) {
            self.graph = Some((code.graph.clone(), code.table.clone()));
        }
    }

    pub(crate) fn on_ran(&mut self, ran: &Ran<'_>) {
        let function = ran.code.function_of(ran.row);
        let outcome = match ran.result {
            Ok(_) => Outcome::Done,
            Err(error) if error.kind == TaskErrorKind::Cancelled => Outcome::Cancelled,
            Err(_) => Outcome::Failed,
        };
        let nbytes_out = ran.result.as_ref().map_or(0, Value::nbytes);
        let span = Span {
            function,
            worker: ran.worker as u32,
            thread: ran.thread,
            key: ran.code.key_of(ran.row),
            start_ns: ran.start_ns,
            end_ns: ran.end_ns,
            nbytes_in: ran.nbytes_in,
            nbytes_out,
            outcome,
        };
        if let Some(stats) = self.functions.get_mut(function as usize) {
            let duration_ns = span.end_ns.saturating_sub(span.start_ns);
            stats.n_tasks += 1;
            stats.n_failed += u64::from(outcome == Outcome::Failed);
            stats.total_ns += duration_ns;
            stats.max_ns = stats.max_ns.max(duration_ns);
            stats.nbytes_in += span.nbytes_in;
            stats.nbytes_out += nbytes_out;
        }
        if self.spans.len() < SPANS_MAX {
            self.spans.push(span);
        }
        if let Err(error) = ran.result
            && outcome == Outcome::Failed
            && self.errors.len() < ERRORS_MAX
        {
            self.errors.push(failure(error));
        }
    }

    /// Notes how much memory is held, if the last note is old enough.
    pub(crate) fn on_memory(&mut self, at_ns: u64, progress: impl FnOnce() -> Progress) {
        let due = self.samples.last().map_or(0, |last| last.at_ns + self.sample_interval_ns);
        if at_ns < due {
            return;
        }
        let progress = progress();
        self.samples.push(MemorySample {
            at_ns,
            held_nbytes: progress.memory_nbytes,
            spilled_nbytes: progress.spilled_nbytes,
        });
        if self.samples.len() >= SAMPLES_MAX {
            let mut keep = false;
            self.samples.retain(|_| {
                keep = !keep;
                keep
            });
            self.sample_interval_ns *= 2;
        }
    }

    /// Everything so far, with percentiles over the remembered spans.
    pub(crate) fn report(
        &self,
        title: &str,
        results: &[(String, Vec<Value>)],
        now_ns: u64,
        progress: Progress,
    ) -> Report {
        let tasks: Vec<TaskSpan> = self.spans.iter().map(task_span).collect();
        let functions = (0u32..).zip(&self.functions).map(|(number, exact)| {
            let spans = tasks.iter().filter(|span| span.function == number);
            let measured = FunctionStats::measure(&exact.name, &exact.identity, spans);
            FunctionStats { p50_ns: measured.p50_ns, p95_ns: measured.p95_ns, ..exact.clone() }
        });
        let graph_svg = self
            .graph
            .as_ref()
            .map(|(graph, table)| gristmill_graph::draw_svg(graph, table, DRAWN_TASKS_MAX));
        let facts = [
            ("version", env!("CARGO_PKG_VERSION").to_owned()),
            ("tasks", progress.n_tasks.to_string()),
            ("cores", crate::machine::n_cores().to_string()),
        ];
        Report {
            title: title.to_owned(),
            started: self.started,
            wall: Duration::from_nanos(now_ns),
            facts: facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            workers: self.workers.clone(),
            functions: functions.collect(),
            tasks,
            samples: self.samples.clone(),
            spilled_nbytes: progress.spilled_nbytes,
            graph_svg,
            results: results.iter().flat_map(|(name, values)| tables(name, values)).collect(),
            errors: self.errors.clone(),
            log: Vec::new(),
        }
    }
}

fn task_span(span: &Span) -> TaskSpan {
    TaskSpan {
        function: span.function,
        key: span.key.short(),
        worker: span.worker,
        thread: span.thread,
        start_ns: span.start_ns,
        end_ns: span.end_ns,
        nbytes_in: span.nbytes_in,
        nbytes_out: span.nbytes_out,
        outcome: span.outcome,
        log: Vec::new(),
    }
}

fn failure(error: &TaskError) -> TaskFailure {
    let context = error.context.iter().map(|line| format!("\nin {line}"));
    TaskFailure {
        name: error.function.to_string(),
        key: error.task.get(..12).unwrap_or_default().to_owned(),
        kind: error.kind.to_string(),
        message: std::iter::once(error.message.clone()).chain(context).collect(),
        backtrace: error.backtrace.clone(),
        log: error.log.clone(),
    }
}

/// The values of one named result as tables; what is no table becomes one cell.
fn tables(name: &str, values: &[Value]) -> Vec<ResultTable> {
    let numbered = |idx: usize| if values.len() == 1 { name.to_owned() } else { format!("{name}[{idx}]") };
    values
        .iter()
        .enumerate()
        .map(|(idx, value)| match value {
            Value::Partition(partition) => {
                let (header, rows) = gristmill_storage::to_text_rows(partition, ROWS_SHOWN_MAX);
                let numeric = |column: usize| {
                    let mut cells =
                        rows.iter().filter_map(|row| row.get(column)).filter(|cell| !cell.is_empty());
                    cells.all(|cell| cell.parse::<f64>().is_ok())
                };
                let columns = header
                    .into_iter()
                    .enumerate()
                    .map(|(column, name)| ResultColumn { name, numeric: numeric(column) });
                ResultTable {
                    name: numbered(idx),
                    columns: columns.collect(),
                    n_rows: partition.n_rows() as u64,
                    rows,
                }
            }
            other => ResultTable {
                name: numbered(idx),
                columns: vec![ResultColumn { name: "value".to_owned(), numeric: false }],
                rows: vec![vec![gristmill_storage::to_json(other).to_string()]],
                n_rows: 1,
            },
        })
        .collect()
}
