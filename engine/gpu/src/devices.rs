//! The devices of a worker, and what is done when one of them fails.
//!
//! Devices are looked for when a task first has enough to do, so that a process that never does pays nothing; without
//! any, a call ends at one look at a flag. A call that a device cannot do, or fails at, is the CPU's, which gives the same
//! answer; what failed and why is kept for [`Devices::findings`].
//!
//! No room: what was used least recently goes to the host; then the call is done in halves; then it is the CPU's.
//! A shader that the driver refuses is not tried again. A device that is lost is opened again after a while, and given up
//! after the third time.

mod slot;

use std::collections::HashSet;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use gristmill_data::Value;
use gristmill_graph::DeviceChoice;
use gristmill_kernels::Args;
use parking_lot::Mutex;

use crate::adapter::adapters;
use crate::calls::{self, Work};
use crate::device::DeviceOptions;
use crate::placement::{choose, seconds};
use crate::resident::{Elements, elements};
use crate::{AdapterFacts, Rates};
use slot::{Called, Slot};

/// Bytes of arguments and results of a task from which on it is worth looking for devices.
const SEARCH_NBYTES_MIN: u64 = 1 << 20;
/// After so many smaller tasks devices are looked for all the same, as each has to be asked what it takes.
const SEARCH_TASKS_MAX: usize = 1000;

/// How many kinds of calls are known that devices do not do; then all are forgotten.
const HOPELESS_MAX: usize = 4096;

/// How devices are found and opened.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DevicesOptions {
    /// Where kernels run that do not say so themselves.
    pub choice: DeviceChoice,
    /// Whether adapters count that are programs on the CPU.
    pub software: bool,
    /// How many threads call kernels at the same time.
    pub n_threads: usize,
    /// Where rates are kept from one process to the next.
    pub rates_file: Option<PathBuf>,
    /// How long after its first loss a device is opened again; after the second it is twice as long.
    pub back_off: Duration,
    /// How each device is opened.
    pub device: DeviceOptions,
}

impl Default for DevicesOptions {
    fn default() -> Self {
        Self {
            choice: DeviceChoice::Auto,
            software: false,
            n_threads: 1,
            rates_file: None,
            back_off: Duration::from_secs(1),
            device: DeviceOptions::default(),
        }
    }
}

/// What was found out about a device.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Finding {
    /// The adapter.
    pub adapter: AdapterFacts,
    /// What was measured of it, if it works.
    pub rates: Option<Rates>,
    /// Bytes of results in its memory.
    pub resident_nbytes: u64,
    /// Calls that it has done.
    pub n_calls: u64,
    /// What it does not do, and why: kernels whose shaders are refused, or everything.
    pub disabled: Vec<String>,
    /// Why calls came back to the CPU, with how many.
    pub returned: Vec<(String, u64)>,
}

/// Where a step of a task would run.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verdict {
    /// On a device, and not on the CPU.
    pub on_device: bool,
    /// Why, in words.
    pub why: String,
}

/// The devices of a worker.
#[derive(Debug)]
pub struct Devices {
    options: DevicesOptions,
    found: OnceLock<Vec<Slot>>,
    /// The thread that looks for them, while it does.
    searching: Mutex<Option<JoinHandle<()>>>,
    closed: AtomicBool,
    /// Tasks that were too small to look for devices.
    n_small: AtomicUsize,
    /// Calls that devices do not do, by [`kind_of`]: they are not tried again.
    hopeless: Mutex<HashSet<u64>>,
    /// Whose turn it is, where nothing says which device.
    next: AtomicUsize,
}

impl Devices {
    /// Devices that are not looked for yet.
    #[must_use]
    pub fn new(options: DevicesOptions) -> Arc<Self> {
        let found = OnceLock::new();
        let hopeless = Mutex::default();
        Arc::new(Self {
            options,
            found,
            searching: Mutex::default(),
            closed: false.into(),
            n_small: 0.into(),
            hopeless,
            next: 0.into(),
        })
    }

    /// Where kernels run that do not say so themselves.
    #[must_use]
    pub fn choice(&self) -> DeviceChoice {
        self.options.choice
    }

