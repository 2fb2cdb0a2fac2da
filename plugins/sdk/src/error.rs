//! Errors of task functions: any printable error will do, and [`TaskError`] says more.

use std::fmt::Display;

use crate::bindings::task::gristmill::plugin::types as contract;

pub use contract::ErrorKind;

/// The result of a task function; `?` turns every printable error into a [`TaskError`].
pub type Result<T, E = TaskError> = std::result::Result<T, E>;

/// Why a task function failed.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskError {
    /// Why, in one word.
    pub kind: ErrorKind,
    /// Why, in a sentence.
    pub message: String,
    /// Where, outermost first: "while reading column dep_delay".
    pub context: Vec<String>,
    /// Whether trying again can help.
    pub retryable: bool,
}

impl TaskError {
    /// A new error of `kind` that says `message`; trying again does not help.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), context: Vec::new(), retryable: false }
    }

    /// The host's error.
    #[cfg_attr(not(target_family = "wasm"), expect(dead_code, reason = "only a guest has a host"))]
    pub(crate) fn from_host(error: contract::TaskError) -> Self {
        let contract::TaskError { kind, message, context, retryable } = error;
        Self { kind, message, context, retryable }
    }

    pub(crate) fn into_contract(self) -> contract::TaskError {
        let Self { kind, message, context, retryable } = self;
        contract::TaskError { kind, message, context, retryable }
    }

    /// An argument has the right type and a wrong value.
    #[must_use]
    pub fn invalid_argument(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidArgument, message)
    }

    /// An argument has another type than the function takes.
    #[must_use]
    pub fn type_mismatch(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::TypeMismatch, message)
    }

    /// An index, a number or a length lies outside what is possible.
    #[must_use]
    pub fn out_of_range(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::OutOfRange, message)
    }

    /// Input data is damaged.
    #[must_use]
    pub fn data_corrupt(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::DataCorrupt, message)
    }

    /// The same error with `line` as its outermost context: "while reading column dep_delay".
    #[must_use]
    pub fn while_doing(mut self, line: impl Into<String>) -> Self {
        self.context.insert(0, line.into());
        self
    }

    /// The same error, worth another try.
    #[must_use]
    pub fn retryable(mut self) -> Self {
        self.retryable = true;
        self
    }
}

// `TaskError` itself does not implement `Display`: otherwise this would overlap with `From<T> for T`.
impl<E: Display> From<E> for TaskError {
    fn from(error: E) -> Self {
        Self::new(ErrorKind::Failed, error.to_string())
    }
}

/// Adds where an error happened to any result.
pub trait Context<T> {
    /// The error with what `line` returns as its outermost context.
    ///
    /// # Errors
    /// The error of `self`, with one more line of context.
    fn context<S: Into<String>>(self, line: impl FnOnce() -> S) -> Result<T>;
}

impl<T, E: Into<TaskError>> Context<T> for Result<T, E> {
    fn context<S: Into<String>>(self, line: impl FnOnce() -> S) -> Result<T> {
        self.map_err(|error| error.into().while_doing(line()))
    }
}
