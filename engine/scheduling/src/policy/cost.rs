//! What it takes to bring a task's inputs to a worker.

use crate::{Scheduler, Tier};

/// Inputs looked at to estimate a transfer; of more, an even sample stands for all.
const INPUTS_SAMPLED: usize = 64;

/// The estimated cost of bringing a task's inputs to a worker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Arrival {
    /// Until all inputs are there, behind what is on its way to the worker and from the holders already.
    pub(crate) ready_ns: u64,
    /// The part of that which this task causes.
    pub(crate) transfer_ns: u64,
    /// Bytes that the worker will hold in memory in addition.
    pub(crate) nbytes: u64,
}

/// Estimates by tier what it takes to have all inputs of a task in a worker's memory.
pub(crate) fn arrival(scheduler: &Scheduler, slot: u32, worker: u32) -> Arrival {
    let inputs = scheduler.inputs_of(slot);
    let state = scheduler.worker(worker);
    let step = inputs.len().div_ceil(INPUTS_SAMPLED).max(1);
    let (mut network, mut spilled, mut device, mut latency_ns, mut source_ns) =
        (0_u64, 0_u64, 0_u64, 0_u64, 0_u64);
    let mut awaited = false;
    for &input in inputs.iter().step_by(step) {
        let nbytes = scheduler.nbytes_of(input);
        match scheduler.tier_of(input, worker) {
            Some(Tier::Memory) => {}
            Some(Tier::Device) => device += nbytes,
            Some(Tier::Spill) => spilled += nbytes,
            None if scheduler.is_flying(input, worker) => awaited = true,
            None => {
                network += nbytes;
                latency_ns += scheduler.config().latency_ns;
                source_ns = source_ns.max(scheduler.source_ns(input, nbytes));
            }
        }
    }
    let scale = step as u64;
    let transfer_ns =
        (state.network.ns(network) + state.spill.ns(spilled) + state.device.ns(device) + latency_ns) * scale;
    let backlog = if network > 0 || awaited { state.network.ns(state.incoming_nbytes) } else { 0 };
    Arrival {
        ready_ns: transfer_ns + backlog.max(source_ns),
        transfer_ns,
        nbytes: (network + spilled) * scale,
    }
}
