//! What a store carries: for whom the guest works now, and what it has used of its limits.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use gristmill_data::TaskError;
use parking_lot::Mutex;
use wasmtime::component::ResourceTable;
use wasmtime::{ResourceLimiter, UpdateDeadline};

use crate::context::{CallContext, Level, Limits};
use crate::engine;
use crate::pool::Pool;
use crate::tasks::Submissions;
use crate::text::clean;

/// Last lines of the log that go into an error.
const TAIL_LINES_MAX: usize = 20;
/// Characters of one line of the log.
const LINE_LEN_MAX: usize = 2_000;
/// What an observer hears once instead of the lines over the limit.
const OVER_LIMIT: &str = "(lines over the limit of the log were dropped)";
/// Open blobs and such.
const RESOURCES_MAX: usize = 64;

/// Linear memory of all instances of a runtime.
#[derive(Debug)]
pub(crate) struct MemoryGauge {
    pub(crate) used_nbytes: AtomicU64,
    pub(crate) max_nbytes: u64,
    /// Where idle instances are, which can be let go.
    pub(crate) pools: Mutex<Vec<Weak<Pool>>>,
}

impl MemoryGauge {
    /// Takes so much more; where there is not that much, after idle instances have been let go.
    fn try_add(&self, nbytes: u64) -> bool {
        let add = |used: u64| used.checked_add(nbytes).filter(|&sum| sum <= self.max_nbytes);
        let try_now = || self.used_nbytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).is_ok();
        try_now() || {
            self.clear_pools();
            try_now()
        }
    }

    /// Lets all idle instances go.
    pub(crate) fn clear_pools(&self) {
        let pools: Vec<_> = self.pools.lock().iter().filter_map(Weak::upgrade).collect();
        pools.iter().for_each(|pool| pool.clear());
    }

    fn remove(&self, nbytes: u64) {
        self.used_nbytes.fetch_sub(nbytes, Ordering::Relaxed);
    }
}

/// Why the host stopped a guest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stop {
    Deadline,
    Cancelled,
    Hostcalls,
    HostcallBytes,
    /// Asked which task it runs for, in a batch of many.
    Batch,
    /// A task could not be started, or waited for, for a reason that is none of the guest's.
    Submission(Box<TaskError>),
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "stopped by the host: {self:?}")
    }
}

impl std::error::Error for Stop {}

/// The data of a store.
pub(crate) struct State {
    /// The call that is served now.
    pub(crate) ctx: CallContext,
    /// Whether this is one call and not a batch.
    single: bool,
    /// Set at the first tick of a call, so that calls shorter than a tick never look at the clock.
    deadline: Option<Instant>,
    n_hostcalls: u64,
    hostcall_nbytes: usize,
    log: Log,
    memory: Memory,
    /// Table elements of the instance.
    table_elements: usize,
    /// What the limiter refused last.
    pub(crate) denied: Option<String>,
    /// Whether that was for want of memory that others have now.
    pub(crate) crowded: bool,
    /// Files that the guest has open.
    pub(crate) blobs: ResourceTable,
    /// Tasks that the guest has started, and has still to do with.
    pub(crate) submitted: Submissions,
}

/// Linear memory of one instance. It never shrinks.
struct Memory {
    nbytes: usize,
    /// What was granted last, to take back if the system refuses it.
    last_nbytes: usize,
    gauge: Arc<MemoryGauge>,
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.gauge.remove(self.nbytes as u64);
    }
}

impl State {
    /// The state of a new store that serves `ctx` first.
    pub(crate) fn new(ctx: CallContext, gauge: Arc<MemoryGauge>) -> Self {
        let mut blobs = ResourceTable::new();
        blobs.set_max_capacity(RESOURCES_MAX);
        Self {
            ctx,
            single: true,
            deadline: None,
            n_hostcalls: 0,
            hostcall_nbytes: 0,
            log: Log::default(),
            memory: Memory { nbytes: 0, last_nbytes: 0, gauge },
            table_elements: 0,
            denied: None,
            crowded: false,
            blobs,
            submitted: Submissions::default(),
        }
    }

    /// Begins to serve another call. What an earlier one left open is closed.
    pub(crate) fn serve(&mut self, ctx: CallContext, single: bool) {
        self.ctx = ctx;
        self.single = single;
        self.deadline = None;
        self.n_hostcalls = 0;
        self.hostcall_nbytes = 0;
        self.log = Log::default();
        (self.denied, self.crowded) = (None, false);
        self.close();
    }

    /// Ends a call: what it was given is let go, and what it opened is closed.
    pub(crate) fn rest(&mut self) {
        self.ctx = CallContext::default();
        self.close();
    }

    fn close(&mut self) {
        self.submitted.forget();
        if !self.blobs.is_empty() {
            self.blobs = ResourceTable::new();
            self.blobs.set_max_capacity(RESOURCES_MAX);
        }
    }

    /// Linear memory of the instance, in bytes.
    pub(crate) fn memory_nbytes(&self) -> usize {
        self.memory.nbytes
    }

    /// Whether the instance is within these limits already.
    pub(crate) fn fits(&self, limits: &Limits) -> bool {
        self.memory.nbytes <= limits.memory_nbytes && self.table_elements <= limits.table_elements
    }

