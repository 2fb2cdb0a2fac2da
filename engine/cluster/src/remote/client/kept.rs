//! Programs that were submitted, kept while something of them is held: a scheduler that starts anew is given them again.

use std::collections::HashSet;
use std::sync::Arc;

use gristmill_collections::Component;
use gristmill_graph::{Key, KeyMap, TaskRef};
use gristmill_wire::SubmitRequest;

/// Programs that are kept for what another one was given, and for what they were given, and so on. What was computed by
/// more than that before is not computed again when scheduler and workers are lost at once.
const DEPTH_MAX: usize = 256;

/// A program that was submitted.
#[derive(Debug)]
pub(super) struct Kept {
    /// Programs are submitted in the order of their numbers.
    number: u64,
    pub(super) program: Arc<SubmitRequest>,
    pub(super) components: Vec<Component>,
    /// The keys of what is wanted of it, in that order.
    keys: Vec<Key>,
    /// Other programs that compute what it was given.
    needs: Vec<(Key, Arc<Kept>)>,
    /// How long the longest chain of such programs is.
    depth: usize,
}

impl Kept {
    pub(super) fn new(program: SubmitRequest, components: Vec<Component>) -> Self {
        Self {
            number: 0,
            program: Arc::new(program),
            components,
            keys: Vec::new(),
            needs: Vec::new(),
            depth: 0,
        }
    }

    /// The same, with nothing wanted but some keys; and these. None if that leaves nothing.
    pub(super) fn wanting(&self, wants: impl Fn(&Key) -> bool) -> Option<(Arc<SubmitRequest>, Vec<Key>)> {
        let wanted = self.program.wanted.iter().zip(&self.keys).filter(|(_, key)| wants(key));
        let (wanted, keys): (Vec<TaskRef>, Vec<Key>) = wanted.map(|(task, key)| (*task, *key)).unzip();
        let SubmitRequest { graph, components, given, .. } = &*self.program;
        let (graph, components, given) = (graph.clone(), components.clone(), given.clone());
        let program = SubmitRequest { graph, wanted, components, given, again: true };
        (!keys.is_empty()).then(|| (Arc::new(program), keys))
    }
}

/// All programs of which something is held, by what it is.
#[derive(Debug, Default)]
pub(super) struct Programs {
    by_key: KeyMap<Arc<Kept>>,
    n: u64,
}

impl Programs {
    /// Keeps a program that computes these keys.
    pub(super) fn keep(&mut self, kept: Kept, keys: &[Key]) {
        self.n += 1;
        let held = kept.program.graph.layers().iter().filter_map(|layer| layer.held()).flatten();
        let needs = held.filter_map(|key| Some((*key, self.by_key.get(key)?.clone())));
        let mut needs: Vec<(Key, Arc<Kept>)> = needs.collect();
        let mut depth = needs.iter().map(|(_, need)| need.depth + 1).max().unwrap_or(0);
        if depth > DEPTH_MAX {
            (needs, depth) = (Vec::new(), 0);
        }
        let kept = Arc::new(Kept { number: self.n, keys: keys.to_vec(), needs, depth, ..kept });
        self.by_key.extend(keys.iter().map(|key| (*key, kept.clone())));
    }

    /// A key is not held any more.
    pub(super) fn release(&mut self, key: &Key) {
        self.by_key.remove(key);
    }

    pub(super) fn computes(&self, key: &Key) -> bool {
        self.by_key.contains_key(key)
    }

    /// Those that compute these keys, and what they need for that, in the order of their submission; and the keys of
    /// what they need.
    pub(super) fn of(&self, keys: &[Key]) -> (Vec<Arc<Kept>>, HashSet<Key>) {
        let mut left: Vec<&Arc<Kept>> = keys.iter().filter_map(|key| self.by_key.get(key)).collect();
        let (mut found, mut seen, mut needed) = (Vec::new(), HashSet::new(), HashSet::new());
        while let Some(kept) = left.pop() {
            if seen.insert(kept.number) {
                needed.extend(kept.needs.iter().map(|(key, _)| *key));
                left.extend(kept.needs.iter().map(|(_, need)| need));
                found.push(kept.clone());
            }
        }
        found.sort_unstable_by_key(|kept| kept.number);
        (found, needed)
    }
}
