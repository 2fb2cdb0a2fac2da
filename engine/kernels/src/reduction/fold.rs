//! The loops of reductions.

use std::ops::{Add, Mul};

use bytemuck::Pod;
use gristmill_data::DType;
use gristmill_data::arrow::buffer::Buffer;
use gristmill_data::number::{Complex32, Complex64};
use num_complex::Complex;
use num_traits::{AsPrimitive, Bounded, Float, One, Zero};
use pulp::{Arch, Simd, WithSimd};

use super::axes::Segment;

/// Lanes that are folded side by side, so that vector instructions can do it.
const LANES: usize = 16;

/// How many additions in a row go into the lower level before it is added to the upper one.
const CASCADE: usize = 128;

/// How many results a row has at most; see [`BLOCK`](crate::eval::BLOCK).
const ROW: usize = crate::eval::BLOCK;

/// What is folded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Merge {
    Sum,
    Prod,
    Min,
    Max,
}

/// A running value for each result.
pub(super) trait Fold {
    /// Puts in place of each element that is absent one that changes nothing.
    fn blank(&self, elements: &mut [u8], present: &[u8]);

    /// Takes in the elements of a segment.
    fn take(&mut self, segment: &Segment, elements: &[u8]);

    /// The values, and their dtype.
    fn finish(self: Box<Self>) -> Buffer;
}

/// The fold of elements of a dtype into `n_out` values; half precision has none.
pub(super) fn find(merge: Merge, dtype: DType, n_out: usize) -> Option<Box<dyn Fold>> {
    match dtype {
        DType::Boolean => match merge {
            Merge::Sum => total::<u8, i64>(n_out),
            Merge::Prod => product::<u8, i64>(n_out),
            // The greatest boolean is not the greatest byte.
            Merge::Min => exact(n_out, 1, 1, |x: u8| x, |a, b| a.min(b)),
            Merge::Max => extreme::<u8>(merge, n_out),
        },
        DType::Int8 => integer::<i8, i64>(merge, n_out),
        DType::Int16 => integer::<i16, i64>(merge, n_out),
        DType::Int32 => integer::<i32, i64>(merge, n_out),
        DType::Int64 => integer::<i64, i64>(merge, n_out),
        DType::UInt8 => integer::<u8, u64>(merge, n_out),
        DType::UInt16 => integer::<u16, u64>(merge, n_out),
        DType::UInt32 => integer::<u32, u64>(merge, n_out),
        DType::UInt64 => integer::<u64, u64>(merge, n_out),
        DType::Float32 => float::<f32>(merge, n_out, f32::NEG_INFINITY, f32::INFINITY),
        DType::Float64 => float::<f64>(merge, n_out, f64::NEG_INFINITY, f64::INFINITY),
        DType::Complex64 => {
            complex(merge, n_out, f32::INFINITY, |x: Complex32| Complex64::new(x.re.into(), x.im.into()))
        }
        DType::Complex128 => complex(merge, n_out, f64::INFINITY, |x: Complex64| x),
        DType::Datetime64Ns | DType::Timedelta64Ns => time(merge, n_out),
        DType::Float16 => None,
    }
}

/// Sums and products wrap around.
trait Wide: Pod + Zero + One {
    fn wrapping_add(self, other: Self) -> Self;
    fn wrapping_mul(self, other: Self) -> Self;
}

macro_rules! wide {
    ($($integer:ty),*) => {$(
        impl Wide for $integer {
            fn wrapping_add(self, other: Self) -> Self {
                self.wrapping_add(other)
            }

            fn wrapping_mul(self, other: Self) -> Self {
                self.wrapping_mul(other)
            }
        }
    )*};
}

wide!(i64, u64);

fn integer<T, A>(merge: Merge, n_out: usize) -> Option<Box<dyn Fold>>
where
    T: Pod + AsPrimitive<A> + Zero + One + Bounded + Ord,
    A: Wide,
{
    match merge {
        Merge::Sum => total::<T, A>(n_out),
        Merge::Prod => product::<T, A>(n_out),
        _ => extreme::<T>(merge, n_out),
    }
}

fn total<T: Pod + AsPrimitive<A> + Zero, A: Wide>(n_out: usize) -> Option<Box<dyn Fold>> {
    exact(n_out, A::zero(), T::zero(), T::as_, A::wrapping_add)
}

