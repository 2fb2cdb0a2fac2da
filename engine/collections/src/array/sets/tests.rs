//! Sets, against NumPy.

use gristmill_data::number::Complex64;
use gristmill_data::{Chunk, DType};

use crate::array::testing::{check, refused};
use crate::{Array, s};

/// What `tests.py` has.
fn arrays(chunks: [i64; 2]) -> [Array; 3] {
    let x: Vec<i32> = (0..60).map(|n| (n * 37) % 23 - 7).collect();
    let mut y: Vec<f64> = (0..60).map(|n| f64::from((n * 11) % 17) / 4.0).collect();
    for at in [7, 20, 59] {
        y[at] = f64::NAN;
    }
    let z = (0..60).map(|n| Complex64::new(f64::from(n % 3), f64::from(n % 4)));
    [
        Array::from_chunk(Chunk::from_vec(x, &[12, 5]).unwrap(), chunks),
        Array::from_chunk(Chunk::from_vec(y, &[12, 5]).unwrap(), chunks),
        Array::from_chunk(Chunk::from_vec(z.collect(), &[12, 5]).unwrap(), chunks),
    ]
}

#[test]
fn sets_are_those_of_numpy() {
    check(include_str!("tests.json"), 0.0, &[[12, 5], [5, 2], [1, 3], [7, -1]], |chunks| {
        let [x, y, z] = arrays(chunks);
        let few = Array::arange(-2, 10, 3, 2);
        let halves = Array::from_chunk(Chunk::from_vec(vec![0.5, f64::NAN, 3.25, 9.0], &[4]).unwrap(), 3);
        let mut cases = Vec::new();
        let all = [
            ("ints", &x),
            ("floats", &y),
            ("complex", &z),
            ("booleans", &x.gt(3)),
            ("none", &x.slice(s![0..0])),
        ];
        for (name, of) in all {
            let unique = of.unique_all();
            cases.push((format!("values of {name}"), unique.values));
            cases.push((format!("indices of {name}"), unique.indices));
            cases.push((format!("inverse of {name}"), unique.inverse_indices));
            cases.push((format!("counts of {name}"), unique.counts));
        }
        let positive = x.compress(&x.slice(s![.., 0]).gt(0), 0);
        let unique = x.unique_all();
        let more = [
            ("union1d", x.union1d(&few)),
            ("union1d promoted", x.union1d(&halves)),
            ("intersect1d", x.intersect1d(&few)),
            ("intersect1d promoted", y.intersect1d(&halves)),
            ("setdiff1d", x.setdiff1d(&few)),
            ("setdiff1d of floats", y.setdiff1d(&halves)),
            ("setxor1d", x.setxor1d(&few)),
            ("isin", x.isin(&few)),
            ("isin promoted", y.isin(&halves)),
            ("isin nothing", x.isin(&x.slice(s![0..0]))),
            ("of a part", positive.unique()),
            ("a part isin", positive.isin(&few)),
            ("counts times values", &unique.counts * &unique.values),
        ];
        cases.extend(more.map(|(name, array)| (name.to_owned(), array)));
        cases
    });
}

#[test]
fn what_is_no_set_is_refused() {
    let [x, ..] = arrays([5, 2]);
    refused(&(x.unique() + Array::arange(0, 3, 1, -1)), "known only when it is computed");
    refused(&x.unique().slice(s![..;2]), "with_known_shape");
    refused(&x.union1d(&Array::zeros(DType::Datetime64Ns, &[2], 1)), "datetime64");
    refused(&x.isin(&Array::arange(0, 3, 0, 1)), "step of 0");
    refused(&x.compress(&x.slice(s![.., 0]).gt(0), 0).unique_all().indices, "with_known_shape");
}
