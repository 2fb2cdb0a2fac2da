//! Ways between grids hold few blocks, and few pieces.

use proptest::prelude::*;

use super::*;

fn grid(chunks: &[&[u64]]) -> ChunkGrid {
    ChunkGrid::new(chunks.iter().map(|axis| axis.to_vec()).collect()).unwrap()
}

fn regular(shape: [u64; 2], chunks: [u64; 2]) -> ChunkGrid {
    ChunkGrid::regular(&shape, &chunks).unwrap()
}

/// All steps of a way, with their ends.
fn steps(from: &ChunkGrid, to: &ChunkGrid) -> Vec<(ChunkGrid, ChunkGrid)> {
    let mut all = vec![from.clone()];
    all.extend(between(from, to, 8));
    all.push(to.clone());
    all.windows(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect()
}

fn n_edges(from: &ChunkGrid, to: &ChunkGrid) -> u64 {
    let along =
        |axis| spans(from.chunks(axis), to.chunks(axis)).iter().map(|(a, b)| u64::from(b - a)).sum::<u64>();
    (0..from.ndim()).map(along).product()
}

#[test]
fn near_grids_are_one_step_apart() {
    for (from, to) in [
        (regular([100, 100], [10, 10]), regular([100, 100], [12, 7])),
        (regular([100, 100], [1, 1]), regular([100, 100], [50, 50])),
        (regular([100, 100], [50, 50]), regular([100, 100], [1, 1])),
        (regular([100, 100], [20, 100]), regular([100, 100], [100, 20])),
        (regular([0, 7], [1, 7]), regular([0, 7], [1, 1])),
        (grid(&[]), grid(&[])),
    ] {
        assert_eq!(between(&from, &to, 8), [], "{from:?} {to:?}");
    }
}

#[test]
fn rows_become_columns_by_way_of_squares() {
    // Blocks of 8 MiB: tasks weigh little, so each step reads as few blocks as it may.
    let (from, to) = (regular([65536, 65536], [16, 65536]), regular([65536, 65536], [65536, 16]));
    let way = between(&from, &to, 8);
    let largest: Vec<u128> = way.iter().map(largest).collect();
    assert!(!way.is_empty() && largest.iter().all(|&n| n <= 16 * 65536), "{largest:?}");
    let edges: u64 = steps(&from, &to).iter().map(|(from, to)| n_edges(from, to)).sum();
    assert!(edges * 100 < n_edges(&from, &to), "{edges} edges, at once {}", n_edges(&from, &to));
}

#[test]
fn chunks_between_have_borders_of_the_finer_grid() {
    assert_eq!(lengths_between(&[3, 4, 3, 4, 2], &[16], 2), [[7, 7, 2]]);
    assert_eq!(lengths_between(&[64], &[1; 64], 3), [vec![16; 4], vec![4; 16]]);
    assert_eq!(lengths_between(&[1; 64], &[64], 3), [vec![4; 16], vec![16; 4]]);
    // What stays as it is stays so on the way.
    assert_eq!(lengths_between(&[1, 2, 3], &[1, 2, 3], 2), [[1, 2, 3]]);
    assert_eq!(refined(&[vec![3, 0, 4], vec![5, 2]]), [3, 2, 2]);
}

fn chunks(length: u64) -> impl Strategy<Value = Vec<u64>> {
    prop::collection::vec(0..=length, 0..40).prop_map(move |mut cuts| {
        cuts.extend([0, length]);
        cuts.sort_unstable();
        cuts.windows(2).map(|pair| pair[1] - pair[0]).collect()
    })
}

fn grids() -> impl Strategy<Value = (ChunkGrid, ChunkGrid)> {
    let axis = (1u64..200).prop_flat_map(|length| (chunks(length), chunks(length)));
    prop::collection::vec(axis, 1..4).prop_map(|axes| {
        let (from, to): (Vec<_>, Vec<_>) = axes.into_iter().unzip();
        (ChunkGrid::new(from).unwrap(), ChunkGrid::new(to).unwrap())
    })
}

proptest! {
    #[test]
    fn no_step_holds_more_than_it_may((from, to) in grids()) {
        let most = largest(&from).max(largest(&to));
        for (from, to) in steps(&from, &to) {
            prop_assert_eq!(from.shape(), to.shape());
            prop_assert!(is_one_step(&from, &to), "{from:?} {to:?}");
            prop_assert!(largest(&from) <= most && largest(&to) <= most, "{from:?} {to:?}");
        }
    }

    #[test]
    fn a_way_is_as_cheap_as_pieces_alone((from, to) in grids()) {
        let way = between(&from, &to, 8);
        if let Some(pieces) = super::way(&from, &to, 1).filter(|_| !way.is_empty()) {
            prop_assert!(cost(&way, 8) <= cost(&pieces, 8));
        }
    }
}
