//! Logarithm and exponential without branches, for loops that the compiler turns into vector instructions.
//!
//! Only additions, multiplications and divisions that are rounded as IEEE 754 says, none of them fused: the result has
//! the same bits on every machine. Formulas and coefficients are those of FreeBSD's `e_log.c`, `e_logf.c` and `e_exp.c`.

#![expect(clippy::excessive_precision, reason = "coefficients stand here as they were published")]

/// The exponent's bias and a half-way mantissa: numbers are cut at the square root of ½ rather than at 1.
const SQRT_HALF_BITS: u64 = 0x3fe6_a09e_0000_0000;
const ONE_BITS: u64 = 0x3ff0_0000_0000_0000;
const MANTISSA_BITS: u64 = 0x000f_ffff_ffff_ffff;
/// 2^52, whose mantissa counts in ones.
const COUNTER_BITS: u64 = 0x4330_0000_0000_0000;
const COUNTER: f64 = 4_503_599_627_370_496.0;

const LN_2_HIGH: f64 = 6.931_471_803_691_238_164_90e-1;
const LN_2_LOW: f64 = 1.908_214_929_270_587_700_02e-10;

/// The natural logarithm of a positive, normal, finite number, to less than one unit in the last place.
#[inline(always)]
pub(crate) fn ln(x: f64) -> f64 {
    let bits = x.to_bits().wrapping_add(ONE_BITS - SQRT_HALF_BITS);
    let exponent = f64::from_bits((bits >> 52) | COUNTER_BITS) - (COUNTER + 1023.0);
    let f = f64::from_bits((bits & MANTISSA_BITS).wrapping_add(SQRT_HALF_BITS)) - 1.0;
    let half_square = 0.5 * f * f;
    let s = f / (2.0 + f);
    let z = s * s;
    let w = z * z;
    let even = w
        * (3.999_999_999_940_941_908e-1
            + w * (2.222_219_843_214_978_396e-1 + w * 1.531_383_769_920_937_332e-1));
    let odd = z
        * (6.666_666_666_666_735_130e-1
            + w * (2.857_142_874_366_239_149e-1
                + w * (1.818_357_216_161_805_012e-1 + w * 1.479_819_860_511_658_591e-1)));
    s * (half_square + (odd + even)) + exponent * LN_2_LOW - half_square + f + exponent * LN_2_HIGH
}

/// [`ln`] of any number: of 0 it is infinite, of negative ones NaN.
#[inline(always)]
pub(crate) fn ln_of_any(x: f64) -> f64 {
    // Subnormal numbers are made normal first.
    let is_tiny = x < f64::MIN_POSITIVE;
    let (scaled, exponent) = if is_tiny { (x * 18_014_398_509_481_984.0, 54.0) } else { (x, 0.0) };
    let finite = ln(scaled) - exponent * std::f64::consts::LN_2;
    if x > 0.0 && x < f64::INFINITY {
        finite
    } else if x == 0.0 {
        f64::NEG_INFINITY
    } else if x < 0.0 {
        f64::NAN
    } else {
        x
    }
}

/// [`ln`] in single precision.
#[inline(always)]
pub(crate) fn ln_f32(x: f32) -> f32 {
    let bits = x.to_bits().wrapping_add(0x3f80_0000 - 0x3f35_04f3);
    let exponent = ((bits >> 23) as i32 - 127) as f32;
    let f = f32::from_bits((bits & 0x007f_ffff).wrapping_add(0x3f35_04f3)) - 1.0;
    let half_square = 0.5 * f * f;
    let s = f / (2.0 + f);
    let z = s * s;
    let w = z * z;
    let even = w * (0.400_009_72 + w * 0.242_790_79);
    let odd = z * (0.666_666_63 + w * 0.284_987_87);
    s * (half_square + (odd + even)) + exponent * 9.058_000_6e-6 - half_square + f + exponent * 6.931_381_2e-1
}

/// Beyond these the exponential is zero, and infinite.
const EXP_RANGE: [f64; 2] = [-746.0, 710.0];
/// 1.5 × 2^52: adding it rounds to an integer, which then stands in the lowest bits.
const ROUNDER: f64 = 6_755_399_441_055_744.0;

/// The exponential, to less than two units in the last place.
#[inline(always)]
pub(crate) fn exp(x: f64) -> f64 {
    let x = x.clamp(EXP_RANGE[0], EXP_RANGE[1]);
    let rounded = x * std::f64::consts::LOG2_E + ROUNDER;
    let exponent = rounded - ROUNDER;
    let high = x - exponent * LN_2_HIGH;
    let low = exponent * LN_2_LOW;
    let r = high - low;
    let t = r * r;
    let c = r - t
        * (1.666_666_666_666_660_190_37e-1
            + t * (-2.777_777_777_701_559_338_42e-3
                + t * (6.613_756_321_437_934_361_17e-5
                    + t * (-1.653_390_220_546_525_153_90e-6 + t * 4.138_136_797_057_238_460_39e-8))));
    let mantissa = 1.0 - ((low - (r * c) / (2.0 - c)) - high);
    // In two steps: neither 2^1024 nor 2^-1074 is a normal number.
    let biased = rounded.to_bits().wrapping_sub(ROUNDER.to_bits()).wrapping_add(2046);
    let half = biased >> 1;
    mantissa * f64::from_bits(half << 52) * f64::from_bits((biased - half) << 52)
}

#[cfg(test)]
mod tests;
