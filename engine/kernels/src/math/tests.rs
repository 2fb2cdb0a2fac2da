//! Functions of single precision against those of double precision, and the constants that shaders share.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{
    angles::*, division::*, exponentials, logarithms, powers::*, shader_constants, trigonometric::*,
};

/// Every so many bit patterns are tried; a prime, so that all kinds of mantissas come.
const STEP: usize = 65_521;
/// What is promised.
const ULPS_MAX: f64 = 4.0;

const ENDS: [f32; 20] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    2.0,
    -3.0,
    0.5,
    -0.5,
    f32::INFINITY,
    f32::NEG_INFINITY,
    f32::NAN,
    f32::MAX,
    f32::MIN,
    f32::MIN_POSITIVE,
    1e-45,
    -1e-45,
    1.000_000_1,
    0.999_999_94,
    16_777_215.0,
    -8_388_607.5,
];

/// How many units in the last place of `expect` the result is off; infinitely many if one is NaN, or the zero or the
/// infinity another. `size` is that of the largest number that entered, if it is the unit's measure.
fn ulps(given: f32, expect: f64, size: f64) -> f64 {
    let rounded = expect as f32;
    if rounded.is_nan() || given.is_nan() {
        return if rounded.is_nan() && given.is_nan() { 0.0 } else { f64::INFINITY };
    }
    if rounded == given && (rounded != 0.0 || rounded.to_bits() == given.to_bits() || size > 0.0) {
        return if rounded == 0.0 || rounded.is_infinite() {
            0.0
        } else {
            (f64::from(given) - expect).abs() / unit(expect, size)
        };
    }
    if rounded == 0.0 && given == 0.0 {
        return f64::INFINITY;
    }
    // Next to infinity: the greatest finite number is one step away.
    let clamped = f64::from(given.clamp(f32::MIN, f32::MAX));
    (clamped - expect.clamp(-3.5e38, 3.5e38)).abs() / unit(expect, size)
}

fn unit(expect: f64, size: f64) -> f64 {
    let size = expect.abs().max(size).clamp(f32::MIN_POSITIVE.into(), f32::MAX.into());
    f64::from_bits(size.to_bits() & 0x7ff0_0000_0000_0000) / f64::from(1_u32 << 23)
}

#[track_caller]
fn check_one(name: &str, f: impl Fn(f32) -> f32, oracle: impl Fn(f64) -> f64) {
    let patterns = (0..=u32::MAX).step_by(STEP).map(f32::from_bits);
    for x in patterns.chain(ENDS) {
        let expect = oracle(x.into());
        let off = ulps(f(x), expect, 0.0);
        assert!(off <= ULPS_MAX, "{name}({x:e}) is {:e}, not {expect:e}: off by {off} ulps", f(x));
    }
}

#[test]
fn functions_of_one_are_near_to_those_of_double_precision() {
    use super::{exponentials::*, logarithms::*};
    check_one("exp", exp, libm::exp);
    check_one("exp2", exp2, libm::exp2);
    check_one("expm1", expm1, libm::expm1);
    check_one("log", log, libm::log);
    check_one("log2", log2, libm::log2);
    check_one("log10", log10, libm::log10);
    check_one("log1p", log1p, libm::log1p);
    check_one("sin", sin, libm::sin);
    check_one("cos", cos, libm::cos);
    check_one("tan", tan, libm::tan);
    check_one("arcsin", arcsin, libm::asin);
    check_one("arccos", arccos, libm::acos);
    check_one("arctan", arctan, libm::atan);
    check_one("sinh", sinh, libm::sinh);
    check_one("cosh", cosh, libm::cosh);
    check_one("tanh", tanh, libm::tanh);
    check_one("arcsinh", arcsinh, libm::asinh);
    // libm's is finite for numbers near to -1e4.
    check_one("arccosh", arccosh, |x| if x < 1.0 { f64::NAN } else { libm::acosh(x) });
    check_one("arctanh", arctanh, libm::atanh);
    check_one("cbrt", cbrt, libm::cbrt);
}

#[test]
fn easy_angles_have_the_same_results() {
    for x in (0..=u32::MAX).step_by(STEP).map(f32::from_bits).filter(|&x| is_easy(x)) {
        assert_eq!(
            (sin_easy(x).to_bits(), cos_easy(x).to_bits(), tan_easy(x).to_bits()),
            (sin(x).to_bits(), cos(x).to_bits(), tan(x).to_bits()),
            "of {x:e}"
        );
    }
}

#[test]
fn hard_angles() {
    let times_2_to = |mantissa: f32, exponent| mantissa * 2_f32.powi(exponent);
    for x in [
        // Those nearest to a multiple of π / 2, on one side and the other.
        times_2_to(16_367_173.0, 72),
        times_2_to(10_741_887.0, 11),
        times_2_to(14_173_733.0, 88),
        times_2_to(14_015_064.0, 66),
        // Where the ways part.
        12_800.0,
        12_800.001,
        355.0,
        710.0,
        1e22,
    ] {
        for (name, given, expect) in [
            ("sin", sin(x), libm::sin(x.into())),
            ("cos", cos(-x), libm::cos(x.into())),
            ("tan", -tan(-x), libm::tan(x.into())),
        ] {
            let off = ulps(given, expect, 0.0);
            assert!(off <= ULPS_MAX, "{name}({x:e}) is {given:e}, not {expect:e}");
        }
    }
}

