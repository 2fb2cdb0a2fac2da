//! Our placement: of a few candidates the one on which the task starts first, with a charge for the time that moving
//! its inputs keeps the network from others.
//!
//! The cost of a decision does not grow with the number of workers:
//! candidates are up to four holders of the largest inputs, two random workers, and one that is known to be idle.

use std::cmp::Reverse;

use smallvec::SmallVec;

use super::{Placement, RootRule, arrival};
use crate::{Scheduler, SplitMix};

/// Inputs looked at to find holders of many bytes.
const INPUTS_SAMPLED: usize = 16;
/// Holders among the candidates.
const HOLDERS_MAX: usize = 4;
/// Random workers among the candidates.
const RANDOM_MAX: usize = 2;
/// A worker that holds nothing must have its inputs so many times sooner: what is moved once draws more after it.
/// Measured on stencils and shuffles: below 4, tasks scatter while all workers are about to be busy;
/// above, tasks whose input many need queue up at its holder.
const OTHERS_READY_FACTOR: u64 = 4;
/// And its queue must be so many times shorter: queues of equals differ by a task or two all the time.
const OTHERS_QUEUE_FACTOR: u64 = 2;

#[derive(Debug)]
pub(super) struct Gristmill {
    pub(super) saturation_percent: u32,
}

/// Workers that might run a task, with the bytes that each holds of its inputs, and of how many in all.
/// For tasks with many inputs these are of a sample.
#[derive(Default)]
struct Candidates {
    found: SmallVec<[(u64, u32); 8]>,
    nbytes: u64,
}

impl Placement for Gristmill {
    fn choose(&self, scheduler: &Scheduler, random: &mut SplitMix, slot: u32) -> Option<u32> {
        let eligible = scheduler.eligible(slot);
        if let [only] = eligible {
            return Some(*only);
        }
        let mut candidates = holders(scheduler, random, slot, eligible);
        let best = best_of(scheduler, slot, &candidates, true, None);
        // All inputs are there and it runs at once: nothing can be better.
        let is_perfect = best.is_some_and(|best| best.cost_ns == 0);
        if is_perfect || (best.is_some() && !scheduler.is_duration_known(slot)) {
            return best.map(|best| best.worker);
        }
        candidates.found.clear();
        add_others(scheduler, random, slot, eligible, &mut candidates);
        best_of(scheduler, slot, &candidates, false, best).map(|best| best.worker)
    }

    fn roots(&self) -> RootRule {
        RootRule::Segments
    }

    fn binds_late(&self) -> bool {
        true
    }

    fn steals(&self) -> bool {
        true
    }

    fn saturation_percent(&self) -> u32 {
        self.saturation_percent
    }
}

/// A candidate with its cost. Between equals, the emptier worker: otherwise whoever holds most would be given ever more.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Choice {
    cost_ns: u64,
    memory_nbytes: u64,
    worker: u32,
}

/// The best of the candidates and the best so far.
fn best_of(
    scheduler: &Scheduler,
    slot: u32,
    candidates: &Candidates,
    are_holders: bool,
    mut best: Option<Choice>,
) -> Option<Choice> {
    for &(held, worker) in &candidates.found {
        let state = scheduler.worker(worker);
        let queue_ns = state.queue_ns() * if are_holders { 1 } else { OTHERS_QUEUE_FACTOR };
        let missing = candidates.nbytes.saturating_sub(held);
        let transfer_ns =
            if missing == 0 { 0 } else { scheduler.config().latency_ns + state.network.ns(missing) };
        // No need to look closer where even the least that it can cost is too much.
        let least_ns =
            transfer_ns + queue_ns.max(transfer_ns * if are_holders { 1 } else { OTHERS_READY_FACTOR });
        if best.is_some_and(|best| best.cost_ns < least_ns) {
            continue;
        }
        let cost_ns = cost(scheduler, slot, worker, queue_ns, are_holders);
        let choice = Choice { cost_ns, memory_nbytes: state.in_flight_nbytes(), worker };
        best = Some(best.map_or(choice, |best| best.min(choice)));
    }
    best
}

/// Candidates for a task without holders: random workers, and one that is known to be idle.
fn add_others(
    scheduler: &Scheduler,
    random: &mut SplitMix,
    slot: u32,
    eligible: &[u32],
    candidates: &mut Candidates,
) {
    let mut add = |worker: u32| {
        if candidates.found.iter().all(|&(_, other)| other != worker) {
            candidates.found.push((0, worker));
        }
    };
    for _ in 0..RANDOM_MAX {
        if let Some(&worker) = eligible.get(random.below(eligible.len())) {
            add(worker);
        }
    }
    let idle = scheduler.an_idle_worker();
    idle.filter(|idle| !scheduler.is_restricted(slot) || eligible.contains(idle)).into_iter().for_each(add);
}

/// The workers that hold the most of a task's inputs, with how many bytes.
fn holders(scheduler: &Scheduler, random: &mut SplitMix, slot: u32, eligible: &[u32]) -> Candidates {
    let inputs = scheduler.inputs_of(slot);
    let restricted = scheduler.is_restricted(slot);
    let step = inputs.len().div_ceil(INPUTS_SAMPLED).max(1);
    let mut candidates = Candidates::default();
    let found = &mut candidates.found;
    for &input in inputs.iter().skip(random.below(step)).step_by(step) {
        let nbytes = scheduler.nbytes_of(input) + 1;
        candidates.nbytes += nbytes;
        for worker in scheduler.holders_of(input).take(HOLDERS_MAX) {
            match found.iter_mut().find(|(_, other)| *other == worker) {
                Some((held, _)) => *held += nbytes,
                None if !scheduler.worker(worker).takes_work() => {}
                None if !restricted || eligible.contains(&worker) => found.push((nbytes, worker)),
                None => {}
            }
        }
    }
    if found.len() == 1 {
        return candidates;
    }
    // Of equal holders a different few each time, or siblings with the same holders would all go to the same worker.
    let salt = random.next_u64() as u32;
    found.sort_unstable_by_key(|&(held, worker)| (Reverse(held), worker.wrapping_mul(0x9e37_79b9) ^ salt));
    found.truncate(HOLDERS_MAX);
    candidates
}

/// When the task would start there, in nanoseconds from now, with charges.
fn cost(scheduler: &Scheduler, slot: u32, worker: u32, queue_ns: u64, is_holder: bool) -> u64 {
    let arrival = arrival(scheduler, slot, worker);
    let ready_ns = arrival.ready_ns.saturating_mul(if is_holder { 1 } else { OTHERS_READY_FACTOR });
    queue_ns.max(ready_ns)
        + arrival.transfer_ns
        + scheduler.compile_ns(slot, worker)
        + memory_penalty_ns(scheduler, worker, arrival.nbytes)
}

/// What filling a worker's memory costs: nothing while it is half empty, then what spilling the excess would take.
fn memory_penalty_ns(scheduler: &Scheduler, worker: u32, nbytes: u64) -> u64 {
    let state = scheduler.worker(worker);
    let after = state.in_flight_nbytes().saturating_add(nbytes);
    let excess = after.saturating_sub(state.info.memory_limit_nbytes / 2);
    state.spill.ns(excess)
}
