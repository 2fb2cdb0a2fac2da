//! Tasks that a task starts itself, where whoever submitted it has granted that.
//!
//! In tests on the author's own machine a task that is started has run when [`submit`] returns.

use crate::convert::FromValue;
use crate::error::Result;
use crate::value::Value;

#[cfg(target_family = "wasm")]
use crate::bindings::nested::gristmill::plugin::tasks as started;
#[cfg(target_family = "wasm")]
use crate::error::TaskError;
#[cfg(target_family = "wasm")]
use crate::nodes;

/// The result of a task that was started, once it is there. Nobody needs it any more when this is dropped, or when the
/// task that started it ends.
#[derive(Debug)]
pub struct Future {
    #[cfg(target_family = "wasm")]
    inner: started::Future,
    #[cfg(not(target_family = "wasm"))]
    inner: Result<Value>,
}

/// An argument of a task that is started.
#[derive(Debug)]
pub enum Operand<'a> {
    /// A value.
    Value(Value),
    /// The result of another task.
    Future(&'a Future),
}

impl<T: Into<Value>> From<T> for Operand<'_> {
    fn from(value: T) -> Self {
        Self::Value(value.into())
    }
}

impl<'a> From<&'a Future> for Operand<'a> {
    fn from(future: &'a Future) -> Self {
        Self::Future(future)
    }
}

/// Starts a call of one of this plugin's own functions as a task, which may start tasks in turn.
///
/// # Errors
/// Permission denied where that was not granted; no such function; type mismatch where the arguments are others than it
/// takes; out of range beyond the number of tasks that one may start.
#[cfg(target_family = "wasm")]
pub fn submit(function: &str, args: Vec<Operand<'_>>) -> Result<Future> {
    let args: Vec<started::Argument<'_>> = args
        .into_iter()
        .map(|arg| match arg {
            Operand::Value(value) => started::Argument::Value(nodes::from_value(value)),
            Operand::Future(future) => started::Argument::Future(&future.inner),
        })
        .collect();
    let inner = started::submit(function, &args).map_err(TaskError::from_host)?;
    Ok(Future { inner })
}

#[cfg(target_family = "wasm")]
impl Future {
    /// Waits for the task and returns its result. Meanwhile the thread of the task that waits is free for others.
    ///
    /// # Errors
    /// The task's own; type mismatch if its result is of another type.
    pub fn wait<T: FromValue>(&self) -> Result<T> {
        let nodes = self.inner.wait().map_err(TaskError::from_host)?;
        T::from_value(nodes::into_value(nodes)?)
    }
}

/// Starts a call of one of this plugin's own functions as a task, which may start tasks in turn.
///
/// # Errors
/// Unsupported outside a call of [`Plugin::call`](crate::Plugin::call).
#[cfg(not(target_family = "wasm"))]
pub fn submit(function: &str, args: Vec<Operand<'_>>) -> Result<Future> {
    let values = args.into_iter().map(|arg| match arg {
        Operand::Value(value) => Ok(value),
        Operand::Future(future) => future.inner.clone(),
    });
    Ok(Future {
        inner: values.collect::<Result<_>>().and_then(|values| crate::runtime::call_own(function, values)),
    })
}

#[cfg(not(target_family = "wasm"))]
impl Future {
    /// Waits for the task and returns its result.
    ///
    /// # Errors
    /// The task's own; type mismatch if its result is of another type.
    pub fn wait<T: FromValue>(&self) -> Result<T> {
        self.inner.clone().and_then(T::from_value)
    }
}
