//! The loop of a compute thread.

use std::cell::{Cell, LazyCell};
use std::io;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::Instant;

use gristmill_data::{TaskError, TaskErrorKind, Value};
use gristmill_gpu::{Devices, is_lost};
use gristmill_sandbox::{CallContext, CancelToken, Runtime};
use gristmill_storage::{Error as StorageError, ResultCache, SpillDir};
use gristmill_wire::on_thread;
use parking_lot::{Condvar, Mutex};
use smallvec::SmallVec;

use crate::Error;
use crate::cache;
use crate::code::{Code, Files};
use crate::host::core::{BATCH_MAX, Core};
use crate::host::jobs::{Call, Called, Done, Job};
use crate::host::journal::{BatchEar, Ear, Journal};
use crate::host::nested::{Nesting, take_waited};
use crate::queries::Queries;
use crate::shaders::Shaders;

/// Stack of a compute thread, in bytes: a guest's stack and the engine's own frames fit with room to spare.
const STACK_NBYTES: usize = 8 << 20;

/// How often a task runs again because a device was lost under it.
const DEVICE_RERUNS_MAX: u32 = 4;

thread_local! {
    /// The number of this compute thread, as reports have it.
    static NUMBER: Cell<usize> = const { Cell::new(0) };
    /// Whether this thread is in a task that may start tasks: then nothing is run in the course of asking.
    static IN_CALL: Cell<bool> = const { Cell::new(false) };
}

/// What threads and clients share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) core: Mutex<Core>,
    /// One for each worker: its idle threads wait here.
    wakes: Vec<Condvar>,
    pub(crate) runtime: Arc<Runtime>,
    pub(crate) spill: SpillDir,
    pub(crate) journal: Arc<Journal>,
    pub(crate) devices: Arc<Devices>,
    pub(crate) plugin_shaders: Arc<Shaders>,
    pub(crate) queries: Arc<Queries>,
    /// What every call has in common.
    context: CallContext,
    /// What tasks may open, if not everything.
    pub(crate) files: Option<Arc<Files>>,
    /// Results kept on disk.
    pub(crate) cache: Option<Arc<ResultCache>>,
    /// How tasks start tasks, once they can.
    pub(crate) nesting: OnceLock<Nesting>,
    /// Whether whole graphs are here, and not only the tasks that are assigned.
    knows_graphs: bool,
    started: Instant,
    stopping: AtomicBool,
    /// No threads: whoever asks for work does it.
    synchronous: bool,
}

impl Shared {
    pub(crate) fn new(
        core: Core,
        runtime: Arc<Runtime>,
        spill: SpillDir,
        devices: Arc<Devices>,
        plugin_shaders: Arc<Shaders>,
        context: CallContext,
        synchronous: bool,
    ) -> Self {
        let wakes = core.workers.iter().map(|_| Condvar::new()).collect();
        let (started, knows_graphs) = (core.started(), core.head.as_here().is_some());
        let queries = Arc::new(Queries::new(core.n_threads(), core.memory_limit_nbytes(), spill.path()));
        let (core, journal) = (Mutex::new(core), Arc::default());
        Self {
            core,
            wakes,
            runtime,
            spill,
            journal,
            devices,
            plugin_shaders,
            queries,
            context,
            files: None,
            cache: None,
            nesting: OnceLock::new(),
            knows_graphs,
            started,
            stopping: AtomicBool::new(false),
            synchronous,
        }
    }

    /// Whether everything is being ended.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// Wakes a thread of this worker, whatever there is to do.
    pub(crate) fn wake_one(&self, worker: usize) {
        if let Some(wake) = self.wakes.get(worker) {
            wake.notify_one();
        }
    }

    /// Lets `change` act on the core, and then threads on what it has decided.
    pub(crate) fn act<T>(&self, change: impl FnOnce(&mut Core) -> T) -> T {
        let mut core = self.core.lock();
        let result = change(&mut core);
        self.wake(&core);
        unlock(core);
        // What calls start themselves is run by another thread while they wait for it.
        if self.synchronous && !IN_CALL.get() {
            self.work_off();
        }
        result
    }

