//! Graphs to simulate: the shapes that parallel programs have.

use gristmill_graph::{Csr, Key};

use crate::{FamilySpec, SplitMix, Submission};

/// The shape of a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shape {
    /// Independent tasks.
    Independent {
        /// How many.
        n: u32,
    },
    /// Independent tasks and one that takes all their results.
    Merge {
        /// How many.
        n: u32,
    },
    /// A reduction of leaves, so many at a time.
    Tree {
        /// The leaves.
        n_leaves: u32,
        /// Results reduced at a time.
        arity: u32,
    },
    /// A row of cells, each computed from itself and its neighbours, again and again.
    Stencil {
        /// Cells.
        width: u32,
        /// Times.
        steps: u32,
    },
    /// Each of `n` outputs takes a piece of each of `n` inputs.
    Shuffle {
        /// Inputs and outputs.
        n: u32,
    },
    /// Blocked matrix product: `n` x `n` blocks, each a sum of `n` products.
    Matmul {
        /// Blocks per side.
        n: u32,
    },
    /// Independent chains of tasks.
    Chains {
        /// Chains.
        n: u32,
        /// Tasks in each.
        len: u32,
    },
    /// Tasks with up to four random inputs each.
    Random {
        /// Tasks.
        n: u32,
    },
}

/// A graph with what its tasks take.
#[derive(Clone, Debug)]
pub struct SimGraph {
    /// The tasks.
    pub submission: Submission,
    /// How long each takes.
    pub duration_ns: Vec<u64>,
    /// How large each result is.
    pub nbytes: Vec<u64>,
}

/// A graph while it is being made.
struct Builder {
    rows: Vec<Vec<u32>>,
    family: Vec<u32>,
    small: Vec<bool>,
    families: Vec<FamilySpec>,
}

impl Shape {
    /// The graph of this shape: tasks take about `duration_ns` (from half to one and a half times),
    /// results `nbytes`. The last tasks are wanted; priorities are depth-first.
    pub fn graph(self, seed: u64, duration_ns: u64, nbytes: u64) -> SimGraph {
        let mut random = SplitMix::new(seed);
        let mut graph =
            Builder { rows: Vec::new(), family: Vec::new(), small: Vec::new(), families: Vec::new() };
        match self {
            Self::Independent { n } => graph.layer("work", n, |_| Vec::new()),
            Self::Merge { n } => {
                let work = graph.layer("work", n, |_| Vec::new());
                graph.layer("merge", 1, |_| (work..work + n).collect())
            }
            Self::Tree { n_leaves, arity } => tree(&mut graph, n_leaves, arity.max(2)),
            Self::Stencil { width, steps } => stencil(&mut graph, width, steps),
            Self::Shuffle { n } => shuffle(&mut graph, n),
            Self::Matmul { n } => matmul(&mut graph, n),
            Self::Chains { n, len } => {
                let mut last = graph.layer("first", n, |_| Vec::new());
                for _ in 1..len {
                    let before = last;
                    last = graph.layer("next", n, |i| vec![before + i]);
                }
                last
            }
            Self::Random { n } => {
                let mut draw = random;
                graph.layer("random", n, |i| {
                    let n_inputs = draw.below(5).min(i as usize);
                    (0..n_inputs).map(|_| draw.below(i as usize) as u32).collect()
                })
            }
        };
        graph.finish(seed, &mut random, duration_ns, nbytes)
    }
}

fn tree(graph: &mut Builder, n_leaves: u32, arity: u32) -> u32 {
    let (mut n, mut level) = (n_leaves, graph.layer("leaf", n_leaves, |_| Vec::new()));
    while n > 1 {
        let (from, end) = (level, level + n);
        n = n.div_ceil(arity);
        level = graph.layer("reduce", n, |i| (from + i * arity..end.min(from + (i + 1) * arity)).collect());
    }
    level
}

