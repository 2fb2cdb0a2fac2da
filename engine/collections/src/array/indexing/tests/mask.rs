//! What masks take, against NumPy.

use gristmill_data::Chunk;

use crate::array::testing::{check, refused};
use crate::{Array, s};

#[test]
fn masks_take_what_numpy_takes() {
    check(include_str!("mask.json"), 1e-14, &[[12, 5], [5, 2], [1, 1], [7, -1]], |chunks| {
        let x: Vec<i32> = (0..60).map(|n| (n * 37) % 23 - 7).collect();
        let x = Array::from_chunk(Chunk::from_vec(x, &[12, 5]).unwrap(), chunks);
        let y: Vec<f64> = (0..120).map(|n| f64::from(n * 7 % 11) / 4.0).collect();
        let y = Chunk::from_vec(y, &[4, 6, 5]).unwrap();
        let rows = Array::from_chunk(y.reshape(&[24, 5]).unwrap(), chunks).slice(s![..12]);
        let y = Array::from_chunk(y, [2, chunks[0], chunks[1]]);
        let gaps = Array::from_chunk(Chunk::from_vec(vec![0.0, f64::NAN, -0.0, 2.0], &[4]).unwrap(), 3);
        let even = (Array::arange(0, 12, 1, 4) % 2).eq(0);
        let even_rows = x.compress(&even, 0);
        let column = x.slice(s![.., 2]).compress(&even, 0);
        let large = x.gt(3);
        let mut places = y.nonzero().into_iter();
        let mut next = || places.next().unwrap();
        let number = Array::full(3, &[], -1);
        vec![
            ("rows", even_rows.clone()),
            ("columns", x.compress(&x.slice(s![0]).gt(0), 1)),
            ("none", x.compress(&even.logical_and(false), 0)),
            ("mean", even_rows.mean(0)),
            ("two with one mask", &even_rows * &even_rows),
            ("of a row", (&even_rows + Array::arange(0, 5, 1, 2)).sum(1)),
            ("transposed", even_rows.t()),
            ("masked again", even_rows.compress(&even_rows.take(1, 1).gt(3), 0)),
            ("rows and columns", even_rows.compress(&x.slice(s![0]).gt(0), 1)),
            ("elements", x.extract(&large)),
            ("elements of three axes", y.extract(&y.gt(1))),
            ("elements of a mask", column.extract(&column.gt(3))),
            ("no elements", x.extract(&x.gt(99))),
            ("of nothing", x.slice(s![..0]).extract(&x.slice(s![..0]).gt(3))),
            ("a number", Array::full(4, &[], -1).extract(&number.eq(3))),
            ("sum of elements", (x.extract(&large) * rows.extract(&large)).sum(())),
            ("flat places", large.flatnonzero()),
            ("flat places of floats", gaps.flatnonzero()),
            ("flat places of three axes", y.gt(1).flatnonzero()),
            ("flat place of a number", number.flatnonzero()),
            ("first places", next()),
            ("middle places", next()),
            ("last places", next()),
            ("places of nothing", x.slice(s![.., ..0]).nonzero().pop().unwrap()),
            ("elements and their places", x.extract(&large) * large.nonzero().pop().unwrap()),
            ("rows of places", large.argwhere()),
            ("rows of places of three axes", y.gt(2).argwhere()),
            ("row of a number", number.argwhere()),
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
    refused(&x.compress(&even, 0).compress(&small, 0), "same mask");
    refused(&x.compress(&even.compress(&even, 0), 0), "same mask");
    refused(&x.extract(&even.slice(s![1..])), "shape [10]");
    refused(&x.extract(&x), "booleans");
    refused(&x.compress(&even, 0).extract(&even), "same mask");
    refused(&x.compress(&even, 0).flatnonzero(), "with_known_shape");
    refused(&x.slice(s![0]).nonzero()[0], "no axes");
    refused(&x.compress(&x, 0).nonzero()[0], "booleans");
    // The blocks of a mask of unknown lengths cannot be put into C order.
    let rows = x.expand_dims(1).compress(&even, 0) * Array::arange(0, 6, 1, 2);
    refused(&rows.extract(&rows.gt(3)), "with_known_shape");
}
