//! The tables of live tasks: one hot and one cold record a slot, inputs and dependents in one arena.
//!
//! A slot is used again once its task is forgotten *and* no input lists it as a dependent any more.
//! Dependents that are gone are not unlinked one by one: the input's list drops them all when the input is
//! forgotten, or is swept when more than half of it is gone.

use gristmill_graph::Key;
use hashbrown::{HashTable, hash_table};

use crate::{SchedulerTask, TaskId, Tier, idmap::IdMap};

/// No worker, no client, no queue.
pub(crate) const NONE: u32 = u32::MAX;
/// Wanted by several clients: see [`Tasks::wanters`].
pub(crate) const MANY: u32 = u32::MAX - 1;
/// Live tasks at most, so that slots and edges fit into `u32`.
pub(crate) const TASKS_MAX: usize = 1 << 30;
/// Holders of a result that fit into its record.
const HOLDERS_INLINE: usize = 2;
/// Gone dependents that a list may carry before it is swept.
const GONE_MAX: u32 = 64;
/// Garbage in the arena that is not worth compacting.
const GARBAGE_MAX: usize = 1 << 12;

/// Keys are cryptographic hashes already.
fn hash_of(key: &Key) -> u64 {
    key.as_bytes().first_chunk().map_or(0, |&first| u64::from_le_bytes(first))
}

/// What every transition touches.
#[derive(Clone, Debug)]
pub(crate) struct Task {
    /// Smaller runs first; unique among live tasks.
    pub(crate) priority: u64,
    /// Size of the result in memory, once known.
    pub(crate) nbytes: u64,
    pub(crate) state: SchedulerTask,
    pub(crate) retries: u8,
    pub(crate) deaths: u8,
    pub(crate) misses: u8,
    /// Scattered: the result can't be computed again.
    pub(crate) scattered: bool,
    pub(crate) n_holders: u16,
    /// Inputs not in memory, while waiting; inputs that still list this task, once it is forgotten.
    pub(crate) n_waiting: u32,
    /// Uses by dependents that are waiting, queued, without worker or processing.
    pub(crate) n_waiters: u32,
    /// Uses by dependents that are not forgotten.
    pub(crate) n_dependents: u32,
    inputs_at: u32,
    inputs_len: u32,
    dependents_at: u32,
    dependents_len: u32,
    /// Processing: the worker. Queued: the worker whose queue it is in, or [`NONE`].
    pub(crate) worker: u32,
    /// Processing: the position in the worker's list. Queued for a worker: the microseconds of a thread that it is worth.
    pub(crate) mark: u32,
    pub(crate) family: u32,
    /// The client that wants it, [`NONE`] or [`MANY`].
    pub(crate) client: u32,
    generation: u32,
    holders: [Holder; HOLDERS_INLINE],
}

/// What only some transitions touch.
#[derive(Clone, Debug)]
pub(crate) struct Cold {
    pub(crate) key: Key,
    pub(crate) graph: u32,
    pub(crate) row: u32,
}

/// A worker that holds a result, and where: the tier is in the two upper bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Holder(u32);

impl Holder {
    const WORKER: u32 = (1 << 30) - 1;

    pub(crate) fn new(worker: u32, tier: Tier) -> Self {
        Self((worker & Self::WORKER) | ((tier as u32) << 30))
    }

    pub(crate) fn worker(self) -> u32 {
        self.0 & Self::WORKER
    }

    pub(crate) fn tier(self) -> Tier {
        match self.0 >> 30 {
            0 => Tier::Memory,
            1 => Tier::Device,
            _ => Tier::Spill,
        }
    }
}

/// All live tasks.
#[derive(Debug, Default)]
pub(crate) struct Tasks {
    pub(crate) hot: Vec<Task>,
    pub(crate) cold: Vec<Cold>,
    free: Vec<u32>,
    /// Slots by the hash of their keys.
    index: HashTable<u32>,
    edges: Vec<u32>,
    n_garbage: usize,
    /// Dependents that came with a later graph.
    late: IdMap<u32, Vec<u32>>,
    /// All holders of results that have more than fit into the record.
    many_holders: IdMap<u32, Vec<Holder>>,
    /// The clients of tasks that several want.
    pub(crate) wanters: IdMap<u32, Vec<u32>>,
}

