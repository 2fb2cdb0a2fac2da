//! The loops against the plainest loop, at lengths around their blocks.

use super::*;

fn numbers(n: usize) -> Vec<f64> {
    (0..n).map(|idx| ((idx * 37 + 11) % 101) as f64 - 50.0).collect()
}

#[test]
fn agree_with_plain_loops_at_every_length() {
    for n in [0, 1, 15, 16, 63, 64, 65, 127, 128, 1000] {
        let (a, b) = (numbers(n), numbers(n + 3));
        assert_eq!(sum(&a), a.iter().sum::<f64>(), "sum of {n}");
        assert_eq!(dot(&a, &b), a.iter().zip(&b).map(|(a, b)| a * b).sum::<f64>(), "dot of {n}");
        assert_eq!(dot(&b, &a), dot(&a, &b), "the shorter length counts, {n}");
        assert_eq!(min(&a), a.iter().copied().reduce(f64::min), "min of {n}");
        assert_eq!(max(&a), a.iter().copied().reduce(f64::max), "max of {n}");
        assert_eq!(map(&a, |x| 2.0 * x), a.iter().map(|x| 2.0 * x).collect::<Vec<_>>(), "map of {n}");
        let mut doubled = a.clone();
        map_in_place(&mut doubled, |x| 2.0 * x);
        assert_eq!(doubled, map(&a, |x| 2.0 * x), "map in place of {n}");
    }
}

#[test]
fn integers_sum_and_an_empty_slice_has_no_mean() {
    assert_eq!(sum(&(0..100i64).collect::<Vec<_>>()), 4950);
    assert_eq!(mean(&[]), None);
    assert_eq!(mean(&[1.0, 2.0, 6.0]), Some(3.0));
}

#[test]
fn nan_wins_wherever_it_stands() {
    for at in [0, 5, 64, 99] {
        let mut items = numbers(100);
        items[at] = f64::NAN;
        assert!(min(&items).is_some_and(f64::is_nan), "min, NaN at {at}");
        assert!(max(&items).is_some_and(f64::is_nan), "max, NaN at {at}");
    }
}
