//! Lazy things dropped one after the other: they may hold each other in chains that are too long for recursion.

use std::sync::Arc;

use crate::{Array, Delayed};

/// What is still to be dropped.
#[derive(Default)]
pub(crate) struct Pending {
    pub(crate) calls: Vec<Delayed>,
    pub(crate) arrays: Vec<Array>,
}

impl Pending {
    /// Drops everything, and what it alone holds.
    pub(crate) fn drop_all(mut self) {
        loop {
            if let Some(call) = self.calls.pop() {
                if let Some(mut node) = Arc::into_inner(call.into_node()) {
                    node.release(&mut self);
                }
            } else if let Some(array) = self.arrays.pop() {
                if let Some(mut node) = Arc::into_inner(array.into_node()) {
                    node.release(&mut self);
                }
            } else {
                return;
            }
        }
    }
}
