//! The worker: one worker's task loop. It fetches inputs, runs tasks, holds and spills results.
//!
//! An [`Entry`](entries::Entry) stands for a task's result, be it held, fetched or computed here;
//! a [`Call`](entries::Call) for a task to run. A call counts as a *user* of its inputs from the moment it arrives,
//! and *pins* them in memory from the moment it is next to run.

#![expect(
    clippy::indexing_slicing,
    reason = "entries and calls are positions in the worker's own tables; `validate` checks them"
)]

mod arrivals;
mod entries;
mod fetch;
mod memory;
mod on_scheduler;
mod run;
mod validate;

#[cfg(test)]
mod tests;

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, VecDeque},
    mem,
};

use crate::{
    Assignment, TaskId, Time, Transition, WorkerAction, WorkerConfig, WorkerEvent, WorkerId, WorkerMsg,
    WorkerTask, heap::Heap, story::Story,
};
use arrivals::Arrivals;
use entries::{Call, Entries, Slab};

/// No entry, no call.
const NONE: u32 = u32::MAX;

/// A worker as a state machine.
///
/// The driver carries out the actions of one event before it feeds the next.
#[derive(Debug)]
pub struct Worker {
    id: WorkerId,
    config: WorkerConfig,
    now: Time,
    entries: Entries,
    calls: Slab<Call>,
    /// Calls whose inputs are all here, by priority.
    ready: Heap,
    /// Calls whose inputs are pinned and in memory.
    loaded: VecDeque<u32>,
    /// Calls whose inputs are pinned and being read back from spill files.
    n_loading: u32,
    n_executing: u32,
    /// Of the calls that were started and have not ended, those that wait for tasks of their own.
    n_suspended: u32,
    /// Entries to fetch, by the priority of the call that needs them first.
    to_fetch: BinaryHeap<Reverse<(u64, u32, u32)>>,
    /// Orders fetches for one call, which begin at another input on every worker.
    next_fetch: u32,
    n_flight: u32,
    flight_nbytes: u64,
    arrivals: Arrivals,
    /// Values in memory, also those being written or read back.
    memory_nbytes: u64,
    /// The most that these have been.
    peak_nbytes: u64,
    /// Of these, the ones being written: they will be gone.
    spilling_nbytes: u64,
    n_spilling: u32,
    /// Values that could be spilled, least recently used first; stale where the stamp differs.
    lru: VecDeque<(u32, u32)>,
    next_stamp: u32,
    /// Spilling has failed, and is tried again when memory has been freed since.
    spill_failed: bool,
    /// What guests have in memory.
    guest_nbytes: u64,
    paused: bool,
    story: Story<WorkerTask>,
    out: Vec<WorkerAction>,
}

impl Worker {
    /// A worker that holds nothing.
    pub fn new(id: WorkerId, config: WorkerConfig) -> Self {
        Self {
            id,
            now: Time::default(),
            entries: Entries::default(),
            calls: Slab::default(),
            ready: Heap::default(),
            loaded: VecDeque::new(),
            n_loading: 0,
            n_executing: 0,
            n_suspended: 0,
            to_fetch: BinaryHeap::new(),
            next_fetch: 0,
            n_flight: 0,
            flight_nbytes: 0,
            arrivals: Arrivals::default(),
            memory_nbytes: 0,
            peak_nbytes: 0,
            spilling_nbytes: 0,
            n_spilling: 0,
            lru: VecDeque::new(),
            next_stamp: 0,
            spill_failed: false,
            guest_nbytes: 0,
            paused: false,
            story: Story::new(config.story_len),
            out: Vec::new(),
            config,
        }
    }

