//! A scheduler that has just started may be another's successor: clients that return wait until workers have.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

/// How long after its start a scheduler may be a successor: longer than anybody tries to return.
const SUCCESSOR: Duration = Duration::from_secs(60);
/// How long clients wait for workers, once the first of either has returned.
pub(super) const GATHERING: Duration = Duration::from_secs(2);

/// Closed while workers return with results that clients are about to ask for.
#[derive(Debug)]
pub(super) struct Gate {
    started: Instant,
    state: Mutex<State>,
    bell: Notify,
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
        Self { started: Instant::now(), state: Mutex::default(), bell: Notify::new() }
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
        self.state.lock().unwrap_or_else(PoisonError::into_inner).n_back += 1;
        self.bell.notify_waiters();
    }

    /// Waits while it is closed.
    pub(super) async fn pass(&self) {
        loop {
            // Made before the state is looked at, it misses no bell.
            let rung = self.bell.notified();
            let left = self.state.lock().unwrap_or_else(PoisonError::into_inner).left();
            if left.is_zero() || tokio::time::timeout(left, rung).await.is_err() {
                return;
            }
        }
    }
}

impl State {
    /// How long it stays closed.
    fn left(&self) -> Duration {
        let is_complete = self.n_expected > 0 && self.n_back >= self.n_expected;
        let until = self.closed_until.filter(|_| !is_complete);
        until.map_or(Duration::ZERO, |until| until.saturating_duration_since(Instant::now()))
    }
}
