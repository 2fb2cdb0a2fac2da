//! What a worker's devices do with calls, and what is done when they fail: the answer stays right.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use gristmill_data::{Chunk, DType, Value};
use gristmill_graph::DeviceChoice;
use gristmill_kernels::call as on_cpu;

use super::{Devices, DevicesOptions};
use crate::testing::{close, ordinary};
use crate::{DeviceOptions, adapters, is_lost};

fn devices(change: impl FnOnce(&mut DevicesOptions)) -> Option<Arc<Devices>> {
    if adapters(true).is_empty() {
        eprintln!("skipped: no adapter");
        return None;
    }
    let mut options = DevicesOptions { software: true, back_off: Duration::ZERO, ..Default::default() };
    change(&mut options);
    Some(Devices::new(options))
}

const PROGRAM: &str = "(float32, float32) %0 = multiply:float32(x0, x1); %1 = add:float32(%0, x0) => %1";

fn arguments(n: u64) -> Vec<Value> {
    let inputs = [1, 2].map(|seed| Value::Chunk(ordinary(DType::Float32, &[n, 100], seed)));
    vec![Value::from(PROGRAM), Value::list(inputs)]
}

/// The result of a call as tasks have it: on a device where that goes, else on the CPU.
fn call(devices: &Devices, kernel: &str, args: &[Value]) -> (Value, bool) {
    match devices.call(kernel, args, 0) {
        Some(value) => (value, true),
        None => {
            let landed: Vec<Value> = args.iter().map(|arg| arg.clone().landed().unwrap()).collect();
            (on_cpu(kernel, &landed).unwrap(), false)
        }
    }
}

fn check(got: Value, kernel: &str, args: &[Value]) {
    let expected = on_cpu(kernel, args).unwrap();
    let (got, expected) = (got.landed().unwrap(), expected);
    let chunk = |value: &Value| -> Chunk { value.as_chunk().unwrap().clone() };
    close(&chunk(&got), &chunk(&expected), 4.0).unwrap();
}

fn reasons(devices: &Devices) -> String {
    let findings = devices.findings();
    findings
        .iter()
        .flat_map(|finding| &finding.returned)
        .map(|(reason, n)| format!("{n}x {reason}\n"))
        .collect()
}

#[test]
fn a_result_stays_on_the_device_for_the_next_call() {
    let Some(devices) = devices(|_| {}) else { return };
    let args = arguments(1000);
    let (first, on_device) = call(&devices, "elementwise", &args);
    assert!(on_device && !first.is_on_host());
    let program = "(float32) %0 = multiply:float32(x0, 2.0:float32) => %0";
    let next = [Value::from(program), Value::list([first.clone()])];
    let (second, on_device) = call(&devices, "elementwise", &next);
    assert!(on_device && !second.is_on_host());
    check(second, "elementwise", &[next[0].clone(), Value::list([first.landed().unwrap()])]);
    // Small results come back at once.
    let (small, on_device) = call(&devices, "elementwise", &arguments(3));
    assert!(on_device && small.is_on_host());
}

#[test]
fn what_a_device_cannot_do_is_done_by_the_cpu_and_counted() {
    let Some(devices) = devices(|_| {}) else { return };
    assert!(devices.call("no such kernel", &[], 0).is_none());
    let program = "(complex64) %0 = exp:complex64(x0) => %0";
    let zeros = Chunk::try_new(DType::Complex64, &[2000], vec![0_u8; 16000].into(), None).unwrap();
    let args = [Value::from(program), Value::list([Value::Chunk(zeros)])];
    let (value, on_device) = call(&devices, "elementwise", &args);
    assert!(!on_device);
    assert_eq!(value, on_cpu("elementwise", &args).unwrap());
    assert!(reasons(&devices).contains("complex64 has no shaders"), "{}", reasons(&devices));
    // It is not tried again, nor planned for.
    call(&devices, "elementwise", &args);
    assert!(reasons(&devices).starts_with("1x "), "{}", reasons(&devices));
    let chosen = devices.choose(DeviceChoice::Gpu, 1, |_, _| Some(("elementwise", args.to_vec())));
    assert_eq!(chosen, [false]);
    // What is wrong on any device is the CPU's to complain about.
    assert!(devices.call("elementwise", &[Value::from("no program"), Value::list::<Value>([])], 0).is_none());
}

#[test]
fn a_full_device_makes_room_by_what_was_used_least_recently() {
    let budget = DeviceOptions { budget_nbytes: 3 << 20, ..Default::default() };
    let Some(devices) = devices(|options| options.device = budget) else { return };
    // Each needs 2 x 400 kB for arguments and as much for the result, in buffers of 512 KiB.
    let args = arguments(1000);
    let results: Vec<Value> = (0..6)
        .map(|_| {
            let (value, on_device) = call(&devices, "elementwise", &args);
            assert!(on_device, "{}", reasons(&devices));
            value
        })
        .collect();
    for result in results {
        check(result, "elementwise", &args);
    }
    let resident = devices.findings()[0].resident_nbytes;
    assert!(resident <= 3 << 20, "{resident} B are more than there is room for");
}

