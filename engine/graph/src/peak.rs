//! How much memory tasks take: a table's tasks played through in their order, with their bytes and without their work.
//!
//! A free thread takes the ready task that comes first in the order, and has it for as long as its bytes take to move.
//! A result is held from its task's start until its last user's end, and to the last if it is wanted; results that
//! exist already are held from the beginning.

#![expect(
    clippy::indexing_slicing,
    reason = "ids come from a table, whose columns are all of one length, as are those made here"
)]

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashSet},
};

use crate::{Csr, TaskTable};

/// What one task takes in memory, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TaskBytes {
    /// Its result.
    pub result: u64,
    /// What it has while it runs beside its inputs and its result.
    pub scratch: u64,
}

/// The moment when a worker holds the most.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Peak {
    /// Results held and tasks running, together in bytes.
    pub nbytes: u64,
    /// The tasks whose results are held then, by their ids.
    pub held: Vec<u32>,
    /// The tasks that run then.
    pub running: Vec<u32>,
}

impl TaskTable {
    /// The most that one worker with so many threads would hold if it ran all tasks and spilled nothing.
    ///
    /// `bytes` has an entry for each task.
    pub fn peak_memory(&self, n_threads: usize, bytes: &[TaskBytes]) -> Peak {
        let dependents = self.dependents();
        let mut play = Play::new(self, &dependents, n_threads, bytes);
        let (mut nbytes, mut n_starts) = (play.live_nbytes, 0);
        while play.start_next() {
            if play.live_nbytes > nbytes {
                (nbytes, n_starts) = (play.live_nbytes, play.n_starts);
            }
        }
        // Played again up to there, to see what is held.
        let mut play = Play::new(self, &dependents, n_threads, bytes);
        while play.n_starts < n_starts && play.start_next() {}
        let running: Vec<u32> = play.running.iter().map(|&Reverse((_, id))| id).collect();
        let is_held = |id: &u32| play.is_live[*id as usize] && !running.contains(id);
        let held = (0..self.len() as u32).filter(is_held).collect();
        Peak { nbytes, held, running }
    }
}

/// Tasks as they run.
struct Play<'t> {
    table: &'t TaskTable,
    dependents: &'t Csr<u32>,
    bytes: &'t [TaskBytes],
    n_threads: usize,
    /// How many inputs of each task are still to be made.
    n_missing: Vec<u32>,
    /// How many users of each result are still to run; one more of a wanted one.
    n_left: Vec<u32>,
    is_live: Vec<bool>,
    live_nbytes: u64,
    /// By priority.
    ready: BinaryHeap<Reverse<(u32, u32)>>,
    /// By when they end.
    running: BinaryHeap<Reverse<(u64, u32)>>,
    now: u64,
    n_starts: u64,
    /// The inputs of a task, each once.
    inputs: Vec<u32>,
}

impl<'t> Play<'t> {
    fn new(table: &'t TaskTable, dependents: &'t Csr<u32>, n_threads: usize, bytes: &'t [TaskBytes]) -> Self {
        let mut n_missing = vec![0; table.len()];
        dependents.values().iter().for_each(|&user| n_missing[user as usize] += 1);
        let mut n_left: Vec<u32> = dependents.rows().map(|users| users.len() as u32).collect();
        let wanted: HashSet<u32> = table.wanted.iter().copied().collect();
        wanted.iter().for_each(|&id| n_left[id as usize] += 1);
        let mut play = Self {
            table,
            dependents,
            bytes,
            n_threads: n_threads.max(1),
            n_missing,
            n_left,
            is_live: vec![false; table.len()],
            live_nbytes: 0,
            ready: BinaryHeap::new(),
            running: BinaryHeap::new(),
            now: 0,
            n_starts: 0,
            inputs: Vec::new(),
        };
        let roots: Vec<u32> =
            (0..table.len() as u32).filter(|&id| play.n_missing[id as usize] == 0).collect();
        for id in roots {
            match table.family_of(id).is_some_and(|family| family.held) {
                true => play.hold(id),
                false => play.ready.push(Reverse((table.priority[id as usize], id))),
            }
        }
        play
    }

    fn bytes_of(&self, id: u32) -> TaskBytes {
        self.bytes.get(id as usize).copied().unwrap_or_default()
    }

    /// A result that exists already.
    fn hold(&mut self, id: u32) {
        self.is_live[id as usize] = true;
        self.live_nbytes += self.bytes_of(id).result;
        self.tell_users(id);
    }

    /// Starts the next task, after those have ended for which it waits. False when there is none.
    fn start_next(&mut self) -> bool {
        loop {
            if self.running.len() < self.n_threads
                && let Some(Reverse((_, id))) = self.ready.pop()
            {
                self.start(id);
                return true;
            }
            let Some(Reverse((end, id))) = self.running.pop() else { return false };
            self.now = end;
            self.end(id);
        }
    }

    fn start(&mut self, id: u32) {
        let TaskBytes { result, scratch } = self.bytes_of(id);
        self.is_live[id as usize] = true;
        self.live_nbytes += result + scratch;
        self.n_starts += 1;
        let read: u64 = self.table.inputs.row(id).iter().map(|&input| self.bytes_of(input).result).sum();
        self.running.push(Reverse((self.now.saturating_add(1 + read + result + scratch), id)));
    }

    fn end(&mut self, id: u32) {
        self.live_nbytes -= self.bytes_of(id).scratch;
        if self.n_left[id as usize] == 0 {
            self.free(id);
        }
        let mut inputs = std::mem::take(&mut self.inputs);
        inputs.clear();
        inputs.extend_from_slice(self.table.inputs.row(id));
        inputs.sort_unstable();
        inputs.dedup();
        for &input in &inputs {
            self.n_left[input as usize] -= 1;
            if self.n_left[input as usize] == 0 {
                self.free(input);
            }
        }
        self.inputs = inputs;
        self.tell_users(id);
    }

    fn free(&mut self, id: u32) {
        self.is_live[id as usize] = false;
        self.live_nbytes -= self.bytes_of(id).result;
    }

    fn tell_users(&mut self, id: u32) {
        for &user in self.dependents.row(id) {
            self.n_missing[user as usize] -= 1;
            if self.n_missing[user as usize] == 0 {
                self.ready.push(Reverse((self.table.priority[user as usize], user)));
            }
        }
    }
}

#[cfg(test)]
mod tests;
