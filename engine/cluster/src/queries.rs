//! Queries of tables: the engine of this process, and what it has for each.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use gristmill_data::{TaskError, TaskErrorKind, Value};
use gristmill_dataframe::{Engine, RelationalEngine, Surroundings};
use gristmill_graph::Digest;
use gristmill_sandbox::{CallContext, CancelToken, Plugin};

use crate::code::Code;

/// Share of a worker's memory that queries may use for sorting, grouping and joining, in percent.
const MEMORY_PERCENT: u64 = 60;

/// What runs queries in this process, once there is one.
#[derive(Debug)]
pub(crate) struct Queries {
    threads: usize,
    memory_nbytes: u64,
    spill_dir: PathBuf,
    engine: OnceLock<Result<Engine, String>>,
}

impl Queries {
    /// For a process with so many threads and so much memory.
    pub(crate) fn new(threads: usize, memory_nbytes: u64, spill_dir: &Path) -> Self {
        let memory_nbytes = memory_nbytes / 100 * MEMORY_PERCENT;
        Self { threads, memory_nbytes, spill_dir: spill_dir.to_owned(), engine: OnceLock::new() }
    }

    /// Runs one for a task.
    pub(crate) fn run(&self, code: &Code, args: &[Value], ctx: &CallContext) -> Result<Value, TaskError> {
        let start = || {
            Engine::start(self.threads, self.memory_nbytes, self.spill_dir.clone())
                .map_err(|error| format!("no threads for queries: {error}"))
        };
        let engine = self.engine.get_or_init(start).as_ref();
        let engine = engine.map_err(|error| TaskError::new(TaskErrorKind::Io, error.clone()))?;
        engine.run(args, Arc::new(Around::of(code, ctx)))
    }

    /// Bytes that running queries have in memory.
    pub(crate) fn nbytes(&self) -> u64 {
        self.engine.get().and_then(|engine| engine.as_ref().ok()).map_or(0, RelationalEngine::nbytes)
    }
}

/// What a task's process has for its query.
struct Around {
    code: Code,
    ctx: CallContext,
    /// Never, where that is too far away to be a moment.
    until: Option<Instant>,
}

impl Around {
    fn of(code: &Code, ctx: &CallContext) -> Self {
        let until = Instant::now().checked_add(ctx.limits.deadline);
        Self { code: code.clone(), ctx: ctx.clone(), until }
    }

    fn plugin(&self, component: Digest) -> Result<&Arc<Plugin>, TaskError> {
        let missing = || {
            let message = format!("component {} did not come with the query", component.short());
            TaskError::new(TaskErrorKind::NoSuchFunction, message)
        };
        self.code.plugins.get(&component).ok_or_else(missing)
    }
}

impl Surroundings for Around {
    fn call(&self, component: Digest, function: &str, args: &[Value]) -> Result<Value, TaskError> {
        self.plugin(component)?.call(function, args, &self.ctx)
    }

    fn call_many(
        &self,
        component: Digest,
        function: &str,
        calls: &[Vec<Value>],
    ) -> Result<Vec<Result<Value, TaskError>>, TaskError> {
        self.plugin(component)?.call_many(function, calls, &self.ctx)
    }

    fn check_may_open(&self, path: &Path) -> Result<(), TaskError> {
        self.code.check_may_open(path)
    }

    fn check_may_go_on(&self) -> Result<(), TaskError> {
        if self.ctx.cancel.as_ref().is_some_and(CancelToken::is_cancelled) {
            return Err(TaskError::new(TaskErrorKind::Cancelled, "the query was cancelled"));
        }
        match self.until.is_none_or(|until| Instant::now() < until) {
            true => Ok(()),
            false => {
                let limit = self.ctx.limits.deadline.as_secs_f64();
                Err(TaskError::new(TaskErrorKind::Deadline, format!("the query ran for more than {limit} s")))
            }
        }
    }
}
