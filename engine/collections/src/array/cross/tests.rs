//! Vector products, against NumPy.

use crate::array::testing::{check, refused, sample};
use crate::s;

#[test]
fn vector_products_are_those_of_numpy() {
    check(include_str!("tests.json"), 0.0, &[[4, 3], [3, 2], [1, 1]], |chunks| {
        let a = sample(&[4, 3], chunks) / 2;
        let b = sample(&[5, 4, 3], [2, 3, chunks[1]]) + 1;
        let c = b.slice(s![.., .., 1..]);
        vec![
            ("vectors", a.slice(s![0]).cross(&a.slice(s![1]), -1)),
            ("rows", a.cross(&a.flip(0), -1)),
            ("broadcast", a.cross(&b, -1)),
            ("columns", a.t().cross(&b.slice(s![0]).t(), 0)),
            ("two and three", c.cross(&a, -1)),
            ("three and two", a.cross(&c, -1)),
            ("two and two", c.cross(&a.slice(s![.., ..2]), -1)),
        ]
    });
}

#[test]
fn vectors_of_other_lengths_are_refused() {
    let a = sample(&[4, 3], 2);
    refused(&a.cross(&a, 0), "2 or 3 components, not 4");
    refused(&a.cross(&a, 2), "no axis 2");
    refused(&a.cross(&sample(&[5, 3], 2), 1), "broadcast");
}
