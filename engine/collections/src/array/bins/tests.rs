//! Elements counted in bins, against NumPy.

use gristmill_data::{Chunk, DType};
use gristmill_kernels::Side;

use crate::array::testing::{check, compute, refused};
use crate::{Array, s};

/// What `tests.py` has.
fn arrays([rows, columns, length]: [i64; 3]) -> [Array; 5] {
    let of = |numbers: Vec<f64>| {
        let n = numbers.len() as u64;
        Array::from_chunk(Chunk::from_vec(numbers, &[n]).unwrap(), [length])
    };
    let x: Vec<i32> = (0..60).map(|n| (n * 37) % 23).collect();
    let mut y: Vec<f64> = (0..60).map(|n| f64::from((n * 11) % 17) / 4.0).collect();
    for at in [7, 20, 59] {
        y[at] = f64::NAN;
    }
    let mut line: Vec<f64> = (0..60).map(|n| f64::from((n * 7) % 31) / 2.0).collect();
    line.sort_by(f64::total_cmp);
    [
        Array::from_chunk(Chunk::from_vec(x.clone(), &[12, 5]).unwrap(), [rows, columns]),
        Array::from_chunk(Chunk::from_vec(y, &[12, 5]).unwrap(), [rows, columns]),
        of(line),
        Array::from_chunk(Chunk::from_vec(x, &[60]).unwrap(), [length]),
        of((0..60).map(|n| f64::from(n % 5) / 2.0).collect()),
    ]
}

#[test]
fn bins_are_those_of_numpy() {
    let cuts = [[12, 5, 60], [5, 2, 7], [1, 1, 1], [7, -1, 25]];
    check(include_str!("tests.json"), 1e-14, &cuts, |cut| {
        let [x, y, line, row, weights] = arrays(cut);
        let edges = Array::from_chunk(Chunk::from_vec(vec![0.0, 1.0, 1.5, 4.0], &[4]).unwrap(), 3);
        let mut cases = Vec::new();
        for side in [Side::Left, Side::Right] {
            cases.push((format!("searchsorted {side}"), line.searchsorted(&y, side)));
            cases.push((format!("searchsorted ints {side}"), line.searchsorted(&x, side)));
            let none = line.slice(s![0..0]);
            cases.push((format!("searchsorted nothing {side}"), none.searchsorted(&x, side)));
        }
        for (right, name) in [(false, "False"), (true, "True")] {
            cases.push((format!("digitize {name}"), y.digitize(&edges, right)));
            cases.push((format!("digitize falling {name}"), x.digitize(&edges.flip(0), right)));
        }
        let positive = x.compress(&x.slice(s![.., 0]).gt(7), 0);
        let later = line.compress(&line.gt(3), 0);
        let more = [
            ("searchsorted one", line.searchsorted(&Array::full(3.5, &[], 1), Side::Left)),
            ("searchsorted a part", line.searchsorted(&positive, Side::Left)),
            ("searchsorted in a part", later.searchsorted(&x, Side::Left)),
            ("searchsorted in steps", Array::arange(0, 60, 1, [cut[2]]).searchsorted(&(y * 2), Side::Left)),
            ("bincount", row.bincount(None, 0)),
            ("bincount of more", row.bincount(None, 40)),
            ("bincount with weights", row.bincount(Some(&weights.rechunk(11)), 3)),
            ("bincount of bytes", row.astype(DType::UInt8).bincount(None, 0)),
            ("bincount of none", row.slice(s![0..0]).bincount(None, 2)),
            ("bincount of a part", row.compress(&row.gt(5), 0).bincount(None, 0)),
        ];
        cases.extend(more.map(|(name, array)| (name.to_owned(), array)));
        cases
    });
}

#[test]
fn what_falls_into_no_bin_is_refused() {
    let [x, y, line, row, weights] = arrays([5, 2, 7]);
    refused(&x.searchsorted(&y, Side::Left), "one axis");
    refused(&line.searchsorted(&Array::zeros(DType::Datetime64Ns, &[2], 1), Side::Left), "datetime64");
    refused(&y.digitize(&x, false), "one axis");
    refused(&y.digitize(&line.slice(s![0..0]), false), "one at least");
    refused(&x.bincount(None, 0), "one axis");
    refused(&line.bincount(None, 0), "astype");
    refused(&row.bincount(Some(&weights.slice(s![1..])), 0), "not the same");
    refused(&row.bincount(Some(&(weights.astype(DType::Complex64))), 0), "real numbers");
    let error = compute(&(row - 3).bincount(None, 0)).unwrap_err();
    assert!(error.contains("none is negative"), "{error}");
    let error =
        compute(&y.digitize(&Array::from_chunk(Chunk::from_vec(vec![1, 3, 2], &[3]).unwrap(), 1), false));
    assert!(error.unwrap_err().contains("rise, or fall"));
}
