//! Results of tasks that stay in a device's memory, until they are asked for or must make room.

use std::any::Any;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use gristmill_data::{Chunk, DType, DeviceChunk, DeviceMemory, TaskError, TaskErrorKind, Value};
use parking_lot::Mutex;

use crate::Error;
use crate::array::DeviceArray;
use crate::device::Device;

/// An array that is on a device, on the host, or on both.
#[derive(Debug)]
pub(crate) struct Resident {
    device: Device,
    place: Mutex<Place>,
    /// Held while it is copied to the host, so that it is once.
    landing: Mutex<()>,
    /// When it was last used, in uses of all.
    used: AtomicU64,
}

#[derive(Debug, Default)]
struct Place {
    device: Option<DeviceArray>,
    host: Option<Chunk>,
}

impl Resident {
    /// The array, where it is still on the device; the chunk where it had to make room.
    pub(crate) fn elements(&self) -> Result<Result<DeviceArray, Chunk>, Error> {
        let place = self.place.lock();
        match (&place.device, &place.host) {
            (Some(array), _) if self.device.check_alive().is_ok() => Ok(Ok(array.clone())),
            (_, Some(chunk)) => Ok(Err(chunk.clone())),
            _ => Err(self.device.check_alive().err().unwrap_or_else(|| Error::unsupported("it is nowhere"))),
        }
    }

    pub(crate) fn device(&self) -> &Device {
        &self.device
    }

    /// Moves it to the host.
    fn evict(&self) -> Result<(), Error> {
        self.copy_out()?;
        self.place.lock().device = None;
        Ok(())
    }

    fn copy_out(&self) -> Result<Chunk, Error> {
        let _landing = self.landing.lock();
        if let Some(chunk) = &self.place.lock().host {
            return Ok(chunk.clone());
        }
        let array = match self.elements()? {
            Ok(array) => array,
            Err(chunk) => return Ok(chunk),
        };
        // The place is not locked meanwhile: others may use it.
        let chunk = self.device.copy_out(&array)?;
        Ok(self.place.lock().host.get_or_insert(chunk).clone())
    }
}

impl DeviceMemory for Resident {
    fn land(&self) -> Result<Chunk, TaskError> {
        self.copy_out().map_err(|error| {
            let kind = match error {
                Error::Lost { .. } => TaskErrorKind::DeviceLost,
                _ => TaskErrorKind::Failed,
            };
            TaskError { retryable: true, ..TaskError::new(kind, error.to_string()) }
        })
    }
}

/// Where elements will be that are not computed yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Planned {
    /// Wherever the step before in the same task leaves them.
    Step,
    /// On the host.
    Host,
    /// On a device.
    Device,
}

impl DeviceMemory for Planned {
    fn land(&self) -> Result<Chunk, TaskError> {
        Err(TaskError::new(TaskErrorKind::Failed, "internal error, please report it: it is only planned"))
    }
}

/// A chunk that is not computed yet: what it will be is known, and where.
#[must_use]
pub fn planned(dtype: DType, shape: &[u64], place: Planned) -> DeviceChunk {
    DeviceChunk::new(dtype, shape.into(), Arc::new(place))
}

/// What a chunk's elements are.
pub(crate) enum Elements<'a> {
    Resident(&'a Resident),
    Planned(Planned),
    /// Of another engine's making.
    Unknown,
}

pub(crate) fn elements(chunk: &DeviceChunk) -> Elements<'_> {
    let memory: &dyn Any = chunk.memory();
    match (memory.downcast_ref::<Resident>(), memory.downcast_ref::<Planned>()) {
        (Some(resident), _) => Elements::Resident(resident),
        (_, Some(planned)) => Elements::Planned(*planned),
        _ => Elements::Unknown,
    }
}

/// Whether something in a value is gone with its device.
#[must_use]
pub fn is_lost(value: &Value) -> bool {
    match value {
        Value::DeviceChunk(chunk) => {
            matches!(elements(chunk), Elements::Resident(resident) if resident.elements().is_err())
        }
        Value::List(items) => items.iter().any(is_lost),
        Value::Map(entries) => entries.iter().any(|(_, item)| is_lost(item)),
        _ => false,
    }
}

/// All that is resident on one device, to find what was used least recently.
#[derive(Debug, Default)]
pub(crate) struct Residents {
    all: Mutex<Vec<Weak<Resident>>>,
    clock: AtomicU64,
}

impl Residents {
    /// Makes a task's result of an array.
    pub(crate) fn keep(&self, device: &Device, array: DeviceArray) -> DeviceChunk {
        let (dtype, shape) = (array.dtype, array.shape.clone());
        let place = Mutex::new(Place { device: Some(array), host: None });
        let (landing, used) = (Mutex::new(()), AtomicU64::new(self.now()));
        let resident = Arc::new(Resident { device: device.clone(), place, landing, used });
        let mut all = self.all.lock();
        // Seldom enough that it costs nothing on the whole.
        if all.len() == all.capacity() {
            all.retain(|resident| resident.strong_count() > 0);
        }
        all.push(Arc::downgrade(&resident));
        DeviceChunk::new(dtype, shape, resident)
    }

    /// Notes a use.
    pub(crate) fn touch(&self, resident: &Resident) {
        resident.used.store(self.now(), Ordering::Relaxed);
    }

    /// Moves to the host what was used least recently on a device, until so many bytes are free; false if there is nothing
    /// to move.
    pub(crate) fn evict(&self, device: &Device, nbytes: u64) -> Result<bool, Error> {
        let mut there = self.on(device);
        there.sort_by_key(|(_, resident)| resident.used.load(Ordering::Relaxed));
        let mut freed = 0;
        for (own, resident) in &there {
            if freed >= nbytes {
                break;
            }
            resident.evict()?;
            freed += own;
        }
        Ok(!there.is_empty())
    }

    /// Bytes of what is on a device.
    pub(crate) fn nbytes(&self, device: &Device) -> u64 {
        self.on(device).iter().map(|(nbytes, _)| nbytes).sum()
    }

    fn on(&self, device: &Device) -> Vec<(u64, Arc<Resident>)> {
        let all = self.all.lock();
        let own = all.iter().filter_map(Weak::upgrade).filter(|resident| resident.device.is(device));
        let sized = own.map(|resident| {
            let nbytes = resident.place.lock().device.as_ref().map(DeviceArray::nbytes);
            (nbytes, resident)
        });
        sized.filter_map(|(nbytes, resident)| nbytes.map(|nbytes| (nbytes, resident))).collect()
    }

    fn now(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::Relaxed)
    }
}
