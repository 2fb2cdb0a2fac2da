//! Rows of DataFusion as partitions, which have fewer types.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, UInt32Array};
use datafusion::arrow::compute::{CastOptions, cast_with_options, concat_batches, take_record_batch};
use datafusion::arrow::datatypes::{DataType, Field as ArrowField, Schema, SchemaRef, TimeUnit};
use datafusion::common::hash_utils::{RandomState, create_hashes};
use datafusion::common::{DataFusionError, Result as PlanResult};
use gristmill_data::{ColumnType, Field, Partition, Type};

use crate::Error;

/// The type that a column of a partition has for one of DataFusion; `None` where there is none.
pub(crate) fn plain_type(ty: &DataType) -> Option<DataType> {
    Some(match ty {
        own if ColumnType::of(own).is_some() => own.clone(),
        DataType::Utf8View | DataType::LargeUtf8 | DataType::Null => DataType::Utf8,
        DataType::BinaryView | DataType::LargeBinary | DataType::FixedSizeBinary(_) => DataType::Binary,
        // The moment is kept; the zone is not.
        DataType::Timestamp(..) => DataType::Timestamp(TimeUnit::Nanosecond, None),
        DataType::Date64 => DataType::Timestamp(TimeUnit::Nanosecond, None),
        DataType::Duration(_) => DataType::Duration(TimeUnit::Nanosecond),
        DataType::Float16 => DataType::Float32,
        // Exact within a query, and in what it writes to files.
        decimal if decimal.is_decimal() => DataType::Float64,
        DataType::Dictionary(_, values) => plain_type(values)?,
        _ => return None,
    })
}

/// What is to be done about a column that no partition has.
fn hint(ty: &DataType) -> &'static str {
    match ty {
        DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..) | DataType::ListView(_) => {
            "explode it, or make a text of it with array_to_string"
        }
        DataType::Struct(_) => "select its fields: `column['field']`",
        _ => "cast it, or write it to a Parquet or Arrow file",
    }
}

fn no_column(field: &ArrowField) -> String {
    let ty = field.data_type();
    format!("column `{}` is {ty}, which partitions do not have: {}", field.name(), hint(ty))
}

/// The type of partitions with these columns, as declarations have it.
///
/// # Errors
/// When a column has a type that they do not have.
pub(crate) fn row_type(schema: &SchemaRef) -> Result<Type, Error> {
    let field = |field: &Arc<ArrowField>| {
        let ty = plain_type(field.data_type()).as_ref().and_then(ColumnType::of);
        let ty = ty.ok_or_else(|| Error::Plan(no_column(field)))?;
        Ok(Field { name: field.name().as_str().into(), ty })
    };
    Ok(Type::Table(schema.fields().iter().map(field).collect::<Result<_, Error>>()?))
}

/// All rows in `n` partitions: one after the other where their order is one, and else by what they hold, since they may come in
/// another order when they are computed again.
///
/// # Errors
/// When a column has a type that partitions do not have, or a value has no place in the one that they have.
pub(crate) fn partitions(
    schema: &SchemaRef,
    batches: Vec<RecordBatch>,
    n: usize,
    is_ordered: bool,
) -> PlanResult<Vec<Partition>> {
    let fields = schema.fields().iter().map(|field| {
        let ty = plain_type(field.data_type());
        let ty = ty.ok_or_else(|| DataFusionError::Plan(no_column(field)))?;
        Ok(ArrowField::new(field.name(), ty, true))
    });
    let plain = Arc::new(Schema::new(fields.collect::<PlanResult<Vec<_>>>()?));
    let batches = batches.iter().map(|batch| as_plain(&plain, batch)).collect::<PlanResult<Vec<_>>>()?;
    let parts = match n {
        0 | 1 => vec![batches],
        n if is_ordered => in_order(batches, n),
        n => by_content(&batches, n)?,
    };
    let made = parts.into_iter().map(|mut own| {
        let whole = match own.len() {
            1 => own.swap_remove(0),
            _ => concat_batches(&plain, &own)?,
        };
        Partition::try_new(whole).map_err(|error| DataFusionError::External(error.into()))
    });
    made.collect()
}

/// About as many rows in each, in order.
fn in_order(batches: Vec<RecordBatch>, n: usize) -> Vec<Vec<RecordBatch>> {
    let n_rows: u128 = batches.iter().map(|batch| batch.num_rows() as u128).sum();
    let end = |at: usize| usize::try_from(n_rows * at as u128 / n as u128).unwrap_or(usize::MAX);
    let mut left = batches.into_iter();
    let mut current: Option<RecordBatch> = None;
    let part = |at: usize| {
        let mut wanted = end(at + 1) - end(at);
        let mut own = Vec::new();
        while wanted > 0 {
            let Some(batch) = current.take().or_else(|| left.next()) else { break };
            let taken = batch.num_rows().min(wanted);
            own.push(batch.slice(0, taken));
            wanted -= taken;
            if taken < batch.num_rows() {
                current = Some(batch.slice(taken, batch.num_rows() - taken));
            }
        }
        own
    };
    (0..n).map(part).collect()
}

/// Equal rows in the same part, whatever comes first.
fn by_content(batches: &[RecordBatch], n: usize) -> PlanResult<Vec<Vec<RecordBatch>>> {
    let mut parts: Vec<Vec<RecordBatch>> = vec![Vec::new(); n];
    let seeds = RandomState::with_seed(0x6772_6973_746d_696c);
    for batch in batches {
        let mut hashes = vec![0; batch.num_rows()];
        create_hashes(batch.columns(), &seeds, &mut hashes)?;
        let mut rows: Vec<Vec<u32>> = vec![Vec::new(); n];
        for (row, hash) in (0u32..).zip(&hashes) {
            let at = usize::try_from(hash % n as u64).unwrap_or(0);
            rows.get_mut(at).into_iter().for_each(|rows| rows.push(row));
        }
        for (part, rows) in parts.iter_mut().zip(rows) {
            if !rows.is_empty() {
                part.push(take_record_batch(batch, &UInt32Array::from(rows))?);
            }
        }
    }
    Ok(parts)
}

fn as_plain(schema: &SchemaRef, batch: &RecordBatch) -> PlanResult<RecordBatch> {
    // What does not fit fails rather than becoming null.
    let strict = CastOptions { safe: false, ..CastOptions::default() };
    let columns = batch.columns().iter().zip(schema.fields()).map(|(column, field)| {
        match column.data_type() == field.data_type() {
            true => Ok(column.clone()),
            false => Ok(cast_with_options(column, field.data_type(), &strict)?),
        }
    });
    let columns = columns.collect::<PlanResult<Vec<ArrayRef>>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(RecordBatch::try_new_with_options(schema.clone(), columns, &options)?)
}
