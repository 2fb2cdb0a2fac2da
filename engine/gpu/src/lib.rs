//! Chunk kernels as compute shaders, for those chunks that are better off on a device.
//!
//! [`Devices`] is what a worker has: it says for each step of a task whether a device would be sooner, and runs calls of
//! kernels there. Every shader has a CPU kernel of the same name in `gristmill-kernels`, which is the fallback and what
//! tests compare it with.
//!
//! # Layout
//! - [`adapters`]: what the machine has
//! - [`Device`]: an adapter that was opened: its thread, memory, shaders
//! - `wgsl`: shader source of element-wise programs; `kernels`: what a device can do with arrays
//! - `calls`: kernels by name, as tasks call them; `session`: their arguments and results
//! - `resident`: results that stay in a device's memory
//! - `user`: map kernels of users, checked and bounded
//! - `placement`: here or there, by measured [`Rates`]
//! - [`bench()`]: how fast each kernel is
//! - [`Devices`]: all of it together, and what is done when something fails

mod adapter;
mod array;
mod bench;
mod calls;
mod device;
mod devices;
mod error;
mod kernels;
mod placement;
mod resident;
mod session;
mod user;
mod wgsl;

#[cfg(test)]
mod testing;

pub use adapter::{Adapter, AdapterFacts, adapters};
pub use bench::{BenchOptions, Measured, bench};
pub use device::{Device, DeviceOptions, Faults};
pub use devices::{Devices, DevicesOptions, Finding, Verdict, has_shader};
pub use error::Error;
pub use placement::Rates;
pub use resident::{Planned, is_lost, planned};
pub use user::{GpuHosts, HostOptions, KernelSource, UserKernel, gpu_host_main, serve, validate};
