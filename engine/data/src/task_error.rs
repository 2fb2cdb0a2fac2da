//! The error of a task, as data: it travels unchanged from the worker to the user and to every dependent.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Why a task failed, in one word a program can match on.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TaskErrorKind {
    /// The plugin or the kernel registry has no function of this name.
    NoSuchFunction,
    /// An argument has the right type and a wrong value.
    InvalidArgument,
    /// An argument or a result has another type than declared.
    TypeMismatch,
    /// An index, a number or a length lies outside what is possible.
    OutOfRange,
    /// The function does not do this.
    Unsupported,
    /// Input data is damaged.
    DataCorrupt,
    /// The task asked for something it was not granted.
    PermissionDenied,
    /// The function said so itself.
    Failed,
    /// The guest trapped: unreachable code, out-of-bounds access, division by zero.
    Trap,
    /// The guest asked for more linear memory or table elements than its limit.
    MemoryLimit,
    /// The call ran longer than its deadline.
    Deadline,
    /// The call was cancelled.
    Cancelled,
    /// The guest's stack is exhausted.
    StackOverflow,
    /// The values exchanged with the guest, or its host calls, exceed the call's budget.
    HostcallLimit,
    /// The instruction budget of the deterministic profile is used up.
    OutOfFuel,
    /// The guest returned something that is not a valid value.
    BadResult,
    /// The worker could not read or write: spill disk full, file gone.
    Io,
    /// The workers that ran this task died too often.
    WorkerLost,
    /// A device was lost with data in its memory; it is computed again.
    DeviceLost,
}

impl TaskErrorKind {
    /// The kind in words, as printed to people.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoSuchFunction => "no such function",
            Self::InvalidArgument => "invalid argument",
            Self::TypeMismatch => "type mismatch",
            Self::OutOfRange => "out of range",
            Self::Unsupported => "unsupported",
            Self::DataCorrupt => "data corrupt",
            Self::PermissionDenied => "permission denied",
            Self::Failed => "failed",
            Self::Trap => "trap",
            Self::MemoryLimit => "memory limit",
            Self::Deadline => "deadline exceeded",
            Self::Cancelled => "cancelled",
            Self::StackOverflow => "stack overflow",
            Self::HostcallLimit => "host call limit",
            Self::OutOfFuel => "out of fuel",
            Self::BadResult => "bad result",
            Self::Io => "input/output",
            Self::WorkerLost => "worker lost",
            Self::DeviceLost => "device lost",
        }
    }
}

impl fmt::Display for TaskErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The error of one task: what, why, which task and input, and what the guest last said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskError {
    /// Why, in one word.
    pub kind: TaskErrorKind,
    /// Why, in a sentence.
    pub message: String,
    /// Where, outermost first: "while reading column dep_delay".
    pub context: Vec<String>,
    /// The guest's frames, innermost first; empty when the function returned the error itself.
    pub backtrace: Vec<String>,
    /// The last lines that the guest logged.
    pub log: Vec<String>,
    /// Whether trying again can help.
    pub retryable: bool,
    /// The function, as people name it: `flights.model_a`.
    pub function: Arc<str>,
    /// The key of the task, in hex; empty outside a graph.
    pub task: Arc<str>,
}

impl TaskError {
    /// A new error of `kind` that says `message`; not retryable, no function or task yet.
    #[must_use]
    pub fn new(kind: TaskErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            context: Vec::new(),
            backtrace: Vec::new(),
            log: Vec::new(),
            retryable: false,
            function: "".into(),
            task: "".into(),
        }
    }

    /// The same error with `line` as its outermost context.
    #[must_use]
    pub fn while_doing(mut self, line: impl Into<String>) -> Self {
        self.context.insert(0, line.into());
        self
    }

    /// The same error, of `function` in `task`.
    #[must_use]
    pub fn of(mut self, function: impl Into<Arc<str>>, task: impl Into<Arc<str>>) -> Self {
        self.function = function.into();
        self.task = task.into();
        self
    }
}

impl fmt::Display for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.function.is_empty() {
            write!(f, "task `{}`", self.function)?;
            if let Some(short) = self.task.get(..12) {
                write!(f, " ({short})")?;
            }
            f.write_str(": ")?;
        }
        write!(f, "{}: {}", self.kind, self.message)?;
        for line in &self.context {
            write!(f, "\n  in {line}")?;
        }
        for frame in &self.backtrace {
            write!(f, "\n  at {frame}")?;
        }
        for line in &self.log {
            write!(f, "\n  log {line}")?;
        }
        Ok(())
    }
}

impl std::error::Error for TaskError {}
