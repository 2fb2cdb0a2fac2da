//! Rows of DataFusion as partitions, which have fewer types.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use datafusion::arrow::compute::{CastOptions, cast_with_options, concat_batches};
use datafusion::arrow::datatypes::{DataType, Field as ArrowField, Schema, SchemaRef, TimeUnit};
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

/// All rows in `n` partitions of about the same number of rows, in order.
///
/// # Errors
/// When a column has a type that partitions do not have, or a value has no place in the one that they have.
pub(crate) fn partitions(
    schema: &SchemaRef,
    batches: Vec<RecordBatch>,
    n: usize,
) -> PlanResult<Vec<Partition>> {
    let fields = schema.fields().iter().map(|field| {
        let ty = plain_type(field.data_type());
        let ty = ty.ok_or_else(|| DataFusionError::Plan(no_column(field)))?;
        Ok(ArrowField::new(field.name(), ty, true))
    });
    let plain = Arc::new(Schema::new(fields.collect::<PlanResult<Vec<_>>>()?));
    let batches = batches.iter().map(|batch| as_plain(&plain, batch)).collect::<PlanResult<Vec<_>>>()?;
    let n_rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
    let n = n.max(1);
    let mut left = batches.into_iter();
    let mut current: Option<RecordBatch> = None;
    let mut made = Vec::with_capacity(n);
    for at in 0..n {
        let mut wanted = n_rows * (at + 1) / n - n_rows * at / n;
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
        let whole = match own.len() {
            1 => own.swap_remove(0),
            _ => concat_batches(&plain, &own)?,
        };
        made.push(Partition::try_new(whole).map_err(|error| DataFusionError::External(error.into()))?);
    }
    Ok(made)
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
