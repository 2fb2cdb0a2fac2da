//! Finds the task with a given key: an open-addressing table of ids, at most 32 bytes a task while a graph is named.

#![expect(
    clippy::indexing_slicing,
    reason = "slots are masked by their power-of-two length, and ids come from the caller's keys"
)]

use crate::Key;

/// Ids by key; the keys themselves stay in the caller's table.
pub(crate) struct KeyIndex {
    /// 32 bits of the key, so that a wrong key is rarely fetched, and the id plus 1; 0 for none.
    /// At most half of the slots are used.
    slots: Vec<u64>,
}

impl KeyIndex {
    /// An index for at most `n` keys.
    pub(crate) fn with_capacity(n: usize) -> Self {
        Self { slots: vec![0; (n * 2 + 1).next_power_of_two()] }
    }

    /// The id of an equal key, or `id` after putting it in.
    pub(crate) fn find_or_insert(&mut self, key: Key, id: u32, keys: &[Key]) -> u32 {
        let mask = self.slots.len() - 1;
        // A key is a hash already.
        let [a, b, c, d, e, f, g, h, rest @ ..] = key.0;
        let [i, j, k, l, ..] = rest;
        let tag = u64::from(u32::from_le_bytes([i, j, k, l])) << 32;
        let mut slot = u64::from_le_bytes([a, b, c, d, e, f, g, h]) as usize & mask;
        loop {
            let entry = self.slots[slot];
            if entry == 0 {
                self.slots[slot] = tag | u64::from(id + 1);
                return id;
            }
            let found = entry as u32 - 1;
            if entry & (u64::MAX << 32) == tag && keys[found as usize] == key {
                return found;
            }
            slot = (slot + 1) & mask;
        }
    }
}
