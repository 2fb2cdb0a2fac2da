use gristmill_data::Chunk;

use crate::array::testing::{check, refused};
use crate::{Array, s};

#[test]
fn masks_take_what_numpy_takes() {
    check(include_str!("tests.json"), 1e-14, &[[12, 5], [5, 2], [1, 1], [7, -1]], |chunks| {
        let x: Vec<i32> = (0..60).map(|n| (n * 37) % 23 - 7).collect();
        let x = Array::from_chunk(Chunk::from_vec(x, &[12, 5]).unwrap(), chunks);
        let even = (Array::arange(0, 12, 1, 4) % 2).eq(0);
        let rows = x.compress(&even, 0);
        vec![
            ("rows", rows.clone()),
            ("columns", x.compress(&x.slice(s![0]).gt(0), 1)),
            ("none", x.compress(&even.logical_and(false), 0)),
            ("mean", rows.mean(0)),
            ("two with one mask", &rows * &rows),
            ("of a row", (&rows + Array::arange(0, 5, 1, 2)).sum(1)),
            ("transposed", rows.t()),
        ]
    });
}

#[test]
fn unknown_lengths_are_refused_where_they_may_differ() {
    let x = Array::arange(0, 10, 1, 4);
    let (even, small) = ((&x % 2).eq(0), x.lt(5));
    refused(&(x.compress(&even, 0) + x.compress(&small, 0)), "same mask");
    refused(&(x.compress(&even, 0) + Array::arange(0, 5, 1, -1)), "same mask");
    refused(&x.compress(&even, 0).slice(s![1..]), "with_known_shape");
    refused(&x.compress(&x, 0), "booleans");
    refused(&x.compress(&even.slice(s![1..]), 0), "10 booleans");
}
