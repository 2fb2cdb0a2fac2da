//! Elements added and left out, against NumPy.

use crate::array::testing::{check, refused, sample};
use crate::{Array, s};

#[test]
fn edited_arrays_are_those_of_numpy() {
    check(include_str!("tests.json"), 0.0, &[[6, 5], [4, 2], [1, 1], [5, -1]], |chunks| {
        let x = sample(&[6, 5], chunks);
        let c = sample(&[2, 3, 4], [-1, chunks[1], 3]);
        let counted = |n: i64, shape: &[i64]| Array::arange(0, n, 1, 4).reshape(shape);
        let values = Array::full(7.9, &[1], 1).append(&Array::full(8.9, &[1], 1), 0).reshape(&[1, 2]);
        vec![
            ("append", x.append(&(x.slice(s![..2]) * 0.5), 0)),
            ("delete one", x.delete(&[2], 0)),
            ("delete last", x.delete(&[-1], 1)),
            ("delete several", x.delete(&[4, 0, 1, 4], 0)),
            ("delete none", x.delete(&[], 0)),
            ("delete all", x.delete(&[0, 1, 2, 3, 4, 5], 0)),
            ("insert number", x.insert(&[2], -1, 0)),
            ("insert row", x.insert(&[0], counted(5, &[5]), 0)),
            ("insert at the end", x.insert(&[6], counted(5, &[5]), 0)),
            ("insert several", x.insert(&[3, 0, 3], counted(15, &[3, 5]), 0)),
            ("insert columns", x.insert(&[1, -1], values, 1)),
            ("insert many at one place", x.insert(&[2], counted(18, &[6, 3]), 1)),
            ("insert in the middle", c.insert(&[1, 1], counted(8, &[2, 1, 4]), 1)),
            ("insert nothing", x.insert(&[], -1, 0)),
        ]
    });
}

#[test]
fn places_outside_are_refused() {
    let x = sample(&[6, 5], 4);
    refused(&x.delete(&[6], 0), "no place 6");
    refused(&x.delete(&[-7], 0), "no place -7");
    refused(&x.insert(&[7], 0, 0), "no place 7");
    refused(&x.insert(&[i64::MIN], 0, 0), "no place");
    refused(&x.insert(&[1, 2], x.slice(s![..3]), 0), "`insert`");
    refused(&x.insert(&[1], x.slice(s![.., ..3]), 0), "does not broadcast");
    refused(&x.delete(&[0], 2), "no axis 2");
}
