//! Random numbers: the twin of `kernels::generate`.
//!
//! Bits, integers, truth values and uniform numbers are those of the CPU in every bit. Normal and exponential ones are made
//! by the same polynomials, and differ in the last places where a device fuses or divides in another way.
//!
//! What they cost at least is that they are written once. Philox takes some 80 instructions for 16 B, which keeps up with
//! the memory of an H100; normal numbers in double precision, some 100 operations each, are bound by those.

use std::fmt::Write as _;

use gristmill_data::DType;
use gristmill_kernels::Distribution;
use gristmill_kernels::normal::{self, Ratio};

use super::elementwise::countable;
use super::source::named;
use crate::Error;
use crate::adapter::AdapterFacts;
use crate::array::DeviceArray;
use crate::device::{Device, Dispatch, Shader, Window};
use crate::wgsl::{IMMEDIATES_MAX, WORKGROUP, WORKGROUPS_MAX};

/// A block of an array of random numbers; what each is, `kernels::generate` says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Draw<'a> {
    pub(crate) distribution: &'a Distribution,
    pub(crate) dtype: DType,
    pub(crate) seed: u64,
    pub(crate) stream: u32,
    pub(crate) array_shape: &'a [u64],
    /// Where the block begins.
    pub(crate) start: &'a [u64],
    pub(crate) shape: &'a [u64],
}

/// Bytes that an invocation makes at a time.
const GROUP_NBYTES: u64 = 16;
/// Bytes of one dispatch at most: each invocation takes 16 turns then.
const WINDOW_NBYTES: u64 = WORKGROUPS_MAX as u64 * WORKGROUP as u64 * GROUP_NBYTES * 16;
/// The word of the immediates at which the axes begin.
const AXES_AT: usize = 16;

/// The block's numbers.
///
/// # Errors
/// [`Error::Unsupported`] of other distributions than the module names, and of those that need `float64` or `int64` that
/// the adapter lacks.
pub(crate) fn random(device: &Device, draw: &Draw<'_>, tenant: u32) -> Result<DeviceArray, Error> {
    draw.check()?;
    let facts = device.facts();
    let n = u64::from(countable(draw.shape)?);
    let method = Method::new(draw, facts)?;
    let out = device.array(draw.dtype, draw.shape, tenant)?;
    if n == 0 {
        return Ok(out);
    }
    let region = Region::new(draw)?;
    let itemsize = draw.dtype.itemsize() as u64;
    let shader = method.shader(draw.dtype, region.axes.len(), facts);
    let fixed = [0, 0, 0, n as u32 - 1, low(draw.seed), high(draw.seed), draw.stream];
    let words = fixed.into_iter().chain([low(region.place), high(region.place)]).chain(method.params);
    let words: Vec<u32> = words.chain(region.axes.into_iter().flatten()).collect();
    let whole = Window::whole(&out.buffer);
    // Whole numbers of bytes at which bindings may begin, and of elements.
    let window = WINDOW_NBYTES.min(facts.binding_nbytes_max / 4096 * 4096);
    if window == 0 {
        return Err(Error::unsupported("bindings of a few bytes"));
    }
    let dispatches = (0..n * itemsize).step_by(window as usize).map(|offset| {
        let nbytes = window.min((n * itemsize - offset).next_multiple_of(GROUP_NBYTES));
        let n_groups = (nbytes / GROUP_NBYTES) as u32;
        let mut words = words.clone();
        words.splice(1..3, [n_groups, (offset / itemsize) as u32]);
        let bindings = vec![Window { offset, nbytes, ..whole.clone() }];
        let workgroups = [n_groups.div_ceil(WORKGROUP).min(WORKGROUPS_MAX), 1, 1];
        Dispatch { shader: shader.clone(), bindings, words, workgroups }
    });
    device.dispatch(dispatches.collect())?;
    Ok(out)
}

fn low(number: u64) -> u32 {
    number as u32
}

fn high(number: u64) -> u32 {
    (number >> 32) as u32
}

impl Draw<'_> {
    /// Leaves to the CPU to say what is wrong.
    fn check(&self) -> Result<(), Error> {
        self.distribution.check()?;
        gristmill_data::n_elements(self.array_shape)?;
        let mut ends = self.start.iter().zip(self.shape).map(|(start, length)| start.checked_add(*length));
        let is_inside = |length: &u64| ends.next().flatten().is_some_and(|end| end <= *length);
        let ndim = self.array_shape.len();
        match [self.start.len(), self.shape.len()] == [ndim; 2] && self.array_shape.iter().all(is_inside) {
            true => Ok(()),
            false => Err(Error::unsupported("a block that is no part of the array")),
        }
    }
}