    /// The same at once, for what takes microseconds; not if that would have to wait, or if whoever asks for work does it.
    ///
    /// # Errors
    /// What was to be changed by.
    pub(crate) fn act_now<T>(&self, by: T, change: impl FnOnce(&mut Core, T)) -> Result<(), T> {
        let Some(mut core) = self.core.try_lock().filter(|_| !self.synchronous) else { return Err(by) };
        change(&mut core, by);
        self.wake(&core);
        let garbage = std::mem::take(&mut core.garbage);
        drop(core);
        if !garbage.is_empty() {
            on_thread(move || drop(garbage));
        }
        Ok(())
    }

    /// Wakes one thread of each worker that has jobs; it wakes the next if jobs remain.
    fn wake(&self, core: &Core) {
        for (worker, wake) in self.wakes.iter().enumerate() {
            if core.wants_threads(worker) {
                wake.notify_one();
            }
        }
    }

    /// Does what there is to do, in this thread, until nothing is left.
    ///
    /// As long as others make up for calls that wait, this thread is one of those that must be there: what they run may wait in
    /// turn, for tasks that nobody else would run.
    fn work_off(&self) {
        loop {
            while self.run_some() {}
            let mut core = self.core.lock();
            if core.stopped || !core.has_spares() {
                return unlock(core);
            }
            if !core.has_jobs(0) {
                self.idle(&mut core, 0);
            }
            unlock(core);
        }
    }

    /// Does some of what there is to do, in this thread; false if there is nothing.
    pub(crate) fn run_some(&self) -> bool {
        let (mut jobs, mut done) = (Vec::new(), Vec::new());
        self.core.lock().take(0, &mut jobs);
        let was_in_call = IN_CALL.replace(jobs.iter().any(Job::is_alone));
        self.run_jobs(&jobs, &mut done);
        IN_CALL.set(was_in_call);
        let mut core = self.core.lock();
        // Without threads there is no other process to return to.
        let n_returns = core.n_returns;
        core.finish(0, 0, n_returns, &jobs, done.drain(..));
        unlock(core);
        !jobs.is_empty()
    }

