//! Against NumPy, and blocks against the whole.

use gristmill_data::number::Complex64;
use gristmill_data::{Chunk, DType, Value};
use proptest::prelude::*;

use super::*;
use crate::table::{agree, check};
use crate::{Error, Place};

#[test]
fn what_is_in_order_is_so_to_numpy() {
    check(include_str!("tests/table.txt"), 2.0, 1500);
}

/// Floats with NaN, both zeros and gaps among them.
fn numbers() -> impl Strategy<Value = Chunk> {
    let number = prop_oneof![
        4 => (-4_i32..4).prop_map(|n| f64::from(n) / 2.0),
        1 => prop::sample::select(vec![f64::NAN, -0.0, f64::INFINITY, f64::NEG_INFINITY]),
    ];
    prop::collection::vec((number, prop::bool::weighted(0.8)), 1..40).prop_map(|elements| {
        let (numbers, present): (Vec<f64>, Vec<bool>) = elements.into_iter().unzip();
        let shape = [numbers.len() as u64];
        let chunk = Chunk::from_vec(numbers, &shape).unwrap();
        Chunk::try_new(DType::Float64, &shape, chunk.data().clone(), Some(present.into())).unwrap()
    })
}

fn joined(parts: &[Chunk]) -> Chunk {
    let bytes = parts.iter().map(|part| part.data().as_slice()).collect::<Vec<_>>().concat();
    let present: Vec<bool> = parts
        .iter()
        .flat_map(|part| (0..part.n_elements()).map(|at| part.validity().is_none_or(|all| all.is_valid(at))))
        .collect();
    Chunk::try_new(parts[0].dtype(), &[present.len() as u64], bytes.into(), Some(present.into())).unwrap()
}

proptest! {
    #[test]
    fn positions_sort_as_sorting_does(chunk in numbers()) {
        let places = argsort(0, &chunk).unwrap();
        let (taken, sorted) = (crate::take(0, &places, &chunk).unwrap(), sort(0, &chunk).unwrap());
        prop_assert!(agree(&taken.into(), &sorted.clone().into(), 0.0));
        let elements = sorted.as_slice::<f64>().unwrap();
        let there = elements.len() - sorted.validity().map_or(0, |validity| validity.null_count());
        prop_assert!(elements[..there].is_sorted_by(|a, b| a.total_cmp(b).is_le() || b.is_nan()));
    }

    #[test]
    fn the_greatest_of_blocks_have_the_greatest_of_all(parts in prop::collection::vec(numbers(), 1..4), k in -9_i64..9) {
        let whole = joined(&parts);
        let expected = argtopk(k, 0, &whole, None).unwrap();
        let mut start = 0;
        let best: Vec<(Chunk, Chunk)> = parts.iter().map(|part| {
            let n = part.n_elements() as i64;
            let positions = Chunk::from_vec((start..start + n).collect::<Vec<i64>>(), &[n as u64]).unwrap();
            start += n;
            argtopk(k, 0, part, Some(&positions)).unwrap()
        }).collect();
        let (values, positions): (Vec<Chunk>, Vec<Chunk>) = best.into_iter().unzip();
        prop_assert_eq!(argtopk(k, 0, &joined(&values), Some(&joined(&positions))).unwrap(), expected);
    }

    #[test]
    fn merged_blocks_are_as_unique_as_the_whole(parts in prop::collection::vec(numbers(), 1..4)) {
        let whole = joined(&parts);
        let array_shape = whole.shape();
        let mut start = 0;
        let uniques: Vec<Unique> = parts.iter().map(|part| {
            let place = Place { starts: &[start], array_shape };
            start += part.n_elements() as u64;
            unique(Some(place), part).unwrap()
        }).collect();
        let expected = unique(Some(Place { starts: &[0], array_shape }), &whole).unwrap();
        let merged = merge_unique(&uniques).unwrap();
        prop_assert!(agree(&merged.values.into(), &expected.values.clone().into(), 0.0));
        prop_assert_eq!(&merged.counts, &expected.counts);
        prop_assert_eq!(&merged.positions, &expected.positions);
        let counted = unique(None, &whole).unwrap();
        prop_assert!(agree(&counted.values.into(), &expected.values.clone().into(), 0.0));
        prop_assert_eq!(&counted.counts, &expected.counts);
        let back = crate::take(0, &inverse(&expected.values, &whole).unwrap(), &expected.values).unwrap();
        let zeros_alike = |chunk: &Chunk| -> Vec<Option<u64>> {
            let numbers = chunk.as_slice::<f64>().unwrap().iter().enumerate();
            let bits = numbers.map(|(at, x)| {
                chunk.validity().is_none_or(|all| all.is_valid(at)).then(|| (x + 0.0).to_bits())
            });
            bits.collect()
        };
        prop_assert_eq!(zeros_alike(&back), zeros_alike(&whole));
        let first = crate::take(0, &expected.positions.unwrap(), &whole).unwrap();
        prop_assert_eq!(zeros_alike(&first), zeros_alike(&expected.values));
    }

    #[test]
    fn buckets_hold_what_sorting_the_whole_gives(parts in prop::collection::vec(numbers(), 1..9)) {
        let whole = joined(&parts);
        let (n, n_elements) = (parts.len() as u64, whole.n_elements() as u64);
        let buckets = Buckets::new(n, n_elements).unwrap();
        let sorted: Vec<Chunk> = parts.iter().map(|part| sort(0, part).unwrap()).collect();
        let mut starts = vec![0];
        starts.extend(sorted.iter().scan(0, |end, part| { *end += part.n_elements() as u64; Some(*end) }));
        let samples = sorted.iter().zip(&starts).map(|(part, &start)| sample(buckets, start, part).unwrap());
        let all = merge_samples(&samples.collect::<Vec<_>>()).unwrap();
        let splitters = splitters(buckets, &all).unwrap();
        let cuts: Vec<Chunk> =
            sorted.iter().zip(&starts).map(|(part, &start)| cuts(buckets, &splitters, start, part).unwrap()).collect();
        let begins = merge_counts(&cuts).unwrap();
        let filled: Vec<Chunk> = (0..n).map(|nth| {
            let pieces = sorted.iter().zip(&cuts).map(|(part, cuts)| piece(cuts, nth, part).unwrap());
            merge_sorted(&pieces.collect::<Vec<_>>()).unwrap()
        }).collect();
        let expected = sort(0, &whole).unwrap();
        for ranks in starts.windows(2).map(|pair| pair[0]..pair[1]) {
            let nths = buckets.of_ranks(ranks.clone());
            let some = &filled[nths.start as usize..nths.end as usize];
            let found = ranked(buckets, ranks.clone(), &begins, some).unwrap();
            let part = crate::table::part(&expected, 0, ranks.start, ranks.end - ranks.start);
            prop_assert!(agree(&found.into(), &part.into(), 0.0));
        }
    }

    #[test]
    fn places_in_blocks_add_up(parts in prop::collection::vec(numbers(), 2..4), values in numbers()) {
        let whole = sort(0, &joined(&parts)).unwrap();
        for side in [Side::Left, Side::Right] {
            let expected = searchsorted(side, &whole, &values).unwrap();
            let mut sums = vec![0; values.n_elements()];
            for part in &parts {
                let places = searchsorted(side, &sort(0, part).unwrap(), &values).unwrap();
                sums.iter_mut().zip(places.as_slice::<i64>().unwrap()).for_each(|(sum, place)| *sum += place);
            }
            let sums = Chunk::from_vec(sums, values.shape()).unwrap();
            let sums = Chunk::try_new(DType::Int64, values.shape(), sums.data().clone(), values.validity().cloned());
            prop_assert_eq!(sums.unwrap(), expected);
        }
    }
}

