//! Tables to record batches and back, whole and sliced.

use super::*;
use crate::{Date, Datetime, Timedelta};

fn table() -> Table {
    Table::builder()
        .column("int", vec![Some(1i32), None, Some(3)])
        .column("float", vec![1.5f64, 2.5, 3.5])
        .column("flag", vec![Some(true), Some(false), None])
        .column("text", vec![Some("a"), None, Some("ccc")])
        .column("bytes", vec![b"x".to_vec(), vec![], b"yz".to_vec()])
        .column("date", vec![Date(1), Date(2), Date(3)])
        .column("at", vec![Datetime(1), Datetime(2), Datetime(3)])
        .column("took", vec![Timedelta(1), Timedelta(2), Timedelta(3)])
        .finish()
        .unwrap()
}

#[test]
fn a_table_comes_back_as_it_was() {
    let batch = table().to_record_batch().unwrap();
    assert_eq!((batch.num_rows(), batch.num_columns()), (3, 8));
    assert_eq!(Table::from_record_batch(&batch).unwrap(), table());
}

#[test]
fn a_slice_is_cut_out() {
    let batch = table().to_record_batch().unwrap().slice(1, 2);
    let cut = Table::from_record_batch(&batch).unwrap();
    assert_eq!(cut.n_rows(), 2);
    assert_eq!(cut.column::<&str>("text").unwrap().iter().collect::<Vec<_>>(), [None, Some("ccc")]);
    assert_eq!(cut.column::<i32>("int").unwrap().iter().collect::<Vec<_>>(), [None, Some(3)]);
    assert_eq!(cut.column::<bool>("flag").unwrap().iter().collect::<Vec<_>>(), [Some(false), None]);
    assert_eq!(cut.column::<f64>("float").unwrap().values(), [2.5, 3.5]);
}

#[test]
fn types_that_do_not_cross_are_named() {
    let array: ArrayRef = std::sync::Arc::new(arrow_array::LargeStringArray::from(vec!["a"]));
    let batch = RecordBatch::try_from_iter([("long", array)]).unwrap();
    let error = Table::from_record_batch(&batch).unwrap_err();
    assert!(error.message.contains("column `long` is LargeUtf8"), "{}", error.message);
}
