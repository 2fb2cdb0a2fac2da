//! One n-d piece of an array in the memory of a device.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use crate::error::tuple;
use crate::{Chunk, DType, TaskError, n_elements};

/// What has the elements of a [`DeviceChunk`].
pub trait DeviceMemory: Any + fmt::Debug + Send + Sync {
    /// A copy of the elements on the host.
    ///
    /// # Errors
    /// When the device is lost, and its memory with it: the task that made the elements must run again.
    fn land(&self) -> Result<Chunk, TaskError>;
}

/// One n-d piece of an array in the memory of a device: dtype, shape, and elements in C order, all present. Cheap to clone.
#[derive(Clone)]
pub struct DeviceChunk {
    dtype: DType,
    shape: Arc<[u64]>,
    memory: Arc<dyn DeviceMemory>,
}

impl DeviceChunk {
    /// A chunk of this dtype and shape, whose elements are there.
    #[must_use]
    pub fn new(dtype: DType, shape: Arc<[u64]>, memory: Arc<dyn DeviceMemory>) -> Self {
        Self { dtype, shape, memory }
    }

    /// The type of the elements.
    #[must_use]
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// The lengths along the axes.
    #[must_use]
    pub fn shape(&self) -> &[u64] {
        &self.shape
    }

    /// Size of the elements, in bytes: what they would take on the host.
    #[must_use]
    pub fn nbytes(&self) -> u64 {
        n_elements(&self.shape).unwrap_or(u64::MAX).saturating_mul(self.dtype.itemsize() as u64)
    }

    /// What has the elements.
    #[must_use]
    pub fn memory(&self) -> &dyn DeviceMemory {
        &*self.memory
    }

    /// A copy on the host.
    ///
    /// # Errors
    /// As [`DeviceMemory::land`].
    pub fn land(&self) -> Result<Chunk, TaskError> {
        self.memory.land()
    }
}

impl fmt::Debug for DeviceChunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeviceChunk({}, {})", self.dtype, tuple(&self.shape))
    }
}