fn product<T: Pod + AsPrimitive<A> + One, A: Wide>(n_out: usize) -> Option<Box<dyn Fold>> {
    exact(n_out, A::one(), T::one(), T::as_, A::wrapping_mul)
}

fn extreme<T: Pod + Bounded + Ord>(merge: Merge, n_out: usize) -> Option<Box<dyn Fold>> {
    if merge == Merge::Min {
        exact(n_out, T::max_value(), T::max_value(), |x| x, |a: T, b| a.min(b))
    } else {
        exact(n_out, T::min_value(), T::min_value(), |x| x, |a: T, b| a.max(b))
    }
}

/// No time at all goes before every time.
fn time(merge: Merge, n_out: usize) -> Option<Box<dyn Fold>> {
    const NAT: i64 = i64::MIN;
    fn both(a: i64, b: i64, merged: i64) -> i64 {
        if a == NAT || b == NAT { NAT } else { merged }
    }
    match merge {
        Merge::Sum => exact(n_out, 0, 0, |x: i64| x, |a, b| both(a, b, a.wrapping_add(b))),
        Merge::Min => exact(n_out, i64::MAX, i64::MAX, |x: i64| x, |a, b| a.min(b)),
        // -i64::MAX is the least time that there is.
        Merge::Max => exact(n_out, -i64::MAX, -i64::MAX, |x: i64| x, |a, b| both(a, b, a.max(b))),
        Merge::Prod => None,
    }
}

fn float<T>(merge: Merge, n_out: usize, least: T, greatest: T) -> Option<Box<dyn Fold>>
where
    T: Pod + AsPrimitive<f64> + Zero + One + PartialOrd,
{
    // The second when neither is NaN and both are equal, or it is NaN; see `maximum` on blocks.
    let is_nan = |x: T| x.partial_cmp(&x).is_none();
    match merge {
        Merge::Sum => rounded(n_out, 0.0, T::zero(), |x: T| -> f64 { x.as_() }, f64::add),
        Merge::Prod => rounded(n_out, 1.0, T::one(), |x: T| -> f64 { x.as_() }, f64::mul),
        Merge::Min => {
            exact(n_out, greatest, greatest, |x| x, move |a: T, b| if a < b || is_nan(a) { a } else { b })
        }
        Merge::Max => {
            exact(n_out, least, least, |x| x, move |a: T, b| if a > b || is_nan(a) { a } else { b })
        }
    }
}

/// Extremes are those of the real parts, and where these are equal of the imaginary ones; NaN in one part is NaN.
fn complex<F: Float + Pod>(
    merge: Merge,
    n_out: usize,
    greatest: F,
    lift: impl Fn(Complex<F>) -> Complex64 + Copy + 'static,
) -> Option<Box<dyn Fold>>
where
    Complex<F>: Pod,
{
    let is_nan = |x: Complex<F>| x.re.is_nan() || x.im.is_nan();
    let is_less = |a: Complex<F>, b: Complex<F>| a.re < b.re || a.re == b.re && a.im < b.im;
    let all = |part: F| Complex::new(part, part);
    let (least, greatest) = (all(-greatest), all(greatest));
    match merge {
        Merge::Sum => rounded(n_out, Complex64::zero(), Complex::zero(), lift, Complex64::add),
        Merge::Prod => rounded(n_out, Complex64::one(), Complex::one(), lift, Complex64::mul),
        Merge::Min => exact(
            n_out,
            greatest,
            greatest,
            |x| x,
            move |a, b| {
                if is_nan(a) || !is_nan(b) && is_less(a, b) { a } else { b }
            },
        ),
        Merge::Max => exact(
            n_out,
            least,
            least,
            |x| x,
            move |a, b| {
                if is_nan(a) || !is_nan(b) && is_less(b, a) { a } else { b }
            },
        ),
    }
}

/// A fold whose order changes nothing.
fn exact<T: Pod, A: Pod>(
    n_out: usize,
    identity: A,
    blank: T,
    lift: impl Fn(T) -> A + Copy + 'static,
    merge: impl Fn(A, A) -> A + Copy + 'static,
) -> Option<Box<dyn Fold>> {
    Some(Box::new(Values::new(n_out, 0, (identity, blank), lift, merge)))
}

