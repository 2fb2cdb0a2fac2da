//! Columns with nulls, widening, text, and rows picked and joined.

use super::*;
use crate::bindings::task::gristmill::plugin::types::ColumnDtype;

fn flights() -> Table {
    Table::builder()
        .column("hour", vec![5i32, 6, 7])
        .column("delay", vec![Some(1.5), None, Some(-2.0)])
        .column("carrier", vec![Some("UA"), Some("é"), None])
        .column("late", vec![Some(true), Some(false), None])
        .finish()
        .unwrap()
}

#[test]
fn columns_are_read_with_their_nulls() {
    let table = flights();
    let delay = table.column::<f64>("delay").unwrap();
    assert_eq!(delay.iter().collect::<Vec<_>>(), [Some(1.5), None, Some(-2.0)]);
    assert_eq!((delay.null_count(), delay.len()), (1, 3));
    let carrier = table.column::<&str>("carrier").unwrap();
    assert_eq!(carrier.iter().collect::<Vec<_>>(), [Some("UA"), Some("é"), None]);
    assert_eq!(table.column::<bool>("late").unwrap().get(1), Some(false));
    assert_eq!(table.column::<i32>("hour").unwrap().values(), [5, 6, 7]);
}

#[test]
fn numbers_widen_and_never_narrow() {
    let table = flights();
    assert_eq!(table.column::<i64>("hour").unwrap().values(), [5, 6, 7]);
    assert_eq!(table.column::<f64>("hour").unwrap().values(), [5.0, 6.0, 7.0]);
    let error = table.column::<i64>("delay").unwrap_err();
    assert_eq!(error.context, ["column `delay`"]);
    assert!(error.message.contains("got float64"), "{}", error.message);
    let large = Table::builder().column("n", vec![u64::MAX]).finish().unwrap();
    assert!(large.column::<i64>("n").is_err());
    let negative = Table::builder().column("n", vec![-3i8]).finish().unwrap();
    assert_eq!(negative.column::<i64>("n").unwrap().get(0), Some(-3));
}

#[test]
fn a_missing_column_is_named_with_those_that_are_there() {
    let error = flights().column::<f64>("dealy").unwrap_err();
    assert_eq!(error.message, "the table has no column `dealy`; it has hour, delay, carrier, late");
}

#[test]
fn rows_are_picked_and_tables_joined() {
    let table = flights();
    let picked = table.take(&[2, 0]).unwrap();
    assert_eq!(picked.column::<i32>("hour").unwrap().values(), [7, 5]);
    assert_eq!(picked.column::<&str>("carrier").unwrap().iter().collect::<Vec<_>>(), [None, Some("UA")]);
    assert_eq!(picked.column::<bool>("late").unwrap().iter().collect::<Vec<_>>(), [None, Some(true)]);
    assert!(table.take(&[3]).is_err());

    let joined = Table::concat(&[picked.clone(), table.clone()]).unwrap();
    assert_eq!(joined.n_rows(), 5);
    assert_eq!(joined.column::<i32>("hour").unwrap().values(), [7, 5, 5, 6, 7]);
    assert_eq!(joined.column::<f64>("delay").unwrap().get(3), None);
    assert_eq!(joined.take(&[2, 3, 4]).unwrap(), table);
    assert_eq!(table.filter(|row| row == 1).unwrap(), table.take(&[1]).unwrap());
}

#[test]
fn builders_refuse_tables_that_are_none() {
    let uneven = Table::builder().column("a", vec![1i64]).column("b", vec![1i64, 2]).finish();
    assert!(uneven.unwrap_err().message.contains("column `b` has 2 rows, the first has 1"));
    let twice = Table::builder().column("a", vec![1i64]).column("a", vec![1i64]).finish();
    assert!(twice.unwrap_err().message.contains("two columns are called `a`"));
}

#[test]
fn damaged_columns_are_errors() {
    let mut table = flights();
    for (idx, column) in table.columns.iter_mut().enumerate() {
        column.data.truncate(1);
        column.offsets = column.offsets.as_ref().map(|_| vec![1, 0, 0]);
        if idx == 3 {
            column.validity = Some(Vec::new());
        }
    }
    assert!(table.column::<i32>("hour").is_err());
    assert!(table.column::<f64>("delay").is_err());
    assert!(table.column::<&str>("carrier").is_err());
    assert!(table.column::<bool>("late").is_err());
    assert!(table.take(&[0]).is_err());
    let text = Column {
        name: "t".to_owned(),
        dtype: ColumnDtype::Utf8,
        validity: None,
        offsets: Some([0i32, 9].iter().flat_map(|x| x.to_le_bytes()).collect()),
        data: b"abc".to_vec(),
    };
    let table = Table { rows: 1, columns: vec![text] };
    assert_eq!(table.column::<&str>("t").unwrap().get(0), None, "an offset beyond the data");
}

#[test]
fn a_text_column_grows_item_by_item() {
    let mut column = TextColumn::default();
    column.push(Some("a"));
    column.push(None);
    column.push(Some("bc"));
    let table = Table::builder().column("t", column).finish().unwrap();
    assert_eq!(table, Table::builder().column("t", vec![Some("a"), None, Some("bc")]).finish().unwrap());
}