#[test]
fn what_has_no_room_is_done_in_halves() {
    let budget = DeviceOptions { budget_nbytes: 1 << 20, ..Default::default() };
    let Some(devices) = devices(|options| options.device = budget) else { return };
    let args = arguments(5000);
    let (value, on_device) = call(&devices, "elementwise", &args);
    assert!(on_device && value.is_on_host(), "{}", reasons(&devices));
    check(value, "elementwise", &args);
    // A row that alone has no room is for the CPU.
    let inputs = [1, 2].map(|seed| Value::Chunk(ordinary(DType::Float32, &[1, 500_000], seed)));
    let args = [Value::from(PROGRAM), Value::list(inputs)];
    let (value, on_device) = call(&devices, "elementwise", &args);
    assert!(!on_device);
    check(value, "elementwise", &args);
}

#[test]
fn the_n_th_allocation_fails() {
    for n in 1..=4 {
        let device = DeviceOptions::default();
        let faults = device.faults.clone();
        let Some(devices) = devices(|options| options.device = device) else { return };
        let args = arguments(1000);
        check(call(&devices, "elementwise", &args).0, "elementwise", &args);
        faults.out_of_memory_at.store(n, Ordering::Relaxed);
        for _ in 0..3 {
            let (value, on_device) = call(&devices, "elementwise", &args);
            assert!(on_device);
            check(value, "elementwise", &args);
        }
    }
}

#[test]
fn a_refused_shader_is_not_tried_again() {
    let device = DeviceOptions::default();
    let faults = device.faults.clone();
    let Some(devices) = devices(|options| options.device = device) else { return };
    assert_eq!(devices.search(), 1);
    assert!(devices.findings()[0].disabled.is_empty());
    faults.refuse_shader_at.store(1, Ordering::Relaxed);
    let args = arguments(1000);
    for _ in 0..2 {
        let (value, on_device) = call(&devices, "elementwise", &args);
        assert!(!on_device);
        check(value, "elementwise", &args);
    }
    let disabled = devices.findings()[0].disabled.join("\n");
    assert!(disabled.contains("refuses the shader `elementwise`"), "{disabled}");
}

#[test]
fn a_lost_device_is_opened_again_and_given_up_after_the_third_time() {
    let device = DeviceOptions::default();
    let faults = device.faults.clone();
    let Some(devices) = devices(|options| options.device = device) else { return };
    let args = arguments(1000);
    for n_losses in 1..=3 {
        let (kept, on_device) = call(&devices, "elementwise", &args);
        assert!(on_device, "loss {n_losses}: {}", reasons(&devices));
        faults.lose_at.store(1, Ordering::Relaxed);
        let (value, on_device) = call(&devices, "elementwise", &args);
        assert!(!on_device);
        check(value, "elementwise", &args);
        // What was in its memory is gone, and says so.
        assert!(is_lost(&kept));
        let error = kept.landed().unwrap_err();
        assert_eq!(error.kind, gristmill_data::TaskErrorKind::DeviceLost);
    }
    let (value, on_device) = call(&devices, "elementwise", &args);
    assert!(!on_device);
    check(value, "elementwise", &args);
    let disabled = devices.findings()[0].disabled.join("\n");
    assert!(disabled.contains("everything, given up"), "{disabled}");
}

#[test]
fn without_adapters_nothing_is_chosen_and_nothing_runs() {
    let devices = Devices::new(DevicesOptions::default());
    if devices.search() > 0 {
        eprintln!("skipped: there is a GPU");
        return;
    }
    assert!(!devices.may_run(DeviceChoice::Auto) && !devices.may_run(DeviceChoice::Gpu));
    let args = arguments(1000);
    let chosen = devices.choose(DeviceChoice::Gpu, 1, |_, _| Some(("elementwise", args.clone())));
    assert_eq!(chosen, [false]);
    assert!(devices.call("elementwise", &args, 0).is_none());
}

#[test]
fn a_device_is_chosen_where_it_must_be() {
    let Some(devices) = devices(|_| {}) else { return };
    let args = arguments(1000);
    let mut step = |number: usize, before: &[Value]| match number {
        0 => Some(("elementwise", args.clone())),
        1 => Some(("no such kernel", vec![before[0].clone()])),
        _ => Some(("elementwise", vec![args[0].clone(), Value::list([before[1].clone()])])),
    };
    devices.search();
    assert_eq!(devices.choose(DeviceChoice::Gpu, 3, &mut step), [true, false, false]);
    assert_eq!(devices.choose(DeviceChoice::Cpu, 3, &mut step), [false; 3]);
    // Software never pays.
    assert_eq!(devices.choose(DeviceChoice::Auto, 3, &mut step), [false; 3]);
}

#[test]
fn no_search_is_left_behind_when_it_is_over() {
    // Whether there are any or not.
    let devices = Devices::new(DevicesOptions::default());
    let args = arguments(10_000);
    let search = || devices.choose(DeviceChoice::Auto, 1, |_, _| Some(("elementwise", args.clone())));
    search();
    devices.close();
    assert!(devices.found.get().is_some(), "a search had begun");
    assert_eq!(Arc::strong_count(&devices), 1, "its thread is gone");
    let never = Devices::new(DevicesOptions::default());
    never.close();
    never.choose(DeviceChoice::Auto, 1, |_, _| Some(("elementwise", args.clone())));
    assert!(never.found.get().is_none() && Arc::strong_count(&never) == 1, "none begins after the end");
}
