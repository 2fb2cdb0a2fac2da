//! Absent elements, against `numpy.ma`.

use gristmill_data::{Chunk, DType};

use super::*;
use crate::array::testing::{check, compute, floats, refused, sample};
use crate::array::{Axes, concatenate, stack};
use crate::s;

/// What `tests.py` has: integers, floats with NaN, and both with absent elements.
fn arrays(chunks: [i64; 2]) -> [Array; 4] {
    let x = sample(&[6, 5], chunks);
    let f = &x / 4;
    let f = f.assign(s![1, 2], f64::NAN).assign(s![4, 0], f64::NAN).assign(s![3, 3], f64::INFINITY);
    let second = Array::arange(0, 5, 1, chunks[1].unsigned_abs()).eq(1);
    let m = x.masked_greater(6).masked_where(&second);
    let g = &m / 4;
    [x, f, m, g]
}

fn masked([x, f, m, _]: &[Array; 4]) -> Vec<(&'static str, Array)> {
    let near = |rtol, atol| Tolerance { rtol, atol, equal_nan: false };
    vec![
        ("where", x.masked_where(&f.gt(0))),
        ("where absent", x.masked_where(&m.lt(0))),
        ("where twice", m.masked_where(&x.lt(-3))),
        ("where a row", x.masked_where(&x.slice(s![0]).gt(3))),
        ("where integers", f.masked_where(&(x % 3))),
        ("equal", x.masked_equal(7)),
        ("not equal", x.masked_not_equal(7)),
        ("less", f.masked_less(0)),
        ("less or equal", x.masked_less_equal(0)),
        ("greater", f.masked_greater(0.5)),
        ("greater or equal", x.masked_greater_equal(0.5)),
        ("inside", x.masked_inside(-2, 5)),
        ("inside backwards", f.masked_inside(1.5, -0.5)),
        ("outside", x.masked_outside(-2, 5)),
        ("outside backwards", f.masked_outside(1.5, -0.5)),
        ("invalid", f.masked_invalid()),
        ("invalid integers", x.masked_invalid()),
        ("values", f.masked_values(0.500_000_1, Tolerance::default())),
        ("values of integers", x.masked_values(7, Tolerance::default())),
        ("values far", f.masked_values(0.5, near(0.0, 0.25))),
    ]
}

fn made_of_them([x, _, m, g]: &[Array; 4]) -> Vec<(&'static str, Array)> {
    let nonzero = m.nonzero();
    vec![
        ("filled", m.filled(99)),
        ("filled floats", g.filled(-0.5)),
        ("filled from an array", m.filled(x.slice(s![1]))),
        ("filled, all there", x.filled(0)),
        ("getmaskarray", m.getmaskarray()),
        ("getmaskarray, all there", x.getmaskarray()),
        ("sum of elements", m + x),
        ("sum of both", m + x.masked_less(0)),
        ("compared", m.gt(3)),
        ("as singles", g.astype(DType::Float32)),
        ("a slice", m.slice(s![1.., ..;-2])),
        ("transposed", m.t()),
        ("joined", concatenate(&[m.clone(), x.clone(), m.clone()], 0)),
        ("cumsum", m.cumsum(0)),
        ("median", g.median(0)),
        ("nonzero", stack(&nonzero, 0)),
        ("average", g.average((), &(x + 8))),
        ("average along", g.average(1, &Array::arange(0, 5, 1, 2))),
        ("average of rows", m.average(0, &(x + 8))),
    ]
}

fn reduced([_, _, m, g]: &[Array; 4]) -> Vec<(String, Array)> {
    let along = |(name, axis): (&str, Axes)| {
        let axis = || axis.clone();
        [
            ("count", m.count(axis())),
            ("sum", m.sum(axis())),
            ("prod", (m % 4).prod(axis())),
            ("min", m.min(axis())),
            ("max", g.max(axis())),
            ("ptp", m.ptp(axis())),
            ("mean", m.mean(axis())),
            ("var", g.var(axis())),
            ("std", m.std(axis())),
            ("any", m.gt(5).any(axis())),
            ("all", m.gt(-9).all(axis())),
        ]
        .map(|(what, array)| (format!("{what} {name}"), array))
    };
    [("None", ().into()), ("0", 0.into()), ("1", 1.into())].into_iter().flat_map(along).collect()
}

#[test]
fn absent_elements_are_those_of_numpy() {
    check(include_str!("tests.json"), 1e-15, &[[6, 5], [4, 2], [1, 1], [5, -1]], |chunks| {
        let arrays = arrays(chunks);
        let named = masked(&arrays).into_iter().chain(made_of_them(&arrays));
        let named = named.map(|(name, array)| (name.to_owned(), array));
        named.chain(reduced(&arrays)).collect()
    });
}

#[test]
fn rows_of_unknown_number_are_masked() {
    let x = sample(&[6, 5], [4, 2]);
    let some = x.compress(&x.slice(s![.., 0]).gt(0), 0);
    let masked = some.masked_where(&some.lt(3));
    assert_eq!(masked.shape(), some.shape());
    let filled = compute(&masked.filled(0).sum(())).unwrap();
    assert_eq!(floats(&filled), floats(&compute(&some.masked_less(3).sum(())).unwrap()));
}

#[test]
fn what_does_not_fit_is_refused() {
    let x = sample(&[6, 5], 4);
    refused(&x.masked_where(&x.slice(s![.., 0]).gt(0)), "broadcast");
    refused(&x.slice(s![0]).masked_where(&x.gt(0)), "do not broadcast to [5]");
    refused(&x.filled(0.5), "int64");
    refused(&x.filled(Array::zeros(DType::Int64, &[2, 6, 5], 4)), "do not broadcast to [6, 5]");
    refused(&x.masked_where(&x.flip(7)), "no axis 7");
    let number = Array::from_chunk(Chunk::from_vec(vec![3], &[]).unwrap(), 1);
    assert_eq!(compute(&number.masked_equal(3).count(())).unwrap().as_slice::<i64>().unwrap(), [0]);
}
