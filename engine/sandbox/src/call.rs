//! Task functions: types checked before, values across, results checked after.

use gristmill_data::{TaskError, TaskErrorKind, Type, Value};

use crate::context::CallContext;
use crate::convert::{Budget, Flat, lift};
use crate::error::Error;
use crate::plugin::{Plugin, describing};
use crate::signature::{Kind, Signature, read_type};
use crate::trap::from_guest;

/// Calls in one batch.
const CALLS_MAX: usize = 1 << 20;

impl Plugin {
    /// Checks a call against the function's declaration and says what type it returns.
    ///
    /// A plugin may know the result more exactly than its declaration says; then that is returned.
    ///
    /// # Errors
    /// [`Error::UnknownFunction`], [`Error::Arity`], [`Error::TypeMismatch`] with a readable diff, or
    /// [`Error::Refused`] in the plugin's own words.
    pub fn check_call(&self, function: &str, args: &[Type]) -> Result<Type, Error> {
        let signature = self.signature(function).ok_or_else(|| Error::UnknownFunction {
            plugin: self.info().name.clone(),
            function: crate::text::clean(function, 128),
            hint: self.functions_hint(function),
        })?;
        let named = || format!("{}.{function}", self.info().name);
        signature.check_arity(args.len()).map_err(|expected| Error::Arity {
            function: named(),
            expected,
            given: args.len(),
            signature: signature.to_string(),
        })?;
        for (param, arg) in signature.params.iter().zip(args) {
            if param.optional && *arg == Type::Null {
                continue;
            }
            param.ty.accepts(arg).map_err(|mismatch| Error::TypeMismatch {
                function: named(),
                param: param.name.clone(),
                mismatch: mismatch.to_string(),
                signature: signature.to_string(),
            })?;
        }
        self.infer(signature, args)
    }

    /// Asks the plugin what the result's type is; `unsupported` means what the declaration says.
    fn infer(&self, signature: &Signature, args: &[Type]) -> Result<Type, Error> {
        let texts: Vec<String> = args.iter().map(Type::to_string).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let told = self.enter(false, true, &describing(), |sandbox, blueprint| {
            let describe = sandbox.describe(blueprint)?;
            let told = describe.call_infer(&mut sandbox.store, &signature.name, &texts)?;
            Ok(told.map_err(|error| from_guest(error, sandbox.store.data_mut())))
        });
        let refused = |error| Error::Refused {
            function: format!("{}.{}", self.info().name, signature.name),
            reason: Box::new(error),
        };
        match told {
            Err(error) if error.kind == TaskErrorKind::Unsupported => Ok(signature.returns.clone()),
            Err(error) => Err(refused(error)),
            Ok(text) => read_type(&text).map_err(|reason| {
                refused(TaskError::new(
                    TaskErrorKind::BadResult,
                    format!("it inferred what is no type: {reason}"),
                ))
            }),
        }
    }

    /// Calls a function.
    ///
    /// # Errors
    /// The function's own error, a trap, a limit, or what is wrong with the result.
    pub fn call(&self, function: &str, args: &[Value], ctx: &CallContext) -> Result<Value, TaskError> {
        let called = self.declared(function).and_then(|signature| {
            let flat = Flat::of(args)?;
            let columns = flat.columns();
            let nodes = flat.nodes(&columns);
            let params = flat.args(&nodes);
            let answer = self.enter(signature.traits.pure, true, ctx, |sandbox, blueprint| {
                let kernels = sandbox.kernels(blueprint)?;
                let answer = kernels.call_call(&mut sandbox.store, function, &params)?;
                Ok(answer.map_err(|error| from_guest(error, sandbox.store.data_mut())))
            })?;
            let value = lift(answer, &mut Budget::of(&ctx.limits))?;
            check_result(signature, args, &value)?;
            Ok(value)
        });
        called.map_err(|error| self.named(error, function, ctx))
    }

