//! Workers on machines that are reached by ssh.

use std::process::{Child, Command, Stdio};

use super::{Provider, WorkerSpec};

/// Starts workers by ssh, on one host after the other. Each lasts as long as its connection.
#[derive(Debug)]
pub struct Ssh {
    spec: WorkerSpec,
    hosts: Vec<String>,
    /// The connection of each worker, and which host it is on.
    connections: Vec<(usize, Child)>,
}

impl Ssh {
    /// On these hosts, as `ssh` understands them; keys and ports are those of its configuration.
    #[must_use]
    pub fn new(spec: WorkerSpec, hosts: Vec<String>) -> Self {
        Self { spec, hosts, connections: Vec::new() }
    }

    /// The host that has the fewest.
    fn next_host(&self) -> Option<(usize, &String)> {
        let n_on = |at: usize| self.connections.iter().filter(|(host, _)| *host == at).count();
        self.hosts.iter().enumerate().min_by_key(|(at, _)| n_on(*at))
    }

    /// What `ssh` is called with.
    pub(super) fn args(&self, host: &str, scheduler: &str) -> Vec<String> {
        // With a terminal the worker hears of the end of its connection; without questions, nobody waits for answers.
        let options = ["-tt", "-o", "BatchMode=yes", "-o", "ServerAliveInterval=5", "--"];
        let mut args: Vec<String> = options.map(str::to_owned).to_vec();
        args.extend([host.to_owned(), self.spec.command_line(scheduler)]);
        args
    }
}

impl Provider for Ssh {
    fn spec(&self) -> &WorkerSpec {
        &self.spec
    }

    fn start(&mut self, scheduler: &str) -> Result<(), String> {
        let (at, host) =
            self.next_host().ok_or_else(|| "there are no hosts to start workers on".to_owned())?;
        let mut command = Command::new("ssh");
        command.args(self.args(host, scheduler)).stdin(Stdio::null());
        let child = command.spawn().map_err(|error| format!("cannot run ssh: {error}"))?;
        self.connections.push((at, child));
        Ok(())
    }

    fn n_started(&mut self) -> Result<usize, String> {
        self.connections.retain_mut(|(_, child)| matches!(child.try_wait(), Ok(None)));
        Ok(self.connections.len())
    }

    fn end(&mut self) {
        for (_, mut child) in self.connections.drain(..) {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Drop for Ssh {
    fn drop(&mut self) {
        self.end();
    }
}
