//! Kernels in processes of their own: what they give, and how these end.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use gristmill_data::DType::{Float32, UInt32};
use gristmill_data::{Chunk, DType};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use super::{GpuHosts, HostOptions, HostProcess, KernelSource};
use crate::user::protocol::{self, ArrayMsg, KernelMsg, Opening, Request};
use crate::{Error, adapters, testing};

/// Machines may be busy with other things.
const PATIENCE: Duration = Duration::from_secs(300);

/// `examples/gpu_host.rs`, which cargo builds with the tests.
fn exe() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let exe = test.ancestors().nth(2).unwrap().join("examples/gpu_host");
    assert!(exe.is_file(), "{} is missing: cargo build -p gristmill-gpu --examples", exe.display());
    exe
}

/// Hosts on any adapter; without one, tests say so and pass.
fn patient() -> Option<GpuHosts> {
    testing::device()?;
    Some(hosts(0))
}

/// Hosts on an adapter that takes its time.
fn on_software() -> Option<GpuHosts> {
    let Some(adapter_idx) = adapters(true).iter().position(|adapter| adapter.facts().is_software) else {
        eprintln!("skipped: no software adapter");
        return None;
    };
    Some(hosts(adapter_idx))
}

fn hosts(adapter_idx: usize) -> GpuHosts {
    let (deadline, start_deadline) = (PATIENCE, PATIENCE);
    let options =
        HostOptions { adapter_idx, software: true, deadline, start_deadline, ..HostOptions::new(exe()) };
    GpuHosts::new(options)
}

fn kernel(source: &str, params: &[DType], result: DType) -> KernelSource {
    KernelSource { name: "f".to_owned(), source: source.into(), params: params.to_vec(), result }
}

fn plus_one() -> KernelSource {
    kernel("fn f(x: f32) -> f32 { return x + 1; }", &[Float32], Float32)
}

/// Takes all its turns for each element, and computes in them.
fn slow() -> KernelSource {
    let source = "fn f(x: u32) -> u32 { var n = x; for (var i = 0; i < 1800; i++) { n = n * 1664525u + 1013904223u; \
                  n ^= n >> 7u; n = n * 22695477u + 1u; n ^= n << 3u; } return n; }";
    kernel(source, &[UInt32], UInt32)
}

fn chunk(n: u64) -> Chunk {
    Chunk::from_vec((0..n).map(|i| i as f32).collect(), &[n]).unwrap()
}

fn check(hosts: &GpuHosts, tenant: u32) {
    let got = hosts.map(tenant, &plus_one(), &[chunk(1000)]).unwrap();
    let expected: Vec<f32> = (1..=1000).map(|i| i as f32).collect();
    assert_eq!(got.as_slice::<f32>().unwrap(), expected);
}

fn is_alive(pid: Pid) -> bool {
    test_kill_process(pid).is_ok()
}

#[test]
fn tenants_have_processes_of_their_own_which_end_with_them() {
    let Some(hosts) = patient() else { return };
    check(&hosts, 1);
    check(&hosts, 2);
    let (one, two) = (hosts.pid(1).unwrap(), hosts.pid(2).unwrap());
    assert_ne!(one, two);
    check(&hosts, 1);
    assert_eq!(hosts.pid(1).unwrap(), one);
    hosts.end(1);
    assert!(!is_alive(one) && is_alive(two));
    drop(hosts);
    assert!(!is_alive(two));
}

#[test]
fn arrays_of_all_sizes_pass() {
    let Some(hosts) = patient() else { return };
    let kernel = kernel("fn f(x: f32, y: f32) -> f32 { return x + y; }", &[Float32, Float32], Float32);
    for (n, m) in [(0, 0), (0, 1), (1, 1), (127, 1), (128, 128), (300_000, 300_000)] {
        let got = hosts.map(0, &kernel, &[chunk(n), chunk(m)]).unwrap();
        let expected: Vec<f32> = (0..n).map(|i| i as f32 + if m == n { i as f32 } else { 0.0 }).collect();
        assert_eq!(got.as_slice::<f32>().unwrap(), expected);
    }
    let column = chunk(50).reshape(&[50, 1]).unwrap();
    assert_eq!(hosts.map(0, &kernel, &[column, chunk(30)]).unwrap().shape(), [50, 30]);
    let misfit = hosts.map(0, &kernel, &[chunk(3), chunk(4)]);
    assert!(matches!(misfit, Err(Error::Unsupported { .. })), "{misfit:?}");
    let missing = hosts.map(0, &kernel, &[chunk(3)]);
    assert!(matches!(missing, Err(Error::Unsupported { .. })), "{missing:?}");
}

#[test]
fn kernels_that_are_refused_or_do_not_end_leave_the_process_as_it_was() {
    let Some(hosts) = patient() else { return };
    check(&hosts, 0);
    let pid = hosts.pid(0);
    let refused = kernel("fn f(x: f32) -> f32 { return y; }", &[Float32], Float32);
    for _ in 0..2 {
        let error = hosts.map(0, &refused, &[chunk(10)]).unwrap_err();
        assert!(matches!(&error, Error::Kernel { reason, .. } if reason.contains("line 1")), "{error}");
        assert_eq!(hosts.check(0, &refused), Err(error));
    }
    let endless = kernel("fn f(x: f32) -> f32 { loop {} return x; }", &[Float32], Float32);
    assert_eq!(hosts.check(0, &endless), Ok(()));
    for _ in 0..2 {
        let error = hosts.map(0, &endless, &[chunk(10)]).unwrap_err();
        assert!(matches!(error, Error::Turns { .. }), "{error}");
    }
    check(&hosts, 0);
    assert_eq!(hosts.pid(0), pid);
}

