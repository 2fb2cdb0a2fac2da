//! Memory: results beyond the limit are spilled to disk as Arrow IPC and come back unchanged.

use std::os::unix::fs::FileExt;
use std::path::Path;

use gristmill::data::TaskErrorKind;
use gristmill::prelude::*;

/// Bytes of one chunk.
const CHUNK_NBYTES: u64 = 1 << 20;

/// A closure that makes a chunk of 1 MiB that no other call makes.
fn make() -> gristmill::collections::Callee {
    native("make", |args| {
        let seed = args[0].as_int()? as f64;
        let data: Vec<f64> = (0..CHUNK_NBYTES / 8).map(|i| seed + i as f64).collect();
        Ok(Chunk::from_vec(data, &[CHUNK_NBYTES / 8])?.into())
    })
}

#[test]
fn results_four_times_the_limit_are_spilled_and_come_back() {
    let spill = tempfile::tempdir().unwrap();
    let limit = 8 * CHUNK_NBYTES;
    let cluster =
        Cluster::local().threads(2).memory_limit_nbytes(limit).spill_dir(spill.path()).start().unwrap();
    let client = cluster.client();
    let futures = client.map(make(), 0..32i64).unwrap();
    wait(&futures, None);
    let progress = cluster.progress();
    assert!(progress.spilled_nbytes > 0, "nothing was spilled: {progress:?}");
    assert!(progress.memory_nbytes <= limit, "{progress:?}");
    let firsts: Vec<f64> = futures
        .iter()
        .map(|future| match future.result().unwrap() {
            Value::Chunk(chunk) => chunk.as_slice::<f64>().unwrap()[0],
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(firsts, (0..32).map(f64::from).collect::<Vec<_>>());
    drop(futures);
    cluster.shutdown();
    assert_eq!(std::fs::read_dir(spill.path()).unwrap().count(), 0, "spill files are left behind");
}

#[test]
fn a_sum_over_spilled_inputs_is_right() {
    let cluster =
        Cluster::local().threads(2).workers(2).memory_limit_nbytes(6 * CHUNK_NBYTES).start().unwrap();
    let sum = kernel("sum").unwrap();
    let parts: Vec<Delayed> = (0..24i64).map(|i| delayed(&sum, args![delayed(make(), args![i])])).collect();
    let total = delayed(&sum, args![parts]).compute(&cluster.client()).unwrap().as_float().unwrap();
    let n = (CHUNK_NBYTES / 8) as f64;
    let expected: f64 = (0..24).map(|i| n * f64::from(i) + n * (n - 1.0) / 2.0).sum();
    assert_eq!(total, expected);
}

/// Flips a bit in every spill file of the one cluster that spills into `folder`; returns in how many.
fn damage(folder: &Path) -> usize {
    let cluster = std::fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    let files = std::fs::read_dir(cluster).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|name| name == "value"));
    // One may be removed, or just be made.
    files.filter_map(|path| flip(&path).ok()).count()
}

fn flip(path: &Path) -> std::io::Result<()> {
    let file = std::fs::OpenOptions::new().read(true).write(true).open(path)?;
    let (middle, mut byte) = (file.metadata()?.len() / 2, [0]);
    file.read_exact_at(&mut byte, middle)?;
    file.write_all_at(&[byte[0] ^ 1], middle)
}

/// A flipped bit in a spill file gave a wrong number. Now a result whose file is damaged is computed again, whether a
/// task needs it or a client asks for it; data that came from outside cannot be, and its error names the file.
#[test]
fn what_a_damaged_spill_file_held_is_computed_again() {
    let spill = tempfile::tempdir().unwrap();
    let cluster = Cluster::local()
        .threads(2)
        .memory_limit_nbytes(8 * CHUNK_NBYTES)
        .spill_dir(spill.path())
        .start()
        .unwrap();
    let client = cluster.client();
    let numbers = |value: Value| match value {
        Value::Chunk(chunk) => chunk.as_slice::<f64>().unwrap().to_vec(),
        other => panic!("{other:?}"),
    };
    let expected = |seed: usize| (0..CHUNK_NBYTES / 8).map(|i| (seed as u64 + i) as f64).collect::<Vec<_>>();

    let futures = client.map(make(), 0..32i64).unwrap();
    wait(&futures, None);
    assert!(damage(spill.path()) > 0);
    for (seed, future) in futures.iter().enumerate() {
        assert_eq!(numbers(future.result().unwrap()), expected(seed), "for a client");
    }
    wait(&futures, None);
    assert!(damage(spill.path()) > 0);
    let sums = client.map(kernel("sum").unwrap(), futures).unwrap();
    for (seed, sum) in sums.iter().enumerate() {
        assert_eq!(sum.result().unwrap(), Value::Float(expected(seed).iter().sum()), "for a task");
    }
    drop(sums);

    let value = |seed| Value::from(Chunk::from_vec(expected(seed), &[CHUNK_NBYTES / 8]).unwrap());
    let scattered = client.scatter((100..132).map(value).collect()).unwrap();
    while cluster.progress().memory_nbytes > 6 * CHUNK_NBYTES {
        std::thread::yield_now();
    }
    assert!(damage(spill.path()) > 0);
    let errors: Vec<_> = scattered.iter().filter_map(|future| future.result().err()).collect();
    assert!(!errors.is_empty(), "32 MiB fit into 8 MiB of memory");
    for error in errors {
        assert_eq!(error.kind, TaskErrorKind::Io, "{error}");
        assert!(error.to_string().contains("is damaged"), "{error}");
        assert!(error.to_string().contains(spill.path().to_str().unwrap()), "{error}");
    }
}

#[test]
fn a_full_spill_disk_fails_the_task_and_not_the_worker() {
    let cluster = Cluster::local()
        .threads(2)
        .memory_limit_nbytes(4 * CHUNK_NBYTES)
        .spill_limit_nbytes(2 * CHUNK_NBYTES)
        .start()
        .unwrap();
    let client = cluster.client();
    let futures = client.map(make(), 0..16i64).unwrap();
    let errors: Vec<TaskError> = futures.iter().filter_map(|future| future.result().err()).collect();
    assert!(!errors.is_empty(), "16 MiB fit into 4 MiB of memory and 2 MiB of disk");
    for error in &errors {
        assert_eq!(error.kind, TaskErrorKind::Io, "{error}");
        assert!(error.to_string().contains("spill") && error.to_string().contains("memory"), "{error}");
    }
    drop(futures);
    assert_eq!(client.submit(kernel("inc").unwrap(), args![1]).unwrap().result().unwrap(), Value::Int(2));
}
