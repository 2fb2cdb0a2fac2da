//! Tests of partitions.

use arrow_array::{Float64Array, Int64Array, LargeStringArray, StringArray};
use proptest::prelude::*;

use super::*;
use crate::random;

fn flights(hours: Vec<i64>, carriers: Vec<Option<&str>>) -> Partition {
    let columns: [(&str, ArrayRef); 2] = [
        ("hour", Arc::new(Int64Array::from(hours.clone()))),
        ("carrier", Arc::new(StringArray::from(carriers))),
    ];
    Partition::from_columns(hours.len(), columns).unwrap()
}

#[test]
fn columns_by_name() {
    let partition = flights(vec![1, 2], vec![Some("UA"), None]);
    assert_eq!(format!("{partition:?}"), "Partition(2 rows, {hour: int64, carrier: utf8})");
    let carriers = partition.select(&["carrier"]).unwrap();
    assert_eq!(carriers.fields().map(|field| field.name).collect::<Vec<_>>(), ["carrier".into()]);
    assert_eq!(carriers.column("carrier").unwrap(), partition.column("carrier").unwrap());
    let error = partition.column("delay").unwrap_err();
    assert_eq!(error.to_string(), "there is no column `delay`; there are hour, carrier");
    assert!(matches!(partition.select(&["hour", "hour"]), Err(Error::DuplicateColumn { .. })));
}

#[test]
fn what_partitions_do_not_have_is_refused() {
    let text: ArrayRef = Arc::new(LargeStringArray::from(vec!["a"]));
    let error = Partition::from_columns(1, [("text", text)]).unwrap_err();
    assert!(error.to_string().contains("`text`") && error.to_string().contains("utf8"), "{error}");
    let one: ArrayRef = Arc::new(Int64Array::from(vec![1]));
    assert!(matches!(Partition::from_columns(2, [("a", one.clone())]), Err(Error::Arrow(_))));
    let twice = Partition::from_columns(1, [("a", one.clone()), ("a", one)]);
    assert!(matches!(twice, Err(Error::DuplicateColumn { .. })));
}

#[test]
fn a_slice_counts_as_that_slice() {
    let column: ArrayRef = Arc::new(Float64Array::from(vec![1.5; 1000]));
    let partition = Partition::from_columns(1000, [("delay", column)]).unwrap();
    assert_eq!(partition.nbytes(), 8000);
    assert_eq!(partition.slice(10, 5).nbytes(), 40);
    assert_eq!(partition.slice(998, 5).n_rows(), 2);
    assert_eq!(partition.slice(2000, 5).n_rows(), 0);
    let texts =
        flights(vec![1, 2, 3], vec![Some("long text"), Some("b"), Some("c")]).select(&["carrier"]).unwrap();
    assert_eq!(texts.slice(1, 2).nbytes(), 2 + 3 * 4);
}

#[test]
fn concatenating() {
    let (a, b) = (flights(vec![1], vec![Some("UA")]), flights(vec![2, 3], vec![None, Some("DL")]));
    let all = Partition::concat(&[a.clone(), b.clone()]).unwrap();
    assert_eq!(all, flights(vec![1, 2, 3], vec![Some("UA"), None, Some("DL")]));
    assert!(matches!(Partition::concat(&[]), Err(Error::NothingToConcatenate)));
    let error = Partition::concat(&[a, b.select(&["carrier", "hour"]).unwrap()]).unwrap_err();
    assert!(matches!(error, Error::DifferentColumns { idx: 1, .. }), "{error:?}");
    let none = Partition::from_columns(2, Vec::<(&str, ArrayRef)>::new()).unwrap();
    assert_eq!(Partition::concat(&[none.clone(), none]).unwrap().n_rows(), 4);
}

proptest! {
    #[test]
    fn slices_concatenate_to_the_whole(partition in random::partition(), cut in 0..20_usize) {
        let parts = [partition.slice(0, cut), partition.slice(cut, usize::MAX)];
        prop_assert_eq!(Partition::concat(&parts).unwrap(), partition);
    }
}
