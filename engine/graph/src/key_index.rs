//! Finds the task with a given key: an open-addressing table of ids, 8 bytes a task.

#![expect(
    clippy::indexing_slicing,
    reason = "slots are masked by their power-of-two length, and ids come from the caller's keys"
)]

use crate::Key;

/// Ids by key; the keys themselves stay in the caller's table.
pub(crate) struct KeyIndex {
    /// An id plus 1, or 0 for none; at most half of them are used.
    slots: Vec<u32>,
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
        let [a, b, c, d, e, f, g, h, ..] = key.0;
        let mut slot = u64::from_le_bytes([a, b, c, d, e, f, g, h]) as usize & mask;
        loop {
            match self.slots[slot].checked_sub(1) {
                None => {
                    self.slots[slot] = id + 1;
                    return id;
                }
                Some(found) if keys[found as usize] == key => return found,
                Some(_) => slot = (slot + 1) & mask,
            }
        }
    }
}