    /// Ends everything that runs and waits.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
        let left = self.act(Core::stop);
        self.wakes.iter().for_each(|wake| {
            wake.notify_all();
        });
        // Of a worker's nobody would hear.
        if self.knows_graphs {
            self.run_jobs(&left, &mut Vec::new());
        }
    }

    /// Drops what is held; spill files go with it.
    pub(crate) fn clear(&self) {
        self.nesting.get().into_iter().for_each(Nesting::join);
        self.act(Core::clear);
        self.spill.remove();
    }

    fn compute_loop(&self, worker: usize, thread: u32) {
        NUMBER.set(thread as usize);
        let (mut jobs, mut done) = (Vec::new(), Vec::new());
        let (mut next, mut garbage) = (Vec::new(), Vec::new());
        let mut n_returns = 0;
        loop {
            let mut core = self.core.lock();
            core.finish(worker, thread, n_returns, &jobs, done.drain(..));
            let pressed = core.on_guests(worker, self.guest_nbytes());
            loop {
                if core.stopped || core.has_spare(worker) {
                    self.wake(&core);
                    if self.synchronous {
                        // Whoever asked for the work may have waited for this.
                        self.wakes.iter().for_each(|wake| {
                            wake.notify_all();
                        });
                    }
                    return unlock(core);
                }
                core.take(worker, &mut next);
                self.wake(&core);
                // Never waits with something to drop: it may be what others wait for.
                if !next.is_empty() || !jobs.is_empty() || !core.garbage.is_empty() {
                    break;
                }
                self.idle(&mut core, worker);
            }
            n_returns = core.n_returns;
            std::mem::swap(&mut core.garbage, &mut garbage);
            drop(core);
            if pressed {
                self.runtime.let_idle_go();
            }
            garbage.clear();
            jobs.clear();
            std::mem::swap(&mut jobs, &mut next);
            if self.synchronous {
                IN_CALL.set(jobs.iter().any(Job::is_alone));
            }
            self.run_jobs(&jobs, &mut done);
        }
    }

    /// What guests and queries have in memory, a worker.
    fn guest_nbytes(&self) -> u64 {
        (self.runtime.guest_nbytes() + self.queries.nbytes()) / self.wakes.len().max(1) as u64
    }

    fn idle(&self, core: &mut parking_lot::MutexGuard<'_, Core>, worker: usize) {
        let Some(wake) = self.wakes.get(worker) else { return };
        change_idle(core, worker, 1);
        wake.wait(core);
        change_idle(core, worker, -1);
    }

    fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// Does these jobs in their order; what has become of each goes into `done`.
    fn run_jobs(&self, jobs: &[Job], done: &mut Vec<Done>) {
        for alike in jobs.chunk_by(Job::is_like) {
            if alike.len() > 1 && self.run_together(alike, done) {
                continue;
            }
            done.extend(alike.iter().map(|job| match job {
                Job::Call(call) => self.run_alone(call),
                Job::Spill(_, value) => self.run_spill(value),
                Job::Keep(code, row, value, duration_ns) => self.run_keep(code, *row, value, *duration_ns),
                Job::Unspill(_, file) | Job::Fetch(_, _, file) => {
                    Done::Read(self.on_disk("read", || file.load()))
                }
            }));
        }
    }

    fn run_alone(&self, call: &Call) -> Done {
        let started_ns = self.now();
        let result = self.run_call(call);
        let waited_ns = u64::try_from(take_waited().as_nanos()).unwrap_or(u64::MAX);
        Done::Called(Called { result, started_ns, ended_ns: self.now(), waited_ns })
    }

    /// Runs many calls of one component function in one crossing.
    ///
    /// Returns false, and nothing is done, if they are not of that kind, one of them is cancelled or fails hard, one
    /// fails where any has logged, or together they exceed the limits of one call: then each is run alone, so that only
    /// the culprit fails and no line is logged twice.
    fn run_together(&self, jobs: &[Job], done: &mut Vec<Done>) -> bool {
        let calls: SmallVec<[&Call; BATCH_MAX]> = jobs.iter().filter_map(Job::as_call).collect();
        let Some(first) = calls.first() else { return false };
        if !first.code.may_cross_together(first.row, self.context.reuse) {
            return false;
        }
        let tasks: Vec<(u32, &[Value])> = calls.iter().map(|call| (call.row, &*call.inputs)).collect();
        let cancel = CancelToken::any_of(calls.iter().map(|call| call.cancel.clone()));
        let ear = Arc::new(BatchEar::default());
        let ctx = self.context(first).cancel(cancel).observer(ear.clone());
        let started_ns = self.now();
        let Some(Ok(results)) = caught(|| first.code.run_many(&tasks, &ctx)) else { return false };
        if results.len() != calls.len() || !ear.is_silent() && results.iter().any(Result::is_err) {
            return false;
        }
        ear.tell(&self.journal, first);
        let each_ns = self.now().saturating_sub(started_ns) / calls.len() as u64;
        done.extend((0u64..).zip(calls).zip(results).map(|((i, call), result)| match result {
            Ok(_) => {
                let started_ns = started_ns + i * each_ns;
                let ended_ns = started_ns + each_ns;
                Done::Called(Called { result, started_ns, ended_ns, waited_ns: 0 })
            }
            // Alone, it has a log and limits of its own: its error tells of nobody else.
            Err(_) => self.run_alone(call),
        }));
        true
    }

    /// Runs one task; whatever happens inside is its result.
    fn run_call(&self, call: &Call) -> Result<Value, TaskError> {
        if call.cancel.is_cancelled() {
            return Err(TaskError::new(TaskErrorKind::Cancelled, "cancelled before it started"));
        }
        // Only components look at it.
        let ctx = LazyCell::new(|| self.context(call).observer(Ear::new(&self.journal, call)));
        let run = || {
            caught(|| call.code.run(call.row, &call.inputs, &ctx)).unwrap_or_else(|| {
                let message = "internal error, please report it: the engine panicked in this task";
                Err(TaskError::new(TaskErrorKind::Failed, message))
            })
        };
        let is_device_lost = |result: &Result<Value, TaskError>| {
            result.as_ref().is_err_and(|error| error.kind == TaskErrorKind::DeviceLost)
        };
        let mut result = run();
        // What went with the device was made from these inputs; a device is given up before long.
        for _ in 0..DEVICE_RERUNS_MAX {
            let may_rerun = call.code.calls_kernels_alone(call.row) && !call.inputs.iter().any(is_lost);
            if !is_device_lost(&result) || !may_rerun {
                break;
            }
            result = run();
        }
        result
    }

    fn run_spill(&self, value: &Value) -> Done {
        match caught(|| value.clone().landed()) {
            Some(Err(error)) if error.kind == TaskErrorKind::DeviceLost => Done::Lost,
            Some(Ok(value)) => Done::Spilled(self.on_disk("write", || self.spill.spill(&value))),
            // It stays where it is.
            failed => {
                let said =
                    failed.and_then(Result::err).map_or_else(|| "it panicked".into(), |error| error.message);
                let (action, path) = ("land what is to be written to", self.spill.path().to_owned());
                Done::Spilled(Err(StorageError::Io { action, path, source: io::Error::other(said) }))
            }
        }
    }

    /// Keeps a result, if that can be done: nobody waits for it.
    fn run_keep(&self, code: &Code, row: u32, value: &Value, duration_ns: u64) -> Done {
        let Some(cache) = &self.cache else { return Done::Kept(None) };
        let kept = caught(|| {
            let mut note = cache::write(cache, &self.spill, code, row, value, duration_ns).ok()?;
            if self.knows_graphs {
                note.before = code.calls_before(row);
                cache.note(code.key_of(row), &note).ok()?;
            }
            Some(Box::new(note))
        });
        Done::Kept(kept.flatten())
    }

    /// Writes or reads a spill file.
    fn on_disk<T>(
        &self,
        action: &'static str,
        work: impl FnOnce() -> Result<T, StorageError>,
    ) -> Result<T, StorageError> {
        caught(work).unwrap_or_else(|| {
            let source = io::Error::other("internal error, please report it: the engine panicked");
            Err(StorageError::Io { action, path: self.spill.path().to_owned(), source })
        })
    }

    fn context(&self, call: &Call) -> CallContext {
        let tenant = &call.code.tenant;
        let mut ctx = self.context.clone();
        ctx.submitter = self.nesting.get().and_then(|nesting| nesting.of(call));
        // The key that the client has: what guests draw from it is the same everywhere.
        let key = tenant.key(call.code.key_of(call.row));
        ctx.tenant(tenant.number()).cancel(call.cancel.clone()).task(key)
    }

    /// For a client's own request to plan how files are read.
    pub(crate) fn own_context(&self) -> CallContext {
        self.context.clone()
    }
}

