//! Where workers come from: processes of this machine, machines reached by ssh, jobs of a queue.
//!
//! A provider starts them. They end by themselves when they are retired, and with their scheduler; it sees to those that do
//! not.

mod job_queue;
mod local;
mod ssh;

use std::path::PathBuf;

pub use job_queue::{JobOptions, JobQueue, QueueKind};
pub use local::LocalProcesses;
pub use ssh::Ssh;

/// What each worker of a provider has.
#[derive(Debug, Clone)]
pub struct WorkerSpec {
    /// The engine's program on the worker's machine.
    pub program: PathBuf,
    /// Compute threads.
    pub n_threads: usize,
    /// Memory for results, in bytes.
    pub memory_nbytes: u64,
    /// The file of a worker's token on the worker's machine, where the cluster asks for one.
    pub token: Option<PathBuf>,
    /// How long a worker looks for a lost scheduler, such as `30s`.
    pub patience: String,
    /// More arguments of `gristmill worker`.
    pub more: Vec<String>,
}

impl WorkerSpec {
    /// The arguments of the program, for a worker of the scheduler at `host:port`.
    pub(crate) fn args(&self, scheduler: &str) -> Vec<String> {
        let mut args = vec![
            "worker".to_owned(),
            scheduler.to_owned(),
            "--threads".to_owned(),
            self.n_threads.to_string(),
            "--limit-memory".to_owned(),
            format!("{}B", self.memory_nbytes),
            "--patience".to_owned(),
            self.patience.clone(),
        ];
        if let Some(token) = &self.token {
            args.extend(["--token".to_owned(), token.display().to_string()]);
        }
        args.extend(self.more.iter().cloned());
        args
    }

    /// The whole command, for a shell.
    pub(crate) fn command_line(&self, scheduler: &str) -> String {
        let program = self.program.display().to_string();
        let words = std::iter::once(program).chain(self.args(scheduler));
        words.map(|word| quoted(&word)).collect::<Vec<_>>().join(" ")
    }
}

/// A word as POSIX shells read it back.
pub(crate) fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

/// Starts workers.
pub trait Provider: Send + std::fmt::Debug {
    /// What each of its workers has.
    fn spec(&self) -> &WorkerSpec;

    /// Starts one more worker, which joins the scheduler at `host:port` when it is up.
    ///
    /// # Errors
    /// Why it cannot be started; it is tried again later.
    fn start(&mut self, scheduler: &str) -> Result<(), String>;

    /// How many of those it has started have not ended, as far as it knows, whether they have joined or not.
    ///
    /// # Errors
    /// Why that cannot be found out.
    fn n_started(&mut self) -> Result<usize, String>;

    /// The cluster has ended: so do its workers, and those that were about to start, if they do not by themselves.
    fn end(&mut self);
}

#[cfg(test)]
mod tests;