fn stencil(graph: &mut Builder, width: u32, steps: u32) -> u32 {
    let mut row = graph.layer("start", width, |_| Vec::new());
    for _ in 0..steps {
        let before = row;
        row = graph.layer("step", width, |i| {
            let mut inputs = vec![before + i];
            inputs.extend((i > 0).then(|| before + i - 1));
            inputs.extend((i + 1 < width).then(|| before + i + 1));
            inputs
        });
    }
    row
}

fn shuffle(graph: &mut Builder, n: u32) -> u32 {
    let load = graph.layer("load", n, |_| Vec::new());
    let split = graph.layer("split", n * n, |i| vec![load + i / n]);
    (split..split + n * n).for_each(|row| graph.small[row as usize] = true);
    graph.layer("concat", n, |out| (0..n).map(|i| split + i * n + out).collect())
}

fn matmul(graph: &mut Builder, n: u32) -> u32 {
    let a = graph.layer("a", n * n, |_| Vec::new());
    let b = graph.layer("b", n * n, |_| Vec::new());
    let product = graph.layer("product", n * n * n, |i| {
        let (row, column, k) = (i / (n * n), i / n % n, i % n);
        vec![a + row * n + k, b + k * n + column]
    });
    graph.layer("sum", n * n, |i| (product + i * n..product + (i + 1) * n).collect())
}

impl Builder {
    /// Adds `n` tasks; returns the row of the first.
    fn layer(&mut self, name: &str, n: u32, mut inputs: impl FnMut(u32) -> Vec<u32>) -> u32 {
        let first = self.rows.len() as u32;
        let spec = FamilySpec::new(name);
        let family = match self.families.iter().position(|other| *other == spec) {
            Some(family) => family as u32,
            None => {
                self.families.push(spec);
                self.families.len() as u32 - 1
            }
        };
        for i in 0..n {
            self.rows.push(inputs(i));
            self.family.push(family);
            self.small.push(false);
        }
        first
    }

    fn finish(self, seed: u64, random: &mut SplitMix, duration_ns: u64, nbytes: u64) -> SimGraph {
        let n = self.rows.len();
        let mut used = vec![false; n];
        self.rows.iter().flatten().for_each(|&input| used[input as usize] = true);
        let wanted: Vec<u32> = (0..n as u32).filter(|&row| !used[row as usize]).collect();
        let priority = depth_first(&self.rows, &wanted);
        let durations =
            (0..n).map(|_| duration_ns / 2 + random.below(duration_ns as usize + 1) as u64).collect();
        let n_pieces = (n as f64).sqrt().max(1.0) as u64;
        let sizes = self.small.iter().map(|&small| if small { nbytes / n_pieces } else { nbytes }).collect();
        let keys = (0..n as u64).map(|row| key(seed, row)).collect();
        let inputs = Csr::from_rows(self.rows).unwrap_or_default();
        let submission =
            Submission { keys, inputs, family: self.family, priority, families: self.families, wanted };
        SimGraph { submission, duration_ns: durations, nbytes: sizes }
    }
}

/// A key that is different for every seed and row.
fn key(seed: u64, row: u64) -> Key {
    let mut random = SplitMix::new(seed.rotate_left(32) ^ row);
    let mut bytes = [0; 32];
    bytes.chunks_exact_mut(8).for_each(|word| word.copy_from_slice(&random.next_u64().to_le_bytes()));
    Key(bytes)
}

/// Depth-first from each wanted task, inputs first.
fn depth_first(rows: &[Vec<u32>], wanted: &[u32]) -> Vec<u32> {
    let mut priority = vec![u32::MAX; rows.len()];
    let mut next = 0;
    for &target in wanted {
        let mut stack = vec![(target, 0)];
        while let Some((row, seen)) = stack.pop() {
            if priority[row as usize] != u32::MAX {
                continue;
            }
            match rows[row as usize].get(seen) {
                Some(&input) => stack.extend([(row, seen + 1), (input, 0)]),
                None => {
                    priority[row as usize] = next;
                    next += 1;
                }
            }
        }
    }
    priority
}
