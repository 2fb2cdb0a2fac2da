//! Each rule is compared with what it means, written down in the most direct way.

use proptest::prelude::*;

use crate::{Boundary, Error, Function, Graph, Layer, LayerId, TaskRef, Wiring};

/// The inputs of every task of a wiring that reads layers of the given sizes.
fn inputs(sizes: &[u32], wiring: Wiring) -> Result<Vec<Vec<(u32, u32)>>, Error> {
    let mut graph = Graph::new();
    for &n in sizes {
        graph.push(Layer::new("input", Function::identity(), Wiring::Source { n }).args([]))?;
    }
    let n_inputs_max = wiring.n_inputs_max();
    let layer = graph.push(Layer::new("tested", Function::identity(), wiring))?;
    let pair = |task: TaskRef| (task.layer.0, task.index);
    let inputs = |task| graph.inputs(task).into_iter().map(pair).collect::<Vec<_>>();
    let rows: Vec<_> = graph.tasks(layer).map(inputs).collect();
    assert!(rows.iter().all(|row| row.len() as u64 <= n_inputs_max), "more than {n_inputs_max}: {rows:?}");
    Ok(rows)
}

/// The numbers of the tasks of layer 0 that each task reads.
fn numbers(n: u32, wiring: Wiring) -> Vec<Vec<u32>> {
    let rows = inputs(&[n], wiring).unwrap();
    rows.into_iter().map(|row| row.into_iter().map(|(_, index)| index).collect()).collect()
}

const A: LayerId = LayerId(0);
const B: LayerId = LayerId(1);

#[test]
fn one_to_one() {
    assert_eq!(numbers(3, Wiring::each(A, 3)), [[0], [1], [2]]);
    let zip = inputs(&[2, 2], Wiring::zip([B, A], 2)).unwrap();
    assert_eq!(zip, [[(1, 0), (0, 0)], [(1, 1), (0, 1)]]);
    assert_eq!(Wiring::each(A, 3).one_to_one(), Some(A));
    assert_eq!(Wiring::zip([A, B], 2).one_to_one(), None);
}

#[test]
fn transpose() {
    let transpose = Wiring::blockwise([3, 2], [(A, &[2, 3][..], &[1, 0][..])]);
    assert_eq!(numbers(6, transpose), [[0], [3], [1], [4], [2], [5]]);
}

#[test]
fn broadcasting() {
    let operand = |layer, grid: &[u32]| super::BlockMap::broadcast(layer, grid, 2);
    let inputs_of = [operand(A, &[2, 1]), operand(B, &[3])];
    let add = Wiring::Blockwise { grid: vec![2, 3], inputs: inputs_of.to_vec() };
    let rows = inputs(&[2, 3], add).unwrap();
    let expected: Vec<_> = (0..2).flat_map(|i| (0..3).map(move |j| vec![(0, i), (1, j)])).collect();
    assert_eq!(rows, expected);
}

#[test]
fn matrix_product() {
    let product = [(A, &[2, 3][..], &[0, 2][..]), (B, &[3, 2][..], &[2, 1][..])];
    let rows = inputs(&[6, 6], Wiring::blockwise([2, 2], product)).unwrap();
    for (number, row) in (0..).zip(rows) {
        let (i, j) = (number / 2, number % 2);
        let expected: Vec<_> = (0..3).map(|k| (0, i * 3 + k)).chain((0..3).map(|k| (1, k * 2 + j))).collect();
        assert_eq!(row, expected);
    }
}

#[test]
fn several_summed_indices_are_walked_in_one_order() {
    // a[k, l] and b[l, k]: the n-th blocks of both belong together, whatever the order of the axes.
    let operands = [(A, &[2, 3][..], &[0, 1][..]), (B, &[3, 2][..], &[1, 0][..])];
    let rows = inputs(&[6, 6], Wiring::blockwise([], operands)).unwrap();
    let a = [0, 1, 2, 3, 4, 5].map(|index| (0, index));
    let b = [0, 2, 4, 1, 3, 5].map(|index| (1, index));
    assert_eq!(rows, [[a, b].concat()]);
}

