//! The thread of a device: the only one that submits to it, waits for it, and makes and drops what it has.
//!
//! wgpu has one queue for a device, and one that polls while another submits may panic (gfx-rs/wgpu#9958): so nobody but
//! this thread does either.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::time::{Duration, Instant};

use wgpu::{CommandEncoder, PollType, SubmissionIndex};

use super::buffer::DeviceBuffer;
use super::faults::Faults;
use super::pipelines::Pipelines;
use super::pool::{Pool, size_class};
use super::scope::{Failure, Scopes};
use super::shader::{BINDING_ALIGNMENT, Dispatch};
use super::transfer::Staging;
use super::{Mail, Shared};
use crate::Error;
use crate::adapter::IMMEDIATES_NBYTES;

/// How many dispatches are recorded before they are submitted.
const DISPATCHES_MAX: usize = 32;
/// How many submissions may be on their way.
const SUBMISSIONS_MAX: usize = 4;
/// How long the thread waits for the device before it looks for mail.
const POLL_INTERVAL: Duration = Duration::from_micros(200);

/// How long the thread waits for mail before it looks at the device.
const MAIL_INTERVAL: Duration = Duration::from_micros(30);

/// What the thread has.
pub(crate) struct Owner {
    pub(super) shared: Arc<Shared>,
    pub(super) device: wgpu::Device,
    pub(super) queue: wgpu::Queue,
    pub(super) pool: Pool,
    pub(super) staging: Staging,
    pipelines: Pipelines,
    /// Commands that are recorded, and not submitted yet.
    encoder: Option<CommandEncoder>,
    n_dispatches: usize,
    in_flight: VecDeque<(SubmissionIndex, Instant)>,
    /// When the device has last done something that was asked of it.
    last_done: Instant,
}

impl Owner {
    pub(super) fn new(shared: Arc<Shared>, device: wgpu::Device, queue: wgpu::Queue) -> Self {
        let (pipelines, pool, staging) = (Pipelines::default(), Pool::default(), Staging::default());
        let (encoder, in_flight, last_done) = (None, VecDeque::new(), Instant::now());
        Self {
            shared,
            device,
            queue,
            pool,
            staging,
            pipelines,
            encoder,
            n_dispatches: 0,
            in_flight,
            last_done,
        }
    }

