//! A buffer in a device's memory, which goes back to the pool when nobody holds it.

use std::fmt;
use std::sync::Arc;
use std::sync::mpsc::Sender;

use super::{Mail, Shared};

/// Bytes in a device's memory. Cheap to clone.
#[derive(Clone)]
pub(crate) struct DeviceBuffer(Arc<Lease>);

struct Lease {
    /// Always there, until it goes back.
    buffer: Option<wgpu::Buffer>,
    nbytes: u64,
    tenant: u32,
    mail: Sender<Mail>,
}

impl DeviceBuffer {
    pub(super) fn new(shared: &Shared, buffer: wgpu::Buffer, nbytes: u64, tenant: u32) -> Self {
        Self(Arc::new(Lease { buffer: Some(buffer), nbytes, tenant, mail: shared.mail.clone() }))
    }

    /// How many bytes were asked for; the buffer itself is at least a multiple of 64 B that holds them.
    pub(crate) fn nbytes(&self) -> u64 {
        self.0.nbytes
    }

    #[expect(clippy::expect_used, reason = "it is taken out by drop alone, which has the only reference")]
    pub(super) fn raw(&self) -> &wgpu::Buffer {
        self.0.buffer.as_ref().expect("a buffer in use")
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(buffer) = self.buffer.take() {
            // The thread has ended with its device: then the memory is gone with it.
            let _gone = self.mail.send(Mail::Free(buffer, self.tenant));
        }
    }
}

impl fmt::Debug for DeviceBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeviceBuffer({} B)", self.0.nbytes)
    }
}
