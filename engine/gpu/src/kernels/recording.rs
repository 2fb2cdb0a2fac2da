//! Dispatches in the making, and what they share.

use gristmill_data::DType;

use crate::Error;
use crate::array::DeviceArray;
use crate::device::{Device, Dispatch, Shader, Window};
use crate::wgsl::{WORKGROUP, WORKGROUPS_MAX};

/// Dispatches that are handed to a device together, and arrays for them, of one tenant.
pub(crate) struct Recording<'a> {
    pub(crate) device: &'a Device,
    pub(crate) tenant: u32,
    dispatches: Vec<Dispatch>,
}

impl<'a> Recording<'a> {
    pub(crate) fn new(device: &'a Device, tenant: u32) -> Self {
        Self { device, tenant, dispatches: Vec::new() }
    }

    /// Room for an array.
    pub(crate) fn array(&self, dtype: DType, shape: &[u64]) -> Result<DeviceArray, Error> {
        self.device.array(dtype, shape, self.tenant)
    }

    /// Adds a call of a shader that is bound to all of these arrays. `words` come after the zero that immediates begin with.
    pub(crate) fn add(
        &mut self,
        shader: Shader,
        arrays: &[&DeviceArray],
        words: &[u32],
        workgroups: [u32; 3],
    ) {
        let bindings = arrays.iter().map(|array| Window::whole(&array.buffer)).collect();
        let words = [&[0], words].concat();
        self.dispatches.push(Dispatch { shader, bindings, words, workgroups });
    }

    /// Hands over what has been added.
    pub(crate) fn dispatch(&mut self) -> Result<(), Error> {
        self.device.dispatch(std::mem::take(&mut self.dispatches))
    }
}

/// At least so many workgroups, in rows where one row is too short: a shader counts them in C order, and leaves out
/// those that are too many.
pub(crate) fn grid(n_workgroups: u64) -> Result<[u32; 3], Error> {
    let n_rows = n_workgroups.div_ceil(u64::from(WORKGROUPS_MAX)).max(1);
    match n_rows <= u64::from(WORKGROUPS_MAX) {
        true => Ok([n_workgroups.div_ceil(n_rows) as u32, n_rows as u32, 1]),
        false => Err(Error::unsupported(format!("{n_workgroups} workgroups"))),
    }
}

/// Workgroups with at least so many invocations.
pub(crate) fn invocations(n: u64) -> Result<[u32; 3], Error> {
    grid(n.div_ceil(u64::from(WORKGROUP)))
}
