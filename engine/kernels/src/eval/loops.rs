//! What a step does to a block: loops by operation and dtype.
//!
//! # Layout
//! - this file: loops over blocks for one, two and three operands, compiled for each set of vector instructions
//! - `cast`: conversions; `integer`, `float`, `half`, `complex`, `boolean`, `time`: the operations on these
//! - `single`, `double`: the elementary functions of floats

mod boolean;
mod cast;
mod complex;
mod double;
mod float;
pub(super) mod half;
mod integer;
mod single;
mod time;

use bytemuck::Pod;
use gristmill_data::DType;
use pulp::{Arch, Simd, WithSimd};

use crate::Error;
use crate::expr::Op;

/// One step over a block: the operands' bytes, and where the result's go.
///
/// All are aligned for their types, and of as many elements.
pub(super) type Loop = Box<dyn Fn([&[u8]; 3], &mut [u8]) -> Result<(), Error> + Send + Sync>;

/// The loop for operands of these dtypes, which are those of a step's [signature](crate::expr::Signature).
///
/// Most of half precision is not there: see [`Program`](super::Program).
pub(super) fn find(op: Op, operands: &[DType], result: DType) -> Option<Loop> {
    match op {
        Op::Cast => cast::find(*operands.first()?, result),
        Op::Where => Some(select(result.itemsize())),
        op => by_dtype(
            op,
            operands.iter().copied().find(|dtype| dtype.is_time()).or(operands.first().copied())?,
        ),
    }
}

fn by_dtype(op: Op, dtype: DType) -> Option<Loop> {
    match dtype {
        DType::Boolean => boolean::find(op),
        DType::Int8 => integer::find::<i8>(op),
        DType::Int16 => integer::find::<i16>(op),
        DType::Int32 => integer::find::<i32>(op),
        DType::Int64 => integer::find::<i64>(op),
        DType::UInt8 => integer::find::<u8>(op),
        DType::UInt16 => integer::find::<u16>(op),
        DType::UInt32 => integer::find::<u32>(op),
        DType::UInt64 => integer::find::<u64>(op),
        DType::Float16 => half::find(op),
        DType::Float32 => float::find::<f32>(op),
        DType::Float64 => float::find::<f64>(op),
        DType::Complex64 => complex::find::<f32>(op),
        DType::Complex128 => complex::find::<f64>(op),
        DType::Datetime64Ns | DType::Timedelta64Ns => time::find(op),
    }
}

/// Functions of one element as loops. `f` is inlined into each set of instructions when it is small, so that the
/// compiler makes vector instructions of it.
fn unary<T: Pod, U: Pod>(f: impl Fn(T) -> U + Copy + Send + Sync + 'static) -> Option<Loop> {
    struct Map<'a, T, U, F>(&'a [T], &'a mut [U], F);

    impl<T: Copy, U, F: Fn(T) -> U> WithSimd for Map<'_, T, U, F> {
        type Output = ();

        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) {
            let Self(a, out, f) = self;
            for (out, &a) in out.iter_mut().zip(a) {
                *out = f(a);
            }
        }
    }

    let arch = Arch::new();
    Some(Box::new(move |[a, ..], out| {
        arch.dispatch(Map(bytemuck::cast_slice(a), bytemuck::cast_slice_mut(out), f));
        Ok(())
    }))
}

/// As [`unary`], for functions of two.
fn binary<T: Pod, U: Pod>(f: impl Fn(T, T) -> U + Copy + Send + Sync + 'static) -> Option<Loop> {
    struct Map<'a, T, U, F>(&'a [T], &'a [T], &'a mut [U], F);

    impl<T: Copy, U, F: Fn(T, T) -> U> WithSimd for Map<'_, T, U, F> {
        type Output = ();

        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) {
            let Self(a, b, out, f) = self;
            for ((out, &a), &b) in out.iter_mut().zip(a).zip(b) {
                *out = f(a, b);
            }
        }
    }

    let arch = Arch::new();
    Some(Box::new(move |[a, b, _], out| {
        arch.dispatch(Map(
            bytemuck::cast_slice(a),
            bytemuck::cast_slice(b),
            bytemuck::cast_slice_mut(out),
            f,
        ));
        Ok(())
    }))
}

/// Of a comparison, as a byte.
fn predicate<T: Pod>(f: impl Fn(T, T) -> bool + Copy + Send + Sync + 'static) -> Option<Loop> {
    binary(move |a, b| u8::from(f(a, b)))
}

/// Of a question to one element, as a byte.
fn question<T: Pod>(f: impl Fn(T) -> bool + Copy + Send + Sync + 'static) -> Option<Loop> {
    unary(move |a| u8::from(f(a)))
}

/// The same for every element.
fn always<T: Pod>(answer: bool) -> Option<Loop> {
    question(move |_: T| answer)
}

/// The second operand where the first is true, else the third.
fn select(itemsize: usize) -> Loop {
    match itemsize {
        1 => select_of::<u8>(),
        2 => select_of::<u16>(),
        4 => select_of::<u32>(),
        8 => select_of::<[u32; 2]>(),
        _ => select_of::<[u64; 2]>(),
    }
}

fn select_of<T: Pod>() -> Loop {
    struct Select<'a, T>(&'a [u8], &'a [T], &'a [T], &'a mut [T]);

    impl<T: Copy> WithSimd for Select<'_, T> {
        type Output = ();

        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) {
            let Self(which, a, b, out) = self;
            for (((out, &which), &a), &b) in out.iter_mut().zip(which).zip(a).zip(b) {
                *out = if which != 0 { a } else { b };
            }
        }
    }

    let arch = Arch::new();
    Box::new(move |[which, a, b], out| {
        let (a, b) = (bytemuck::cast_slice(a), bytemuck::cast_slice(b));
        arch.dispatch(Select::<T>(which, a, b, bytemuck::cast_slice_mut(out)));
        Ok(())
    })
}
