//! Incomplete Gamma and Beta functions, for cumulative functions that have no formula.

use libm::lgamma;

const STEPS_MAX: u32 = 10_000;
const NEGLIGIBLE: f64 = 1e-14;

/// The normal distribution's cumulative function.
pub(super) fn normal(x: f64) -> f64 {
    0.5 * libm::erfc(-x / std::f64::consts::SQRT_2)
}

/// The Gamma distribution's cumulative function: a series below the mean, one minus it by a continued fraction above.
pub(super) fn gamma(shape: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    let factor = (shape * x.ln() - x - lgamma(shape)).exp();
    if x < shape + 1.0 {
        let (mut term, mut sum, mut k) = (1.0 / shape, 1.0 / shape, shape);
        while term > sum * NEGLIGIBLE {
            k += 1.0;
            term *= x / k;
            sum += term;
        }
        return factor * sum;
    }
    // Lentz's way to go down a continued fraction.
    let (mut b, mut c) = (x + 1.0 - shape, 1e300);
    let mut d = 1.0 / b;
    let mut fraction = d;
    for k in 1..STEPS_MAX {
        let a = -f64::from(k) * (f64::from(k) - shape);
        b += 2.0;
        d = 1.0 / (a * d + b);
        c = b + a / c;
        fraction *= d * c;
        if (d * c - 1.0).abs() < NEGLIGIBLE {
            break;
        }
    }
    1.0 - factor * fraction
}

/// The Beta distribution's cumulative function.
pub(super) fn beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return f64::from(u8::from(x >= 1.0));
    }
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - beta(b, a, 1.0 - x);
    }
    let factor = (lgamma(a + b) - lgamma(a) - lgamma(b) + a * x.ln() + b * (-x).ln_1p()).exp() / a;
    let (mut c, mut d) = (1.0, 1.0 / (1.0 - (a + b) * x / (a + 1.0)));
    let mut fraction = d;
    for k in 1..STEPS_MAX {
        let k = f64::from(k);
        let even = k * (b - k) * x / ((a + 2.0 * k - 1.0) * (a + 2.0 * k));
        let odd = -(a + k) * (a + b + k) * x / ((a + 2.0 * k) * (a + 2.0 * k + 1.0));
        for term in [even, odd] {
            d = 1.0 / (1.0 + term * d);
            c = 1.0 + term / c;
            fraction *= d * c;
        }
        if (d * c - 1.0).abs() < NEGLIGIBLE {
            break;
        }
    }
    factor * fraction
}

#[test]
fn known_values() {
    let check = |found: f64, expect: f64| assert!((found - expect).abs() < 1e-10, "{found} and not {expect}");
    check(normal(1.0), 0.841_344_746_068_542_9);
    check(gamma(1.0, 2.0), 1.0 - (-2.0_f64).exp());
    check(gamma(0.5, 0.3), libm::erf(0.3_f64.sqrt()));
    check(gamma(2.0, 9.0), 1.0 - 10.0 * (-9.0_f64).exp());
    check(beta(1.0, 3.0, 0.2), 1.0 - 0.8_f64.powi(3));
    check(beta(2.0, 2.0, 0.7), 0.784);
    check(beta(0.5, 0.5, 0.25), 1.0 / 3.0);
}
