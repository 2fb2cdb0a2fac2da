//! Clusters of several processes.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use gristmill::prelude::*;

use super::gristmill;

/// A process of a cluster, killed when it is dropped.
pub(crate) struct Process {
    pub(crate) child: Child,
    /// What it said first.
    pub(crate) said: String,
    _out: BufReader<std::process::ChildStdout>,
}

impl Process {
    pub(crate) fn start(args: &[&str]) -> Self {
        Self::start_with(args, &[])
    }

    pub(crate) fn start_with(args: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gristmill"));
        command.args(args).envs(variables.iter().copied());
        Self::of(command)
    }

    /// A process that says its address first.
    pub(crate) fn of(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut said = String::new();
        out.read_line(&mut said).unwrap();
        Self { child, said, _out: out }
    }

    /// The address at the end of what it said first.
    pub(crate) fn address(&self) -> &str {
        self.said.trim().rsplit(' ').next().unwrap()
    }

    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A scheduler and workers of one thread each.
pub(crate) struct TestCluster {
    pub(crate) scheduler: Process,
    pub(crate) workers: Vec<Process>,
}

impl TestCluster {
    pub(crate) fn start(n_workers: usize) -> Self {
        let scheduler = Process::start(&["scheduler", "--listen", "127.0.0.1:0"]);
        let mut cluster = Self { scheduler, workers: Vec::new() };
        (0..n_workers).for_each(|_| cluster.add_worker(&[]));
        cluster
    }

    pub(crate) fn add_worker(&mut self, more: &[&str]) {
        self.add_worker_with("200MB", more);
    }

    pub(crate) fn add_worker_with(&mut self, limit_memory: &str, more: &[&str]) {
        let address = self.scheduler.address().to_owned();
        let args = ["worker", &address, "--threads", "1", "--limit-memory", limit_memory];
        self.workers.push(Process::start(&[&args[..], more].concat()));
    }

    /// Kills the scheduler, and starts another at its address.
    pub(crate) fn restart_scheduler(&mut self) {
        let address = self.scheduler.address().to_owned();
        self.scheduler.kill();
        self.scheduler = Process::start(&["scheduler", "--listen", &address]);
    }

    pub(crate) fn client(&self) -> Client {
        Client::connect(self.scheduler.address()).unwrap()
    }
}

/// A folder with an authority, and tokens of it.
pub(crate) struct Tokens(tempfile::TempDir);

impl Tokens {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    /// A scheduler that lets in who has a token of this authority.
    pub(crate) fn scheduler(&self, listen: &str) -> Process {
        Process::start(&["scheduler", "--listen", listen, "--authority", &self.path("authority")])
    }

    pub(crate) fn issue(&self, kind: &str, name: &str) -> String {
        let (authority, output) = (self.path("authority"), self.path(name));
        let args = ["cluster", "token", kind, "--authority", &authority, "--output", &output];
        let issued = gristmill(self.0.path(), &args);
        assert!(issued.status.success(), "{}", String::from_utf8_lossy(&issued.stderr));
        output
    }
}