    /// Whether calls of kernels may be for a device at all: false on a machine that is known to have none.
    #[must_use]
    pub fn may_run(&self, choice: DeviceChoice) -> bool {
        choice != DeviceChoice::Cpu && self.found.get().is_none_or(|found| !found.is_empty())
    }

    /// Looks for devices, if that was not done; how many there are.
    pub fn search(&self) -> usize {
        self.found().len()
    }

    fn found(&self) -> &[Slot] {
        self.found.get_or_init(|| {
            adapters(self.options.software)
                .into_iter()
                .map(|adapter| Slot::new(adapter, &self.options))
                .collect()
        })
    }

    /// For each step of a task whether it runs on a device: its kernel and arguments, as far as they are known.
    ///
    /// `step` is asked for one after the other, with the results of those before: chunks without elements, or null where
    /// nothing is known.
    pub fn choose<'a>(
        self: &Arc<Self>,
        choice: DeviceChoice,
        n_steps: usize,
        mut step: impl FnMut(usize, &[Value]) -> Option<(&'a str, Vec<Value>)>,
    ) -> Vec<bool> {
        let nowhere = vec![false; n_steps];
        if !self.may_run(choice) {
            return nowhere;
        }
        let works: Vec<Option<Work>> = self.works(n_steps, &mut step).into_iter().map(Result::ok).collect();
        if works.iter().all(Option::is_none) {
            return nowhere;
        }
        if choice == DeviceChoice::Gpu {
            return works.iter().map(Option::is_some).collect();
        }
        let nbytes: u64 = works.iter().flatten().map(|work| work.traffic_nbytes).sum();
        if let Some(found) = self.found.get() {
            if let Some(rates) = found.iter().find_map(Slot::rates_if_open) {
                return choose(&works, &rates, self.options.n_threads, choice);
            }
            // Lost, or given up.
            if !found.iter().any(Slot::may_open) {
                return nowhere;
            }
        }
        let n_before = self.n_small.fetch_add(1, Ordering::Relaxed);
        if nbytes >= SEARCH_NBYTES_MIN || n_before >= SEARCH_TASKS_MAX {
            self.search_meanwhile();
        }
        nowhere
    }

    /// The same, with the reasons: what each step would be, and why. Looks for devices, if that was not done.
    pub fn explain<'a>(
        &self,
        choice: DeviceChoice,
        n_steps: usize,
        mut step: impl FnMut(usize, &[Value]) -> Option<(&'a str, Vec<Value>)>,
    ) -> Vec<Verdict> {
        let reasons = self.works(n_steps, &mut step);
        let works: Vec<Option<Work>> = reasons.iter().map(|work| work.as_ref().ok().cloned()).collect();
        let rates = self.found().iter().find_map(Slot::rates);
        let n_threads = self.options.n_threads;
        let chosen = match &rates {
            Some(rates) => choose(&works, rates, n_threads, choice),
            None => vec![false; n_steps],
        };
        let verdict = |(work, on_device): (&Result<Work, String>, bool)| {
            let why = match (work, &rates) {
                (Err(reason), _) => reason.clone(),
                (_, None) => "there is no GPU".to_owned(),
                (Ok(work), Some(rates)) => {
                    let [here, there] =
                        [false, true].map(|on_device| 1e6 * seconds(Some(work), rates, n_threads, on_device));
                    format!("{there:.0} us on the GPU, {here:.0} us on the CPU")
                }
            };
            Verdict { on_device, why }
        };
        reasons.iter().zip(chosen).map(verdict).collect()
    }

    /// Looks for devices and measures them in a thread of its own: until that is done, the CPU does what there is to do.
    fn search_meanwhile(self: &Arc<Self>) {
        let Some(mut searching) = self.searching.try_lock() else { return };
        if self.is_closed() || searching.as_ref().is_some_and(|thread| !thread.is_finished()) {
            return;
        }
        let devices = self.clone();
        let search = move || {
            let slots = devices.found().iter();
            slots.take_while(|_| !devices.is_closed()).for_each(|slot| drop(slot.open()));
        };
        // Without a thread, nobody looks: the CPU goes on.
        *searching = std::thread::Builder::new().name("gpu search".to_owned()).spawn(search).ok();
    }

