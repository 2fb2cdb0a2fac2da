//! Do lazy arrays cost less than Dask's? Random numbers, files, chains of element-wise operations, other chunks, halos,
//! matrices and transforms, on the same number of threads.
//!
//! The floors, a thread: a normal number takes one Philox word of 64 bits, about 1.9 ns; most others move bytes, and a
//! memory copy of the same machine says how long that takes.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench that cannot run should stop")]

mod support;

use std::cell::Cell;
use std::hint::black_box;
use std::path::Path;

use gristmill::collections::array::{Boundary, Compressed, Overlap};
use gristmill::prelude::*;
use gristmill::storage::{ArrayFormat, Compression, WriteOptions};
use support::{Figure, best, by_script, peers_run, print};

const RUNS: usize = 3;
const N_THREADS: usize = 2;

/// What the peers' script calls a case, and what it is.
const NORMALS: [&str; 2] = ["normals", "mean of 2e8 normals, chunks of 1e6"];
const MANY_NORMALS: &str = "mean of 2e9 normals, chunks of 1e6";
const HDF5: [&str; 2] = ["anomaly_hdf5", "x[::10] - x.mean(0), HDF5 (deflate) of 0.8 GB"];
const ZARR: [&str; 2] = ["anomaly_zarr", "x[::10] - x.mean(0), Zarr (zstd) of 0.8 GB"];
const NPY: &str = "x[::10] - x.mean(0), npy of 0.8 GB";
const CHAIN: [&str; 2] = ["chain", "sum of a * b + sqrt(abs(c)) * 2 - d, 1 GB of float32 in memory"];
const RECHUNK: [&str; 2] = ["rechunk", "greatest of 0.5 GB cut from rows to columns"];
const SYMMETRIC: [&str; 2] = ["symmetric", "(x + x.T).sum(), 0.5 GB"];
const OVERLAP: [&str; 2] = ["overlap", "map_overlap of depth 4 and its sum, 0.5 GB in blocks of 8 MB"];
const NO_OVERLAP: &str = "the same with map_blocks";
const PRODUCT: [&str; 2] = ["product", "matrix product, 4,000 x 4,000"];
const SVD: [&str; 2] = ["svd", "svd of 1,000,000 x 50 in blocks of 50,000 rows, and the sum of u"];
const COMPRESSED: [&str; 2] = ["compressed", "svd_compressed of 8,000 x 8,000, 10 values, 1 power"];
const SOLVE: [&str; 2] = ["solve", "4,000 equations in blocks of 1,000"];
const FFT: [&str; 2] = ["fft", "fft of 1,024 rows of 32,768, and the sum of sizes"];
const LARGE: [&str; 2] = ["large", "x[::10] - x.mean(0), Zarr (zstd) of 8 GiB to Zarr, limit 1.5 GiB"];
const SORT: [&str; 2] = ["sort", "4,000 rows of 4,000 sorted"];

/// Arrays in memory, and numbers that were not used before: results of equal expressions are held.
struct Bench {
    client: Client,
    run: Cell<u32>,
}

impl Bench {
    fn next(&self) -> f64 {
        self.run.set(self.run.get() + 1);
        self.run.get().into()
    }

    /// Uniform numbers that are in memory already.
    fn held(&self, shape: &[u64; 2], chunks: [i64; 2]) -> Array {
        let x = Generator::new(0).random(shape, chunks);
        let x = self.client.persist_arrays(&[x]).unwrap().remove(0);
        x.max(()).compute(&self.client).unwrap();
        x
    }

    /// The best time of an array that is made anew for each run.
    fn time(&self, case: &str, array: impl Fn(f64) -> Array) -> Figure {
        let (seconds, _) = best(RUNS, || array(self.next()).compute(&self.client).unwrap());
        Figure::new(case, "time", seconds, "s")
    }

    fn normals(&self, n: u64) -> Array {
        Generator::new(self.next() as u64).normal(0.0, 1.0, &[n], 1_000_000).mean(())
    }

