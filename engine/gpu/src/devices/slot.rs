//! One device of a worker, open or not.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use gristmill_data::Value;
use gristmill_kernels::Args;
use parking_lot::Mutex;

use super::{DevicesOptions, Finding, is_on};
use crate::adapter::{Adapter, adapters};
use crate::calls::Call;
use crate::device::Device;
use crate::resident::Residents;
use crate::session::Session;
use crate::{AdapterFacts, Error, Rates};

/// After so many losses a device is given up.
const LOSSES_MAX: u32 = 3;
/// How many different reasons are kept.
const REASONS_MAX: usize = 64;

/// What came of a call.
pub(super) enum Called {
    /// It is done.
    Done(Value),
    /// It is the CPU's, this time.
    Failed,
    /// It is the CPU's, whenever it is asked for.
    Hopeless,
}

/// One device, open or not.
#[derive(Debug)]
pub(super) struct Slot {
    facts: AdapterFacts,
    options: DevicesOptions,
    state: Mutex<State>,
    residents: Residents,
    n_calls: AtomicU64,
    /// Shaders that were refused, with the reason.
    refused: Mutex<BTreeSet<String>>,
    /// Why calls were given back.
    returned: Mutex<BTreeMap<String, u64>>,
}

#[derive(Debug, Default)]
struct State {
    /// As it was found, until it is opened for the first time.
    adapter: Option<Adapter>,
    open: Option<(Device, Arc<Rates>)>,
    n_losses: u32,
    last_loss: Option<Instant>,
    /// Why it was lost last, or never opened.
    reason: String,
}

impl Slot {
    pub(super) fn new(adapter: Adapter, options: &DevicesOptions) -> Self {
        Self {
            facts: adapter.facts().clone(),
            options: options.clone(),
            state: Mutex::new(State { adapter: Some(adapter), ..State::default() }),
            residents: Residents::default(),
            n_calls: AtomicU64::new(0),
            refused: Mutex::default(),
            returned: Mutex::default(),
        }
    }

    /// The device, opened now if it is not.
    pub(super) fn open(&self) -> Result<Device, Error> {
        let mut state = self.state.lock();
        if let Some((device, _)) = &state.open {
            return match device.check_alive() {
                Ok(()) => Ok(device.clone()),
                Err(error) => {
                    let device = device.clone();
                    state.lose(&device, &error);
                    Err(error)
                }
            };
        }
        let gone = |reason: &str| Error::Lost { adapter: self.facts.name.clone(), reason: reason.to_owned() };
        let waits = self.options.back_off * state.n_losses;
        if state.is_given_up() || state.last_loss.is_some_and(|since| since.elapsed() < waits) {
            return Err(gone(&state.reason));
        }
        // Again, it is from a new instance: what is left of the old device may be as lost as it is.
        let anew = || {
            let mut found = adapters(self.options.software).into_iter();
            found.find(|adapter| *adapter.facts() == self.facts)
        };
        let again = state.adapter.take().or_else(anew);
        let opened = again
            .ok_or_else(|| gone("it is not there any more"))
            .and_then(|adapter| Device::open(&adapter, &self.options.device))
            .and_then(|device| {
                Ok((Arc::new(Rates::of(&device, self.options.rates_file.as_deref())?), device))
            });
        match opened {
            Ok((rates, device)) => {
                state.open = Some((device.clone(), rates));
                Ok(device)
            }
            Err(error) => {
                state.count_loss(&error);
                Err(error)
            }
        }
    }

    /// What was measured of it, if it is open; it is opened now if it is not.
    pub(super) fn rates(&self) -> Option<Arc<Rates>> {
        self.open().ok()?;
        self.state.lock().open.as_ref().map(|(_, rates)| rates.clone())
    }

    /// The same of one that is open. Never waits: while it is opened and measured, the CPU goes on.
    pub(super) fn rates_if_open(&self) -> Option<Arc<Rates>> {
        let state = self.state.try_lock()?;
        state.open.as_ref().filter(|(device, _)| device.check_alive().is_ok()).map(|(_, rates)| rates.clone())
    }

    /// Whether it may be opened, now or again.
    pub(super) fn may_open(&self) -> bool {
        let Some(state) = self.state.try_lock() else { return false };
        let is_open = state.open.as_ref().is_some_and(|(device, _)| device.check_alive().is_ok());
        let waits = self.options.back_off * state.n_losses;
        let has_waited = state.last_loss.is_none_or(|since| since.elapsed() >= waits);
        !is_open && !state.is_given_up() && has_waited
    }

