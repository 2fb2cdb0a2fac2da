//! The integrals against their closed forms.

use gristmill_plugin::{Plugin, prelude::*};

use super::Component;

fn integral(curve: &str, from: f64, to: f64) -> f64 {
    match Component::call("integrate", vec![curve.into(), from.into(), to.into(), 1e-12.into()]).unwrap() {
        Value::Float(integral) => integral,
        other => panic!("{other:?}"),
    }
}

#[test]
fn integrals_are_those_of_the_closed_forms() {
    assert!((integral("runge", -1.0, 1.0) - 0.4 * 5f64.atan()).abs() < 1e-11);
    assert!((integral("sqrt", 0.0, 1.0) - 2.0 / 3.0).abs() < 1e-11);
    assert!((integral("sine", 0.0, std::f64::consts::PI) - 2.0).abs() < 1e-11);
    let harmonic: f64 = (1..=33).map(|n| 1.0 / f64::from(n)).sum();
    let Value::Float(total) = Component::call("powers", vec![33u64.into()]).unwrap() else { panic!() };
    assert!((total - harmonic).abs() < 1e-12);
}

#[test]
fn what_is_no_integral_is_refused() {
    for args in [("cusp", 0.0, 1.0), ("sine", 0.0, f64::NAN)] {
        let args = vec![args.0.into(), args.1.into(), args.2.into(), 1e-9.into()];
        assert!(Component::call("integrate", args).is_err());
    }
    assert!(Component::call("mistaken", vec![]).unwrap_err().message.contains("float"));
}
