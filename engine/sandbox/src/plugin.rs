//! An admitted component.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use gristmill_data::{TaskError, TaskErrorKind};
use gristmill_graph::Digest;
use wasmtime::component::{Component, Linker};

use crate::context::{CallContext, Limits, Reuse};
use crate::error::Error;
use crate::instance::{Blueprint, Sandbox};
use crate::pool::{Owner, Pool};
use crate::runtime::Shared;
use crate::signature::{PluginInfo, Signature};
use crate::state::State;
use crate::text::{clean_lines, hint};
use crate::trap;

/// Wall time that a plugin may take to describe itself or to infer a type.
const DESCRIBE_DEADLINE: Duration = Duration::from_secs(10);
/// Instructions for the same under the deterministic profile.
const DESCRIBE_FUEL: u64 = 2_000_000_000;
/// Bytes of a description.
const DESCRIBE_NBYTES_MAX: usize = 16 << 20;

/// The interface that a plugin imports to read files.
const STORAGE: &str = "gristmill:plugin/storage";

/// The interface that a plugin imports to start tasks.
const TASKS: &str = "gristmill:plugin/tasks";

/// A component that was admitted: what it offers, and the ways to call it.
pub struct Plugin {
    digest: Digest,
    info: PluginInfo,
    imports: Vec<String>,
    /// Whether it can read files at all.
    reads_files: bool,
    /// The component itself, if it starts tasks: whoever runs these needs it.
    bytes: Option<Arc<[u8]>>,
    /// Map kernels in WGSL, by function.
    shaders: BTreeMap<String, Arc<str>>,
    pub(crate) blueprint: Blueprint,
    pool: Arc<Pool>,
    pub(crate) shared: Arc<Shared>,
}

impl Plugin {
    /// Links a compiled component and asks it what it offers.
    pub(crate) fn admit(
        digest: Digest,
        component: &Component,
        bytes: &[u8],
        shaders: BTreeMap<String, Arc<str>>,
        linker: &Linker<State>,
        shared: &Arc<Shared>,
    ) -> Result<Self, Error> {
        let ty = component.component_type();
        let imports: Vec<_> = ty.imports(&shared.engine).map(|(name, _)| name.to_owned()).collect();
        let reads_files = imports.iter().any(|import| import.starts_with(STORAGE));
        let submits = imports.iter().any(|import| import.starts_with(TASKS));
        let bytes = submits.then(|| bytes.into());
        let linked = linker.instantiate_pre(component);
        let pre = linked
            .map_err(|error| Error::WrongImport { reason: clean_lines(&format!("{error:#}"), 1_000) })?;
        let blueprint = Blueprint::new(pre)?;
        let info = describe(&blueprint, shared)?;
        let pool = Arc::new(Pool::new());
        shared.register(&pool);
        let shared = Arc::clone(shared);
        Ok(Self { digest, info, imports, reads_files, bytes, shaders, blueprint, pool, shared })
    }

    /// The digest of the component's bytes: its identity.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// What it offers.
    #[must_use]
    pub fn info(&self) -> &PluginInfo {
        &self.info
    }

    /// The interfaces that it imports.
    #[must_use]
    pub fn imports(&self) -> &[String] {
        &self.imports
    }

    /// The component's bytes, if it can start tasks.
    #[must_use]
    pub fn bytes(&self) -> Option<&Arc<[u8]>> {
        self.bytes.as_ref()
    }

    /// The declaration of one of its functions.
    #[must_use]
    pub fn signature(&self, function: &str) -> Option<&Signature> {
        self.info.functions.iter().find(|signature| &*signature.name == function)
    }

    /// The map kernel in WGSL that it brings beside a function. Only functions that are pure and element-wise have one.
    #[must_use]
    pub fn shader(&self, function: &str) -> Option<&Arc<str>> {
        let traits = self.signature(function)?.traits;
        self.shaders.get(function).filter(|_| traits.pure && traits.elementwise)
    }

    /// What the plugin has instead of a function of this name.
    pub(crate) fn functions_hint(&self, function: &str) -> String {
        hint(function, self.info.functions.iter().map(|signature| &*signature.name), "functions")
    }

