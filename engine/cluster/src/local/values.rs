//! The values that one worker holds, by task.

use std::sync::Arc;

use gristmill_data::Value;
use gristmill_scheduling::TaskId;
use gristmill_storage::SpillFile;

/// A value, wherever it is.
#[derive(Debug, Clone)]
pub(super) enum Stored {
    /// In memory.
    Memory(Value),
    /// In a spill file, which is removed with its last handle.
    Spilled(Arc<SpillFile>),
}

/// Values by task slot; a slot that was used again never answers for its former task.
#[derive(Debug, Default)]
pub(super) struct Values {
    slots: Vec<Option<(u32, Stored)>>,
    n_values: u64,
}

impl Values {
    pub(super) fn get(&self, task: TaskId) -> Option<&Stored> {
        match self.slots.get(task.idx()) {
            Some(Some((generation, stored))) if *generation == task.generation => Some(stored),
            _ => None,
        }
    }

    /// Puts a value under its task; returns what it replaces.
    pub(super) fn insert(&mut self, task: TaskId, stored: Stored) -> Option<Stored> {
        if self.slots.len() <= task.idx() {
            self.slots.resize_with(task.idx() + 1, || None);
        }
        let slot = self.slots.get_mut(task.idx())?;
        self.n_values += u64::from(slot.is_none());
        slot.replace((task.generation, stored)).map(|(_, replaced)| replaced)
    }

    pub(super) fn remove(&mut self, task: TaskId) -> Option<Stored> {
        self.get(task)?;
        self.n_values -= 1;
        self.slots.get_mut(task.idx())?.take().map(|(_, stored)| stored)
    }

    pub(super) fn len(&self) -> u64 {
        self.n_values
    }

    /// Takes everything out.
    pub(super) fn clear(&mut self) -> impl Iterator<Item = Stored> + use<> {
        std::mem::take(self).slots.into_iter().flatten().map(|(_, stored)| stored)
    }
}
