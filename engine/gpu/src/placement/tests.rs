//! Where steps run, by the rates of a made-up machine.

use gristmill_data::Value;
use gristmill_graph::DeviceChoice;

use super::{Rates, choose};
use crate::calls::{Unit, Work};

/// A device of 1 TB/s behind a bus of 10 GB/s, beside threads that take 1 ns for everything.
fn rates() -> Rates {
    Rates::made_up(10e9, 1e12, Unit::ALL.map(|unit| (unit, 1.0)).to_vec())
}

/// A step on so many floats, from the host, from the device or from the step before, with so many units for each.
fn step(host: u64, device: u64, planned: u64, out: u64, units: f64) -> Option<Work> {
    let n = (host + device + planned).max(out);
    Some(Work {
        host_nbytes: 4 * host,
        device_nbytes: 4 * device,
        planned_nbytes: 4 * planned,
        out_nbytes: 4 * out,
        traffic_nbytes: 4 * (host + device + planned + out),
        units: vec![(Unit::Cheap, n as f64 * units)],
        n_dispatches: 1,
        result: Value::Null,
        ..Work::default()
    })
}

fn check(works: &[Option<Work>], n_threads: usize, expect: &[bool]) {
    assert_eq!(choose(works, &rates(), n_threads, DeviceChoice::Auto), expect);
}

const N: u64 = 10_000_000;

#[test]
fn one_pass_over_what_is_on_the_host_never_pays() {
    // 5 ms on the CPU; 4 ms there and 4 ms back on the device.
    check(&[step(N, 0, 0, N, 0.5)], 1, &[false]);
    check(&[step(N, 0, 0, N, 1.0)], 16, &[false]);
    // Folded, nothing comes back.
    check(&[step(N, 0, 0, 1, 1.0)], 1, &[true]);
    check(&[step(N, 0, 0, 1, 1.0)], 16, &[false]);
}

#[test]
fn much_work_for_each_byte_pays_even_beside_many_threads() {
    check(&[step(N, 0, 0, N, 100.0)], 16, &[true]);
}

#[test]
fn what_is_there_stays_there() {
    check(&[step(0, N, 0, N, 1.0)], 16, &[true]);
    // But not for little: a dispatch costs more.
    check(&[step(0, 100, 0, 100, 1.0)], 16, &[false]);
}

#[test]
fn the_steps_of_a_task_go_together() {
    // Made on the device and folded there: random numbers and their mean.
    check(&[step(0, 0, 0, N, 10.0), step(0, 0, N, 1, 1.0)], 16, &[true, true]);
    // The fold alone would not pay for the way there.
    check(&[step(0, 0, 0, N, 1.0), step(0, 0, N, 1, 1.0)], 16, &[true, true]);
    check(&[step(N, 0, 0, 1, 1.0)], 16, &[false]);
    // Something between that only the CPU knows.
    check(&[step(0, 0, 0, N, 1.0), None, step(0, 0, N, 1, 1.0)], 16, &[false; 3]);
}

#[test]
fn a_choice_is_a_choice() {
    let works = [step(1, 0, 0, 1, 1.0), None];
    assert_eq!(choose(&works, &rates(), 1, DeviceChoice::Gpu), [true, false]);
    assert_eq!(choose(&works, &rates(), 1, DeviceChoice::Cpu), [false, false]);
}
