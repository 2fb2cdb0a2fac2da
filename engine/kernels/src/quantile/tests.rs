//! Against NumPy.

use gristmill_data::{Chunk, Value};
use proptest::prelude::*;

use crate::table::check;

#[test]
fn quantiles_are_those_of_numpy() {
    check(include_str!("tests/table.txt"), 4.0, 500);
}

proptest! {
    #[test]
    fn the_median_has_as_many_before_it_as_after(numbers in prop::collection::vec(-20_i32..20, 1..30)) {
        let block = Chunk::from_vec(numbers.clone(), &[numbers.len() as u64]).unwrap();
        let sorted = crate::sort(0, &block).unwrap();
        let median = crate::median(0, false, &sorted).unwrap().as_slice::<f64>().unwrap()[0];
        let less = numbers.iter().filter(|&&number| f64::from(number) < median).count();
        let more = numbers.iter().filter(|&&number| f64::from(number) > median).count();
        prop_assert!(less * 2 <= numbers.len() && more * 2 <= numbers.len(), "{} {} {}", median, less, more);
        let half = crate::quantile("linear".parse().unwrap(), 0, &[0.5], false, &sorted).unwrap();
        prop_assert_eq!(half.as_slice::<f64>().unwrap()[0], median);
    }
}

#[test]
fn an_unknown_method_is_refused() {
    let one = Value::from(Chunk::from_vec(vec![1.0], &[1]).unwrap());
    let args = ["best".into(), 0.into(), Value::list([0.5]), false.into(), one];
    let error = crate::call("quantile", &args).unwrap_err().to_string();
    assert!(error.contains("`best`") && error.contains("hazen"), "{error}");
}
