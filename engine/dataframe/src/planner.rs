//! What looks into files and makes plans, once for a process: it runs no queries.

use std::io;
use std::sync::{Arc, LazyLock, mpsc};

use datafusion::common::TableReference;
use datafusion::dataframe::DataFrame as Builder;
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::logical_expr::LogicalPlan;
use datafusion::optimizer::OptimizerRule;
use datafusion::optimizer::decorrelate_lateral_join::DecorrelateLateralJoin;
use datafusion::optimizer::decorrelate_predicate_subquery::DecorrelatePredicateSubquery;
use datafusion::optimizer::optimize_projections::OptimizeProjections;
use datafusion::optimizer::scalar_subquery_to_join::ScalarSubqueryToJoin;
use datafusion::prelude::SessionConfig;
use tokio::runtime::Runtime;

use crate::Error;

/// Threads that look into files; what they wait for is mostly the disk.
const THREADS: usize = 2;

/// Address space of a stack; what is not used takes no memory.
const STACK_NBYTES: usize = 256 << 20;

static STATE: LazyLock<SessionState> = LazyLock::new(fresh);

static RUNTIME: LazyLock<io::Result<Runtime>> = LazyLock::new(|| {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder
        .worker_threads(THREADS)
        .thread_stack_size(STACK_NBYTES)
        .thread_name("gristmill-plan")
        .enable_all()
        .build()
});

/// How queries are planned everywhere: names are as files have them.
pub(crate) fn config() -> SessionConfig {
    let mut config = SessionConfig::new();
    let options = config.options_mut();
    options.sql_parser.enable_ident_normalization = false;
    // Subqueries become joins: nothing else of them can be encoded.
    options.optimizer.enable_physical_uncorrelated_scalar_subquery = false;
    config
}

/// A state that has made no plan yet: names that it makes up depend on those before.
pub(crate) fn fresh() -> SessionState {
    SessionStateBuilder::new().with_config(config()).with_default_features().build()
}

/// A state whose optimiser makes joins of subqueries and one of neighbouring projections, and nothing else: its plans can be
/// encoded.
pub(crate) fn for_encoding() -> SessionState {
    let builder = SessionStateBuilder::new().with_config(config()).with_default_features();
    let rules: Vec<Arc<dyn OptimizerRule + Send + Sync>> = vec![
        Arc::new(DecorrelatePredicateSubquery::new()),
        Arc::new(ScalarSubqueryToJoin::new()),
        Arc::new(DecorrelateLateralJoin::new()),
        Arc::new(OptimizeProjections::new()),
    ];
    builder.with_optimizer_rules(rules).build()
}

/// The state that plans are made with.
pub(crate) fn state() -> &'static SessionState {
    &STATE
}

/// DataFusion's builder of plans, on top of this one.
pub(crate) fn builder(plan: LogicalPlan) -> Builder {
    Builder::new(STATE.clone(), plan)
}

/// A table's name as it is, and not as SQL would read it.
pub(crate) fn name(table: &str) -> TableReference {
    TableReference::bare(table)
}

/// What `work` comes to, with so much stack that expressions of any depth that is let through have room: DataFusion walks them
/// by recursion.
///
/// # Errors
/// [`Error::Threads`] when the system gives no thread.
pub(crate) fn with_deep_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, Error> {
    std::thread::scope(|scope| {
        let builder = std::thread::Builder::new().name("gristmill-plan".to_owned()).stack_size(STACK_NBYTES);
        let running = builder.spawn_scoped(scope, work).map_err(|error| Error::Threads(error.into()))?;
        // A panic goes on where the work was asked for.
        Ok(running.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

/// What `work` comes to. Any thread may wait, one of someone else's async runtime too.
///
/// # Errors
/// [`Error::Threads`] when the system gives none.
pub(crate) fn wait_for<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T, Error> {
    let given_up = || Error::Threads(io::Error::other("the work was given up").into());
    let runtime = RUNTIME.as_ref().map_err(|error| Error::Threads(io::Error::from(error.kind()).into()))?;
    let (sender, receiver) = mpsc::sync_channel(1);
    runtime.spawn(async move {
        // Nobody waits any more if the asking thread has died.
        let _ = sender.send(work.await);
    });
    receiver.recv().map_err(|_| given_up())
}
