//! Against NumPy and SciPy, and by what must hold for the results.

mod matrices;
mod properties;

use gristmill_data::{Chunk, TaskError, TaskErrorKind, Value};

use super::*;
use crate::Error;
use crate::table::check;

#[test]
fn results_are_those_of_numpy_and_scipy() {
    check(include_str!("tests/table.txt"), 400.0, 1500);
}

#[test]
fn what_cannot_be_done_says_why() {
    let matrix = |elements: Vec<f64>, shape: &[u64]| Chunk::from_vec(elements, shape).unwrap();
    let fails = |error: Error, words: &str| {
        let error = TaskError::from(error);
        assert_eq!(error.kind, TaskErrorKind::InvalidArgument);
        assert!(error.message.contains(words), "{error}");
    };
    let (singular, wide) = (matrix(vec![1.0, 2.0, 2.0, 4.0], &[2, 2]), matrix(vec![1.0; 6], &[2, 3]));
    let (nan, one) = (matrix(vec![f64::NAN], &[1, 1]), matrix(vec![1.0], &[1]));
    let second = matrix(vec![1.0, 0.0, 0.0, 1.0, 1.0, 2.0, 2.0, 1.0], &[2, 2, 2]);
    fails(inv(&wide).unwrap_err(), "`inv` takes square matrices, and those given have 2 rows and 3 columns");
    fails(inv(&singular).unwrap_err(), "`inv` of matrix 0: the matrix is singular");
    fails(cholesky(&second).unwrap_err(), "`cholesky` of matrix 1: the matrix is not positive definite");
    fails(svd(&nan).unwrap_err(), "`svd` of matrix 0: an element is NaN or infinite");
    fails(eig(&nan).unwrap_err(), "NaN");
    fails(det(&one).unwrap_err(), "a matrix has two axes");
    fails(solve(&singular, &one).unwrap_err(), "as many rows");
    fails(lstsq(None, &second, &one).unwrap_err(), "one matrix is solved for");
    let args = ["complete".into(), singular.clone().into()];
    fails(crate::call("qr", &args).unwrap_err(), "`complete`; there are reduced and r");
    let half = ["X".into(), Value::from(singular)];
    fails(crate::call("eigh", &half).unwrap_err(), "`X`; there are L and U");
}

#[test]
fn results_larger_than_a_chunk_may_be_are_refused() {
    let tall = Chunk::from_vec(vec![0.0_f32; 1 << 16], &[1 << 16, 1]).unwrap();
    let error = lu(&tall).unwrap_err();
    assert!(
        matches!(error, Error::TooLarge { kernel: "lu", n_elements, .. } if n_elements == 1 << 32),
        "{error}"
    );
}
