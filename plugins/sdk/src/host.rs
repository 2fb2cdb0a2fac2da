//! The host's side: the task's log, its progress, and what it knows of itself.

use crate::bindings::task::gristmill::plugin::host;

pub use host::{BlockInfo, Level, TaskInfo};

/// Writes one line to the task's log; [`log!`](crate::log!) formats it.
pub fn log_line(level: Level, message: &str) {
    if cfg!(target_family = "wasm") {
        host::log(level, message);
    } else {
        eprintln!("{level:?}: {message}");
    }
}

/// Tells how far the task is, from 0.0 to 1.0. A cancelled task stops here.
pub fn progress(fraction: f64) {
    if cfg!(target_family = "wasm") {
        host::progress(fraction);
    }
}

/// The running task: its key, a seed that derives from the key alone, and where its chunk lies.
#[must_use]
pub fn current_task() -> TaskInfo {
    if cfg!(target_family = "wasm") {
        host::current_task()
    } else {
        TaskInfo { key: "0".repeat(64), seed: 0, block: None }
    }
}

/// Writes one line to the task's log: `log!("{n} rows")`, or `log!(warn, "{n} rows")` with a level.
#[macro_export]
macro_rules! log {
    (trace, $($arg:tt)+) => { $crate::log_line($crate::Level::Trace, &::std::format!($($arg)+)) };
    (debug, $($arg:tt)+) => { $crate::log_line($crate::Level::Debug, &::std::format!($($arg)+)) };
    (info, $($arg:tt)+) => { $crate::log_line($crate::Level::Info, &::std::format!($($arg)+)) };
    (warn, $($arg:tt)+) => { $crate::log_line($crate::Level::Warn, &::std::format!($($arg)+)) };
    (error, $($arg:tt)+) => { $crate::log_line($crate::Level::Error, &::std::format!($($arg)+)) };
    ($($arg:tt)+) => { $crate::log!(info, $($arg)+) };
}