    /// Seven operations and a sum over four operands in memory.
    fn chain(&self) -> Figure {
        let n = 1_i64 << 26;
        let operand = |modulus: i64| {
            let x = (Array::arange(0, n, 1, 1 << 20) % modulus).astype(DType::Float32) / 7.0;
            let x = self.client.persist_arrays(&[x]).unwrap().remove(0);
            x.max(()).compute(&self.client).unwrap();
            x
        };
        let [a, b, c, d] = [1001, 997, 1003, 991].map(operand);
        self.time(CHAIN[1], |factor| (&a * &b + c.abs().sqrt() * factor - &d).sum(()))
    }

    /// Rows cut into columns, so that each new chunk reads all old ones.
    fn rechunk(&self) -> Figure {
        let x = self.held(&[8_000, 8_000], [500, 8_000]);
        self.time(RECHUNK[1], |_| {
            let pass = native("pass", |args| Ok(args[0].clone()));
            x.rechunk([8_000, 500]).map_blocks(pass, &[], DType::Float64).max(())
        })
    }

    fn halos(&self) -> Vec<Figure> {
        let x = self.held(&[8_000, 8_000], [1_000, 1_000]);
        let times = |factor: f64| {
            native("times", move |args| {
                gristmill::kernels::call("mul", &[args[0].clone(), factor.into()]).map_err(Into::into)
            })
        };
        let overlap = Overlap::all(4, Boundary::Reflect);
        vec![
            self.time(SYMMETRIC[1], |factor| (&x + x.t() * factor).sum(())),
            self.time(OVERLAP[1], |factor| x.map_overlap(times(factor), &overlap, DType::Float64).sum(())),
            self.time(NO_OVERLAP, |factor| x.map_blocks(times(factor), &[], DType::Float64).sum(())),
        ]
    }

    fn dense(&self) -> Vec<Figure> {
        let (x, y) = (self.held(&[4_000, 4_000], [1_000, 1_000]), self.held(&[4_000, 4_000], [1_000, 1_000]));
        let rows = self.held(&[4_000, 4_000], [500, 4_000]);
        vec![
            self.time(PRODUCT[1], |factor| x.matmul(&(&y * factor))),
            self.time(SORT[1], |factor| (&rows * factor).sort(1).slice(s![.., 0]).sum(())),
        ]
    }

    fn matrices(&self) -> Vec<Figure> {
        let tall = self.held(&[1_000_000, 50], [50_000, 50]);
        let (large, square) =
            (self.held(&[8_000, 8_000], [1_000, 1_000]), self.held(&[4_000, 4_000], [1_000, 1_000]));
        let rows = self.held(&[1_024, 32_768], [64, 32_768]);
        let options = Compressed { n_power_iter: 1, ..Compressed::default() };
        let parts = |x: &Array| {
            let [u, s, _] = x.svd();
            u.sum(()) + s.sum(())
        };
        vec![
            self.time(SVD[1], |factor| parts(&(&tall * factor))),
            self.time(COMPRESSED[1], |factor| {
                (&large * factor).svd_compressed(10, options.clone())[1].clone()
            }),
            self.time(SOLVE[1], |factor| (&square * factor).solve(&square.slice(s![.., 0]))),
            self.time(FFT[1], |factor| (&rows * factor).fft(-1).abs().sum(())),
        ]
    }

    /// Opened anew, a file is another array; what is read lies in the page cache.
    fn anomaly(&self, case: &str, path: &Path, dataset: Option<&str>) -> Figure {
        self.time(case, |_| {
            let x = Array::open(path, dataset).rechunk([50_000, 100]);
            x.slice(s![..;10]) - x.mean(0)
        })
    }
}

