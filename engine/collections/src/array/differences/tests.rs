//! Differences, slopes and areas, against NumPy.

use gristmill_data::{Chunk, DType};

use super::*;
use crate::array::testing::{check, refused, sample};
use crate::s;

fn places() -> Array {
    let places = vec![0_i64, 1, 3, 4, 7, 9, 10, 14, 15];
    Array::from_chunk(Chunk::from_vec(places, &[9]).unwrap(), 4)
}

#[test]
fn differences_are_those_of_numpy() {
    check(include_str!("tests.json"), 1e-6, &[[9, 6], [4, 2], [1, 1], [5, -1]], |chunks| {
        let x = sample(&[9, 6], chunks);
        let f = &x / 4;
        let t = places();
        let t6 = t.slice(s![..6]);
        let first = x.slice(s![..1]) * 2;
        let i = gristmill_data::number::Complex64::new(0.0, 1.0);
        vec![
            ("diff", x.diff(1, 0)),
            ("diff last", x.diff(1, -1)),
            ("diff twice", f.diff(2, 0)),
            ("diff 3", x.diff(3, 1)),
            ("diff 0", x.diff(0, 1)),
            ("diff too often", x.diff(11, 0)),
            ("diff of booleans", x.gt(0).diff(1, 0)),
            ("diff of bytes", x.astype(DType::UInt8).diff(1, 0)),
            ("diff of times", x.astype(DType::Datetime64Ns).diff(2, 0)),
            ("diff with a row before", concatenate(&[first, x.clone()], 0).diff(1, 0)),
            ("ediff1d", x.ediff1d()),
            ("gradient", f.gradient(1, 0, 1)),
            ("gradient of integers", x.gradient(2, 1, 1)),
            ("gradient of order 2", f.gradient(0.5, 0, 2)),
            ("gradient of floats", f.astype(DType::Float32).gradient(0.25, 1, 2)),
            ("gradient of complex", (&f + f.flipud() * i).gradient(2.0, 0, 2)),
            ("gradient at places", f.gradient(&t, 0, 1)),
            ("gradient at places of order 2", f.gradient(&t, 0, 2)),
            ("gradient at places last", f.gradient(&t6 / 3, 1, 2)),
            ("gradient of two", f.slice(s![..2]).gradient(3.0, 0, 1)),
            ("gradient of three", f.slice(s![.., ..3]).gradient(1, 1, 2)),
            ("trapezoid", f.trapezoid(1, 0)),
            ("trapezoid of integers", x.trapezoid(2, 1)),
            ("trapezoid at places", f.trapezoid(&t, 0)),
            ("trapezoid at places last", x.trapezoid(&t6, -1)),
            ("trapezoid of one", f.slice(s![..1]).trapezoid(1, 0)),
        ]
    });
}

#[test]
fn chunks_stay_as_they_are() {
    let x = sample(&[9, 6], 4);
    assert_eq!(x.diff(2, 0).grid().chunks(0), [4, 3]);
    assert_eq!(x.gradient(1, 0, 2).grid(), x.grid());
}

#[test]
fn slopes_of_what_has_none_are_refused() {
    let x = sample(&[9, 6], 4);
    refused(&x.gradient(1, 0, 3), "order 1 or 2");
    refused(&x.slice(s![..2]).gradient(1, 0, 2), "too short");
    refused(&x.slice(s![..0]).gradient(1, 0, 1), "too short");
    refused(&x.gt(0).gradient(1, 0, 1), "no slopes");
    refused(&x.gradient(&x, 0, 1), "coordinates of shape [9, 6]");
    refused(&x.trapezoid(places(), 1), "axis 1 has 6 elements");
    refused(&Array::zeros(DType::Int8, &[5000], 100).diff(2000, 0), "at most 1024");
}
