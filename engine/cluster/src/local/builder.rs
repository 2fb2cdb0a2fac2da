//! Settings of a local cluster and their checks.

use std::iter;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use gristmill_client::Client;
use gristmill_gpu::{Devices, DevicesOptions, Faults, HostOptions};
use gristmill_graph::DeviceChoice;
use gristmill_sandbox::{CallContext, Compile, Limits, Reuse, Runtime, RuntimeConfig};
use gristmill_storage::{Grants, ResultCache, SpillDir};
use gristmill_wire::{Tenant, Walls};
use parking_lot::Mutex;

use super::LocalCluster;
use crate::code::Files;
use crate::host::core::Core;
use crate::host::nested::{Nesting, suspended_max};
use crate::host::threads::{Shared, spawn};
use crate::shaders::Shaders;
use crate::{Error, machine};

/// Most threads of one local cluster.
const THREADS_MAX: usize = 1024;
/// Places for instances of guests, for each thread: one runs in it, and others are kept warm.
const INSTANCES_PER_THREAD: usize = 4;
/// Bytes of one page of linear memory.
const PAGE_NBYTES: u64 = 65_536;
/// Fewest places for instances: more plugins than threads are kept warm.
const INSTANCES_MIN: usize = 64;
/// Linear memory of a guest that does little.
const SMALL_GUEST_NBYTES: u64 = 16 << 20;
/// Time that one call of a guest may take unless told otherwise.
const TASK_TIMEOUT_DEFAULT: Duration = Duration::from_secs(3600);

/// Where clusters are set up.
///
/// # Example
/// ```no_run
/// use gristmill_cluster::Cluster;
/// let cluster = Cluster::local().threads(2).memory_limit_nbytes(1 << 30).start()?;
/// let client = cluster.client();
/// # Ok::<(), gristmill_cluster::Error>(())
/// ```
#[derive(Debug)]
pub struct Cluster;

impl Cluster {
    /// A cluster in this process: one worker, a thread for each core, until told otherwise.
    #[must_use]
    pub fn local() -> LocalBuilder {
        LocalBuilder {
            threads: None,
            workers: 1,
            memory_limit_nbytes: None,
            task_memory_limit_nbytes: None,
            spill_dir: None,
            spill_limit_nbytes: None,
            files: None,
            results: None,
            task_timeout: TASK_TIMEOUT_DEFAULT,
            cache_dir: wasm_cache_dir(),
            reuse: Reuse::default(),
            device: DeviceChoice::Auto,
            devices: DevicesOptions::default(),
            name: "local".to_owned(),
            synchronous: false,
        }
    }

    /// A cluster without threads: everything runs in the thread that asks for it, one task at a time, in the
    /// scheduler's order. For debugging: a breakpoint or a backtrace in a closure shows the caller's own stack.
    #[must_use]
    pub fn synchronous() -> LocalBuilder {
        LocalBuilder { synchronous: true, threads: Some(1), ..Self::local() }
    }
}

/// Settings of a local cluster; see [`Cluster::local`].
#[derive(Debug, Clone)]
pub struct LocalBuilder {
    threads: Option<usize>,
    workers: usize,
    memory_limit_nbytes: Option<u64>,
    task_memory_limit_nbytes: Option<u64>,
    spill_dir: Option<PathBuf>,
    spill_limit_nbytes: Option<u64>,
    files: Option<Vec<(Option<String>, PathBuf)>>,
    results: Option<(PathBuf, u64)>,
    task_timeout: Duration,
    cache_dir: Option<PathBuf>,
    reuse: Reuse,
    device: DeviceChoice,
    devices: DevicesOptions,
    name: String,
    synchronous: bool,
}

