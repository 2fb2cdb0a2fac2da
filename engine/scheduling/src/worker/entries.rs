//! The worker's tables: results by task, and calls.

use std::ops::{Index, IndexMut};

use gristmill_graph::Key;
use smallvec::SmallVec;

use super::NONE;
use crate::{Assignment, Holders, RunId, TaskId, WorkerTask, idmap::IdMap, state::Pause};

/// A task's result on this worker, or the place where it will be.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) id: TaskId,
    pub(super) state: WorkerTask,
    /// It was fetched, not computed: its end is told to the scheduler, which may learn late that it was here.
    pub(super) replica: bool,
    /// Nobody elsewhere needs it: it goes with its last user.
    pub(super) freed: bool,
    /// It is fetched to be kept, whoever uses it; that counts as a use until it is here.
    pub(super) copied: bool,
    /// It is placed here, and is taken when a cancelled call has ended: under this key, of so many bytes.
    pub(super) hold: Option<Box<(Key, u64)>>,
    /// It is gone with its device, and is dropped when the last running call has found out.
    pub(super) lost: bool,
    /// The run that computed it.
    pub(super) run: RunId,
    pub(super) nbytes: u64,
    /// Calls here that have it as an input, once per use.
    pub(super) n_users: u32,
    /// Calls here that keep it in memory, once per use.
    pub(super) n_pins: u32,
    /// When it was last used; entries of the queue with other stamps are stale.
    pub(super) stamp: u32,
    /// The call that computes it, if it is to run or runs.
    pub(super) call: u32,
    /// The call that comes when a cancelled run or a fetch has ended.
    pub(super) next: u32,
    /// Calls that wait for it, once per use.
    pub(super) waiters: SmallVec<[u32; 2]>,
    pub(super) fetch: Option<Box<Fetch>>,
}

/// How a result is fetched.
#[derive(Debug, Default)]
pub(super) struct Fetch {
    pub(super) holders: Holders,
    /// Tries so far; the next goes to this holder in turn.
    pub(super) n_tries: u32,
    /// Bits of the holders that have said they have no such result.
    pub(super) gone: u32,
    pub(super) priority: u64,
}

/// A task to run.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) assignment: Assignment,
    /// The entry of its result.
    pub(super) entry: u32,
    /// Inputs not here; once it is pinned, inputs not in memory.
    pub(super) n_waiting: u32,
    /// Its inputs are pinned: it runs as soon as they are in memory.
    pub(super) pinned: bool,
    pub(super) pause: Pause,
}

impl Entry {
    /// Whether the value is here, in memory or not.
    pub(super) fn is_here(&self) -> bool {
        matches!(
            self.state,
            WorkerTask::Memory | WorkerTask::Spilling | WorkerTask::Spilled | WorkerTask::Unspilling
        )
    }
}

/// All entries.
#[derive(Debug, Default)]
pub(super) struct Entries {
    pub(super) all: Vec<Entry>,
    free: Vec<u32>,
    by_task: IdMap<TaskId, u32>,
}

impl Entries {
    pub(super) fn find(&self, task: TaskId) -> Option<u32> {
        self.by_task.get(&task).copied()
    }

    /// The entry of this task, released if it is new.
    pub(super) fn find_or_insert(&mut self, task: TaskId) -> u32 {
        if let Some(entry) = self.find(task) {
            return entry;
        }
        let made = Entry {
            id: task,
            state: WorkerTask::Released,
            replica: false,
            freed: false,
            copied: false,
            hold: None,
            lost: false,
            run: RunId(NONE),
            nbytes: 0,
            n_users: 0,
            n_pins: 0,
            stamp: 0,
            call: NONE,
            next: NONE,
            waiters: SmallVec::new(),
            fetch: None,
        };
        let entry = match self.free.pop() {
            Some(entry) => {
                self.all[entry as usize] = made;
                entry
            }
            None => {
                self.all.push(made);
                self.all.len() as u32 - 1
            }
        };
        self.by_task.insert(task, entry);
        entry
    }

    pub(super) fn remove(&mut self, entry: u32) {
        self.by_task.remove(&self.all[entry as usize].id);
        self.free.push(entry);
    }

    pub(super) fn len(&self) -> usize {
        self.by_task.len()
    }

    pub(super) fn live(&self) -> impl Iterator<Item = (u32, &Entry)> + '_ {
        (0..).zip(&self.all).filter(|(at, entry)| self.by_task.get(&entry.id) == Some(at))
    }
}

/// Values in slots that are used again.
#[derive(Debug)]
pub(super) struct Slab<T> {
    slots: Vec<Option<T>>,
    free: Vec<u32>,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self { slots: Vec::new(), free: Vec::new() }
    }
}

impl<T> Slab<T> {
    pub(super) fn insert(&mut self, value: T) -> u32 {
        match self.free.pop() {
            Some(slot) => {
                self.slots[slot as usize] = Some(value);
                slot
            }
            None => {
                self.slots.push(Some(value));
                self.slots.len() as u32 - 1
            }
        }
    }

    pub(super) fn remove(&mut self, slot: u32) -> Option<T> {
        let removed = self.slots[slot as usize].take();
        if removed.is_some() {
            self.free.push(slot);
        }
        removed
    }

    pub(super) fn get(&self, slot: u32) -> Option<&T> {
        self.slots.get(slot as usize)?.as_ref()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &T)> + '_ {
        (0..).zip(&self.slots).filter_map(|(slot, value)| value.as_ref().map(|value| (slot, value)))
    }
}

impl<T> Index<u32> for Slab<T> {
    type Output = T;

    fn index(&self, slot: u32) -> &T {
        match self.slots[slot as usize].as_ref() {
            Some(value) => value,
            None => unreachable!("slot {slot} is empty"),
        }
    }
}

impl<T> IndexMut<u32> for Slab<T> {
    fn index_mut(&mut self, slot: u32) -> &mut T {
        match self.slots[slot as usize].as_mut() {
            Some(value) => value,
            None => unreachable!("slot {slot} is empty"),
        }
    }
}
