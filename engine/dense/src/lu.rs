//! Matrices as lower times upper triangular ones, with rows swapped so that pivots are large (Gauss; recursive as by Toledo,
//! 1997), and what is solved with them.

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::lu::partial_pivoting::factor;
use faer::traits::ext::ComplexFieldExt;
use faer::traits::math_utils::min_positive;
use faer::{Mat, MatMut, MatRef, Par};

use crate::Error;
use crate::matrix::{Matrix, Number, phase, put, view_mut};
use crate::triangular::{Side, Triangle, has_zero_pivot, solve_in_place};

/// Both factors in one matrix, of which the lower has ones on its diagonal, and the order that its rows came from.
struct Packed<T> {
    factors: Mat<T>,
    rows: Vec<usize>,
    /// Whether it takes an odd number of swaps to bring the rows into this order.
    is_odd: bool,
}

impl<T: Number> Packed<T> {
    /// Pivots may be 0: the columns below such are then 0 too, and nothing is left to do for them. What is not finite stays so.
    fn of(a: MatRef<'_, T>) -> Self {
        let (n_rows, n_columns) = a.shape();
        let new = || Self { factors: a.to_owned(), rows: (0..n_rows).collect(), is_odd: false };
        let mut found = new();
        if n_rows.min(n_columns) == 0 {
            return found;
        }
        let mut back = vec![0; n_rows];
        let (par, params) = (Par::Seq, Default::default());
        let scratch = factor::lu_in_place_scratch::<usize, T>(n_rows, n_columns, par, params);
        let mut memory = MemBuffer::new(scratch);
        let stack = MemStack::new(&mut memory);
        let (info, _) =
            factor::lu_in_place(found.factors.as_mut(), &mut found.rows, &mut back, par, stack, params);
        found.is_odd = info.transposition_count % 2 == 1;
        if !is_all_finite(found.factors.as_ref()) && is_all_finite(a) {
            // A pivot was 0, or so small that its inverse is infinite.
            found = new();
            (0..n_rows.min(n_columns)).for_each(|at| found.eliminate(at));
        }
        found
    }

    /// One step of it.
    fn eliminate(&mut self, at: usize) {
        let (n_rows, n_columns) = self.factors.shape();
        let mut pivot = at;
        for row in at + 1..n_rows {
            if self.factors[(row, at)].abs1() > self.factors[(pivot, at)].abs1() {
                pivot = row;
            }
        }
        if self.factors[(pivot, at)] == T::zero() {
            return;
        }
        if pivot != at {
            self.rows.swap(pivot, at);
            self.is_odd = !self.is_odd;
            for column in 0..n_columns {
                let element = self.factors[(at, column)];
                self.factors[(at, column)] = std::mem::replace(&mut self.factors[(pivot, column)], element);
            }
        }
        let divisor = self.factors[(at, at)];
        for row in at + 1..n_rows {
            self.factors[(row, at)] = quotient(self.factors[(row, at)], divisor);
        }
        for column in at + 1..n_columns {
            let factor = self.factors[(at, column)];
            for row in at + 1..n_rows {
                let product = self.factors[(row, at)] * factor;
                self.factors[(row, column)] -= product;
            }
        }
    }

    /// # Errors
    /// [`Error::Singular`].
    fn invertible(a: MatRef<'_, T>) -> Result<Self, Error> {
        let found = Self::of(a);
        if has_zero_pivot(found.factors.as_ref()) { Err(Error::Singular) } else { Ok(found) }
    }

    /// The solution for the right sides that are the columns of this function's matrix.
    fn solve(&self, n_columns: usize, b: impl Fn(usize, usize) -> T) -> Mat<T> {
        let row = |at: usize| self.rows.get(at).copied().unwrap_or_default();
        let mut x = Mat::from_fn(self.factors.nrows(), n_columns, |at, column| b(row(at), column));
        let factors = self.factors.as_ref();
        solve_in_place(factors, Triangle::Lower, Side::Plain, true, x.as_mut());
        solve_in_place(factors, Triangle::Upper, Side::Plain, false, x.as_mut());
        x
    }
}

/// The quotient of two numbers of which the divisor is not much smaller, also where its square is 0.
fn quotient<T: Number>(dividend: T, divisor: T) -> T {
    let larger =
        if divisor.abs1() < T::Real::one() { T::Real::from_f64(2_f64.powi(60)) } else { T::Real::one() };
    let (dividend, divisor) = (dividend.mul_real(larger), divisor.mul_real(larger));
    (dividend * phase(&divisor).conj()).mul_real(divisor.abs().recip())
}

fn is_all_finite<T: Number>(a: MatRef<'_, T>) -> bool {
    a.col_iter().all(|column| column.iter().all(ComplexFieldExt::is_finite))
}

/// The three factors whose product is `a`: `p` puts rows in their places, `l` is lower and `u` upper triangular.
pub(crate) fn lu<T: Number>(a: Matrix<'_, T>, p: &mut [T::Real], l: &mut [T], u: &mut [T]) {
    let Packed { factors, rows, .. } = Packed::of(a.view());
    let (n_rows, n_columns, n_pivots) = (a.n_rows(), a.n_columns(), a.n_pivots());
    let mut p = view_mut(p, n_rows, n_rows);
    for (at, row) in rows.into_iter().enumerate() {
        p[(row, at)] = T::Real::one();
    }
    let (zero, one) = (T::zero, T::one);
    let lower = Mat::from_fn(n_rows, n_pivots, |row, column| match row.cmp(&column) {
        std::cmp::Ordering::Less => zero(),
        std::cmp::Ordering::Equal => one(),
        std::cmp::Ordering::Greater => factors[(row, column)],
    });
    put(lower.as_ref(), l);
    let upper = |row, column| if row > column { zero() } else { factors[(row, column)] };
    put(Mat::from_fn(n_pivots, n_columns, upper).as_ref(), u);
}

