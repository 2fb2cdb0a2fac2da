//! The tables of live tasks: one hot and one cold record a slot, inputs and dependents in one arena.
//!
//! A slot is used again once its task is forgotten *and* no input lists it as a dependent any more.
//! Dependents that are gone are not unlinked one by one: the input's list drops them all when the input is
//! forgotten, or is swept when more than half of it is gone.

use gristmill_graph::Key;

use crate::{SchedulerTask, TaskId, Tier, WorkerId, idmap::IdMap};

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
const GARBAGE_MAX: usize = 1 << 16;

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
    pub(crate) index: IdMap<Key, u32>,
    edges: Vec<u32>,
    n_garbage: usize,
    /// Dependents that came with a later graph.
    late: IdMap<u32, Vec<u32>>,
    /// Holders beyond those in the record.
    more_holders: IdMap<u32, Vec<Holder>>,
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
        self.index.reserve(n);
        self.edges.reserve(2 * n_edges);
    }

    /// A slot for a new task, released and without edges.
    pub(crate) fn insert(&mut self, key: Key, graph: u32, row: u32, family: u32, priority: u64) -> u32 {
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
        let slot = match self.free.pop() {
            Some(slot) => {
                task.generation = self.hot[slot as usize].generation;
                self.hot[slot as usize] = task;
                self.cold[slot as usize] = Cold { key, graph, row };
                slot
            }
            None => {
                self.hot.push(task);
                self.cold.push(Cold { key, graph, row });
                self.hot.len() as u32 - 1
            }
        };
        self.index.insert(key, slot);
        slot
    }

    /// Enters the inputs of a new task, and counts it as a dependent of each.
    pub(crate) fn set_inputs(&mut self, slot: u32, inputs: impl Iterator<Item = u32>) {
        let at = self.edges.len();
        self.edges.extend(inputs);
        for i in at..self.edges.len() {
            self.hot[self.edges[i] as usize].n_dependents += 1;
        }
        let task = &mut self.hot[slot as usize];
        task.inputs_at = at as u32;
        task.inputs_len = (self.edges.len() - at) as u32;
    }

    /// Makes room for the dependents of a new task, which are all entered with it.
    pub(crate) fn reserve_dependents(&mut self, slot: u32) {
        let task = &mut self.hot[slot as usize];
        task.dependents_at = self.edges.len() as u32;
        self.edges.resize(self.edges.len() + task.n_dependents as usize, NONE);
    }

    /// Lists a new task as a dependent of its inputs: of new ones in the room kept for it, of older ones among the late.
    pub(crate) fn link(&mut self, slot: u32, graph: u32) {
        for i in self.inputs_range(slot) {
            let input = self.edges[i];
            let task = &mut self.hot[input as usize];
            if self.cold[input as usize].graph == graph {
                self.edges[(task.dependents_at + task.dependents_len) as usize] = slot;
                task.dependents_len += 1;
            } else {
                self.late.entry(input).or_default().push(slot);
            }
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
        self.index.remove(&self.cold[slot as usize].key);
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
        if alive == 0 {
            return;
        }
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
            self.index.shrink_to(1 << 10);
        }
    }

    pub(crate) fn holders(&self, slot: u32) -> impl Iterator<Item = Holder> + '_ {
        let task = &self.hot[slot as usize];
        let n = usize::from(task.n_holders);
        let more = if n > HOLDERS_INLINE { self.more_holders.get(&slot) } else { None };
        task.holders[..n.min(HOLDERS_INLINE)].iter().chain(more.into_iter().flatten()).copied()
    }

    pub(crate) fn holder(&self, slot: u32, worker: u32) -> Option<Holder> {
        self.holders(slot).find(|holder| holder.worker() == worker)
    }

    /// Adds a holder that is not listed yet.
    pub(crate) fn add_holder(&mut self, slot: u32, holder: Holder) {
        let task = &mut self.hot[slot as usize];
        let n = usize::from(task.n_holders);
        if n < HOLDERS_INLINE {
            task.holders[n] = holder;
        } else {
            self.more_holders.entry(slot).or_default().push(holder);
        }
        task.n_holders += 1;
    }

    /// Changes where on a holder the bytes are; false if the worker is no holder.
    pub(crate) fn set_tier(&mut self, slot: u32, worker: u32, tier: Tier) -> bool {
        let task = &mut self.hot[slot as usize];
        let n = usize::from(task.n_holders).min(HOLDERS_INLINE);
        let found = match task.holders[..n].iter_mut().find(|holder| holder.worker() == worker) {
            Some(holder) => Some(holder),
            None => self
                .more_holders
                .get_mut(&slot)
                .and_then(|more| more.iter_mut().find(|holder| holder.worker() == worker)),
        };
        found.map(|holder| *holder = Holder::new(worker, tier)).is_some()
    }

    pub(crate) fn remove_holder(&mut self, slot: u32, worker: u32) -> Option<Holder> {
        let task = &mut self.hot[slot as usize];
        let n = usize::from(task.n_holders).min(HOLDERS_INLINE);
        let at = task.holders[..n].iter().position(|holder| holder.worker() == worker);
        if at.is_none() && usize::from(task.n_holders) <= HOLDERS_INLINE {
            return None;
        }
        let mut more = self.more_holders.remove(&slot).unwrap_or_default();
        let removed = match at {
            Some(at) => {
                let removed = task.holders[at];
                match more.pop() {
                    Some(last) => task.holders[at] = last,
                    None => {
                        task.holders[at] = task.holders[n - 1];
                        task.holders[n - 1] = Holder(NONE);
                    }
                }
                Some(removed)
            }
            None => {
                let at = more.iter().position(|holder| holder.worker() == worker);
                at.map(|at| more.swap_remove(at))
            }
        };
        if !more.is_empty() {
            self.more_holders.insert(slot, more);
        }
        task.n_holders -= u16::from(removed.is_some());
        removed
    }

    pub(crate) fn clear_holders(&mut self, slot: u32) {
        let task = &mut self.hot[slot as usize];
        if usize::from(task.n_holders) > HOLDERS_INLINE {
            self.more_holders.remove(&slot);
        }
        task.n_holders = 0;
    }

    pub(crate) fn who_has(&self, slot: u32) -> impl Iterator<Item = WorkerId> + '_ {
        self.holders(slot).map(|holder| WorkerId(holder.worker()))
    }

    /// Bytes that the tables take, without what hash maps add for few tasks.
    pub(crate) fn nbytes(&self) -> usize {
        self.hot.capacity() * size_of::<Task>()
            + self.cold.capacity() * size_of::<Cold>()
            + (self.free.capacity() + self.edges.capacity()) * size_of::<u32>()
            + self.index.capacity() * (size_of::<(Key, u32)>() + 1) * 8 / 7
    }

    /// Every slot in the tables, free ones included.
    pub(crate) fn slots(&self) -> std::ops::Range<u32> {
        0..self.hot.len() as u32
    }

    pub(crate) fn n_free(&self) -> usize {
        self.free.len()
    }
}
