//! What `#[plugin]` generates calls to: the exports of the world, in terms of a dispatch over Rust functions.

use std::cell::Cell;
use std::sync::Once;

use crate::bindings::format::exports::gristmill::plugin::reader;
use crate::bindings::task::exports::gristmill::plugin::{describe as contract, kernels};
use crate::bindings::task::gristmill::plugin::types::{self, Node};
use crate::convert::FromValue;
use crate::error::{ErrorKind, Result, TaskError};
use crate::host::{Level, log_line};
use crate::nodes;
use crate::reader::{Options, Partition, ReadPlan};
use crate::value::Value;

/// What a plugin offers, in the contract's own types.
pub mod describe {
    pub use super::contract::{Format, Kind, Param, PluginInfo, Signature, Traits};

    /// `table` or `list<table>` with these columns.
    pub fn with_columns(ty: &str, columns: &str) -> String {
        let table = ty.trim_end_matches('>');
        let closing = ty.get(table.len()..).unwrap_or_default();
        format!("{table}{{{columns}}}{closing}")
    }
}

/// A plugin: what `#[plugin]` makes of a module. Tests on the host call it as the engine would.
pub trait Plugin {
    /// What the plugin offers.
    fn info() -> describe::PluginInfo;

    /// The result of `function` for these arguments.
    ///
    /// # Errors
    /// No such function, type mismatch, or what the function returned.
    fn dispatch(function: &str, args: Arguments) -> Result<Value>;

    /// The same for values, as a test on the host has them.
    ///
    /// # Errors
    /// See [`dispatch`](Self::dispatch).
    fn call(function: &str, args: Vec<Value>) -> Result<Value> {
        let before = CALLED.replace(Some(Self::call));
        let called =
            Self::dispatch(function, Arguments::new(args.into_iter().map(nodes::from_value).collect()));
        CALLED.set(before);
        called
    }
}

/// How a plugin is called on the host.
type CallOwn = fn(&str, Vec<Value>) -> Result<Value>;

thread_local! {
    /// The plugin that is being called on the host, if one is.
    static CALLED: Cell<Option<CallOwn>> = const { Cell::new(None) };
}

/// Calls a function of the plugin that is being called.
#[cfg(not(target_family = "wasm"))]
pub(crate) fn call_own(function: &str, args: Vec<Value>) -> Result<Value> {
    match CALLED.get() {
        Some(call) => call(function, args),
        None => {
            let message = "tasks can be started by what `Plugin::call` calls, and by the engine";
            Err(TaskError::new(ErrorKind::Unsupported, message))
        }
    }
}

/// The arguments of one call as they crossed the boundary; each becomes a value when it is taken, in order.
#[derive(Debug)]
pub struct Arguments {
    args: std::vec::IntoIter<Vec<Node>>,
}

impl Arguments {
    fn new(args: Vec<Vec<Node>>) -> Self {
        Self { args: args.into_iter() }
    }

    /// The next argument, which the function calls `name`.
    ///
    /// # Errors
    /// Type mismatch if it is missing or of another type.
    pub fn take<T: FromValue>(&mut self, name: &str) -> Result<T> {
        let value = match self.args.next() {
            Some(nodes) => nodes::into_value(nodes),
            None if T::OPTIONAL => Ok(Value::Null),
            None => return Err(TaskError::type_mismatch(format!("argument `{name}` is missing"))),
        };
        value.and_then(T::from_value).map_err(|error| error.while_doing(format!("argument `{name}`")))
    }

    /// Checks that nothing is left.
    ///
    /// # Errors
    /// Invalid argument if there are more arguments than parameters.
    pub fn finish(self) -> Result<()> {
        match self.args.len() {
            0 => Ok(()),
            n => Err(TaskError::invalid_argument(format!("{n} more arguments than the function takes"))),
        }
    }
}

/// The error for a name that the plugin does not have.
#[must_use]
pub fn no_such(what: &str, name: &str, names: &[&str]) -> TaskError {
    let message = format!("the plugin has no {what} `{name}`; it has {}", names.join(", "));
    TaskError::new(ErrorKind::NoSuchFunction, message)
}

/// Sends a panic's message to the task's log before the guest traps.
fn log_panics() {
    static ONCE: Once = Once::new();
    if cfg!(target_family = "wasm") {
        ONCE.call_once(|| {
            std::panic::set_hook(Box::new(|info| {
                log_line(Level::Error, &info.to_string().replace('\n', " "))
            }));
        });
    }
}

type Crossing<T> = std::result::Result<T, types::TaskError>;

fn call<P: Plugin>(function: &str, args: Vec<Vec<Node>>) -> Crossing<Vec<Node>> {
    P::dispatch(function, Arguments::new(args)).map(nodes::from_value).map_err(TaskError::into_contract)
}

impl<P: Plugin> contract::Guest for P {
    fn plugin() -> describe::PluginInfo {
        log_panics();
        P::info()
    }

    fn infer(function: String, _args: Vec<String>) -> Crossing<String> {
        let message = format!("`{function}` always returns what its signature says");
        Err(TaskError::new(ErrorKind::Unsupported, message).into_contract())
    }
}

impl<P: Plugin> kernels::Guest for P {
    fn call(function: String, args: Vec<Vec<Node>>) -> Crossing<Vec<Node>> {
        log_panics();
        call::<P>(&function, args)
    }

    fn call_many(function: String, calls: Vec<Vec<Vec<Node>>>) -> Vec<Crossing<Vec<Node>>> {
        log_panics();
        calls.into_iter().map(|args| call::<P>(&function, args)).collect()
    }
}

/// The readers of a plugin: what `#[plugin]` makes of its `#[reader]` modules.
pub trait FormatReader {
    /// Cuts files into partitions.
    ///
    /// # Errors
    /// No such function if there is no such format, or what the reader returned.
    fn plan(format: &str, paths: Vec<String>, options: Options, target_nbytes: u64) -> Result<ReadPlan>;

    /// Reads one partition.
    ///
    /// # Errors
    /// No such function if there is no such format, or what the reader returned.
    fn read(format: &str, part: Partition, columns: Option<Vec<String>>, options: Options) -> Result<Value>;
}

impl<R: FormatReader> reader::Guest for R {
    fn plan_read(
        format: String,
        paths: Vec<String>,
        options: Vec<(String, String)>,
        target_bytes: u64,
    ) -> Crossing<ReadPlan> {
        log_panics();
        R::plan(&format, paths, options.into_iter().collect(), target_bytes).map_err(TaskError::into_contract)
    }

    fn read_partition(
        format: String,
        part: Partition,
        columns: Option<Vec<String>>,
        options: Vec<(String, String)>,
    ) -> Crossing<Vec<Node>> {
        log_panics();
        let value = R::read(&format, part, columns, options.into_iter().collect());
        value.map(nodes::from_value).map_err(TaskError::into_contract)
    }
}