    /// What the plugin has instead of a format of this name.
    pub(crate) fn formats_hint(&self, format: &str) -> String {
        hint(format, self.info.formats.iter().map(|format| format.name.as_str()), "formats")
    }

    /// Fills in whose error it is.
    pub(crate) fn named(&self, error: TaskError, function: &str, ctx: &CallContext) -> TaskError {
        let task = ctx.task.map(|key| key.to_string()).unwrap_or_default();
        error.of(format!("{}.{function}", self.info.name), task)
    }

    /// Lets `call` use an instance for this context, warm or fresh; afterwards keeps it or throws it away.
    ///
    /// `call` returns the guest's answer, which may be an error of the function: the instance lives on. An error of
    /// wasmtime means that the instance is dead.
    pub(crate) fn enter<R>(
        &self,
        pure: bool,
        single: bool,
        ctx: &CallContext,
        call: impl FnOnce(&mut Sandbox, &Blueprint) -> wasmtime::Result<Result<R, TaskError>>,
    ) -> Result<R, TaskError> {
        if ctx.cancel.as_ref().is_some_and(crate::CancelToken::is_cancelled) {
            return Err(TaskError::new(TaskErrorKind::Cancelled, "the task was cancelled before it ran"));
        }
        let warm = match ctx.reuse {
            Reuse::ByTraits => pure,
            Reuse::Warm => true,
            Reuse::Fresh => false,
        };
        let owner = Owner::of(ctx, self.reads_files);
        let running = self.shared.ticker.enter();
        let mut sandbox = match if warm { self.pool.take(&owner, &ctx.limits) } else { None } {
            None => instantiate(&self.blueprint, &self.shared, ctx)?,
            Some(sandbox) => sandbox,
        };
        let served = sandbox.serve(&self.shared, ctx, single);
        let answer = served.and_then(|()| call(&mut sandbox, &self.blueprint));
        drop(running);
        match answer {
            Err(error) => Err(trap::explain(&error, sandbox.store.data_mut())),
            Ok(answer) => {
                if warm && sandbox.is_reusable() {
                    sandbox.store.data_mut().rest();
                    self.pool.put(owner, sandbox);
                }
                answer
            }
        }
    }
}

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Plugin({} {}, {})", self.info.name, self.info.version, self.digest.short())
    }
}

/// A new instance; where all places are taken, idle ones are given up first.
fn instantiate(blueprint: &Blueprint, shared: &Shared, ctx: &CallContext) -> Result<Sandbox, TaskError> {
    let made = Sandbox::new(blueprint, shared, ctx).or_else(|(error, state)| {
        if !error.is::<wasmtime::PoolConcurrencyLimitError>() {
            return Err((error, state));
        }
        shared.gauge.clear_pools();
        Sandbox::new(blueprint, shared, ctx)
    });
    made.map_err(|(error, mut state)| {
        trap::explain(&error, &mut state).while_doing("starting an instance of the plugin")
    })
}

/// The context in which a plugin says what it offers: no task, no files, a short while.
pub(crate) fn describing() -> CallContext {
    let limits = Limits {
        deadline: DESCRIBE_DEADLINE,
        fuel: Some(DESCRIBE_FUEL),
        hostcall_nbytes: DESCRIBE_NBYTES_MAX,
        ..Limits::default()
    };
    CallContext::new().limits(limits).reuse(Reuse::Fresh)
}

fn describe(blueprint: &Blueprint, shared: &Shared) -> Result<PluginInfo, Error> {
    let ctx = describing();
    let _running = shared.ticker.enter();
    let failed = |error: TaskError| Error::Describe(Box::new(error));
    let mut sandbox = instantiate(blueprint, shared, &ctx).map_err(failed)?;
    sandbox
        .check_exports(blueprint)
        .map_err(|error| Error::WrongExport { reason: clean_lines(&format!("{error:#}"), 1_000) })?;
    let told = sandbox.describe(blueprint).and_then(|describe| describe.call_plugin(&mut sandbox.store));
    let told = told.map_err(|error| failed(trap::explain(&error, sandbox.store.data_mut())))?;
    PluginInfo::from_wit(told)
}
