//! The loops of running values.

use std::ops::{Add, Mul};

use bytemuck::Pod;
use gristmill_data::DType;
use gristmill_data::arrow::buffer::Buffer;
use gristmill_data::number::{Complex32, Complex64, f16};
use num_traits::{AsPrimitive, Bounded, One, Zero};
use pulp::{Arch, Simd, WithSimd};

use super::{Scan, ScanKind};
use crate::blocks::{Kind, Lanes, Time, cast_mut, zeroed};

/// A running value of elements of one dtype.
pub(super) trait Running {
    /// The running values of a block's elements.
    fn scan(&self, lanes: Lanes, elements: &[u8], present: Option<&[u8]>) -> Buffer;

    /// Values with what was before them merged in; the same for every element of a lane.
    fn apply(&self, lanes: Lanes, before: &[u8], scanned: &[u8]) -> Buffer;

    /// What changes nothing, so many times.
    fn identities(&self, n: usize) -> Buffer;
}

pub(super) fn find(scan: Scan, dtype: DType) -> Option<Box<dyn Running>> {
    let Scan { kind, .. } = scan;
    match dtype {
        DType::Boolean => match kind {
            ScanKind::Sum => exact::<bool, u8, i64>(scan, (0, 0), i64::wrapping_add),
            ScanKind::Prod => exact::<bool, u8, i64>(scan, (1, 1), i64::wrapping_mul),
            ScanKind::Min => exact::<bool, u8, u8>(scan, (1, 1), u8::min),
            ScanKind::Max => exact::<bool, u8, u8>(scan, (0, 0), u8::max),
        },
        DType::Int8 => signed::<i8>(scan),
        DType::Int16 => signed::<i16>(scan),
        DType::Int32 => signed::<i32>(scan),
        DType::Int64 => signed::<i64>(scan),
        DType::UInt8 => unsigned::<u8>(scan),
        DType::UInt16 => unsigned::<u16>(scan),
        DType::UInt32 => unsigned::<u32>(scan),
        DType::UInt64 => unsigned::<u64>(scan),
        DType::Float16 => {
            float::<f16>(scan, (f16::INFINITY, f16::NEG_INFINITY, f16::NAN), f16::to_f64, f16::from_f64)
        }
        DType::Float32 => {
            float::<f32>(scan, (f32::INFINITY, f32::NEG_INFINITY, f32::NAN), f64::from, |x| x as f32)
        }
        DType::Float64 => float::<f64>(scan, (f64::INFINITY, f64::NEG_INFINITY, f64::NAN), |x| x, |x| x),
        DType::Complex64 => complex::<Complex32>(
            scan,
            |re| Complex32::new(re as f32, 0.0),
            |x| Complex64::new(x.re.into(), x.im.into()),
            |x| Complex32::new(x.re as f32, x.im as f32),
        ),
        DType::Complex128 => complex::<Complex64>(scan, |re| Complex64::new(re, 0.0), |x| x, |x| x),
        DType::Datetime64Ns | DType::Timedelta64Ns => time(scan),
    }
}

fn signed<T>(scan: Scan) -> Option<Box<dyn Running>>
where
    T: Kind<Element = T> + Pod + AsPrimitive<i64> + AsPrimitive<T> + Zero + One + Bounded + Ord,
{
    match scan.kind {
        ScanKind::Sum => exact::<T, T, i64>(scan, (T::zero(), 0), i64::wrapping_add),
        ScanKind::Prod => exact::<T, T, i64>(scan, (T::one(), 1), i64::wrapping_mul),
        _ => extreme::<T>(scan),
    }
}

fn unsigned<T>(scan: Scan) -> Option<Box<dyn Running>>
where
    T: Kind<Element = T> + Pod + AsPrimitive<u64> + AsPrimitive<T> + Zero + One + Bounded + Ord,
{
    match scan.kind {
        ScanKind::Sum => exact::<T, T, u64>(scan, (T::zero(), 0), u64::wrapping_add),
        ScanKind::Prod => exact::<T, T, u64>(scan, (T::one(), 1), u64::wrapping_mul),
        _ => extreme::<T>(scan),
    }
}

fn extreme<T>(scan: Scan) -> Option<Box<dyn Running>>
where
    T: Kind<Element = T> + Pod + AsPrimitive<T> + Bounded + Ord,
{
    match scan.kind {
        ScanKind::Min => exact::<T, T, T>(scan, (T::max_value(), T::max_value()), T::min),
        _ => exact::<T, T, T>(scan, (T::min_value(), T::min_value()), T::max),
    }
}

