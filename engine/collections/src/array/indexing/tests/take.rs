//! What lists of places take, against NumPy.

use gristmill_data::{Chunk, DType};
use proptest::prelude::*;

use crate::array::testing::{check, compute, refused};
use crate::{Array, Collection, s};

fn integers(elements: Vec<i64>, shape: &[u64]) -> Chunk {
    Chunk::from_vec(elements, shape).unwrap()
}

/// An array that is not known before it is computed.
fn computed(elements: Vec<i64>, shape: &[u64], chunks: i32) -> Array {
    Array::from_chunk(integers(elements, shape), chunks) + 0
}

#[test]
fn places_take_what_numpy_takes() {
    check(include_str!("take.json"), 0.0, &[[12, 5], [5, 2], [1, 1], [7, -1]], |chunks| {
        let x: Vec<i32> = (0..60).map(|n| (n * 37) % 23 - 7).collect();
        let x = Array::from_chunk(Chunk::from_vec(x, &[12, 5]).unwrap(), chunks);
        let y: Vec<f32> = (0..120).map(|n| n as f32 / 4.0).collect();
        let y = Array::from_chunk(Chunk::from_vec(y, &[4, 6, 5]).unwrap(), [2, chunks[0], chunks[1]]);
        let z = Array::arange(0, 1200, 3, chunks[0] as u64);
        let w = Array::from_chunk(integers((0..2400).collect(), &[60, 40]), chunks);
        let mixed: Vec<i64> = (0..400).map(|n| n * 7 % 400).collect();
        let even = (Array::arange(0, 12, 1, 4) % 2).eq(0);
        let of = |n: i64, by: i64, length: i64| (0..n).map(|at| at * by % length).collect::<Vec<i64>>();
        let grid = Array::from_chunk(integers(vec![0, 1, 2, 11, -1, 5], &[2, 3]), -1);
        let bytes = (computed(vec![4, 0, 1], &[3], 2)).astype(DType::UInt8);
        vec![
            ("sorted", x.take([0, 3, 4, 11], 0)),
            ("backwards", x.take((0..12).rev().collect::<Vec<i64>>(), 0)),
            ("repeated", x.take([5; 20], 0)),
            ("columns", x.take([-1, 0, 2, 2], 1)),
            ("none", x.take([], 0)),
            ("none of none", x.slice(s![..0]).take([], 0)),
            ("one", x.take(7, -2)),
            ("one of a row", z.take(-1, 0)),
            ("rows of two axes", x.take(grid, 0)),
            ("in the middle", y.take(Array::from_chunk(integers(vec![0, 1, 5, 2], &[2, 2]), 1), 1)),
            ("mixed", z.take(&mixed[..], 0)),
            ("mixed rows", w.take(of(60, 7, 400).iter().map(|at| at % 60).collect::<Vec<_>>(), 0)),
            ("mixed columns", w.take(mixed.iter().step_by(10).map(|at| at / 10).collect::<Vec<_>>(), 1)),
            ("far apart", z.take([399, 0, 200, 1, 398], 0)),
            ("taken twice", w.take(of(60, 7, 60), 0).take(of(40, 3, 40), 1)),
            ("places of an array", x.take(computed(vec![11, -12, 4, 4, 0, -1], &[6], 4), 0)),
            ("places of two axes", y.take(computed(vec![5, -1, 0, 2], &[2, 2], 1), 1)),
            ("places of bytes", x.take(&bytes, 1)),
            ("places of large integers", x.take(bytes.astype(DType::UInt64), 1)),
            ("one place", x.take(computed(vec![3], &[], 1), 1)),
            ("columns of a mask", x.compress(&even, 0).take([4, 0], 1)),
            ("no columns of a mask", x.compress(&even, 0).take([], 1)),
            ("places of a mask", x.take(Array::arange(0, 12, 1, 5).compress(&even, 0), 0)),
            ("points", x.vindex(&[[0, 5, 11, -1], [4, 0, 2, 2]])),
            ("points of rows", y.vindex(&[[3, 0, 1], [5, 5, -6]])),
            ("one column for all", y.vindex(&[vec![3, 0, 1], vec![2]])),
            (
                "points of two axes",
                y.vindex(
                    &[(&[3, 0], [2, 1]), (&[5, 1], [1, 2])]
                        .map(|(list, shape)| Array::from_chunk(integers(list.to_vec(), &shape), -1)),
                ),
            ),
            ("points of three lists", y.vindex(&[[3, 0, 1, 3], [5, 5, -6, 5], [0, 4, 1, 0]])),
            ("points along one axis", x.vindex(&[[7, 7, 1]])),
            ("many points", w.vindex(&[of(500, 11, 60), of(500, 7, 40)])),
            ("no points", x.vindex(&[[], []])),
            ("points of a mask", x.t().compress(&even, 1).vindex(&[[4, 0]])),
        ]
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_rows_in_any_order(
        chunks in prop::collection::vec(0_u64..4, 1..80),
        places in prop::collection::vec(any::<prop::sample::Index>(), 0..200),
        columns in 1_u64..4,
    ) {
        let length: u64 = chunks.iter().sum();
        prop_assume!(length > 0);
        let x = Array::from_chunk(integers((0..length as i64 * 3).collect(), &[length, 3]), [-1, columns as i64]);
        let x = x.rechunk(vec![chunks, x.grid().chunks(1).to_vec()]);
        let places: Vec<i64> = places.iter().map(|place| place.index(length as usize) as i64).collect();
        let taken = compute(&x.take(&places[..], 0)).unwrap();
        let expected = places.iter().flat_map(|&at| at * 3..at * 3 + 3).collect();
        prop_assert_eq!(taken, integers(expected, &[places.len() as u64, 3]));
    }
}

#[test]
fn places_that_are_none_are_refused() {
    let x = Array::arange(0, 12, 1, 5);
    let even = (&x % 2).eq(0);
    refused(&x.take([0, 12], 0), "12 is no place along axis 0, which has 12");
    refused(&x.take([-13], 0), "-13 is no place");
    refused(&x.take(i64::MIN, 0), "is no place");
    refused(&x.take([0], 1), "no axis 1");
    refused(&x.take(Array::full(0.5, &[2], -1), 0), "integers");
    refused(&x.take(&even, 0), "compress");
    refused(&x.compress(&even, 0).take([0], 0), "with_known_shape");
    refused(&x.take(x.take([99], 0), 0), "99 is no place");
    refused(&x.vindex(&[[0], [0]]), "2 lists");
    refused(&x.vindex::<i64>(&[]), "0 lists");
    refused(&x.vindex(&[[12]]), "12 is no place");
    refused(&x.vindex(&[&x + 0]), "must be known");
    let y = x.expand_dims(1);
    refused(&y.vindex(&[vec![0, 1], vec![0, 0, 0]]), "broadcast");
    let many = |shape| Array::from_chunk(integers(vec![0; 1 << 15], shape), -1);
    refused(&y.vindex(&[many(&[1 << 15, 1]), many(&[1, 1 << 15])]), "at most");
    let late = compute(&x.take(computed(vec![0, 12], &[2], -1), 0)).unwrap_err();
    assert!(late.contains("position 12 of an axis of length 12"), "{late}");
    let late = compute(&x.take(computed(vec![-13], &[1], -1), 0)).unwrap_err();
    assert!(late.contains("position -1"), "{late}");
}

/// Other engines make of a random order one block for each pair of blocks, or one huge block. Here each step has as many
/// tasks as there are blocks, and no task reads more than sixteen.
#[test]
fn a_random_order_is_few_tasks_that_read_few_blocks() {
    let (n, n_blocks) = (1_000_000_u64, 100);
    let x = Array::arange(0, n as i64, 1, n / n_blocks);
    let mut order: Vec<i64> = (0..n as i64).collect();
    let mixed = |at: i64| (at as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
    order.sort_unstable_by_key(|&at| mixed(at).wrapping_mul(0xbf58_476d_1ce4_e5b9));
    let taken = x.take(order, 0);
    assert_eq!(taken.grid().chunks(0), vec![10_000; 100]);
    let program = Array::program(&[taken]).unwrap();
    let gathers: Vec<_> = program.graph.layers().iter().filter(|layer| &*layer.name == "take").collect();
    assert_eq!(gathers.iter().map(|layer| layer.n_tasks()).collect::<Vec<_>>(), [100, 100]);
    for task in &program.wanted {
        assert_eq!(program.graph.inputs(*task).len(), 1 + 10, "its places and ten pieces");
    }
    // Every row moves once in each step, and no piece is much larger than a block.
    let pieces: Vec<usize> =
        program.values.iter().map(|(_, places)| places.as_chunk().unwrap().n_elements()).collect();
    assert_eq!((pieces.len(), pieces.iter().sum::<usize>()), (200, 2 * n as usize));
    assert!(pieces.iter().all(|&length| length < 11_000), "{pieces:?}");
    // Places in order are taken in one step: each block of the result reads the ten that it has rows of.
    let sorted = Array::program(&[x.take((0..n as i64).step_by(10).collect::<Vec<_>>(), 0)]).unwrap();
    assert_eq!(sorted.wanted.len(), 10);
    assert!(sorted.wanted.iter().all(|&task| sorted.graph.inputs(task).len() == 1 + 10));
    assert_eq!(sorted.graph.layers().iter().filter(|layer| &*layer.name == "take").count(), 1);
}
