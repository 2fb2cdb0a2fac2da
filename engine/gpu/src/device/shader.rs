//! Shaders, and calls of them.

use std::sync::Arc;

use super::Device;
use super::buffer::DeviceBuffer;
use crate::Error;

/// A compute shader: its text, without what it names of the library, and which of its bindings it writes.
///
/// Bindings are storage buffers of group 0, counted from 0; immediates are `var<immediate> imm: Immediates`; the entry
/// point is `main`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Shader {
    /// For people and error messages.
    pub(crate) name: &'static str,
    pub(crate) text: Arc<str>,
    /// For each binding whether it is written.
    pub(crate) writes: Arc<[bool]>,
}

/// One call of a shader.
#[derive(Debug, Clone)]
pub(crate) struct Dispatch {
    pub(crate) shader: Shader,
    pub(crate) bindings: Vec<Window>,
    /// Words of immediates; those that are left out are 0.
    pub(crate) words: Vec<u32>,
    pub(crate) workgroups: [u32; 3],
}

/// A part of a buffer that a shader sees.
#[derive(Debug, Clone)]
pub(crate) struct Window {
    pub(crate) buffer: DeviceBuffer,
    /// In bytes, a multiple of [`BINDING_ALIGNMENT`].
    pub(crate) offset: u64,
    pub(crate) nbytes: u64,
}

/// What the offset of a binding is a multiple of, in bytes: what WebGPU allows an adapter to ask for.
pub(crate) const BINDING_ALIGNMENT: u64 = 256;

impl Window {
    /// All of a buffer, filled up to whole vectors of four words.
    pub(crate) fn whole(buffer: &DeviceBuffer) -> Self {
        let nbytes = buffer.nbytes().next_multiple_of(16).max(16);
        Self { buffer: buffer.clone(), offset: 0, nbytes }
    }

    pub(super) fn resource(&self) -> wgpu::BindingResource<'_> {
        wgpu::BindingResource::Buffer(wgpu::BufferBinding {
            buffer: self.buffer.raw(),
            offset: self.offset,
            size: std::num::NonZeroU64::new(self.nbytes),
        })
    }
}

impl Device {
    /// Fills a buffer with zeros, after everything that was asked before; does not wait for it.
    pub(crate) fn clear(&self, buffer: &DeviceBuffer) -> Result<(), Error> {
        let buffer = buffer.clone();
        self.run(move |owner| {
            owner.check_alive()?;
            owner.encoder().clear_buffer(buffer.raw(), 0, None);
            Ok(())
        })
    }

    /// Has these done one after the other, each with what those before it have written; does not wait for them.
    pub(crate) fn dispatch(&self, dispatches: Vec<Dispatch>) -> Result<(), Error> {
        let limit = self.facts().binding_nbytes_max;
        for window in dispatches.iter().flat_map(|dispatch| &dispatch.bindings) {
            if window.nbytes > limit {
                let reason = format!("{} B seen at once, of at most {limit} B", window.nbytes);
                return Err(Error::unsupported(reason));
            }
        }
        self.run(move |owner| dispatches.iter().try_for_each(|dispatch| owner.dispatch(dispatch)))
    }
}
