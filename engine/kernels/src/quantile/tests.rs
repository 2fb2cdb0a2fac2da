//! Against NumPy.

use gristmill_data::{Chunk, DType, Value};
use proptest::prelude::*;

use super::*;
use crate::table::{agree, check};

#[test]
fn quantiles_are_those_of_numpy() {
    check(include_str!("tests/table.txt"), 4.0, 500);
}

proptest! {
    #[test]
    fn the_median_has_as_many_before_it_as_after(numbers in prop::collection::vec(-20_i32..20, 1..30)) {
        let block = Chunk::from_vec(numbers.clone(), &[numbers.len() as u64]).unwrap();
        let sorted = crate::sort(0, &block).unwrap();
        let median = quantile(None, 0, &[0.5], false, &sorted).unwrap().as_slice::<f64>().unwrap()[0];
        let less = numbers.iter().filter(|&&number| f64::from(number) < median).count();
        let more = numbers.iter().filter(|&&number| f64::from(number) > median).count();
        prop_assert!(less * 2 <= numbers.len() && more * 2 <= numbers.len(), "{} {} {}", median, less, more);
        let half = quantile(Some(QuantileMethod::Linear), 0, &[0.5], false, &sorted).unwrap();
        prop_assert_eq!(half.as_slice::<f64>().unwrap()[0], median);
    }
}

/// The quantiles of all elements of blocks, level by level; without a method their median.
fn ranked(method: Option<QuantileMethod>, quantiles: &[f64], skip_nan: bool, blocks: &[Chunk]) -> Chunk {
    let counts = |level, sought: Option<&Sought>| {
        let parts = blocks.iter().map(|block| rank_counts(level, sought, block).unwrap());
        crate::merge_counts(&parts.collect::<Vec<_>>()).unwrap()
    };
    let dtype = blocks[0].dtype();
    let mut sought = rank_first(method, quantiles, skip_nan, &counts(0, None)).unwrap();
    for level in 1..rank_levels(dtype) {
        sought = rank_next(level, &sought, &counts(level, Some(&sought))).unwrap();
    }
    let result = if dtype.is_float() { dtype } else { DType::Float64 };
    rank_finish(method, rank_levels(dtype), result, &sought).unwrap()
}

const METHODS: &str = "inverted_cdf averaged_inverted_cdf closest_observation interpolated_inverted_cdf hazen weibull \
    linear median_unbiased normal_unbiased lower higher midpoint nearest";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn ranks_give_the_quantiles_of_what_is_sorted(
        numbers in prop::collection::vec(prop_oneof![
            8 => any::<f64>(),
            4 => (-3_i32..4).prop_map(f64::from),
            1 => prop::sample::select(vec![0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY]),
        ], 1..40),
        holes in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 0..4),
        dtype in prop::sample::select(vec![
            DType::Float64, DType::Float32, DType::Float16, DType::Int64, DType::Int32, DType::Int16, DType::Int8,
            DType::UInt64, DType::UInt32, DType::UInt16, DType::UInt8,
        ]),
        skip_nan in any::<bool>(),
        quantiles in prop::collection::vec(0.0..=1.0, 1..5),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut numbers = numbers;
        let n = numbers.len();
        let mut present = vec![true; n];
        for (at, is_absent) in holes {
            if is_absent { present[at.index(n)] = false } else { numbers[at.index(n)] = f64::NAN }
        }
        let chunk = |range: std::ops::Range<usize>| {
            let floats = Chunk::from_vec(numbers[range.clone()].to_vec(), &[range.len() as u64]).unwrap();
            let cast = cast(&floats, dtype).unwrap();
            Chunk::try_new(dtype, cast.shape(), cast.data().clone(), Some(present[range].to_vec().into())).unwrap()
        };
        let sorted = crate::sort(0, &chunk(0..n)).unwrap();
        let blocks = [chunk(0..cut.index(n)), chunk(cut.index(n)..n)];
        let same = |found: Chunk, expected: Chunk| {
            let same = agree(&Value::Chunk(found.clone()), &Value::Chunk(expected.clone()), 0.0);
            prop_assert!(same, "{:?} {:?} and not {:?}", found, found.data(), expected.data());
            Ok(())
        };
        for method in METHODS.split_whitespace() {
            let method: QuantileMethod = method.parse().unwrap();
            let expected = quantile(Some(method), 0, &quantiles, skip_nan, &sorted).unwrap();
            same(ranked(Some(method), &quantiles, skip_nan, &blocks), expected)?;
        }
        let expected = quantile(None, 0, &[0.5], skip_nan, &sorted).unwrap();
        same(ranked(None, &[0.5], skip_nan, &blocks), expected)?;
    }
}

#[test]
fn counts_of_something_else_are_refused() {
    let floats = Chunk::from_vec(vec![1.0, 2.0], &[2]).unwrap();
    let counts = rank_counts(0, None, &floats).unwrap();
    let sought = rank_first(None, &[0.5], false, &counts).unwrap();
    let few = Chunk::from_vec(vec![1_i64, 2], &[2]).unwrap();
    assert!(matches!(rank_first(None, &[0.5], false, &few), Err(Error::Invalid { .. })));
    assert!(matches!(rank_first(None, &[0.5], false, &floats), Err(Error::Data { .. })));
    assert!(matches!(rank_first(None, &[1.5], false, &counts), Err(Error::Invalid { .. })));
    assert!(matches!(rank_next(1, &sought, &few), Err(Error::Invalid { .. })));
    let odd = Sought { prefixes: Chunk::from_vec(vec![1_u64], &[1]).unwrap(), ..sought.clone() };
    assert!(matches!(rank_finish(None, 6, DType::Float64, &odd), Err(Error::Invalid { .. })));
    for level in [0, 6, 60, u32::MAX] {
        rank_counts(level, Some(&sought), &floats).unwrap();
        rank_finish(None, level, DType::Float64, &sought).unwrap();
    }
    let complex = cast(&floats, DType::Complex64).unwrap();
    assert!(matches!(rank_counts(0, None, &complex), Err(Error::NoLoop { .. })));
}

#[test]
fn an_unknown_method_is_refused() {
    let one = Value::from(Chunk::from_vec(vec![1.0], &[1]).unwrap());
    let args = ["best".into(), 0.into(), Value::list([0.5]), false.into(), one];
    let error = crate::call("quantile", &args).unwrap_err().to_string();
    assert!(error.contains("`best`") && error.contains("hazen"), "{error}");
}
