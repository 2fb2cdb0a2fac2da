//! Matrices in blocks, against NumPy and SciPy and by what must hold for the results.

use gristmill_data::number::Complex64;
use gristmill_data::{Chunk, Element};
use gristmill_kernels::linalg::Uplo;
use proptest::prelude::*;

use super::*;
use crate::array::testing::{check, compute, floats, refused};
use crate::array::{AxisChunks, Chunks, Generator, KeepDims};

type Cases = Vec<(String, Array)>;

/// What the table's script makes.
fn numbers(dtype: DType, shape: &[u64], seed: u64, chunks: Vec<i64>) -> Array {
    let n = shape.iter().product::<u64>();
    let flat = (0..n).map(|at| (at + 13 * seed) as f64);
    let real = flat.clone().map(|at| (at * at * 0.7 + 0.3).sin() * 3.0 + at % 5.0 - 2.0);
    let imag = flat.map(|at| (at * 2.3).cos() * 2.0 + at % 3.0 - 1.0);
    match dtype.is_complex() {
        true => array(real.zip(imag).map(|(re, im)| Complex64::new(re, im)).collect(), shape, chunks),
        false => array(real.collect(), shape, chunks),
    }
}

fn array<T: Element>(elements: Vec<T>, shape: &[u64], chunks: Vec<i64>) -> Array {
    let chunks = Chunks::each(chunks.into_iter().map(AxisChunks::from));
    Array::from_chunk(Chunk::from_vec(elements, shape).unwrap(), chunks)
}

fn factors(name: &str, x: &Array, cases: &mut Cases) {
    let mut case = |what: &str, array: Array| cases.push((format!("{what} {name}"), array));
    let [q, r] = x.qr();
    case("q", q);
    case("r", r);
    case("r alone", x.qr_r());
    let [u, s, vh] = x.svd();
    case("usv", (&u * s.expand_dims(-2)).matmul(&vh));
    case("s", s);
    case("svdvals", x.svdvals());
    case("uu", adjoint(&u).matmul(&u));
    case("vv", vh.matmul(&adjoint(&vh)));
    case("pinv", x.pinv(None));
    case("rank", x.matrix_rank(None));
    case("cond", x.cond());
    let norms = [
        ("fro", MatrixNorm::Frobenius),
        ("nuc", MatrixNorm::Nuclear),
        ("1", MatrixNorm::One),
        ("-1", MatrixNorm::MinusOne),
        ("2", MatrixNorm::Two),
        ("-2", MatrixNorm::MinusTwo),
        ("inf", MatrixNorm::Infinity),
        ("-inf", MatrixNorm::MinusInfinity),
    ];
    for (ord, norm) in norms {
        case(&format!("norm {ord}"), x.matrix_norm(norm));
    }
    if x.ndim() == 2 {
        let [p, l, u] = x.lu();
        case("plu p", p.clone());
        case("p", p);
        case("l", l);
        case("u", u);
    }
}

fn solutions(dtype: DType, [m, n]: [i64; 2], cases: &mut Cases) {
    let of = |shape: &[u64], seed| {
        let chunks = shape.iter().zip([m, n, -1]).map(|(_, chunk)| chunk);
        numbers(dtype, shape, seed, chunks.collect())
    };
    let (tall, wide, square, stack) = (of(&[12, 4], 0), of(&[4, 12], 1), of(&[8, 8], 2), of(&[3, 2, 2], 3));
    let root = of(&[8, 8], 4);
    let eye = Array::identity(dtype, 8, 3) * 8.0;
    let positive = root.matmul(&adjoint(&root)) + eye;
    let (b, matrix) = (of(&[8], 5), of(&[8, 3], 6));
    for (name, x) in [("tall", &tall), ("wide", &wide), ("square", &square), ("stack", &stack)] {
        factors(&format!("{name} {dtype}"), x, cases);
    }
    let mut case = |what: &str, array: Array| cases.push((format!("{what} {dtype}"), array));
    case("compressed", tall.svd_compressed(3, Compressed::default())[1].clone());
    let [u, s, vh] = tall.svd_compressed(4, Compressed { n_power_iter: 2, seed: 7, ..Compressed::default() });
    case("compressed usv", (u * s).matmul(&vh));
    case("cholesky", positive.cholesky());
    case("cholesky stack", stack.matmul(&adjoint(&stack)).cholesky());
    case("solve", square.solve(&b));
    case("solve matrix", square.solve(&matrix));
    case("solve stack", stack.solve(&b.slice(crate::s![..2])));
    case("solve stacks", stack.solve(&of(&[3, 2, 3], 0)));
    case("solve positive", positive.solve_positive(&matrix));
    case("lower", positive.solve_triangular(&matrix, Uplo::Lower));
    case("upper", positive.solve_triangular(&b, Uplo::Upper));
    case("inv", square.inv());
    case("inv stack", stack.inv());
    case("det", square.det());
    case("det stack", stack.det());
    case("det positive", positive.det());
    let [sign, log] = square.slogdet();
    case("sign", sign);
    case("log", log);
    for (name, power) in [("power", 5), ("power 0", 0), ("power -2", -2)] {
        case(name, (&square / 8.0).matrix_power(power));
    }
    let right = [
        ("tall", &tall, of(&[12], 7)),
        ("tall matrix", &tall, of(&[12, 2], 7)),
        ("wide", &wide, b.slice(crate::s![..4])),
    ];
    for (name, x, y) in right {
        let [solution, residuals, rank, s] = x.lstsq(&y, None);
        case(&format!("lstsq {name}"), solution);
        case(&format!("residuals {name}"), residuals);
        case(&format!("lstsq rank {name}"), rank);
        case(&format!("lstsq s {name}"), s);
    }
    let [w, v] = positive.eigh(Uplo::Lower);
    case("eigh w", w);
    case("eigh v", v);
    case("eigvalsh", positive.eigvalsh(Uplo::Upper));
    case("eig sum", square.eig()[0].sum(()));
    case("eigvals sum", square.eigvals().sum(()));
}

