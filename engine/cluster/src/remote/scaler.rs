//! Sees to it that there are as many workers as there should be.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use gristmill_scheduling::{Adaptive, AdaptiveConfig, WorkerId};
use parking_lot::Mutex;

use crate::host::Shared;
use crate::provider::Provider;

/// Time between two looks when their number is fixed: for workers that have died.
const INTERVAL: Duration = Duration::from_millis(200);
/// How long a provider is left alone that could not start a worker.
const FAILED: Duration = Duration::from_secs(5);

/// How many workers there should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// So many.
    Fixed(u32),
    /// As many as the work is worth.
    Adaptive(AdaptiveConfig),
}

/// What has a provider start workers, and some leave.
#[derive(Debug)]
pub(super) struct Scaler {
    shared: Weak<Shared>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    provider: Box<dyn Provider>,
    /// Where workers find their scheduler.
    address: String,
    scale: Wanted,
    /// Why the provider could not start a worker when it was last asked, and when that was.
    failed: Option<(String, Instant)>,
}

#[derive(Debug)]
enum Wanted {
    Fixed(u32),
    Adaptive(Adaptive),
}

impl Scaler {
    pub(super) fn new(
        shared: &Arc<Shared>,
        provider: Box<dyn Provider>,
        address: String,
        scale: Scale,
    ) -> Arc<Self> {
        let scale = wanted(scale, &*provider);
        let state = Mutex::new(State { provider, address, scale, failed: None });
        Arc::new(Self { shared: Arc::downgrade(shared), state })
    }

    /// From now on there should be so many.
    pub(super) fn set(&self, scale: Scale) {
        let mut state = self.state.lock();
        state.scale = wanted(scale, &*state.provider);
        state.failed = None;
    }

    /// Why workers cannot be started, if so.
    pub(super) fn failure(&self) -> Option<String> {
        self.state.lock().failed.as_ref().map(|(why, _)| why.clone())
    }

    /// Looks on until the scheduler is gone.
    pub(super) fn run(scaler: Weak<Self>) {
        while let Some(interval) = scaler.upgrade().and_then(|scaler| scaler.look()) {
            std::thread::sleep(interval);
        }
    }

    /// One look; how long to wait until the next, or nothing when there is none.
    fn look(&self) -> Option<Duration> {
        let shared = self.shared.upgrade()?;
        let mut state = self.state.lock();
        let (backlog, there) = {
            let core = shared.core.lock();
            if core.stopped {
                return None;
            }
            let is_adaptive = matches!(state.scale, Wanted::Adaptive(_));
            (is_adaptive.then(|| core.backlog()), core.workers_to_stay())
        };
        let (n_wanted, interval) = match &mut state.scale {
            Wanted::Fixed(n) => (*n, INTERVAL),
            Wanted::Adaptive(adaptive) => {
                (adaptive.look(backlog.unwrap_or_default()), adaptive.config().interval)
            }
        };
        let n_wanted = n_wanted as usize;
        match n_wanted < there.len() {
            // The emptiest go.
            true => shared.act(|core| {
                there.iter().take(there.len() - n_wanted).for_each(|&worker: &WorkerId| core.retire(worker));
            }),
            false => state.start(n_wanted, there.len()),
        }
        Some(interval)
    }
}

impl State {
    fn start(&mut self, n_wanted: usize, n_there: usize) {
        if self.failed.as_ref().is_some_and(|(_, at)| at.elapsed() < FAILED) {
            return;
        }
        // Those that leave are among the started; if others join from elsewhere, there are enough.
        let result = self.provider.n_started().and_then(|n_started| {
            (n_started.max(n_there)..n_wanted).try_for_each(|_| self.provider.start(&self.address))
        });
        self.failed = result.err().map(|why| (why, Instant::now()));
    }
}

fn wanted(scale: Scale, provider: &dyn Provider) -> Wanted {
    let spec = provider.spec();
    match scale {
        Scale::Fixed(n) => Wanted::Fixed(n),
        Scale::Adaptive(config) => {
            let threads = u32::try_from(spec.n_threads).unwrap_or(u32::MAX);
            Wanted::Adaptive(Adaptive::new(config, threads, spec.memory_nbytes))
        }
    }
}
