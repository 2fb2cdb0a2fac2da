//! Against NumPy, and by what holds for every transform.

use num_complex::Complex64;
use proptest::prelude::*;

use super::*;
use crate::table::{agree, check, numbers};

#[test]
fn transforms_are_those_of_numpy() {
    check(include_str!("tests/table.txt"), 64.0, 1500);
}

const NORMS: [Norm; 3] = [Norm::Backward, Norm::Ortho, Norm::Forward];

/// Numbers without pattern.
fn signal(shape: &[u64], seed: u64) -> Chunk {
    let n = shape.iter().product::<u64>();
    let part =
        |at: u64| ((at + seed).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) as f64 / (1 << 22) as f64 - 2.0;
    Chunk::from_vec((0..n).map(|at| Complex64::new(part(2 * at), part(2 * at + 1))).collect(), shape).unwrap()
}

fn real(of: &Chunk) -> Chunk {
    let parts = of.as_slice::<Complex64>().unwrap().iter().map(|number| number.re).collect();
    Chunk::from_vec(parts, of.shape()).unwrap()
}

/// The sums written out.
fn naive(x: &[Complex64], sign: f64) -> Vec<Complex64> {
    let n = x.len();
    let turn = |at: usize| Complex64::cis(sign * std::f64::consts::TAU * (at % n) as f64 / n as f64);
    (0..n).map(|k| x.iter().enumerate().map(|(at, x)| x * turn(at * k)).sum()).collect()
}

#[track_caller]
fn assert_near(given: &Chunk, expected: &Chunk) {
    assert!(agree(&given.clone().into(), &expected.clone().into(), 1e4), "{given:?} and not {expected:?}");
}

#[test]
fn long_transforms_are_the_sums_written_out() {
    // Powers of two, other products, primes and their neighbours.
    for n in [256, 243, 360, 251, 509, 719, 1000, 1009] {
        let x = signal(&[n], n);
        let expected = naive(x.as_slice().unwrap(), -1.0);
        let expected = Chunk::from_vec(expected, &[n]).unwrap();
        assert_near(&fft(Transform::Fft, 0, None, Norm::Backward, &x).unwrap(), &expected);
        let expected = naive(x.as_slice().unwrap(), 1.0);
        let expected = Chunk::from_vec(expected, &[n]).unwrap();
        assert_near(&fft(Transform::Ifft, 0, None, Norm::Forward, &x).unwrap(), &expected);
    }
}

#[test]
fn groups_of_lanes_come_back_to_their_places() {
    // More lanes than are in buffers at a time, along every axis.
    let x = signal(&[3, 40, 300], 5);
    for axis in 0..3 {
        let spectrum = fft(Transform::Fft, axis, None, Norm::Ortho, &x).unwrap();
        assert_near(&fft(Transform::Ifft, axis, None, Norm::Ortho, &spectrum).unwrap(), &x);
        let along = crate::layout::kernel::transpose(&[[1, 2, 0], [0, 2, 1], [0, 1, 2]][axis], &x).unwrap();
        let n = along.shape()[2] as usize;
        let lanes = along.as_slice::<Complex64>().unwrap().chunks_exact(n);
        let expected =
            lanes.flat_map(|lane| naive(lane, -1.0)).map(|point| point / (n as f64).sqrt()).collect();
        let expected = Chunk::from_vec(expected, along.shape()).unwrap();
        let back =
            crate::layout::kernel::transpose(&[[2, 0, 1], [0, 2, 1], [0, 1, 2]][axis], &expected).unwrap();
        assert_near(&spectrum, &back);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn inverses_undo_transforms(n in 1_u64..70, outer in 1_u64..4, inner in 1_u64..12, norm in 0_usize..3, seed in 0_u64..99) {
        let (x, norm) = (signal(&[outer, n, inner], seed), NORMS[norm]);
        let spectrum = fft(Transform::Fft, 1, None, norm, &x).unwrap();
        assert_near(&fft(Transform::Ifft, 1, None, norm, &spectrum).unwrap(), &x);
        let real = real(&x);
        let half = fft(Transform::Rfft, 1, None, norm, &real).unwrap();
        assert_near(&fft(Transform::Irfft, 1, Some(n), norm, &half).unwrap(), &real);
        let half = fft(Transform::Ihfft, 1, None, norm, &real).unwrap();
        assert_near(&fft(Transform::Hfft, 1, Some(n), norm, &half).unwrap(), &real);
    }

    #[test]
    fn lengths_and_dtypes_are_told_beforehand(of in 0_u64..9, n in prop::option::of(0_u64..9), which in 0_usize..6, single: bool) {
        let transforms = [Transform::Fft, Transform::Ifft, Transform::Rfft, Transform::Irfft, Transform::Hfft, Transform::Ihfft];
        let x = cast(&real(&signal(&[of], 1)), if single { DType::Float32 } else { DType::Int16 }).unwrap();
        let told = transforms[which].length(of, n);
        match fft(transforms[which], 0, n, Norm::Backward, &x) {
            Ok(found) => {
                prop_assert_eq!(found.shape(), &[told.unwrap()][..]);
                prop_assert_eq!(found.dtype(), transforms[which].dtype(x.dtype()).unwrap());
                prop_assert_eq!(numbers(&found).unwrap().len(), found.n_elements());
            }
            Err(error) => prop_assert_eq!(error.to_string(), told.unwrap_err().to_string()),
        }
    }
}

#[test]
fn what_cannot_be_transformed_is_refused() {
    let fails = |transform, axis, n, of: &Chunk, words: &str| {
        let error = fft(transform, axis, n, Norm::Backward, of).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    };
    let (x, one) = (signal(&[4], 0), real(&signal(&[1], 0)));
    fails(Transform::Fft, 0, Some(0), &x, "invalid number of data points");
    fails(Transform::Irfft, 0, None, &one, "invalid number of data points");
    fails(Transform::Fft, 1, None, &x, "no axis 1");
    fails(Transform::Rfft, 0, None, &x, "complex128");
    fails(Transform::Fft, 0, Some(1 << 40), &x, "at most");
    let args = [0.into(), Value::Null, "both".into(), x.into()];
    let error = crate::call("fft", &args).unwrap_err().to_string();
    assert!(error.contains("`both`") && error.contains("ortho"), "{error}");
}
