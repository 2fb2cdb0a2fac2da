//! Which columns files have, found by looking into them.

use std::sync::Arc;

use datafusion::arrow::csv::reader::Format as CsvHead;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use datafusion::arrow::error::ArrowError;
use futures_util::{StreamExt, TryStreamExt, stream};

use super::place::{self, plain};
use super::{CONCURRENCY, Dialect, File, Format};
use crate::error::in_words;
use crate::options::ReadOptions;
use crate::{Error, planner};

/// Rows that are looked at to find the types of columns, of all files together.
const ROWS: usize = 20_000;
/// The same of one file, at least.
const ROWS_OF_FILE_MIN: usize = 100;

/// The columns of these files, how they are written as far as that shows only in them, and the files that have any.
pub(super) fn schema(
    format: Format,
    files: Vec<File>,
    options: &ReadOptions,
) -> Result<(Format, SchemaRef, Vec<File>), Error> {
    let (format, schema, files) = match format {
        Format::Csv(dialect) => {
            let (dialect, schema, files) = csv_with_nulls(dialect, &files)?;
            (Format::Csv(dialect), schema, files)
        }
        _ => match found(format, &files) {
            // What is wrong with a line is told when it is read, if it is said which columns there are.
            Err(_) if format == Format::Json && !options.dtypes.is_empty() => {
                let said = options.dtypes.iter().map(|(name, ty)| Field::new(name, ty.data_type(), true));
                (format, Schema::new(said.collect::<Vec<_>>()), files)
            }
            found => (format, merged(format, &files, &found?)?, files),
        },
    };
    Ok((format, with_dtypes(&schema, options)?, files))
}

/// What DataFusion's readers find in each file.
fn found(format: Format, files: &[File]) -> Result<Vec<Schema>, Error> {
    let rows_of_file = rows_of_file(files);
    let files = files.to_vec();
    let looked = async move {
        let state = planner::state();
        let (_, store) = place::store(&files, state.runtime_env())?;
        let each = files.into_iter().map(|file| {
            let store = store.clone();
            async move {
                let reader = format.reader(file.compression, rows_of_file);
                let found = match place::located(&file) {
                    Ok(whole) => reader.infer_schema(state, &store, &[whole.object_meta]).await,
                    Err(error) => Err(error),
                };
                found
                    .map(|schema| Schema::clone(&schema))
                    .map_err(|error| unreadable(&file, format, in_words(&error)))
            }
        });
        stream::iter(each).buffered(CONCURRENCY).try_collect::<Vec<Schema>>().await
    };
    planner::wait_for(looked)?
}

/// Rows that are looked at in each file.
fn rows_of_file(files: &[File]) -> usize {
    (ROWS / files.len().max(1)).max(ROWS_OF_FILE_MIN)
}

fn unreadable(file: &File, format: Format, reason: String) -> Error {
    Error::Unreadable { path: file.path.clone(), format: format.name(), reason }
}

/// The columns of files of CSV, and the files that have a line. All must have the same names in their first one.
fn csv(dialect: Dialect, files: Vec<File>) -> Result<(Schema, Vec<File>), Error> {
    let rows_of_file = rows_of_file(&files);
    let mut first: Option<(String, Vec<String>)> = None;
    let (mut kept, mut samples, mut rows_left) = (Vec::with_capacity(files.len()), Vec::new(), ROWS);
    for file in files {
        let n_rows = if rows_left > 0 { rows_of_file } else { usize::from(!dialect.has_header) };
        let (sample, n_seen) = head(dialect, &file, n_rows)?;
        let own: Vec<String> = sample.fields().iter().map(|field| field.name().clone()).collect();
        if own.is_empty() {
            continue;
        }
        match &first {
            None => first = Some((file.path.clone(), own)),
            Some((path, names)) if dialect.has_header && *names != own || names.len() != own.len() => {
                let difference = difference(names, &own);
                return Err(Error::OtherColumns { path: file.path, first: path.clone(), difference });
            }
            Some(_) => {}
        }
        rows_left = rows_left.saturating_sub(n_seen);
        samples.push(sample);
        kept.push(file);
    }
    let Some((_, names)) = first else {
        let reason = "none of the files has a line".to_owned();
        return Err(Error::Argument { name: "read_csv", reason });
    };
    let mut seen = std::collections::HashSet::new();
    if let Some(twice) = names.iter().find(|name| !seen.insert(name.as_str())) {
        let reason = format!("two columns are called `{twice}`; give the files names that differ");
        return Err(Error::Argument { name: "read_csv", reason });
    }
    Ok((csv_schema(names, &samples), kept))
}

/// The same, where words such as `NA` are absent values if that makes numbers or moments of a column's texts.
fn csv_with_nulls(dialect: Dialect, files: &[File]) -> Result<(Dialect, Schema, Vec<File>), Error> {
    let (plain, kept) = csv(dialect, files.to_vec())?;
    let has_text =
        |schema: &Schema| schema.fields().iter().filter(|field| field.data_type().is_string()).count();
    if has_text(&plain) == 0 {
        return Ok((dialect, plain, kept));
    }
    let worded = Dialect { has_null_words: true, ..dialect };
    let (other, other_kept) = csv(worded, files.to_vec())?;
    match has_text(&other) < has_text(&plain) {
        true => Ok((worded, other, other_kept)),
        false => Ok((dialect, plain, kept)),
    }
}

