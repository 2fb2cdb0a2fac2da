//! Withheld roots: tasks without inputs, cut in priority order into one contiguous segment per worker.
//!
//! Withholding bounds memory, since a worker draws a root only when it has room; segments keep siblings together,
//! since neighbours in priority feed the same dependents.
//! A worker whose segment is empty takes the later half of the longest of a few others, which is contiguous again.

use crate::{SplitMix, heap::Entry};

/// Segments looked at before one is split.
const SEGMENTS_SAMPLED: usize = 3;

/// Roots that became runnable together.
#[derive(Debug)]
pub(crate) struct RootSet {
    tasks: Vec<Entry>,
    /// By worker; a worker that joined later has none until it takes from another.
    segments: Vec<Segment>,
    /// The owners of segments that are not empty.
    live: Vec<u32>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Segment {
    next: u32,
    end: u32,
    /// The position in `live`.
    at: u32,
}

impl RootSet {
    /// Cuts roots, sorted by priority, between workers in proportion to their threads.
    pub(crate) fn cut(tasks: Vec<Entry>, workers: &[(u32, u32)]) -> Self {
        let n_segments = workers.iter().map(|&(worker, _)| worker as usize + 1).max().unwrap_or_default();
        let mut set = Self { tasks, segments: vec![Segment::default(); n_segments], live: Vec::new() };
        let n_threads: u64 = workers.iter().map(|&(_, threads)| u64::from(threads)).sum();
        let (mut next, mut threads_before) = (0, 0);
        for &(worker, threads) in workers {
            threads_before += u64::from(threads);
            let end = (set.tasks.len() as u64 * threads_before / n_threads.max(1)) as u32;
            set.give(worker, next, end);
            next = end;
        }
        set
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.live.is_empty()
    }

    /// The first root of this worker's segment; takes over part of another's if there is none.
    pub(crate) fn head(&mut self, worker: u32, random: &mut SplitMix) -> Option<Entry> {
        match self.own(worker) {
            Some(entry) => Some(entry),
            None => {
                self.split(worker, random)?;
                self.own(worker)
            }
        }
    }

    /// Takes the first root of this worker's segment.
    pub(crate) fn advance(&mut self, worker: u32) {
        let Some(segment) = self.segments.get_mut(worker as usize) else { return };
        segment.next += 1;
        if segment.next >= segment.end {
            self.retire(worker);
        }
    }

    /// All roots left, in the order of the segments.
    pub(crate) fn left(&self) -> impl Iterator<Item = Entry> + '_ {
        self.live.iter().flat_map(|&worker| {
            let segment = self.segments[worker as usize];
            self.tasks[segment.next as usize..segment.end as usize].iter().copied()
        })
    }

    fn own(&self, worker: u32) -> Option<Entry> {
        let segment = self.segments.get(worker as usize)?;
        (segment.next < segment.end).then(|| self.tasks[segment.next as usize])
    }

    fn split(&mut self, worker: u32, random: &mut SplitMix) -> Option<()> {
        let len = |owner: u32| {
            let segment = self.segments[owner as usize];
            segment.end - segment.next
        };
        let sampled =
            (0..SEGMENTS_SAMPLED).filter_map(|_| self.live.get(random.below(self.live.len())).copied());
        let victim = sampled.max_by_key(|&owner| (len(owner), owner))?;
        let segment = self.segments[victim as usize];
        let middle = segment.next + (segment.end - segment.next) / 2;
        self.segments[victim as usize].end = middle;
        if middle == segment.next {
            self.retire(victim);
        }
        self.give(worker, middle, segment.end);
        Some(())
    }

    fn give(&mut self, worker: u32, next: u32, end: u32) {
        if next >= end {
            return;
        }
        if self.segments.len() <= worker as usize {
            self.segments.resize(worker as usize + 1, Segment::default());
        }
        self.segments[worker as usize] = Segment { next, end, at: self.live.len() as u32 };
        self.live.push(worker);
    }

    fn retire(&mut self, worker: u32) {
        let at = self.segments[worker as usize].at;
        self.live.swap_remove(at as usize);
        if let Some(&moved) = self.live.get(at as usize) {
            self.segments[moved as usize].at = at;
        }
    }
}

#[cfg(test)]
mod tests;
