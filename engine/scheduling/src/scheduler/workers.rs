//! What the scheduler knows of each worker: what it runs, what it holds, how full it is.

use crate::{RunId, WorkerInfo, state::Pause};

/// A worker, live or lost. Lost ones keep their place, since ids are never used again.
#[derive(Debug)]
pub(crate) struct WorkerState {
    pub(crate) alive: bool,
    /// It is to leave, and is given nothing more.
    pub(crate) retiring: bool,
    pub(crate) info: WorkerInfo,
    pub(crate) network: Pace,
    pub(crate) spill: Pace,
    pub(crate) device: Pace,
    /// The tasks sent and not ended, in no order.
    pub(crate) processing: Vec<Run>,
    /// Of these, those that wait for tasks of their own, and need no thread.
    pub(crate) n_suspended: u32,
    /// Sum of what `processing` is expected to last.
    pub(crate) occupancy_ns: u64,
    /// Sum of the results that `processing` is expected to leave.
    pub(crate) output_nbytes: u64,
    /// Sum of the results on their way to it.
    pub(crate) incoming_nbytes: u64,
    /// Sum of the results that it is first to be asked for.
    pub(crate) outgoing_nbytes: u64,
    /// Tasks queued in the scheduler for this worker, and what they are expected to last.
    pub(crate) n_held: u32,
    pub(crate) held_ns: u64,
    /// Results held in memory or on a device; in spill files.
    pub(crate) memory_nbytes: u64,
    pub(crate) spilled_nbytes: u64,
    pub(crate) used_nbytes: u64,
    pub(crate) paused: bool,
    /// It has room for tasks and found none: it is in the list of such workers.
    pub(crate) starved: bool,
    /// It found tasks that it may not run for want of memory.
    pub(crate) braked: bool,
    /// It must be looked at before the event is done.
    pub(crate) woken: bool,
    /// Tasks asked back from it and not answered.
    pub(crate) n_asked: u32,
    /// Amounts left of the resources named by `Classes`.
    pub(crate) resources: Vec<u32>,
    /// Components it has run, one bit each.
    warm: Vec<u64>,
}

/// A task sent to a worker.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    pub(crate) slot: u32,
    pub(crate) run: RunId,
    pub(crate) duration_ns: u64,
    pub(crate) output_nbytes: u64,
    /// The worker for which the task has been asked back, or `NONE`.
    pub(crate) thief: u32,
    pub(crate) pause: Pause,
}

impl WorkerState {
    pub(crate) fn new(mut info: WorkerInfo, resources: Vec<u32>) -> Self {
        info.threads = info.threads.max(1);
        info.memory_limit_nbytes = info.memory_limit_nbytes.max(1);
        Self {
            alive: true,
            retiring: false,
            network: Pace::new(info.network_nbytes_per_s),
            spill: Pace::new(info.spill_nbytes_per_s),
            device: Pace::new(info.device_nbytes_per_s),
            info,
            processing: Vec::new(),
            n_suspended: 0,
            occupancy_ns: 0,
            output_nbytes: 0,
            incoming_nbytes: 0,
            outgoing_nbytes: 0,
            n_held: 0,
            held_ns: 0,
            memory_nbytes: 0,
            spilled_nbytes: 0,
            used_nbytes: 0,
            paused: false,
            starved: false,
            braked: false,
            woken: false,
            n_asked: 0,
            resources,
            warm: Vec::new(),
        }
    }

    /// Whether it is there, and to stay.
    pub(crate) fn takes_work(&self) -> bool {
        self.alive && !self.retiring
    }

    /// How many of the tasks sent to it take a thread, or wait for one.
    pub(crate) fn n_running(&self) -> usize {
        self.processing.len() - self.n_suspended as usize
    }

    /// Nanoseconds until a task sent now would start, by what is known.
    pub(crate) fn queue_ns(&self) -> u64 {
        let threads = self.info.threads as usize;
        if self.n_running() < threads && self.n_held == 0 {
            return 0;
        }
        (self.occupancy_ns + self.held_ns) / threads as u64
    }

    /// Bytes it holds in memory or soon will.
    pub(crate) fn in_flight_nbytes(&self) -> u64 {
        self.memory_nbytes.saturating_add(self.output_nbytes).saturating_add(self.incoming_nbytes)
    }

    pub(crate) fn exceeds(&self, percent: u32) -> bool {
        self.in_flight_nbytes() / 100 > self.info.memory_limit_nbytes / 10_000 * u64::from(percent)
    }

    pub(crate) fn is_warm(&self, component: u32) -> bool {
        let word = self.warm.get(component as usize / 64).copied().unwrap_or_default();
        word >> (component % 64) & 1 == 1
    }

    pub(crate) fn set_warm(&mut self, component: u32) {
        let at = component as usize / 64;
        if at >= self.warm.len() {
            self.warm.resize(at + 1, 0);
        }
        self.warm[at] |= 1 << (component % 64);
    }
}

/// How long a byte takes, in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace(f64);

impl Pace {
    pub(crate) fn new(nbytes_per_s: u64) -> Self {
        Self(1e9 / nbytes_per_s.max(1) as f64)
    }

    /// Nanoseconds that this many bytes take.
    pub(crate) fn ns(self, nbytes: u64) -> u64 {
        (nbytes as f64 * self.0) as u64
    }
}