/// The names in the first line, `column_1` and so on where files have none, and the types of so many rows after it.
fn head(dialect: Dialect, file: &File, n_rows: usize) -> Result<(Schema, usize), Error> {
    let unreadable = |reason| unreadable(file, Format::Csv(dialect), reason);
    let mut head = CsvHead::default()
        .with_header(dialect.has_header)
        .with_delimiter(dialect.delimiter)
        .with_quote(dialect.quote);
    if let Some(regex) = dialect.null_regex() {
        head = head.with_null_regex(regex);
    }
    let found = head.infer_schema(plain(file).map_err(unreadable)?, Some(n_rows));
    // What is wrong with a line is told when it is read, which may let it pass.
    let found = found.or_else(|_| head.infer_schema(plain(file).map_err(ArrowError::CsvError)?, Some(0)));
    found.map_err(|error| unreadable(error.to_string()))
}

fn difference(expected: &[String], given: &[String]) -> String {
    let missing: Vec<&str> =
        expected.iter().filter(|name| !given.contains(name)).map(String::as_str).collect();
    let added: Vec<&str> = given.iter().filter(|name| !expected.contains(name)).map(String::as_str).collect();
    match (missing.as_slice(), added.as_slice()) {
        ([], []) => "they stand in another order".to_owned(),
        (missing, []) => format!("it lacks {}", missing.join(", ")),
        ([], added) => format!("it has {} besides", added.join(", ")),
        (missing, added) => format!("it lacks {} and has {}", missing.join(", "), added.join(", ")),
    }
}

/// Columns of these names with types that all samples have.
fn csv_schema(names: Vec<String>, samples: &[Schema]) -> Schema {
    let field = |(n, name): (usize, String)| {
        let types = samples.iter().filter_map(|sample| Some(sample.fields().get(n)?.data_type()));
        let ty = types.fold(DataType::Null, |ty, other| common(&ty, other).unwrap_or(DataType::Utf8));
        Field::new(name, if ty == DataType::Null { DataType::Utf8 } else { ty }, true)
    };
    Schema::new(names.into_iter().enumerate().map(field).collect::<Vec<_>>())
}

/// All columns of all files; a file without one has nulls there.
fn merged(format: Format, files: &[File], schemas: &[Schema]) -> Result<Schema, Error> {
    let mut fields: Vec<(FieldRef, &File)> = Vec::new();
    for (file, schema) in files.iter().zip(schemas) {
        for field in schema.fields() {
            let known = fields.iter_mut().find(|(known, _)| known.name() == field.name());
            let Some((known, first)) = known else {
                fields.push((Arc::new(field.as_ref().clone().with_nullable(true)), file));
                continue;
            };
            let (one, other) = (known.data_type(), field.data_type());
            let ty = common(one, other).ok_or_else(|| Error::OtherColumns {
                path: file.path.clone(),
                first: first.path.clone(),
                difference: format!("`{}` is {other} in it and {one} there", field.name()),
            })?;
            *known = Arc::new(known.as_ref().clone().with_data_type(ty));
        }
    }
    if fields.is_empty() {
        let reason = format!("none of the files has a column; they are read as {}", format.name());
        return Err(Error::Argument { name: "read", reason });
    }
    Ok(Schema::new(fields.into_iter().map(|(field, _)| field).collect::<Vec<_>>()))
}

/// The type that has the values of both.
fn common(one: &DataType, other: &DataType) -> Option<DataType> {
    use DataType::{
        Float32, Float64, Int8, Int16, Int32, Int64, LargeUtf8, Null, UInt8, UInt16, UInt32, Utf8, Utf8View,
    };
    let order = [Int8, Int16, Int32, Int64, Float64];
    let unsigned = [UInt8, UInt16, UInt32, Int64, Float64];
    let floats = [Float32, Float64];
    let texts = [Utf8, LargeUtf8, Utf8View];
    if one == other || *other == Null {
        return Some(one.clone());
    }
    if *one == Null {
        return Some(other.clone());
    }
    [&order[..], &unsigned, &floats, &texts].into_iter().find_map(|wider| {
        let place = |ty: &DataType| wider.iter().position(|known| known == ty);
        wider.get(place(one)?.max(place(other)?)).cloned()
    })
}

/// The types that the user knows better.
fn with_dtypes(schema: &Schema, options: &ReadOptions) -> Result<SchemaRef, Error> {
    let mut fields: Vec<FieldRef> = schema.fields().iter().cloned().collect();
    for (name, dtype) in &options.dtypes {
        let known: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        let Some(field) = fields.iter_mut().find(|field| field.name() == name) else {
            let reason = format!("there is no column `{name}`; there are {}", known.join(", "));
            return Err(Error::Argument { name: "dtype", reason });
        };
        *field = Arc::new(field.as_ref().clone().with_data_type(dtype.data_type()));
    }
    Ok(Arc::new(Schema::new(fields)))
}
