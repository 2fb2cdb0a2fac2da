//! The sandbox of one process: one engine, its clock, and the plugins that were admitted.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use gristmill_graph::Digest;
use parking_lot::Mutex;
use wasmtime::Engine;
use wasmtime::component::{Component, Linker};

use crate::admission;
use crate::cache::{AotCache, Found};
use crate::compile;
use crate::config::{Profile, RuntimeConfig};
use crate::engine;
use crate::error::Error;
use crate::host;
use crate::plugin::Plugin;
use crate::pool::Pool;
use crate::precompiled::TrustedCode;
use crate::state::{MemoryGauge, State};
use crate::text::clean_lines;
use crate::ticker::Ticker;

/// What all plugins of a runtime share.
pub(crate) struct Shared {
    pub(crate) engine: Engine,
    pub(crate) profile: Profile,
    pub(crate) gauge: Arc<MemoryGauge>,
    pub(crate) ticker: Ticker,
}

impl Shared {
    pub(crate) fn register(&self, pool: &Arc<Pool>) {
        let mut pools = self.gauge.pools.lock();
        pools.retain(|pool| pool.strong_count() > 0);
        pools.push(Arc::downgrade(pool));
    }
}

/// The sandbox of one process.
pub struct Runtime {
    shared: Arc<Shared>,
    config: RuntimeConfig,
    cache: Option<AotCache>,
    linker: Linker<State>,
    plugins: Mutex<Loaded>,
    /// One for each component that is being loaded; whoever comes second waits for the first.
    loading: Mutex<HashMap<Digest, Arc<Loading>>>,
    counts: Counts,
}

type Loading = Mutex<Option<Result<Arc<Plugin>, Error>>>;

/// The admitted plugins, with when each was asked for last.
#[derive(Default)]
struct Loaded {
    by_digest: HashMap<Digest, (Arc<Plugin>, u64)>,
    n_asked: u64,
}

#[derive(Default)]
struct Counts {
    n_compiled: AtomicU64,
    n_from_cache: AtomicU64,
    n_refused_files: AtomicU64,
    n_unwritten_files: AtomicU64,
}

/// What a runtime has done so far.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stats {
    /// Components compiled.
    pub n_compiled: u64,
    /// Components whose code was in the cache.
    pub n_from_cache: u64,
    /// Cache files that this worker did not write, or that were changed or cut short; each was compiled again.
    pub n_refused_files: u64,
    /// Cache files that could not be written; the code is compiled again next time.
    pub n_unwritten_files: u64,
    /// Linear memory of all instances now, in bytes.
    pub memory_nbytes: u64,
}

impl Runtime {
    /// A sandbox with these settings.
    ///
    /// # Errors
    /// [`Error::Config`] or [`Error::Io`] when the settings cannot be met on this machine.
    pub fn new(config: RuntimeConfig) -> Result<Arc<Self>, Error> {
        let engine = engine::for_running(&config)?;
        let cache = config.cache_dir.as_ref().map(|dir| AotCache::open(dir, &engine)).transpose()?;
        let mut linker = Linker::new(&engine);
        host::link(&mut linker).map_err(|error| Error::Config { reason: format!("{error:#}") })?;
        let gauge = MemoryGauge {
            used_nbytes: AtomicU64::new(0),
            max_nbytes: config.memory_max_nbytes,
            pools: Mutex::default(),
        };
        let ticker = Ticker::start(&engine, config.epoch_tick)?;
        let shared = Shared { engine, profile: config.profile, gauge: Arc::new(gauge), ticker };
        Ok(Arc::new(Self {
            shared: Arc::new(shared),
            config,
            cache,
            linker,
            plugins: Mutex::default(),
            loading: Mutex::default(),
            counts: Counts::default(),
        }))
    }

    /// Admits a component: looks at it, compiles it or finds its code in the cache, and asks it what it offers.
    ///
    /// The same bytes are admitted once, whoever asks and however many at a time.
    ///
    /// # Errors
    /// Why the component is not admitted.
    pub fn load(&self, bytes: &[u8]) -> Result<Arc<Plugin>, Error> {
        admission::check_kind(bytes)?;
        let digest = Digest::of(bytes);
        if let Some(plugin) = self.plugin(digest) {
            return Ok(plugin);
        }
        let loading = Arc::clone(self.loading.lock().entry(digest).or_default());
        let mut outcome = loading.lock();
        if let Some(outcome) = &*outcome {
            return outcome.clone();
        }
        // Another may have finished between the first look and this lock.
        let result = match self.plugin(digest) {
            Some(plugin) => Ok(plugin),
            None => self.admit(digest, bytes),
        };
        if let Ok(plugin) = &result {
            self.keep(plugin);
        }
        *outcome = Some(result.clone());
        self.loading.lock().remove(&digest);
        result
    }

