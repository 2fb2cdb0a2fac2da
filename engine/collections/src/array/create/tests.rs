//! Arrays that come from nowhere, against NumPy.

use gristmill_data::DType;

use super::*;
use crate::array::testing::{check, refused, sample};
use crate::s;

#[test]
fn made_arrays_are_those_of_numpy() {
    check(include_str!("tests.json"), 0.0, &[[6, 5], [4, 2], [1, 1], [5, -1]], |chunks| {
        let x = sample(&[6, 5], chunks);
        let f = x.astype(DType::Float32);
        let v = sample(&[4], [chunks[1]]);
        let axes = [v.clone(), Array::arange(0, 3, 1, 2) * 0.5, Array::arange(0, 2, 1, 1)];
        let (mesh, matrix) = (meshgrid(&axes, Indexing::Xy), meshgrid(&axes, Indexing::Ij));
        let table = Array::fromfunction(&[6, 5], chunks, |at| (&at[0] + 1) * &at[1] - &at[0]);
        vec![
            ("full_like", f.full_like(2.5)),
            ("zeros_like", x.gt(0).zeros_like()),
            ("ones_like", f.ones_like()),
            ("identity", Array::identity(DType::Int8, 4, chunks)),
            ("fromfunction", table),
            ("vander", v.vander(4)),
            ("vander of floats", f.slice(s![0]).vander(3)),
            ("vander 1", v.vander(1)),
            ("vander 0", v.vander(0)),
            ("vander increasing", v.vander(3).fliplr()),
            ("meshgrid 0", mesh[0].clone()),
            ("meshgrid 1", mesh[1].clone()),
            ("meshgrid 2", mesh[2].clone()),
            ("meshgrid ij 0", matrix[0].clone()),
            ("meshgrid ij 1", matrix[1].clone()),
            ("meshgrid ij 2", matrix[2].clone()),
        ]
    });
}

#[test]
fn numbers_and_shapes_that_do_not_fit_are_refused() {
    let x = sample(&[6, 5], 4);
    refused(&x.astype(DType::Int8).full_like(1000), "1000");
    refused(&x.full_like(0.5), "0.5");
    refused(&x.vander(3), "no vector");
    let mesh = meshgrid(&[x.slice(s![0]), x.clone()], Indexing::Xy);
    assert_eq!(mesh.len(), 2);
    mesh.iter().for_each(|array| refused(array, "no vector"));
    assert_eq!(x.empty_like().grid(), x.grid());
    assert_eq!(Array::empty(DType::Int8, &[3], 2).shape(), [3]);
}