/// Gives the lock back, and then drops what was let go under it.
fn unlock(mut core: parking_lot::MutexGuard<'_, Core>) {
    let garbage = std::mem::take(&mut core.garbage);
    drop(core);
    drop(garbage);
}

/// What `work` returns, or `None` if the engine panicked in it: that is the end of one job, and not of its thread.
fn caught<T>(work: impl FnOnce() -> T) -> Option<T> {
    std::panic::catch_unwind(AssertUnwindSafe(work)).ok()
}

fn change_idle(core: &mut Core, worker: usize, change: isize) {
    if let Some(local) = core.workers.get_mut(worker) {
        local.n_idle = local.n_idle.saturating_add_signed(change);
    }
}

/// Starts a compute thread in the place of this one.
pub(crate) fn spawn_spare(shared: &Arc<Shared>, worker: usize) -> Result<JoinHandle<()>, Error> {
    spawn(shared, worker, NUMBER.get(), "spare")
}

/// Starts a compute thread.
pub(crate) fn spawn(
    shared: &Arc<Shared>,
    worker: usize,
    number: usize,
    name: &str,
) -> Result<JoinHandle<()>, Error> {
    let shared = shared.clone();
    std::thread::Builder::new()
        .name(format!("{name}-{worker}-{number}"))
        .stack_size(STACK_NBYTES)
        .spawn(move || shared.compute_loop(worker, number as u32))
        .map_err(|source| Error::Thread { number, source })
}

#[cfg(test)]
mod tests;