impl LocalBuilder {
    /// Compute threads in all; one for each core unless told otherwise.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = Some(threads);
        self
    }

    /// Workers that share the threads and the memory evenly; 1 unless told otherwise.
    #[must_use]
    pub fn workers(mut self, workers: usize) -> Self {
        self.workers = workers;
        self
    }

    /// Memory for results in bytes; 60 % of what the machine offers unless told otherwise.
    ///
    /// Above 60 % of it results are spilled. Above 80 % tasks start only where a worker neither runs nor spills anything,
    /// so that one at a time can still make room.
    #[must_use]
    pub fn memory_limit_nbytes(mut self, nbytes: u64) -> Self {
        self.memory_limit_nbytes = Some(nbytes);
        self
    }

    /// Linear memory that one call of a guest may have, in bytes, at most 2 GiB; unless told otherwise 1 GiB, or its
    /// worker's share of the memory for results if that is less.
    ///
    /// As many guests as there are threads may have that much at a time. It counts towards the memory for results, which are
    /// spilled for it.
    #[must_use]
    pub fn task_memory_limit_nbytes(mut self, nbytes: u64) -> Self {
        self.task_memory_limit_nbytes = Some(nbytes);
        self
    }

    /// Folder in which the cluster makes its own folder for spilled results; the system's temporary folder unless
    /// told otherwise.
    #[must_use]
    pub fn spill_dir(mut self, folder: impl AsRef<Path>) -> Self {
        self.spill_dir = Some(folder.as_ref().to_owned());
        self
    }

    /// Bytes that spilled results may take on disk; what the disk has unless told otherwise.
    #[must_use]
    pub fn spill_limit_nbytes(mut self, nbytes: u64) -> Self {
        self.spill_limit_nbytes = Some(nbytes);
        self
    }

    /// The folders whose files tasks may read and write, and nothing else. Unless told otherwise they may open whatever
    /// this process may; a worker with a token opens nothing then.
    #[must_use]
    pub fn files(mut self, folders: impl IntoIterator<Item = PathBuf>) -> Self {
        self.files.get_or_insert_default().extend(folders.into_iter().map(|folder| (None, folder)));
        self
    }

    /// Folders that tasks of one tenant may use besides. Unless it was said which they all may use, there are no others.
    #[must_use]
    pub fn files_of(mut self, tenant: &str, folders: impl IntoIterator<Item = PathBuf>) -> Self {
        let of_one = |folder| (Some(tenant.to_owned()), folder);
        self.files.get_or_insert_default().extend(folders.into_iter().map(of_one));
        self
    }

    /// Keeps results on disk that took longer to make than to write, for whoever asks for the same again: in other sessions,
    /// by other processes that have the same folder, after restarts. The folder may take `limit_nbytes`; then what was used
    /// longest ago goes. Closures' results are not kept, as nobody else can name them.
    #[must_use]
    pub fn result_cache(mut self, folder: impl Into<PathBuf>, limit_nbytes: u64) -> Self {
        self.results = Some((folder.into(), limit_nbytes));
        self
    }

    /// The same with no files at all, unless it was said which.
    pub(crate) fn files_if_said(mut self) -> Self {
        self.files.get_or_insert_default();
        self
    }

    /// Time that one call of a guest may take; an hour unless told otherwise.
    #[must_use]
    pub fn task_timeout(mut self, timeout: Duration) -> Self {
        self.task_timeout = timeout;
        self
    }

    /// Folder for compiled components; [`wasm_cache_dir`] unless told otherwise, `None` for no cache.
    #[must_use]
    pub fn cache_dir(mut self, folder: Option<PathBuf>) -> Self {
        self.cache_dir = folder;
        self
    }

    /// Which instance serves a call of a guest: a warm one for pure functions and a fresh one for others unless told
    /// otherwise; [`Reuse::Fresh`] for functions that must not find anything of an earlier call.
    #[must_use]
    pub fn reuse(mut self, reuse: Reuse) -> Self {
        self.reuse = reuse;
        self
    }

    /// Where kernels run that were not told otherwise: on a GPU where that is likely sooner, unless told otherwise here.
    ///
    /// With [`DeviceChoice::Gpu`], [`start`](Self::start) fails where there is no GPU at all; a kernel or dtype that it
    /// lacks runs on the CPU.
    #[must_use]
    pub fn device(mut self, device: DeviceChoice) -> Self {
        self.device = device;
        self
    }

    /// Memory of each GPU that may be used, in bytes; what the driver gives unless told otherwise. What exceeds it goes to
    /// the host.
    #[must_use]
    pub fn gpu_memory_limit_nbytes(mut self, nbytes: u64) -> Self {
        self.devices.device.budget_nbytes = nbytes;
        self
    }

    /// Whether adapters that are programs on the CPU, such as lavapipe, count as GPUs: they are slower than the kernels
    /// of the CPU, and good for tests.
    #[must_use]
    pub fn software_gpu(mut self, software: bool) -> Self {
        self.devices.software = software;
        self
    }

    /// Failures of GPUs on demand, for tests.
    #[doc(hidden)]
    #[must_use]
    pub fn gpu_faults(mut self, faults: Arc<Faults>) -> Self {
        self.devices.device.faults = faults;
        self
    }

    /// The cluster's name in thread names.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Starts the cluster.
    ///
    /// # Errors
    /// [`Error::Setting`] for numbers that make no sense; the others when the machine refuses something.
    pub fn start(self) -> Result<LocalCluster, Error> {
        self.start_with(spawn)
    }

    /// Starts the cluster with threads from `spawn`, which is told the worker, the thread's number and the name.
    pub(crate) fn start_with(
        self,
        spawn: impl Fn(&Arc<Shared>, usize, usize, &str) -> Result<JoinHandle<()>, Error>,
    ) -> Result<LocalCluster, Error> {
        let size = self.size()?;
        let threads_of = size.threads_of();
        let shared = self.share(Core::new(&threads_of, size.worker_nbytes), size, Walls::default())?;
        let own = Arc::downgrade(&shared);
        let connects = move |_: &Tenant| {
            let shared = own.upgrade().ok_or(Error::Ended)?;
            Ok(Client::new(shared))
        };
        let _first = shared.nesting.set(Nesting::new(Arc::downgrade(&shared), connects));
        // Dropped on the way out of an error, it stops the threads that were started.
        let cluster = LocalCluster { shared, threads: Mutex::new(Vec::new()) };
        if !self.synchronous {
            let worker_of = threads_of.iter().enumerate().flat_map(|(worker, &n)| iter::repeat_n(worker, n));
            for (number, worker) in worker_of.enumerate() {
                let thread = spawn(&cluster.shared, worker, number, &self.name)?;
                cluster.threads.lock().push(thread);
            }
        }
        Ok(cluster)
    }

    /// How many threads and workers with how much memory, if that makes sense.
    pub(crate) fn size(&self) -> Result<Size, Error> {
        let n_threads = self.threads.unwrap_or_else(machine::n_cores);
        check("threads", n_threads, "must be at least 1", n_threads > 0)?;
        check("threads", n_threads, "must be at most 1024", n_threads <= THREADS_MAX)?;
        check("workers", self.workers, "must be at least 1", self.workers > 0)?;
        check("workers", self.workers, "must not exceed the threads", self.workers <= n_threads)?;
        let served = !self.synchronous || self.workers == 1;
        check("workers", self.workers, "must be 1 without threads", served)?;
        let nameable = !self.name.contains('\0');
        check("name", self.name.escape_debug(), "must not contain a NUL, as thread names cannot", nameable)?;
        let memory_nbytes = self.memory_limit_nbytes.unwrap_or_else(machine::results_nbytes);
        let worker_nbytes = memory_nbytes / self.workers as u64;
        check(
            "memory_limit_nbytes",
            memory_nbytes,
            "must be at least a byte for each worker",
            worker_nbytes > 0,
        )?;
        if let Some(nbytes) = self.task_memory_limit_nbytes {
            let why = "must be at least a page of linear memory, 65536 bytes";
            check("task_memory_limit_nbytes", nbytes, why, nbytes >= PAGE_NBYTES)?;
        }

        Ok(Size { n_threads, n_workers: self.workers, worker_nbytes })
    }

    /// What a process has around its core.
    pub(crate) fn share(&self, core: Core, size: Size, walls: Walls) -> Result<Arc<Shared>, Error> {
        let spill_parent = self.spill_dir.clone().unwrap_or_else(std::env::temp_dir);
        let spill = SpillDir::create(&spill_parent, self.spill_limit_nbytes)?;
        let compile = compile();
        let runtime = self.runtime(size, compile.clone())?;
        let context = CallContext::new().limits(self.limits(size.worker_nbytes)).reuse(self.reuse);
        let devices = self.devices(size.n_threads)?;
        let hosts = match &compile {
            Compile::Child(exe) => Some(self.host_options(exe.clone())),
            _ => None,
        };
        let shaders = Arc::new(Shaders::new(hosts));
        let mut shared = Shared::new(core, runtime, spill, devices, shaders, context, self.synchronous);
        shared.files = self.grants(walls)?.map(Arc::new);
        let open =
            |(folder, limit): &(PathBuf, u64)| ResultCache::open(folder, *limit).map_err(Error::Results);
        shared.cache = self.results.as_ref().map(open).transpose()?.map(Arc::new);
        shared.act(|core| core.keeps_results = shared.cache.is_some());
        Ok(Arc::new(shared))
    }

    /// What tasks may open, if not everything.
    fn grants(&self, walls: Walls) -> Result<Option<Files>, Error> {
        let Some(folders) = &self.files else { return Ok(None) };
        let mut files = Files::default();
        let mut of_all = Vec::new();
        for (tenant, folder) in folders {
            let folder = folder.display().to_string();
            match tenant {
                Some(tenant) => {
                    let grants = Grants::files([folder.as_str()]).map_err(Error::Files)?;
                    files.of_one.push((walls.tenant(tenant), grants));
                }
                None => of_all.push(folder),
            }
        }
        files.of_all = Some(Grants::files(of_all.iter().map(String::as_str)).map_err(Error::Files)?);
        Ok(Some(files))
    }

    fn runtime(&self, size: Size, compile: Compile) -> Result<Arc<Runtime>, Error> {
        let mut config = RuntimeConfig::new()
            .compile(compile)
            .instances_max(instances_max(size.n_threads))
            .memory_max_nbytes(self.guests_nbytes(size));
        if let Some(folder) = &self.cache_dir {
            config = config.cache_dir(folder);
        }
        Ok(Runtime::new(config)?)
    }

    /// What guests may have together: as much as one in each thread that has all that it may.
    fn guests_nbytes(&self, size: Size) -> u64 {
        let of_one = self.limits(size.worker_nbytes).memory_nbytes as u64;
        of_one.max(SMALL_GUEST_NBYTES).saturating_mul(size.n_threads as u64)
    }

    /// The devices, looked for now if they must be there.
    fn devices(&self, n_threads: usize) -> Result<Arc<Devices>, Error> {
        let rates_file = cache_dir().map(|folder| folder.join("gpu-rates.json"));
        let mut options = self.devices.clone();
        (options.choice, options.n_threads, options.rates_file) = (self.device, n_threads, rates_file);
        let devices = Devices::new(options);
        let there = self.device != DeviceChoice::Gpu || devices.search() > 0;
        let why = "needs a GPU with Vulkan, and none was found; see `gristmill doctor`";
        check("device", self.device, why, there)?;
        Ok(devices)
    }

    /// How processes are started that run plugins' map kernels.
    fn host_options(&self, exe: PathBuf) -> HostOptions {
        let mut options = HostOptions::new(exe);
        options.software = self.devices.software;
        options.budget_nbytes = options.budget_nbytes.min(self.devices.device.budget_nbytes);
        options.deadline = options.deadline.min(self.task_timeout);
        options
    }

    /// What one call of a guest may use on a worker with this much memory.
    fn limits(&self, worker_nbytes: u64) -> Limits {
        let mut limits = Limits::default();
        limits.deadline = self.task_timeout;
        let nbytes =
            self.task_memory_limit_nbytes.unwrap_or_else(|| worker_nbytes.min(limits.memory_nbytes as u64));
        limits.memory_nbytes = usize::try_from(nbytes).unwrap_or(usize::MAX);
        limits
    }
}

