//! The local cluster: the scheduler and one or more workers in one process.
//!
//! There is no scheduler thread. Compute threads drive the state machines themselves: a thread that has finished
//! a task takes the one lock, tells its worker, lets events run between worker and scheduler until nothing is left
//! to decide, and takes its next tasks. So a small task costs one lock and no wake-up, and values pass by `Arc`.
//!
//! # Layout
//! - `builder`: settings and their checks.
//! - `clients`: what clients hold and wait for.
//! - `slots`: what a worker holds of each task.
//! - `core`: the state machines and the values, behind the lock.
//! - `jobs`: what threads are asked to do: run tasks, spill and load values.
//! - `journal`: what guests log, and how far they say they are.
//! - `threads`: the loop of a compute thread.
//! - `backend`: what a client asks for.

mod backend;
mod builder;
mod clients;
mod core;
mod jobs;
mod journal;
mod slots;
mod submit;
mod threads;

use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;

use gristmill_client::Client;
use gristmill_data::Value;
use parking_lot::Mutex;

pub use builder::{Cluster, LocalBuilder, wasm_cache_dir};
pub use journal::{Log, LogLine};
use threads::Shared;

/// A running local cluster. Dropping it shuts it down.
#[derive(Debug)]
pub struct LocalCluster {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// How far a cluster is, as counters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Tasks accepted so far.
    pub n_tasks: u64,
    /// Tasks that have ended, well or not.
    pub n_done: u64,
    /// How far the running tasks say that they are, in thousandths of a task, summed up.
    pub running_permille: u64,
    /// Results held in memory or in spill files.
    pub n_held: u64,
    /// Bytes of results in memory.
    pub memory_nbytes: u64,
    /// The most bytes of results that one worker has had in memory so far.
    pub peak_nbytes: u64,
    /// Bytes of results written to spill files so far.
    pub spilled_nbytes: u64,
}

impl LocalCluster {
    /// A session with this cluster.
    #[must_use]
    pub fn client(&self) -> Client {
        Client::new(self.shared.clone())
    }

    /// How far the cluster is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let running_permille = self.shared.journal.running_permille();
        Progress { running_permille, ..self.shared.core.lock().progress() }
    }

    /// What guests have logged since this was last called, of all tasks, whether they succeed or not.
    ///
    /// The last thousand lines are kept: ask as often as [`LocalCluster::progress`]. A call may log as much as
    /// [`Limits`](gristmill_sandbox::Limits) says; a line of its own tells where the rest was dropped.
    #[must_use]
    pub fn take_log(&self) -> Log {
        self.shared.journal.take_new()
    }

    /// The report of what has run so far, as one HTML file; `results` are shown in it as tables.
    #[must_use]
    pub fn report(&self, title: &str, results: &[(String, Vec<Value>)]) -> String {
        let core = self.shared.core.lock();
        let report = core.profile.report(title, results, core.now(), core.progress());
        drop(core);
        let report = report.with_log(self.shared.journal.last());
        crate::report::render(&report)
    }

    /// What is known of each GPU: what was measured of it, what it has done, and what came back to the CPU and why. Looks
    /// for GPUs, if that was not done.
    #[must_use]
    pub fn gpus(&self) -> Vec<gristmill_gpu::Finding> {
        self.shared.devices.findings()
    }

    /// Why calls of map kernels that plugins bring came back to their components, with how many.
    #[must_use]
    pub fn returned_shaders(&self) -> Vec<(String, u64)> {
        self.shared.plugin_shaders.returned()
    }

    /// The folder for spilled results, while the cluster runs.
    #[must_use]
    pub fn spill_dir(&self) -> PathBuf {
        self.shared.spill.path().to_owned()
    }

    /// Stops the cluster: running guests are stopped, threads end, spill files are removed.
    ///
    /// Clients that still wait are told that their tasks are cancelled.
    pub fn shutdown(&self) {
        self.shared.stop();
        for thread in std::mem::take(&mut *self.threads.lock()) {
            // A compute thread catches panics of tasks; one that died all the same has nothing left to say.
            let _ = thread.join();
        }
        self.shared.devices.close();
        self.shared.clear();
    }
}

impl Drop for LocalCluster {
    fn drop(&mut self) {
        self.shutdown();
    }
}

#[cfg(test)]
mod tests;
