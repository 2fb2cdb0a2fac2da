//! How often what is stored is read, and how it is read instead.

use super::*;

fn source(starts: [i64; 2], steps: [i64; 2], stored: [u64; 2]) -> Source {
    // Any file will do: nothing is read of it.
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let file = ArrayFile::open_raw(path, DType::UInt8, &[1], Default::default()).unwrap();
    Source { file: Arc::new(file), starts: starts.to_vec(), steps: steps.to_vec(), stored: stored.into() }
}

fn grid(shape: [u64; 2], chunks: [u64; 2]) -> ChunkGrid {
    ChunkGrid::regular(&shape, &chunks).unwrap()
}

#[test]
fn stored_chunks_are_read_once_for_each_block_that_has_a_part_of_them() {
    let whole = source([0, 0], [1, 1], [10, 20]);
    let reads = |chunks| whole.n_reads(&grid([100, 100], chunks));
    assert_eq!((reads([10, 20]), reads([100, 100]), reads([20, 40])), (1.0, 1.0, 1.0));
    // Four columns of a chunk at a time; every second block of fifteen rows begins amid a chunk.
    assert_eq!((reads([10, 4]), reads([15, 20]), reads([1, 1])), (5.0, 1.3, 200.0));
    // From 95 backwards, every third row: of 32 rows blocks of eight, which span three chunks each.
    assert_eq!(source([95, 0], [-3, 1], [10, 20]).n_reads(&grid([32, 100], [8, 100])), 1.2);
    assert_eq!(source([0, 0], [1, 1], [1, 1]).n_reads(&grid([100, 100], [3, 3])), 1.0);
    assert_eq!(whole.n_reads(&grid([0, 100], [1, 1])), 0.0);
}

#[test]
fn whole_chunks_are_read_in_blocks_that_are_no_larger_than_asked() {
    let whole = source([0, 0], [1, 1], [10, 20]);
    let aligned = |nbytes| whole.aligned(&[100, 100], DType::Float64, nbytes);
    assert_eq!(aligned(1600), Some(grid([100, 100], [10, 20])));
    assert_eq!(aligned(100), aligned(1600));
    assert_eq!(aligned(20_000), Some(grid([100, 100], [20, 100])));
    // Where a slice begins amid a chunk, no grid fits.
    assert_eq!(source([1, 0], [1, 1], [10, 20]).aligned(&[99, 100], DType::Float64, 1600), None);
}