#[test]
fn results_are_those_of_numpy() {
    check(include_str!("tests.json"), 1e-9, &[[12, 12], [3, 2], [5, 3], [1, 1]], |cut| {
        let mut cases = Cases::new();
        solutions(DType::Float64, cut, &mut cases);
        solutions(DType::Complex128, cut, &mut cases);
        let x = numbers(DType::Float64, &[4, 6], 0, cut.to_vec());
        let orders = [
            ("0", 0.0),
            ("1", 1.0),
            ("2", 2.0),
            ("3.5", 3.5),
            ("inf", f64::INFINITY),
            ("-inf", f64::NEG_INFINITY),
        ];
        for (name, ord) in orders {
            cases.push((format!("vector norm {name}"), x.vector_norm(ord, 1, KeepDims::No)));
        }
        cases.push(("norm".to_owned(), x.norm()));
        let ints = vec![2, 1, 0, 0, 1, 3, 1, 0, 0, 1, 4, 1, 0, 0, 1, 5];
        cases.push(("ints".to_owned(), array(ints, &[4, 4], cut.to_vec()).inv()));
        let diagonal = |[first, last]: [f64; 2]| {
            let chunks = AxisChunks::from(cut[0]);
            let values = Chunk::from_vec([[first; 4], [last; 4]].concat(), &[8]).unwrap();
            Array::from_chunk(values, Chunks::each([chunks])).diag(0)
        };
        cases.push(("det of extremes".to_owned(), diagonal([1e200, 1e-200]).det()));
        cases.push(("det of tiny".to_owned(), diagonal([1e-310, 1.0]).det()));
        cases.push(("cond of zeros".to_owned(), diagonal([0.0, 0.0]).cond()));
        let zeros = |shape| Array::zeros(DType::Float64, shape, cut);
        cases.push(("det of nothing".to_owned(), zeros(&[0, 0]).det()));
        for (name, x) in [("no rows", zeros(&[0, 6])), ("no columns", zeros(&[6, 0]))] {
            let [_, l, _] = x.lu();
            let all = [
                ("rank", x.matrix_rank(None)),
                ("pinv", x.pinv(None)),
                ("svdvals", x.svdvals()),
                ("l", l),
                ("r", x.qr_r()),
            ];
            cases.extend(all.map(|(what, array)| (format!("{what} {name}"), array)));
            cases.push((format!("norm {name}"), x.norm()));
            cases.push((format!("norm 2 {name}"), x.matrix_norm(MatrixNorm::Two)));
        }
        cases.push((
            "power of ints".to_owned(),
            array(vec![1_i64, 2, 3, 4], &[2, 2], cut.to_vec()).matrix_power(3),
        ));
        let half = Array::ones(DType::Float16, &[2, 3], cut);
        cases.push(("norm of half".to_owned(), half.matrix_norm(MatrixNorm::One)));
        let equal = array((0..36).map(|n| f64::from(n % 6)).collect(), &[6, 6], cut.to_vec());
        cases.push(("singular det".to_owned(), equal.det()));
        cases
    });
}