    /// Looks for no more devices, and waits until a search that has begun is over: a process that ends while a driver is
    /// being loaded may crash in it.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
        let searching = self.searching.lock().take();
        // A panic there is a search that found nothing.
        let _ = searching.map(JoinHandle::join);
    }

    fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    /// What each step takes, or why no device can do it.
    fn works<'a>(
        &self,
        n_steps: usize,
        step: &mut impl FnMut(usize, &[Value]) -> Option<(&'a str, Vec<Value>)>,
    ) -> Vec<Result<Work, String>> {
        let (mut works, mut results) = (Vec::with_capacity(n_steps), Vec::with_capacity(n_steps));
        for number in 0..n_steps {
            let work = match step(number, &results) {
                None => Err("not a kernel".to_owned()),
                Some((kernel, args)) => match calls::find(kernel) {
                    None => Err(format!("`{kernel}` has no shader")),
                    Some(_) if self.is_hopeless(kernel, &args) => Err(format!("`{kernel}` came back before")),
                    Some(call) => (call.work)(Args::new(call.name, &args)).map_err(|error| error.to_string()),
                },
            };
            results.push(work.as_ref().map_or(Value::Null, |work| work.result.clone()));
            works.push(work);
        }
        works
    }

    fn is_hopeless(&self, kernel: &str, args: &[Value]) -> bool {
        let hopeless = self.hopeless.lock();
        !hopeless.is_empty() && hopeless.contains(&kind_of(kernel, args))
    }

    /// Calls a kernel on a device: where its arguments are, or on whichever device's turn it is. `None` means that the call
    /// is the CPU's.
    #[must_use]
    pub fn call(&self, kernel: &str, args: &[Value], tenant: u32) -> Option<Value> {
        let call = calls::find(kernel)?;
        let slots: Vec<&Slot> = self.found().iter().filter(|slot| !slot.is_given_up()).collect();
        let slot = match slots.iter().find(|slot| args.iter().any(|arg| slot.has(arg))) {
            Some(slot) => slot,
            None => slots.get(self.next.fetch_add(1, Ordering::Relaxed).checked_rem(slots.len())?)?,
        };
        if self.is_hopeless(kernel, args) {
            return None;
        }
        match slot.call(call, Args::new(call.name, args), tenant) {
            Called::Done(value) => Some(value),
            Called::Failed => None,
            Called::Hopeless => {
                let mut hopeless = self.hopeless.lock();
                if hopeless.len() >= HOPELESS_MAX {
                    hopeless.clear();
                }
                hopeless.insert(kind_of(kernel, args));
                None
            }
        }
    }

    /// What was found out about each device.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        self.found().iter().map(Slot::finding).collect()
    }
}

/// What makes a call one that devices do or do not do: its kernel, programs and other texts, dtypes and shapes.
fn kind_of(kernel: &str, args: &[Value]) -> u64 {
    fn add(value: &Value, hasher: &mut DefaultHasher) {
        match value {
            Value::Text(text) => text.hash(hasher),
            Value::Chunk(chunk) => (chunk.dtype(), chunk.shape(), chunk.validity().is_some()).hash(hasher),
            Value::DeviceChunk(chunk) => (chunk.dtype(), chunk.shape(), false).hash(hasher),
            Value::List(items) => items.iter().for_each(|item| add(item, hasher)),
            _ => {}
        }
    }
    let mut hasher = DefaultHasher::new();
    kernel.hash(&mut hasher);
    args.iter().for_each(|arg| add(arg, &mut hasher));
    hasher.finish()
}

/// Whether a kernel of this name has a shader.
#[must_use]
pub fn has_shader(kernel: &str) -> bool {
    calls::find(kernel).is_some()
}

/// Whether a value is on this device, wholly or in part.
fn is_on(value: &Value, device: &crate::Device) -> bool {
    match value {
        Value::DeviceChunk(chunk) => {
            matches!(elements(chunk), Elements::Resident(resident) if resident.device().is(device))
        }
        Value::List(items) => items.iter().any(|item| is_on(item, device)),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
