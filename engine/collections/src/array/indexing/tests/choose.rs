//! Chosen elements, against NumPy.

use gristmill_data::{Chunk, DType};

use crate::array::testing::{check, compute, refused};
use crate::array::{Operand, select};
use crate::{Array, s};

#[test]
fn choices_are_those_of_numpy() {
    check(include_str!("choose.json"), 0.0, &[[12, 5], [5, 2], [1, 1], [7, -1]], |chunks| {
        let x: Vec<i32> = (0..60).map(|n| (n * 37) % 23 - 7).collect();
        let x = Array::from_chunk(Chunk::from_vec(x, &[12, 5]).unwrap(), chunks);
        let y: Vec<f64> = (0..120).map(|n| f64::from(n * 7 % 11) / 4.0).collect();
        let y = Array::from_chunk(Chunk::from_vec(y, &[4, 6, 5]).unwrap(), [2, chunks[0], chunks[1]]);
        let which: Vec<i64> = (0..60).map(|n| n * 7 % 3).collect();
        let which = Array::from_chunk(Chunk::from_vec(which, &[12, 5]).unwrap(), [4, 4]);
        let f: Vec<f32> = (0..60).map(|n| n as f32 / 8.0).collect();
        let f = Array::from_chunk(Chunk::from_vec(f, &[12, 5]).unwrap(), [12, 5]);
        let row = Chunk::from_vec(vec![4_i64, 0, -1, 2, 2, 1, 3], &[1, 7]).unwrap();
        let row = Array::from_chunk(row, [1, 3]);
        let even = (Array::arange(0, 12, 1, 4) % 2).eq(0);
        let of_even = |array: &Array| array.compress(&even, 0);
        let greatest = x.argsort(1).slice(s![.., -1]).expand_dims(1);
        let first = x.slice(s![0]);
        let (some, number) = (|array: &Array| Operand::from(array), |number: i64| Operand::from(number));
        vec![
            ("sorted rows", x.take_along_axis(&x.argsort(1), 1)),
            ("sorted columns", x.take_along_axis(&x.argsort(0), -2)),
            ("one place each", x.take_along_axis(&greatest, 1)),
            ("a row for all", x.take_along_axis(&row, 1)),
            ("of one row", x.slice(s![..1]).take_along_axis(&row.take([0, 0, 0], 0), 1)),
            ("of bytes", x.take_along_axis(&(&row % 5).astype(DType::UInt8), 1)),
            ("of three axes", y.take_along_axis(&y.argsort(1).slice(s![.., ..;2]), 1)),
            ("of no places", x.take_along_axis(&row.slice(s![.., ..0]), 1)),
            ("chosen", which.choose(&[&x, &-&x, &(&x * 2)])),
            ("chosen numbers", which.choose(&[some(&x), number(100), some(&first)])),
            ("chosen floats", which.choose(&[&x, &f, &x])),
            ("chosen by truth", x.gt(3).choose(&[some(&x), number(0)])),
            ("chosen by bytes", which.astype(DType::UInt8).choose(&[some(&x), number(1), number(2)])),
            ("one choice", (&which - &which).choose(&[&first])),
            (
                "chosen of a mask",
                of_even(&which.rechunk(chunks)).choose(&[some(&of_even(&x)), number(0), some(&first)]),
            ),
            (
                "selected",
                select(&[x.lt(0), x.gt(6), x.eq(3)], &[some(&-&x), some(&(&x * &x)), number(1)], 42),
            ),
            ("the first that holds", select(&[x.gt(0), x.gt(3)], &[&x, &(&x * 100)], 0)),
            ("selected numbers", select(&[x.gt(0), x.gt(3)], &[1, 2], 0.5)),
            ("selected floats", select(&[x.gt(3), x.gt(0)], &[some(&f), Operand::from(1.5)], 0)),
            (
                "selected for rows",
                select(&[x.slice(s![.., ..1]).gt(3), first.gt(3)], &[some(&x), some(&f.slice(s![0]))], -1),
            ),
            ("selected of a mask", select(&[of_even(&x).gt(3)], &[of_even(&x)], 0)),
        ]
    });
}

#[test]
fn what_cannot_be_chosen_is_refused() {
    let x = Array::arange(0, 12, 1, 5);
    refused(&x.take_along_axis(&x.expand_dims(0), 0), "do not fit");
    refused(&x.take_along_axis(&x.gt(3), 0), "integers");
    refused(&x.take_along_axis(&x, 1), "no axis 1");
    refused(&x.expand_dims(0).take_along_axis(&x.take(0, 0), 0), "do not fit");
    refused(&(&x * 0.5).choose(&[1, 2]), "float64");
    refused(&x.choose::<i64>(&[]), "nothing to choose");
    refused(&x.choose(&[Array::arange(0, 5, 1, -1)]), "broadcast");
    refused(
        &x.choose(&[&x.astype(DType::Int8).into(), &Operand::from(300)].map(Operand::clone)),
        "does not fit",
    );
    refused(&select(&[x.gt(3)], &[1, 2], 0), "1 conditions and 2 choices");
    refused(&select::<i64>(&[], &[], 0), "nothing to choose");
    refused(&select(std::slice::from_ref(&x), &[1], 0), "booleans");
    refused(&select(&[x.gt(3)], &[x.take([99], 0)], 0), "99 is no place");
    for which in [12, -1] {
        let late = compute(&Array::full(which, &[12], 5).choose(&[1, 2])).unwrap_err();
        assert!(late.contains("of length 2"), "{late}");
    }
    let late = compute(&x.take_along_axis(&(&x + 1), 0)).unwrap_err();
    assert!(late.contains("position 12"), "{late}");
}
