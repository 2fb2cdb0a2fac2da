//! Test cases of plugins: `cases.toml` or `cases.json` beside the sources.
//!
//! Values are written as `gristmill run` prints them: a table as a list of rows, a chunk as `{ shape, data }` or, with
//! one axis, as a plain list. What they become is decided by the function's declared types.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};
use gristmill::data::arrow::array::{ArrayRef, BooleanArray, Float64Array, Int64Array, StringArray};
use gristmill::data::{Chunk, ColumnType, DType, Field, Partition, Type, Value};
use serde_json::{Map, Value as Json};

/// How far numbers may lie apart, relative to the larger one, unless the case says otherwise.
const TOLERANCE: f64 = 1e-9;

/// One call and what it should do.
#[derive(Debug, PartialEq)]
pub(super) struct Case {
    pub(super) function: String,
    pub(super) args: Vec<Json>,
    pub(super) expected: Expected,
    pub(super) tolerance: f64,
}

#[derive(Debug, PartialEq)]
pub(super) enum Expected {
    Value(Json),
    /// A part of the error's text.
    Error(String),
}

/// The cases of the plugin in `dir`.
pub(super) fn read_cases(dir: &Path) -> anyhow::Result<Vec<Case>> {
    let read = |name: &str| std::fs::read_to_string(dir.join(name)).ok();
    let document: Json = match (read("cases.toml"), read("cases.json")) {
        (Some(text), _) => toml::from_str(&text).context("cases.toml")?,
        (None, Some(text)) => serde_json::from_str(&text).context("cases.json")?,
        (None, None) => bail!("{} has no cases.toml or cases.json", dir.display()),
    };
    let cases = document.get("case").and_then(Json::as_array).context("the cases file has no [[case]]")?;
    cases
        .iter()
        .enumerate()
        .map(|(idx, case)| read_case(case).with_context(|| format!("case {}", idx + 1)))
        .collect()
}

fn read_case(case: &Json) -> anyhow::Result<Case> {
    let fields = case.as_object().context("a case is a table")?;
    let known = ["function", "args", "expected", "error", "tolerance"];
    if let Some(unknown) = fields.keys().find(|key| !known.contains(&key.as_str())) {
        bail!("`{unknown}` is unknown; there are {}", known.join(", "));
    }
    let function = fields.get("function").and_then(Json::as_str).context("a case needs `function`")?;
    let args = fields.get("args").map_or(Some(Vec::new()), |args| args.as_array().cloned());
    let expected = match (fields.get("expected"), fields.get("error").map(Json::as_str)) {
        (Some(value), None) => Expected::Value(value.clone()),
        (None, Some(Some(text))) => Expected::Error(text.to_owned()),
        (None, None) => Expected::Value(Json::Null),
        _ => bail!("a case has either `expected` or a text `error`"),
    };
    let tolerance = fields.get("tolerance").and_then(Json::as_f64).unwrap_or(TOLERANCE);
    Ok(Case { function: function.to_owned(), args: args.context("`args` is a list")?, expected, tolerance })
}

/// Whether two JSON values are the same, numbers within a tolerance.
pub(super) fn agrees(given: &Json, expected: &Json, tolerance: f64) -> bool {
    match (given, expected) {
        (Json::Number(given), Json::Number(expected)) => match (given.as_f64(), expected.as_f64()) {
            (Some(given), Some(expected)) => {
                (given - expected).abs() <= tolerance * given.abs().max(expected.abs()).max(1.0)
            }
            _ => given == expected,
        },
        (Json::Array(given), Json::Array(expected)) => {
            given.len() == expected.len() && given.iter().zip(expected).all(|(a, b)| agrees(a, b, tolerance))
        }
        // A null of a table's row may be left out: TOML has none.
        (Json::Object(given), Json::Object(expected)) => {
            let covered = |from: &Map<String, Json>, to: &Map<String, Json>, flip: bool| {
                from.iter().all(|(name, a)| {
                    let b = to.get(name).unwrap_or(&Json::Null);
                    if flip { agrees(b, a, tolerance) } else { agrees(a, b, tolerance) }
                })
            };
            covered(given, expected, false) && covered(expected, given, true)
        }
        (given, expected) => given == expected,
    }
}

/// The value that `json` stands for where a `ty` is declared.
pub(super) fn to_value(json: &Json, ty: &Type) -> anyhow::Result<Value> {
    let number = || json.as_f64().with_context(|| format!("{json} is no number"));
    let int = || json.as_i64().with_context(|| format!("{json} is no integer"));
    Ok(match ty {
        Type::Option(_) if json.is_null() => Value::Null,
        Type::Option(inner) => to_value(json, inner)?,
        Type::Float => Value::Float(number()?),
        Type::Int => Value::Int(int()?),
        Type::UInt => Value::UInt(json.as_u64().with_context(|| format!("{json} is no unsigned integer"))?),
        Type::Datetime => Value::Datetime(int()?),
        Type::Timedelta => Value::Timedelta(int()?),
        Type::Bytes => {
            Value::from(json.as_str().with_context(|| format!("{json} is no text"))?.as_bytes().to_vec())
        }
        Type::Table(fields) => Value::Partition(to_partition(json, fields)?),
        Type::NdArray { dtype, .. } => Value::Chunk(to_chunk(json, *dtype)?),
        Type::List(item) => {
            let items = json.as_array().with_context(|| format!("{json} is no list"))?;
            Value::list(items.iter().map(|json| to_value(json, item)).collect::<anyhow::Result<Vec<_>>>()?)
        }
        Type::Map(item) => {
            let pairs = json.as_object().with_context(|| format!("{json} is no map"))?;
            let pairs = pairs.iter().map(|(name, json)| Ok((name.as_str(), to_value(json, item)?)));
            Value::map(pairs.collect::<anyhow::Result<Vec<_>>>()?)
        }
        _ => natural(json)?,
    })
}

