//! One call of a kernel on a device: arguments taken there, results taken in.

use gristmill_data::{Chunk, Value};

use crate::Error;
use crate::array::DeviceArray;
use crate::device::Device;
use crate::kernels::Operand;
use crate::resident::{Elements, Residents, elements};

/// Results of at most so many bytes come back at once: whoever merges or finishes them does so on the CPU.
pub(crate) const LAND_NBYTES_MAX: u64 = 64 << 10;

/// Where a call runs, and for whom.
pub(crate) struct Session<'a> {
    pub(crate) device: &'a Device,
    pub(crate) residents: &'a Residents,
    pub(crate) tenant: u32,
}

impl Session<'_> {
    /// An argument as an array on this device.
    pub(crate) fn array(&self, value: &Value) -> Result<DeviceArray, Error> {
        match value {
            Value::Chunk(chunk) => self.device.copy_in(chunk, self.tenant),
            Value::DeviceChunk(chunk) => match elements(chunk) {
                Elements::Resident(resident) if resident.device().is(self.device) => {
                    self.residents.touch(resident);
                    match resident.elements()? {
                        Ok(array) => Ok(array),
                        Err(chunk) => self.device.copy_in(&chunk, self.tenant),
                    }
                }
                Elements::Planned(_) => Err(Error::unsupported("what is only planned")),
                _ => {
                    let landed = chunk.land().map_err(|error| Error::unsupported(error.to_string()))?;
                    self.device.copy_in(&landed, self.tenant)
                }
            },
            other => Err(Error::unsupported(format!("{other:?}"))),
        }
    }

    /// An argument of a program: one element goes with the call.
    pub(crate) fn operand(&self, value: &Value) -> Result<Operand, Error> {
        match value {
            Value::Chunk(chunk) if chunk.n_elements() == 1 && chunk.validity().is_none() => {
                Ok(Operand::Element(chunk.clone()))
            }
            other => self.array(other).map(Operand::Array),
        }
    }

    pub(crate) fn operands(&self, values: &[Value]) -> Result<Vec<Operand>, Error> {
        values.iter().map(|value| self.operand(value)).collect()
    }

    /// A result: small ones come back.
    pub(crate) fn give(&self, array: DeviceArray) -> Result<Value, Error> {
        if array.nbytes() <= LAND_NBYTES_MAX {
            return self.land(&array).map(Value::Chunk);
        }
        Ok(Value::DeviceChunk(self.residents.keep(self.device, array)))
    }

    pub(crate) fn land(&self, array: &DeviceArray) -> Result<Chunk, Error> {
        self.device.copy_out(array)
    }
}
