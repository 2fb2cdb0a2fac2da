//! Numbers of continuous distributions: by the inverse of their cumulative function wherever it has a formula.

use gristmill_data::Memory;

use super::block::Region;
use super::draws::Draws;
use super::gamma::{beta, gamma};
use super::{Distribution, Source};
use crate::Error;
use crate::math::ln;

/// Numbers that are made together from the words of as many Philox blocks.
#[derive(Default)]
struct Scratch {
    words: Vec<u64>,
    numbers: Vec<f64>,
}

/// The region's numbers.
pub(super) fn float64(
    distribution: &Distribution,
    source: Source,
    region: &Region<'_>,
) -> Result<Memory, Error> {
    let mut words = Vec::new();
    region
        .fill(per_block(distribution), &mut |blocks, out| fill(distribution, source, blocks, &mut words, out))
}

/// The region's numbers: uniform and normal ones of 32 random bits each, others rounded.
pub(super) fn float32(
    distribution: &Distribution,
    source: Source,
    region: &Region<'_>,
) -> Result<Memory, Error> {
    let Scratch { mut words, mut numbers } = Scratch::default();
    match *distribution {
        Distribution::Uniform { low, high } => region.fill(4, &mut |blocks, out| {
            source.vector.units_f32(words_of(source, blocks, &mut words), out);
            source.vector.affine_f32(out, low as f32, (high - low) as f32);
        }),
        Distribution::Normal { mean, std } => region.fill(4, &mut |blocks, out| {
            let words = words_of(source, blocks, &mut words);
            source.vector.normals_f32(words, mean as f32, std as f32, out);
        }),
        _ => region.fill(per_block(distribution), &mut |blocks, out: &mut [f32]| {
            numbers.resize(out.len(), 0.0);
            fill(distribution, source, blocks, &mut words, &mut numbers);
            out.iter_mut().zip(&numbers).for_each(|(out, number)| *out = *number as f32);
        }),
    }
}

/// The words of these blocks.
pub(super) fn words_of<'a>(source: Source, blocks: &[u64], words: &'a mut Vec<u64>) -> &'a [u64] {
    words.resize(2 * blocks.len(), 0);
    source.words(blocks, words);
    words
}

/// How many numbers share a Philox block.
fn per_block(distribution: &Distribution) -> usize {
    match distribution {
        Distribution::Gamma { .. }
        | Distribution::Beta { .. }
        | Distribution::ChiSquare { .. }
        | Distribution::StandardT { .. } => 1,
        _ => 2,
    }
}

fn fill(distribution: &Distribution, source: Source, blocks: &[u64], words: &mut Vec<u64>, out: &mut [f64]) {
    let words = words_of(source, blocks, words);
    if per_block(distribution) == 2 {
        return invert(distribution, source, words, out);
    }
    for ((out, &place), &words) in out.iter_mut().zip(blocks).zip(words.as_chunks().0) {
        *out = draw(distribution, &mut Draws::new(source.generator, place, words));
    }
}

fn draw(distribution: &Distribution, draws: &mut Draws) -> f64 {
    match *distribution {
        Distribution::Gamma { shape, scale } => scale * gamma(draws, shape),
        Distribution::Beta { a, b } => beta(draws, a, b),
        Distribution::ChiSquare { df } => 2.0 * gamma(draws, df / 2.0),
        Distribution::StandardT { df } => {
            let normal = draws.normal();
            normal * (df / 2.0 / gamma(draws, df / 2.0)).sqrt()
        }
        _ => 0.0,
    }
}

/// A number of the distribution for each word.
pub(super) fn invert(distribution: &Distribution, source: Source, words: &[u64], out: &mut [f64]) {
    let vector = source.vector;
    match *distribution {
        Distribution::Uniform { .. } => vector.units(words, out),
        Distribution::Normal { mean, std } => vector.normals(words, mean, std, out),
        Distribution::LogNormal { mean, sigma } => vector.normals(words, mean, sigma, out),
        _ => vector.open_units(words, out),
    }
    match *distribution {
        Distribution::Uniform { low, high } => vector.affine(out, low, high - low),
        Distribution::LogNormal { .. } => vector.exp(out),
        Distribution::Exponential { scale } => {
            vector.ln(out);
            vector.affine(out, 0.0, -scale);
        }
        Distribution::Gumbel { loc, scale } => {
            negative_ln(source, out);
            vector.ln(out);
            vector.affine(out, loc, -scale);
        }
        Distribution::Weibull { a } => {
            negative_ln(source, out);
            vector.ln(out);
            vector.affine(out, 0.0, 1.0 / a);
            vector.exp(out);
        }
        Distribution::Pareto { a } => {
            negative_ln(source, out);
            each(out, |x| libm::expm1(x / a));
        }
        Distribution::Rayleigh { scale } => {
            negative_ln(source, out);
            each(out, |x| scale * (2.0 * x).sqrt());
        }
        Distribution::Logistic { loc, scale } => {
            each(out, |p| p / (1.0 - p));
            vector.ln(out);
            vector.affine(out, loc, scale);
        }
        Distribution::Laplace { loc, scale } => each(out, |p| {
            let beyond = -scale * ln(2.0 * p.min(1.0 - p));
            loc + beyond.copysign(p - 0.5)
        }),
        Distribution::Cauchy { loc, scale } => each(out, |p| loc + scale * cotangent(p)),
        Distribution::Triangular { left, mode, right } => each(out, |p| {
            let (width, rise, fall) = (right - left, mode - left, right - mode);
            let rising = p * width <= rise;
            if rising { left + (p * width * rise).sqrt() } else { right - ((1.0 - p) * width * fall).sqrt() }
        }),
        Distribution::Geometric { p } => {
            // Of a certain success, the logarithm is infinite and the quotient 0.
            let ln_failure = libm::log1p(-p);
            vector.ln(out);
            each(out, |ln| (ln / ln_failure).ceil().max(1.0));
        }
        _ => {}
    }
}

fn each(numbers: &mut [f64], function: impl Fn(f64) -> f64) {
    numbers.iter_mut().for_each(|number| *number = function(*number));
}

/// Exponential numbers of mean 1, in place of such in (0, 1).
fn negative_ln(source: Source, numbers: &mut [f64]) {
    source.vector.ln(numbers);
    source.vector.affine(numbers, 0.0, -1.0);
}

/// -cot(π p), which is exact to the last bits at both ends.
fn cotangent(p: f64) -> f64 {
    let from_middle = p - 0.5;
    if from_middle.abs() <= 0.25 {
        libm::tan(std::f64::consts::PI * from_middle)
    } else {
        let near = 1.0 / libm::tan(std::f64::consts::PI * p.min(1.0 - p));
        near.copysign(from_middle)
    }
}
