//! Loops over rows of numbers, compiled for plain and for vector instructions; the widest that the machine has are
//! chosen when they are called. All give the same bits.

use pulp::{Arch, Simd, WithSimd};

use super::normal::{quantiles, quantiles_f32};
use super::philox::Generator;
use crate::math::{exp, ln};

/// 2^-53.
const UNIT_53: f64 = 1.0 / 9_007_199_254_740_992.0;
/// 2^-24.
const UNIT_24: f32 = 1.0 / 16_777_216.0;

/// The instructions that loops run with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Vector(pub(super) Arch);

/// A number in [0, 1): the upper 53 bits of the word.
#[inline(always)]
pub(super) fn unit(word: u64) -> f64 {
    (word >> 11) as f64 * UNIT_53
}

/// A number in (0, 1): the middle of one of 2^52 equal intervals, so that its distance to 1 is exact as well.
#[inline(always)]
pub(super) fn open_unit(word: u64) -> f64 {
    const ONE_BITS: u64 = 0x3ff0_0000_0000_0000;
    (f64::from_bits((word >> 12) | ONE_BITS) - 1.0) + UNIT_53
}

/// Methods whose bodies, and what is inlined into them, are compiled for each set of instructions.
///
/// A closure would be shorter, and is compiled on its own, without them.
macro_rules! vectorised {
    ($($(#[$doc:meta])* fn $name:ident($($arg:ident: $ty:ty),*) $body:block)*) => {
        impl Vector {
            $($(#[$doc])*
            pub(super) fn $name<'a>(self, $($arg: $ty),*) {
                struct Call<'a>($($ty,)*);

                impl<'a> WithSimd for Call<'a> {
                    type Output = ();

                    #[inline(always)]
                    fn with_simd<S: Simd>(self, _: S) {
                        let Self($($arg,)*) = self;
                        $body
                    }
                }

                self.0.dispatch(Call::<'a>($($arg,)*));
            })*
        }
    };
}

vectorised! {
    /// The two words of each of these Philox blocks.
    fn words(generator: Generator, blocks: &'a [u64], out: &'a mut [u64]) {
        generator.words(blocks, out);
    }

    /// Numbers in [0, 1).
    fn units(words: &'a [u64], out: &'a mut [f64]) {
        out.iter_mut().zip(words).for_each(|(out, &word)| *out = unit(word));
    }

    /// Numbers in (0, 1).
    fn open_units(words: &'a [u64], out: &'a mut [f64]) {
        out.iter_mut().zip(words).for_each(|(out, &word)| *out = open_unit(word));
    }

    /// Numbers in [0, 1) of 24 bits, two a word.
    fn units_f32(words: &'a [u64], out: &'a mut [f32]) {
        for (out, &word) in out.as_chunks_mut::<2>().0.iter_mut().zip(words) {
            *out = [word as u32, (word >> 32) as u32].map(|bits| (bits >> 8) as f32 * UNIT_24);
        }
    }

    /// Normal numbers.
    fn normals(words: &'a [u64], mean: f64, std: f64, out: &'a mut [f64]) {
        out.iter_mut().zip(words).for_each(|(out, &word)| *out = open_unit(word));
        quantiles(out, mean, std);
    }

    /// Normal numbers of 32 bits, two a word.
    fn normals_f32(words: &'a [u64], mean: f32, std: f32, out: &'a mut [f32]) {
        quantiles_f32(words, out, mean, std);
    }

    /// The logarithm of each.
    fn ln(numbers: &'a mut [f64]) {
        numbers.iter_mut().for_each(|x| *x = ln(*x));
    }

    /// The exponential of each.
    fn exp(numbers: &'a mut [f64]) {
        numbers.iter_mut().for_each(|x| *x = exp(*x));
    }

    /// Each times `factor` and `offset` more.
    fn affine(numbers: &'a mut [f64], offset: f64, factor: f64) {
        numbers.iter_mut().for_each(|x| *x = offset + factor * *x);
    }

    /// [`Vector::affine`] in single precision.
    fn affine_f32(numbers: &'a mut [f32], offset: f32, factor: f32) {
        numbers.iter_mut().for_each(|x| *x = offset + factor * *x);
    }
}
