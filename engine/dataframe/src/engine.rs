//! What runs plans: in the process that it is part of, with its threads, within its memory.

mod memory;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::error::DataFusionError;
use datafusion::execution::FunctionRegistry;
use datafusion::execution::memory_pool::MemoryConsumer;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use futures_util::StreamExt;
use gristmill_data::{TaskError, Value};
use gristmill_graph::Digest;
use tokio::runtime::Runtime;
use tokio::time::timeout;

use crate::functions::SAMPLED;
use crate::task::{Arguments, Output};
use crate::{codec, convert, failure, planner, write};
use memory::{Budget, QueryPool};

/// How often a query that gives no rows is asked whether it is to go on.
const CHECK_EVERY: Duration = Duration::from_millis(50);

/// Address space of the stack of a thread that runs queries.
const THREAD_STACK_NBYTES: usize = 16 << 20;

/// What the process that runs a query's task has for it.
pub trait Surroundings: Send + Sync {
    /// Calls a function of a component that came with the query.
    ///
    /// # Errors
    /// The function's own, or why it cannot be called.
    fn call(&self, component: Digest, function: &str, args: &[Value]) -> Result<Value, TaskError>;

    /// Calls it many times; the result of each call is in its place.
    ///
    /// # Errors
    /// What fails all calls.
    fn call_many(
        &self,
        component: Digest,
        function: &str,
        calls: &[Vec<Value>],
    ) -> Result<Vec<Result<Value, TaskError>>, TaskError>;

    /// Whether the task may open this file.
    ///
    /// # Errors
    /// Why not.
    fn check_may_open(&self, path: &Path) -> Result<(), TaskError>;

    /// Whether the task is to go on.
    ///
    /// # Errors
    /// Why not: it was cancelled, or its time is over.
    fn check_may_go_on(&self) -> Result<(), TaskError>;
}

/// Something that runs relational plans.
///
/// Today there is one, [`Engine`], which runs a plan in one process.
pub trait RelationalEngine: Send + Sync {
    /// Runs the query that these arguments of its task describe.
    ///
    /// # Errors
    /// Whatever is wrong with the plan or the data, or stops it.
    fn run(&self, args: &[Value], surroundings: Arc<dyn Surroundings>) -> Result<Value, TaskError>;

    /// Bytes that running queries have in memory.
    fn nbytes(&self) -> u64;
}

/// Runs plans in this process.
pub struct Engine {
    runtime: Runtime,
    threads: usize,
    budget: Arc<Budget>,
    spill_dir: PathBuf,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("threads", &self.threads).field("budget", &self.budget).finish()
    }
}

impl Engine {
    /// An engine with so many threads, whose queries together have so much memory for sorting, grouping and joining; what is
    /// more goes to files below `spill_dir`.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub fn start(threads: usize, memory_nbytes: u64, spill_dir: PathBuf) -> std::io::Result<Self> {
        let threads = threads.max(1);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(threads)
            .thread_stack_size(THREAD_STACK_NBYTES)
            .thread_name("gristmill-query")
            .enable_all()
            .build()?;
        Ok(Self { runtime, threads, budget: Arc::new(Budget::new(memory_nbytes)), spill_dir })
    }

    /// What a query runs in: memory, files and threads.
    fn state(&self) -> Result<SessionState, DataFusionError> {
        let environment = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(QueryPool::new(self.budget.clone())))
            .with_temp_file_path(&self.spill_dir)
            .build_arc()?;
        // What a merge of sorted runs sets aside for itself has to fit, too.
        let merge_nbytes = self.budget.limit_nbytes() / (16 * self.threads as u64);
        let merge_nbytes = usize::try_from(merge_nbytes).unwrap_or(usize::MAX).clamp(64 << 10, 10 << 20);
        let config = planner::config()
            .with_target_partitions(self.threads)
            .with_sort_spill_reservation_bytes(merge_nbytes);
        let builder = SessionStateBuilder::new().with_config(config).with_runtime_env(environment);
        let mut state = builder.with_default_features().build();
        state.register_udf(SAMPLED.clone())?;
        Ok(state)
    }
}

/// A query's rows as they come.
pub(crate) struct Rows<'e> {
    engine: &'e Engine,
    state: SessionState,
    plan: Arc<dyn ExecutionPlan>,
    surroundings: Arc<dyn Surroundings>,
}

impl Rows<'_> {
    pub(crate) fn schema(&self) -> SchemaRef {
        self.plan.schema()
    }

    /// Gives the rows away, batch by batch.
    pub(crate) fn for_each(
        &self,
        mut take: impl FnMut(RecordBatch) -> Result<(), DataFusionError>,
    ) -> Result<(), DataFusionError> {
        self.engine.runtime.block_on(async {
            let mut rows = execute_stream(self.plan.clone(), self.state.task_ctx())?;
            loop {
                match timeout(CHECK_EVERY, rows.next()).await {
                    Ok(None) => return Ok(()),
                    Ok(Some(batch)) => take(batch?)?,
                    Err(_) => {}
                }
                let going = self.surroundings.check_may_go_on();
                going.map_err(|error| DataFusionError::External(error.into()))?;
            }
        })
    }

    /// All rows, within the memory that queries have.
    pub(crate) fn collect(&self) -> Result<Vec<RecordBatch>, DataFusionError> {
        let result = MemoryConsumer::new("the result").register(&self.state.runtime_env().memory_pool);
        let mut batches = Vec::new();
        self.for_each(|batch| {
            result.try_grow(batch.get_array_memory_size())?;
            batches.push(batch);
            Ok(())
        })?;
        Ok(batches)
    }
}

impl RelationalEngine for Engine {
    fn run(&self, args: &[Value], surroundings: Arc<dyn Surroundings>) -> Result<Value, TaskError> {
        let task = Arguments::of(args)?;
        let mut decoded = None;
        let mut run = || -> Result<Value, DataFusionError> {
            let state = self.state()?;
            let (plan, physical) = planner::with_deep_stack(|| {
                let plan = codec::decode(task.plan, &task.inputs, &state.task_ctx(), &surroundings)?;
                let physical = self.runtime.block_on(state.create_physical_plan(&plan));
                Ok::<_, DataFusionError>((plan, physical))
            })??;
            decoded = Some(plan);
            let physical = physical?;
            let rows = Rows { engine: self, state, plan: physical, surroundings: surroundings.clone() };
            match &task.output {
                Output::Partitions(n) => {
                    let schema = rows.schema();
                    let partitions = convert::partitions(&schema, rows.collect()?, n.unwrap_or(1))?;
                    Ok(match (n, partitions.as_slice()) {
                        (None, [whole]) => Value::Partition(whole.clone()),
                        _ => Value::list(partitions),
                    })
                }
                Output::Files(target) => {
                    surroundings
                        .check_may_open(Path::new(&target.path))
                        .map_err(|error| DataFusionError::External(error.into()))?;
                    write::write(&rows, target)
                }
            }
        };
        let result = run();
        result.map_err(|error| failure::of(&error, decoded.as_ref()))
    }

    fn nbytes(&self) -> u64 {
        self.budget.used_nbytes()
    }
}
