//! What must hold for the results, whatever the matrix.

use gristmill_data::number::Complex64;
use gristmill_data::{Chunk, DType};
use proptest::prelude::*;

use super::matrices::{DTYPES, M, any_kind, eps, near, oriented, orthogonal, random, small};
use crate::linalg::*;
use crate::table::numbers;

fn check_qr(a: &M, dtype: DType) {
    let a = a.rounded(dtype);
    let (q, r) = qr(QrMode::Reduced, &a.chunk(dtype)).unwrap();
    let (q, r) = (M::of(&q.unwrap()), M::of(&r));
    orthogonal(&q, dtype);
    near(&q.times(&r), &a, a.norm(), dtype);
    for i in 0..r.m {
        assert!((0..i.min(r.n)).all(|j| r.get(i, j) == Complex64::default()), "{r:?}");
        assert!(r.get(i, i).re >= 0.0 && r.get(i, i).im == 0.0, "{r:?}");
    }
    let (none, alone) = qr(QrMode::R, &a.chunk(dtype)).unwrap();
    assert!(none.is_none());
    assert_eq!(M::of(&alone).at, r.at);
}

fn check_svd(a: &M, dtype: DType) {
    let a = a.rounded(dtype);
    let [u, s, vh] = svd(&a.chunk(dtype)).unwrap().map(|part| M::of(&part));
    orthogonal(&u, dtype);
    orthogonal(&vh.adjoint(), dtype);
    near(&u.times(&M::diagonal(&s.at)).times(&vh), &a, a.norm(), dtype);
    assert!(
        s.at.windows(2).all(|pair| pair[0].re >= pair[1].re) && s.at.iter().all(|s| s.re >= 0.0),
        "{s:?}"
    );
    vh.at.chunks(vh.n).for_each(|row| oriented(row, dtype));
    near(&M::of(&svdvals(&a.chunk(dtype)).unwrap()), &s, a.norm(), dtype);
}

fn check_eigh(a: &M, dtype: DType) {
    let a = a.plus(&a.adjoint(), 1.0).rounded(dtype);
    let [w, v] = eigh(Uplo::Lower, &a.chunk(dtype)).unwrap().map(|part| M::of(&part));
    orthogonal(&v, dtype);
    near(&a.times(&v), &v.times(&M::diagonal(&w.at)), a.norm(), dtype);
    assert!(w.at.windows(2).all(|pair| pair[0].re <= pair[1].re), "{w:?}");
    v.transposed().at.chunks(v.m).for_each(|vector| oriented(vector, dtype));
    // What stands in the other half does not matter.
    for uplo in [Uplo::Lower, Uplo::Upper] {
        let is_read = |i, j| if uplo == Uplo::Lower { i >= j } else { i <= j };
        let half = M::from_fn(a.m, a.m, |i, j| if is_read(i, j) { a.get(i, j) } else { f64::NAN.into() });
        near(&M::of(&eigvalsh(uplo, &half.chunk(dtype)).unwrap()), &w, a.norm(), dtype);
        near(&M::of(&eigh(uplo, &half.chunk(dtype)).unwrap()[0]), &w, a.norm(), dtype);
    }
}

fn check_eig(a: &M, dtype: DType) {
    let a = a.rounded(dtype);
    let [w, v] = eig(&a.chunk(dtype)).unwrap().map(|part| M::of(&part));
    near(&a.times(&v), &v.times(&M::diagonal(&w.at)), a.norm(), dtype);
    for vector in v.transposed().at.chunks(v.m) {
        let length = vector.iter().map(|element| element.norm_sqr()).sum::<f64>().sqrt();
        assert!((length - 1.0).abs() < 20.0 * eps(dtype), "{length}");
        oriented(vector, dtype);
    }
    let sum = |values: &M| M { m: 1, n: 1, at: vec![values.at.iter().sum()] };
    let trace = M { m: 1, n: 1, at: vec![(0..a.m).map(|i| a.get(i, i)).sum()] };
    near(&sum(&w), &trace, a.norm() * a.m as f64, dtype);
    near(&sum(&M::of(&eigvals(&a.chunk(dtype)).unwrap())), &trace, a.norm() * a.m as f64, dtype);
}

