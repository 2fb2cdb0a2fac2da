//! A scheduler that has just started may be another's successor: clients that return wait until workers have.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long after its start a scheduler may be a successor: longer than anybody tries to return.
const SUCCESSOR: Duration = Duration::from_secs(60);
/// How long clients wait for workers, once the first of either has returned.
pub(super) const GATHERING: Duration = Duration::from_secs(2);

/// Closed while workers return with results that clients are about to ask for.
#[derive(Debug)]
pub(super) struct Gate {
    started: Instant,
    state: Mutex<State>,
    bell: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Until when it stays closed, once it is.
    closed_until: Option<Instant>,
    /// Workers that there were, as far as they say.
    n_expected: u32,
    /// Those that have brought all they have.
    n_back: u32,
}

impl Gate {
    pub(super) fn new() -> Self {
        Self { started: Instant::now(), state: Mutex::default(), bell: Condvar::new() }
    }

    /// Somebody returns, who knows how many workers there were, or does not.
    pub(super) fn on_return(&self, n_workers: Option<u32>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.closed_until.is_none() && self.started.elapsed() < SUCCESSOR {
            state.closed_until = Some(Instant::now() + GATHERING);
        }
        state.n_expected = state.n_expected.max(n_workers.unwrap_or(0));
    }

    /// A worker that has returned has told all that it has.
    pub(super) fn on_back(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.n_back += 1;
        if state.is_complete() {
            self.bell.notify_all();
        }
    }

    /// Waits while it is closed.
    pub(super) fn pass(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(until) = state.closed_until.filter(|_| !state.is_complete()) {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            state = self.bell.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl State {
    fn is_complete(&self) -> bool {
        self.n_expected > 0 && self.n_back >= self.n_expected
    }
}
