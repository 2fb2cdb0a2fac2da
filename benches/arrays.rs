//! Do lazy arrays cost less than Dask's? Random numbers, a file larger than a cache, a chain of element-wise operations,
//! and other chunks, on the same number of threads.
//!
//! The floors, a thread: a normal number takes one Philox word of 64 bits, about 1.9 ns; the others move bytes, and a
//! memory copy of the same machine says how long that takes.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench that cannot run should stop")]

mod support;

use std::cell::Cell;
use std::hint::black_box;

use gristmill::prelude::*;
use gristmill::storage::{ArrayFormat, WriteOptions};
use support::{Figure, best, by_script, peers_run, print};

const RUNS: usize = 3;
const N_THREADS: usize = 2;

const NORMALS: &str = "mean of 2e8 normals, chunks of 1e6";
const ANOMALY: &str = "x[::10] - x.mean(0), npy of 0.8 GB";
const CHAIN: &str = "sum of a * b + sqrt(abs(c)) * 2 - d, 1 GB of float32 in memory";
const RECHUNK: &str = "greatest of 0.5 GB cut from rows to columns";

fn time(case: &str, seconds: f64) -> Figure {
    Figure::new(case, "time", seconds, "s")
}

/// Seven operations and a sum over four operands in memory.
fn chain(client: &Client, next: &impl Fn() -> u32) -> Figure {
    let n = 1_i64 << 26;
    let operand = |modulus: i64| {
        let x = (Array::arange(0, n, 1, 1 << 20) % modulus).astype(DType::Float32) / 7.0;
        client.persist_arrays(&[x]).unwrap().remove(0)
    };
    let [a, b, c, d] = [1001, 997, 1003, 991].map(operand);
    for operand in [&a, &b, &c, &d] {
        operand.max(()).compute(client).unwrap();
    }
    let (seconds, _) = best(RUNS, || {
        let y = &a * &b + c.abs().sqrt() * f64::from(next()) - &d;
        y.sum(()).compute(client).unwrap()
    });
    time(CHAIN, seconds)
}

/// Rows cut into columns, so that each new chunk reads all old ones.
fn rechunk(client: &Client) -> Figure {
    let x = Generator::new(0).random(&[8_000, 8_000], [500, 8_000]);
    let x = client.persist_arrays(&[x]).unwrap().remove(0);
    x.max(()).compute(client).unwrap();
    let (seconds, _) = best(RUNS, || {
        let columns = x.rechunk([8_000, 500]).map_blocks(
            native("pass", |args| Ok(args[0].clone())),
            &[],
            DType::Float64,
        );
        columns.max(()).compute(client).unwrap()
    });
    time(RECHUNK, seconds)
}

fn main() {
    let cluster = Cluster::local().threads(N_THREADS).start().unwrap();
    let client = cluster.client();
    // Results of equal expressions are held, so each run has another seed or factor.
    let run = Cell::new(0_u32);
    let next = || {
        run.set(run.get() + 1);
        run.get()
    };
    let mut figures = Vec::new();

    let (seconds, mean) = best(RUNS, || {
        let x = Generator::new(next().into()).normal(0.0, 1.0, &[200_000_000], 1_000_000);
        x.mean(()).compute(&client).unwrap()
    });
    assert!(mean.as_slice::<f64>().unwrap().iter().all(|mean| mean.abs() < 1e-3));
    figures.push(time(NORMALS, seconds));

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    let x = Generator::new(0).normal(0.0, 1.0, &[1_000_000, 100], [50_000, 100]);
    client.store(&x, &path, ArrayFormat::Npy, WriteOptions::default()).unwrap();
    let (seconds, _) = best(RUNS, || {
        // Opened anew, it is another array; what is read lies in the page cache.
        let x = Array::open(&path, None).rechunk([50_000, 100]);
        (x.slice(s![..;10]) - x.mean(0)).compute(&client).unwrap()
    });
    figures.push(time(ANOMALY, seconds));

    figures.push(chain(&client, &next));
    figures.push(rechunk(&client));

    let source = vec![1_u8; 1 << 28];
    let mut target = vec![0_u8; 1 << 28];
    let (seconds, ()) = best(RUNS, || black_box(&mut target).copy_from_slice(black_box(&source)));
    figures.push(Figure::new(
        "memory copy, 1 thread",
        "bandwidth",
        2.0 * source.len() as f64 / seconds / 1e9,
        "GB/s",
    ));

    if peers_run() {
        let cases = [("normals", NORMALS), ("anomaly", ANOMALY), ("chain", CHAIN), ("rechunk", RECHUNK)];
        let args = [
            format!("--repeat={RUNS}"),
            format!("--threads={N_THREADS}"),
            format!("--npy={}", path.display()),
        ];
        let named = cases.iter().flat_map(|(key, name)| ["--case".into(), (*key).into(), (*name).into()]);
        figures.extend(by_script("dask_arrays.py", &args.into_iter().chain(named).collect::<Vec<String>>()));
    }
    print("arrays", &figures);
}