/// No time at all goes before every time, unless it is skipped.
fn time(scan: Scan) -> Option<Box<dyn Running>> {
    const NAT: i64 = i64::MIN;
    const LEAST: i64 = -i64::MAX;
    fn merge(a: i64, b: i64, merged: i64) -> i64 {
        if a == NAT || b == NAT { NAT } else { merged }
    }
    // What is skipped stands for nothing, and so does the time that nothing has been merged into.
    fn skip(a: i64, b: i64, merged: i64) -> i64 {
        if a == NAT {
            b
        } else if b == NAT {
            a
        } else {
            merged
        }
    }
    match (scan.kind, scan.skip_nan) {
        (ScanKind::Sum, _) => {
            exact::<Time, i64, i64>(scan, (0, 0), |a: i64, b| merge(a, b, a.wrapping_add(b)))
        }
        (ScanKind::Min, false) => {
            exact::<Time, i64, i64>(scan, (i64::MAX, i64::MAX), |a, b| merge(a, b, a.min(b)))
        }
        (ScanKind::Max, false) => exact::<Time, i64, i64>(scan, (LEAST, LEAST), |a, b| merge(a, b, a.max(b))),
        (ScanKind::Min, true) => exact::<Time, i64, i64>(scan, (NAT, NAT), |a, b| skip(a, b, a.min(b))),
        (ScanKind::Max, true) => exact::<Time, i64, i64>(scan, (NAT, NAT), |a, b| skip(a, b, a.max(b))),
        (ScanKind::Prod, _) => None,
    }
}

fn float<T>(
    scan: Scan,
    (greatest, least, nan): (T, T, T),
    lift: impl Fn(T) -> f64 + Copy + 'static,
    lower: impl Fn(f64) -> T + Copy + 'static,
) -> Option<Box<dyn Running>>
where
    T: Kind<Element = T> + Pod + PartialOrd + Zero + One,
{
    let same = |x: T| x;
    match (scan.kind, scan.skip_nan) {
        (ScanKind::Sum, _) => values::<T, f64, T>(scan, (T::zero(), 0.0), lift, f64::add, lower),
        (ScanKind::Prod, _) => values::<T, f64, T>(scan, (T::one(), 1.0), lift, f64::mul, lower),
        (ScanKind::Min, false) => {
            let min = |a: T, b: T| if a < b || T::is_nan(a) { a } else { b };
            values::<T, T, T>(scan, (greatest, greatest), same, min, same)
        }
        (ScanKind::Max, false) => {
            let max = |a: T, b: T| if a > b || T::is_nan(a) { a } else { b };
            values::<T, T, T>(scan, (least, least), same, max, same)
        }
        (ScanKind::Min, true) => {
            values::<T, T, T>(scan, (nan, nan), same, |a, b| if a < b || T::is_nan(b) { a } else { b }, same)
        }
        (ScanKind::Max, true) => {
            values::<T, T, T>(scan, (nan, nan), same, |a, b| if a > b || T::is_nan(b) { a } else { b }, same)
        }
    }
}

fn complex<T>(
    scan: Scan,
    real: impl Fn(f64) -> T,
    lift: impl Fn(T) -> Complex64 + Copy + 'static,
    lower: impl Fn(Complex64) -> T + Copy + 'static,
) -> Option<Box<dyn Running>>
where
    T: Kind<Element = T> + Pod,
{
    // Extremes start with nothing, which is NaN to those that skip it; -inf-infj would be the least of all.
    let is_max = scan.kind == ScanKind::Max;
    let extreme = move |a: T, b: T| {
        let is_first = if is_max { T::key(a) >= T::key(b) } else { T::key(a) <= T::key(b) };
        if is_first { a } else { b }
    };
    let same = |x: T| x;
    match (scan.kind, scan.skip_nan) {
        (ScanKind::Sum, _) => {
            values::<T, Complex64, T>(scan, (real(0.0), Complex64::zero()), lift, Complex64::add, lower)
        }
        (ScanKind::Prod, _) => {
            values::<T, Complex64, T>(scan, (real(1.0), Complex64::one()), lift, Complex64::mul, lower)
        }
        (kind, false) => {
            let infinity = if kind == ScanKind::Max { f64::NEG_INFINITY } else { f64::INFINITY };
            let start = lower(Complex64::new(infinity, infinity));
            let merge = move |a, b| match (T::is_nan(a), T::is_nan(b)) {
                (true, _) => a,
                (_, true) => b,
                _ => extreme(a, b),
            };
            values::<T, T, T>(scan, (start, start), same, merge, same)
        }
        (_, true) => {
            let merge = move |a, b| match (T::is_nan(a), T::is_nan(b)) {
                (true, _) => b,
                (_, true) => a,
                _ => extreme(a, b),
            };
            let nothing = lower(Complex64::new(f64::NAN, f64::NAN));
            values::<T, T, T>(scan, (nothing, nothing), same, merge, same)
        }
    }
}

fn exact<K, T, A>(
    scan: Scan,
    blank: (T, A),
    merge: impl Fn(A, A) -> A + Copy + 'static,
) -> Option<Box<dyn Running>>
where
    K: Kind<Element = T> + 'static,
    T: Pod + AsPrimitive<A>,
    A: Pod,
{
    values::<K, A, A>(scan, blank, T::as_, merge, |value| value)
}

