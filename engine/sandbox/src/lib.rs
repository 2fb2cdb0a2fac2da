//! Compile, cache, limit, pool and call WebAssembly components.
//!
//! ```no_run
//! use gristmill_data::Value;
//! use gristmill_sandbox::{CallContext, Runtime, RuntimeConfig};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let runtime = Runtime::new(RuntimeConfig::new())?;
//! let plugin = runtime.load(&std::fs::read("stats.wasm")?)?;
//! let sum = plugin.call("add", &[Value::from(2.0), Value::from(3.0)], &CallContext::default())?;
//! # Ok(()) }
//! ```
//!
//! # Layout
//! - [`Runtime`]: admits components. `admission` looks at the bytes, `compile` makes machine code of them in a
//!   limited child process, `cache` keeps that code, `signature` reads what the plugin says it offers.
//! - [`Plugin`]: an admitted component. `call` and `read` are its two ways in, `convert` takes values across.
//! - `instance` and `pool`: one `Store` with its limits, made anew or kept warm for one tenant.
//! - `host` and `tasks`: all that a guest can call. `state`: what it has used of its limits. `trap`: how it failed.

mod config;
mod context;
mod error;

mod runtime;

mod admission;
mod cache;
mod compile;
mod componentize;
mod precompiled;

mod bindings;
mod engine;
mod ticker;

mod call;
mod convert;
mod plugin;
mod read;
mod shaders;
mod signature;

mod host;
mod instance;
mod pool;
mod state;
mod tasks;
mod text;
mod trap;

pub use compile::child::compile_child_main;
pub use componentize::componentize;
pub use config::{Compile, Profile, RuntimeConfig};
pub use context::{BlockInfo, CallContext, CancelToken, Level, Limits, Observer, Operand, Reuse, Submitter};
pub use error::Error;
pub use gristmill_data::{TaskError, TaskErrorKind};
pub use plugin::Plugin;
pub use read::{ReadPartition, ReadPlan};
pub use runtime::{Runtime, Stats};
pub use shaders::with_shader;
pub use signature::{Format, Kind, Param, PluginInfo, Signature, Traits};

#[cfg(test)]
mod tests;
