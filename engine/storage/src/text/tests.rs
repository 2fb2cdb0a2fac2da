//! Values as JSON and as rows of text.

use std::sync::Arc;

use arrow_array::{Float64Array, Int64Array, StringArray};

use super::*;

fn table() -> Partition {
    let hour: ArrayRef = Arc::new(Int64Array::from(vec![Some(5), None]));
    let delay: ArrayRef = Arc::new(Float64Array::from(vec![2.802_547_770_7, f64::NAN]));
    let carrier: ArrayRef = Arc::new(StringArray::from(vec!["AA", "\"B\n"]));
    Partition::from_columns(2, [("hour", hour), ("delay", delay), ("carrier", carrier)]).unwrap()
}

#[test]
fn tables_are_lists_of_rows() {
    let expected = json!([
        { "hour": 5, "delay": 2.802_547_770_7, "carrier": "AA" },
        { "hour": null, "delay": null, "carrier": "\"B\n" },
    ]);
    assert_eq!(to_json(&Value::Partition(table())), expected);
    let (header, rows) = to_text_rows(&table(), 1);
    assert_eq!(header, ["hour", "delay", "carrier"]);
    assert_eq!(rows, [["5", "2.80255", "AA"]]);
}

#[test]
fn everything_else_nests() {
    let chunk = Chunk::from_vec(vec![1i32, 2, 3, 4], &[2, 2]).unwrap();
    let value = Value::map([("chunk", Value::Chunk(chunk)), ("list", Value::list([1i64, 2]))]);
    let expected =
        json!({ "chunk": { "dtype": "int32", "shape": [2, 2], "data": [1, 2, 3, 4] }, "list": [1, 2] });
    assert_eq!(to_json(&value), expected);
}

#[test]
fn floats_keep_six_digits() {
    let text = |float: f64| number_text(&serde_json::Number::from_f64(float).unwrap());
    assert_eq!(text(12345.678), "12345.7");
    assert_eq!(text(0.000_123_456_789), "0.000123457");
    assert_eq!(text(1e300).len(), 301);
    assert_eq!(text(0.0), "0.0");
}
