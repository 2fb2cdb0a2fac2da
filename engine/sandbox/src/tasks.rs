//! Tasks that a guest starts and waits for.

use std::time::Instant;

use gristmill_data::{TaskError, TaskErrorKind, Value};
use wasmtime::component::Resource;

use crate::bindings::gristmill::plugin::tasks::{Argument, Host, HostFuture};
use crate::bindings::gristmill::plugin::types::{self, NodeResult};
use crate::context::Operand;
use crate::convert::{Budget, Flat, lift, owned};
use crate::state::State;
use crate::trap::to_guest;

/// A task that a guest has started, by its number.
#[derive(Debug)]
#[expect(unreachable_pub, reason = "generated code names it in public")]
pub struct Submitted(u32);

impl Host for State {
    fn submit(
        &mut self,
        function: String,
        args: Vec<Argument>,
    ) -> wasmtime::Result<Result<Resource<Submitted>, types::TaskError>> {
        self.on_hostcall(function.len())?;
        self.check_single()?;
        let started = self.start(&function, args)?;
        Ok(match started {
            Ok(number) => Ok(self.submitted.push(Submitted(number))?),
            Err(error) => Err(to_guest(&error)),
        })
    }
}

impl State {
    fn start(&mut self, function: &str, args: Vec<Argument>) -> wasmtime::Result<Result<u32, TaskError>> {
        let Some(submitter) = self.ctx.submitter.clone() else {
            let message = "this task may start no tasks: whoever submits it grants that with `may_submit`";
            return Ok(Err(TaskError::new(TaskErrorKind::PermissionDenied, message)));
        };
        if self.n_submitted >= self.ctx.limits.submits {
            let message = format!("it has started {} tasks, as many as it may", self.n_submitted);
            return Ok(Err(TaskError::new(TaskErrorKind::OutOfRange, message)));
        }
        self.n_submitted += 1;
        let mut budget = Budget::of(&self.ctx.limits);
        let mut operands = Vec::with_capacity(args.len());
        for (idx, arg) in args.into_iter().enumerate() {
            operands.push(match arg {
                Argument::Future(future) => Operand::Task(self.submitted.get(&future)?.0),
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
        let number = self.submitted.get(&future)?.0;
        let Some(submitter) = self.ctx.submitter.clone() else { return Err(wasmtime::Error::msg("no task")) };
        let began = Instant::now();
        let ended = submitter.wait(number);
        self.on_waited(began.elapsed())?;
        Ok(ended.and_then(|value| nodes_of(&value)).map_err(|error| to_guest(&error)))
    }

    fn drop(&mut self, future: Resource<Submitted>) -> wasmtime::Result<()> {
        // A warm instance may drop what an earlier call has started: that is let go already.
        if let (Ok(Submitted(number)), Some(submitter)) = (self.submitted.delete(future), &self.ctx.submitter)
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