fn check_lu(a: &M, dtype: DType) {
    let a = a.rounded(dtype);
    let [p, l, u] = lu(&a.chunk(dtype)).unwrap().map(|part| M::of(&part));
    near(&p.times(&l).times(&u), &a, a.norm() * a.m as f64, dtype);
    orthogonal(&p, dtype);
    // As LAPACK, pivots are the largest by |re| + |im|, which is up to sqrt(2) times the absolute value.
    let pivoting = if dtype.is_complex() { 1.4144 } else { 1.0001 };
    assert!(p.at.iter().all(|&x| x == 0.0.into() || x == 1.0.into()), "{p:?}");
    for (i, j) in (0..l.m).flat_map(|i| (0..l.n).map(move |j| (i, j))) {
        let x = l.get(i, j);
        assert!(x.norm() <= pivoting && (i != j || x == 1.0.into()) && (i >= j || x == 0.0.into()), "{l:?}");
    }
    assert!((0..u.m).all(|i| (0..i.min(u.n)).all(|j| u.get(i, j) == 0.0.into())), "{u:?}");
    let [packed, swaps] = lu_factor(&a.chunk(dtype)).unwrap();
    let packed = M::of(&packed);
    let both = M::from_fn(a.m, a.n, |i, j| if i > j { l.get(i, j) } else { u.get(i, j) });
    assert_eq!(packed.at, both.at);
    // Swapping the rows as told brings them into the order of the factors.
    let mut order: Vec<usize> = (0..a.m).collect();
    for (at, &swap) in swaps.as_slice::<i32>().unwrap().iter().enumerate() {
        assert!(swap as usize >= at);
        order.swap(at, swap as usize);
    }
    assert!(order.iter().enumerate().all(|(at, &row)| p.get(row, at) == 1.0.into()), "{order:?} {p:?}");
}

/// Of a matrix whose inverse is not large.
fn check_solutions(a: &M, b: &M, dtype: DType) {
    let shift = M::unit(a.m).at.iter().map(|&one| one * (a.m as f64 * 1.5 + 1.0)).collect();
    let a = a.plus(&M { at: shift, ..a.clone() }, 1.0).rounded(dtype);
    let b = b.rounded(dtype);
    let (chunk, right) = (a.chunk(dtype), b.chunk(dtype));
    let size = a.norm() * b.norm();
    near(&a.times(&M::of(&solve(&chunk, &right).unwrap())), &b, size, dtype);
    let inverse = M::of(&inv(&chunk).unwrap());
    near(&a.times(&inverse), &M::unit(a.m), a.norm(), dtype);
    near(&M::of(&pinv(None, &chunk).unwrap()), &inverse, a.norm(), dtype);
    let [packed, swaps] = lu_factor(&chunk).unwrap();
    for (trans, left) in
        [(Trans::No, a.clone()), (Trans::Transposed, a.transposed()), (Trans::Adjoint, a.adjoint())]
    {
        let x = M::of(&lu_solve(trans, &packed, &swaps, &right).unwrap());
        near(&left.times(&x), &b, size, dtype);
        for lower in [true, false] {
            let half =
                M::from_fn(
                    a.m,
                    a.m,
                    |i, j| if (i >= j) == lower || i == j { a.get(i, j) } else { 0.0.into() },
                );
            let left = match trans {
                Trans::No => half,
                Trans::Transposed => half.transposed(),
                Trans::Adjoint => half.adjoint(),
            };
            let x = M::of(&solve_triangular(lower, trans, false, &chunk, &right).unwrap());
            near(&left.times(&x), &b, size, dtype);
        }
    }
    let number = |chunk: &Chunk| numbers(chunk).unwrap()[0];
    let [sign, log] = slogdet(&chunk).unwrap().map(|part| number(&part));
    let (det, product) = (number(&det(&chunk).unwrap()), sign * log.exp());
    assert!((det - product).norm() <= 400.0 * eps(dtype) * det.norm() * a.m as f64, "{det} and {product}");
}

/// The four conditions that make a pseudoinverse (Penrose, 1955), and what follows for least squares.
fn check_pinv(a: &M, b: &M, dtype: DType) {
    // Singular values are far from what counts as 0.
    let a = a.rounded(dtype);
    let rcond = 1e3 * eps(dtype);
    let inverse = M::of(&pinv(Some(rcond), &a.chunk(dtype)).unwrap());
    let size = (1.0 + a.norm() * inverse.norm()).powi(2);
    let (left, right) = (a.times(&inverse), inverse.times(&a));
    near(&left.times(&a), &a, a.norm() * size, dtype);
    near(&right.times(&inverse), &inverse, inverse.norm() * size, dtype);
    near(&left.adjoint(), &left, size, dtype);
    near(&right.adjoint(), &right, size, dtype);
    let b = b.rounded(dtype);
    let [x, residuals, rank, s] = lstsq(Some(rcond), &a.chunk(dtype), &b.chunk(dtype)).unwrap();
    near(&M::of(&x), &inverse.times(&b), size * (1.0 + inverse.norm()) * b.norm(), dtype);
    let rank = rank.as_slice::<i32>().unwrap()[0] as usize;
    let s = numbers(&s).unwrap();
    let counted = s.iter().filter(|value| value.re > rcond * s[0].re).count();
    assert_eq!(rank, counted);
    let has_residuals = rank == a.n && a.m > a.n;
    assert_eq!(residuals.n_elements(), if has_residuals { b.n } else { 0 });
    let gap = b.plus(&a.times(&M::of(&x)), -1.0);
    for (column, found) in numbers(&residuals).unwrap().iter().enumerate() {
        let expected: f64 = (0..gap.m).map(|i| gap.get(i, column).norm_sqr()).sum();
        assert!(
            (found.re - expected).abs() <= 1e3 * eps(dtype) * (1.0 + size * b.norm().powi(2)),
            "{found} {expected}"
        );
    }
}