/// What JSON stands for by itself.
fn natural(json: &Json) -> anyhow::Result<Value> {
    Ok(match json {
        Json::Null => Value::Null,
        Json::Bool(boolean) => Value::Boolean(*boolean),
        Json::Number(number) => match number.as_i64() {
            Some(int) => Value::Int(int),
            None => Value::Float(number.as_f64().with_context(|| format!("{number} is out of range"))?),
        },
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(_) => to_value(json, &Type::list_of(Type::Any))?,
        Json::Object(_) => to_value(json, &Type::Map(Box::new(Type::Any)))?,
    })
}

/// A chunk of `{ dtype, shape, data }`, or of a list of numbers; float64 unless something else is declared.
fn to_chunk(json: &Json, declared: Option<DType>) -> anyhow::Result<Chunk> {
    let data =
        json.get("data").unwrap_or(json).as_array().context("a chunk is a list, or { shape, data }")?;
    let shape = match json.get("shape") {
        Some(shape) => serde_json::from_value(shape.clone()).context("`shape` is a list of lengths")?,
        None => vec![data.len() as u64],
    };
    let named = json.get("dtype").and_then(Json::as_str).map(str::parse::<DType>).transpose()?;
    macro_rules! chunk {
        ($ty:ty) => {
            Chunk::from_vec(serde_json::from_value::<Vec<$ty>>(Json::from(data.clone()))?, &shape)?
        };
    }
    Ok(match named.or(declared).unwrap_or(DType::Float64) {
        DType::Boolean => chunk!(bool),
        DType::Int8 => chunk!(i8),
        DType::Int16 => chunk!(i16),
        DType::Int32 => chunk!(i32),
        DType::Int64 => chunk!(i64),
        DType::UInt8 => chunk!(u8),
        DType::UInt16 => chunk!(u16),
        DType::UInt32 => chunk!(u32),
        DType::UInt64 => chunk!(u64),
        DType::Float32 => chunk!(f32),
        DType::Float64 => chunk!(f64),
        other => bail!("a chunk of {other} cannot be written in a case"),
    })
}

/// A table of a list of rows. The columns are the declared ones and whatever else the rows have.
fn to_partition(json: &Json, declared: &[Field]) -> anyhow::Result<Partition> {
    let rows = json.as_array().context("a table is a list of rows")?;
    let rows: Vec<_> =
        rows.iter().map(|row| row.as_object().context("a row is a map")).collect::<Result<_, _>>()?;
    let mut columns: Vec<(&str, Option<ColumnType>)> =
        declared.iter().map(|field| (&*field.name, Some(field.ty))).collect();
    for name in rows.iter().flat_map(|row| row.keys()) {
        if columns.iter().all(|(known, _)| known != name) {
            columns.push((name, None));
        }
    }
    let columns = columns.into_iter().map(|(name, ty)| {
        let cells: Vec<_> = rows.iter().map(|row| row.get(name).filter(|cell| !cell.is_null())).collect();
        Ok((name, to_column(&cells, ty).with_context(|| format!("column `{name}`"))?))
    });
    Ok(Partition::from_columns(rows.len(), columns.collect::<anyhow::Result<Vec<_>>>()?)?)
}

fn to_column(cells: &[Option<&Json>], declared: Option<ColumnType>) -> anyhow::Result<ArrayRef> {
    let found = || match cells.iter().flatten().next() {
        Some(Json::Bool(_)) => ColumnType::Boolean,
        Some(Json::String(_)) => ColumnType::Utf8,
        Some(Json::Number(_)) if cells.iter().flatten().all(|cell| cell.is_i64()) => ColumnType::Int64,
        _ => ColumnType::Float64,
    };
    macro_rules! items {
        ($array:ty, $item:expr) => {{
            let item = |cell: &Option<&Json>| match cell {
                None => Ok(None),
                Some(cell) => $item(cell).map(Some).with_context(|| format!("{cell} is of another type")),
            };
            let items = cells.iter().map(item).collect::<anyhow::Result<Vec<_>>>()?;
            Arc::new(<$array>::from(items)) as ArrayRef
        }};
    }
    Ok(match declared.unwrap_or_else(found) {
        ColumnType::Boolean => items!(BooleanArray, |cell: &&Json| cell.as_bool()),
        ColumnType::Utf8 => items!(StringArray, |cell: &&Json| cell.as_str().map(str::to_owned)),
        ColumnType::Binary => bail!("a column of bytes cannot be written in a case"),
        ColumnType::Int64 => items!(Int64Array, |cell: &&Json| cell.as_i64()),
        ColumnType::Float64 => items!(Float64Array, |cell: &&Json| cell.as_f64()),
        other => bail!("a column of {other} cannot be written in a case; int64, float64, bool and utf8 can"),
    })
}

#[cfg(test)]
mod tests;