impl Tasks {
    pub(crate) fn id(&self, slot: u32) -> TaskId {
        TaskId { slot, generation: self.hot[slot as usize].generation }
    }

    /// The slot of a task that is live.
    pub(crate) fn slot(&self, id: TaskId) -> Option<u32> {
        let task = self.hot.get(id.idx())?;
        (task.generation == id.generation && task.state != SchedulerTask::Forgotten).then_some(id.slot)
    }

    pub(crate) fn n_live(&self) -> usize {
        self.index.len()
    }

    pub(crate) fn reserve(&mut self, n: usize, n_edges: usize) {
        let fresh = n.saturating_sub(self.free.len());
        self.hot.reserve(fresh);
        self.cold.reserve(fresh);
        let cold = &self.cold;
        self.index.reserve(n, |&slot| hash_of(&cold[slot as usize].key));
        self.edges.reserve(2 * n_edges);
    }

    /// A slot for a new task, released and without edges; an error with the slot of the live task that has the key.
    pub(crate) fn insert(
        &mut self,
        key: Key,
        graph: u32,
        row: u32,
        family: u32,
        priority: u64,
    ) -> Result<u32, u32> {
        let cold = &self.cold;
        let has_key = |&slot: &u32| cold[slot as usize].key == key;
        let rehash = |&slot: &u32| hash_of(&cold[slot as usize].key);
        let slot = match self.index.entry(hash_of(&key), has_key, rehash) {
            hash_table::Entry::Occupied(known) => return Err(*known.get()),
            hash_table::Entry::Vacant(place) => {
                let slot = self.free.pop().unwrap_or(self.hot.len() as u32);
                place.insert(slot);
                slot
            }
        };
        let mut task = Task {
            priority,
            nbytes: 0,
            state: SchedulerTask::Released,
            retries: 0,
            deaths: 0,
            misses: 0,
            scattered: false,
            n_holders: 0,
            n_waiting: 0,
            n_waiters: 0,
            n_dependents: 0,
            inputs_at: 0,
            inputs_len: 0,
            dependents_at: 0,
            dependents_len: 0,
            worker: NONE,
            mark: 0,
            family,
            client: NONE,
            generation: 0,
            holders: [Holder(NONE); HOLDERS_INLINE],
        };
        if let Some(place) = self.hot.get_mut(slot as usize) {
            task.generation = place.generation;
            *place = task;
            self.cold[slot as usize] = Cold { key, graph, row };
        } else {
            self.hot.push(task);
            self.cold.push(Cold { key, graph, row });
        }
        Ok(slot)
    }

    /// The slot of the live task that has this key.
    pub(crate) fn by_key(&self, key: &Key) -> Option<u32> {
        self.index.find(hash_of(key), |&slot| self.cold[slot as usize].key == *key).copied()
    }

    /// Enters the inputs of a new task.
    pub(crate) fn set_inputs(&mut self, slot: u32, inputs: impl Iterator<Item = u32>) {
        let at = self.edges.len();
        self.edges.extend(inputs);
        let task = &mut self.hot[slot as usize];
        task.inputs_at = at as u32;
        task.inputs_len = (self.edges.len() - at) as u32;
    }

    /// Makes room for the dependents of a new task, as many as are counted.
    pub(crate) fn reserve_dependents(&mut self, slot: u32) {
        let task = &mut self.hot[slot as usize];
        task.dependents_at = self.edges.len() as u32;
        self.edges.resize(self.edges.len() + task.n_dependents as usize, NONE);
    }

    /// Lists a new task as a dependent of an input: in the room made for it if it was counted, else among the late.
    pub(crate) fn link(&mut self, input: u32, slot: u32, is_counted: bool) {
        let task = &mut self.hot[input as usize];
        if is_counted {
            self.edges[(task.dependents_at + task.dependents_len) as usize] = slot;
            task.dependents_len += 1;
        } else {
            task.n_dependents += 1;
            self.late.entry(input).or_default().push(slot);
        }
    }

    pub(crate) fn n_inputs(&self, slot: u32) -> u32 {
        self.hot[slot as usize].inputs_len
    }