fn check_cholesky(a: &M, dtype: DType) {
    let a = a.times(&a.adjoint()).plus(&M::unit(a.m), 1.0).rounded(dtype);
    let l = M::of(&cholesky(&a.chunk(dtype)).unwrap());
    near(&l.times(&l.adjoint()), &a, a.norm(), dtype);
    assert!((0..a.m).all(|i| (i + 1..a.m).all(|j| l.get(i, j) == 0.0.into())), "{l:?}");
    let negative = a.plus(&M::unit(a.m), -2.0 * a.norm());
    assert!(cholesky(&negative.chunk(dtype)).is_err());
}

fn check_all(m: usize, n: usize, kind: usize, seed: u64, dtype: DType) {
    let (a, square) = (any_kind(m, n, kind, seed), any_kind(m, m, kind, seed));
    check_qr(&a, dtype);
    check_svd(&a, dtype);
    check_lu(&a, dtype);
    check_pinv(&a, &random(m, 3, seed), dtype);
    check_eigh(&square, dtype);
    check_eig(&square, dtype);
    check_solutions(&square, &random(m, 2, seed), dtype);
    check_cholesky(&square, dtype);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn results_fit_their_matrices((m, n, kind, seed) in small(), dtype in 0_usize..4) {
        check_all(m, n, kind, seed, DTYPES[dtype]);
    }

    /// Elements whose squares are 0 or infinite.
    #[test]
    fn results_fit_matrices_of_any_size((m, n, kind, seed) in small(), exponent in -40_i32..41, dtype in 0_usize..4) {
        let dtype = DTYPES[dtype];
        let exponent = if eps(dtype) < 1e-10 { exponent * 24 } else { exponent * 3 };
        let scaled = |a: M| M { at: a.at.iter().map(|x| x * 2_f64.powi(exponent)).collect(), ..a };
        // What is left of the smallest numbers has few digits.
        let kind = if exponent < 0 && kind == 1 { 0 } else { kind };
        let (a, square) = (scaled(any_kind(m, n, kind, seed)), scaled(any_kind(m, m, kind, seed)));
        check_qr(&a, dtype);
        check_svd(&a, dtype);
        check_lu(&a, dtype);
        check_eigh(&square, dtype);
        check_eig(&square, dtype);
    }

    #[test]
    fn nothing_panics_on_what_is_not_finite((m, n, kind, seed) in small(), n_bad in 1_usize..4, which in 0_usize..3, dtype in 0_usize..4) {
        let mut a = any_kind(m, n, kind, seed);
        let size = a.at.len();
        for bad in 0..n_bad {
            a.at[(seed as usize + 31 * bad) % size] = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY][which].into();
        }
        let dtype = DTYPES[dtype];
        let square = M::from_fn(m, m, |i, j| a.get(i, j % n));
        let (chunk, square, b) = (a.chunk(dtype), square.chunk(dtype), random(m, 2, seed).chunk(dtype));
        for refused in [svd(&chunk).is_err(), svdvals(&chunk).is_err(), pinv(None, &chunk).is_err(), lstsq(None, &chunk, &b).is_err()] {
            prop_assert!(refused);
        }
        for _ in [qr(QrMode::R, &chunk).is_ok(), lu(&chunk).is_ok(), lu_factor(&chunk).is_ok(), eig(&square).is_ok(),
            eigh(Uplo::Upper, &square).is_ok(), cholesky(&square).is_ok(), solve(&square, &b).is_ok(), inv(&square).is_ok(),
            det(&square).is_ok(), solve_triangular(true, Trans::No, false, &square, &b).is_ok()] {}
    }
}

/// Sizes beyond which blocks, division and conquest, and shifts of several begin.
#[test]
fn results_fit_large_matrices() {
    for (dtype, n) in
        [(DType::Float64, 150), (DType::Complex128, 140), (DType::Float32, 80), (DType::Complex64, 80)]
    {
        let a = random(n, n, 3);
        check_svd(&a, dtype);
        check_eigh(&a, dtype);
        check_eig(&a, dtype);
        check_qr(&a, dtype);
        check_lu(&a, dtype);
        check_cholesky(&a, dtype);
    }
    check_svd(&random(260, 140, 4), DType::Float64);
    check_svd(&any_kind(140, 150, 1, 4), DType::Float64);
    check_eigh(&any_kind(140, 140, 1, 4), DType::Float64);
    check_eigh(&any_kind(140, 140, 4, 4), DType::Complex128);
    check_eig(&any_kind(100, 100, 3, 4), DType::Float64);
}
