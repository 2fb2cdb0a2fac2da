//! Sees to it that there are as many workers as there should be.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use gristmill_scheduling::{Adaptive, AdaptiveConfig, WorkerId};
use parking_lot::Mutex;

use crate::host::Shared;
use crate::provider::Provider;

/// Time between two looks when their number is fixed: for workers that have died.
const INTERVAL: Duration = Duration::from_millis(200);
/// How long a provider is left alone whose workers do not come, and at most, when that happens again and again.
const PAUSE: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(60);

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
    wanted: Wanted,
    /// Workers that were started and had not ended, and those that were there, at the last look that started some.
    started: (usize, usize),
    trouble: Option<Trouble>,
}

/// A provider whose workers do not come.
#[derive(Debug)]
struct Trouble {
    why: String,
    /// When it is tried again.
    until: Instant,
    pause: Duration,
}

#[derive(Debug)]
enum Wanted {
    Fixed(u32),
    Adaptive(Adaptive),
    /// The cluster ends: nobody is started any more.
    Nothing,
}

impl Scaler {
    pub(super) fn new(
        shared: &Arc<Shared>,
        provider: Box<dyn Provider>,
        address: String,
        scale: Scale,
    ) -> Arc<Self> {
        let wanted = wanted(scale, &*provider);
        let state = State { provider, address, wanted, started: (0, 0), trouble: None };
        Arc::new(Self { shared: Arc::downgrade(shared), state: Mutex::new(state) })
    }

    /// From now on there should be so many; why there may be fewer for now, if that is known.
    pub(super) fn set(&self, scale: Scale) -> Option<String> {
        let mut state = self.state.lock();
        state.wanted = wanted(scale, &*state.provider);
        // Whoever asks has perhaps mended something: it is tried at once.
        let trouble = state.trouble.as_mut()?;
        trouble.until = Instant::now();
        Some(trouble.why.clone())
    }

    /// Nobody is started any more.
    pub(super) fn stop(&self) {
        self.state.lock().wanted = Wanted::Nothing;
    }

    /// Ends those that do not end by themselves.
    pub(super) fn end(&self) {
        self.state.lock().provider.end();
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
            let is_adaptive = matches!(state.wanted, Wanted::Adaptive(_));
            (is_adaptive.then(|| core.backlog()), core.workers_to_stay())
        };
        let (n_wanted, interval) = match &mut state.wanted {
            Wanted::Fixed(n) => (*n, INTERVAL),
            Wanted::Adaptive(adaptive) => {
                (adaptive.look(backlog.unwrap_or_default()), adaptive.config().interval)
            }
            Wanted::Nothing => return None,
        };
        let n_wanted = n_wanted as usize;
        if n_wanted <= there.len() {
            (state.started, state.trouble) = ((0, 0), None);
        }
        if n_wanted < there.len() {
            // The emptiest go.
            shared.act(|core| {
                there.iter().take(there.len() - n_wanted).for_each(|&worker: &WorkerId| core.retire(worker));
            });
        } else if n_wanted > there.len() {
            state.start(n_wanted, there.len());
        }
        Some(interval)
    }
}

impl State {
    fn start(&mut self, n_wanted: usize, n_there: usize) {
        if self.trouble.as_ref().is_some_and(|trouble| trouble.until > Instant::now()) {
            return;
        }
        match self.try_to_start(n_wanted, n_there) {
            Ok(()) => {}
            Err(why) => {
                let pause = self.trouble.as_ref().map_or(PAUSE, |trouble| (trouble.pause * 2).min(PAUSE_MAX));
                self.trouble = Some(Trouble { why, until: Instant::now() + pause, pause });
            }
        }
    }

    fn try_to_start(&mut self, n_wanted: usize, n_there: usize) -> Result<(), String> {
        let n_started = self.provider.n_started()?;
        let (n_before, n_there_before) = self.started;
        self.started = (n_started, n_there);
        if n_started < n_before && n_there <= n_there_before && n_there < n_before {
            let n = n_before - n_started;
            return Err(format!("{n} of the workers that were started have ended; see what they have said"));
        }
        // Those that leave are among the started; if others join from elsewhere, there are enough.
        let n_missing = n_wanted.saturating_sub(n_started.max(n_there));
        (0..n_missing).try_for_each(|_| self.provider.start(&self.address))?;
        self.started.0 += n_missing;
        Ok(())
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
