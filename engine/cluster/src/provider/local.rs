//! Workers as processes of this machine.

use std::process::{Child, Command, Stdio};

use super::{Provider, WorkerSpec};

/// Starts workers as child processes, which do not outlive this.
#[derive(Debug)]
pub struct LocalProcesses {
    spec: WorkerSpec,
    children: Vec<Child>,
}

impl LocalProcesses {
    /// None yet.
    #[must_use]
    pub fn new(spec: WorkerSpec) -> Self {
        Self { spec, children: Vec::new() }
    }
}

impl Provider for LocalProcesses {
    fn spec(&self) -> &WorkerSpec {
        &self.spec
    }

    fn start(&mut self, scheduler: &str) -> Result<(), String> {
        let mut command = Command::new(&self.spec.program);
        command.args(self.spec.args(scheduler)).stdin(Stdio::null());
        let child = command.spawn();
        self.children.push(child.map_err(|error| format!("cannot start a worker: {error}"))?);
        Ok(())
    }

    fn n_started(&mut self) -> Result<usize, String> {
        self.children.retain_mut(|child| matches!(child.try_wait(), Ok(None)));
        Ok(self.children.len())
    }

    /// They end with their scheduler; those that hang are killed.
    fn end(&mut self) {
        for mut child in self.children.drain(..) {
            if !ended_soon(&mut child) {
                let _ = child.kill();
                let _ = child.wait();
            }
        }
    }
}

impl Drop for LocalProcesses {
    fn drop(&mut self) {
        self.end();
    }
}

/// Waits for up to a second.
fn ended_soon(child: &mut Child) -> bool {
    for _ in 0..100 {
        if !matches!(child.try_wait(), Ok(None)) {
            return true;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    false
}
