//! What one worker holds of each task.

use std::sync::Arc;

use gristmill_data::Value;
use gristmill_scheduling::TaskId;
use gristmill_storage::SpillFile;

/// A value, wherever it is.
#[derive(Debug, Clone)]
pub(crate) enum Stored {
    /// In memory.
    Memory(Value),
    /// In a spill file, which is removed with its last handle.
    Spilled(Arc<SpillFile>),
}

impl Stored {
    /// Its bytes, wherever they are.
    pub(crate) fn nbytes(&self) -> u64 {
        match self {
            Self::Memory(value) => value.nbytes(),
            Self::Spilled(file) => file.nbytes(),
        }
    }
}

/// Something of each of many tasks, by slot; a slot that was used again never answers for its former task.
#[derive(Debug)]
pub(crate) struct Slots<T> {
    slots: Vec<Option<(u32, T)>>,
    n_full: u64,
}

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self { slots: Vec::new(), n_full: 0 }
    }
}

impl<T> Slots<T> {
    pub(crate) fn get(&self, task: TaskId) -> Option<&T> {
        match self.slots.get(task.idx()) {
            Some(Some((generation, item))) if *generation == task.generation => Some(item),
            _ => None,
        }
    }

    /// Puts something under its task; returns what it replaces.
    pub(crate) fn insert(&mut self, task: TaskId, item: T) -> Option<T> {
        if self.slots.len() <= task.idx() {
            self.slots.resize_with(task.idx() + 1, || None);
        }
        let slot = self.slots.get_mut(task.idx())?;
        self.n_full += u64::from(slot.is_none());
        slot.replace((task.generation, item)).map(|(_, replaced)| replaced)
    }

    pub(crate) fn remove(&mut self, task: TaskId) -> Option<T> {
        self.get(task)?;
        self.n_full -= 1;
        self.slots.get_mut(task.idx())?.take().map(|(_, item)| item)
    }

    pub(crate) fn len(&self) -> u64 {
        self.n_full
    }

    /// Everything with its task.
    pub(crate) fn into_items(self) -> impl Iterator<Item = (TaskId, T)> {
        (0..).zip(self.slots).filter_map(|(slot, full)| {
            let (generation, item) = full?;
            Some((TaskId { slot, generation }, item))
        })
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.slots.iter().flatten().map(|(_, item)| item)
    }

    /// Takes everything out.
    pub(crate) fn clear(&mut self) -> impl Iterator<Item = T> + use<T> {
        std::mem::take(self).slots.into_iter().flatten().map(|(_, item)| item)
    }
}
