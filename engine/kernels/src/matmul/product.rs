//! One matrix by another.
//!
//! Products of floats and complex numbers are those of `gristmill_dense`. Those of integers wrap around, and are made here: a
//! part of a row of the result stays in the first cache while rows of the right matrix are added to it, of which so many are
//! taken at a time as stay in the second.

use bytemuck::Pod;
use gristmill_data::number::{Complex32, Complex64};
use gristmill_dense::{Field, Matrix};
use num_traits::{WrappingAdd, WrappingMul};
use pulp::Arch;

/// How many columns are multiplied at a time.
const COLUMNS: usize = 512;
/// How many rows of the right matrix are: with so many columns, they stay in the second cache.
const DEPTH: usize = 64;

/// What is multiplied and added.
pub(super) trait Number: Pod {
    /// Adds to `c` the product of `a` and `b`, which are `m` by `k` and `k` by `n`; all in C order.
    fn add_product(shape: (usize, usize, usize), a: &[Self], b: &[Self], c: &mut [Self]);
}

macro_rules! inexact {
    ($($number:ty),*) => {$(
        impl Number for $number {
            fn add_product((m, k, n): (usize, usize, usize), a: &[Self], b: &[Self], c: &mut [Self]) {
                <Self as Field>::add_product(Matrix::new(a, m, k), Matrix::new(b, k, n), c);
            }
        }
    )*};
}

inexact!(f32, f64, Complex32, Complex64);

macro_rules! integers {
    ($($number:ty),*) => {$(
        impl Number for $number {
            fn add_product(shape: (usize, usize, usize), a: &[Self], b: &[Self], c: &mut [Self]) {
                Arch::new().dispatch(|| add_by_blocks(shape, a, b, c));
            }
        }
    )*};
}

integers!(i32, i64);

#[inline(always)]
fn add_by_blocks<T: Pod + WrappingAdd + WrappingMul>(
    (_, k, n): (usize, usize, usize),
    a: &[T],
    b: &[T],
    c: &mut [T],
) {
    for column in (0..n).step_by(COLUMNS) {
        let columns = column..n.min(column + COLUMNS);
        for at in (0..k).step_by(DEPTH) {
            for (a, c) in a.chunks_exact(k).zip(c.chunks_exact_mut(n)) {
                let a = a.get(at..k.min(at + DEPTH)).unwrap_or_default();
                let c = c.get_mut(columns.clone()).unwrap_or_default();
                let row = |row: usize| b.get(row * n..(row + 1) * n).and_then(|b| b.get(columns.clone()));
                let row = |at: usize| row(at).unwrap_or_default();
                let (fours, rest) = a.as_chunks::<4>();
                // Four rows at a time, so that what they are added to is read and written a fourth as often.
                for (four, a) in (at..).step_by(4).zip(fours) {
                    let b = [0, 1, 2, 3].map(|next| row(four + next));
                    let b = b[0].iter().zip(b[1]).zip(b[2].iter().zip(b[3]));
                    c.iter_mut().zip(b).for_each(|(c, ((b0, b1), (b2, b3)))| {
                        let low = a[0].wrapping_mul(b0).wrapping_add(&a[1].wrapping_mul(b1));
                        let high = a[2].wrapping_mul(b2).wrapping_add(&a[3].wrapping_mul(b3));
                        *c = c.wrapping_add(&low.wrapping_add(&high));
                    });
                }
                for (at, a) in (at + 4 * fours.len()..).zip(rest) {
                    c.iter_mut().zip(row(at)).for_each(|(c, b)| *c = c.wrapping_add(&a.wrapping_mul(b)));
                }
            }
        }
    }
}