#[test]
fn groups() {
    assert_eq!(numbers(7, Wiring::groups(A, 7, 3)), [vec![0, 1, 2], vec![3, 4, 5], vec![6]]);
    let along_rows = Wiring::Group { input: A, grid: vec![2, 3], fan_in: vec![1, 2] };
    assert_eq!(numbers(6, along_rows), [vec![0, 1], vec![2], vec![3, 4], vec![5]]);
}

#[test]
fn stencils() {
    let halo = |boundary| Wiring::Halo { input: A, grid: vec![4], depth: vec![1], boundary };
    assert_eq!(numbers(4, halo(Boundary::None)), [vec![0, 1], vec![0, 1, 2], vec![1, 2, 3], vec![2, 3]]);
    assert_eq!(numbers(4, halo(Boundary::Periodic)), [[3, 0, 1], [0, 1, 2], [1, 2, 3], [2, 3, 0]]);
    let single = Wiring::Halo { input: A, grid: vec![1], depth: vec![1], boundary: Boundary::Periodic };
    assert_eq!(numbers(1, single), [[0, 0, 0]]);
}

#[test]
fn all_to_all() {
    assert_eq!(numbers(3, Wiring::AllToAll { input: A, n_in: 3, n_out: 2 }), [[0, 1, 2], [0, 1, 2]]);
}

#[test]
fn a_zero_dimensional_array_is_one_block() {
    assert_eq!(numbers(1, Wiring::blockwise([], [(A, &[][..], &[][..])])), [[0]]);
}

#[test]
fn an_axis_without_blocks_has_no_tasks() {
    assert_eq!(
        numbers(0, Wiring::blockwise([2, 0], [(A, &[2, 0][..], &[0, 1][..])])),
        Vec::<Vec<u32>>::new()
    );
    let empty_sum = Wiring::blockwise([2], [(A, &[2, 0][..], &[0, 1][..])]);
    assert_eq!(numbers(0, empty_sum), [[0u32; 0]; 2]);
}

proptest! {
    #[test]
    fn halo_is_the_box_around_a_block(
        rows in 1..5u32, columns in 1..5u32, depth in (0..3u32, 0..3u32), periodic: bool,
    ) {
        let depth = (depth.0.min(rows), depth.1.min(columns));
        let boundary = if periodic { Boundary::Periodic } else { Boundary::None };
        let grid = vec![rows, columns];
        let halo = Wiring::Halo { input: A, grid, depth: vec![depth.0, depth.1], boundary };
        let (n_rows, n_columns) = (rows as i32, columns as i32);
        for (number, row) in (0..).zip(numbers(rows * columns, halo)) {
            let mut expected = Vec::new();
            for i in number / n_columns - depth.0 as i32..=number / n_columns + depth.0 as i32 {
                for j in number % n_columns - depth.1 as i32..=number % n_columns + depth.1 as i32 {
                    let inside = (0..n_rows).contains(&i) && (0..n_columns).contains(&j);
                    if periodic || inside {
                        expected.push((i.rem_euclid(n_rows) * n_columns + j.rem_euclid(n_columns)) as u32);
                    }
                }
            }
            prop_assert_eq!(row, expected);
        }
    }

    #[test]
    fn rechunk_reads_what_overlaps(from in axis_chunks(), cuts in axis_chunks(), other in 1..4u64) {
        let total: u64 = from.iter().sum();
        let to = scaled(&cuts, total);
        let second = vec![other, 1];
        let wiring = Wiring::rechunk(A, &[from.clone(), second.clone()], &[to.clone(), vec![other + 1]]).unwrap();
        let rows = numbers(from.len() as u32 * 2, wiring);
        prop_assert_eq!(rows.len(), to.len());
        for (row, (start, end)) in rows.into_iter().zip(bounds(&to)) {
            let mut expected: Vec<u32> = Vec::new();
            for (i, (from_start, from_end)) in (0..).zip(bounds(&from)) {
                if from_start < end && start < from_end {
                    expected.extend([i * 2, i * 2 + 1]);
                }
            }
            prop_assert_eq!(row, expected);
        }
    }
}

