//! The elementary functions of single precision: our own, which become vector instructions.
//!
//! A large closure may be called from a loop instead of being inlined there, and then is compiled for the oldest machine.
//! So these loops name their function, which is always inlined, and are made by macros.

use pulp::{Arch, Simd, WithSimd};

use super::Loop;
use crate::expr::Op;
use crate::math::{angles, exponentials, logarithms, powers, trigonometric};

/// How many angles are looked at together.
const PIECE: usize = 64;

/// The loop of a function of one element.
macro_rules! one {
    ($function:path) => {{
        struct Map<'a>(&'a [f32], &'a mut [f32]);

        impl WithSimd for Map<'_> {
            type Output = ();

            #[inline(always)]
            fn with_simd<S: Simd>(self, _: S) {
                for (out, &a) in self.1.iter_mut().zip(self.0) {
                    *out = $function(a);
                }
            }
        }

        let arch = Arch::new();
        Box::new(move |[a, ..]: [&[u8]; 3], out: &mut [u8]| {
            arch.dispatch(Map(bytemuck::cast_slice(a), bytemuck::cast_slice_mut(out)));
            Ok(())
        })
    }};
}

/// The loop of a function of an angle, and of a faster one for pieces of which every angle is easy.
macro_rules! angle {
    ($function:path, $easy:path) => {{
        struct Map<'a>(&'a [f32], &'a mut [f32]);

        impl WithSimd for Map<'_> {
            type Output = ();

            #[inline(always)]
            fn with_simd<S: Simd>(self, _: S) {
                for (out, a) in self.1.chunks_mut(PIECE).zip(self.0.chunks(PIECE)) {
                    // All are looked at, so that several are at once.
                    if a.iter().fold(true, |all, &a| all & trigonometric::is_easy(a)) {
                        for (out, &a) in out.iter_mut().zip(a) {
                            *out = $easy(a);
                        }
                    } else {
                        for (out, &a) in out.iter_mut().zip(a) {
                            *out = $function(a);
                        }
                    }
                }
            }
        }

        let arch = Arch::new();
        Box::new(move |[a, ..]: [&[u8]; 3], out: &mut [u8]| {
            arch.dispatch(Map(bytemuck::cast_slice(a), bytemuck::cast_slice_mut(out)));
            Ok(())
        })
    }};
}

/// The loop of a function of two elements.
macro_rules! two {
    ($function:path) => {{
        struct Map<'a>(&'a [f32], &'a [f32], &'a mut [f32]);

        impl WithSimd for Map<'_> {
            type Output = ();

            #[inline(always)]
            fn with_simd<S: Simd>(self, _: S) {
                for ((out, &a), &b) in self.2.iter_mut().zip(self.0).zip(self.1) {
                    *out = $function(a, b);
                }
            }
        }

        let arch = Arch::new();
        Box::new(move |[a, b, _]: [&[u8]; 3], out: &mut [u8]| {
            arch.dispatch(Map(
                bytemuck::cast_slice(a),
                bytemuck::cast_slice(b),
                bytemuck::cast_slice_mut(out),
            ));
            Ok(())
        })
    }};
}

pub(super) fn find(op: Op) -> Option<Loop> {
    Some(match op {
        Op::Cbrt => one!(powers::cbrt),
        Op::Exp => one!(exponentials::exp),
        Op::Exp2 => one!(exponentials::exp2),
        Op::Expm1 => one!(exponentials::expm1),
        Op::Log => one!(logarithms::log),
        Op::Log2 => one!(logarithms::log2),
        Op::Log10 => one!(logarithms::log10),
        Op::Log1p => one!(logarithms::log1p),
        Op::Sin => angle!(trigonometric::sin, trigonometric::sin_easy),
        Op::Cos => angle!(trigonometric::cos, trigonometric::cos_easy),
        Op::Tan => angle!(trigonometric::tan, trigonometric::tan_easy),
        Op::Arcsin => one!(angles::arcsin),
        Op::Arccos => one!(angles::arccos),
        Op::Arctan => one!(angles::arctan),
        Op::Sinh => one!(exponentials::sinh),
        Op::Cosh => one!(exponentials::cosh),
        Op::Tanh => one!(exponentials::tanh),
        Op::Arcsinh => one!(logarithms::arcsinh),
        Op::Arccosh => one!(logarithms::arccosh),
        Op::Arctanh => one!(logarithms::arctanh),
        Op::Power => two!(powers::power),
        Op::Arctan2 => two!(angles::arctan2),
        Op::Hypot => two!(powers::hypot),
        Op::Logaddexp => two!(logarithms::logaddexp),
        Op::Logaddexp2 => two!(logarithms::logaddexp2),
        _ => return None,
    })
}
