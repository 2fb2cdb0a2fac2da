//! One sandbox: a store with its limits, and the component's instance in it.

use wasmtime::Store;
use wasmtime::component::{Instance, InstancePre};

use crate::bindings::exports::gristmill::plugin::{describe, kernels, reader};
use crate::config::Profile;
use crate::context::CallContext;
use crate::error::Error;
use crate::runtime::Shared;
use crate::state::State;
use crate::text::clean_lines;

/// Calls after which a warm instance is replaced.
const CALLS_MAX: u32 = 10_000;
/// Linear memory above which an instance is not kept warm: memory never shrinks.
const WARM_MEMORY_NBYTES_MAX: usize = 64 << 20;

/// Exported by plugins that read files.
const READER: &str = "gristmill:plugin/reader@0.1.0";

/// What instances of one component are made from: imports are linked, exports are found.
pub(crate) struct Blueprint {
    pre: InstancePre<State>,
    describe: describe::GuestIndices,
    kernels: kernels::GuestIndices,
    reader: Option<reader::GuestIndices>,
}

impl Blueprint {
    /// Finds the exports of a component whose imports are linked.
    pub(crate) fn new(pre: InstancePre<State>) -> Result<Self, Error> {
        let missing =
            |error: wasmtime::Error| Error::MissingExport { name: clean_lines(&error.to_string(), 400) };
        let describe = describe::GuestIndices::new(&pre).map_err(missing)?;
        let kernels = kernels::GuestIndices::new(&pre).map_err(missing)?;
        let reads = pre.component().get_export_index(None, READER).is_some();
        let reader = if reads { Some(reader::GuestIndices::new(&pre).map_err(missing)?) } else { None };
        Ok(Self { pre, describe, kernels, reader })
    }
}

/// A store and an instance. It serves one call at a time, and one tenant ever.
pub(crate) struct Sandbox {
    pub(crate) store: Store<State>,
    instance: Instance,
    /// Looked up when first called: checking a function's type costs more than calling it.
    kernels: Option<kernels::Guest>,
    n_calls: u32,
}

impl Sandbox {
    /// A new instance, for this call first. The start functions of the guest run here, within the call's limits.
    ///
    /// # Errors
    /// The error, with the state that says what was used.
    pub(crate) fn new(
        blueprint: &Blueprint,
        shared: &Shared,
        ctx: &CallContext,
    ) -> Result<Self, (wasmtime::Error, Box<State>)> {
        let state = State::new(ctx.clone(), shared.gauge.clone());
        let mut store = Store::new(&shared.engine, state);
        store.limiter(|state| state);
        store.epoch_deadline_callback(|mut store| store.data_mut().on_tick());
        let made = refill(&mut store, shared, ctx).and_then(|()| blueprint.pre.instantiate(&mut store));
        match made {
            Ok(instance) => Ok(Self { store, instance, kernels: None, n_calls: 0 }),
            Err(error) => Err((error, Box::new(store.into_data()))),
        }
    }

    /// Gives the instance its next call, or a batch of calls.
    pub(crate) fn serve(&mut self, shared: &Shared, ctx: &CallContext, single: bool) -> wasmtime::Result<()> {
        self.store.data_mut().serve(ctx.clone(), single);
        self.n_calls += 1;
        refill(&mut self.store, shared, ctx)
    }

    /// Whether the instance may serve its tenant again.
    pub(crate) fn is_reusable(&self) -> bool {
        self.n_calls < CALLS_MAX && self.store.data().memory_nbytes() <= WARM_MEMORY_NBYTES_MAX
    }

    /// Looks up every export, which checks its type.
    pub(crate) fn check_exports(&mut self, blueprint: &Blueprint) -> wasmtime::Result<()> {
        self.describe(blueprint)?;
        self.kernels(blueprint)?;
        self.reader(blueprint)?;
        Ok(())
    }

    /// The exports of interface `describe`.
    pub(crate) fn describe(&mut self, blueprint: &Blueprint) -> wasmtime::Result<describe::Guest> {
        blueprint.describe.load(&mut self.store, &self.instance)
    }

    /// The exports of interface `kernels`.
    pub(crate) fn kernels(&mut self, blueprint: &Blueprint) -> wasmtime::Result<kernels::Guest> {
        if let Some(kernels) = &self.kernels {
            return Ok(kernels.clone());
        }
        let kernels = blueprint.kernels.load(&mut self.store, &self.instance)?;
        self.kernels = Some(kernels.clone());
        Ok(kernels)
    }

    /// The exports of interface `reader`, if there are any.
    pub(crate) fn reader(&mut self, blueprint: &Blueprint) -> wasmtime::Result<Option<reader::Guest>> {
        blueprint.reader.as_ref().map(|reader| reader.load(&mut self.store, &self.instance)).transpose()
    }
}

/// Sets what bounds the time and the traffic of one call. Start functions, `realloc` and post-return are the guest's
/// code too, so this comes before anything of it runs.
fn refill(store: &mut Store<State>, shared: &Shared, ctx: &CallContext) -> wasmtime::Result<()> {
    store.set_hostcall_fuel(ctx.limits.hostcall_nbytes);
    match shared.profile {
        Profile::Default => store.set_epoch_deadline(1),
        Profile::Deterministic { fuel } => store.set_fuel(ctx.limits.fuel.unwrap_or(fuel))?,
    }
    Ok(())
}