/// Where the elements of a block lie in the whole array.
struct Region {
    /// The place of the first one.
    place: u64,
    /// Of each axis of rows in the array its length, and how far apart neighbours are; along the last one that is 1.
    axes: Vec<[u32; 3]>,
}

impl Region {
    fn new(draw: &Draw<'_>) -> Result<Self, Error> {
        let (mut place, mut stride) = (0, 1);
        // From the last one on.
        let mut axes: Vec<(u64, u64)> = vec![(1, 1)];
        for ((&whole, &start), &length) in draw.array_shape.iter().zip(draw.start).zip(draw.shape).rev() {
            place += start * stride;
            match axes.last_mut() {
                Some((inner, apart)) if *inner * *apart == stride => *inner *= length,
                _ if length == 1 => {}
                _ => axes.push((length, stride)),
            }
            stride *= whole;
        }
        if AXES_AT + 3 * axes.len() > IMMEDIATES_MAX {
            return Err(Error::unsupported(format!("a block of rows along {} axes", axes.len())));
        }
        let words = |(length, stride): (u64, u64)| [length as u32, low(stride), high(stride)];
        Ok(Self { place, axes: axes.into_iter().rev().map(words).collect() })
    }
}

/// How numbers are made of bits.
struct Method {
    /// How many share a Philox block.
    per_block: u32,
    /// The number, as the shader has it: of `words`, `nth` and `place`.
    number: String,
    /// What else it needs.
    functions: String,
    /// Words 9 to 15 of the immediates.
    params: [u32; 7],
}

impl Method {
    fn new(draw: &Draw<'_>, facts: &AdapterFacts) -> Result<Self, Error> {
        use DType::{Boolean, Float32, Float64};
        let dtype = draw.dtype;
        let itemsize = dtype.itemsize() as u32;
        let is_whole = dtype == Boolean || dtype.is_integer();
        let of = |per_block, number: &str, params: &[u32]| {
            let mut all = [0; 7];
            all.iter_mut().zip(params).for_each(|(to, from)| *to = *from);
            Self { per_block, number: number.to_owned(), functions: String::new(), params: all }
        };
        let needs_f64 = match (dtype, draw.distribution) {
            (Float32, Distribution::Uniform { .. } | Distribution::Normal { .. }) => false,
            (Float32 | Float64, _) => true,
            _ => false,
        };
        if needs_f64 && !(facts.has_f64 && facts.has_i64) {
            return Err(Error::unsupported(format!("`{}` has no float64 and int64", facts.name)));
        }
        Ok(match (*draw.distribution, dtype) {
            (Distribution::Bits {}, dtype) if dtype.is_integer() => {
                of(16 / itemsize, &format!("np_bits(words, nth, {}u)", 8 * itemsize), &[])
            }
            (Distribution::Bernoulli { p }, _) if is_whole => {
                // Whole numbers below this are, by 2^-53, below p.
                let below = (p * (1_u64 << 53) as f64).ceil() as u64;
                of(2, "np_bernoulli(words, nth)", &[low(below), high(below)])
            }
            (Distribution::Integers { low, high }, _) if is_whole && fits(dtype, low, high) => {
                integers(low, high.abs_diff(low), of)
            }
            (Distribution::Uniform { low, high }, Float32) => {
                let params = [(low as f32).to_bits(), 0, ((high - low) as f32).to_bits()];
                of(4, "vec2<u32>(bitcast<u32>(np_uniform(words, nth)), 0u)", &params)
            }
            (Distribution::Normal { mean, std }, Float32) => {
                let params = [(mean as f32).to_bits(), 0, (std as f32).to_bits()];
                let number = "vec2<u32>(bitcast<u32>(np_draw_normal(words, nth)), 0u)";
                Self { functions: quantile_f32(), ..of(4, number, &params) }
            }
            (Distribution::Uniform { low, high }, Float64) => {
                of(2, "np64_words(np64_uniform(words, nth))", &doubles([low, high - low]))
            }
            (Distribution::Normal { mean, std }, Float64) => {
                let number = "np64_words(np64_draw_normal(words, nth))";
                Self { functions: quantile_f64(), ..of(2, number, &doubles([mean, std])) }
            }
            (Distribution::Exponential { scale }, Float64) => {
                of(2, "np64_words(np64_exponential(words, nth))", &doubles([scale]))
            }
            (Distribution::Exponential { scale }, Float32) => {
                let number = "vec2<u32>(bitcast<u32>(f32(np64_exponential(words, nth))), 0u)";
                of(2, number, &doubles([scale]))
            }
            (other, dtype) => return Err(Error::unsupported(format!("random {dtype} numbers of {other}"))),
        })
    }

