//! The static order of execution.

use crate::Csr;

/// The priority of each task.
pub(crate) fn order(inputs: &Csr<u32>) -> Vec<u32> {
    (0..inputs.len() as u32).collect()
}

pub(crate) fn dependents(_inputs: &Csr<u32>) -> Csr<u32> {
    Csr::new()
}

pub(crate) fn invert(priority: &[u32]) -> Vec<u32> {
    let mut order = vec![0; priority.len()];
    for (id, &at) in (0..).zip(priority) {
        if let Some(slot) = order.get_mut(at as usize) {
            *slot = id;
        }
    }
    order
}
