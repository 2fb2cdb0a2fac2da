//! Places of extremes, and the greatest few, against NumPy.

use gristmill_data::number::Complex64;
use gristmill_data::{Chunk, DType};

use crate::Array;
use crate::array::testing::{check, compute, refused};

/// What `tests.py` has.
fn arrays(chunks: [i64; 2]) -> [Array; 3] {
    let x: Vec<i32> = (0..84).map(|n| (n * 37) % 23 - 7).collect();
    let mut y: Vec<f64> = (0..84).map(|n| f64::from((n * 11) % 17) / 4.0).collect();
    for at in [17, 19, 77] {
        y[at] = f64::NAN;
    }
    let z = (0..84).map(|n| Complex64::new(f64::from((n * 5) % 3), f64::from((n * 7) % 5)));
    [
        Array::from_chunk(Chunk::from_vec(x, &[12, 7]).unwrap(), chunks),
        Array::from_chunk(Chunk::from_vec(y, &[12, 7]).unwrap(), chunks),
        Array::from_chunk(Chunk::from_vec(z.collect(), &[12, 7]).unwrap(), chunks),
    ]
}

#[test]
fn extremes_are_where_numpy_finds_them() {
    check(include_str!("tests.json"), 0.0, &[[12, 7], [5, 2], [1, 1], [-1, 3]], |chunks| {
        let [x, y, z] = arrays(chunks);
        let row = Array::arange(0, 7, 1, 2).eq(4);
        let rows = (y.clone() * f64::NAN).where_else(&row.logical_not(), 1.0);
        let mut cases = vec![
            ("of a number".to_owned(), Array::full(3.0, &[], 1).argmax(())),
            ("of no rows".to_owned(), Array::zeros(DType::Float64, &[0, 3], 2).argmin(1)),
            ("one number a row".to_owned(), rows.nanargmax(1)),
        ];
        type Method = fn(&Array, crate::array::Axes) -> Array;
        let names: [(&str, Method); 4] = [
            ("argmin", Array::argmin),
            ("argmax", Array::argmax),
            ("nanargmin", Array::nanargmin),
            ("nanargmax", Array::nanargmax),
        ];
        for (name, of) in names {
            cases.push((format!("{name} of all"), of(&y, ().into())));
            cases.push((format!("{name} of columns"), of(&y, 0.into())));
            cases.push((format!("{name} of rows"), of(&y, (-1).into())));
            cases.push((format!("{name} of integers"), of(&x, 0.into())));
            cases.push((format!("{name} of complex numbers"), of(&z, ().into())));
        }
        for (k, axis) in [1, 3, -2, 40, -40, 0].into_iter().flat_map(|k| [(k, 0), (k, 1)]) {
            for (kind, of) in [("ints", &x), ("floats", &y)] {
                cases.push((format!("topk {kind} {k} {axis}"), of.topk(k, axis)));
                cases.push((format!("argtopk {kind} {k} {axis}"), of.argtopk(k, axis)));
            }
        }
        cases
    });
}

#[test]
fn what_has_no_extreme_is_refused() {
    let [x, y, _] = arrays([5, 2]);
    refused(&x.argmin(2), "no axis 2");
    refused(&x.argmax([0, 1]), "one axis or all");
    refused(&Array::zeros(DType::Float64, &[0, 3], 2).argmin(0), "no element");
    refused(&Array::zeros(DType::Float64, &[0, 3], 2).argmin(()), "no element");
    refused(&x.topk(1, 2), "no axis 2");
    refused(&x.argtopk(1, -3), "no axis -3");
    refused(&x.compress(&x.slice(crate::s![.., 0]).gt(0), 0).topk(1, 0), "with_known_shape");
    let error = compute(&(y * f64::NAN).nanargmin(0)).unwrap_err();
    assert!(error.contains("nothing but NaN"), "{error}");
}