/// A sandbox of a process that is no part of a cluster.
pub(crate) fn runtime_alone() -> Result<Arc<Runtime>, String> {
    let size = Size { n_threads: 1, n_workers: 1, worker_nbytes: machine::results_nbytes() };
    Cluster::local().runtime(size, compile()).map_err(|error| error.to_string())
}

/// How many threads and workers there are, with how much memory each.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) n_threads: usize,
    pub(crate) n_workers: usize,
    pub(crate) worker_nbytes: u64,
}

impl Size {
    /// The threads of each worker.
    pub(crate) fn threads_of(&self) -> Vec<usize> {
        let Self { n_threads, n_workers, .. } = *self;
        (0..n_workers)
            .map(|worker| n_threads / n_workers + usize::from(worker < n_threads % n_workers))
            .collect()
    }
}

/// A thread that calls a guest must find a place for its instance, however many threads there are for each core.
pub(crate) fn instances_max(n_threads: usize) -> u32 {
    u32::try_from((INSTANCES_PER_THREAD * n_threads).max(INSTANCES_MIN) + suspended_max(n_threads))
        .unwrap_or(u32::MAX)
}

/// Components are compiled in a child process of the engine's own binary where that can be found: it is this process,
/// or lies beside it or one folder up, as it does for tests. Otherwise in this process, under narrower bounds.
fn compile() -> Compile {
    let Ok(current) = std::env::current_exe() else { return Compile::InProcess };
    let binary = format!("gristmill{}", std::env::consts::EXE_SUFFIX);
    let mut folders = current.ancestors().skip(1).take(2);
    match folders.find_map(|folder| Some(folder.join(&binary)).filter(|path| path.is_file())) {
        Some(path) => Compile::Child(path),
        None => Compile::InProcess,
    }
}

fn check(setting: &'static str, given: impl ToString, why: &'static str, good: bool) -> Result<(), Error> {
    if good { Ok(()) } else { Err(Error::Setting { setting, given: given.to_string(), why }) }
}

/// The folder for compiled components: `gristmill/components` in the user's cache folder, if there is one.
#[must_use]
pub fn wasm_cache_dir() -> Option<PathBuf> {
    cache_dir().map(|folder| folder.join("components"))
}

/// `gristmill` in the user's cache folder, if there is one.
fn cache_dir() -> Option<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    cache.or(home).map(|folder| folder.join("gristmill"))
}
