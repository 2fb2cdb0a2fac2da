//! The sandbox as a whole, on real components and on hostile ones.

pub(crate) mod guest;

mod admission;
mod bytes;
mod calls;
mod hostile;
mod results;
mod storage;
mod tasks;

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use gristmill_data::{TaskError, Value};

use crate::{CallContext, Limits, Plugin, Reuse, Runtime, RuntimeConfig};

/// The prebuilt component of this name.
pub(crate) fn prebuilt(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../plugins/prebuilt").join(name);
    std::fs::read(path.with_extension("wasm")).unwrap()
}

/// The runtime that all tests of a process share, as all tenants of a worker do.
fn runtime() -> &'static Arc<Runtime> {
    static RUNTIME: OnceLock<Arc<Runtime>> = OnceLock::new();
    RUNTIME.get_or_init(|| Runtime::new(RuntimeConfig::new().epoch_tick_ms(2)).unwrap())
}

/// The plugin that behaves, in the same runtime.
fn neighbour() -> Arc<Plugin> {
    runtime().load(&prebuilt("carrier_score")).unwrap()
}

/// The process lives, and the neighbour answers.
fn assert_neighbour_answers() {
    let ones = Value::Chunk(gristmill_data::Chunk::from_vec(vec![1.0; 8], &[8]).unwrap());
    let dot = neighbour().call("dot", &[ones.clone(), ones], &CallContext::new().tenant(7)).unwrap();
    assert_eq!(dot, Value::Float(8.0));
}

/// Limits that a hostile guest reaches soon.
fn tight() -> Limits {
    Limits {
        memory_nbytes: 64 << 20,
        deadline: Duration::from_secs(60),
        hostcall_nbytes: 16 << 20,
        hostcalls: 10_000,
        ..Limits::default()
    }
}

/// The same, for guests that never end.
fn brief() -> Limits {
    Limits { deadline: Duration::from_millis(50), ..tight() }
}

/// Loads a guest and calls its `f` without arguments, by a fresh instance.
fn call_f(component: &[u8], limits: Limits) -> Result<Value, TaskError> {
    let plugin = runtime().load(component).unwrap_or_else(|error| panic!("not admitted: {error}"));
    plugin.call("f", &[], &CallContext::new().limits(limits).reuse(Reuse::Fresh))
}