    fn shader(&self, dtype: DType, n_axes: usize, facts: &AdapterFacts) -> Shader {
        let multiply = if facts.has_i64 { "np_product_wide" } else { "np_product_halves" };
        let (per_block, number) = (self.per_block, &self.number);
        let types = format!(
            "const ITEM_BITS: u32 = {}u;\nconst PER_BLOCK: u32 = {per_block}u;\nconst BLOCK_SHIFT: u32 = {}u;\n\
             const N_AXES: u32 = {n_axes}u;\n\
             fn product(a: u32, b: u32) -> vec2<u32> {{ return {multiply}(a, b); }}\n\
             fn number(words: vec4<u32>, nth: u32, place: vec2<u32>) -> vec2<u32> {{ return {number}; }}\n{}",
            8 * dtype.itemsize(),
            per_block.trailing_zeros(),
            self.functions,
        );
        named("random", include_str!("../../../../shaders/random.wgsl"), &types, &[true])
    }
}

/// Whether a boolean or integer dtype holds all integers of a range.
fn fits(dtype: DType, low: i128, high: i128) -> bool {
    let all = 1_i128 << (8 * dtype.itemsize());
    let held = match dtype {
        DType::Boolean => 0..2,
        DType::Int8 | DType::Int16 | DType::Int32 | DType::Int64 => -all / 2..all / 2,
        _ => 0..all,
    };
    held.start <= low && high <= held.end
}

/// Equally likely integers from `least` on, by a function of how many share a block, the number and parameters.
fn integers(least: i128, n: u128, of: impl Fn(u32, &str, &[u32]) -> Method) -> Method {
    let least = least as u64;
    let again = |n_bits: u32| ((1_u128 << n_bits) % n) as u64;
    let words = |n: u64| {
        let again_64 = again(64);
        [low(least), high(least), low(n), high(n), low(again_64), high(again_64), low(again(32))]
    };
    const ALL_32: u128 = 1 << 32;
    const ALL_64: u128 = 1 << 64;
    match n {
        ALL_32 => of(4, "np_integers_all(vec2<u32>(np_word(words, nth), 0u))", &words(0)),
        ALL_64 => of(2, "np_integers_all(np_pair(words, nth))", &words(0)),
        0..ALL_32 => of(4, "np_integers_narrow(words, nth, place)", &words(n as u64)),
        _ => of(2, "np_integers_wide(words, nth, place)", &words(n as u64)),
    }
}

fn doubles<const N: usize>(numbers: [f64; N]) -> Vec<u32> {
    numbers.iter().map(|number| number.to_bits()).flat_map(|bits| [low(bits), high(bits)]).collect()
}

/// What `shared/normal.wgsl` needs, in double precision.
fn quantile_f64() -> String {
    ratio("centre", "f64", "lf", &normal::CENTRE)
        + &ratio("tail", "f64", "lf", &normal::TAIL)
        + &ratio("far", "f64", "lf", &normal::FAR)
        + &format!(
            "const MIDDLE: f64 = {:?}lf;\nconst MIDDLE_SQUARE: f64 = {:?}lf;\nconst FAR_BELOW: f64 = {:?}lf;\n",
            normal::MIDDLE,
            normal::MIDDLE_SQUARE,
            normal::FAR_BELOW
        )
}

/// And in single precision.
fn quantile_f32() -> String {
    ratio("centre", "f32", "f", &normal::CENTRE_F32)
        + &ratio("tail", "f32", "f", &normal::TAIL_F32)
        + &format!(
            "const MIDDLE_F32: u32 = {}u;\nconst MIDDLE_SQUARE: f32 = {:?}f;\n",
            normal::MIDDLE_F32,
            normal::MIDDLE_SQUARE as f32
        )
}

/// A function of the shader: one polynomial over another.
fn ratio<T: std::fmt::Debug, const N: usize>(
    name: &str,
    ty: &str,
    suffix: &str,
    ratio: &Ratio<T, N>,
) -> String {
    let mut text = format!("fn {name}(x: {ty}) -> {ty} {{\n");
    for (side, coefficients) in [("above", &ratio.above), ("below", &ratio.below)] {
        let sum = coefficients.iter().map(|number| format!("{number:?}{suffix}"));
        let sum = sum.reduce(|sum, number| format!("({sum} * x + {number})")).unwrap_or_default();
        _ = writeln!(text, "let {side} = {sum};");
    }
    text + "return above / below;\n}\n"
}

#[cfg(test)]
mod tests;
