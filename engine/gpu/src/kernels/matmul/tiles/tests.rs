//! How products are cut.

use super::super::Shapes;
use super::{K_MAX, TILE_K, Tiling};

fn tiling(left: &[u64], right: &[u64], itemsize: usize) -> Tiling {
    let tiling = Tiling::new(&Shapes::new(left, right).unwrap(), itemsize);
    let k = left.last().unwrap();
    assert!(
        (tiling.n_parts - 1) * tiling.k_per_part < *k.max(&1) && tiling.n_parts * tiling.k_per_part >= *k
    );
    assert!(tiling.k_per_part <= K_MAX && tiling.k_per_part.is_multiple_of(TILE_K), "{tiling:?}");
    tiling
}

#[test]
fn large_ones_have_large_tiles_and_small_ones_are_cut_along_k() {
    let sides = |tiling: Tiling| (tiling.tile_m, tiling.tile_n, tiling.is_wide, tiling.n_tiles);
    assert_eq!(sides(tiling(&[4096, 4096], &[4096, 4096], 4)), (128, 128, true, 1024));
    assert_eq!(sides(tiling(&[4096, 4096], &[4096, 4096], 8)), (64, 64, false, 4096));
    assert_eq!(sides(tiling(&[100, 100], &[100, 100], 4)), (64, 64, false, 4));
    assert_eq!(sides(tiling(&[100_000, 64], &[64, 7], 4)), (128, 32, false, 782));
    assert_eq!(sides(tiling(&[64], &[64, 1000], 4)), (32, 128, false, 8));
    assert_eq!(sides(tiling(&[200, 100, 100], &[100, 100], 4)), (128, 128, true, 1));
    let parts = |tiling: Tiling| (tiling.n_parts, tiling.k_per_part);
    assert_eq!(parts(tiling(&[4096, 4096], &[4096, 4096], 4)), (1, 4096));
    assert_eq!(parts(tiling(&[64, 4096], &[4096, 64], 4)), (8, 512));
    assert_eq!(parts(tiling(&[1, 1000], &[1000, 1], 4)), (1, 1008));
    assert_eq!(parts(tiling(&[8, 1 << 28], &[1 << 28, 8], 4)).0, 1399);
    assert_eq!(parts(tiling(&[5, 0], &[0, 5], 4)), (1, 16));
}
