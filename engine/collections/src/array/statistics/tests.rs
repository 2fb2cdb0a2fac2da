//! Statistics, against NumPy.

use gristmill_data::number::Complex64;
use gristmill_data::{Chunk, DType};

use super::*;
use crate::array::Tolerance;
use crate::array::testing::{check, compute, floats, refused};
use crate::s;

/// What `tests.py` has.
fn arrays(chunks: [i64; 2]) -> [Array; 4] {
    let x: Vec<i32> = (0..60).map(|n| (n * 37) % 23 - 7).collect();
    let y: Vec<f64> = (0..60).map(|n| f64::from((n * 11) % 17) / 4.0).collect();
    let z = x.iter().zip(&y).map(|(&x, &y)| Complex64::new(y, x.into())).collect();
    let mut gaps = y.clone();
    for at in [7, 20, 59] {
        gaps[at] = f64::NAN;
    }
    [
        Array::from_chunk(Chunk::from_vec(x, &[12, 5]).unwrap(), chunks),
        Array::from_chunk(Chunk::from_vec(y, &[12, 5]).unwrap(), chunks),
        Array::from_chunk(Chunk::from_vec(z, &[12, 5]).unwrap(), [3, 5]),
        Array::from_chunk(Chunk::from_vec(gaps, &[12, 5]).unwrap(), chunks),
    ]
}

fn line<T: gristmill_data::Element>(elements: Vec<T>) -> Array {
    let n = elements.len() as u64;
    Array::from_chunk(Chunk::from_vec(elements, &[n]).unwrap(), 3)
}

fn moments([x, y, z, gaps]: &[Array; 4]) -> Vec<(String, Array)> {
    let mut cases = Vec::new();
    for (name, of) in [("ints", x), ("floats", y), ("complex", z)] {
        cases.push((format!("cov {name}"), of.cov()));
        cases.push((format!("cov of columns {name}"), of.t().cov_ddof(0)));
        cases.push((format!("corrcoef {name}"), of.corrcoef()));
    }
    let same = y.clip(0.5, 0.5);
    for (name, axis) in [("None", Axes::from(())), ("0", 0.into()), ("1", 1.into())] {
        for order in [0, 1, 2, 3, 5] {
            cases.push((format!("moment {order} {name}"), y.moment(order, axis.clone())));
        }
        cases.push((format!("skew {name}"), y.skew(axis.clone())));
        cases.push((format!("kurtosis {name}"), y.kurtosis(axis.clone())));
        cases.push((format!("skew of ints {name}"), x.skew(axis.clone())));
        cases.push((format!("skew of the same {name}"), same.skew(axis.clone())));
        cases.push((format!("kurtosis of the same {name}"), same.kurtosis(axis.clone())));
    }
    let weights = (Array::arange(0, 12, 1, 5) % 4) / 2.0;
    let singles = y.astype(DType::Float32);
    let more = [
        ("cov of one", y.slice(s![.., 0]).cov()),
        ("corrcoef of one", y.slice(s![.., 0]).corrcoef()),
        ("average", y.average((), &(x + 8))),
        ("average of rows", y.average(1, &(x + 8))),
        ("average along", y.average(0, &weights)),
        ("average along rows", x.average(-1, &Array::arange(0, 5, 1, 2))),
        ("average of singles", singles.average(0, &weights.astype(DType::Float32))),
        ("average of complex", z.average(0, &weights)),
        ("any of nan", (gaps * f64::NAN).any(0)),
        ("all of nan", gaps.all(0)),
        ("count_nonzero", gaps.count_nonzero(1)),
        ("min of complex", z.min(0)),
        ("max of complex", z.max(())),
        ("nanmax of complex", z.where_else(&gaps.isnan().logical_not(), f64::NAN).nanmax(1)),
        ("ptp", x.ptp(1)),
    ];
    cases.extend(more.map(|(name, array)| (name.to_owned(), array)));
    cases
}

fn comparisons([x, y, _, gaps]: &[Array; 4]) -> [(&'static str, Array); 13] {
    let far: Vec<f64> = (0..60).map(|n| if n % 7 == 3 { 1e-3 } else { 1e-9 }).collect();
    let far = Array::from_chunk(Chunk::from_vec(far, &[12, 5]).unwrap(), [5, 5]);
    let close = y + far;
    let usual = Tolerance::default();
    let with_nan = Tolerance { equal_nan: true, ..usual };
    let infinite = line(vec![f64::INFINITY, f64::INFINITY, f64::INFINITY, 1.0]);
    let loose = Tolerance { rtol: 0.0, atol: 0.01, ..usual };
    [
        ("isclose", y.isclose(&close, usual)),
        ("isclose with nan", gaps.isclose(gaps, with_nan)),
        ("isclose without nan", gaps.isclose(gaps, usual)),
        ("isclose loosely", y.isclose(&close, loose)),
        ("isclose to a number", x.isclose(3, usual)),
        (
            "isclose unsigned",
            line(vec![1_u8, 2, 3]).isclose(line(vec![2_u8, 2, 2]), Tolerance { atol: 1.0, ..loose }),
        ),
        (
            "isclose infinite",
            line(vec![f64::INFINITY, f64::NEG_INFINITY, 1.0, f64::INFINITY]).isclose(infinite, usual),
        ),
        ("allclose", y.allclose(y + 1e-9, usual)),
        ("not allclose", y.allclose(&close, usual)),
        ("array_equal", x.array_equal(&x.astype(DType::Float64), false)),
        ("array_equal of nan", gaps.array_equal(gaps, false)),
        ("array_equal with nan", gaps.array_equal(gaps, true)),
        ("array_equal of other shapes", x.array_equal(&x.slice(s![1..]), false)),
    ]
}

#[test]
fn statistics_are_those_of_numpy_and_scipy() {
    check(include_str!("tests.json"), 1e-13, &[[12, 5], [5, 2], [7, -1]], |chunks| {
        let arrays = arrays(chunks);
        let mut cases = moments(&arrays);
        cases.extend(comparisons(&arrays).map(|(name, array)| (name.to_owned(), array)));
        cases
    });
}

#[test]
fn single_precision_stays() {
    let [_, y, ..] = arrays([5, 2]);
    let singles = y.astype(DType::Float32);
    let found = floats(&compute(&singles.skew(0)).unwrap());
    let expected = floats(&compute(&y.skew(0)).unwrap());
    assert_eq!(singles.kurtosis(()).dtype(), DType::Float32);
    assert!(
        found.iter().zip(&expected).all(|(found, expected)| (found - expected).abs() < 1e-5),
        "{found:?}"
    );
}

#[test]
fn what_has_no_such_statistic_is_refused() {
    let [x, y, ..] = arrays([5, 2]);
    refused(&Array::zeros(DType::Float64, &[2, 2, 2], 1).cov(), "matrix");
    refused(&Array::zeros(DType::Timedelta64Ns, &[2, 2], 1).corrcoef(), "matrix");
    refused(&y.average(1, &Array::arange(0, 12, 1, 5)), "only axis");
    refused(&y.average((), &Array::arange(0, 12, 1, 5)), "only axis");
    refused(&y.average(2, &x), "no axis 2");
    refused(&y.moment(2, 3), "no axis 3");
    refused(&y.isclose(Array::arange(0, 3, 1, 3), Tolerance::default()), "broadcast");
}
