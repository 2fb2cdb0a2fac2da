//! Failures on demand, so that what is done about them can be tested.

use std::sync::atomic::{AtomicU64, Ordering};

/// Failures that a device is to show: each names the n-th time, counted from 1, and 0 is never.
#[derive(Debug, Default)]
pub struct Faults {
    /// The allocation for which there is no room.
    pub out_of_memory_at: AtomicU64,
    /// The shader that the driver refuses.
    pub refuse_shader_at: AtomicU64,
    /// The dispatch at which the device is lost.
    pub lose_at: AtomicU64,
}

impl Faults {
    /// Counts one event down; whether it is the one.
    pub(crate) fn strikes(counter: &AtomicU64) -> bool {
        let left = counter.load(Ordering::Relaxed);
        if left > 0 {
            counter.store(left - 1, Ordering::Relaxed);
        }
        left == 1
    }
}
