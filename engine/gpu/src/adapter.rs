//! Which adapters this machine has, and what each can do.

use std::fmt;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use gristmill_data::DType;
use wgpu::{Backends, Features};

use crate::device::CLOCK;

/// What of an adapter matters here.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct AdapterFacts {
    /// The name that the driver gives it, such as `NVIDIA H200`.
    pub name: String,
    /// The driver and its version.
    pub driver: String,
    /// Where it is plugged in, such as `0000:01:00.0`; empty when the driver does not say.
    pub pci_bus_id: String,
    /// Whether it is a program on the CPU, such as lavapipe: then it is slower than the CPU kernels, and good for tests.
    pub is_software: bool,
    /// Whether shaders have `float64`.
    pub has_f64: bool,
    /// Whether shaders have `int64` and `uint64`.
    pub has_i64: bool,
    /// How much of a buffer a shader sees at once, in bytes.
    pub binding_nbytes_max: u64,
    /// How large a buffer may be, in bytes.
    pub buffer_nbytes_max: u64,
    /// How many buffers a shader sees at once.
    pub n_bindings_max: usize,
}

impl AdapterFacts {
    /// Whether shaders of this adapter compute with elements of this dtype natively.
    ///
    /// Small integers, booleans and half precision are packed in words, and computed with in 32 bits as on the CPU.
    #[must_use]
    pub fn has(&self, dtype: DType) -> bool {
        match dtype {
            DType::Float64 | DType::Complex128 => self.has_f64,
            DType::Int64 | DType::UInt64 | DType::Datetime64Ns | DType::Timedelta64Ns => self.has_i64,
            _ => true,
        }
    }
}

/// `NVIDIA H200 (NVIDIA 580.95.05)`.
impl fmt::Display for AdapterFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)?;
        if self.driver.is_empty() { Ok(()) } else { write!(f, " ({})", self.driver) }
    }
}

/// An adapter that is there and fit for use.
pub struct Adapter {
    facts: AdapterFacts,
    pub(crate) inner: wgpu::Adapter,
}

impl Adapter {
    /// What it can do.
    #[must_use]
    pub fn facts(&self) -> &AdapterFacts {
        &self.facts
    }

    /// The features that a device of it is opened with.
    pub(crate) fn features(&self) -> Features {
        self.inner.features() & WANTED
    }
}

impl fmt::Debug for Adapter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Adapter").field(&self.facts).finish()
    }
}

/// Used where it is there.
const WANTED: Features =
    Features::IMMEDIATES.union(Features::SHADER_F64).union(Features::SHADER_INT64).union(CLOCK);

/// How much of the memory that the system lets this process have on a device is used, in percent: above that, drivers move
/// buffers to the host by themselves, and every access to them is slow.
const MEMORY_PERCENT: u8 = 90;

/// Bytes of immediate data that every shader here may count on: what Vulkan promises.
pub(crate) const IMMEDIATES_NBYTES: u32 = 128;

/// Workgroup memory that every shader here may count on, in bytes; wgpu does not check how much one takes.
pub(crate) const WORKGROUP_NBYTES: u32 = 32 << 10;

/// The adapters of this machine that can run compute shaders, hardware first. None is normal, and no error.
///
/// Software adapters are left out unless `software` asks for them.
#[must_use]
pub fn adapters(software: bool) -> Vec<Adapter> {
    let backends = Backends::VULKAN;
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
        backends,
        // Neither validation layers nor debug names, in any build.
        flags: wgpu::InstanceFlags::empty(),
        memory_budget_thresholds: wgpu::MemoryBudgetThresholds {
            for_resource_creation: Some(MEMORY_PERCENT),
            for_device_loss: None,
        },
        ..wgpu::InstanceDescriptor::new_without_display_handle()
    });
    let found = block_on(instance.enumerate_adapters(backends)).into_iter().map(describe);
    let mut fit: Vec<Adapter> = found
        .filter(|adapter| adapter.inner.features().contains(Features::IMMEDIATES))
        .filter(|adapter| adapter.inner.limits().max_immediate_size >= IMMEDIATES_NBYTES)
        .filter(|adapter| adapter.inner.limits().max_compute_workgroup_storage_size >= WORKGROUP_NBYTES)
        .filter(|adapter| software || !adapter.facts.is_software)
        .collect();
    fit.sort_by_key(|adapter| adapter.facts.is_software);
    fit
}

/// An adapter that checks shaders and calls, and computes nothing: it needs no driver.
#[cfg(test)]
pub(crate) fn noop() -> Adapter {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
        backends: Backends::NOOP,
        backend_options: wgpu::BackendOptions {
            noop: wgpu::NoopBackendOptions { enable: true, ..Default::default() },
            ..Default::default()
        },
        ..wgpu::InstanceDescriptor::new_without_display_handle()
    });
    let mut found = block_on(instance.enumerate_adapters(Backends::NOOP));
    describe(found.pop().expect("it is compiled in"))
}

fn describe(inner: wgpu::Adapter) -> Adapter {
    let (info, limits, features) = (inner.get_info(), inner.limits(), inner.features());
    let driver = [info.driver, info.driver_info].map(|text| text.trim().to_owned()).join(" ");
    let facts = AdapterFacts {
        name: info.name,
        driver: driver.trim().to_owned(),
        pci_bus_id: info.device_pci_bus_id,
        is_software: info.device_type == wgpu::DeviceType::Cpu,
        has_f64: features.contains(Features::SHADER_F64),
        has_i64: features.contains(Features::SHADER_INT64),
        binding_nbytes_max: limits.max_storage_buffer_binding_size,
        buffer_nbytes_max: limits.max_buffer_size,
        n_bindings_max: limits.max_storage_buffers_per_shader_stage as usize,
    };
    Adapter { facts, inner }
}

/// Waits for what is ready at once: outside of browsers, wgpu's futures are.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut ctx = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(ready) = future.as_mut().poll(&mut ctx) {
            return ready;
        }
        std::thread::yield_now();
    }
}
