//! Padded arrays, against NumPy.

use gristmill_data::DType;

use crate::array::Pad;
use crate::array::testing::{check, refused, sample};
use crate::{Array, s};

/// Modes under which the table has an array of floats and one of integers.
const MODES: [(&str, &str, Pad); 8] = [
    ("edge", "edge of integers", Pad::Edge),
    ("reflect", "reflect of integers", Pad::Reflect),
    ("symmetric", "symmetric of integers", Pad::Symmetric),
    ("wrap", "wrap of integers", Pad::Wrap),
    ("maximum", "maximum of integers", Pad::Maximum),
    ("minimum", "minimum of integers", Pad::Minimum),
    ("mean", "mean of integers", Pad::Mean),
    ("empty", "empty of integers", Pad::Empty),
];

const FAR: [(&str, &str, Pad); 3] = [
    ("reflect far", "reflect of one", Pad::Reflect),
    ("symmetric far", "symmetric of one", Pad::Symmetric),
    ("wrap far", "wrap of one", Pad::Wrap),
];

#[test]
fn padded_arrays_are_those_of_numpy() {
    check(include_str!("tests.json"), 1e-14, &[[6, 5], [4, 2], [1, 1], [5, -1]], |chunks| {
        let x = sample(&[6, 5], chunks);
        let f = &x / 4;
        let one = x.slice(s![..1]);
        let mut arrays: Vec<(&'static str, Array)> = vec![
            ("constant", x.pad(&[(1, 2), (3, 0)], Pad::Constant(9.into()))),
            ("constant cast", x.pad(&[(1, 1)], Pad::Constant(2.9.into()))),
            ("nothing", x.slice(s![..0]).pad(&[(2, 1), (0, 0)], Pad::Constant(3.into()))),
            ("ramp", f.pad(&[(2, 1), (0, 3)], Pad::LinearRamp(10.into()))),
            ("ramp of integers", x.pad(&[(0, 4), (3, 3)], Pad::LinearRamp((-5).into()))),
            ("ramp of bytes", (&x + 7).astype(DType::UInt8).pad(&[(3, 3)], Pad::LinearRamp(200.into()))),
            ("no width", x.pad(&[(0, 0)], Pad::Reflect)),
            ("vector", x.slice(s![0]).pad(&[(2, 3)], Pad::Reflect)),
        ];
        for (floats, integers, mode) in MODES {
            arrays.push((floats, f.pad(&[(2, 1), (0, 3)], mode)));
            arrays.push((integers, x.pad(&[(2, 2)], mode)));
        }
        for (far, of_one, mode) in FAR {
            arrays.push((far, x.pad(&[(0, 0), (17, 23)], mode)));
            arrays.push((of_one, one.pad(&[(2, 3), (0, 0)], mode)));
        }
        arrays
    });
}

#[test]
fn the_array_keeps_its_chunks() {
    let x = sample(&[6, 5], 2).pad(&[(1, 1), (0, 4)], Pad::Constant(0.into()));
    assert_eq!((x.grid().chunks(0), x.grid().chunks(1)), (&[1, 2, 2, 2, 1][..], &[2, 2, 1, 4][..]));
}

#[test]
fn widths_that_do_not_fit_are_refused() {
    let x = sample(&[6, 5], 4);
    refused(&x.pad(&[(1, 1); 3], Pad::Edge), "3 pairs of widths for 2 axes");
    refused(&x.pad(&[], Pad::Edge), "0 pairs");
    refused(&x.slice(s![..0]).pad(&[(1, 0)], Pad::Edge), "nothing along axis 0");
    refused(&x.pad(&[(u64::MAX, u64::MAX)], Pad::Wrap), "too long");
    refused(&x.pad(&[(i64::MAX as u64, 0)], Pad::Constant(0.into())), "too long");
}
