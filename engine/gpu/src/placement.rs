//! Where the steps of a task run: on the CPU or on a device, whichever is likely sooner.
//!
//! The time of each step on either side is estimated from what was measured of this machine ([`Rates`]), with what it takes
//! to move arguments and results; the cheapest way through all steps of the task is taken. A device must be a quarter
//! faster, and faster than all threads of the worker together, since these work at the same time and share it.

mod rates;

use gristmill_graph::DeviceChoice;

use crate::calls::Work;
pub use rates::Rates;

/// How much faster a device must look than the CPU.
const MARGIN: f64 = 1.25;

/// For each step of a task whether it runs on a device. Steps of which nothing is known are for the CPU.
pub(crate) fn choose(
    works: &[Option<Work>],
    rates: &Rates,
    n_threads: usize,
    choice: DeviceChoice,
) -> Vec<bool> {
    match choice {
        DeviceChoice::Cpu => vec![false; works.len()],
        DeviceChoice::Gpu => works.iter().map(Option::is_some).collect(),
        DeviceChoice::Auto => cheapest(works, rates, n_threads),
    }
}

/// The least time in which all steps so far are done with the result of the last one here or there, and where the step
/// before was for that.
#[derive(Clone, Copy)]
struct Best {
    seconds: f64,
    before: bool,
}

fn cheapest(works: &[Option<Work>], rates: &Rates, n_threads: usize) -> Vec<bool> {
    let mut bests: Vec<[Best; 2]> = Vec::with_capacity(works.len());
    let mut last = [0.0, f64::INFINITY];
    // Bytes that come back from a device after the step before, if it runs there.
    let mut back_nbytes = 0;
    for work in works {
        let best = |on_device: bool| {
            let own = seconds(work.as_ref(), rates, n_threads, on_device);
            let moved = |from_device: bool| match (from_device, on_device) {
                (true, false) => back_nbytes as f64 / rates.down_nbytes_per_s,
                (false, true) => {
                    let nbytes = work.as_ref().map_or(0, |work| work.planned_nbytes);
                    nbytes as f64 / rates.up_nbytes_per_s * MARGIN
                }
                _ => 0.0,
            };
            let [from_host, from_device] = last;
            let (host, device) = (from_host + moved(false) + own, from_device + moved(true) + own);
            match device < host {
                true => Best { seconds: device, before: true },
                false => Best { seconds: host, before: false },
            }
        };
        let step = [best(false), best(true)];
        last = step.map(|best| best.seconds);
        back_nbytes = work.as_ref().map_or(0, Work::back_nbytes);
        bests.push(step);
    }
    // Whoever comes next may need it on the host.
    let [host, device] = last;
    let home = back_nbytes as f64 / rates.down_nbytes_per_s;
    let mut at = device + home < host;
    let mut chosen = vec![false; works.len()];
    for (chosen, best) in chosen.iter_mut().zip(&bests).rev() {
        *chosen = at;
        let [on_host, on_device] = best;
        at = if at { on_device.before } else { on_host.before };
    }
    chosen
}

/// The time of one step, with its arguments moved to where it runs.
pub(crate) fn seconds(work: Option<&Work>, rates: &Rates, n_threads: usize, on_device: bool) -> f64 {
    match (work, on_device) {
        (None, true) => f64::INFINITY,
        (None, false) => 0.0,
        (Some(work), true) => {
            let moved = work.host_nbytes as f64 / rates.up_nbytes_per_s;
            let run = work.traffic_nbytes as f64 / rates.device_nbytes_per_s
                + work.n_products / rates.products_per_s
                + f64::from(work.n_dispatches) * rates.dispatch_s;
            (moved + run + rates.submit_s) * MARGIN
        }
        (Some(work), false) => {
            let moved = work.device_nbytes as f64 / rates.down_nbytes_per_s;
            let run: f64 = work.units.iter().map(|&(unit, n)| n * rates.cpu_ns(unit) * 1e-9).sum();
            moved + run / n_threads.max(1) as f64
        }
    }
}

#[cfg(test)]
mod tests;