fn values<K, A, O>(
    scan: Scan,
    (blank, identity): (K::Element, A),
    lift: impl Fn(K::Element) -> A + Copy + 'static,
    merge: impl Fn(A, A) -> A + Copy + 'static,
    lower: impl Fn(A) -> O + Copy + 'static,
) -> Option<Box<dyn Running>>
where
    K: Kind + 'static,
    A: Pod,
    O: Pod,
{
    let is_skipped = if scan.skip_nan { K::is_nan } else { |_| false };
    Some(Box::new(Values { blank, is_skipped, identity, lift, merge, lower }))
}

/// Elements of type `T`, merged as `A`, kept as `O`.
struct Values<T, A, L, M, W> {
    /// What changes nothing, as an element.
    blank: T,
    is_skipped: fn(T) -> bool,
    identity: A,
    lift: L,
    merge: M,
    lower: W,
}

impl<T, A, O, L, M, W> Running for Values<T, A, L, M, W>
where
    T: Pod,
    A: Pod,
    O: Pod,
    L: Fn(T) -> A + Copy,
    M: Fn(A, A) -> A + Copy,
    W: Fn(A) -> O + Copy,
{
    fn scan(&self, lanes: Lanes, elements: &[u8], present: Option<&[u8]>) -> Buffer {
        let elements: &[T] = bytemuck::try_cast_slice(elements).unwrap_or_default();
        let kept = |(&element, &present): (&T, &u8)| {
            if present == 0 || (self.is_skipped)(element) { self.blank } else { element }
        };
        let blanked: Vec<T>;
        let elements = match present {
            Some(present) => {
                blanked = elements.iter().zip(present).map(kept).collect();
                &blanked
            }
            None if elements.iter().any(|&element| (self.is_skipped)(element)) => {
                blanked = elements.iter().map(|element| kept((element, &1))).collect();
                &blanked
            }
            None => elements,
        };
        let mut out = zeroed::<O>(elements.len());
        let plane = (lanes.length * lanes.inner).max(1);
        let mut acc = vec![self.identity; lanes.inner];
        let arch = Arch::new();
        for (from, to) in elements.chunks(plane).zip(cast_mut::<O>(&mut out).chunks_mut(plane)) {
            acc.fill(self.identity);
            let (lift, merge, lower) = (self.lift, self.merge, self.lower);
            arch.dispatch(Plane { acc: &mut acc, from, to, lift, merge, lower });
        }
        out.into()
    }

    fn apply(&self, lanes: Lanes, before: &[u8], scanned: &[u8]) -> Buffer {
        let before: &[T] = bytemuck::try_cast_slice(before).unwrap_or_default();
        let scanned: &[T] = bytemuck::try_cast_slice(scanned).unwrap_or_default();
        let mut out = zeroed::<O>(scanned.len());
        let (plane, row) = ((lanes.length * lanes.inner).max(1), lanes.inner.max(1));
        let planes = scanned.chunks(plane).zip(cast_mut::<O>(&mut out).chunks_mut(plane));
        for (before, (from, to)) in before.chunks(row).zip(planes) {
            if let [before] = before {
                let before = (self.lift)(*before);
                for (to, &from) in to.iter_mut().zip(from) {
                    *to = (self.lower)((self.merge)(before, (self.lift)(from)));
                }
                continue;
            }
            for (from, to) in from.chunks(row).zip(to.chunks_mut(row)) {
                for ((to, &from), &before) in to.iter_mut().zip(from).zip(before) {
                    *to = (self.lower)((self.merge)((self.lift)(before), (self.lift)(from)));
                }
            }
        }
        out.into()
    }

    fn identities(&self, n: usize) -> Buffer {
        let mut out = zeroed::<O>(n);
        cast_mut::<O>(&mut out).fill((self.lower)(self.identity));
        out.into()
    }
}

/// One plane of lanes: rows that are merged into `acc` in turn.
struct Plane<'a, T, A, O, L, M, W> {
    acc: &'a mut [A],
    from: &'a [T],
    to: &'a mut [O],
    lift: L,
    merge: M,
    lower: W,
}

impl<T: Copy, A: Copy, O, L, M, W> WithSimd for Plane<'_, T, A, O, L, M, W>
where
    L: Fn(T) -> A,
    M: Fn(A, A) -> A,
    W: Fn(A) -> O,
{
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { acc, from, to, lift, merge, lower } = self;
        if let [acc] = acc {
            for (to, &from) in to.iter_mut().zip(from) {
                *acc = merge(*acc, lift(from));
                *to = lower(*acc);
            }
            return;
        }
        let row = acc.len().max(1);
        for (from, to) in from.chunks(row).zip(to.chunks_mut(row)) {
            for ((to, &from), acc) in to.iter_mut().zip(from).zip(acc.iter_mut()) {
                *acc = merge(*acc, lift(from));
                *to = lower(*acc);
            }
        }
    }
}
