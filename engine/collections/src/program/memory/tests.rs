//! Sizes of tasks and peaks, beside those counted by hand.

use gristmill_data::DType;
use proptest::prelude::*;

use super::*;
use crate::array::Generator;
use crate::{Array, Collection};

const MIB: u64 = 1 << 20;

fn program(array: &Array) -> Program {
    Array::program(std::slice::from_ref(array)).unwrap()
}

/// A square of floats of 8 MiB in rows of 1 MiB.
fn rows() -> Array {
    Generator::new(1).random(&[1024, 1024], [128, -1])
}

fn only(peak: &PeakMemory) -> u64 {
    assert_eq!(peak.least_nbytes, peak.most_nbytes);
    peak.most_nbytes
}

#[test]
fn a_peak_is_what_is_held_and_what_runs() {
    // All is wanted: it is all there in the end.
    let peak = program(&rows()).peak_memory(1).unwrap();
    assert_eq!((only(&peak), &peak.parts[..]), (8 * MIB, &[("random".into(), 8, 8 * MIB)][..]));
    // A block is made and folded as one task; besides there are the partials of blocks before.
    let sum = program(&rows().sum(1));
    let nbytes = only(&sum.peak_memory(1).unwrap());
    assert!((MIB..MIB + 40_000).contains(&nbytes), "{nbytes}");
    let nbytes = only(&sum.peak_memory(4).unwrap());
    assert!((4 * MIB..4 * MIB + 40_000).contains(&nbytes), "{nbytes}");
    // A partial of rows is as long as they are.
    let program = program(&rows().mean(0));
    let mean = program.graph.layers().iter().position(|layer| &*layer.name == "mean").unwrap();
    assert_eq!(program.sizes[&LayerId(mean as u32)].largest(), 1024 * 8);
}

#[test]
fn anomalies_hold_every_block() {
    let x = rows();
    let peak = program(&(&x - x.mean(0))).peak_memory(1).unwrap();
    let nbytes = only(&peak);
    // All blocks wait for the mean; then each is replaced by its result.
    assert!((9 * MIB..9 * MIB + 40_000).contains(&nbytes), "{nbytes}");
    assert_eq!(peak.parts[0].0.as_ref(), "random");
}

#[test]
fn a_task_that_cannot_fit_is_refused_with_a_chunk_size_that_can() {
    let whole = rows().rechunk(-1).sort(0);
    let says = |limit: u64| program(&whole).check_memory(limit).unwrap_err().to_string();
    program(&whole).check_memory(16 * MIB).unwrap();
    let error = says(16 * MIB - 1);
    assert!(
        error.contains("`rechunk` takes 16 MiB with 8 inputs") || error.contains("`sort` takes 16 MiB"),
        "{error}"
    );
    assert!(error.contains("rechunk(\"2 MiB\")"), "{error}");
    // Of which tasks fit.
    let smaller = rows().rechunk("2 MiB").sort(0);
    program(&smaller).check_memory(16 * MIB - 1).unwrap();
    assert!(says(100).contains("give workers more memory"));
}

#[test]
fn what_a_step_skips_is_read_all_the_same() {
    let sizes = BlockSizes {
        grid: ChunkGrid::new(vec![vec![10, 5], vec![4]]).unwrap(),
        dtype: None,
        item_nbytes: 8,
        read_steps: vec![10, 1],
        is_bound: false,
    };
    assert_eq!((sizes.result(0), sizes.scratch(0)), (320, 91 * 4 * 8));
    assert_eq!((sizes.result(1), sizes.scratch(1)), (160, 41 * 4 * 8));
    assert_eq!((sizes.largest(), sizes.total()), (320, 480));
}

#[test]
fn lengths_that_are_not_known_refuse_nothing() {
    let x = Array::arange(0, 1 << 20, 1, 1 << 18);
    let some = x.compress(&x.lt(3), 0);
    // A block of 2 MiB and its mask.
    program(&some).check_memory(2 * MIB + (1 << 18)).unwrap();
    program(&some).check_memory(2 * MIB).unwrap_err();
    assert!(only(&program(&some).peak_memory(1).unwrap()) >= 8 * MIB);
}

#[test]
fn of_too_many_tasks_there_are_bounds() {
    let x = Array::ones(DType::Float64, &[PLAYED_TASKS_MAX + 1], 1);
    let peak = program(&x).peak_memory(2).unwrap();
    // In the end all is there, beside what runs.
    let all = (PLAYED_TASKS_MAX + 1) * 8;
    assert_eq!((peak.least_nbytes, peak.most_nbytes), (all, all + 2 * 8));
}

#[test]
fn bytes_are_shown_as_chunks_read_them() {
    let texts = [0, 1023, 1024, 1500, 20_000, MIB, 3 * MIB / 2, 100 * MIB + 1, 5 << 30].map(shown);
    assert_eq!(
        texts,
        ["0 B", "1023 B", "1 KiB", "1500 B", "19.5 KiB", "1 MiB", "1536 KiB", "100.0 MiB", "5 GiB"]
    );
}

proptest! {
    /// The quick bound never lets through what the look at each task would refuse.
    #[test]
    fn no_task_takes_more_than_the_bound(
        rows in prop::collection::vec(1u64..9, 1..6), columns in prop::collection::vec(1u64..9, 1..6), axis in 0i64..2,
    ) {
        let shape = [rows.iter().sum(), columns.iter().sum()];
        let x = Generator::new(1).random(&shape, vec![rows, columns]);
        let y = (&x - x.mean(0)).rechunk([3, 2]).cumsum(axis).t();
        let program = program(&y);
        for (id, layer) in (0..).map(LayerId).zip(program.graph.layers()) {
            let bound = program.least_bound(id, layer);
            prop_assert!(program.working_set(id, layer, false).nbytes <= bound, "{}", layer.name);
        }
    }
}
