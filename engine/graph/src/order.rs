//! The static order of execution: depth-first, so that few results are alive at a time.
//!
//! The goal is the one of [Dask's order](https://docs.dask.org/en/stable/order.html): finish what was begun before
//! beginning something new. Three rules, all linear in tasks and inputs (but for sorting the inputs of each task):
//! 1. Outputs that take the fewest levels come first; then in the order of their ids, which keeps neighbours together.
//! 2. Below an output, the input that needs the most room comes first, while nothing else is held
//!    (Sethi and Ullman, *The Generation of Optimal Code for Arithmetic Expressions*, 1970).
//! 3. A task that could run and is the last user of some result runs at once: it frees at least what it adds.

#![expect(
    clippy::indexing_slicing,
    reason = "ids come from a table whose rows are topological: inputs are smaller than users"
)]

use std::cmp::Reverse;

use crate::Csr;

/// The priority of a task that has none yet.
const UNORDERED: u32 = u32::MAX;

/// When each task runs, 0 first. Inputs must have smaller ids than their users.
pub(crate) fn order(inputs: &Csr<u32>) -> Vec<u32> {
    let needs = Needs::of(inputs);
    let dependents = dependents(&needs.inputs);
    let mut outputs: Vec<u32> = ids(inputs).filter(|&id| dependents.row(id).is_empty()).collect();
    outputs.sort_by_key(|&id| needs.height[id as usize]);
    let mut walk = Walk::new(&needs.inputs, &dependents);
    outputs.into_iter().for_each(|output| walk.finish(output));
    walk.priority
}

/// The most results that are alive at one time if tasks run in this order.
///
/// A result is alive from its task's start until its last user's end; one without users until its own task's end.
pub(crate) fn peak_live(inputs: &Csr<u32>, priority: &[u32]) -> u32 {
    let dependents = dependents(inputs);
    let mut n_left: Vec<u32> = dependents.rows().map(|users| users.len() as u32).collect();
    let (mut live, mut peak) = (0, 0);
    let mut used = Vec::new();
    for id in invert(priority) {
        live += 1;
        peak = peak.max(live);
        live -= u32::from(n_left[id as usize] == 0);
        used.clear();
        used.extend_from_slice(inputs.row(id));
        used.sort_unstable();
        used.dedup();
        for &input in &used {
            n_left[input as usize] -= 1;
            live -= u32::from(n_left[input as usize] == 0);
        }
    }
    peak
}

/// The users of each task, each once, in ascending order.
pub(crate) fn dependents(inputs: &Csr<u32>) -> Csr<u32> {
    let mut last_user = vec![UNORDERED; inputs.len()];
    let mut ends = vec![0; inputs.len()];
    let mut each_use = |visit: &mut dyn FnMut(usize, u32)| {
        last_user.fill(UNORDERED);
        for user in ids(inputs) {
            for &input in inputs.row(user) {
                let input = input as usize;
                if std::mem::replace(&mut last_user[input], user) != user {
                    visit(input, user);
                }
            }
        }
    };
    each_use(&mut |input, _| ends[input] += 1);
    let mut n_uses = 0;
    for end in &mut ends {
        n_uses += std::mem::replace(end, n_uses);
    }
    let mut users = vec![0; n_uses as usize];
    each_use(&mut |input, user| {
        users[ends[input] as usize] = user;
        ends[input] += 1;
    });
    Csr::from_parts(ends, users)
}

/// The inverse of a permutation: which task runs at each time.
pub(crate) fn invert(priority: &[u32]) -> Vec<u32> {
    let mut order = vec![0; priority.len()];
    for (id, &at) in (0..).zip(priority) {
        order[at as usize] = id;
    }
    order
}

fn ids(rows: &Csr<u32>) -> std::ops::Range<u32> {
    0..rows.len() as u32
}

/// The inputs of each task in the order in which they are best made.
struct Needs {
    inputs: Csr<u32>,
    /// The most inputs in a row below each task.
    height: Vec<u32>,
}

impl Needs {
    fn of(inputs: &Csr<u32>) -> Self {
        let n = inputs.len();
        let mut sorted = Csr::with_capacity(n, inputs.values().len());
        // How many results are alive while a task is made, if it shares nothing with others.
        let mut room = vec![1u32; n];
        let mut height = vec![0u32; n];
        let mut row = Vec::new();
        for id in ids(inputs) {
            row.clear();
            row.extend_from_slice(inputs.row(id));
            if row.len() > 1 {
                row.sort_unstable_by_key(|&input| (Reverse(room[input as usize]), input));
                row.dedup();
            }
            for (n_held, &input) in (0..).zip(&row) {
                room[id as usize] = room[id as usize].max(room[input as usize].saturating_add(n_held));
                height[id as usize] = height[id as usize].max(height[input as usize] + 1);
            }
            sorted.push_within(&row);
        }
        Self { inputs: sorted, height }
    }
}

/// The walk that gives priorities.
struct Walk<'g> {
    inputs: &'g Csr<u32>,
    dependents: &'g Csr<u32>,
    priority: Vec<u32>,
    n_done: u32,
    /// How many inputs of each task are still to be made.
    n_missing: Vec<u32>,
    /// How many users of each task are still to run, and the xor of their ids: the id itself when one is left.
    n_left: Vec<u32>,
    left: Vec<u32>,
    /// Tasks on the way down, with the number of inputs already seen to.
    path: Vec<(u32, u32)>,
    /// Tasks that could run and would free something.
    freeing: Vec<u32>,
}

impl<'g> Walk<'g> {
    fn new(inputs: &'g Csr<u32>, dependents: &'g Csr<u32>) -> Self {
        let users = dependents.rows();
        Self {
            inputs,
            dependents,
            priority: vec![UNORDERED; inputs.len()],
            n_done: 0,
            n_missing: inputs.rows().map(|row| row.len() as u32).collect(),
            n_left: users.map(|row| row.len() as u32).collect(),
            left: dependents.rows().map(|row| row.iter().fold(0, |left, user| left ^ user)).collect(),
            path: Vec::new(),
            freeing: Vec::new(),
        }
    }

    /// Runs everything that an output needs, and the output.
    fn finish(&mut self, output: u32) {
        self.path.push((output, 0));
        while let Some((id, n_seen)) = self.path.last_mut() {
            let id = *id;
            match self.inputs.row(id).get(*n_seen as usize) {
                Some(&input) => {
                    *n_seen += 1;
                    if !self.is_done(input) {
                        self.path.push((input, 0));
                    }
                }
                None => {
                    self.path.pop();
                    self.freeing.push(id);
                    while let Some(ready) = self.freeing.pop() {
                        self.run(ready);
                    }
                }
            }
        }
    }

    /// Gives a task its priority, and notes what could now run to free something.
    fn run(&mut self, id: u32) {
        if self.is_done(id) {
            return;
        }
        self.priority[id as usize] = self.n_done;
        self.n_done += 1;
        for &user in self.dependents.row(id).iter().rev() {
            self.n_missing[user as usize] -= 1;
            if self.n_missing[user as usize] == 0
                && self.inputs.row(user).iter().any(|&input| self.n_left[input as usize] == 1)
            {
                self.freeing.push(user);
            }
        }
        for &input in self.inputs.row(id) {
            let input = input as usize;
            self.n_left[input] -= 1;
            self.left[input] ^= id;
            if self.n_left[input] == 1 && self.n_missing[self.left[input] as usize] == 0 {
                self.freeing.push(self.left[input]);
            }
        }
    }

    fn is_done(&self, id: u32) -> bool {
        self.priority[id as usize] != UNORDERED
    }
}

#[cfg(test)]
mod tests;