    pub(crate) fn inputs_range(&self, slot: u32) -> std::ops::Range<usize> {
        let task = &self.hot[slot as usize];
        task.inputs_at as usize..(task.inputs_at + task.inputs_len) as usize
    }

    pub(crate) fn inputs(&self, slot: u32) -> &[u32] {
        &self.edges[self.inputs_range(slot)]
    }

    /// One place of the arena, by a position of [`Tasks::inputs_range`].
    pub(crate) fn edge(&self, at: usize) -> u32 {
        self.edges[at]
    }

    /// The tasks that use this one, gone ones included, once per use.
    pub(crate) fn dependents(&self, slot: u32) -> impl Iterator<Item = u32> + '_ {
        let late = if self.late.is_empty() { None } else { self.late.get(&slot) };
        let task = &self.hot[slot as usize];
        let at = task.dependents_at as usize;
        let early = &self.edges[at..at + task.dependents_len as usize];
        early.iter().chain(late.into_iter().flatten()).copied()
    }

    /// The `i`-th of [`Tasks::dependents`], for walks that change tasks on their way.
    pub(crate) fn dependent(&self, slot: u32, i: u32) -> Option<u32> {
        let task = &self.hot[slot as usize];
        if i < task.dependents_len {
            return Some(self.edges[(task.dependents_at + i) as usize]);
        }
        if self.late.is_empty() {
            return None;
        }
        self.late.get(&slot)?.get((i - task.dependents_len) as usize).copied()
    }

    /// Forgets a released or erred task that nobody uses: its slot is free once its inputs list it no more.
    pub(crate) fn remove(&mut self, slot: u32) {
        let hash = hash_of(&self.cold[slot as usize].key);
        if let Ok(place) = self.index.find_entry(hash, |&other| other == slot) {
            place.remove();
        }
        self.wanters.remove(&slot);
        let late = if self.late.is_empty() { None } else { self.late.remove(&slot) };
        let task = &mut self.hot[slot as usize];
        task.state = SchedulerTask::Forgotten;
        task.n_waiting = task.inputs_len;
        let (at, len) = (task.dependents_at as usize, task.dependents_len as usize);
        task.dependents_len = 0;
        self.n_garbage += len + task.inputs_len as usize;
        task.inputs_len = 0;
        if task.n_waiting == 0 {
            self.recycle(slot);
        }
        for i in at..at + len {
            self.unlink(self.edges[i]);
        }
        late.into_iter().flatten().for_each(|dependent| self.unlink(dependent));
    }

    /// Counts a dependent of this task as gone, and sweeps the list when most are.
    pub(crate) fn dependent_gone(&mut self, slot: u32) {
        let task = &mut self.hot[slot as usize];
        task.n_dependents -= 1;
        let alive = task.n_dependents;
        let listed = task.dependents_len;
        let n_late = if self.late.is_empty() { 0 } else { self.late.get(&slot).map_or(0, Vec::len) as u32 };
        let gone = (listed + n_late).saturating_sub(alive);
        if gone > GONE_MAX && gone > alive {
            self.sweep(slot);
        }
    }

    fn sweep(&mut self, slot: u32) {
        let (at, len) = (self.hot[slot as usize].dependents_at, self.hot[slot as usize].dependents_len);
        let mut kept = 0;
        for i in 0..len {
            let dependent = self.edges[(at + i) as usize];
            if self.hot[dependent as usize].state == SchedulerTask::Forgotten {
                self.unlink(dependent);
            } else {
                self.edges[(at + kept) as usize] = dependent;
                kept += 1;
            }
        }
        self.hot[slot as usize].dependents_len = kept;
        self.n_garbage += (len - kept) as usize;
        let Some(mut late) = self.late.remove(&slot) else { return };
        late.retain(|&dependent| {
            let alive = self.hot[dependent as usize].state != SchedulerTask::Forgotten;
            if !alive {
                self.unlink(dependent);
            }
            alive
        });
        if !late.is_empty() {
            self.late.insert(slot, late);
        }
    }

    fn unlink(&mut self, dependent: u32) {
        let task = &mut self.hot[dependent as usize];
        task.n_waiting -= 1;
        if task.n_waiting == 0 {
            self.recycle(dependent);
        }
    }

    fn recycle(&mut self, slot: u32) {
        let task = &mut self.hot[slot as usize];
        task.generation = task.generation.wrapping_add(1);
        self.free.push(slot);
    }

    /// Closes the gaps of the arena when they are most of it, and gives memory back after a large graph.
    pub(crate) fn compact(&mut self) {
        if self.n_garbage < GARBAGE_MAX || 2 * self.n_garbage < self.edges.len() {
            return;
        }
        let mut edges = Vec::with_capacity(self.edges.len().saturating_sub(self.n_garbage));
        for task in &mut self.hot {
            for (at, len) in
                [(&mut task.inputs_at, task.inputs_len), (&mut task.dependents_at, task.dependents_len)]
            {
                let from = *at as usize;
                *at = edges.len() as u32;
                edges.extend_from_slice(&self.edges[from..from + len as usize]);
            }
        }
        self.edges = edges;
        self.n_garbage = 0;
        if self.index.is_empty() && self.free.len() == self.hot.len() {
            self.index = HashTable::new();
        }
    }

    /// The workers that hold a result.
    pub(crate) fn holders(&self, slot: u32) -> &[Holder] {
        let task = &self.hot[slot as usize];
        match usize::from(task.n_holders) {
            n @ 0..=HOLDERS_INLINE => &task.holders[..n],
            _ => self.many_holders.get(&slot).map(Vec::as_slice).unwrap_or_default(),
        }
    }

    pub(crate) fn holder(&self, slot: u32, worker: u32) -> Option<Holder> {
        self.holders(slot).iter().copied().find(|holder| holder.worker() == worker)
    }

    /// Adds a holder that is not listed yet.
    pub(crate) fn add_holder(&mut self, slot: u32, holder: Holder) {
        let task = &mut self.hot[slot as usize];
        let n = usize::from(task.n_holders);
        if n < HOLDERS_INLINE {
            task.holders[n] = holder;
        } else {
            let many = self.many_holders.entry(slot).or_insert_with(|| task.holders.to_vec());
            many.push(holder);
        }
        task.n_holders += 1;
    }

    /// Changes where on a holder the bytes are.
    pub(crate) fn set_tier(&mut self, slot: u32, worker: u32, tier: Tier) {
        let task = &mut self.hot[slot as usize];
        let holders = match usize::from(task.n_holders) {
            n @ 0..=HOLDERS_INLINE => &mut task.holders[..n],
            _ => self.many_holders.get_mut(&slot).map(Vec::as_mut_slice).unwrap_or_default(),
        };
        if let Some(holder) = holders.iter_mut().find(|holder| holder.worker() == worker) {
            *holder = Holder::new(worker, tier);
        }
    }

    pub(crate) fn remove_holder(&mut self, slot: u32, worker: u32) -> Option<Holder> {
        let at = self.holders(slot).iter().position(|holder| holder.worker() == worker)?;
        let task = &mut self.hot[slot as usize];
        task.n_holders -= 1;
        let n = usize::from(task.n_holders);
        if n < HOLDERS_INLINE {
            task.holders[..=n].swap(at, n);
            return Some(task.holders[n]);
        }
        let many = self.many_holders.get_mut(&slot)?;
        let removed = many.swap_remove(at);
        if n == HOLDERS_INLINE {
            task.holders.copy_from_slice(many);
            self.many_holders.remove(&slot);
        }
        Some(removed)
    }

    pub(crate) fn clear_holders(&mut self, slot: u32) {
        let task = &mut self.hot[slot as usize];
        if usize::from(task.n_holders) > HOLDERS_INLINE {
            self.many_holders.remove(&slot);
        }
        task.n_holders = 0;
    }

    /// Bytes that the tables take, without what hash maps add for few tasks.
    pub(crate) fn nbytes(&self) -> usize {
        self.hot.capacity() * size_of::<Task>()
            + self.cold.capacity() * size_of::<Cold>()
            + (self.free.capacity() + self.edges.capacity()) * size_of::<u32>()
            + self.index.allocation_size()
    }

    /// Every slot in the tables, free ones included.
    pub(crate) fn slots(&self) -> std::ops::Range<u32> {
        0..self.hot.len() as u32
    }
}
