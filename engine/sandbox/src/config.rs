//! How a [`Runtime`](crate::Runtime) is set up.

use std::path::PathBuf;
use std::time::Duration;

/// Where components are compiled.
#[derive(Debug, Clone)]
pub enum Compile {
    /// In a child process of this executable, called with the one argument `compile-child`, which must then call
    /// [`compile_child_main`](crate::compile_child_main).
    ///
    /// The child has its own limits of CPU time and memory, so a component made to keep the compiler busy, to
    /// exhaust it or to crash it costs nobody else anything.
    Child(PathBuf),
    /// In this process, for embedders that trust their components or have no executable to start.
    /// Components are held to narrower bounds of size, and a panic of the compiler becomes an error.
    InProcess,
}

/// How code is compiled and its running time bounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// The deadline is a time. Fast.
    Default,
    /// The bound is a count of instructions, and the bits of a NaN are always the same: a function gives the same
    /// result, or the same failure, on every machine. Deadlines are not looked at, and a cancelled task stops only
    /// where it calls the host.
    Deterministic {
        /// Instructions that one call may execute, unless its limits say otherwise.
        fuel: u64,
    },
}

/// CPU time for one component, unless told otherwise. A Python guest of 18 MB takes 11 s; a compiler that is itself a
/// debug build is several times slower.
const COMPILE_CPU: Duration = Duration::from_secs(if cfg!(debug_assertions) { 240 } else { 60 });
/// Memory for the same; that guest takes 0.3 GiB.
const COMPILE_MEMORY_NBYTES: u64 = 4 << 30;

/// The settings of a [`Runtime`](crate::Runtime).
#[non_exhaustive]
#[derive(Debug, Clone)]
pub struct RuntimeConfig {
    /// Where compiled code is kept between runs; `None` keeps none.
    pub cache_dir: Option<PathBuf>,
    /// Where components are compiled.
    pub compile: Compile,
    /// CPU time that compiling one component may take.
    pub compile_cpu: Duration,
    /// Memory that compiling one component may take.
    pub compile_memory_nbytes: u64,
    /// How often running guests are looked at. Cancellation and deadlines are this precise.
    pub epoch_tick: Duration,
    /// Instances that may exist at a time, running or warm.
    pub instances_max: u32,
    /// Linear memory of all instances together.
    pub memory_max_nbytes: u64,
    /// Plugins that are kept loaded; the one not asked for longest is let go.
    pub plugins_max: usize,
    /// How code is compiled and its running time bounded.
    pub profile: Profile,
}

impl RuntimeConfig {
    /// The default settings: compile in this process, keep no code, the default profile.
    #[must_use]
    pub fn new() -> Self {
        let n_threads = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            cache_dir: None,
            compile: Compile::InProcess,
            compile_cpu: COMPILE_CPU,
            compile_memory_nbytes: COMPILE_MEMORY_NBYTES,
            epoch_tick: Duration::from_millis(5),
            instances_max: u32::try_from(4 * n_threads).unwrap_or(u32::MAX).clamp(64, 4096),
            memory_max_nbytes: u64::MAX,
            plugins_max: 256,
            profile: Profile::Default,
        }
    }

    /// Keeps compiled code in this directory.
    #[must_use]
    pub fn cache_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.cache_dir = Some(dir.into());
        self
    }

    /// Compiles there.
    #[must_use]
    pub fn compile(mut self, compile: Compile) -> Self {
        self.compile = compile;
        self
    }

    /// Bounds the CPU time and the memory that compiling one component may take.
    #[must_use]
    pub fn compile_limits(mut self, cpu: Duration, memory_nbytes: u64) -> Self {
        self.compile_cpu = cpu;
        self.compile_memory_nbytes = memory_nbytes;
        self
    }

    /// Looks at running guests this often.
    #[must_use]
    pub fn epoch_tick_ms(mut self, tick_ms: u64) -> Self {
        self.epoch_tick = Duration::from_millis(tick_ms);
        self
    }

    /// Allows this many instances at a time.
    #[must_use]
    pub fn instances_max(mut self, n_instances: u32) -> Self {
        self.instances_max = n_instances;
        self
    }

    /// Bounds the linear memory of all instances together.
    #[must_use]
    pub fn memory_max_nbytes(mut self, nbytes: u64) -> Self {
        self.memory_max_nbytes = nbytes;
        self
    }

    /// Keeps this many plugins loaded.
    #[must_use]
    pub fn plugins_max(mut self, n_plugins: usize) -> Self {
        self.plugins_max = n_plugins;
        self
    }

    /// Compiles and bounds code this way.
    #[must_use]
    pub fn profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }
}

impl Default for RuntimeConfig {
    fn default() -> Self {
        Self::new()
    }
}