#[test]
fn any_nan_is_the_same_one() {
    let nan = f64::NAN;
    let elements = [(nan, 1.0), (1.0, nan), (nan, nan), (0.0, 0.0), (-0.0, 0.0)];
    let elements: Vec<Complex64> = elements.map(|(re, im)| Complex64::new(re, im)).to_vec();
    let block = Chunk::from_vec(elements, &[5]).unwrap();
    let found = unique(None, &block).unwrap();
    assert_eq!(found.counts.as_slice::<i64>().unwrap(), [2, 3]);
    assert_eq!(inverse(&found.values, &block).unwrap().as_slice::<i64>().unwrap(), [1, 1, 1, 0, 0]);
}

#[test]
fn what_has_no_order_is_refused() {
    let floats = || Value::from(Chunk::from_vec(vec![1.0, 2.0], &[2]).unwrap());
    let fails = |name: &str, args: &[Value], words: &str| {
        let error = crate::call(name, args).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    };
    fails("sort", &[1.into(), floats()], "no axis 1");
    fails("bincount", &[floats(), 0.into()], "float64");
    let many = Value::from(Chunk::from_vec(vec![i64::MAX], &[1]).unwrap());
    fails("bincount", &[many.clone(), 0.into()], "elements");
    fails("bincount", &[Chunk::from_vec(vec![-3], &[1]).unwrap().into(), 0.into()], "position -3");
    fails("searchsorted", &["middle".into(), floats(), floats()], "left and right");
    fails("density", &[Value::list([floats()]), floats()], "one edge more");
    fails("argtopk", &[1.into(), 0.into(), floats(), floats()], "int64");
    assert!(matches!(merge_unique(&[]), Err(Error::Empty { .. })));
}
