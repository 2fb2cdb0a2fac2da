//! Against many digits, also of tails that are close to 0: relative to what they are.

use super::*;
use crate::table::check;

#[test]
fn tails_are_right() {
    check(include_str!("tests/table.txt"), 500.0, 40);
}

#[test]
fn small_tails_have_all_digits() {
    let check = |found: f64, expected: f64| {
        assert!((found / expected - 1.0).abs() < 1e-11, "{found:e} and not {expected:e}");
    };
    check(f_survival(1.0, 5.0, 900.0), 7.718_648_620_496_052e-7);
    check(f_survival(1.0, 1e6, 900.0), 1.202_009_423_366_343_8e-197);
    check(f_survival(1.0, 1e9, 900.0), 9.815_419_687_967_461e-198);
    check(f_survival(4.0, 30.0, 80.0), 1.457_260_993_275_967e-15);
    check(f_survival(40.0, 300.0, 9.0), 2.958_816_960_350_446e-32);
    check(f_survival(1000.0, 1000.0, 2.0), 9.960_028_532_774_175e-28);
    check(chi2_survival(1.0, 200.0), 2.088_487_583_762_545e-45);
    check(chi2_survival(2.0, 1400.0), 9.859_676_543_759_77e-305);
    check(chi2_survival(10.0, 300.0), 1.554_674_754_380_318_1e-58);
    check(chi2_survival(300.0, 900.0), 3.085_211_046_065_656_6e-61);
    check(chi2_survival(1e5, 1.1e5), 2.584_177_247_179_637_7e-104);
}

#[test]
fn what_is_below_and_above_is_everything() {
    for (shape, x) in [(0.3, 0.1), (2.0, 9.0), (50.0, 49.0), (1e4, 1.01e4)] {
        let [below, above] = gamma(shape, x);
        assert!((below + above - 1.0).abs() < 1e-13, "{shape} {x}: {below} {above}");
    }
    assert!((gamma(0.5, 0.3)[0] - libm::erf(0.3_f64.sqrt())).abs() < 1e-14);
    assert!((beta(1.0, 3.0, 0.2, 0.8) - (1.0 - 0.8_f64.powi(3))).abs() < 1e-14);
    assert!((beta(0.5, 0.5, 0.25, 0.75) - 1.0 / 3.0).abs() < 1e-14);
}
