//! The local cluster: the scheduler and one or more workers in one process.
//!
//! # Layout
//! - `builder`: settings and their checks.
//! - `backend`: what a client asks for.

mod backend;
mod builder;

use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;

use gristmill_client::Client;
use gristmill_data::Value;
use parking_lot::Mutex;

use crate::host::{Log, Progress, Shared};
use crate::report::FunctionStats;
pub(crate) use builder::runtime_alone;
pub use builder::{Cluster, LocalBuilder, wasm_cache_dir};

/// A running local cluster. Dropping it shuts it down.
#[derive(Debug)]
pub struct LocalCluster {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
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

    /// What each function has cost so far, as the report has it.
    #[must_use]
    pub fn functions(&self) -> Vec<FunctionStats> {
        let core = self.shared.core.lock();
        core.profile.report("", &[], core.now(), core.progress()).functions
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
