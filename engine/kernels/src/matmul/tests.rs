//! Against NumPy, and against the sums written out.

use gristmill_data::{Chunk, Value};
use proptest::prelude::*;

use super::*;
use crate::table::{agree, check, part};

#[test]
fn products_are_those_of_numpy() {
    check(include_str!("tests/table.txt"), 8.0, 300);
}

/// Small whole numbers, whose products and sums are exact.
fn numbers(shape: &[u64], seed: u64) -> Vec<i32> {
    let n = shape.iter().product::<u64>();
    (0..n).map(|at| ((at + seed).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 60) as i32 - 8).collect()
}

fn naive(a: &[i32], b: &[i32], [m, k, n]: [u64; 3]) -> Vec<i32> {
    let (m, k, n) = (m as usize, k as usize, n as usize);
    let sum = |at: usize| (0..k).map(|l| a[at / n * k + l] * b[l * n + at % n]).sum();
    (0..m * n).map(sum).collect()
}

fn check_sizes(m: u64, k: u64, n: u64, seed: u64) {
    let (a, b) = (numbers(&[m, k], seed), numbers(&[k, n], seed + 99));
    let expected = Chunk::from_vec(naive(&a, &b, [m, k, n]), &[m, n]).unwrap();
    let (a, b) = (Chunk::from_vec(a, &[m, k]).unwrap(), Chunk::from_vec(b, &[k, n]).unwrap());
    for dtype in
        [DType::Int32, DType::Int64, DType::Float32, DType::Float64, DType::Complex64, DType::Complex128]
    {
        let of = |chunk: &Chunk| cast(chunk, dtype).unwrap();
        let expected = of(&expected);
        let found = matmul(&of(&a), &of(&b), None).unwrap();
        assert!(agree(&found.clone().into(), &expected.clone().into(), 0.0), "{dtype} {m} {k} {n}");
        let cut = k / 3;
        let first = matmul(&of(&part(&a, 1, 0, cut)), &of(&part(&b, 0, 0, cut)), None).unwrap();
        let rest = (of(&part(&a, 1, cut, k - cut)), of(&part(&b, 0, cut, k - cut)));
        let found = matmul(&rest.0, &rest.1, Some(&first)).unwrap();
        assert!(agree(&found.into(), &expected.into(), 0.0), "{dtype} {m} {k} {n} in two");
    }
}

#[test]
fn large_products_are_the_sums_written_out() {
    // Around the sizes of tiles and panels.
    for (m, k, n) in [(1, 1, 1), (6, 256, 16), (7, 257, 17), (97, 30, 33), (13, 300, 1030), (200, 513, 5)] {
        check_sizes(m, k, n, m + k);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn small_products_are_the_sums_written_out(m in 1_u64..20, k in 1_u64..20, n in 1_u64..40, seed in 0_u64..1000) {
        check_sizes(m, k, n, seed);
    }
}

#[test]
fn what_cannot_be_multiplied_is_refused() {
    let ones = |shape: &[u64]| {
        Value::from(Chunk::from_vec(vec![1_i8; shape.iter().product::<u64>() as usize], shape).unwrap())
    };
    let fails = |name: &str, args: &[Value], words: &str| {
        let error = crate::call(name, args).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    };
    fails("matmul", &[ones(&[2, 3]), ones(&[2, 3])], "as many columns");
    fails("matmul", &[ones(&[]), ones(&[2])], "without axes");
    fails("matmul", &[ones(&[2, 2]), ones(&[2, 2]), ones(&[4])], "shape and dtype");
    fails("einsum", &["ij,jk".into(), ones(&[2, 2]), ones(&[2, 2])], "`ij,jk->ik`");
    fails("einsum", &["ij,jk->i".into(), ones(&[2, 2]), ones(&[2, 2])], "sum along it");
    fails("einsum", &["ii,ij->j".into(), ones(&[2, 2]), ones(&[2, 2])], "twice");
    fails("einsum", &["i,i->".into(), ones(&[2]), ones(&[3])], "must be equal");
    fails("einsum", &["i,i->i".into(), ones(&[2]), ones(&[2]), ones(&[3])], "must have its shape");
    fails("einsum", &["i,i->".into(), ones(&[2]), ones(&[2, 1])], "number of axes");
    let (tall, wide) = (ones(&[1 << 17, 0]), ones(&[0, 1 << 17]));
    fails("matmul", &[tall, wide], "elements");
}
