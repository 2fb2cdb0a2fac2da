//! Expressions optimised before they become tasks.
//!
//! Equal operations become one, slices of slices and chunks of chunks are put together, slices go before element-wise
//! operations, and element-wise operations that only one other needs are put into that one's program. What would hold
//! too many blocks to cut them anew does so in steps. In the end reductions become calls.
//!
//! # Layout
//! - this file: the order of all that
//! - `equal`, `rewrite`, `recut`, `expand`: its passes; `fuse`: programs put into programs; `stages`: grids between grids

mod equal;
mod expand;
mod fuse;
mod recut;
mod rewrite;
mod stages;

use std::collections::{HashMap, HashSet};

use super::Array;
use crate::Error;

/// Arrays with the same elements that take less to compute, by workers that may hold so many bytes.
pub(super) fn optimised(wanted: &[Array], memory_nbytes: u64) -> Vec<Array> {
    // What was put together may be equal afterwards.
    equal::merged(&recut::stepped(&rewrite::rewritten(&equal::merged(wanted)), memory_nbytes))
}

/// The same, of operations that are one layer of tasks each.
///
/// # Errors
/// When there are more tasks than a layer has.
pub(super) fn planned(wanted: &[Array], memory_nbytes: u64) -> Result<Vec<Array>, Error> {
    expand::expanded(&optimised(wanted, memory_nbytes))
}

/// Every array that these are made of, each once and after its own inputs; without recursion, as chains may be long.
pub(super) fn topological(wanted: &[Array]) -> Vec<Array> {
    let mut ordered = Vec::new();
    let mut seen: HashSet<u64> = HashSet::new();
    let mut stack: Vec<(Array, bool)> = wanted.iter().rev().map(|array| (array.clone(), false)).collect();
    while let Some((array, inputs_done)) = stack.pop() {
        if inputs_done {
            ordered.push(array);
        } else if seen.insert(array.id()) {
            stack.push((array.clone(), true));
            stack.extend(array.inputs().iter().rev().map(|input| (input.clone(), false)));
        }
    }
    ordered
}

/// How many read each of these, or want it.
fn n_users(ordered: &[Array], wanted: &[Array]) -> HashMap<u64, usize> {
    let mut n_users: HashMap<u64, usize> = HashMap::new();
    for array in ordered.iter().flat_map(Array::inputs).chain(wanted) {
        *n_users.entry(array.id()).or_default() += 1;
    }
    n_users
}

/// What these became.
fn replaced(done: &HashMap<u64, Array>, arrays: &[Array]) -> Vec<Array> {
    arrays.iter().map(|array| done.get(&array.id()).unwrap_or(array).clone()).collect()
}

#[cfg(test)]
mod tests;
