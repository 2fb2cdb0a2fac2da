//! Axes turned, against NumPy.

use crate::array::testing::{check, refused, sample};
use crate::{Array, s};

#[test]
fn turned_arrays_are_those_of_numpy() {
    check(include_str!("tests.json"), 0.0, &[[6, 5], [4, 2], [1, 1], [5, -1]], |chunks| {
        let x = sample(&[6, 5], chunks);
        let c = sample(&[2, 3, 4], [-1, chunks[1], 3]);
        vec![
            ("flip all", x.flip(())),
            ("flip two", c.flip([0, -1])),
            ("fliplr", x.fliplr()),
            ("flipud", x.flipud()),
            ("roll", x.roll(2, 0)),
            ("roll back", x.roll(-7, 1)),
            ("roll flat", x.roll(7, ())),
            ("roll two", c.roll(1, [0, 2])),
            ("roll otherwise", x.roll(1, 0).roll(-2, 1)),
            ("roll nothing", x.slice(s![..0]).roll(3, 0)),
            ("rot90", x.rot90(1, [0, 1])),
            ("rot90 twice", x.rot90(2, [0, 1])),
            ("rot90 back", x.rot90(-1, [0, 1])),
            ("rot90 plane", c.rot90(1, [2, 0])),
            ("rot90 plane back", c.rot90(3, [0, 1])),
            ("rollaxis", c.rollaxis(2, 0)),
            ("rollaxis to the end", c.rollaxis(0, 3)),
            ("rollaxis back", c.rollaxis(-1, -2)),
            ("moveaxis", c.moveaxis(0, -1)),
            ("squeeze all", c.slice(s![.., ..1, ..1]).squeeze(())),
            ("squeeze two", c.slice(s![..1, .., ..1]).squeeze([0, 2])),
            ("atleast 1", Array::full(3, &[], 1).atleast_1d()),
            ("atleast 2", x.slice(s![0]).atleast_2d()),
            ("atleast 3", x.atleast_3d()),
            ("atleast 3 of a vector", x.slice(s![0]).atleast_3d()),
        ]
    });
}

#[test]
fn planes_and_axes_that_are_not_there_are_refused() {
    let x = sample(&[6, 5], 4);
    refused(&x.rot90(1, [0, -2]), "two axes");
    refused(&x.rot90(1, [0, 2]), "no axis 2");
    refused(&x.roll(1, 2), "no axis 2");
    refused(&x.flip([0, 0]), "twice");
    refused(&x.slice(s![0]).fliplr(), "no axis 1");
    refused(&x.squeeze([0, 1]), "longer than 1");
    refused(&x.rollaxis(0, 3), "no axis 3");
    // The first mistake is the one that is told.
    refused(&x.squeeze(0).moveaxis(7, 0).swapaxes(7, 0).flip(7).roll(1, 7), "longer than 1");
}
