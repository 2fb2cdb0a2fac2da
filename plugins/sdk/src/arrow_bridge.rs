//! Tables from and to Arrow record batches, for plugins that bring Arrow's own kernels.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, DurationNanosecondType, Float32Type, Float64Type, Int8Type, Int16Type,
    Int32Type, Int64Type, TimestampNanosecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchOptions, make_array};
use arrow_buffer::Buffer;
use arrow_data::ArrayData;
use arrow_schema::{DataType, Field, Schema, TimeUnit};

use crate::bindings::task::gristmill::plugin::types::{Column, ColumnDtype};
use crate::error::{Context, Result, TaskError};
use crate::table::{Table, pack};

impl Table {
    /// The table as an Arrow record batch; each column is copied once.
    ///
    /// # Errors
    /// Data corrupt if a column is not what its dtype and the table's rows say.
    pub fn to_record_batch(&self) -> Result<RecordBatch> {
        let arrays = self
            .columns
            .iter()
            .map(|column| array(column, self.rows).context(|| format!("column `{}`", column.name)));
        let arrays = arrays.collect::<Result<Vec<_>>>()?;
        let fields = self.columns.iter().zip(&arrays);
        let fields: Vec<_> =
            fields.map(|(column, array)| Field::new(&column.name, array.data_type().clone(), true)).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows));
        Ok(RecordBatch::try_new_with_options(Schema::new(fields).into(), arrays, &options)?)
    }

    /// A table of an Arrow record batch; each column is copied once.
    ///
    /// # Errors
    /// Unsupported if a column has a type that does not cross the boundary.
    pub fn from_record_batch(batch: &RecordBatch) -> Result<Self> {
        let schema = batch.schema();
        let columns =
            schema.fields().iter().zip(batch.columns()).map(|(field, array)| column(field.name(), array));
        Ok(Self { rows: batch.num_rows(), columns: columns.collect::<Result<_>>()? })
    }
}

const TYPES: [(ColumnDtype, DataType); 16] = [
    (ColumnDtype::Boolean, DataType::Boolean),
    (ColumnDtype::Int8, DataType::Int8),
    (ColumnDtype::Int16, DataType::Int16),
    (ColumnDtype::Int32, DataType::Int32),
    (ColumnDtype::Int64, DataType::Int64),
    (ColumnDtype::Uint8, DataType::UInt8),
    (ColumnDtype::Uint16, DataType::UInt16),
    (ColumnDtype::Uint32, DataType::UInt32),
    (ColumnDtype::Uint64, DataType::UInt64),
    (ColumnDtype::Float32, DataType::Float32),
    (ColumnDtype::Float64, DataType::Float64),
    (ColumnDtype::Date32, DataType::Date32),
    (ColumnDtype::Datetime64ns, DataType::Timestamp(TimeUnit::Nanosecond, None)),
    (ColumnDtype::Timedelta64ns, DataType::Duration(TimeUnit::Nanosecond)),
    (ColumnDtype::Utf8, DataType::Utf8),
    (ColumnDtype::Binary, DataType::Binary),
];

fn array(column: &Column, rows: usize) -> Result<ArrayRef> {
    let Some((_, data_type)) = TYPES.iter().find(|(dtype, _)| *dtype == column.dtype) else {
        return Err(TaskError::type_mismatch(format!("{} is no Arrow type", column.dtype.name())));
    };
    let mut data = ArrayData::builder(data_type.clone()).len(rows);
    data = data.null_bit_buffer(column.validity.as_ref().map(Buffer::from_slice_ref));
    if let Some(offsets) = &column.offsets {
        data = data.add_buffer(Buffer::from_slice_ref(offsets));
    }
    let data = data.add_buffer(Buffer::from_slice_ref(&column.data)).build();
    data.map(make_array).map_err(|error| TaskError::data_corrupt(error.to_string()))
}

fn column(name: &str, array: &ArrayRef) -> Result<Column> {
    // A zone that is not UTC would be lost.
    let data_type = match array.data_type() {
        DataType::Timestamp(unit, Some(zone)) if &**zone == "UTC" => DataType::Timestamp(*unit, None),
        data_type => data_type.clone(),
    };
    let Some((dtype, _)) = TYPES.iter().find(|(_, known)| *known == data_type) else {
        let message =
            format!("column `{name}` is {data_type}, which does not cross to the engine; cast it first");
        return Err(TaskError::new(crate::ErrorKind::Unsupported, message));
    };
    let (offsets, data) = items(*dtype, array);
    let validity = array.nulls().map(|nulls| pack(nulls.iter()));
    Ok(Column { name: name.to_owned(), dtype: *dtype, validity, offsets, data })
}

/// The offsets and bytes of the items; slices of larger arrays are cut out.
fn items(dtype: ColumnDtype, array: &ArrayRef) -> (Option<Vec<u8>>, Vec<u8>) {
    fn numbers<T: ArrowPrimitiveType>(array: &ArrayRef) -> (Option<Vec<u8>>, Vec<u8>) {
        (None, array.as_primitive::<T>().values().inner().as_slice().to_vec())
    }
    fn spans(offsets: &[i32], bytes: &[u8]) -> (Option<Vec<u8>>, Vec<u8>) {
        let (start, end) = (offsets.first().copied().unwrap_or(0), offsets.last().copied().unwrap_or(0));
        let data = bytes.get(start as usize..end as usize).unwrap_or_default().to_vec();
        (Some(offsets.iter().flat_map(|offset| (offset - start).to_le_bytes()).collect()), data)
    }
    match dtype {
        ColumnDtype::Boolean => (None, pack(array.as_boolean().values().iter())),
        ColumnDtype::Int8 => numbers::<Int8Type>(array),
        ColumnDtype::Int16 => numbers::<Int16Type>(array),
        ColumnDtype::Int32 => numbers::<Int32Type>(array),
        ColumnDtype::Int64 => numbers::<Int64Type>(array),
        ColumnDtype::Uint8 => numbers::<UInt8Type>(array),
        ColumnDtype::Uint16 => numbers::<UInt16Type>(array),
        ColumnDtype::Uint32 => numbers::<UInt32Type>(array),
        ColumnDtype::Uint64 => numbers::<UInt64Type>(array),
        ColumnDtype::Float32 => numbers::<Float32Type>(array),
        ColumnDtype::Float64 => numbers::<Float64Type>(array),
        ColumnDtype::Date32 => numbers::<Date32Type>(array),
        ColumnDtype::Datetime64ns => numbers::<TimestampNanosecondType>(array),
        ColumnDtype::Timedelta64ns => numbers::<DurationNanosecondType>(array),
        ColumnDtype::Utf8 => {
            let array = array.as_string::<i32>();
            spans(array.value_offsets(), array.value_data())
        }
        ColumnDtype::Binary => {
            let array = array.as_binary::<i32>();
            spans(array.value_offsets(), array.value_data())
        }
    }
}

#[cfg(test)]
mod tests;