    /// Whether it is given up.
    pub(super) fn is_given_up(&self) -> bool {
        self.state.try_lock().is_some_and(|state| state.is_given_up())
    }

    /// Whether a value is on it.
    pub(super) fn has(&self, value: &Value) -> bool {
        let state = self.state.try_lock();
        state.is_some_and(|state| state.open.as_ref().is_some_and(|(device, _)| is_on(value, device)))
    }

    /// The result of a call, if there is one.
    pub(super) fn call(&self, call: &Call, args: Args<'_>, tenant: u32) -> Called {
        let opened = self.open();
        let result = match &opened {
            // Our own mistake, or wgpu's: it is one call's end, and not its task's.
            Ok(device) => {
                let run = AssertUnwindSafe(|| self.run(device, call, args, tenant));
                std::panic::catch_unwind(run).unwrap_or_else(|_| {
                    Err(Error::unsupported("internal error, please report it: it panicked"))
                })
            }
            Err(error) => Err(error.clone()),
        };
        match result {
            Ok(value) => {
                self.n_calls.fetch_add(1, Ordering::Relaxed);
                Called::Done(value)
            }
            Err(error) => {
                self.count(&format!("{}: {error}", call.name));
                match (&error, &opened) {
                    (Error::Shader { .. }, _) => self.refuse(&error),
                    (Error::Lost { .. }, Ok(device)) => self.state.lock().lose(device, &error),
                    _ => {}
                }
                match error {
                    Error::Unsupported { .. } | Error::Shader { .. } => Called::Hopeless,
                    _ => Called::Failed,
                }
            }
        }
    }

    fn refuse(&self, error: &Error) {
        let mut refused = self.refused.lock();
        if refused.len() < REASONS_MAX {
            refused.insert(error.to_string());
        }
    }

    /// Runs a call, making room as long as that is of use.
    fn run(&self, device: &Device, call: &Call, args: Args<'_>, tenant: u32) -> Result<Value, Error> {
        let session = Session { device, residents: &self.residents, tenant };
        loop {
            match (call.run)(&session, args) {
                Err(Error::OutOfMemory { nbytes, adapter, used_nbytes, budget_nbytes }) => {
                    if !self.residents.evict(device, nbytes)? {
                        let full = Error::OutOfMemory { nbytes, adapter, used_nbytes, budget_nbytes };
                        return call.halve.map_or(Err(full), |halve| halve(&session, args));
                    }
                }
                other => return other,
            }
        }
    }

    fn count(&self, reason: &str) {
        let mut returned = self.returned.lock();
        if returned.len() < REASONS_MAX || returned.contains_key(reason) {
            *returned.entry(reason.to_owned()).or_default() += 1;
        }
    }

    pub(super) fn finding(&self) -> Finding {
        let opened = self.open();
        let state = self.state.lock();
        let mut disabled: Vec<String> = self.refused.lock().iter().cloned().collect();
        if let Err(error) = opened {
            let ever = if state.is_given_up() { "given up" } else { "not now" };
            disabled.insert(0, format!("everything, {ever}: {error}"));
        }
        Finding {
            adapter: self.facts.clone(),
            rates: state.open.as_ref().map(|(_, rates)| Rates::clone(rates)),
            resident_nbytes: state.open.as_ref().map_or(0, |(device, _)| self.residents.nbytes(device)),
            n_calls: self.n_calls.load(Ordering::Relaxed),
            disabled,
            returned: self.returned.lock().iter().map(|(reason, &n)| (reason.clone(), n)).collect(),
        }
    }
}

impl State {
    /// Takes in that a device is lost, if it is the one that is open: once, whoever notices it.
    fn lose(&mut self, device: &Device, error: &Error) {
        if self.open.take_if(|(open, _)| open.is(device)).is_some() {
            self.count_loss(error);
            // What it was asked may still run, with all its memory: another one beside it would be no better.
            if device.is_hung() {
                self.n_losses = LOSSES_MAX;
            }
        }
    }

    fn count_loss(&mut self, error: &Error) {
        self.n_losses += 1;
        self.last_loss = Some(Instant::now());
        self.reason = match error {
            Error::Lost { reason, .. } => reason.clone(),
            other => other.to_string(),
        };
    }

    fn is_given_up(&self) -> bool {
        self.n_losses >= LOSSES_MAX
    }
}
