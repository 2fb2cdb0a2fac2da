//! Arrays ten times larger than memory: what is planned of them, and that they are computed under the limit.
//!
//! Elements follow from formulas, so that results are known in closed form; all are read from files, cut in ways that
//! suit nobody.

use std::path::Path;

use gristmill::cluster::LocalCluster;
use gristmill::collections::Collection;
use gristmill::collections::array::stack;
use gristmill::kernels::linalg::Uplo;
use gristmill::prelude::*;
use gristmill::storage::{ArrayFormat, WriteOptions};

const LIMIT_NBYTES: u64 = 32 << 20;
const N_THREADS: usize = 2;
const N_YEARS: i64 = 8;
const N_DAYS: i64 = 365;
const PLACES: [i64; 2] = [120, 120];

fn cluster() -> LocalCluster {
    Cluster::local().threads(N_THREADS).memory_limit_nbytes(LIMIT_NBYTES).start().unwrap()
}

/// What a year adds everywhere, what a day of the year adds, and how much of the former a place feels.
fn year(of: &Array) -> Array {
    (of * 7) % 11
}

fn season(of: &Array) -> Array {
    (of * of) % 31
}

fn place() -> Array {
    let row = Array::arange(0, PLACES[0], 1, 40).expand_dims(1);
    let column = Array::arange(0, PLACES[1], 1, 60);
    (row * 5 + column * 3) % 17 + 1
}

/// Days of years at places, 321 MiB of floats.
fn temperature() -> Array {
    let day = Array::arange(0, N_YEARS * N_DAYS, 1, 73);
    let everywhere = |of: Array| of.expand_dims(1).expand_dims(2).astype(DType::Float64);
    everywhere(year(&day.floor_divide(N_DAYS))) * place() + everywhere(season(&(day % N_DAYS)))
}

/// The mean and the variance of what years add.
fn years() -> (f64, f64) {
    let years: Vec<f64> = (0..N_YEARS).map(|year| (year * 7 % 11) as f64).collect();
    let mean = years.iter().sum::<f64>() / N_YEARS as f64;
    (mean, years.iter().map(|year| (year - mean).powi(2)).sum::<f64>() / N_YEARS as f64)
}

/// The years as an axis of their own, before that of days.
fn by_year(x: &Array) -> Array {
    let years = (0..N_YEARS).map(|year| x.slice(s![year * N_DAYS..(year + 1) * N_DAYS, Ellipsis]));
    stack(&years.collect::<Vec<_>>(), 0)
}

/// Stores the array with the same little memory.
fn stored(client: &Client, array: &Array, path: &Path) -> Array {
    client.store(array, path, ArrayFormat::ZarrV3, WriteOptions::default()).unwrap();
    Array::open(path, None)
}

/// The greatest difference of two arrays.
fn distance(client: &Client, left: &Array, right: &Array) -> f64 {
    (left - right).abs().max(()).astype(DType::Float64).compute(client).unwrap().as_slice::<f64>().unwrap()[0]
}

/// Computes the array alone on a new cluster, under the limit; what was spilled, and the greatest difference.
///
/// Bytes held at most are those of the worker's own account; what is planned may be less by what threads finish in
/// another order.
///
/// What is read back while tasks run lies beside what is about to be spilled, so more than the limit may be held for a
/// while, but never twice as much.
fn computed(name: &str, array: &Array, expected: &Array) -> (u64, f64) {
    let cluster = cluster();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("result.zarr");
    let client = cluster.client();
    let planned = Array::program(std::slice::from_ref(array)).unwrap().peak_memory(N_THREADS).unwrap();
    let result = stored(&client, array, &path);
    let progress = cluster.progress();
    println!(
        "{name}: {} B planned, {} B held, {} B spilled",
        planned.most_nbytes, progress.peak_nbytes, progress.spilled_nbytes
    );
    assert!(progress.peak_nbytes <= 2 * LIMIT_NBYTES, "{name}: {progress:?}");
    (progress.spilled_nbytes, distance(&client, &result, expected))
}

#[test]
fn climatology_and_anomaly_of_ten_times_the_memory() {
    let folder = tempfile::tempdir().unwrap();
    let x = stored(&cluster().client(), &temperature(), &folder.path().join("x.zarr"));
    let x = x.rechunk([73, 40, 60]);
    assert!(x.nbytes() >= 10 * LIMIT_NBYTES);
    let (mean, variance) = years();

    let g = by_year(&x).mean(0);
    let day = season(&Array::arange(0, N_DAYS, 1, 73)).expand_dims(1).expand_dims(2);
    let (_, off) = computed("climatology", &g, &(place() * mean + &day));
    assert!(off < 1e-12, "the climatology is off by {off}");

    let anomaly = (by_year(&x) - &g).power(2).mean([0, 1]);
    let (_, off) = computed("anomaly", &anomaly, &(place().power(2) * variance));
    assert!(off < 1e-9, "the anomaly is off by {off}");

    let seasons: i64 = (0..N_DAYS).map(|day| day * day % 31).sum();
    let of_places = place() * mean + seasons as f64 / N_DAYS as f64;
    let tenth = x.slice(s![..;10]) - x.mean(0);
    let (_, off) = computed("x[::10] - x.mean(0)", &tenth, &(temperature().slice(s![..;10]) - of_places));
    assert!(off < 1e-9, "every tenth day is off by {off}");
}

#[test]
fn rows_of_ten_times_the_memory_become_columns() {
    let (n_rows, n_columns) = (4096, 10_240);
    let row = Array::arange(0, n_rows, 1, 16).expand_dims(1);
    let numbers = row * n_columns + Array::arange(0, n_columns, 1, -1);
    let folder = tempfile::tempdir().unwrap();
    let rows = stored(&cluster().client(), &numbers, &folder.path().join("rows.zarr")).rechunk([16, -1]);
    assert!(rows.nbytes() >= 10 * LIMIT_NBYTES);
    let columns = rows.rechunk([-1, 40]);
    // Each stored chunk is read once, and no task holds more than some rows.
    let program = Array::program(std::slice::from_ref(&columns)).unwrap();
    program.check_memory(LIMIT_NBYTES / 2).unwrap();
    let layers = program.graph.layers();
    assert!(
        &*layers[0].name == "read Zarr v3" && layers[0].n_tasks() == 256,
        "{}",
        columns.explain().unwrap()
    );
    let (spilled_nbytes, off) = computed("rows to columns", &columns, &numbers);
    assert_eq!(off, 0.0);
    assert!(spilled_nbytes > 5 * LIMIT_NBYTES, "{spilled_nbytes} bytes are spilled of all that does not fit");
}

#[test]
fn a_matrix_of_ten_times_the_memory_is_factored() {
    let x = Generator::new(3).normal(1.0, 2.0, &[2_700_000, 16], [50_000, 16]);
    assert!(x.nbytes() >= 10 * LIMIT_NBYTES);
    // The eigenvalues of the product with itself are the squares of the singular values.
    let expected = x.t().matmul(&x).eigvalsh(Uplo::Lower).flip(0).sqrt();
    let (_, off) = computed("svdvals", &x.svdvals(), &expected);
    assert!(off < 1e-6, "the singular values, some thousands, are off by {off}");
    let [q, r] = x.qr();
    let (_, off) = computed("q r", &q.matmul(&r), &x);
    assert!(off < 1e-9, "the product of the factors is off by {off}");
}
