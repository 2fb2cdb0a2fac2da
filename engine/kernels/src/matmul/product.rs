//! One matrix by another.
//!
//! Both are copied into panels that stay in the caches, and small tiles of the result are kept in vector registers
//! meanwhile (Goto and van de Geijn, 2008).

use bytemuck::{Pod, Zeroable};
use gristmill_data::number::{Complex32, Complex64};
use pulp::{Arch, Simd, WithSimd};

/// Rows of a tile, each of two vectors: with these, 12 registers of the 16 that there are at least.
const TILE_ROWS: usize = 6;

/// A row of a panel of the left matrix: one column of a tile's rows.
type Column<T> = [T; TILE_ROWS];

/// How far along the sum a panel goes: a tile's panels fit into the first cache.
const DEPTH: usize = 256;
/// How many rows are in panels at a time: these fit into the second cache.
const ROWS: usize = 16 * TILE_ROWS;
/// How many columns are: these fit into the third.
const COLUMNS: usize = 1024;

/// What is multiplied and added, one by one and many at once.
pub(super) trait Number: Pod {
    /// As many as fit into a vector register.
    type Vector<S: Simd>: Pod;

    fn add(self, other: Self) -> Self;
    fn splat<S: Simd>(simd: S, number: Self) -> Self::Vector<S>;
    fn mul_add<S: Simd>(
        simd: S,
        a: Self::Vector<S>,
        b: Self::Vector<S>,
        c: Self::Vector<S>,
    ) -> Self::Vector<S>;
}

macro_rules! inexact {
    ($($number:ty: $vector:ident, $splat:ident, $mul_add:ident;)*) => {$(
        impl Number for $number {
            type Vector<S: Simd> = S::$vector;

            #[inline(always)]
            fn add(self, other: Self) -> Self {
                self + other
            }

            #[inline(always)]
            fn splat<S: Simd>(simd: S, number: Self) -> S::$vector {
                simd.$splat(number)
            }

            #[inline(always)]
            fn mul_add<S: Simd>(simd: S, a: S::$vector, b: S::$vector, c: S::$vector) -> S::$vector {
                simd.$mul_add(a, b, c)
            }
        }
    )*};
}

inexact! {
    f32: f32s, splat_f32s, mul_add_f32s;
    f64: f64s, splat_f64s, mul_add_f64s;
    Complex32: c32s, splat_c32s, mul_add_c32s;
    Complex64: c64s, splat_c64s, mul_add_c64s;
}

macro_rules! integers {
    ($($number:ty: $lanes:literal;)*) => {$(
        impl Number for $number {
            /// So many that the compiler makes a loop of vector instructions of them, and does not unroll it.
            type Vector<S: Simd> = [Self; $lanes];

            #[inline(always)]
            fn add(self, other: Self) -> Self {
                self.wrapping_add(other)
            }

            #[inline(always)]
            fn splat<S: Simd>(_: S, number: Self) -> [Self; $lanes] {
                [number; $lanes]
            }

            #[inline(always)]
            fn mul_add<S: Simd>(
                _: S,
                a: [Self; $lanes],
                b: [Self; $lanes],
                mut c: [Self; $lanes],
            ) -> [Self; $lanes] {
                for ((c, a), b) in c.iter_mut().zip(&a).zip(&b) {
                    *c = c.wrapping_add(a.wrapping_mul(*b));
                }
                c
            }
        }
    )*};
}

integers! {
    i32: 32;
    i64: 32;
}

/// Adds to `c` the product of `a` and `b`, which are `m` by `k` and `k` by `n`; all in C order.
pub(super) fn add_product<T: Number>((m, k, n): (usize, usize, usize), a: &[T], b: &[T], c: &mut [T]) {
    Arch::new().dispatch(Product { m, k, n, a, b, c });
}

struct Product<'a, T> {
    m: usize,
    k: usize,
    n: usize,
    a: &'a [T],
    b: &'a [T],
    c: &'a mut [T],
}