/// 8 GiB on disk under a limit of 1.5 GiB, and what of it is kept in memory at most; checked against the closed form.
fn large(folder: &Path) -> Vec<Figure> {
    const ROWS: i64 = 10_737_418;
    let cluster = Cluster::local().threads(N_THREADS).memory_limit_nbytes(3 << 29).start().unwrap();
    let client = cluster.client();
    let (from, to) = (folder.join("large.zarr"), folder.join("anomaly.zarr"));
    let x =
        Array::arange(0.0, ROWS as f64 * 100.0, 1.0, 2_000_000).reshape(&[ROWS, 100]).rechunk([20_000, 100]);
    client
        .store(&x, &from, ArrayFormat::ZarrV3, WriteOptions::default().compression(Compression::Zstd(1)))
        .unwrap();
    // From here on the greatest resident size counts.
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let (seconds, ()) = best(1, || {
        let x = Array::open(&from, None);
        let y = x.slice(s![..;10]) - x.mean(0);
        client.store(&y, &to, ArrayFormat::ZarrV3, WriteOptions::default()).unwrap();
    });
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
    let gigabytes = peak.unwrap().parse::<f64>().unwrap() * 1024.0 / 1e9;
    let part = Array::open(&to, None).slice(s![1_000_000..1_000_003]).compute(&client).unwrap();
    let expected = |k: i64, j: i64| (1_000 * k + j) as f64 - ((ROWS - 1) as f64 * 50.0 + j as f64);
    for (place, found) in (0..300).zip(part.as_slice::<f64>().unwrap()) {
        let expected = expected(1_000_000 + place / 100, place % 100);
        assert!((found - expected).abs() <= 1e-12 * expected.abs(), "{place}: {found} and not {expected}");
    }
    vec![Figure::new(LARGE[1], "time", seconds, "s"), Figure::new(LARGE[1], "peak resident", gigabytes, "GB")]
}

fn copy() -> Figure {
    let source = vec![1_u8; 1 << 28];
    let mut target = vec![0_u8; 1 << 28];
    let (seconds, ()) = best(RUNS, || black_box(&mut target).copy_from_slice(black_box(&source)));
    let gigabytes = 2.0 * source.len() as f64 / 1e9;
    Figure::new("memory copy, 1 thread", "bandwidth", gigabytes / seconds, "GB/s")
}

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().display().to_string();
    // First, so that nothing else is in memory. Takes a minute and 12 GB of disk.
    let is_large = std::env::var_os("LARGE").is_some_and(|large| large != "0");
    let mut figures = if is_large { large(folder.path()) } else { Vec::new() };
    let cluster = Cluster::local().threads(N_THREADS).start().unwrap();
    let bench = Bench { client: cluster.client(), run: Cell::new(0) };
    figures.extend([
        bench.time(NORMALS[1], |_| bench.normals(200_000_000)),
        bench.time(MANY_NORMALS, |_| bench.normals(2_000_000_000)),
        bench.chain(),
        bench.rechunk(),
    ]);
    figures.extend(bench.halos());
    figures.extend(bench.dense());
    figures.extend(bench.matrices());

    let npy = folder.path().join("x.npy");
    let x = Generator::new(0).normal(0.0, 1.0, &[1_000_000, 100], [50_000, 100]);
    bench.client.store(&x, &npy, ArrayFormat::Npy, WriteOptions::default()).unwrap();
    figures.push(bench.anomaly(NPY, &npy, None));
    figures.push(copy());

    if peers_run() {
        by_script("dask_arrays.py", &["write".to_owned(), place.clone()]);
        for (case, file, dataset) in [(HDF5, "x.h5", Some("x")), (ZARR, "x.zarr", None)] {
            if folder.path().join(file).exists() {
                figures.push(bench.anomaly(case[1], &folder.path().join(file), dataset));
            }
        }
        let mut cases = vec![
            NORMALS, HDF5, ZARR, CHAIN, RECHUNK, SYMMETRIC, OVERLAP, PRODUCT, SORT, SVD, COMPRESSED, SOLVE,
            FFT,
        ];
        cases.extend(is_large.then_some(LARGE));
        let named = cases.iter().flat_map(|[key, name]| ["--case".into(), (*key).into(), (*name).into()]);
        let args = ["run".to_owned(), place, format!("--repeat={RUNS}")];
        figures.extend(by_script("dask_arrays.py", &args.into_iter().chain(named).collect::<Vec<String>>()));
    }
    print("arrays", &figures);
}
