//! The one wasmtime configuration: what WebAssembly a guest may use, and how its instances are laid out.

use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, RegallocAlgorithm,
    WasmFeatures,
};

use crate::config::{Profile, RuntimeConfig};
use crate::error::Error;

/// The parts of WebAssembly that are switched on; everything else is refused.
///
/// Multi-memory is for the adapters that wasmtime itself fuses into composed components.
pub(crate) const FEATURES: WasmFeatures = WasmFeatures::MUTABLE_GLOBAL
    .union(WasmFeatures::SATURATING_FLOAT_TO_INT)
    .union(WasmFeatures::SIGN_EXTENSION)
    .union(WasmFeatures::REFERENCE_TYPES)
    .union(WasmFeatures::MULTI_VALUE)
    .union(WasmFeatures::BULK_MEMORY)
    .union(WasmFeatures::SIMD)
    .union(WasmFeatures::FLOATS)
    .union(WasmFeatures::EXTENDED_CONST)
    .union(WasmFeatures::COMPONENT_MODEL)
    .union(WasmFeatures::MULTI_MEMORY);

/// Linear memory that one instance can have at most, whatever its limits say.
pub(crate) const MEMORY_NBYTES_MAX: usize = 2 << 30;
/// Table elements that one table can have at most.
const TABLE_ELEMENTS_MAX: usize = 20_000;
/// Core instances in one component. Python guests have more than 16.
pub(crate) const CORE_INSTANCES_MAX: u32 = 64;
/// Linear memories in one component.
pub(crate) const MEMORIES_MAX: u32 = 4;
/// Tables in one component.
pub(crate) const TABLES_MAX: u32 = 8;
/// Stack of a guest. Threads that call guests need this and their own.
const STACK_NBYTES: usize = 512 << 10;
/// Frames in a backtrace.
const FRAMES_MAX: usize = 24;
/// Bytes of an instance's own record.
const INSTANCE_NBYTES_MAX: usize = 1 << 20;
/// Bytes of memory and tables that are zeroed in place, not given back, when an instance goes.
const KEEP_MEMORY_NBYTES: usize = 1 << 20;
const KEEP_TABLE_NBYTES: usize = 64 << 10;

/// What compiling and running agree on: code is only loaded where all of this is equal.
fn common(deterministic: bool) -> Config {
    let mut config = Config::new();
    config
        .wasm_features(WasmFeatures::all(), false)
        .wasm_features(FEATURES, true)
        .gc_support(false)
        .shared_memory(false)
        .concurrency_support(false)
        .epoch_interruption(!deterministic)
        .consume_fuel(deterministic)
        .cranelift_nan_canonicalization(deterministic)
        .max_wasm_stack(STACK_NBYTES)
        .memory_init_cow(true)
        .guard_before_linear_memory(true)
        .wasm_backtrace_max_frames(std::num::NonZeroUsize::new(FRAMES_MAX));
    config
}

/// An engine that compiles and never runs: it reserves no memory for instances.
pub(crate) fn for_compiling(deterministic: bool, single_pass: bool) -> wasmtime::Result<Engine> {
    let mut config = common(deterministic);
    if single_pass {
        config.cranelift_regalloc_algorithm(RegallocAlgorithm::SinglePass);
    }
    Engine::new(&config)
}

/// The engine that runs guests, in slots reserved beforehand.
pub(crate) fn for_running(settings: &RuntimeConfig) -> Result<Engine, Error> {
    let n_instances = settings.instances_max.max(1);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(n_instances)
        .total_core_instances(n_instances.saturating_mul(CORE_INSTANCES_MAX / 2))
        .total_memories(n_instances.saturating_mul(2))
        .total_tables(n_instances.saturating_mul(TABLES_MAX))
        .total_gc_heaps(0)
        .max_core_instances_per_component(CORE_INSTANCES_MAX)
        .max_memories_per_component(MEMORIES_MAX)
        .max_tables_per_component(TABLES_MAX)
        .max_component_instance_size(INSTANCE_NBYTES_MAX)
        .max_core_instance_size(INSTANCE_NBYTES_MAX)
        .max_memory_size(MEMORY_NBYTES_MAX)
        .table_elements(TABLE_ELEMENTS_MAX)
        .linear_memory_keep_resident(KEEP_MEMORY_NBYTES)
        .table_keep_resident(KEEP_TABLE_NBYTES)
        .pagemap_scan(Enabled::Auto);
    let mut config = common(is_deterministic(settings.profile));
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    Engine::new(&config).map_err(|error| Error::Config {
        reason: format!("{error:#}; fewer instances ({n_instances} now) need less address space"),
    })
}

/// Whether the profile counts instructions instead of time.
pub(crate) fn is_deterministic(profile: Profile) -> bool {
    matches!(profile, Profile::Deterministic { .. })
}
