//! Dask's placement, to compare with: a task goes to the holder of one of its inputs on which it would start first;
//! roots wait in one queue, and go to the least busy worker with room.
//! Source: <https://distributed.dask.org/en/stable/scheduling-policies.html>

use super::{Placement, RootRule, arrival};
use crate::{Scheduler, SplitMix};

/// Dask's `distributed.scheduler.worker-saturation`.
const SATURATION_PERCENT: u32 = 110;

#[derive(Debug)]
pub(super) struct Dask;

impl Placement for Dask {
    fn choose(&self, scheduler: &Scheduler, _: &mut SplitMix, slot: u32) -> Option<u32> {
        let eligible = scheduler.eligible(slot);
        let mut holders = Vec::new();
        for &input in scheduler.inputs_of(slot) {
            for worker in scheduler.holders_of(input) {
                if !holders.contains(&worker) && eligible.contains(&worker) {
                    holders.push(worker);
                }
            }
        }
        let candidates = if holders.is_empty() { eligible } else { &holders };
        candidates.iter().copied().min_by_key(|&worker| {
            let state = scheduler.worker(worker);
            let start_ns = state.occupancy_ns / u64::from(state.info.threads)
                + arrival(scheduler, slot, worker).transfer_ns;
            (start_ns, state.memory_nbytes, worker)
        })
    }

    fn roots(&self) -> RootRule {
        RootRule::Shared
    }

    fn binds_late(&self) -> bool {
        false
    }

    fn steals(&self) -> bool {
        true
    }

    fn saturation_percent(&self) -> u32 {
        SATURATION_PERCENT
    }
}
