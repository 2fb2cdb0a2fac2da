//! What a call is made with: for whom, for which task, and how much it may use.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use gristmill_data::{TaskError, Value};
use gristmill_graph::Key;
use gristmill_storage::Grants;

/// How much a line of a task's log matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Every step.
    Trace,
    /// For whoever writes the plugin.
    Debug,
    /// For whoever runs it.
    Info,
    /// Something is odd.
    Warn,
    /// Something is wrong.
    Error,
}

impl Level {
    /// The level as it is printed.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// What one call may use. Over a limit, the call fails with a typed error and nobody else notices.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Linear memory of the instance, at most 2 GiB.
    pub memory_nbytes: usize,
    /// Table elements of the instance.
    pub table_elements: usize,
    /// Wall time of the call, from entry to return.
    pub deadline: Duration,
    /// Bytes that may cross to the host: the result, and the arguments of the guest's calls of the host.
    pub hostcall_nbytes: usize,
    /// Calls of the host.
    pub hostcalls: u64,
    /// Tasks that it may start.
    pub submits: u32,
    /// Bytes of log that are kept; the rest is dropped and counted.
    pub log_nbytes: usize,
    /// Lines of log that are kept; the rest is dropped and counted.
    pub log_lines: usize,
    /// Bytes of one result.
    pub result_nbytes: u64,
    /// Nodes of one result: its values, lists, maps and what is in them.
    pub result_nodes: usize,
    /// Instructions of the call under the deterministic profile; `None` is the profile's own number.
    pub fuel: Option<u64>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_nbytes: 1 << 30,
            table_elements: 20_000,
            deadline: Duration::from_secs(600),
            hostcall_nbytes: 512 << 20,
            hostcalls: 1_000_000,
            submits: 100_000,
            log_nbytes: 64 << 10,
            log_lines: 1_000,
            result_nbytes: 512 << 20,
            result_nodes: 1_000_000,
            fuel: None,
        }
    }
}

/// Stops a running call from another thread; clones stop the same call.
#[derive(Debug, Clone, Default)]
pub struct CancelToken {
    cancelled: Arc<AtomicBool>,
    /// Each of these cancels this one too.
    members: Option<Arc<[CancelToken]>>,
}

impl CancelToken {
    /// A token that has not been cancelled.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A token for a batch of calls: it is cancelled as soon as one of these is.
    #[must_use]
    pub fn any_of(members: impl IntoIterator<Item = Self>) -> Self {
        Self { cancelled: Arc::default(), members: Some(members.into_iter().collect()) }
    }

    /// Stops every call that was given this token, within about two ticks.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether [`CancelToken::cancel`] was called, here or on one of those that this was made of.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
            || self.members.iter().flat_map(|members| members.iter()).any(Self::is_cancelled)
    }
}

/// Which instance serves a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reuse {
    /// A warm one for functions that are `pure`, a fresh one for all others.
    #[default]
    ByTraits,
    /// One that has served this tenant before, if there is one.
    Warm,
    /// One made for this call alone.
    Fresh,
}

/// Where in its array the chunk of a task lies.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BlockInfo {
    /// The chunk's position in the grid.
    pub block: Vec<u64>,
    /// Chunks along each axis.
    pub numblocks: Vec<u64>,
    /// The chunk's first element along each axis.
    pub offset: Vec<u64>,
}

/// Hears what a running task says.
pub trait Observer: Send + Sync {
    /// The task is this far, 0.0 to 1.0.
    fn on_progress(&self, fraction: f64) {
        let _ = fraction;
    }

    /// The task logged one line, which holds no control characters.
    fn on_log(&self, level: Level, line: &str) {
        let _ = (level, line);
    }
}

/// Starts tasks for a running call, and waits for them.
pub trait Submitter: Send + Sync {
    /// Starts a call of a function of the plugin that is running; the number by which it is known from then on.
    ///
    /// # Errors
    /// Why there is no such task.
    fn submit(&self, function: &str, args: Vec<Operand>) -> Result<u32, TaskError>;

    /// Waits for a task that was started.
    ///
    /// # Errors
    /// The task's own, or why it cannot be waited for.
    fn wait(&self, task: u32) -> Result<Value, TaskError>;

    /// Its result is not needed any more.
    fn release(&self, task: u32);
}

/// An argument of a task that a call starts.
#[derive(Debug, Clone)]
pub enum Operand {
    /// A value.
    Value(Value),
    /// The result of another task that it has started.
    Task(u32),
}

/// For whom, for which task and within which limits a call is made.
#[non_exhaustive]
#[derive(Clone, Default)]
pub struct CallContext {
    /// The task; none outside a graph.
    pub task: Option<Key>,
    /// Where the task's chunk lies in its array.
    pub block: Option<Arc<BlockInfo>>,
    /// What the call may use.
    pub limits: Limits,
    /// Stops the call.
    pub cancel: Option<CancelToken>,
    /// The files the call may read; none at all without.
    pub grants: Option<Arc<Grants>>,
    /// Whose call it is. Instances are never shared between tenants.
    pub tenant: u32,
    /// Which instance serves the call.
    pub reuse: Reuse,
    /// Hears the task's progress and log.
    pub observer: Option<Arc<dyn Observer>>,
    /// Starts tasks for the call; it can start none without.
    pub submitter: Option<Arc<dyn Submitter>>,
}

impl CallContext {
    /// No task, no grants, tenant 0, the default limits.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// For this task.
    #[must_use]
    pub fn task(mut self, key: Key) -> Self {
        self.task = Some(key);
        self
    }

    /// For the chunk that lies there.
    #[must_use]
    pub fn block(mut self, block: Arc<BlockInfo>) -> Self {
        self.block = Some(block);
        self
    }

    /// Within these limits.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Until this token is cancelled.
    #[must_use]
    pub fn cancel(mut self, token: CancelToken) -> Self {
        self.cancel = Some(token);
        self
    }

    /// With these files to read.
    #[must_use]
    pub fn grants(mut self, grants: Arc<Grants>) -> Self {
        self.grants = Some(grants);
        self
    }

    /// For this tenant.
    #[must_use]
    pub fn tenant(mut self, tenant: u32) -> Self {
        self.tenant = tenant;
        self
    }

    /// By such an instance.
    #[must_use]
    pub fn reuse(mut self, reuse: Reuse) -> Self {
        self.reuse = reuse;
        self
    }

    /// With this observer.
    #[must_use]
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = Some(observer);
        self
    }

    /// With tasks of its own.
    #[must_use]
    pub fn submitter(mut self, submitter: Arc<dyn Submitter>) -> Self {
        self.submitter = Some(submitter);
        self
    }
}

impl fmt::Debug for CallContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallContext")
            .field("task", &self.task)
            .field("tenant", &self.tenant)
            .field("limits", &self.limits)
            .field("reuse", &self.reuse)
            .finish_non_exhaustive()
    }
}