impl<T: Number> WithSimd for Product<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let (mut left, mut right) = (Vec::new(), Vec::new());
        for column in (0..self.n).step_by(COLUMNS) {
            let n_columns = COLUMNS.min(self.n - column);
            for at in (0..self.k).step_by(DEPTH) {
                let depth = DEPTH.min(self.k - at);
                self.pack_right::<S>((at, depth), (column, n_columns), &mut right);
                for row in (0..self.m).step_by(ROWS) {
                    let n_rows = ROWS.min(self.m - row);
                    self.pack_left((row, n_rows), (at, depth), &mut left);
                    self.tiles(simd, (row, column + n_columns), column, &left, &right, depth);
                }
            }
        }
    }
}

/// How many columns a tile has.
const fn tile_columns<T: Number, S: Simd>() -> usize {
    2 * size_of::<T::Vector<S>>() / size_of::<T>()
}

impl<T: Number> Product<'_, T> {
    /// Panels of rows, each of `depth` columns; rows that there are not are 0.
    #[inline(always)]
    fn pack_left(
        &self,
        (first, n): (usize, usize),
        (at, depth): (usize, usize),
        panels: &mut Vec<Column<T>>,
    ) {
        panels.clear();
        panels.resize(n.div_ceil(TILE_ROWS) * depth, Zeroable::zeroed());
        for (panel, start) in panels.chunks_exact_mut(depth).zip((first..first + n).step_by(TILE_ROWS)) {
            for (row, idx) in (start..(first + n).min(start + TILE_ROWS)).zip(0..) {
                let from = self.a.get(row * self.k + at..row * self.k + at + depth).unwrap_or_default();
                for (column, &from) in panel.iter_mut().zip(from) {
                    if let Some(to) = column.get_mut(idx) {
                        *to = from;
                    }
                }
            }
        }
    }

    /// Panels of columns, each of `depth` rows; columns that there are not are 0.
    #[inline(always)]
    fn pack_right<S: Simd>(
        &self,
        (at, depth): (usize, usize),
        (first, n): (usize, usize),
        panels: &mut Vec<[T::Vector<S>; 2]>,
    ) {
        let width = tile_columns::<T, S>();
        panels.clear();
        panels.resize(n.div_ceil(width) * depth, Zeroable::zeroed());
        for (panel, start) in panels.chunks_exact_mut(depth).zip((first..first + n).step_by(width)) {
            let end = (first + n).min(start + width);
            for (to, row) in panel.iter_mut().zip(at..) {
                let from = self.b.get(row * self.n + start..row * self.n + end).unwrap_or_default();
                let to: &mut [T] = bytemuck::cast_slice_mut(to.as_mut_slice());
                to.iter_mut().zip(from).for_each(|(to, &from)| *to = from);
            }
        }
    }

    /// Adds the products of all pairs of panels to the result, whose columns end at `end`.
    #[inline(always)]
    fn tiles<S: Simd>(
        &mut self,
        simd: S,
        (first_row, end): (usize, usize),
        first_column: usize,
        left: &[Column<T>],
        right: &[[T::Vector<S>; 2]],
        depth: usize,
    ) {
        let width = tile_columns::<T, S>();
        for (right, column) in right.chunks_exact(depth).zip((first_column..).step_by(width)) {
            let end = end.min(column + width);
            for (left, row) in left.chunks_exact(depth).zip((first_row..).step_by(TILE_ROWS)) {
                let tile = tile::<T, S>(simd, left, right);
                for (sums, row) in tile.iter().zip(row..self.m) {
                    let to = self.c.get_mut(row * self.n + column..row * self.n + end).unwrap_or_default();
                    let sums: &[T] = bytemuck::cast_slice(sums.as_slice());
                    to.iter_mut().zip(sums).for_each(|(to, &sum)| *to = to.add(sum));
                }
            }
        }
    }
}

/// The product of two panels.
#[inline(always)]
fn tile<T: Number, S: Simd>(
    simd: S,
    left: &[Column<T>],
    right: &[[T::Vector<S>; 2]],
) -> [[T::Vector<S>; 2]; TILE_ROWS] {
    let mut tile = [[Zeroable::zeroed(); 2]; TILE_ROWS];
    for (column, &[near, far]) in left.iter().zip(right) {
        for ([low, high], &number) in tile.iter_mut().zip(column) {
            let number = T::splat(simd, number);
            *low = T::mul_add(simd, number, near, *low);
            *high = T::mul_add(simd, number, far, *high);
        }
    }
    tile
}