fn axis_chunks() -> impl Strategy<Value = Vec<u64>> {
    prop::collection::vec(1..9u64, 1..7)
}

/// Chunks of about the same proportions that cover `total`, none of them empty.
fn scaled(chunks: &[u64], total: u64) -> Vec<u64> {
    let mut left = total;
    let mut scaled: Vec<u64> = Vec::new();
    for &length in chunks {
        let length = length.min(left);
        scaled.extend((length > 0).then_some(length));
        left -= length;
    }
    scaled.extend((left > 0).then_some(left));
    scaled
}

fn bounds(chunks: &[u64]) -> Vec<(u64, u64)> {
    let end = |i: usize| chunks[..=i].iter().sum::<u64>();
    (0..chunks.len()).map(|i| (end(i) - chunks[i], end(i))).collect()
}

#[test]
fn contradictions_are_refused() {
    let halo =
        |depth: Vec<u32>| Wiring::Halo { input: A, grid: vec![4], depth, boundary: Boundary::Periodic };
    let operand = |grid: &'static [u32], axes: &'static [u32]| Wiring::blockwise([4], [(A, grid, axes)]);
    let cases = [
        (Wiring::each(A, 5), "expects 5 tasks in layer #0 \"input\", which has 4"),
        (Wiring::groups(A, 4, 0), "fan_in is 0"),
        (Wiring::Group { input: A, grid: vec![4], fan_in: vec![2, 2] }, "fan_in has 2 axes, the grid has 1"),
        (halo(vec![5]), "is more than the [4] blocks"),
        (halo(vec![]), "depth has 0 axes"),
        (operand(&[2], &[0]), "axis 0 of operand #0 has 2 blocks, but the output has 4"),
        (operand(&[2, 2], &[1, 1]), "index 1 occurs twice"),
        (operand(&[4], &[0, 1]), "axes has 2 axes, the grid has 1"),
        (Wiring::Rechunk { input: A, grid: vec![4], spans: vec![vec![(1, 5)]] }, "outside of the [4] blocks"),
        (Wiring::Rechunk { input: A, grid: vec![4], spans: vec![vec![(2, 1)]] }, "outside of the [4] blocks"),
        (Wiring::AllToAll { input: A, n_in: 3, n_out: 1 }, "expects 3 tasks"),
        (Wiring::blockwise([1; 33], []), "33 axes, the limit is 32"),
    ];
    for (wiring, reason) in cases {
        let error = inputs(&[4], wiring.clone()).unwrap_err();
        assert!(matches!(error, Error::Wiring { .. }), "{error:?}");
        assert!(error.to_string().contains(reason), "{wiring:?}: {error}");
    }
    let axes = |lengths: &[u64]| vec![lengths.to_vec()];
    assert!(matches!(Wiring::rechunk(A, &axes(&[4, 4]), &axes(&[5, 4])), Err(Error::Wiring { .. })));
    assert!(matches!(Wiring::rechunk(A, &axes(&[4]), &[]), Err(Error::Wiring { .. })));
}

#[test]
fn a_stencil_that_reads_too_much_is_refused() {
    let grid = vec![300, 300];
    let halo = Wiring::Halo { input: A, grid, depth: vec![200, 200], boundary: Boundary::None };
    assert!(inputs(&[90_000], halo).unwrap_err().to_string().contains("the limit is 65536"));
}

#[test]
fn only_earlier_layers_can_be_read() {
    let error = inputs(&[4], Wiring::each(LayerId(1), 4)).unwrap_err();
    assert!(matches!(error, Error::UnknownLayer { input: LayerId(1), n_layers: 1, .. }));
}
