//! What runs plans: in the process that it is part of, with its threads, within its memory.

use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock, TryLockError, TryLockResult};
use std::time::Duration;

use datafusion::arrow::array::{Array, RecordBatch};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::error::DataFusionError;
use datafusion::execution::FunctionRegistry;
use datafusion::execution::memory_pool::{FairSpillPool, MemoryConsumer, MemoryPool, MemoryReservation};
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties, execute_stream};
use futures_util::StreamExt;
use gristmill_data::{TaskError, TaskErrorKind, Value};
use gristmill_graph::Digest;
use tokio::runtime::Runtime;
use tokio::time::timeout;

use crate::functions::SAMPLED;
use crate::task::{Arguments, Output};
use crate::{codec, convert, failure, planner, write};

/// How often a query that gives no rows is asked whether it is to go on.
const CHECK_EVERY: Duration = Duration::from_millis(50);

/// How often a query that waits for others looks whether it may begin.
const GATE_EVERY: Duration = Duration::from_millis(5);

/// Address space of the stack of a thread that runs queries.
const THREAD_STACK_NBYTES: usize = 16 << 20;

/// Rows of a batch where memory is short.
const FRUGAL_ROWS: usize = 1024;

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
    /// Given up in the end, and never waited for: it may be let go of by a thread that must not wait.
    runtime: Option<Runtime>,
    threads: usize,
    /// All queries' memory, in fair shares between those of their operators that can spill.
    pool: Arc<FairSpillPool>,
    memory_nbytes: usize,
    spill_dir: PathBuf,
    /// Held by all that run, and by one alone that has not enough memory beside others.
    gate: RwLock<()>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("threads", &self.threads).field("pool", &self.pool).finish()
    }
}

