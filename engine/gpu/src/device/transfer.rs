//! Bytes on their way: through buffers that both the host and the device see, and that are used again and again.
//!
//! The device's thread hands them out mapped; whoever wants bytes moved copies them on a thread of its own.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

use gristmill_data::Memory;
use wgpu::{Buffer, BufferUsages, MapMode};

use super::buffer::DeviceBuffer;
use super::owner::Owner;
use super::scope::Scopes;
use super::{Device, Shared};
use crate::Error;

/// What one step moves at most, in bytes.
const STEP_NBYTES: u64 = 64 << 20;
/// How often whoever waits for bytes looks whether the device is still there.
const ANSWER_INTERVAL: Duration = Duration::from_millis(50);
/// How many buffers wait for the next step, for each direction.
const WAITING_MAX: usize = 4;

/// Mapped for writing, and unmapped for reading.
#[derive(Default)]
pub(super) struct Staging {
    up: Vec<Buffer>,
    down: Vec<Buffer>,
}

impl Device {
    /// Copies bytes into a buffer, from its beginning on.
    pub(crate) fn upload(&self, bytes: &[u8], to: &DeviceBuffer) -> Result<(), Error> {
        let mut offset = 0;
        for step in bytes.chunks(STEP_NBYTES as usize) {
            let size = (step.len() as u64).next_multiple_of(4);
            let staging = self.run(move |owner| owner.lend_up(size))?;
            {
                let mut view = staging.get_mapped_range_mut(..size).map_err(|error| self.failed(&error))?;
                view.slice(..step.len()).copy_from_slice(step);
                view.slice(step.len()..).fill(0);
            }
            let to = to.clone();
            self.run(move |owner| owner.send_up(&staging, size, &to, offset))?;
            offset += size;
        }
        Ok(())
    }

    /// The first bytes of a buffer, after everything that was asked of the device before.
    pub(crate) fn download(&self, from: &DeviceBuffer, nbytes: u64) -> Result<Memory, Error> {
        self.download_part(from, 0, nbytes)
    }

    /// Some words of a buffer of them.
    pub(crate) fn words(&self, from: &DeviceBuffer, first: u64, n: u64) -> Result<Vec<u32>, Error> {
        let bytes = self.download_part(from, 4 * first, 4 * n)?.into_buffer();
        Ok(bytemuck::pod_collect_to_vec(bytes.as_slice()))
    }

    /// The bytes of a buffer from an offset on, which is a multiple of 4.
    fn download_part(&self, from: &DeviceBuffer, offset: u64, nbytes: u64) -> Result<Memory, Error> {
        let mut bytes = Memory::new(nbytes as usize);
        let mut offset = offset;
        for step in bytes.as_mut_slice().chunks_mut(STEP_NBYTES as usize) {
            let size = (step.len() as u64).next_multiple_of(4);
            let from = from.clone();
            let (staging, mapped) = self.run(move |owner| owner.ask_down(&from, offset, size))?;
            // A device that is lost may never answer.
            let answer = loop {
                match mapped.recv_timeout(ANSWER_INTERVAL) {
                    Err(RecvTimeoutError::Timeout) => self.shared.check_alive()?,
                    answer => break answer,
                }
            };
            if !matches!(answer, Ok(Ok(()))) {
                return Err(self.shared.lost("what it computed could not be read"));
            }
            {
                let view = staging.get_mapped_range(..size).map_err(|error| self.failed(&error))?;
                step.copy_from_slice(view.get(..step.len()).unwrap_or_default());
            }
            self.run(move |owner| {
                owner.take_down(staging);
                Ok(())
            })?;
            offset += size;
        }
        self.shared.check_alive()?;
        Ok(bytes)
    }

    fn failed(&self, error: &dyn std::error::Error) -> Error {
        self.shared.lost(&error.to_string())
    }
}

impl Owner {
    /// A mapped buffer to write to.
    fn lend_up(&mut self, size: u64) -> Result<Buffer, Error> {
        self.check_alive()?;
        if let Some(at) = self.staging.up.iter().position(|buffer| buffer.size() >= size) {
            return Ok(self.staging.up.swap_remove(at));
        }
        self.stage(size, BufferUsages::MAP_WRITE | BufferUsages::COPY_SRC, true)
    }

    fn send_up(&mut self, staging: &Buffer, size: u64, to: &DeviceBuffer, offset: u64) -> Result<(), Error> {
        staging.unmap();
        self.encoder().copy_buffer_to_buffer(staging, 0, to.raw(), offset, size);
        self.submit();
        // It is mapped again when the copy is done, and that has happened before the next poll returns.
        let (shared, again) = (self.shared.clone(), staging.clone());
        staging.map_async(MapMode::Write, .., move |mapped| {
            if mapped.is_ok() {
                shared.later(move |owner| owner.keep_up(again));
            }
        });
        self.check_alive()
    }

    fn keep_up(&mut self, staging: Buffer) {
        if self.staging.up.len() < WAITING_MAX {
            self.staging.up.push(staging);
        }
    }

    /// Asks for a copy of a part of a buffer; it can be read when the receiver says so.
    fn ask_down(
        &mut self,
        from: &DeviceBuffer,
        offset: u64,
        size: u64,
    ) -> Result<(Buffer, Receiver<Result<(), wgpu::BufferAsyncError>>), Error> {
        self.check_alive()?;
        let staging = match self.staging.down.iter().position(|buffer| buffer.size() >= size) {
            Some(at) => self.staging.down.swap_remove(at),
            None => self.stage(size, BufferUsages::MAP_READ | BufferUsages::COPY_DST, false)?,
        };
        self.encoder().copy_buffer_to_buffer(from.raw(), offset, &staging, 0, size);
        self.submit();
        let (sender, receiver) = sync_channel(1);
        staging.slice(..size).map_async(MapMode::Read, move |mapped| {
            // Whoever asked may have given up.
            let _gone = sender.send(mapped);
        });
        self.check_alive()?;
        Ok((staging, receiver))
    }

    fn take_down(&mut self, staging: Buffer) {
        staging.unmap();
        if self.staging.down.len() < WAITING_MAX {
            self.staging.down.push(staging);
        }
    }

    /// A new buffer for steps of this size, or of every size if there is room for it.
    fn stage(&mut self, size: u64, usage: BufferUsages, mapped_at_creation: bool) -> Result<Buffer, Error> {
        let size = size.next_power_of_two().clamp(4 << 10, STEP_NBYTES);
        let create = |device: &wgpu::Device| {
            let scopes = Scopes::open(device);
            let descriptor = wgpu::BufferDescriptor { label: None, size, usage, mapped_at_creation };
            let buffer = device.create_buffer(&descriptor);
            scopes.close().map_or(Ok(buffer), Err)
        };
        create(&self.device).or_else(|_| {
            self.drain();
            create(&self.device).map_err(|_| self.full(size))
        })
    }
}

impl Shared {
    /// Has the device's thread do this when it gets to it.
    fn later(self: &Arc<Self>, job: impl FnOnce(&mut Owner) + Send + 'static) {
        let _gone = self.mail.send(super::Mail::Run(Box::new(job)));
    }
}