    /// Does what the mail says until there is nobody left to send any.
    pub(super) fn run(mut self, mail: &Receiver<Mail>) {
        loop {
            let next = match mail.try_recv() {
                Ok(next) => Ok(next),
                Err(TryRecvError::Disconnected) => return,
                // Nothing to add: what is recorded may start.
                Err(TryRecvError::Empty) => {
                    self.submit();
                    if self.in_flight.is_empty() {
                        mail.recv().map_err(|_| RecvTimeoutError::Disconnected)
                    } else {
                        // Mail goes first: whoever sent it waits.
                        self.wait(Duration::ZERO);
                        mail.recv_timeout(MAIL_INTERVAL)
                    }
                }
            };
            match next {
                Ok(Mail::Run(job)) => job(&mut self),
                Ok(Mail::Free(buffer, tenant)) => self.pool.give(buffer, tenant),
                Ok(Mail::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    /// Why nothing can be done any more, if so.
    pub(super) fn check_alive(&self) -> Result<(), Error> {
        self.shared.check_alive()
    }

    /// A buffer with room for so many bytes. Of another tenant's data nothing is left in it; of one's own there may be.
    pub(crate) fn allocate(&mut self, nbytes: u64, tenant: u32) -> Result<DeviceBuffer, Error> {
        self.check_alive()?;
        let limit = self.shared.facts.buffer_nbytes_max / BINDING_ALIGNMENT * BINDING_ALIGNMENT;
        if nbytes > limit {
            return Err(Error::unsupported(format!("a buffer of {nbytes} B, of at most {limit} B")));
        }
        let class = size_class(nbytes).min(limit);
        if Faults::strikes(&self.shared.faults.out_of_memory_at) {
            return Err(self.full(class));
        }
        if let Some(reused) = self.pool.take(class, tenant) {
            if reused.is_foreign {
                self.encoder().clear_buffer(&reused.buffer, 0, None);
            }
            return Ok(DeviceBuffer::new(&self.shared, reused.buffer, nbytes, tenant));
        }
        if !self.pool.make_room(class, self.shared.budget_nbytes) {
            return Err(self.full(class));
        }
        let mut made = self.create(class);
        if made.is_err() {
            // The driver has less than the budget says.
            self.drain();
            made = self.create(class);
        }
        let buffer = made.map_err(|_| self.full(class))?;
        self.pool.add(class);
        Ok(DeviceBuffer::new(&self.shared, buffer, nbytes, tenant))
    }

    /// That there is no room for so many bytes.
    pub(super) fn full(&self, nbytes: u64) -> Error {
        Error::OutOfMemory {
            adapter: self.shared.facts.name.clone(),
            nbytes,
            used_nbytes: self.pool.used_nbytes(),
            budget_nbytes: self.shared.budget_nbytes,
        }
    }

    /// Gives back to the driver what waits for reuse, once nothing that is on its way uses it any more.
    pub(super) fn drain(&mut self) {
        self.pool.trim();
        self.submit();
        while !self.in_flight.is_empty() && self.check_alive().is_ok() {
            self.wait(POLL_INTERVAL);
        }
    }

    fn create(&self, size: u64) -> Result<wgpu::Buffer, Failure> {
        let scopes = Scopes::open(&self.device);
        let buffer = self.device.create_buffer(&wgpu::BufferDescriptor {
            label: None,
            size,
            usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        scopes.close().map_or(Ok(buffer), Err)
    }

    /// Records a copy of the first bytes of a buffer.
    pub(crate) fn copy(&mut self, from: &DeviceBuffer, to: &DeviceBuffer, nbytes: u64) -> Result<(), Error> {
        self.encoder().copy_buffer_to_buffer(from.raw(), 0, to.raw(), 0, nbytes);
        self.check_alive()
    }

    /// Records that a buffer is filled with zeros.
    pub(crate) fn clear(&mut self, buffer: &DeviceBuffer) -> Result<(), Error> {
        self.encoder().clear_buffer(buffer.raw(), 0, None);
        self.check_alive()
    }

    /// Records a dispatch. What it writes is there for whatever is recorded after it.
    pub(super) fn dispatch(&mut self, dispatch: &Dispatch) -> Result<(), Error> {
        self.check_alive()?;
        if Faults::strikes(&self.shared.faults.lose_at) {
            self.shared.lose("it was told to be lost");
            return self.check_alive();
        }
        let pipeline = self.pipelines.get(&self.shared, &self.device, &dispatch.shader)?;
        let entries: Vec<wgpu::BindGroupEntry<'_>> = (0..)
            .zip(&dispatch.bindings)
            .map(|(binding, bound)| wgpu::BindGroupEntry { binding, resource: bound.resource() })
            .collect();
        let group = self.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: None,
            layout: &pipeline.layout,
            entries: &entries,
        });
        let mut pass = encoder(&self.device, &mut self.encoder).begin_compute_pass(&Default::default());
        pass.set_pipeline(&pipeline.pipeline);
        pass.set_bind_group(0, &group, &[]);
        // All of them, used or not.
        let mut words = [0; IMMEDIATES_NBYTES as usize / 4];
        words.iter_mut().zip(&dispatch.words).for_each(|(word, given)| *word = *given);
        pass.set_immediates(0, bytemuck::cast_slice(&words));
        let [x, y, z] = dispatch.workgroups;
        pass.dispatch_workgroups(x, y, z);
        drop(pass);
        self.shared.n_dispatches.fetch_add(1, Ordering::Relaxed);
        self.n_dispatches += 1;
        if self.n_dispatches >= DISPATCHES_MAX {
            self.submit();
        }
        self.check_alive()
    }

    /// What commands are recorded with.
    pub(super) fn encoder(&mut self) -> &mut CommandEncoder {
        encoder(&self.device, &mut self.encoder)
    }

    /// Submits what is recorded, and waits when too much is on its way.
    pub(super) fn submit(&mut self) {
        let Some(encoder) = self.encoder.take() else { return };
        let index = self.queue.submit([encoder.finish()]);
        self.n_dispatches = 0;
        self.in_flight.push_back((index, Instant::now()));
        while self.in_flight.len() > SUBMISSIONS_MAX && self.check_alive().is_ok() {
            self.wait(POLL_INTERVAL);
        }
    }

    /// Waits for the oldest submission, for so long; the device is lost when that has taken longer than it may.
    fn wait(&mut self, timeout: Duration) {
        let Some((index, since)) = self.in_flight.front() else { return };
        let poll = self
            .device
            .poll(PollType::Wait { submission_index: Some(index.clone()), timeout: Some(timeout) });
        match poll {
            Ok(_) => {
                self.in_flight.pop_front();
                self.last_done = Instant::now();
            }
            // Those before it have had their own time.
            Err(wgpu::PollError::Timeout)
                if (*since).max(self.last_done).elapsed() < self.shared.deadline => {}
            Err(wgpu::PollError::Timeout) => {
                self.shared.hung.store(true, Ordering::Relaxed);
                self.shared.lose(&format!("it has not answered for {:?}", self.shared.deadline));
                self.in_flight.clear();
            }
            Err(error) => {
                self.shared.lose(&error.to_string());
                self.in_flight.clear();
            }
        }
        if self.check_alive().is_err() {
            self.in_flight.clear();
        }
    }
}

fn encoder<'a>(device: &wgpu::Device, encoder: &'a mut Option<CommandEncoder>) -> &'a mut CommandEncoder {
    encoder.get_or_insert_with(|| device.create_command_encoder(&Default::default()))
}
