//! What running guests say: their log lines and how far they are, behind a lock of its own.
//!
//! Bounded twice: a call may log so much ([`Limits`](gristmill_sandbox::Limits)), and the last lines of all calls are
//! kept. So a guest that logs without end costs the others nothing.

use std::collections::VecDeque;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use gristmill_graph::Key;
use gristmill_sandbox::{Level, Observer};
use parking_lot::Mutex;

use crate::host::jobs::Call;

/// Lines that are kept; then the oldest goes for each new one.
const LINES_MAX: usize = 1_000;
/// A whole task, in the unit of progress.
const WHOLE: f64 = 1_000.0;

/// One line that a guest has logged; it holds no control characters.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// The task's function, as people name it.
    pub function: Arc<str>,
    /// The task; none if it ran in a batch, where nobody knows which call said what.
    pub key: Option<Key>,
    /// How much it matters.
    pub level: Level,
    /// What was said.
    pub text: String,
}

/// Lines of the log, and how many are missing.
#[non_exhaustive]
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Log {
    /// The lines, in the order in which they came.
    pub lines: Vec<LogLine>,
    /// Older lines that nobody asked for in time.
    pub n_missed: u64,
}

/// What all guests of a cluster have said.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    last: Mutex<Last>,
    running_permille: AtomicU64,
}

#[derive(Debug, Default)]
struct Last {
    lines: VecDeque<LogLine>,
    /// Lines since they were last taken, those that are gone too.
    n_new: u64,
}

impl Journal {
    fn add(&self, line: LogLine) {
        let mut last = self.last.lock();
        if last.lines.len() >= LINES_MAX {
            last.lines.pop_front();
        }
        last.lines.push_back(line);
        last.n_new += 1;
    }

    /// The lines since this was last called, as far as they are still there.
    pub(crate) fn take_new(&self) -> Log {
        let mut last = self.last.lock();
        let n_new = mem::take(&mut last.n_new);
        let n_old = last.lines.len().saturating_sub(usize::try_from(n_new).unwrap_or(usize::MAX));
        let lines: Vec<_> = last.lines.iter().skip(n_old).cloned().collect();
        Log { n_missed: n_new - lines.len() as u64, lines }
    }

    /// The last lines, taken or not.
    pub(crate) fn last(&self) -> Vec<LogLine> {
        self.last.lock().lines.iter().cloned().collect()
    }

    /// How far the running tasks say that they are, in thousandths of a task, summed up.
    pub(crate) fn running_permille(&self) -> u64 {
        self.running_permille.load(Ordering::Relaxed)
    }
}

/// Hears one call, until it is dropped with the call.
#[derive(Debug)]
pub(crate) struct Ear {
    journal: Arc<Journal>,
    function: Arc<str>,
    key: Key,
    permille: AtomicU64,
}

impl Ear {
    pub(crate) fn new(journal: &Arc<Journal>, call: &Call) -> Arc<Self> {
        let (function, key) = (call.code.name_of(call.row), call.code.key_of(call.row));
        Arc::new(Self { journal: journal.clone(), function, key, permille: AtomicU64::new(0) })
    }

    /// Sets how far this call is; the sum of all wraps back where the call is less far than before.
    fn set(&self, permille: u64) {
        let before = self.permille.swap(permille, Ordering::Relaxed);
        self.journal.running_permille.fetch_add(permille.wrapping_sub(before), Ordering::Relaxed);
    }
}

impl Observer for Ear {
    fn on_progress(&self, fraction: f64) {
        self.set((fraction * WHOLE) as u64);
    }

    fn on_log(&self, level: Level, line: &str) {
        let (function, key) = (self.function.clone(), Some(self.key));
        self.journal.add(LogLine { function, key, level, text: line.to_owned() });
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        self.set(0);
    }
}

/// Hears a batch of calls. What it heard counts only if the batch does: otherwise each call says it again, alone.
#[derive(Debug, Default)]
pub(crate) struct BatchEar(Mutex<Vec<(Level, String)>>);

impl BatchEar {
    pub(crate) fn is_silent(&self) -> bool {
        self.0.lock().is_empty()
    }

    /// Hands on what was heard.
    pub(crate) fn tell(&self, journal: &Journal, call: &Call) {
        for (level, text) in mem::take(&mut *self.0.lock()) {
            journal.add(LogLine { function: call.code.name_of(call.row), key: None, level, text });
        }
    }
}

impl Observer for BatchEar {
    fn on_log(&self, level: Level, line: &str) {
        self.0.lock().push((level, line.to_owned()));
    }
}
