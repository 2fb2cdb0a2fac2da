//! Against values of 20 digits, computed with mpmath.

#![expect(clippy::approx_constant, reason = "arguments and results are to be read side by side")]

use proptest::prelude::*;

use super::*;

const LN: [(f64, f64); 13] = [
    (1.1102230246251565e-16, -36.736800569677101399),
    (1e-300, -690.77552789821370518),
    (1e-05, -11.512925464970228338),
    (0.1, -2.3025850929940456285),
    (0.5, -0.69314718055994530942),
    (0.7, -0.35667494393873244235),
    (0.70710678, -0.3465735919580041927),
    (0.70710679, -0.34657357781586873119),
    (0.999999999, -9.9999997221806850863e-10),
    (1.0000000001, 1.0000000826903709908e-10),
    (1.5, 0.40546510810816438198),
    (36.7, 3.602776755060524665),
    (1e300, 690.77552789821370526),
];

const EXP: [(f64, f64); 14] = [
    (-744.0, 7.6719447041799790739e-324),
    (-700.5, 5.9801961186397912064e-305),
    (-36.7, 1.1518409493076096322e-16),
    (-1.0, 0.3678794411714423216),
    (-0.3, 0.74081822068171787429),
    (-1e-09, 0.9999999990000000005),
    (0.0, 1.0),
    (1e-09, 1.0000000010000000005),
    (0.3465, 1.4141094938303624151),
    (0.5, 1.6487212707001281468),
    (1.0, 2.7182818284590452354),
    (20.25, 622964442.19844548365),
    (700.0, 1.0142320547350045095e304),
    (709.7, 1.6549840276802644031e308),
];

/// How many numbers lie between two of the same sign.
fn ulps(a: f64, b: f64) -> u64 {
    a.to_bits().abs_diff(b.to_bits())
}

#[test]
fn known_values() {
    for (x, expect) in LN {
        assert!(ulps(ln(x), expect) <= 1, "ln({x}) is {}, not {expect}", ln(x));
        // 2^-24 relative, and what x itself loses.
        if x > 1e-30 && x < 1e30 {
            let (x, expect) = (x as f32, libm::log(f64::from(x as f32)));
            let error = (f64::from(ln_f32(x)) - expect).abs();
            assert!(error <= 1.2e-7 * expect.abs().max(1e-30), "ln({x}) is {}, not {expect}", ln_f32(x));
        }
    }
    for (x, expect) in EXP {
        assert!(ulps(exp(x), expect) <= 1, "exp({x}) is {}, not {expect}", exp(x));
    }
}

#[test]
fn ends_of_the_range() {
    assert_eq!((ln(1.0), ln_f32(1.0)), (0.0, 0.0));
    assert_eq!((exp(f64::NEG_INFINITY), exp(-746.5), exp(-1e300)), (0.0, 0.0, 0.0));
    assert_eq!((exp(f64::INFINITY), exp(709.9), exp(1e300)), (f64::INFINITY, f64::INFINITY, f64::INFINITY));
}

proptest! {
    #[test]
    fn near_to_libm(x in 1e-16_f64..1e16, y in -700.0..700.0_f64) {
        prop_assert!(ulps(ln(x), libm::log(x)) <= 1);
        prop_assert!(ulps(exp(y), libm::exp(y)) <= 2);
    }
}
