//! What does it cost to leave the host? Instances, calls, bytes, and a loop in the guest beside the same loop outside.
//!
//! The loop's peer is native code, in this binary and of its version: `native` copies the numbers and sums them, as the
//! guest must, and `native in place` sums them where they lie. Admission, instances, calls and bulk copies have no peer:
//! native code does without them. A bulk copy is set beside one memcpy of its size instead, as a metric of its own.

#![allow(clippy::unwrap_used, reason = "a bench that cannot run should stop")]

mod support;

use std::hint::black_box;
use std::time::Duration;

use gristmill::data::arrow::buffer::Buffer;
use gristmill::prelude::*;
use gristmill::sandbox::{CallContext, Reuse, Runtime, RuntimeConfig};
use support::{Figure, best, peers_run, print};

const RUNS: usize = 25;
const BULK_NBYTES: usize = 8 << 20;

/// Seconds a call, the smallest of [`RUNS`] averages over `n` calls.
fn each(n: u32, mut call: impl FnMut()) -> f64 {
    best(RUNS, || (0..n).for_each(|_| call())).0 / f64::from(n)
}

fn main() {
    let stats = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/plugins/prebuilt/stats.wasm")).unwrap();
    let (admit_s, _) = best(3, || Runtime::new(RuntimeConfig::new()).unwrap().load(&stats).unwrap());
    let runtime = Runtime::new(RuntimeConfig::new()).unwrap();
    let plugin = runtime.load(&stats).unwrap();
    let mut limits = CallContext::new().limits;
    limits.deadline = Duration::from_secs(60);
    let warm = CallContext::new().limits(limits).reuse(Reuse::Warm);
    let fresh = CallContext::new().limits(limits).reuse(Reuse::Fresh);
    let us = |case: &str, seconds: f64| Figure::new(case, "time", seconds * 1e6, "us");
    let mut figures = vec![
        Figure::new("admit stats.wasm: check, compile, describe", "time", admit_s * 1e3, "ms"),
        us("noop, warm instance", each(1000, || drop(plugin.call("noop", &[], &warm).unwrap()))),
        us("noop, fresh instance", each(200, || drop(plugin.call("noop", &[], &fresh).unwrap()))),
    ];
    let pair = [Value::Float(1.0), Value::Float(2.0)];
    figures
        .push(us("add(float, float), warm", each(1000, || drop(plugin.call("add", &pair, &warm).unwrap()))));
    let calls: Vec<Vec<Value>> = (0..1000).map(|_| pair.to_vec()).collect();
    let batch = each(1, || drop(plugin.call_many("add", &calls, &warm).unwrap())) / 1000.0;
    figures.push(us("add(float, float), in a batch of 1000", batch));

    let numbers: Vec<f64> = (0..BULK_NBYTES / 8).map(|i| i as f64).collect();
    let bytes = Buffer::from_vec(numbers.clone());
    let gbs = |case: &str, nbytes: usize, seconds: f64| {
        Figure::new(case, "bandwidth", nbytes as f64 / seconds / 1e9, "GB/s")
    };
    let mut copy = vec![0u8; BULK_NBYTES];
    let memcpy_s = each(1, || {
        copy.copy_from_slice(black_box(bytes.as_slice()));
        black_box(&copy);
    });
    figures.push(gbs("8 MiB, one memcpy outside", BULK_NBYTES, memcpy_s));
    let blob = [Value::Bytes(bytes)];
    let there_and_back = each(1, || drop(plugin.call("echo", &blob, &warm).unwrap()));
    figures.push(gbs("8 MiB, into the guest and back", BULK_NBYTES, there_and_back));
    figures.push(Figure::new("8 MiB, into the guest and back", "memcpys", there_and_back / memcpy_s, "x"));

    let chunk = [Value::Chunk(Chunk::from_vec(numbers.clone(), &[numbers.len() as u64]).unwrap())];
    let guest_s = each(1, || drop(black_box(plugin.call("sum_f64", &chunk, &warm).unwrap())));
    let native_s = each(1, || {
        black_box(native_sum(black_box(&numbers)));
    });
    let sum = |seconds: f64| us("sum of 8 MiB f64, with the copy in", seconds);
    figures.push(sum(guest_s));
    if peers_run() {
        let version = env!("CARGO_PKG_VERSION");
        figures.push(sum(memcpy_s + native_s).by("native", version));
        figures.push(sum(native_s).by("native in place", version));
    }
    print("sandbox", &figures);
}

/// Sixteen running sums, as the compiler needs them to use SIMD.
fn native_sum(numbers: &[f64]) -> f64 {
    let mut sums = [0.0; 16];
    let (blocks, rest) = numbers.as_chunks::<16>();
    for block in blocks {
        for (sum, number) in sums.iter_mut().zip(block) {
            *sum += number;
        }
    }
    sums.iter().sum::<f64>() + rest.iter().sum::<f64>()
}
