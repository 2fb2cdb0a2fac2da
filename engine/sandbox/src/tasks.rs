//! Tasks that a guest starts and waits for.
//!
//! Whether a call returns something or fails must follow from its arguments alone, or others would be given what only
//! this run has come to. So a guest is told of what its tasks have come to, and of nothing else: what the cluster lacks,
//! or has not granted, fails the call, whatever the guest would make of it.

use std::collections::HashMap;
use std::time::Instant;

use gristmill_data::{TaskError, TaskErrorKind, Value};
use wasmtime::component::Resource;

use crate::bindings::gristmill::plugin::tasks::{Argument, Host, HostFuture};
use crate::bindings::gristmill::plugin::types::{self, NodeResult};
use crate::context::Operand;
use crate::convert::{Budget, Flat, lift, owned};
use crate::state::{State, Stop};
use crate::trap::to_guest;

/// A task that a guest has started: the number in [`Submissions`].
#[derive(Debug)]
#[expect(unreachable_pub, reason = "generated code names it in public")]
pub struct Submitted;

/// What a call has started. A warm instance may still have futures of an earlier call: they stand for nothing, as no
/// number is used again.
#[derive(Debug, Default)]
pub(crate) struct Submissions {
    n_ever: u32,
    n_of_call: u32,
    /// The submitter's numbers.
    live: HashMap<u32, u32>,
}

impl Submissions {
    fn add(&mut self, number: u32) -> Resource<Submitted> {
        let own = self.n_ever;
        self.n_ever = self.n_ever.wrapping_add(1);
        self.n_of_call += 1;
        self.live.insert(own, number);
        Resource::new_own(own)
    }

    fn number(&self, future: &Resource<Submitted>) -> wasmtime::Result<u32> {
        let number = self.live.get(&future.rep()).copied();
        number.ok_or_else(|| wasmtime::Error::msg("a future of an earlier call"))
    }

    /// Another call begins, or none.
    pub(crate) fn forget(&mut self) {
        self.live.clear();
        self.n_of_call = 0;
    }
}

/// Whether a guest may know of an error: it would be the same wherever the task runs.
fn is_of_the_task(kind: TaskErrorKind) -> bool {
    matches!(
        kind,
        TaskErrorKind::NoSuchFunction
            | TaskErrorKind::InvalidArgument
            | TaskErrorKind::TypeMismatch
            | TaskErrorKind::OutOfRange
            | TaskErrorKind::Unsupported
            | TaskErrorKind::DataCorrupt
            | TaskErrorKind::Failed
            | TaskErrorKind::Trap
            | TaskErrorKind::StackOverflow
            | TaskErrorKind::BadResult
    )
}

/// What the guest is told, or what its call fails by.
fn told<T>(result: Result<T, TaskError>) -> wasmtime::Result<Result<T, types::TaskError>> {
    match result {
        Ok(done) => Ok(Ok(done)),
        Err(error) if is_of_the_task(error.kind) => Ok(Err(to_guest(&error))),
        Err(error) => Err(wasmtime::Error::new(Stop::Submission(Box::new(error)))),
    }
}

impl Host for State {
    fn submit(
        &mut self,
        function: String,
        args: Vec<Argument>,
    ) -> wasmtime::Result<Result<Resource<Submitted>, types::TaskError>> {
        self.on_hostcall(function.len())?;
        self.check_single()?;
        let started = self.start(&function, args)?;
        Ok(told(started)?.map(|number| self.submitted.add(number)))
    }
}

impl State {
    fn start(&mut self, function: &str, args: Vec<Argument>) -> wasmtime::Result<Result<u32, TaskError>> {
        let stopped = |kind: TaskErrorKind, message: String| {
            wasmtime::Error::new(Stop::Submission(Box::new(TaskError::new(kind, message))))
        };
        let Some(submitter) = self.ctx.submitter.clone() else {
            let message = "this task may start no tasks: whoever submits it grants that with `may_submit`";
            return Err(stopped(TaskErrorKind::PermissionDenied, message.to_owned()));
        };
        if self.submitted.n_of_call >= self.ctx.limits.submits {
            let message = format!("it has started {} tasks, as many as it may", self.submitted.n_of_call);
            return Err(stopped(TaskErrorKind::HostcallLimit, message));
        }
        let mut budget = Budget::of(&self.ctx.limits);
        let mut operands = Vec::with_capacity(args.len());
        for (idx, arg) in args.into_iter().enumerate() {
            operands.push(match arg {
                Argument::Future(future) => Operand::Task(self.submitted.number(&future)?),
                Argument::Value(nodes) => match lift(nodes, &mut budget) {
                    Ok(value) => Operand::Value(value),
                    Err(error) => return Ok(Err(error.while_doing(format!("argument {idx}")))),
                },
            });
        }
        Ok(submitter.submit(function, operands))
    }
}

impl HostFuture for State {
    fn wait(
        &mut self,
        future: Resource<Submitted>,
    ) -> wasmtime::Result<Result<Vec<NodeResult>, types::TaskError>> {
        self.on_hostcall(0)?;
        let number = self.submitted.number(&future)?;
        let Some(submitter) = self.ctx.submitter.clone() else { return Err(wasmtime::Error::msg("no task")) };
        let began = Instant::now();
        let ended = submitter.wait(number);
        self.on_waited(began.elapsed())?;
        told(ended.and_then(|value| nodes_of(&value)))
    }

    fn drop(&mut self, future: Resource<Submitted>) -> wasmtime::Result<()> {
        if let (Some(number), Some(submitter)) =
            (self.submitted.live.remove(&future.rep()), &self.ctx.submitter)
        {
            submitter.release(number);
        }
        Ok(())
    }
}

/// A value as nodes of its own.
fn nodes_of(value: &Value) -> Result<Vec<NodeResult>, TaskError> {
    let flat = Flat::of([value])?;
    let columns = flat.columns();
    Ok(flat.nodes(&columns).iter().map(owned).collect())
}
