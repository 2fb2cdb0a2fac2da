//! Buffers of a device: kept for reuse by size, within a budget of bytes.

use std::collections::BTreeMap;

/// The least size of a buffer, in bytes: a device's memory is given out in such pieces anyway.
const NBYTES_MIN: u64 = 256;

/// The buffers that wait for reuse, and how much all buffers take.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    /// By size class, and the tenant whose data is still in them.
    free: BTreeMap<u64, Vec<(wgpu::Buffer, u32)>>,
    /// Bytes of all buffers, those in use and those that wait.
    used_nbytes: u64,
    free_nbytes: u64,
}

/// A buffer from the pool, and whether another tenant's data is in it.
pub(crate) struct Reused {
    pub(crate) buffer: wgpu::Buffer,
    pub(crate) is_foreign: bool,
}

impl Pool {
    pub(crate) fn used_nbytes(&self) -> u64 {
        self.used_nbytes
    }

    /// A buffer of this size class, of the tenant's own before others'.
    pub(crate) fn take(&mut self, class: u64, tenant: u32) -> Option<Reused> {
        let waiting = self.free.get_mut(&class)?;
        let own = waiting.iter().rposition(|&(_, last)| last == tenant);
        let (buffer, last) = match own {
            Some(own) => waiting.swap_remove(own),
            None => waiting.pop()?,
        };
        if waiting.is_empty() {
            self.free.remove(&class);
        }
        self.free_nbytes -= class;
        Some(Reused { buffer, is_foreign: last != tenant })
    }

    /// Makes room for so many bytes within a budget, of what waits for reuse; whether there is room now.
    pub(crate) fn make_room(&mut self, nbytes: u64, budget_nbytes: u64) -> bool {
        while self.used_nbytes.saturating_add(nbytes) > budget_nbytes {
            let Some(mut largest) = self.free.last_entry() else { return false };
            let class = *largest.key();
            // Dropped here, on the device's thread.
            largest.get_mut().pop();
            if largest.get().is_empty() {
                largest.remove();
            }
            self.free_nbytes -= class;
            self.used_nbytes -= class;
        }
        true
    }

    /// Lets everything go that waits for reuse.
    pub(crate) fn trim(&mut self) {
        self.free.clear();
        self.used_nbytes -= self.free_nbytes;
        self.free_nbytes = 0;
    }

    /// Counts a buffer that was made.
    pub(crate) fn add(&mut self, class: u64) {
        self.used_nbytes += class;
    }

    /// Takes a buffer back.
    pub(crate) fn give(&mut self, buffer: wgpu::Buffer, tenant: u32) {
        let class = buffer.size();
        self.free_nbytes += class;
        self.free.entry(class).or_default().push((buffer, tenant));
    }
}

/// The size of the buffer for so many bytes: a power of two, or one and a half of one, so that at most a third is lost.
pub(crate) fn size_class(nbytes: u64) -> u64 {
    let nbytes = nbytes.max(NBYTES_MIN);
    let above = nbytes.checked_next_power_of_two().unwrap_or(u64::MAX);
    let between = above / 4 * 3;
    if nbytes <= between { between } else { above }
}

#[cfg(test)]
mod tests;