/// Both factors in one matrix, and for each pivot the row that it was swapped with, as LAPACK tells it.
pub(crate) fn lu_factor<T: Number>(a: Matrix<'_, T>, packed: &mut [T], swaps: &mut [i32]) {
    let Packed { factors, rows, .. } = Packed::of(a.view());
    put(factors.as_ref(), packed);
    // Which row stands where, and where each stands.
    let mut order: Vec<usize> = (0..rows.len()).collect();
    let mut places = order.clone();
    for (at, (swap, &row)) in swaps.iter_mut().zip(&rows).enumerate() {
        let place = places.get(row).copied().unwrap_or(at);
        *swap = place as i32;
        order.swap(at, place);
        for place in [at, place] {
            if let Some(to) = order.get(place).and_then(|&row| places.get_mut(row)) {
                *to = place;
            }
        }
    }
}

/// Solves `side(a) x = b` for the factors of `a`, with `n_columns` columns in `b`, which becomes `x`.
pub(crate) fn lu_solve<T: Number>(
    packed: Matrix<'_, T>,
    swaps: &[i32],
    side: Side,
    b: &mut [T],
    n_columns: usize,
) -> Result<(), Error> {
    let factors = packed.view();
    if has_zero_pivot(factors) {
        return Err(Error::Singular);
    }
    let mut b = view_mut(b, packed.n_rows(), n_columns);
    if side == Side::Plain {
        swaps.iter().enumerate().for_each(|(at, &swap)| swap_rows(b.as_mut(), at, swap));
        solve_in_place(factors, Triangle::Lower, side, true, b.as_mut());
        solve_in_place(factors, Triangle::Upper, side, false, b);
    } else {
        solve_in_place(factors, Triangle::Upper, side, false, b.as_mut());
        solve_in_place(factors, Triangle::Lower, side, true, b.as_mut());
        swaps.iter().enumerate().rev().for_each(|(at, &swap)| swap_rows(b.as_mut(), at, swap));
    }
    Ok(())
}

fn swap_rows<T: Number>(mut b: MatMut<'_, T>, at: usize, swap: i32) {
    let Ok(swap) = usize::try_from(swap) else { return };
    if at == swap || at.max(swap) >= b.nrows() {
        return;
    }
    for column in 0..b.ncols() {
        let element = b[(at, column)];
        b[(at, column)] = std::mem::replace(&mut b[(swap, column)], element);
    }
}

/// Solves `a x = b`, with `n_columns` columns in `b`, which becomes `x`.
pub(crate) fn solve<T: Number>(a: Matrix<'_, T>, b: &mut [T], n_columns: usize) -> Result<(), Error> {
    let found = Packed::invertible(a.view())?;
    let mut b = view_mut(b, a.n_rows(), n_columns);
    let x = found.solve(n_columns, |row, column| b[(row, column)]);
    // A pivot may be so small that its inverse is infinite.
    if !is_all_finite(x.as_ref()) && is_all_finite(a.view()) && is_all_finite(b.as_ref()) {
        return Err(Error::Singular);
    }
    b.copy_from(x);
    Ok(())
}

/// The inverse of `a`.
pub(crate) fn inv<T: Number>(a: Matrix<'_, T>, to: &mut [T]) -> Result<(), Error> {
    let unit = |row, column| if row == column { T::one() } else { T::zero() };
    let inverse = Packed::invertible(a.view())?.solve(a.n_columns(), unit);
    if !is_all_finite(inverse.as_ref()) && is_all_finite(a.view()) {
        return Err(Error::Singular);
    }
    put(inverse.as_ref(), to);
    Ok(())
}

/// The direction of the determinant and the logarithm of its size: 0 and minus infinity when there is no inverse.
pub(crate) fn slogdet<T: Number>(a: Matrix<'_, T>, ln: impl Fn(T::Real) -> T::Real) -> (T, T::Real) {
    let Some((sign, pivots)) = pivots(a) else { return (T::zero(), -T::Real::infinity()) };
    let sign = pivots.iter().fold(sign, |sign, pivot| sign * phase(pivot));
    (sign, pivots.iter().fold(T::Real::zero(), |sum, pivot| sum + ln(pivot.abs())))
}

/// The determinant: the product of the pivots, unless that leaves the range of numbers on its way.
pub(crate) fn det<T: Number>(
    a: Matrix<'_, T>,
    ln: impl Fn(T::Real) -> T::Real,
    exp: impl Fn(T::Real) -> T::Real,
) -> T {
    let Some((sign, pivots)) = pivots(a) else { return T::zero() };
    let product = pivots.iter().fold(sign, |product, pivot| product * *pivot);
    if product.is_finite() && product.abs() > min_positive() {
        return product;
    }
    let (sign, size) = slogdet(a, ln);
    sign.mul_real(exp(size))
}

/// The pivots and the sign of their product; nothing when one of them is 0.
fn pivots<T: Number>(a: Matrix<'_, T>) -> Option<(T, Vec<T>)> {
    let Packed { factors, is_odd, .. } = Packed::of(a.view());
    if has_zero_pivot(factors.as_ref()) {
        return None;
    }
    let sign = if is_odd { -T::one() } else { T::one() };
    Some((sign, factors.diagonal().column_vector().iter().copied().collect()))
}
