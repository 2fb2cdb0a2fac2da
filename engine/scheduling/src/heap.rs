//! A heap of runnable tasks, smallest priority first, that can also give up one of its last.

/// An entry: priority and slot. Priorities are unique among live tasks, so an entry whose task no longer has
/// that priority or state is stale; whoever pops it must look.
pub(crate) type Entry = (u64, u32);

/// A binary min-heap over a vector.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heap(Vec<Entry>);

impl Heap {
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn peek(&self) -> Option<Entry> {
        self.0.first().copied()
    }

    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = Entry> + DoubleEndedIterator + '_ {
        self.0.iter().copied()
    }

    pub(crate) fn push(&mut self, entry: Entry) {
        self.0.push(entry);
        self.rise(self.0.len() - 1);
    }

    pub(crate) fn pop(&mut self) -> Option<Entry> {
        self.take_at(0)
    }

    /// Takes the entry at a position of [`Heap::iter`]; the later the position, the lower its priority likely is.
    pub(crate) fn take_at(&mut self, at: usize) -> Option<Entry> {
        if at >= self.0.len() {
            return None;
        }
        let taken = self.0.swap_remove(at);
        self.rise(at);
        self.sink(at);
        Some(taken)
    }

    pub(crate) fn drain(&mut self) -> Vec<Entry> {
        std::mem::take(&mut self.0)
    }

    fn rise(&mut self, mut at: usize) {
        while at > 0 {
            let parent = (at - 1) / 2;
            match (self.0.get(at), self.0.get(parent)) {
                (Some(child), Some(above)) if child < above => self.0.swap(at, parent),
                _ => return,
            }
            at = parent;
        }
    }

    fn sink(&mut self, mut at: usize) {
        loop {
            let left = 2 * at + 1;
            let child = match (self.0.get(left), self.0.get(left + 1)) {
                (Some(a), Some(b)) if b < a => left + 1,
                (Some(_), _) => left,
                _ => return,
            };
            match (self.0.get(child), self.0.get(at)) {
                (Some(below), Some(here)) if below < here => self.0.swap(child, at),
                _ => return,
            }
            at = child;
        }
    }
}

#[cfg(test)]
mod tests;