/// A fold whose steps are rounded.
fn rounded<T: Pod, A: Pod>(
    n_out: usize,
    identity: A,
    blank: T,
    lift: impl Fn(T) -> A + Copy + 'static,
    merge: impl Fn(A, A) -> A + Copy + 'static,
) -> Option<Box<dyn Fold>> {
    Some(Box::new(Values::new(n_out, n_out, (identity, blank), lift, merge)))
}

struct Values<T, A, L, M> {
    values: Vec<A>,
    /// The upper level of rounded folds; else empty.
    upper: Vec<A>,
    /// Segments since the lower level was emptied.
    n_takes: usize,
    identity: A,
    blank: T,
    lift: L,
    merge: M,
    arch: Arch,
}

impl<T, A, L, M> Fold for Values<T, A, L, M>
where
    T: Pod,
    A: Pod,
    L: Fn(T) -> A + Copy,
    M: Fn(A, A) -> A + Copy,
{
    fn blank(&self, elements: &mut [u8], present: &[u8]) {
        for (element, &present) in bytemuck::cast_slice_mut(elements).iter_mut().zip(present) {
            if present == 0 {
                *element = self.blank;
            }
        }
    }

    fn take(&mut self, segment: &Segment, elements: &[u8]) {
        let (elements, lift, merge) = (bytemuck::cast_slice(elements), self.lift, self.merge);
        match *segment {
            Segment::Row(first) => {
                let values = self.values.get_mut(first..first + elements.len()).unwrap_or_default();
                self.arch.dispatch(Row { values, elements, lift, merge });
            }
            Segment::Run(at) => {
                let folded = self.arch.dispatch(Run { identity: self.identity, elements, lift, merge });
                if let Some(value) = self.values.get_mut(at) {
                    *value = merge(*value, folded);
                }
            }
        }
        self.n_takes += 1;
        if !self.upper.is_empty() && self.n_takes >= CASCADE * self.values.len().div_ceil(ROW) {
            self.raise();
        }
    }

    fn finish(mut self: Box<Self>) -> Buffer {
        if !self.upper.is_empty() {
            self.raise();
            self.values = self.upper;
        }
        Buffer::from_slice_ref(bytemuck::cast_slice::<A, u8>(&self.values))
    }
}

impl<T, A: Copy, L, M: Fn(A, A) -> A> Values<T, A, L, M> {
    fn new(n_out: usize, n_upper: usize, (identity, blank): (A, T), lift: L, merge: M) -> Self {
        let (values, upper) = (vec![identity; n_out], vec![identity; n_upper]);
        Self { values, upper, n_takes: 0, identity, blank, lift, merge, arch: Arch::new() }
    }

    /// Adds the lower level to the upper one.
    fn raise(&mut self) {
        for (upper, value) in self.upper.iter_mut().zip(&mut self.values) {
            *upper = (self.merge)(*upper, std::mem::replace(value, self.identity));
        }
        self.n_takes = 0;
    }
}

/// Each element into its own value.
struct Row<'a, T, A, L, M> {
    values: &'a mut [A],
    elements: &'a [T],
    lift: L,
    merge: M,
}

impl<T: Copy, A: Copy, L: Fn(T) -> A, M: Fn(A, A) -> A> WithSimd for Row<'_, T, A, L, M> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { values, elements, lift, merge } = self;
        for (value, &element) in values.iter_mut().zip(elements) {
            *value = merge(*value, lift(element));
        }
    }
}

/// All elements into one value.
struct Run<'a, T, A, L, M> {
    identity: A,
    elements: &'a [T],
    lift: L,
    merge: M,
}

impl<T: Copy, A: Copy, L: Fn(T) -> A, M: Fn(A, A) -> A> WithSimd for Run<'_, T, A, L, M> {
    type Output = A;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> A {
        let Self { identity, elements, lift, merge } = self;
        let (lanes, rest) = elements.as_chunks::<LANES>();
        let mut total = identity;
        if !lanes.is_empty() {
            let mut values = [identity; LANES];
            for lane in lanes {
                for (value, &element) in values.iter_mut().zip(lane) {
                    *value = merge(*value, lift(element));
                }
            }
            for value in values {
                total = merge(total, value);
            }
        }
        for &element in rest {
            total = merge(total, lift(element));
        }
        total
    }
}
