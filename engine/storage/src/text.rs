//! Values for people and other programs: JSON, and rows of text.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, DurationNanosecondType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampNanosecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef};
use gristmill_data::number::{Complex32, Complex64, f16};
use gristmill_data::{Chunk, ColumnType, DType, Element, Partition, Value};
use serde_json::{Map, Value as Json, json};

/// The value as JSON.
///
/// A table becomes a list of rows, a chunk an object of dtype, shape and data in C order, bytes a list of numbers,
/// moments and lengths of time nanoseconds, a complex number a pair. NaN and infinities, which JSON lacks, are null.
#[must_use]
pub fn to_json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Boolean(boolean) => json!(boolean),
        Value::Int(int) | Value::Datetime(int) | Value::Timedelta(int) => json!(int),
        Value::UInt(uint) => json!(uint),
        Value::Float(float) => json!(float),
        Value::Complex(complex) => json!([complex.re, complex.im]),
        Value::Text(text) => json!(&**text),
        Value::Bytes(bytes) => json!(bytes.as_slice()),
        Value::Chunk(chunk) => chunk_json(chunk),
        // Clients are given chunks on the host.
        Value::DeviceChunk(_) => Json::Null,
        Value::Partition(partition) => to_json_rows(partition).collect(),
        Value::List(items) => items.iter().map(to_json).collect(),
        Value::Map(items) => {
            Json::Object(items.iter().map(|(name, item)| (name.to_string(), to_json(item))).collect())
        }
    }
}

/// The rows of a table as JSON objects, in order.
pub(crate) fn to_json_rows(partition: &Partition) -> impl Iterator<Item = Json> + '_ {
    let columns: Vec<_> = named_columns(partition).collect();
    (0..partition.n_rows()).map(move |row| {
        let cells = columns.iter().map(|(name, ty, column)| (name.clone(), cell(column, *ty, row)));
        Json::Object(cells.collect::<Map<_, _>>())
    })
}

/// The names of a table's columns, and its first rows as text; null is an empty cell.
#[must_use]
pub fn to_text_rows(partition: &Partition, n_rows_max: usize) -> (Vec<String>, Vec<Vec<String>>) {
    let columns: Vec<_> = named_columns(partition).collect();
    let rows = (0..partition.n_rows().min(n_rows_max)).map(|row| {
        let cells = columns.iter().map(|(_, ty, column)| match cell(column, *ty, row) {
            Json::Null => String::new(),
            Json::String(text) => text,
            Json::Number(number) => number_text(&number),
            other => other.to_string(),
        });
        cells.collect()
    });
    let rows = rows.collect();
    (columns.into_iter().map(|(name, ..)| name).collect(), rows)
}

/// Floats to six significant digits, which is what people compare; integers whole.
fn number_text(number: &serde_json::Number) -> String {
    match number.as_f64().filter(|_| number.is_f64()) {
        Some(float) if float != 0.0 && float.is_finite() => {
            let digits = 5 - float.abs().log10().floor() as i32;
            format!("{float:.*}", usize::try_from(digits.clamp(0, 17)).unwrap_or(0))
        }
        _ => number.to_string(),
    }
}

fn named_columns(partition: &Partition) -> impl Iterator<Item = (String, ColumnType, &ArrayRef)> {
    let columns = partition.batch().columns().iter();
    partition.fields().zip(columns).map(|(field, column)| (field.name.to_string(), field.ty, column))
}

fn cell(column: &ArrayRef, ty: ColumnType, row: usize) -> Json {
    if column.is_null(row) {
        return Json::Null;
    }
    macro_rules! number {
        ($arrow:ty) => {
            json!(column.as_primitive::<$arrow>().value(row))
        };
    }
    match ty {
        ColumnType::Boolean => json!(column.as_boolean().value(row)),
        ColumnType::Int8 => number!(Int8Type),
        ColumnType::Int16 => number!(Int16Type),
        ColumnType::Int32 => number!(Int32Type),
        ColumnType::Int64 => number!(Int64Type),
        ColumnType::UInt8 => number!(UInt8Type),
        ColumnType::UInt16 => number!(UInt16Type),
        ColumnType::UInt32 => number!(UInt32Type),
        ColumnType::UInt64 => number!(UInt64Type),
        ColumnType::Float32 => number!(Float32Type),
        ColumnType::Float64 => number!(Float64Type),
        ColumnType::Date32 => number!(Date32Type),
        ColumnType::Datetime64Ns => number!(TimestampNanosecondType),
        ColumnType::Timedelta64Ns => number!(DurationNanosecondType),
        ColumnType::Utf8 => json!(column.as_string::<i32>().value(row)),
        ColumnType::Binary => json!(column.as_binary::<i32>().value(row)),
    }
}

fn chunk_json(chunk: &Chunk) -> Json {
    fn items<T: Element>(chunk: &Chunk, item: impl Fn(&T) -> Json) -> Vec<Json> {
        chunk.as_slice::<T>().map_or_else(|_| Vec::new(), |elements| elements.iter().map(item).collect())
    }
    let mut data = match chunk.dtype() {
        DType::Boolean => items::<bool>(chunk, |x| json!(x)),
        DType::Int8 => items::<i8>(chunk, |x| json!(x)),
        DType::Int16 => items::<i16>(chunk, |x| json!(x)),
        DType::Int32 => items::<i32>(chunk, |x| json!(x)),
        DType::Int64 | DType::Datetime64Ns | DType::Timedelta64Ns => items::<i64>(chunk, |x| json!(x)),
        DType::UInt8 => items::<u8>(chunk, |x| json!(x)),
        DType::UInt16 => items::<u16>(chunk, |x| json!(x)),
        DType::UInt32 => items::<u32>(chunk, |x| json!(x)),
        DType::UInt64 => items::<u64>(chunk, |x| json!(x)),
        DType::Float16 => items::<f16>(chunk, |x| json!(x.to_f32())),
        DType::Float32 => items::<f32>(chunk, |x| json!(x)),
        DType::Float64 => items::<f64>(chunk, |x| json!(x)),
        DType::Complex64 => items::<Complex32>(chunk, |x| json!([x.re, x.im])),
        DType::Complex128 => items::<Complex64>(chunk, |x| json!([x.re, x.im])),
    };
    if let Some(validity) = chunk.validity() {
        for (item, present) in data.iter_mut().zip(validity.iter()) {
            if !present {
                *item = Json::Null;
            }
        }
    }
    json!({ "dtype": chunk.dtype().name(), "shape": chunk.shape(), "data": data })
}

#[cfg(test)]
mod tests;
