//! Tables beside what another engine says of them.

use std::collections::BTreeMap;

use gristmill::data::Partition;
use gristmill::data::arrow::array::{Array, Date32Array, Float64Array, Int32Array, Int64Array, StringArray};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

/// Compares what an oracle's `summary` tells of a table: the number of rows, the sums of numbers, NaN apart, the hashes of texts.
pub(crate) fn compare(name: &str, answer: &Partition, expected: &Json) {
    assert_eq!(answer.n_rows() as u64, expected["rows"].as_u64().unwrap(), "{name}");
    let ours: BTreeMap<String, _> = answer.fields().map(|field| (field.name.to_string(), field.ty)).collect();
    let theirs = expected["columns"].as_object().unwrap();
    assert_eq!(ours.len(), theirs.len(), "{name}: {ours:?}");
    for (column, told) in theirs {
        let values = answer.column(column).unwrap().as_any();
        let number = values
            .downcast_ref::<Float64Array>()
            .map(|values| values.iter().flatten().filter(|value| !value.is_nan()).sum::<f64>())
            .or_else(|| {
                values.downcast_ref::<Int64Array>().map(|values| values.iter().flatten().sum::<i64>() as f64)
            })
            .or_else(|| {
                let ints = values.downcast_ref::<Int32Array>();
                ints.map(|values| values.iter().flatten().map(i64::from).sum::<i64>() as f64)
            });
        match (told, number) {
            (Json::Number(told), Some(number)) => {
                let told = told.as_f64().unwrap();
                assert!((number - told).abs() <= 1e-9 * told.abs(), "{name}.{column}: {number}, not {told}");
            }
            (Json::String(told), None) => {
                let mut texts: Vec<String> = match values.downcast_ref::<StringArray>() {
                    Some(texts) => texts.iter().flatten().map(str::to_owned).collect(),
                    None => {
                        let dates = values.downcast_ref::<Date32Array>().unwrap();
                        (0..dates.len()).map(|row| dates.value_as_date(row).unwrap().to_string()).collect()
                    }
                };
                texts.sort();
                let hash = Sha256::digest(texts.join("\n").as_bytes());
                let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
                assert_eq!(hash, *told, "{name}.{column}: {:?}", texts.first());
            }
            (told, number) => panic!("{name}.{column}: {number:?}, not {told}"),
        }
    }
}