    /// Linear memory of all instances, in bytes, warm ones among them.
    #[must_use]
    pub fn guest_nbytes(&self) -> u64 {
        self.shared.gauge.used_nbytes.load(Ordering::Relaxed)
    }

    /// Lets all idle instances go: their memory is needed for something else.
    pub fn let_idle_go(&self) {
        self.shared.gauge.clear_pools();
    }

    /// The plugin of this digest, if it is loaded.
    #[must_use]
    pub fn plugin(&self, digest: Digest) -> Option<Arc<Plugin>> {
        let mut loaded = self.plugins.lock();
        loaded.n_asked += 1;
        let now = loaded.n_asked;
        let (plugin, asked) = loaded.by_digest.get_mut(&digest)?;
        *asked = now;
        Some(Arc::clone(plugin))
    }

    /// What was done so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        Stats {
            n_compiled: self.counts.n_compiled.load(Ordering::Relaxed),
            n_from_cache: self.counts.n_from_cache.load(Ordering::Relaxed),
            n_refused_files: self.counts.n_refused_files.load(Ordering::Relaxed),
            n_unwritten_files: self.counts.n_unwritten_files.load(Ordering::Relaxed),
            memory_nbytes: self.guest_nbytes(),
        }
    }

    fn keep(&self, plugin: &Arc<Plugin>) {
        let mut loaded = self.plugins.lock();
        loaded.n_asked += 1;
        let now = loaded.n_asked;
        loaded.by_digest.insert(plugin.digest(), (Arc::clone(plugin), now));
        if loaded.by_digest.len() > self.config.plugins_max.max(1) {
            let oldest =
                loaded.by_digest.iter().min_by_key(|(_, (_, asked))| *asked).map(|(digest, _)| *digest);
            let let_go = oldest.and_then(|digest| loaded.by_digest.remove(&digest));
            // Outside the lock: its instances go with it.
            drop(loaded);
            drop(let_go);
        }
    }

    fn admit(&self, digest: Digest, bytes: &[u8]) -> Result<Arc<Plugin>, Error> {
        let component = match self.cached(&digest) {
            Some(component) => component,
            None => self.compiled(&digest, bytes)?,
        };
        let shaders = crate::shaders::shaders(bytes)?;
        Plugin::admit(digest, &component, bytes, shaders, &self.linker, &self.shared).map(Arc::new)
    }

    /// The component, from code that an earlier run of this worker compiled.
    fn cached(&self, digest: &Digest) -> Option<Component> {
        let found = match self.cache.as_ref()?.find(digest) {
            Found::Nothing => return None,
            Found::Foreign => None,
            Found::Code(code) => self.load_code(&code).ok(),
        };
        let count = if found.is_some() { &self.counts.n_from_cache } else { &self.counts.n_refused_files };
        count.fetch_add(1, Ordering::Relaxed);
        found
    }

    fn compiled(&self, digest: &Digest, bytes: &[u8]) -> Result<Component, Error> {
        let survey = admission::survey(bytes, compile::bounds(&self.config.compile))?;
        let code = compile::compile(&self.config, bytes, &survey)?;
        self.counts.n_compiled.fetch_add(1, Ordering::Relaxed);
        let component = self.load_code(&code)?;
        if let Some(cache) = &self.cache
            && cache.store(digest, &code).is_err()
        {
            self.counts.n_unwritten_files.fetch_add(1, Ordering::Relaxed);
        }
        Ok(component)
    }

    fn load_code(&self, code: &TrustedCode) -> Result<Component, Error> {
        let too_demanding = |error| Error::TooDemanding { reason: clean_lines(&format!("{error:#}"), 1_000) };
        code.load(&self.shared.engine).map_err(too_demanding)
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime")
            .field("config", &self.config)
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}
