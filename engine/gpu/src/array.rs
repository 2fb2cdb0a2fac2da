//! Arrays in a device's memory.

use std::sync::Arc;

use gristmill_data::{Chunk, DType};

use crate::Error;
use crate::device::{Device, DeviceBuffer};

/// An n-d piece of an array in a device's memory: its elements in C order, all present.
#[derive(Debug, Clone)]
pub(crate) struct DeviceArray {
    pub(crate) dtype: DType,
    pub(crate) shape: Arc<[u64]>,
    pub(crate) buffer: DeviceBuffer,
}

impl DeviceArray {
    pub(crate) fn n_elements(&self) -> u64 {
        self.shape.iter().product()
    }

    pub(crate) fn nbytes(&self) -> u64 {
        self.n_elements() * self.dtype.itemsize() as u64
    }
}

impl Device {
    /// Room for an array; what is in it is of no meaning.
    pub(crate) fn array(&self, dtype: DType, shape: &[u64], tenant: u32) -> Result<DeviceArray, Error> {
        let n_elements = gristmill_data::n_elements(shape)?;
        let nbytes = n_elements.saturating_mul(dtype.itemsize() as u64);
        let buffer = self.run(move |owner| owner.allocate(nbytes, tenant))?;
        Ok(DeviceArray { dtype, shape: shape.into(), buffer })
    }

    /// An array of zeros.
    pub(crate) fn zeros(&self, dtype: DType, shape: &[u64], tenant: u32) -> Result<DeviceArray, Error> {
        let array = self.array(dtype, shape, tenant)?;
        let buffer = array.buffer.clone();
        self.run(move |owner| owner.clear(&buffer))?;
        Ok(array)
    }

    /// A copy of a chunk.
    pub(crate) fn copy_in(&self, chunk: &Chunk, tenant: u32) -> Result<DeviceArray, Error> {
        if chunk.validity().is_some() {
            return Err(Error::unsupported("absent elements"));
        }
        let array = self.array(chunk.dtype(), chunk.shape(), tenant)?;
        self.upload(chunk.data(), &array.buffer)?;
        Ok(array)
    }

    /// A copy of an array, once all that was asked before is done.
    pub(crate) fn copy_out(&self, array: &DeviceArray) -> Result<Chunk, Error> {
        let bytes = self.download(&array.buffer, array.nbytes())?;
        Ok(Chunk::try_new(array.dtype, &array.shape, bytes.into_buffer(), None)?)
    }
}