    /// Takes in one event; what is to be done is appended to `actions`.
    ///
    /// Any event is fine: what is stale or makes no sense is ignored.
    pub fn on(&mut self, now: Time, event: WorkerEvent, actions: &mut Vec<WorkerAction>) {
        self.now = self.now.max(now);
        mem::swap(&mut self.out, actions);
        match event {
            WorkerEvent::Scheduler(msg) => self.on_scheduler_msg(msg),
            WorkerEvent::Fetched { task, from: _, nbytes } => self.on_fetched(task, nbytes),
            WorkerEvent::FetchFailed { task, from, gone } => self.on_fetch_failed(task, from, gone),
            WorkerEvent::Executed { task, run, nbytes, duration_ns } => {
                self.on_executed(task, run, nbytes, duration_ns);
            }
            WorkerEvent::Failed { task, run, error, retryable } => {
                self.on_failed(task, run, error, retryable);
            }
            WorkerEvent::Suspended { task, run } => self.on_suspended(task, run),
            WorkerEvent::Resumed { task, run } => self.on_resumed(task, run),
            WorkerEvent::InputsLost { task, run, inputs } => self.on_inputs_lost(task, run, &inputs),
            WorkerEvent::OnDevice { task } => self.on_device(task),
            WorkerEvent::OnDisk { task } => self.on_disk(task),
            WorkerEvent::Lost { task } => self.on_lost(task),
            WorkerEvent::Spilled { task } => self.on_spilled(task),
            WorkerEvent::SpillFailed { task } => self.on_spill_failed(task),
            WorkerEvent::Unspilled { task } => self.on_unspilled(task),
            WorkerEvent::UnspillFailed { task } => self.on_unspill_failed(task),
            WorkerEvent::Guests { nbytes } => self.guest_nbytes = nbytes,
        }
        self.settle();
        self.peak_nbytes = self.peak_nbytes.max(self.memory_nbytes);
        mem::swap(&mut self.out, actions);
    }

    /// The last transitions of a task, oldest first.
    pub fn story(&self, task: TaskId) -> Vec<Transition<WorkerTask>> {
        self.story.of(task)
    }

    /// What the scheduler has told about a task that is to run or runs.
    pub fn assignment(&self, task: TaskId) -> Option<&Assignment> {
        let entry = self.entries.find(task)?;
        let call = self.entries.all[entry as usize].call;
        (call != NONE).then(|| &self.calls[call].assignment)
    }

    /// A task's state here.
    pub fn state(&self, task: TaskId) -> WorkerTask {
        self.entries.find(task).map_or(WorkerTask::Released, |entry| self.entries.all[entry as usize].state)
    }

    /// Bytes of the values held in memory.
    pub fn memory_nbytes(&self) -> u64 {
        self.memory_nbytes
    }

    /// Bytes in memory, of values and of guests.
    pub fn used_nbytes(&self) -> u64 {
        self.memory_nbytes.saturating_add(self.guest_nbytes)
    }

    /// Whether so much memory is in use that some is to be given back.
    pub fn is_pressed(&self) -> bool {
        self.exceeds(self.used_nbytes(), self.config.target_percent)
    }

    /// The most bytes of values that it has held in memory after any event.
    pub fn peak_nbytes(&self) -> u64 {
        self.peak_nbytes
    }

    /// The number of calls running, those apart that wait for tasks of their own.
    pub fn n_executing(&self) -> u32 {
        self.n_executing
    }

    /// Whether no task is started for want of memory.
    pub fn paused(&self) -> bool {
        self.paused
    }

    /// Starts whatever can be started after an event.
    fn settle(&mut self) {
        self.watch_memory();
        self.start_calls();
        self.start_fetches();
        // A fetch that is given up may have left a call to run.
        self.start_calls();
    }

    fn tell(&mut self, msg: WorkerMsg) {
        self.out.push(WorkerAction::Scheduler(msg));
    }

    fn transition(&mut self, entry: u32, to: WorkerTask) {
        let entry = &mut self.entries.all[entry as usize];
        let from = mem::replace(&mut entry.state, to);
        self.story.push(Transition { at: self.now, task: entry.id, from, to });
    }
}