#[test]
fn a_budget_is_kept() {
    let Some(mut hosts) = patient() else { return };
    hosts.options.budget_nbytes = 1 << 20;
    let error = hosts.map(0, &plus_one(), &[chunk(1 << 18)]).unwrap_err();
    assert!(matches!(error, Error::OutOfMemory { budget_nbytes: 1048576, .. }), "{error}");
    check(&hosts, 0);
}

#[test]
fn past_the_deadline_the_process_is_killed_and_the_kernel_blocked() {
    let Some(mut hosts) = on_software() else { return };
    check(&hosts, 0);
    let pid = hosts.pid(0).unwrap();
    let many = Chunk::from_vec((0..1 << 24).collect::<Vec<u32>>(), &[1 << 24]).unwrap();
    hosts.options.deadline = Duration::from_secs(2);
    let error = hosts.map(0, &slow(), std::slice::from_ref(&many)).unwrap_err();
    hosts.options.deadline = PATIENCE;
    assert_eq!(error.to_string(), "the kernel `f` took longer than 2s");
    assert!(!is_alive(pid) && hosts.pid(0).is_none());
    // Not even for other tenants, and not with less to do.
    let few = Chunk::from_vec(vec![1u32], &[1]).unwrap();
    assert_eq!(hosts.map(1, &slow(), std::slice::from_ref(&few)), Err(error));
    assert!(hosts.pid(1).is_none());
    check(&hosts, 0);
}

#[test]
fn a_process_that_crashes_is_replaced_and_the_kernel_blocked() {
    let Some(hosts) = on_software() else { return };
    check(&hosts, 0);
    let pid = hosts.pid(0).unwrap();
    let many = Chunk::from_vec((0..1 << 24).collect::<Vec<u32>>(), &[1 << 24]).unwrap();
    let error = std::thread::scope(|scope| {
        let call = scope.spawn(|| hosts.map(0, &slow(), std::slice::from_ref(&many)).unwrap_err());
        // The elements are on their way for some time after this, and then the kernel runs for more.
        std::thread::sleep(Duration::from_millis(500));
        kill_process(pid, Signal::KILL).unwrap();
        call.join().unwrap()
    });
    assert_eq!(error.to_string(), "the kernel `f` crashed its GPU host: it ended with signal: 9 (SIGKILL)");
    assert_eq!(hosts.check(0, &slow()), Err(error));
    check(&hosts, 0);
    assert_ne!(hosts.pid(0), Some(pid));
}

#[test]
fn a_process_that_ended_between_calls_is_no_kernels_fault() {
    let Some(hosts) = patient() else { return };
    check(&hosts, 0);
    let pid = hosts.pid(0).unwrap();
    kill_process(pid, Signal::KILL).unwrap();
    let slot = hosts.slot(0).unwrap();
    while slot.lock().as_mut().is_some_and(HostProcess::is_fit) {
        std::thread::yield_now();
    }
    check(&hosts, 0);
    assert_ne!(hosts.pid(0), Some(pid));
}

/// naga writes an array of zeros out to compute with it, before it finds that there is nothing to compute.
#[test]
fn a_kernel_that_fills_memory_ends_its_process_alone() {
    let Some(hosts) = patient() else { return };
    let source = "const a = -array<f32, 500000000>();\nfn f(x: f32) -> f32 { return x; }";
    let error = hosts.check(0, &kernel(source, &[Float32], Float32)).unwrap_err();
    assert!(matches!(error, Error::Crashed { .. }), "{error}");
    check(&hosts, 0);
}

#[test]
fn programs_that_are_no_hosts_are_named() {
    for exe in ["/nowhere/gristmill", "/bin/false", "/bin/true", "/bin/cat"] {
        let error = GpuHosts::new(HostOptions::new(exe)).check(0, &plus_one()).unwrap_err();
        assert!(matches!(&error, Error::Host { exe: named, .. } if named == exe), "{error}");
    }
    let none = HostOptions { adapter_idx: 1000, ..HostOptions::new(exe()) };
    let error = GpuHosts::new(none).check(0, &plus_one()).unwrap_err();
    assert!(matches!(&error, Error::Unsupported { reason } if reason.contains("adapter 1000")), "{error}");
}

/// Whoever started it may be gone when a kernel goes on for too long.
#[test]
fn a_host_ends_itself() {
    let Some(hosts) = on_software() else { return };
    let mut child =
        Command::new(exe()).arg("gpu-host").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let to = child.stdin.as_mut().unwrap();
    protocol::write(to, &Request::Open(Opening { deadline_ms: 500, ..hosts.options.opening() }), &[])
        .unwrap();
    protocol::write(to, &Request::Check(KernelMsg::new(&slow())), &[]).unwrap();
    let many = Chunk::from_vec((0..1 << 25).collect::<Vec<u32>>(), &[1 << 25]).unwrap();
    let request = Request::Map { kernel: 0, inputs: vec![ArrayMsg::new(&many)] };
    // It may have ended before it has read all of it.
    let _ = protocol::write(to, &request, &[many]);
    assert_eq!(child.wait().unwrap().code(), Some(4));
}

#[test]
fn frames_that_make_no_sense_end_a_host() {
    let frame =
        |message: &str| [&(message.len() as u32).to_le_bytes()[..], &[0; 8], message.as_bytes()].concat();
    for bytes in [
        Vec::new(),
        frame("{}"),
        frame("\"Open\""),
        frame(r#"{"Map":{"kernel":0,"inputs":[]}}"#),
        [255; 12].to_vec(),
        frame("{}")[..5].to_vec(),
    ] {
        assert!(crate::serve(&bytes[..], Vec::new()).is_err(), "{bytes:?}");
    }
}
