//! The GPU hosts of a machine: one process for each tenant, which ends with what it did wrong.
//!
//! # Layout
//! - this file: which tenant has which process, and which kernels are blocked
//! - `process`: one process

mod process;

use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use gristmill_data::{Chunk, broadcast_shapes};
use parking_lot::Mutex;

use super::protocol::{ARRAYS_NBYTES_MAX, Opening};
use super::{KernelHash, KernelSource, check_lengths};
use crate::Error;
use process::{HostProcess, Outcome};

/// How many tenants may have a process at a time.
const HOSTS_MAX: usize = 64;
/// How many blocked kernels are remembered; then the oldest may try again.
const BLOCKED_MAX: usize = 4096;

/// How GPU hosts are started, and what they may do.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct HostOptions {
    /// The program, called with the one argument `gpu-host`, which must then call
    /// [`gpu_host_main`](crate::gpu_host_main).
    pub exe: PathBuf,
    /// Which adapter they open, counted as [`adapters`](crate::adapters) lists them.
    pub adapter_idx: usize,
    /// Whether software adapters are among them.
    pub software: bool,
    /// How many bytes of a device's memory each tenant may have.
    pub budget_nbytes: u64,
    /// How long one call may take, and one compilation, in wall time.
    pub deadline: Duration,
    /// How long it may take to start one, drivers included.
    pub start_deadline: Duration,
}

impl HostOptions {
    /// The first adapter through this program, with 1 GiB for each tenant, 10 s for a call and 30 s to start.
    #[must_use]
    pub fn new(exe: impl Into<PathBuf>) -> Self {
        Self {
            exe: exe.into(),
            adapter_idx: 0,
            software: false,
            budget_nbytes: 1 << 30,
            deadline: Duration::from_secs(10),
            start_deadline: Duration::from_secs(30),
        }
    }

    fn opening(&self) -> Opening {
        // Should this process be gone by then, the host ends itself a little later than it would have been ended.
        let deadline_ms = 2 * self.deadline.max(self.start_deadline).as_millis() as u64;
        let Self { adapter_idx, software, budget_nbytes, .. } = *self;
        Opening { adapter_idx, software, budget_nbytes, deadline_ms }
    }
}

/// A place for a tenant's process.
type Slot = Arc<Mutex<Option<HostProcess>>>;

/// Processes that run users' kernels, one for each tenant, started when they are needed and ended with this.
pub struct GpuHosts {
    options: HostOptions,
    slots: Mutex<HashMap<u32, Slot>>,
    /// Kernels that ended their process, oldest first.
    blocked: Mutex<VecDeque<(KernelHash, Error)>>,
}

impl std::fmt::Debug for GpuHosts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GpuHosts").field("options", &self.options).finish_non_exhaustive()
    }
}

impl GpuHosts {
    /// No process yet.
    #[must_use]
    pub fn new(options: HostOptions) -> Self {
        Self { options, slots: Mutex::default(), blocked: Mutex::default() }
    }

    /// Checks a kernel, in the tenant's process.
    ///
    /// # Errors
    /// [`Error::Kernel`] when it is refused; as [`map`](Self::map) otherwise.
    pub fn check(&self, tenant: u32, kernel: &KernelSource) -> Result<(), Error> {
        self.with_host(tenant, kernel, |host| host.check(kernel, &self.options)).map(drop)
    }

    /// A kernel for each element of these arrays, which broadcast together, in the tenant's process. Calls of one tenant
    /// wait for one another.
    ///
    /// # Errors
    /// [`Error::Kernel`] when it is refused, [`Error::Turns`] when its loops do not end in time; [`Error::Deadline`] and
    /// [`Error::Crashed`] when the process was ended with it, which blocks the kernel here; [`Error::Host`] when there is
    /// no process to be had; [`Error::Unsupported`] and [`Error::OutOfMemory`] of arguments.
    pub fn map(&self, tenant: u32, kernel: &KernelSource, inputs: &[Chunk]) -> Result<Chunk, Error> {
        if inputs.iter().any(|chunk| chunk.validity().is_some()) {
            return Err(Error::unsupported("absent elements"));
        }
        let shapes: Vec<&[u64]> = inputs.iter().map(Chunk::shape).collect();
        let shape = broadcast_shapes(&shapes)?;
        let result_nbytes =
            gristmill_data::n_elements(&shape)?.saturating_mul(kernel.result.itemsize() as u64);
        let nbytes =
            inputs.iter().map(|chunk| chunk.data().len() as u64).fold(result_nbytes, u64::saturating_add);
        if nbytes > ARRAYS_NBYTES_MAX {
            return Err(Error::unsupported(format!(
                "arrays of {nbytes} B, of at most {ARRAYS_NBYTES_MAX} B"
            )));
        }
        self.with_host(tenant, kernel, |host| host.map(kernel, inputs, &shape, &self.options))
    }

    /// Ends the tenant's process, if it has one, once it has done what it does.
    pub fn end(&self, tenant: u32) {
        let slot = self.slots.lock().remove(&tenant);
        if let Some(slot) = slot {
            slot.lock().take();
        }
    }

    /// Does this in the tenant's process; one that it ends is not used again, and nor is the kernel.
    fn with_host<T>(
        &self,
        tenant: u32,
        kernel: &KernelSource,
        work: impl FnOnce(&mut HostProcess) -> Outcome<T>,
    ) -> Result<T, Error> {
        check_lengths(&kernel.source, &kernel.name)?;
        let hash = kernel.hash();
        if let Some((_, error)) = self.blocked.lock().iter().find(|(blocked, _)| *blocked == hash) {
            return Err(error.clone());
        }
        let slot = self.slot(tenant)?;
        let mut place = slot.lock();
        if place.as_mut().is_some_and(|host| !host.is_fit()) {
            *place = None;
        }
        let host = match &mut *place {
            Some(host) => host,
            empty => empty.insert(HostProcess::start(&self.options)?),
        };
        match work(host) {
            Outcome::Done(done) => Ok(done),
            Outcome::Failed(error) => Err(error),
            Outcome::Ended(error) => {
                *place = None;
                let mut blocked = self.blocked.lock();
                if blocked.len() >= BLOCKED_MAX {
                    blocked.pop_front();
                }
                blocked.push_back((hash, error.clone()));
                Err(error)
            }
        }
    }

    /// The tenant's place; when all are taken, that of a tenant whose process has nothing to do.
    fn slot(&self, tenant: u32) -> Result<Slot, Error> {
        let mut slots = self.slots.lock();
        if !slots.contains_key(&tenant) && slots.len() >= HOSTS_MAX {
            let idle = slots.iter().find(|(_, slot)| Arc::strong_count(slot) == 1).map(|(&tenant, _)| tenant);
            let idle =
                idle.ok_or_else(|| Error::unsupported(format!("more than {HOSTS_MAX} tenants at a time")))?;
            slots.remove(&idle);
        }
        Ok(slots.entry(tenant).or_default().clone())
    }
}

#[cfg(test)]
impl GpuHosts {
    /// The process of a tenant, which may be busy.
    fn pid(&self, tenant: u32) -> Option<rustix::process::Pid> {
        let slot = self.slots.lock().get(&tenant).cloned()?;
        let place = slot.lock();
        place.as_ref().map(HostProcess::pid)
    }
}

#[cfg(test)]
mod tests;
