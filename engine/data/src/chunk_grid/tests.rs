//! Tests of the chunk grid.

use proptest::prelude::*;

use super::*;

#[test]
fn regular_grids_end_short() {
    let grid = ChunkGrid::regular(&[10, 8], &[4, 8]).unwrap();
    assert_eq!((grid.chunks(0), grid.chunks(1), grid.chunks(2)), (&[4, 4, 2][..], &[8][..], &[][..]));
    assert_eq!((grid.numblocks(), grid.n_chunks(), grid.ndim()), (vec![3, 1], 3, 2));
    assert_eq!(grid.block_shape(&[2, 0]), Some(vec![2, 8]));
    assert_eq!(grid.block_offset(&[2, 0]), Some(vec![8, 0]));
    assert_eq!(grid.locate(&[9, 3]), Some((vec![2, 0], vec![1, 3])));
    assert!(grid.is_regular());
    assert!(!ChunkGrid::new(vec![vec![2, 3]]).unwrap().is_regular());
}

#[test]
fn no_axes_and_empty_axes() {
    let scalar = ChunkGrid::regular(&[], &[]).unwrap();
    assert_eq!((scalar.n_chunks(), scalar.blocks().collect::<Vec<_>>()), (1, vec![vec![]]));
    assert_eq!((scalar.block_shape(&[]), scalar.locate(&[])), (Some(vec![]), Some((vec![], vec![]))));

    let empty = ChunkGrid::regular(&[0, 3], &[5, 2]).unwrap();
    assert_eq!((empty.shape(), empty.numblocks()), (vec![0, 3], vec![1, 2]));
    assert_eq!((empty.block_shape(&[0, 1]), empty.locate(&[0, 0])), (Some(vec![0, 1]), None));

    let none = ChunkGrid::new(vec![vec![], vec![2]]).unwrap();
    assert_eq!((none.shape(), none.n_chunks(), none.blocks().count()), (vec![0, 2], 0, 0));
}

#[test]
fn what_cannot_be_a_grid() {
    let check = |grid: Result<ChunkGrid, Error>, word: &str| {
        let error = grid.unwrap_err().to_string();
        assert!(error.contains(word), "no {word:?} in {error}");
    };
    check(ChunkGrid::regular(&[4], &[0]), "length 0");
    check(ChunkGrid::regular(&[4, 4], &[4]), "2 axes");
    check(ChunkGrid::regular(&[u64::MAX], &[1]), "make them larger");
    check(ChunkGrid::new(vec![vec![u64::MAX, 1]]), "64 bits");
    check(ChunkGrid::new(vec![vec![u64::MAX], vec![2]]), "64 bits");
    check(ChunkGrid::new(vec![vec![1]; NDIM_MAX + 1]), "axes");
}

#[test]
fn texts_that_are_no_grid_are_refused() {
    for text in [
        "a",
        "1,",
        ";",
        "1;;1",
        "x",
        "2x",
        "x2",
        "-1",
        "99999999999x1",
        "2x9999999999999999999",
        "9x9999999999;9x9999999999",
    ] {
        assert!(text.parse::<ChunkRuns>().is_err(), "{text}");
    }
}

proptest! {
    /// The compact form finds what the grid itself does.
    #[test]
    fn runs_are_the_same_grid(chunks in prop::collection::vec(prop::collection::vec(0_u64..4, 1..9), 0..4)) {
        let grid = ChunkGrid::new(chunks).unwrap();
        let runs = ChunkRuns::from(&grid);
        prop_assert_eq!(runs.to_string().parse::<ChunkRuns>().unwrap(), runs.clone());
        prop_assert_eq!(runs.shape(), grid.shape());
        for index in 0..=grid.n_chunks() {
            let spans = runs.block(index);
            let found = spans.map(|spans| spans.iter().map(|span| (span.chunk, span.start, span.length)).collect::<Vec<_>>());
            let expected = grid.block(index).map(|block| {
                let (starts, lengths) = (grid.block_offset(&block).unwrap(), grid.block_shape(&block).unwrap());
                block.iter().zip(starts).zip(lengths).map(|((&chunk, start), length)| (chunk, start, length)).collect()
            });
            prop_assert_eq!(found, expected);
        }
        for (axis, length) in grid.shape().into_iter().enumerate() {
            for position in 0..=length {
                let mut start = 0;
                let expected = grid.chunks(axis).iter().enumerate().find_map(|(chunk, &length)| {
                    start += length;
                    (position < start).then(|| Span { chunk: chunk as u64, start: start - length, length })
                });
                prop_assert_eq!(runs.locate(axis, position), expected);
            }
        }
    }

    #[test]
    fn blocks_and_indices_are_inverse_and_cover_the_array(
        chunks in prop::collection::vec(prop::collection::vec(0_u64..4, 0..4), 0..4),
    ) {
        let grid = ChunkGrid::new(chunks).unwrap();
        let mut covered = 0;
        for (index, block) in (0..).zip(grid.blocks()) {
            prop_assert_eq!(grid.index(&block), Some(index));
            let (shape, offset) = (grid.block_shape(&block).unwrap(), grid.block_offset(&block).unwrap());
            covered += shape.iter().product::<u64>();
            if !shape.contains(&0) {
                let last: Vec<u64> = offset.iter().zip(&shape).map(|(offset, length)| offset + length - 1).collect();
                let within = shape.iter().map(|length| length - 1).collect();
                prop_assert_eq!(grid.locate(&last), Some((block, within)));
            }
        }
        prop_assert_eq!(covered, n_elements(&grid.shape()).unwrap());
        prop_assert_eq!(grid.block(grid.n_chunks()), None);
        prop_assert_eq!(grid.index(&grid.numblocks()), if grid.ndim() == 0 { Some(0) } else { None });
    }
}
