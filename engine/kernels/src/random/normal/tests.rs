//! Against values of 20 digits, computed with mpmath.

use super::*;

/// Probabilities below ½, and the numbers there.
const QUANTILES: [(f64, f64); 23] = [
    (1.1102230246251565e-16, -8.2095361516013868556),
    (3.3306690738754696e-16, -8.0765710041301246502),
    (1e-15, -7.9413453261709967713),
    (1e-12, -7.0344838253011319326),
    (1.3887943864964e-11, -6.6579046435011038061),
    (1.5e-11, -6.6465708874771128614),
    (1e-09, -5.9978070150076868614),
    (1e-06, -4.7534243088228989573),
    (0.0001, -3.7190164854556805523),
    (0.01, -2.3263478740408410931),
    (0.05, -1.644853626951472688),
    (0.0749, -1.4402382675279636631),
    (0.075, -1.4395314709384559349),
    (0.0751, -1.4388253927525399824),
    (0.1, -1.2815515655446004353),
    (0.2, -0.84162123357291416552),
    (0.3, -0.52440051270804081597),
    (0.4, -0.25334710313579974132),
    (0.45, -0.12566134685507400616),
    (0.49, -0.025068908258711058033),
    (0.499, -0.0025066308995717662317),
    (0.4999990463256836, -2.3905070062955740613e-6),
    (0.4999999999990905, -2.2797651350911114627e-12),
];

#[test]
fn known_values() {
    for (p, expect) in QUANTILES {
        let found = quantile(p);
        // Near ½ the distance to it is exact in p, so the table's error is that of p only.
        assert!(((found - expect) / expect).abs() < 1e-15, "{p}: {found} and not {expect}");
    }
}

#[test]
fn the_upper_half_mirrors_the_lower() {
    for idx in 1..1000_u32 {
        let p = f64::from(idx) / 2048.0;
        assert_eq!(quantile(1.0 - p), -quantile(p), "{p}");
    }
    assert_eq!(quantile(0.5), 0.0);
}

/// Rows that end within a vector, tails all over the place or nowhere: each number is that of its own probability.
#[test]
fn rows_are_made_of_single_numbers() {
    for len in [0, 1, 63, 64, 65, PIECE, PIECE + 1, 3 * PIECE - 7] {
        for (least, most) in [(1e-13, 1.0), (0.2, 0.6), (1e-14, 1e-2), (0.99, 0.999)] {
            let mut numbers: Vec<f64> =
                (0..len).map(|idx| least + (most - least) * ((idx * 7919 % 1009) as f64 / 1010.0)).collect();
            let expect: Vec<f64> = numbers.iter().map(|&p| 10.0 + 2.0 * quantile(p)).collect();
            quantiles(&mut numbers, 10.0, 2.0);
            assert_eq!(numbers, expect);
        }
    }
}

#[test]
fn single_precision_is_near() {
    let steps = (0..=u32::MAX).step_by(65_521).chain([1, 2, u32::MAX - 1, 1 << 31, (1 << 31) - 1]);
    let bits: Vec<u32> = steps.collect();
    let words: Vec<u64> = bits
        .chunks(2)
        .map(|two| u64::from(two[0]) | u64::from(two.get(1).copied().unwrap_or(0)) << 32)
        .collect();
    let mut numbers = vec![0.0; bits.len()];
    quantiles_f32(&words, &mut numbers, 0.0, 1.0);
    for (&bits, &number) in bits.iter().zip(&numbers) {
        let expect = quantile((f64::from(bits) + 0.5) / 4_294_967_296.0);
        let error = (f64::from(number) - expect).abs();
        assert!(error <= 1e-6 * expect.abs() + 1e-9, "{bits}: {number} and not {expect}");
    }
}
