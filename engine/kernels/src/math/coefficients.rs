//! The numbers that the functions of single precision are made of, for the CPU and for shaders.
//!
//! Polynomials were fitted by Remez's algorithm to the least relative error of the function, coefficient by coefficient,
//! each rounded before the next was fitted. Constants in parts are cut so that products with the whole numbers they meet
//! are exact: fused or not, such a product is the same.

use std::f32::consts;
use std::fmt::Write;

macro_rules! constants {
    ($list:ident: $type:ty; $($(#[doc = $doc:literal])* $name:ident = $value:expr;)*) => {
        $($(#[doc = $doc])* pub(super) const $name: $type = $value;)*

        const $list: &[(&str, $type)] = &[$((stringify!($name), $name)),*];
    };
}

constants! {
    FLOATS: f32;
    /// What a whole number below 2^22 is added to, to have it in the lowest bits.
    COUNTER = 12_582_912.0;
    /// Below this, odd functions are their argument.
    TINY = 1.490_116_1e-8;
    LOG2_E = consts::LOG2_E;
    /// log2(e) - 1.
    LOG2_E_REST = 0.442_695_05;
    /// 15 bits, for exponents of 9.
    LN_2_HIGH = 0.693_145_75;
    LN_2_LOW = 1.428_606_8e-6;
    LN_2 = consts::LN_2;
    /// 12 bits.
    LOG10_E_HIGH = 0.434_204_1;
    LOG10_E_LOW = 9.038_034e-5;
    LOG10_E = consts::LOG10_E;
    /// 15 bits.
    LOG10_2_HIGH = 0.301_025_4;
    LOG10_2_LOW = 4.605_039e-6;
    PI = consts::PI;
    /// What is missing from [`PI`].
    PI_REST = -8.742_278e-8;
    HALF_PI = consts::FRAC_PI_2;
    HALF_PI_REST = -4.371_139e-8;
    QUARTER_PI = consts::FRAC_PI_4;
    TWO_OVER_PI = consts::FRAC_2_PI;
    /// π / 2 in parts of 11 bits, for multiples below 2^13.
    HALF_PI_0 = 1.570_312_5;
    HALF_PI_1 = 4.837_513e-4;
    HALF_PI_2 = 7.549_533_6e-8;
    HALF_PI_3 = 2.563_344e-12;
    /// What [`HALF_PI_0`] leaves.
    HALF_PI_LOW = 4.838_268e-4;
    /// Beyond these, angles are reduced by whole numbers instead.
    ANGLE_MAX = 12_800.0;
    TWO_POW_MINUS_24 = 5.960_464_5e-8;
    TWO_POW_MINUS_48 = 3.552_713_7e-15;
    TWO_POW_MINUS_64 = 5.421_011e-20;
    /// Beyond these, the exponential is infinite, zero, and -1 when 1 is taken off.
    EXP_MAX = 89.0;
    EXP_MIN = -104.0;
    EXPM1_MIN = -25.0;
    EXP2_MAX = 128.5;
    EXP2_MIN = -151.0;
    /// cosh(r) - 1 is even, of r²; sinh(r) - r is odd. To 2^-33 where |r| <= ln(2) / 2.
    EXP_EVEN_0 = 0.5;
    EXP_EVEN_1 = 0.041_666_46;
    EXP_EVEN_2 = 0.001_393_543_8;
    EXP_ODD_0 = 0.166_666_67;
    EXP_ODD_1 = 0.008_333_175;
    EXP_ODD_2 = 0.000_199_740_68;
    /// (2^r - 1) / r where |r| <= 1/2, to 2^-26.
    EXP2_0 = consts::LN_2;
    EXP2_1 = 0.240_225_94;
    EXP2_2 = 0.055_503_663;
    EXP2_3 = 0.009_625_444;
    EXP2_4 = 0.001_338_793_2;
    EXP2_5 = 0.000_133_331_15;
    /// (ln(1 + f) - f + f² / 2) / f³ where 1 + f is between √½ and √2, to 2^-27 of the logarithm.
    LOG_0 = 0.333_333_3;
    LOG_1 = -0.250_008_23;
    LOG_2 = 0.200_012_61;
    LOG_3 = -0.166_230_6;
    LOG_4 = 0.142_004_88;
    LOG_5 = -0.131_649_69;
    LOG_6 = 0.127_727_79;
    LOG_7 = -0.076_259_88;
    /// √½ - 1 and √2 - 1: between them 1 + x need not be split.
    LOG1P_MIN = -0.292_893_2;
    LOG1P_MAX = 0.414_213_54;
    /// (sin(r) - r) / r³, of r², where |r| <= π / 4, to 2^-28.
    SIN_0 = -0.166_666_55;
    SIN_1 = 0.008_332_187;
    SIN_2 = -0.000_195_178_97;
    /// (cos(r) - 1 + r² / 2) / r⁴, to 2^-33.
    COS_0 = 0.041_666_646;
    COS_1 = -0.001_388_731;
    COS_2 = 2.443_232_7e-5;
    /// (tan(r) - r) / r³, to 2^-29.
    TAN_0 = 0.333_333_5;
    TAN_1 = 0.133_326_72;
    TAN_2 = 0.054_059_442;
    TAN_3 = 0.021_282_809;
    TAN_4 = 0.010_837_557;
    TAN_5 = 8.409_642e-5;
    TAN_6 = 0.004_380_23;
    /// Nothing beside a root, and no zero.
    TINY_DIVISOR = 1.0e-30;
    /// (arcsin(x) - x) / x³, of x², where |x| <= 1/2, to 2^-27.
    ARCSIN_0 = 0.166_667_52;
    ARCSIN_1 = 0.074_953_064;
    ARCSIN_2 = 0.045_469_772;
    ARCSIN_3 = 0.024_180_774;
    ARCSIN_4 = 0.042_166_412;
    /// (arctan(x) - x) / x³, of x², where |x| <= 1, to 2^-28.
    ARCTAN_0 = -0.333_333;
    ARCTAN_1 = 0.199_985_3;
    ARCTAN_2 = -0.142_640_14;
    ARCTAN_3 = 0.109_508_61;
    ARCTAN_4 = -0.083_992_08;
    ARCTAN_5 = 0.057_878_87;
    ARCTAN_6 = -0.031_093_534;
    ARCTAN_7 = 0.010_866_272;
    ARCTAN_8 = -0.001_782_145_1;
    /// Beyond these two numbers are multiplied before they are divided, by 2^-32 or 2^64.
    ARCTAN_MAX = 1.0e30;
    ARCTAN_MIN = 1.0e18;
    ARCTAN_DOWN = 2.328_306_4e-10;
    ARCTAN_UP = 1.844_674_4e19;
    /// Up to here the hyperbolic tangent is a polynomial, and from there on it is 1.
    TANH_SMALL = 0.625;
    TANH_MAX = 10.0;
    /// (tanh(x) - x) / x³, of x², where |x| <= [`TANH_SMALL`], to 2^-28.
    TANH_0 = -0.333_332_8;
    TANH_1 = 0.133_314_06;
    TANH_2 = -0.053_736_515;
    TANH_3 = 0.020_628_167;
    TANH_4 = -0.005_692_296;
    /// (arcsinh(x) - x) / x³, of x², where |x| <= 1/2, to 2^-29.
    ARCSINH_0 = -0.166_666_43;
    ARCSINH_1 = 0.074_986_406;
    ARCSINH_2 = -0.044_383_068;
    ARCSINH_3 = 0.028_162_472;
    ARCSINH_4 = -0.013_227_357_5;
    /// (arctanh(x) - x) / x³, of x², where |x| <= 1/2, to 2^-29.
    ARCTANH_0 = 0.333_333;
    ARCTANH_1 = 0.200_026_15;
    ARCTANH_2 = 0.142_207_6;
    ARCTANH_3 = 0.118_415_28;
    ARCTANH_4 = 0.050_647_315;
    ARCTANH_5 = 0.177_739_02;
    /// From here on 1 beside x² is nothing.
    ARCSINH_LARGE = 16_384.0;
    /// 2 / (3 ln(2)) in 12 bits, its rest, and as it is.
    POWER_SCALE_HIGH = 0.961_669_9;
    POWER_SCALE_LOW = 0.000_126_772_05;
    POWER_SCALE = 0.961_796_7;
    /// (3 arctanh(s) / s - 3 - s²) / s⁴, of s², where |s| <= 3 - 2√2, to 2^-36 of the logarithm.
    POWER_0 = 0.600_002_3;
    POWER_1 = 0.428_206_32;
    POWER_2 = 0.351_295_92;
    /// Exponents beyond this make every power but that of 1 infinite or zero.
    POWER_EXPONENT_MAX = 8_589_934_592.0;
    /// Between these squares are normal; beyond, numbers are multiplied by 2^90 or 2^-90.
    HYPOT_MAX = 1.0e18;
    HYPOT_MIN = 1.0e-12;
    HYPOT_UP = 1.237_940_1e27;
    HYPOT_DOWN = 8.077_936e-28;
    /// Their roots: 2^45 and 2^-45.
    ROOT_UP = 3.518_437_2e13;
    ROOT_DOWN = 2.842_171e-14;
    /// Roots of numbers from 1 to 2, to 2^-13.
    CBRT_SEED_0 = 0.552_823_4;
    CBRT_SEED_1 = 0.587_114_4;
    CBRT_SEED_2 = -0.162_969_83;
    CBRT_SEED_3 = 0.023_105_02;
    CBRT_OF_2 = 1.259_921_1;
    CBRT_OF_4 = 1.587_401;
    /// 1 / (1 - e)^(1/3) is 1 + e / 3 + e² 2 / 9 + e³ 14 / 81 + ...
    CBRT_0 = 1.0 / 3.0;
    CBRT_1 = 2.0 / 9.0;
    CBRT_2 = 14.0 / 81.0;
}

constants! {
    WORDS: u32;
    MAGNITUDE_BITS = 0x7fff_ffff;
    SIGN_BIT = 0x8000_0000;
    MANTISSA_BITS = 0x007f_ffff;
    INFINITY_BITS = 0x7f80_0000;
    NAN_BITS = 0x7fc0_0000;
    ONE_BITS = 0x3f80_0000;
    /// The least normal number.
    NORMAL_BITS = 0x0080_0000;
    /// √½, where numbers are cut for logarithms.
    SQRT_HALF_BITS = 0x3f35_04f3;
    /// [`COUNTER`].
    COUNTER_BITS = 0x4b40_0000;
    /// The upper bits of a mantissa, 12 of which multiply exactly.
    UPPER_12 = 0xffff_f000;
    UPPER_11 = 0xffff_e000;
    UPPER_16 = 0xffff_ff00;
    UPPER_8 = 0xffff_0000;
    /// Half of what [`UPPER_8`] cuts.
    HALF_OF_UPPER_8 = 0x0000_8000;
    /// The binary digits of 2 / π.
    TWO_OVER_PI_0 = 0xa2f9_836e;
    TWO_OVER_PI_1 = 0x4e44_1529;
    TWO_OVER_PI_2 = 0xfc27_57d1;
    TWO_OVER_PI_3 = 0xf534_ddc0;
    TWO_OVER_PI_4 = 0xdb62_9599;
    TWO_OVER_PI_5 = 0x3c43_9041;
    TWO_OVER_PI_6 = 0xfe51_63ab;
}

/// Lines of WGSL that declare the constants which `shaders/shared/math.wgsl` names, with the very values that the CPU's
/// functions have.
#[must_use]
pub fn shader_constants() -> String {
    let mut lines = String::new();
    for &(name, value) in FLOATS {
        // A double's digits say exactly which single it is, however a reader rounds.
        let _ = writeln!(lines, "const NP_{name}: f32 = {:?}f;", f64::from(value));
    }
    for &(name, value) in WORDS {
        let _ = writeln!(lines, "const NP_{name}: u32 = {value:#010x}u;");
    }
    lines
}
