//! The thread that raises the engine's epoch, so that running guests are looked at.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, Thread};
use std::time::Duration;

use wasmtime::{Engine, EngineWeak};

use crate::error::Error;

/// Ticks without a running guest after which the thread sleeps until it is woken.
const IDLE_TICKS_MAX: u32 = 200;

/// Ticks while guests run; stops when dropped.
pub(crate) struct Ticker {
    shared: Arc<Shared>,
    thread: Thread,
}

struct Shared {
    /// Guests that run now.
    n_running: AtomicUsize,
    /// The thread sleeps and must be woken.
    asleep: AtomicBool,
    stopped: AtomicBool,
}

/// A guest runs as long as this lives.
pub(crate) struct Running<'a>(&'a AtomicUsize);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Ticker {
    /// Starts the thread.
    pub(crate) fn start(engine: &Engine, tick: Duration) -> Result<Self, Error> {
        let shared = Arc::new(Shared {
            n_running: AtomicUsize::new(0),
            asleep: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
        });
        let (engine, its_shared) = (engine.weak(), Arc::clone(&shared));
        let handle = thread::Builder::new()
            .name("gristmill-epoch".into())
            .spawn(move || tick_until_stopped(&engine, &its_shared, tick))
            .map_err(|error| Error::Config { reason: format!("no thread for its clock: {error}") })?;
        Ok(Self { shared, thread: handle.thread().clone() })
    }

    /// A guest is entered: ticks come until the returned guard is dropped.
    pub(crate) fn enter(&self) -> Running<'_> {
        // SeqCst, here and before sleeping: either this sees the thread asleep, or the thread sees this guest.
        self.shared.n_running.fetch_add(1, Ordering::SeqCst);
        if self.shared.asleep.load(Ordering::SeqCst) {
            self.thread.unpark();
        }
        Running(&self.shared.n_running)
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        self.thread.unpark();
    }
}

fn tick_until_stopped(engine: &EngineWeak, shared: &Shared, tick: Duration) {
    let mut n_idle_ticks = 0;
    while !shared.stopped.load(Ordering::SeqCst) {
        thread::park_timeout(tick);
        let Some(engine) = engine.upgrade() else { return };
        engine.increment_epoch();
        n_idle_ticks = if shared.n_running.load(Ordering::Relaxed) > 0 { 0 } else { n_idle_ticks + 1 };
        if n_idle_ticks > IDLE_TICKS_MAX {
            shared.asleep.store(true, Ordering::SeqCst);
            if shared.n_running.load(Ordering::SeqCst) == 0 && !shared.stopped.load(Ordering::SeqCst) {
                thread::park();
            }
            shared.asleep.store(false, Ordering::SeqCst);
            n_idle_ticks = 0;
        }
    }
}