/// How a plan is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// As fast as may be.
    Fast,
    /// With what can go to disk in the place of what cannot, as joins that sort both sides, and with few operators and small
    /// batches to share the memory.
    Frugal,
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
        let memory_nbytes = usize::try_from(memory_nbytes).unwrap_or(usize::MAX);
        let pool = Arc::new(FairSpillPool::new(memory_nbytes));
        Ok(Self { runtime: Some(runtime), threads, pool, memory_nbytes, spill_dir, gate: RwLock::new(()) })
    }

    /// What a query runs in: memory, files and threads.
    fn state(&self, mode: Mode) -> Result<SessionState, DataFusionError> {
        let environment = RuntimeEnvBuilder::new()
            .with_memory_pool(self.pool.clone())
            .with_temp_file_path(&self.spill_dir)
            .build_arc()?;
        // What a merge of sorted runs sets aside for itself has to fit, too.
        let merge_nbytes = (self.memory_nbytes / (16 * self.threads)).clamp(64 << 10, 10 << 20);
        let mut config = planner::config().with_sort_spill_reservation_bytes(merge_nbytes);
        config = match mode {
            Mode::Fast => config.with_target_partitions(self.threads),
            Mode::Frugal => config.with_target_partitions(1).with_batch_size(FRUGAL_ROWS),
        };
        config.options_mut().optimizer.prefer_hash_join = mode == Mode::Fast;
        let builder = SessionStateBuilder::new().with_config(config).with_runtime_env(environment);
        let mut state = builder.with_default_features().build();
        state.register_udf(SAMPLED.clone())?;
        // What `now()` is.
        state.mark_start_execution();
        Ok(state)
    }

    /// What comes of it, on this thread.
    fn wait_for<T>(
        &self,
        work: impl Future<Output = Result<T, DataFusionError>>,
    ) -> Result<T, DataFusionError> {
        match &self.runtime {
            Some(runtime) => runtime.block_on(work),
            None => Err(DataFusionError::Internal("the engine was let go of".to_owned())),
        }
    }

    /// Runs a plan in a thread of its own, whose stack has room for whatever is let through: expressions are walked and dropped
    /// by recursion.
    fn run_in(
        &self,
        mode: Mode,
        task: &Arguments<'_>,
        surroundings: &Arc<dyn Surroundings>,
    ) -> Result<Value, TaskError> {
        let ran = planner::with_deep_stack(|| {
            let mut decoded = None;
            let result = self.rows(mode, task, surroundings, &mut decoded);
            let may_go_on = || surroundings.check_may_go_on().is_ok();
            result.map_err(|error| failure::of(&error, decoded.as_ref(), &may_go_on))
        });
        ran.unwrap_or_else(|error| Err(TaskError::new(TaskErrorKind::Io, error.to_string())))
    }

    fn rows(
        &self,
        mode: Mode,
        task: &Arguments<'_>,
        surroundings: &Arc<dyn Surroundings>,
        decoded: &mut Option<LogicalPlan>,
    ) -> Result<Value, DataFusionError> {
        let state = self.state(mode)?;
        let plan = codec::decode(task, &state.task_ctx(), surroundings)?;
        let plan = decoded.insert(plan);
        let physical = self.wait_for(state.create_physical_plan(plan))?;
        let rows = Rows { engine: self, state, plan: physical, surroundings: surroundings.clone() };
        let value = match &task.output {
            Output::Partitions(n) => {
                let (batches, _held) = rows.collect()?;
                let partitions =
                    convert::partitions(&rows.schema(), batches, n.unwrap_or(1), rows.is_ordered())?;
                match (n, partitions.as_slice()) {
                    (None, [whole]) => Value::Partition(whole.clone()),
                    _ => Value::list(partitions),
                }
            }
            Output::Files(target) => {
                let may = surroundings.check_may_open(Path::new(&target.path));
                may.map_err(|error| DataFusionError::External(error.into()))?;
                write::write(&rows, target)?
            }
        };
        // The key says which files these were: what is read of others must not be taken for that.
        codec::check_files(plan)?;
        Ok(value)
    }

    /// Lets a query in among others, or alone. Whoever waits may be cancelled.
    fn enter<'e, G>(
        &'e self,
        surroundings: &Arc<dyn Surroundings>,
        enter: impl Fn(&'e RwLock<()>) -> TryLockResult<G>,
    ) -> Result<G, TaskError> {
        loop {
            match enter(&self.gate) {
                Ok(entered) => return Ok(entered),
                Err(TryLockError::Poisoned(entered)) => return Ok(entered.into_inner()),
                Err(TryLockError::WouldBlock) => {}
            }
            surroundings.check_may_go_on()?;
            std::thread::sleep(GATE_EVERY);
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.runtime.take().into_iter().for_each(Runtime::shutdown_background);
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
        self.engine.wait_for(async {
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

    /// Whether the order of the rows is one that was asked for.
    pub(crate) fn is_ordered(&self) -> bool {
        self.plan.output_ordering().is_some()
    }

    /// All rows, within the memory that queries have, and their share of it.
    pub(crate) fn collect(&self) -> Result<(Vec<RecordBatch>, MemoryReservation), DataFusionError> {
        let held = MemoryConsumer::new("the result").register(&self.state.runtime_env().memory_pool);
        let mut batches = Vec::new();
        self.for_each(|batch| {
            // Batches may be slices of one: each counts as what it is.
            let nbytes = batch.columns().iter().map(|column| column.to_data().get_slice_memory_size());
            held.try_grow(nbytes.sum::<Result<usize, _>>()?)?;
            batches.push(batch);
            Ok(())
        })?;
        Ok((batches, held))
    }
}

impl RelationalEngine for Engine {
    /// A query that has not enough memory beside others, or with joins that cannot go to disk, is run once more, alone and
    /// with such that can. Nobody has seen any of its rows by then.
    fn run(&self, args: &[Value], surroundings: Arc<dyn Surroundings>) -> Result<Value, TaskError> {
        let task = Arguments::of(args)?;
        let first = {
            let _among_others = self.enter(&surroundings, RwLock::try_read)?;
            self.run_in(Mode::Fast, &task, &surroundings)
        };
        match first {
            // A plugin's own limit is another one, and its error names the function.
            Err(error) if error.kind == TaskErrorKind::MemoryLimit && error.function.is_empty() => {
                let _alone = self.enter(&surroundings, RwLock::try_write)?;
                self.run_in(Mode::Frugal, &task, &surroundings)
            }
            done => done,
        }
    }

    fn nbytes(&self) -> u64 {
        self.pool.reserved() as u64
    }
}
