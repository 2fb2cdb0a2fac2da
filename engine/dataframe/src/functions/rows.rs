//! Columns as values for plugins, and values as columns.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::buffer::NullBuffer;
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{
    DataType, DurationNanosecondType, Float64Type, Int64Type, TimestampNanosecondType, UInt64Type,
};
use datafusion::common::{DataFusionError, Result as PlanResult, ScalarValue};
use gristmill_data::{Chunk, TaskError, Value};

/// A fault of a plugin, or of what was given to it.
pub(super) fn failed(error: TaskError) -> DataFusionError {
    DataFusionError::External(error.into())
}

/// One row of a column as a value.
pub(super) fn value(column: &ArrayRef, row: usize) -> PlanResult<Value> {
    if column.is_null(row) {
        return Ok(Value::Null);
    }
    Ok(match column.data_type() {
        DataType::Boolean => Value::Boolean(column.as_boolean().value(row)),
        DataType::Int64 => Value::Int(column.as_primitive::<Int64Type>().value(row)),
        DataType::UInt64 => Value::UInt(column.as_primitive::<UInt64Type>().value(row)),
        DataType::Float64 => Value::Float(column.as_primitive::<Float64Type>().value(row)),
        DataType::Utf8 => Value::from(column.as_string::<i32>().value(row)),
        DataType::Binary => Value::from(column.as_binary::<i32>().value(row).to_vec()),
        DataType::Timestamp(..) => {
            Value::Datetime(column.as_primitive::<TimestampNanosecondType>().value(row))
        }
        DataType::Duration(_) => Value::Timedelta(column.as_primitive::<DurationNanosecondType>().value(row)),
        other => return Err(DataFusionError::Internal(format!("no value of a column of {other}"))),
    })
}

/// A constant as a value.
pub(super) fn constant(scalar: &ScalarValue) -> PlanResult<Value> {
    value(&scalar.to_array()?, 0)
}

/// A value as a constant of this type.
pub(super) fn scalar(value: &Value, ty: &DataType) -> PlanResult<ScalarValue> {
    let made = match value {
        Value::Null => return ScalarValue::try_from(ty),
        Value::Boolean(boolean) => ScalarValue::Boolean(Some(*boolean)),
        Value::Int(int) => ScalarValue::Int64(Some(*int)),
        Value::UInt(int) => ScalarValue::UInt64(Some(*int)),
        Value::Float(float) => ScalarValue::Float64(Some(*float)),
        Value::Text(text) => ScalarValue::Utf8(Some(text.to_string())),
        Value::Bytes(bytes) => ScalarValue::Binary(Some(bytes.as_slice().to_vec())),
        Value::Datetime(ns) => ScalarValue::TimestampNanosecond(Some(*ns), None),
        Value::Timedelta(ns) => ScalarValue::DurationNanosecond(Some(*ns)),
        other => {
            let given = other.type_of();
            return Err(DataFusionError::Execution(format!(
                "a plugin's function returned {given}, not {ty}"
            )));
        }
    };
    made.cast_to(ty)
}

/// What a function returned for `n_rows` rows, as a column of the declared type; rows that are `absent` are null.
pub(super) fn column(
    result: &Value,
    ty: &DataType,
    n_rows: usize,
    absent: Option<&NullBuffer>,
) -> PlanResult<ArrayRef> {
    let bad = |what: String| DataFusionError::Execution(format!("a plugin's function returned {what}"));
    let column = match result {
        Value::Chunk(chunk) => chunk.to_arrow().map_err(|error| bad(error.to_string()))?,
        Value::Partition(partition) => match partition.batch().columns() {
            [only] => only.clone(),
            columns => return Err(bad(format!("{} columns instead of one", columns.len()))),
        },
        other => return Err(bad(format!("{}, and not a column", other.type_of()))),
    };
    if column.len() != n_rows {
        return Err(bad(format!("{} rows for {n_rows}", column.len())));
    }
    let column = if column.data_type() == ty { column } else { cast(&column, ty)? };
    let Some(present) = absent else { return Ok(column) };
    let nulls = NullBuffer::union(column.nulls(), Some(present));
    let data = column.to_data().into_builder().nulls(nulls).build()?;
    Ok(datafusion::arrow::array::make_array(data))
}

/// Where all of these columns have a value; nothing where all do everywhere.
pub(super) fn present<'a>(columns: impl IntoIterator<Item = &'a ArrayRef>) -> Option<NullBuffer> {
    columns.into_iter().fold(None, |all, column| NullBuffer::union(all.as_ref(), column.nulls()))
}

/// A column as a chunk without absent elements: what stands in their places nobody looks at.
pub(super) fn chunk(column: &ArrayRef) -> PlanResult<Value> {
    let whole = Chunk::from_arrow(column);
    let whole = whole.map_err(|error| DataFusionError::Internal(error.to_string()))?;
    let dense = Chunk::try_new(whole.dtype(), whole.shape(), whole.data().clone(), None);
    dense.map(Value::Chunk).map_err(|error| DataFusionError::Internal(error.to_string()))
}

/// Columns with the rows alone that have a value in each.
pub(super) fn without_nulls(columns: &[ArrayRef]) -> PlanResult<Vec<ArrayRef>> {
    let Some(present) = present(columns) else { return Ok(columns.to_vec()) };
    let kept = datafusion::arrow::array::BooleanArray::new(present.into_inner(), None);
    let filtered = columns.iter().map(|column| datafusion::arrow::compute::filter(column, &kept));
    Ok(filtered.collect::<Result<Vec<_>, _>>()?)
}

/// Columns of these names as a partition.
pub(super) fn partition(names: &[String], columns: &[ArrayRef], n_rows: usize) -> PlanResult<Value> {
    let named = names.iter().cloned().zip(columns.iter().map(Arc::clone));
    let made = gristmill_data::Partition::from_columns(n_rows, named);
    made.map(Value::Partition).map_err(|error| DataFusionError::Internal(error.to_string()))
}