    /// Once a tick: whether the guest may go on.
    pub(crate) fn on_tick(&mut self) -> wasmtime::Result<UpdateDeadline> {
        self.check_cancelled()?;
        let now = Instant::now();
        match self.deadline {
            None => self.deadline = now.checked_add(self.ctx.limits.deadline),
            Some(deadline) if now >= deadline => return Err(wasmtime::Error::new(Stop::Deadline)),
            Some(_) => {}
        }
        Ok(UpdateDeadline::Continue(1))
    }

    /// At each call of the host: counts it and the bytes it brings, and whether the guest may go on.
    pub(crate) fn on_hostcall(&mut self, nbytes: usize) -> wasmtime::Result<()> {
        self.n_hostcalls += 1;
        self.hostcall_nbytes = self.hostcall_nbytes.saturating_add(nbytes);
        if self.n_hostcalls > self.ctx.limits.hostcalls {
            return Err(wasmtime::Error::new(Stop::Hostcalls));
        }
        if self.hostcall_nbytes > self.ctx.limits.hostcall_nbytes {
            return Err(wasmtime::Error::new(Stop::HostcallBytes));
        }
        self.check_cancelled()
    }

    /// Whether there is one task that the guest can be told of.
    pub(crate) fn check_single(&self) -> wasmtime::Result<()> {
        if self.single { Ok(()) } else { Err(wasmtime::Error::new(Stop::Batch)) }
    }

    /// What was waited for is no time of the guest's own.
    pub(crate) fn on_waited(&mut self, time: Duration) -> wasmtime::Result<()> {
        self.deadline = self.deadline.and_then(|deadline| deadline.checked_add(time));
        self.check_cancelled()
    }

    fn check_cancelled(&self) -> wasmtime::Result<()> {
        match &self.ctx.cancel {
            Some(token) if token.is_cancelled() => Err(wasmtime::Error::new(Stop::Cancelled)),
            _ => Ok(()),
        }
    }

    /// Takes one message of the guest, which may have several lines.
    pub(crate) fn on_log(&mut self, level: Level, message: &str) {
        for line in message.lines() {
            let line = clean(line, LINE_LEN_MAX);
            let admitted = self.log.admits(&line, &self.ctx.limits);
            if let Some(observer) = &self.ctx.observer {
                match self.log.n_dropped {
                    _ if admitted => observer.on_log(level, &line),
                    1 => observer.on_log(Level::Warn, OVER_LIMIT),
                    _ => {}
                }
            }
            self.log.keep(level, line);
        }
    }

    /// The last lines of the log.
    pub(crate) fn log_tail(&mut self) -> Vec<String> {
        self.log.take_tail()
    }
}

/// The log of one call.
#[derive(Default)]
struct Log {
    n_lines: usize,
    nbytes: usize,
    n_dropped: usize,
    tail: VecDeque<String>,
}

impl Log {
    fn admits(&mut self, line: &str, limits: &Limits) -> bool {
        let admitted = self.n_lines < limits.log_lines && self.nbytes + line.len() <= limits.log_nbytes;
        if admitted {
            self.n_lines += 1;
            self.nbytes += line.len();
        } else {
            self.n_dropped += 1;
        }
        admitted
    }

    /// The last lines are kept whether admitted or not: what was said before a trap explains it.
    fn keep(&mut self, level: Level, line: String) {
        if self.tail.len() >= TAIL_LINES_MAX {
            self.tail.pop_front();
        }
        self.tail.push_back(format!("{}: {line}", level.as_str()));
    }

    fn take_tail(&mut self) -> Vec<String> {
        let mut tail: Vec<_> = std::mem::take(&mut self.tail).into();
        if self.n_dropped > 0 {
            tail.push(format!("({} lines were over the limit of the log)", self.n_dropped));
        }
        tail
    }
}

impl ResourceLimiter for State {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let more = desired.saturating_sub(current);
        let sum = self.memory.nbytes.saturating_add(more);
        let max = self.ctx.limits.memory_nbytes.min(engine::MEMORY_NBYTES_MAX);
        if sum > max {
            self.denied =
                Some(format!("it asked for {} MiB of memory, and its limit is {} MiB", mib(sum), mib(max)));
            return Ok(false);
        }
        if !self.memory.gauge.try_add(more as u64) {
            let max = self.memory.gauge.max_nbytes;
            self.denied = Some(format!(
                "the memory for all plugins together, {} MiB, is in use; fewer tasks at a time, or more memory",
                max >> 20
            ));
            self.crowded = true;
            return Ok(false);
        }
        self.memory.nbytes = sum;
        self.memory.last_nbytes = more;
        Ok(true)
    }

    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        let failed = std::mem::take(&mut self.memory.last_nbytes);
        self.memory.nbytes -= failed;
        self.memory.gauge.remove(failed as u64);
        self.denied = Some(format!("it asked for more memory than there is: {error}"));
        Ok(())
    }

    fn table_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let sum = self.table_elements.saturating_add(desired.saturating_sub(current));
        let max = self.ctx.limits.table_elements;
        if sum > max {
            self.denied = Some(format!("it asked for {sum} table elements, and its limit is {max}"));
            return Ok(false);
        }
        self.table_elements = sum;
        Ok(true)
    }

    fn instances(&self) -> usize {
        engine::CORE_INSTANCES_MAX as usize
    }

    fn tables(&self) -> usize {
        engine::TABLES_MAX as usize
    }

    fn memories(&self) -> usize {
        engine::MEMORIES_MAX as usize
    }
}

/// Rounded up, so that no limit is reported as kept when it is not.
fn mib(nbytes: usize) -> usize {
    nbytes.div_ceil(1 << 20)
}
