//! Products, against NumPy.

use gristmill_data::number::Complex64;
use proptest::prelude::*;

use super::*;
use crate::Collection;
use crate::array::testing::{check, compute, floats, refused, sample};
use crate::s;

fn cases([m, k, n]: [i64; 3]) -> Vec<(String, Array)> {
    let (a, b) = (sample(&[6, 5], [m, k]), sample(&[5, 4], [k, n]).astype(DType::Float64));
    let (v, w) = (sample(&[5], [k]), sample(&[6], [m]));
    let (x, y) = (sample(&[3, 6, 5], [n, m, k]), sample(&[3, 5, 4], [2, k, n]));
    let z = sample(&[1, 5, 4], [1, n, k]) * Complex64::new(1.0, 2.0);
    let (short, bool) = (|x: &Array| x.astype(DType::Int8), |x: &Array| x.gt(0));
    let mut cases: Vec<(String, Array)> = [
        ("matmul", a.matmul(&b)),
        ("stacks", x.matmul(&y)),
        ("one for all", x.matmul(&z)),
        ("stack and matrix", x.matmul(&b)),
        ("matrix and stack", a.matmul(&y)),
        ("matrix and vector", a.matmul(&v)),
        ("vector and matrix", w.matmul(&a)),
        ("vectors", v.matmul(&v)),
        ("stack and vector", x.matmul(&v)),
        ("nothing", a.slice(s![.., ..0]).matmul(&b.slice(s![..0]))),
        ("no rows", a.slice(s![..0]).matmul(&b)),
        ("bool", bool(&a).matmul(&bool(&b))),
        ("short", short(&a).matmul(&short(&b))),
        ("dot", x.dot(&b)),
        ("dot of stacks", x.dot(&y)),
        ("dot of vectors", v.dot(&v)),
        ("dot of short", short(&v).dot(&short(&v))),
        ("dot of bool", bool(&v).dot(&bool(&v))),
        ("dot with a number", a.dot(&Array::full(3, &[], 1))),
        ("vdot", z.vdot(&(&z * Complex64::new(0.0, 1.0)))),
        ("inner", x.inner(&v)),
        ("inner of matrices", a.inner(&a)),
        ("outer", a.outer(&v)),
        ("kron", a.kron(&b)),
        ("kron of vector", v.kron(&b)),
        ("tensordot", x.tensordot(&y, &[0, 2], &[0, 1])),
        ("tensordot back", x.tensordot(&y, &[2, 0], &[-2, 0])),
        ("tensordot of all", x.tensordot(&x, &[0, 1, 2], &[0, 1, 2])),
        ("tensordot of none", v.tensordot(&w, &[], &[])),
    ]
    .map(|(name, array)| (name.to_owned(), array))
    .into();
    cases.extend(einsums([m, k, n], cases.len()));
    cases
}

/// Named by what they are, and the place in the table.
fn einsums([m, k, n]: [i64; 3], first: usize) -> Vec<(String, Array)> {
    let (a, b) = (sample(&[6, 5], [m, k]), sample(&[5, 4], [k, n]).astype(DType::Float64));
    let (v, w) = (sample(&[5], [k]), sample(&[6], [m]));
    let (x, y) = (sample(&[3, 6, 5], [n, m, k]), sample(&[3, 5, 4], [2, k, n]));
    let z = sample(&[1, 5, 4], [1, n, k]) * Complex64::new(1.0, 2.0);
    let (short, bool) = (|x: &Array| x.astype(DType::Int8), |x: &Array| x.gt(0));
    let square = a.slice(s![..5]);
    let all: [(&str, &[&Array]); 36] = [
        ("ij,jk->ik", &[&a, &b]),
        ("ij,jk", &[&a, &b]),
        ("ij,jk->ki", &[&a, &b]),
        ("ij,ji->", &[&a, &a.t()]),
        ("ij->ji", &[&a]),
        ("ij->j", &[&a]),
        ("ij->", &[&a]),
        ("ij", &[&a.t()]),
        ("ba", &[&a]),
        ("ii", &[&square]),
        ("ii->i", &[&square]),
        ("tij,tjk->tik", &[&x, &y]),
        ("tij,tjk->ik", &[&x, &y]),
        ("tij,tjk->ikt", &[&x, &y]),
        ("...ij,...jk->...ik", &[&x, &y]),
        ("...ij,...jk", &[&x, &b]),
        ("i...->...", &[&x]),
        ("...ij,j->...i", &[&x, &v]),
        ("i,j->ij", &[&v, &w]),
        ("i,i->i", &[&v, &v]),
        ("i,i", &[&v, &v]),
        ("ij,ij->i", &[&a, &a]),
        ("ij,jk,kl->il", &[&a, &b, &b.t()]),
        ("ij,j,i->", &[&a, &v, &w]),
        ("ijk,kl,li->j", &[&x, &b, &sample(&[4, 3], [n, 2])]),
        ("iij->j", &[&sample(&[5, 5, 3], [m, k, n])]),
        ("ij,jk->ik", &[&a, &z.slice(s![0])]),
        ("ij,kj->ik", &[&a.slice(s![.., ..1]), &a]),
        ("tij,tjk->tik", &[&x, &z]),
        ("i,j,k->kji", &[&v, &w, &v]),
        (" i j , j -> i ", &[&a, &v]),
        ("a,ab,abc->abc", &[&v.slice(s![..3]), &sample(&[3, 6], [2, m]), &x]),
        ("ij,jk->ik", &[&bool(&a), &bool(&b)]),
        ("ij,j->j", &[&short(&a), &v.astype(DType::Float64)]),
        ("ij,ij->i", &[&bool(&a), &a]),
        ("ij,j,i->", &[&short(&a), &short(&v), &w]),
    ];
    let mut cases = Vec::new();
    for (text, arrays) in all {
        let arrays: Vec<Array> = arrays.iter().map(|&array| array.clone()).collect();
        cases.push((format!("{text} {}", first + cases.len()), einsum(text, &arrays)));
    }
    cases
}

