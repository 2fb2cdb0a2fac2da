//! Arrays joined, against NumPy.

use super::*;
use crate::array::UNKNOWN;
use crate::array::testing::{check, refused, sample};
use crate::s;

#[test]
fn joined_arrays_are_those_of_numpy() {
    check(include_str!("tests.json"), 1e-14, &[[6, 5], [4, 2], [1, 1], [5, -1]], |chunks| {
        let x = sample(&[6, 5], chunks);
        let y = sample(&[4, 5], 3) * 0.5;
        let r = x.slice(s![0]);
        let even = x.compress(&(Array::arange(0, 6, 1, 4) % 2).eq(0), 0);
        let whole = sample(&[6, 5], [chunks[0], -1]);
        let first = whole.compress(&(Array::arange(0, 6, 1, 4) % 2).eq(0), 0);
        let joined = concatenate(&[even.clone(), y.clone()], 0);
        vec![
            ("concatenate", concatenate(&[x.clone(), y.clone()], 0)),
            ("concatenate with nothing", concatenate(&[x.slice(s![..0]), y.clone(), x.clone()], 0)),
            ("stack", stack(&[x.clone(), &x + 1], 1)),
            ("stack last", stack(&[x.clone(), -&x], -1)),
            ("hstack", hstack(&[x.clone(), x.slice(s![.., ..2])])),
            ("hstack vectors", hstack(&[r.clone(), &r * 2])),
            ("vstack", vstack(&[x.clone(), y.clone()])),
            ("vstack vectors", vstack(&[r.clone(), y.clone(), r.clone()])),
            ("dstack", dstack(&[x.clone(), &x + 1])),
            ("dstack vectors", dstack(&[r.clone(), &r + 1])),
            ("column_stack", column_stack(&[x.slice(s![.., 0]), x.clone(), x.slice(s![.., 1])])),
            ("block", block([[&x, &x.slice(s![.., ..1])], [&y, &y.slice(s![.., 2..3])]])),
            ("block of vectors", block([r.clone(), r.slice(s![..2]), Array::full(3, &[], 1)])),
            ("block deeper", block([[[r.clone()]], [[&r + 1]]])),
            ("block of one", block(&x)),
            ("unknown", concatenate(&[even.clone(), y.clone(), x.clone()], 0)),
            ("mean of unknown", concatenate(&[even.clone(), y, even.clone()], 0).mean(0)),
            ("unknown across", concatenate(&[first.clone(), first + 1], 1)),
            ("unknown twice", &joined * &joined),
        ]
    });
}

#[test]
fn lengths_that_differ_are_refused() {
    let x = sample(&[6, 5], 4);
    refused(&concatenate(&[x.clone(), x.t()], 0), "differ along another axis");
    refused(&vstack(&[x.clone(), x.slice(s![.., 1..])]), "`vstack`");
    refused(&dstack(&[]), "at least one");
    refused(&block(Vec::<Array>::new()), "empty");
    refused(&block(Blocks::List(vec![Blocks::from([&x]), Blocks::List(Vec::new())])), "empty");
    refused(&block(Blocks::List(vec![Blocks::from([&x]), Blocks::from(&x)])), "equally deep");
    let deep = (0..99).fold(Blocks::from(&x), |inner, _| Blocks::List(vec![inner]));
    refused(&block(deep), "nested");

    let some = |bound: i64| x.compress(&x.slice(s![.., 0]).gt(bound), 0);
    let (few, many) = (some(3), some(0));
    let joined = concatenate(&[few.clone(), many.clone()], 0);
    assert_eq!(joined.shape(), [UNKNOWN, 5]);
    // Another one of the same arrays has another length, as far as is known.
    refused(&(&joined + concatenate(&[few.clone(), many.clone()], 0)), "same mask");
    refused(&concatenate(&[few.clone(), many], 1), "shapes [?, 5] and [?, 5] differ");
    refused(&concatenate(&[few, x.slice(s![.., 0..2])], 1), "differ");
}
