//! A device: an adapter that was opened, and the thread that has it.
//!
//! # Layout
//! - this file: the handle that every thread may have
//! - `owner`: the device's thread; `scope`: errors of single calls
//! - `pool`, `buffer`: memory of the device, within a budget; `transfer`: to and from it
//! - `shader`, `pipelines`: what it runs; `stopwatch`: how long that takes
//! - `faults`: failures on demand

mod buffer;
mod faults;
mod owner;
mod pipelines;
mod pool;
mod scope;
mod shader;
mod stopwatch;
mod transfer;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel, sync_channel};
use std::time::Duration;

use parking_lot::Mutex;

pub(crate) use buffer::DeviceBuffer;
pub use faults::Faults;
pub(crate) use owner::Owner;
pub(crate) use shader::{BINDING_ALIGNMENT, Dispatch, Shader, Window};
pub(crate) use stopwatch::CLOCK;

use crate::Error;
use crate::adapter::{Adapter, AdapterFacts, IMMEDIATES_NBYTES, block_on};

/// How a device is opened.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DeviceOptions {
    /// How many bytes its buffers may take.
    pub budget_nbytes: u64,
    /// How much of a buffer a shader may see at once, in bytes, if that is less than the adapter's limit.
    pub binding_nbytes_max: u64,
    /// How long a submission may take until the device counts as lost.
    pub deadline: Duration,
    /// Failures for tests.
    pub faults: Arc<Faults>,
}

impl Default for DeviceOptions {
    fn default() -> Self {
        let deadline = Duration::from_secs(30);
        Self { budget_nbytes: u64::MAX, binding_nbytes_max: u64::MAX, deadline, faults: Arc::default() }
    }
}

/// A device that is open. Cheap to clone; its thread ends with the last one.
#[derive(Clone)]
pub struct Device {
    pub(crate) shared: Arc<Shared>,
    _thread: Arc<Thread>,
}

/// What the device's thread and its users share.
pub(crate) struct Shared {
    pub(crate) facts: AdapterFacts,
    pub(crate) budget_nbytes: u64,
    deadline: Duration,
    faults: Arc<Faults>,
    mail: Sender<Mail>,
    lost: Mutex<Option<String>>,
    /// It has not answered in time: what it was asked may never end.
    hung: AtomicBool,
    /// How many dispatches were recorded, for tests.
    pub(crate) n_dispatches: AtomicU64,
}

/// What a device's thread is sent.
enum Mail {
    Run(Box<dyn FnOnce(&mut Owner) + Send>),
    Free(wgpu::Buffer, u32),
    Stop,
}

/// Ends the thread when the last handle goes.
struct Thread(Sender<Mail>);

impl Drop for Thread {
    fn drop(&mut self) {
        let _gone = self.0.send(Mail::Stop);
    }
}

impl Device {
    /// Opens an adapter.
    ///
    /// # Errors
    /// [`Error::Lost`] when the driver refuses, or there is no thread to be had.
    pub fn open(adapter: &Adapter, options: &DeviceOptions) -> Result<Self, Error> {
        let mut facts = adapter.facts().clone();
        facts.binding_nbytes_max = facts.binding_nbytes_max.min(options.binding_nbytes_max);
        let refused = |reason: String| Error::Lost { adapter: facts.name.clone(), reason };
        let opened = adapter.inner.request_device(&wgpu::DeviceDescriptor {
            label: None,
            required_features: adapter.features(),
            required_limits: wgpu::Limits { max_immediate_size: IMMEDIATES_NBYTES, ..adapter.inner.limits() },
            ..Default::default()
        });
        let (device, queue) = block_on(opened).map_err(|error| refused(error.to_string()))?;
        let (mail, inbox) = channel();
        let (deadline, faults) = (options.deadline, options.faults.clone());
        let shared = Arc::new(Shared {
            facts: facts.clone(),
            budget_nbytes: options.budget_nbytes,
            deadline,
            faults,
            mail: mail.clone(),
            lost: Mutex::new(None),
            hung: AtomicBool::new(false),
            n_dispatches: AtomicU64::new(0),
        });
        let weak = Arc::downgrade(&shared);
        let lose = move |reason: String| {
            if let Some(shared) = weak.upgrade() {
                shared.lose(&reason);
            }
        };
        let on_lost = lose.clone();
        device.set_device_lost_callback(move |_, reason| on_lost(reason));
        // Our own mistake, or the driver's: what comes out of it cannot be trusted.
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| lose(error.to_string())));
        let owner = Owner::new(shared.clone(), device, queue);
        std::thread::Builder::new()
            .name("gpu".to_owned())
            .spawn(move || owner.run(&inbox))
            .map_err(|error| refused(format!("no thread for it: {error}")))?;
        Ok(Self { shared, _thread: Arc::new(Thread(mail)) })
    }

    /// What its adapter can do.
    #[must_use]
    pub fn facts(&self) -> &AdapterFacts {
        &self.shared.facts
    }

    /// How many bytes its buffers may take.
    pub(crate) fn budget_nbytes(&self) -> u64 {
        self.shared.budget_nbytes
    }

    /// Why nothing can be done with it any more, if so.
    ///
    /// # Errors
    /// [`Error::Lost`].
    pub fn check_alive(&self) -> Result<(), Error> {
        self.shared.check_alive()
    }

    /// Whether it is lost because it has not answered in time.
    pub(crate) fn is_hung(&self) -> bool {
        self.shared.hung.load(Ordering::Relaxed)
    }

    /// Whether both are handles of one device.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// Waits until all that was asked of the device is done.
    pub(crate) fn wait(&self) -> Result<(), Error> {
        let scrap = self.run(|owner| owner.allocate(4, 0))?;
        self.download(&scrap, 4).map(drop)
    }

    /// Has the device's thread do this, and waits for it; not for the device.
    pub(crate) fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Owner) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (sender, receiver) = sync_channel(1);
        let job = move |owner: &mut Owner| {
            let _gone = sender.send(work(owner));
        };
        let gone = || self.shared.lost("its thread has ended");
        self.shared.mail.send(Mail::Run(Box::new(job))).map_err(|_| gone())?;
        receiver.recv().map_err(|_| gone())?
    }
}

impl Shared {
    pub(crate) fn check_alive(&self) -> Result<(), Error> {
        match &*self.lost.lock() {
            None => Ok(()),
            Some(reason) => Err(Error::Lost { adapter: self.facts.name.clone(), reason: reason.clone() }),
        }
    }

    /// Marks the device as lost; the first reason stays.
    fn lose(&self, reason: &str) {
        self.lost.lock().get_or_insert_with(|| reason.to_owned());
    }

    /// Marks the device as lost, as an error.
    fn lost(&self, reason: &str) -> Error {
        self.lose(reason);
        let reason = self.lost.lock().clone().unwrap_or_default();
        Error::Lost { adapter: self.facts.name.clone(), reason }
    }
}

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Device").field(&self.shared.facts.name).finish()
    }
}

#[cfg(test)]
mod tests;