#[test]
fn results_have_the_dtypes_that_are_told() {
    for (dtype, size) in
        [(DType::Float32, DType::Float32), (DType::Complex64, DType::Float32), (DType::Int16, DType::Float64)]
    {
        for cut in [2, 6] {
            let x = (numbers(DType::Float64, &[6, 6], 1, vec![cut, cut]) * 10.0).astype(dtype);
            let wide = if dtype == DType::Int16 { DType::Float64 } else { dtype };
            let [u, s, vh] = x.svd();
            let [p, l, _] = x.lu();
            let [sign, log] = x.slogdet();
            let [solution, residuals, _, _] = x.lstsq(&x, None);
            let full = [
                x.qr_r(),
                u,
                vh,
                l,
                x.inv(),
                x.pinv(None),
                x.det(),
                sign,
                solution,
                x.solve(&x),
                x.eigh(Uplo::Lower)[1].clone(),
            ];
            let sizes = [
                s,
                p,
                log,
                residuals,
                x.cond(),
                x.norm(),
                x.eigvalsh(Uplo::Lower),
                x.vector_norm(3.0, 0, KeepDims::No),
            ];
            for (array, expected) in
                full.map(|array| (array, wide)).into_iter().chain(sizes.map(|array| (array, size)))
            {
                assert_eq!(
                    (array.dtype(), compute(&array).unwrap().dtype()),
                    (expected, expected),
                    "{array:?}"
                );
            }
        }
    }
}

#[test]
fn what_has_no_solution_says_so() {
    let of = |shape: &[u64], cut| Array::ones(DType::Float64, shape, cut);
    for cut in [2, 5] {
        let error = compute(&of(&[5, 5], cut).inv()).unwrap_err();
        assert!(error.contains("singular"), "{error}");
        let error = compute(&(-of(&[5, 5], cut)).cholesky()).unwrap_err();
        assert!(error.contains("not positive definite"), "{error}");
        let error = compute(&(of(&[5, 2], cut) / 0.0).svdvals()).unwrap_err();
        assert!(error.contains("NaN or infinite"), "{error}");
    }
    let (wide, vector) = (of(&[4, 6], 3), of(&[6], 3));
    refused(&wide.inv(), "not square: it has 4 rows and 6 columns");
    refused(&wide.cholesky(), "not square");
    refused(&vector.det(), "a matrix has two axes, and the array has 1");
    refused(&vector.qr()[1], "a matrix has two axes");
    refused(&of(&[6, 6], 3).solve(&wide), "do not have as many rows");
    refused(&wide.svd_compressed(5, Compressed::default())[0], "no matrix with 5 singular values");
    refused(&wide.astype(DType::Float16).qr()[0], "float16");
    refused(&of(&[2, 3, 3], 3).lstsq(&vector, None)[0], "as many rows");
}

#[test]
fn a_matrix_of_few_values_is_compressed_exactly() {
    let random = |shape: &[u64], seed| Generator::new(seed).normal(0.0, 1.0, shape, [16, 16]);
    let x = random(&[70, 5], 1).matmul(&random(&[5, 50], 2));
    let [u, s, vh] = x.svd_compressed(5, Compressed::default());
    let rest = compute(&(x - (u * s).matmul(&vh)).abs().max(())).unwrap();
    assert!(floats(&rest)[0] < 1e-11, "{rest:?}");
}

fn largest(array: &Array) -> f64 {
    floats(&compute(&array.abs().max(())).unwrap())[0]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn factors_of_any_cuts_give_the_matrix(
        [m, n] in prop::array::uniform2(1_u64..30),
        [p, q] in prop::array::uniform2(1_i64..12),
        seed in 0_u64..1000,
    ) {
        let x = Generator::new(seed).normal(0.0, 1.0, &[m, n], [p, q]);
        let [q, r] = x.qr();
        prop_assert!(largest(&(q.matmul(&r) - &x)) < 1e-11);
        prop_assert!(largest(&r.tril(-1)) == 0.0);
        let [p, l, u] = x.lu();
        prop_assert!(largest(&(p.matmul(&l).matmul(&u) - &x)) < 1e-11);
        prop_assert!(largest(&l) <= 1.0);
        let [u, s, vh] = x.svd();
        prop_assert!(largest(&((u * s).matmul(&vh) - &x)) < 1e-11);
        let square = x.matmul(&x.t()) + Array::identity(DType::Float64, m, 5);
        let l = square.cholesky();
        prop_assert!(largest(&(l.matmul(&l.t()) - &square)) < 1e-9);
        prop_assert!(largest(&(square.matmul(&square.inv()) - Array::identity(DType::Float64, m, -1))) < 1e-9);
    }
}
