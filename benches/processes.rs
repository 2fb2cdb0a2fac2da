//! Processes of a cluster, for benches of what is between them.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};

/// A process that is killed when it is dropped.
pub(crate) struct Process {
    child: Child,
    out: BufReader<ChildStdout>,
}

impl Process {
    /// Starts the binary; what it says first ends with its address.
    pub(crate) fn start(args: &[&str]) -> (Self, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gristmill"));
        command.args(args);
        Self::of(command)
    }

    /// The same by a command that may do something before.
    pub(crate) fn of(mut command: Command) -> (Self, String) {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut said = String::new();
        out.read_line(&mut said).unwrap();
        (Self { child, out }, said.trim().rsplit(' ').next().unwrap().to_owned())
    }

    /// Starts a worker of one thread.
    #[allow(dead_code, reason = "each bench compiles this file for itself and uses what it needs")]
    pub(crate) fn worker(scheduler: &str, limit_memory: &str) -> Self {
        Self::start(&["worker", scheduler, "--threads", "1", "--limit-memory", limit_memory]).0
    }

    /// What it says until it has ended.
    #[allow(dead_code, reason = "each bench compiles this file for itself and uses what it needs")]
    pub(crate) fn rest(mut self) -> String {
        let mut said = String::new();
        self.out.read_to_string(&mut said).unwrap();
        said
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