    /// Calls a function many times in one crossing: for tasks so small that crossing is what costs.
    ///
    /// The calls share one instance, one set of limits and one deadline. A guest that asks which task it runs for
    /// fails the whole batch, because there is no one answer: call it singly.
    ///
    /// # Errors
    /// What fails the whole batch: a trap, a limit, a wrong number of results. The error of one call is in its place.
    pub fn call_many(
        &self,
        function: &str,
        calls: &[Vec<Value>],
        ctx: &CallContext,
    ) -> Result<Vec<Result<Value, TaskError>>, TaskError> {
        let called = self.declared(function).and_then(|signature| self.call_batch(signature, calls, ctx));
        let named = |error| self.named(error, function, ctx);
        let results = called.map_err(named)?;
        Ok(results.into_iter().map(|result| result.map_err(named)).collect())
    }

    fn call_batch(
        &self,
        signature: &Signature,
        calls: &[Vec<Value>],
        ctx: &CallContext,
    ) -> Result<Vec<Result<Value, TaskError>>, TaskError> {
        if calls.len() > CALLS_MAX {
            let message = format!("{} calls in one batch; at most {CALLS_MAX} are possible", calls.len());
            return Err(TaskError::new(TaskErrorKind::OutOfRange, message));
        }
        let flat = Flat::of(calls.iter().flatten())?;
        let columns = flat.columns();
        let nodes = flat.nodes(&columns);
        let mut left = flat.args(&nodes);
        let mut params = Vec::with_capacity(calls.len());
        let mut rest = left.as_mut_slice();
        for call in calls {
            let (args, after) = rest.split_at_mut(call.len());
            params.push(&*args);
            rest = after;
        }
        let answers = self.enter(signature.traits.pure, false, ctx, |sandbox, blueprint| {
            let kernels = sandbox.kernels(blueprint)?;
            let answers = kernels.call_call_many(&mut sandbox.store, &signature.name, &params)?;
            let state = sandbox.store.data_mut();
            let explained =
                answers.into_iter().map(|answer| answer.map_err(|error| from_guest(error, state)));
            Ok(Ok(explained.collect::<Vec<_>>()))
        })?;
        if answers.len() != calls.len() {
            let message = format!("{} calls were made and {} results returned", calls.len(), answers.len());
            return Err(TaskError::new(TaskErrorKind::BadResult, message));
        }
        let mut budget = Budget::of(&ctx.limits);
        let checked = calls.iter().zip(answers).map(|(args, answer)| {
            let value = lift(answer?, &mut budget)?;
            check_result(signature, args, &value)?;
            Ok(value)
        });
        Ok(checked.collect())
    }

    fn declared(&self, function: &str) -> Result<&Signature, TaskError> {
        self.signature(function).ok_or_else(|| {
            let message =
                format!("the plugin has no function of this name; {}", self.functions_hint(function));
            TaskError::new(TaskErrorKind::NoSuchFunction, message)
        })
    }
}

/// Holds a function to what it declared of its result.
fn check_result(signature: &Signature, args: &[Value], result: &Value) -> Result<(), TaskError> {
    if signature.returns != Type::Any {
        signature.returns.accepts(&result.type_of()).map_err(|mismatch| {
            TaskError::new(
                TaskErrorKind::TypeMismatch,
                format!("the function returned another type than it declares: {mismatch}"),
            )
        })?;
    }
    let keeps = signature.traits.keeps_shape || signature.kind == Kind::MapPartitions;
    match (args.first(), result) {
        (Some(Value::Chunk(given)), Value::Chunk(got)) if keeps && given.shape() != got.shape() => {
            Err(lengths(format!("shape {:?}", given.shape()), format!("shape {:?}", got.shape())))
        }
        (Some(Value::Partition(given)), Value::Partition(got)) if keeps && given.n_rows() != got.n_rows() => {
            Err(lengths(format!("{} rows", given.n_rows()), format!("{} rows", got.n_rows())))
        }
        _ => Ok(()),
    }
}

fn lengths(given: String, got: String) -> TaskError {
    let message =
        format!("the function declares that it keeps the length; it was given {given} and returned {got}");
    TaskError::new(TaskErrorKind::BadResult, message)
}