fn log_sum(a: f64, b: f64) -> f64 {
    if a == b { a + std::f64::consts::LN_2 } else { a.max(b) + libm::log1p(libm::exp(-(a - b).abs())) }
}

fn log2_sum(a: f64, b: f64) -> f64 {
    if a == b {
        a + 1.0
    } else {
        a.max(b) + libm::log1p(libm::exp2(-(a - b).abs())) * std::f64::consts::LOG2_E
    }
}

type OfTwo = (&'static str, fn(f32, f32) -> f32, fn(f64, f64) -> f64);

const OF_TWO: [OfTwo; 6] = [
    ("power", power, libm::pow),
    ("arctan2", arctan2, libm::atan2),
    ("hypot", hypot, libm::hypot),
    ("fmod", fmod, libm::fmod),
    ("logaddexp", logarithms::logaddexp, log_sum),
    ("logaddexp2", logarithms::logaddexp2, log2_sum),
];

fn check_two(a: f32, b: f32) {
    for (name, f, oracle) in OF_TWO {
        let (given, expect) = (f(a, b), oracle(a.into(), b.into()));
        // Sums of powers may cancel: then the unit is that of their exponents.
        let is_sum = name.starts_with("logaddexp") && !a.is_nan() && !b.is_nan();
        let size = if is_sum { f64::from(a.abs().max(b.abs())).min(f32::MAX.into()) } else { 0.0 };
        let off = ulps(given, expect, size);
        let allowed = if name == "fmod" { 0.0 } else { ULPS_MAX };
        assert!(off <= allowed, "{name}({a:e}, {b:e}) is {given:e}, not {expect:e}: off by {off} ulps");
    }
}

#[test]
fn functions_of_two_at_the_ends() {
    for a in ENDS {
        for b in ENDS {
            check_two(a, b);
        }
    }
}

#[test]
fn functions_of_two_are_near_to_those_of_double_precision() {
    // Two sequences of patterns that do not repeat together.
    let patterns = (0..200_000_u32).map(|i| (i.wrapping_mul(2_654_435_761), i.wrapping_mul(0x85eb_ca6b) ^ i));
    for (a, b) in patterns {
        check_two(f32::from_bits(a), f32::from_bits(b));
    }
}

proptest! {
    #[test]
    fn functions_of_two_of_usual_numbers(a in -20.0_f32..20.0, b in -20.0_f32..20.0, near_1 in 0.9_f32..1.1) {
        check_two(a, b);
        check_two(a.abs(), b);
        check_two(near_1, b * 40.0);
    }
}

#[test]
fn powers_of_ten_have_whole_logarithms() {
    for n in 0..=10 {
        assert_eq!(logarithms::log10(10_f32.powi(n)), n as f32);
    }
    for n in -149..128 {
        let x = exponentials::exp2(n as f32);
        assert_eq!((f64::from(x), logarithms::log2(x)), (libm::exp2(n.into()), n as f32));
    }
}

/// What a shader names and nobody declares, and the other way round.
fn in_one_only(shader: &str, constants: &str, prefix: &str) -> Vec<String> {
    let words = shader.split(|char: char| !char.is_ascii_alphanumeric() && char != '_');
    let named: BTreeSet<&str> = words.filter(|word| word.len() > 3 && word.starts_with(prefix)).collect();
    let lines = constants.lines().filter_map(|line| line.strip_prefix("const "));
    let declared = lines.map(|line| line.split([' ', ':']).next().unwrap()).collect();
    named.symmetric_difference(&declared).map(ToString::to_string).collect()
}

#[test]
fn shaders_name_the_constants_that_there_are() {
    let single = include_str!("../../../../shaders/shared/math.wgsl");
    assert_eq!(in_one_only(single, &shader_constants(), "NP_"), [""; 0]);
    let double = include_str!("../../../../shaders/shared/math_f64.wgsl");
    let constants = include_str!("../../../../shaders/shared/math_f64_constants.wgsl");
    assert_eq!(in_one_only(double, constants, "NP64_"), [""; 0]);
}

#[test]
fn shaders_read_the_values_that_there_are() {
    let constants = shader_constants();
    let value = |name: &str| {
        let line = constants.lines().find(|line| line.starts_with(&format!("const {name}: "))).unwrap();
        line.split(" = ").nth(1).unwrap().trim_end_matches(';').to_owned()
    };
    assert_eq!(value("NP_SIN_2").trim_end_matches('f').parse(), Ok(-0.000_195_178_97_f32));
    assert_eq!(value("NP_HALF_PI_0"), "1.5703125f");
    assert_eq!(value("NP_SQRT_HALF_BITS"), "0x3f3504f3u");
}