#[test]
fn products_are_those_of_numpy() {
    check(include_str!("tests.json"), 0.0, &[[6, 5, 4], [2, 3, 1], [1, 1, 1], [4, 2, 3]], cases);
}

#[test]
fn what_does_not_fit_is_refused() {
    let (a, v) = (sample(&[6, 5], [3, 2]), sample(&[1], [1]));
    refused(&a.matmul(&a), "shapes [6, 5] and [6, 5] do not fit");
    refused(&a.matmul(&v), "do not fit");
    refused(&sample(&[3], [1]).dot(&v), "do not fit");
    refused(&a.matmul(&Array::full(2, &[], 1)), "without axes is no matrix");
    refused(&a.tensordot(&a, &[0], &[]), "as many axes");
    refused(&a.tensordot(&a, &[0, 0], &[0, 1]), "twice");
    refused(&a.tensordot(&a, &[2], &[0]), "no axis 2");
    refused(&a.tensordot(&a, &[0], &[1]), "do not fit");
    refused(&a.matmul(&a.t().astype(DType::Timedelta64Ns)), "times have no products");
    let of = |text: &str| einsum(text, std::slice::from_ref(&a));
    refused(&of("ij,jk->ik"), "of 2 arrays, and 1 are given");
    refused(&of("i->i"), "indices of an array of 2 axes");
    refused(&of("ij->k"), "`k` is no array's");
    refused(&of("ij->ii"), "twice");
    refused(&of("ii->"), "two lengths");
    refused(&of("i1->i"), "letters");
    refused(&of("...->"), "`...`");
    refused(&einsum("ij,jk->ik", &[a.clone(), a]), "do not fit");
    refused(&einsum("->", &[]), "of 1 arrays, and 0 are given");
}

#[test]
fn a_sum_over_many_blocks_goes_in_parts_beside_each_other() {
    for (n_rows, n_layers_max) in [(6_400, 300), (6_410, 300), (20_000, 400)] {
        let x = Array::ones(DType::Float64, &[n_rows, 3], [1, 3]);
        let product = x.t().matmul(&x);
        assert_eq!(floats(&compute(&product).unwrap()), [n_rows as f64; 9]);
        let program = Array::program(&[product]).unwrap();
        assert!(program.graph.layers().len() < n_layers_max, "{}", program.graph.layers().len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_cuts_give_the_same(lengths in prop::array::uniform3(0_u64..40), cuts in prop::array::uniform4(1_i64..20)) {
        let [m, k, n] = lengths;
        let [p, q, r, s] = cuts;
        let whole = sample(&[m, k], [-1, -1]).matmul(&sample(&[k, n], [-1, -1]));
        let cut = sample(&[m, k], [p, q]).matmul(&sample(&[k, n], [r, s]));
        prop_assert_eq!(compute(&cut).unwrap(), compute(&whole).unwrap());
    }
}
