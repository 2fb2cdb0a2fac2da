//! Settings of both machines, each with its reason; the defaults suit a cluster of ordinary servers.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::PolicyKind;

/// Settings of a scheduler.
#[derive(Clone, Debug)]
pub struct SchedulerConfig {
    /// Seed of every sampling decision; equal events and seed give equal actions.
    pub seed: u64,
    /// Which placement policy decides.
    pub policy: PolicyKind,
    /// Tasks sent to a worker per thread, in percent: 125 lets every fourth thread have its next task waiting.
    pub saturation_percent: u32,
    /// Work kept queued at a worker per thread even beyond the saturation, so that tiny tasks never starve it.
    pub queued_work_ns: u64,
    /// Tasks sent to a worker per thread at most, however tiny.
    pub queued_tasks_max: u32,
    /// A worker whose bytes in flight exceed this share of its memory starts no root tasks.
    pub brake_roots_percent: u32,
    /// A worker whose bytes in flight exceed this share of its memory runs only tasks that free bytes.
    pub brake_all_percent: u32,
    /// After this many workers have died under a task, the task is blamed and erred.
    pub deaths_max: u32,
    /// What a task of a family that never ran is taken to last.
    pub unknown_duration_ns: u64,
    /// Time that compiling a component takes on a worker that has not run it yet.
    pub compile_ns: u64,
    /// Time lost per transfer besides the bytes.
    pub latency_ns: u64,
    /// Tasks entered, and tasks forgotten, per event; the rest waits for the next, so that others are served between.
    pub tasks_per_event: usize,
    /// How many transitions are remembered for [`Scheduler::story`](crate::Scheduler::story).
    pub story_len: usize,
}

impl Default for SchedulerConfig {
    fn default() -> Self {
        Self {
            seed: 0,
            policy: PolicyKind::Gristmill,
            saturation_percent: 125,
            queued_work_ns: 1_000_000,
            queued_tasks_max: 256,
            brake_roots_percent: 70,
            brake_all_percent: 85,
            deaths_max: 3,
            unknown_duration_ns: 10_000_000,
            compile_ns: 100_000_000,
            latency_ns: 200_000,
            tasks_per_event: 65_536,
            story_len: 4096,
        }
    }
}

/// What a joining worker offers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WorkerInfo {
    /// Tasks it runs at a time; at least 1.
    pub threads: u32,
    /// Memory it may fill with results and running tasks, in bytes.
    pub memory_limit_nbytes: u64,
    /// Bytes a second it sends or receives, estimated.
    pub network_nbytes_per_s: u64,
    /// Bytes a second it reads back from spill files, estimated.
    pub spill_nbytes_per_s: u64,
    /// Bytes a second between its main memory and an accelerator, estimated.
    pub device_nbytes_per_s: u64,
    /// Abstract resources it has, by name.
    pub resources: Vec<(Arc<str>, u32)>,
    /// Names by which tasks can be restricted to it.
    pub labels: Vec<Arc<str>>,
}

impl Default for WorkerInfo {
    fn default() -> Self {
        Self {
            threads: 1,
            memory_limit_nbytes: 4 << 30,
            network_nbytes_per_s: 1_250_000_000,
            spill_nbytes_per_s: 1_000_000_000,
            device_nbytes_per_s: 10_000_000_000,
            resources: Vec::new(),
            labels: Vec::new(),
        }
    }
}

/// Settings of a worker.
#[derive(Clone, Debug)]
pub struct WorkerConfig {
    /// Tasks run at a time; at least 1.
    pub threads: u32,
    /// Memory for results and running tasks, in bytes.
    pub memory_limit_nbytes: u64,
    /// Above this share of the memory, results are spilled until it is no longer exceeded.
    pub target_percent: u32,
    /// Above this share of the memory, those are spilled too that calls here will use.
    pub spill_percent: u32,
    /// Above this share of the memory no task is started.
    pub pause_percent: u32,
    /// Inputs fetched at a time.
    pub fetches_max: u32,
    /// Values written to or read from spill files at a time.
    pub spills_max: u32,
    /// How often each holder of an input is tried before it counts as failed.
    pub fetch_tries_max: u32,
    /// How many transitions are remembered for [`Worker::story`](crate::Worker::story).
    pub story_len: usize,
}

impl Default for WorkerConfig {
    fn default() -> Self {
        Self {
            threads: 1,
            memory_limit_nbytes: 4 << 30,
            target_percent: 60,
            spill_percent: 70,
            pause_percent: 80,
            fetches_max: 16,
            spills_max: 2,
            fetch_tries_max: 2,
            story_len: 4096,
        }
    }
}
