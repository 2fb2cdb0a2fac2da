//! Columns to and from Arrow's memory layout.

use gristmill_data::arrow::array::{Array, ArrayRef, make_array};
use gristmill_data::arrow::buffer::{BooleanBuffer, Buffer};
use gristmill_data::arrow::data::ArrayData;
use gristmill_data::{ColumnType, Partition};

use super::{column_from_wit, column_to_wit};
use crate::bindings::gristmill::plugin::types::{ColumnParam, ColumnResult, TableResult};

/// Rows of one table; texts have 32-bit offsets, and a table without columns has rows for free.
const ROWS_MAX: u64 = i32::MAX as u64;
/// Bytes of a text column's offset.
const OFFSET_NBYTES: usize = 4;

/// One column in the contract's layout. The buffers are shared with the array where its layout is the same.
pub(super) struct ColumnBuffers<'v> {
    name: &'v str,
    ty: ColumnType,
    validity: Option<Buffer>,
    offsets: Option<Buffer>,
    data: Buffer,
}

impl<'v> ColumnBuffers<'v> {
    /// The layout of this array; `None` for a type that partitions do not have.
    pub(super) fn of(name: &'v str, array: &ArrayRef) -> Option<Self> {
        let ty = ColumnType::of(array.data_type())?;
        let array = array.to_data();
        let validity =
            array.nulls().filter(|nulls| nulls.null_count() > 0).map(|nulls| nulls.inner().sliced());
        let (offsets, data) = match (ty, array.buffers()) {
            (ColumnType::Boolean, [bits]) => {
                (None, BooleanBuffer::new(bits.clone(), array.offset(), array.len()).sliced())
            }
            (ColumnType::Utf8 | ColumnType::Binary, [offsets, bytes]) => {
                let (offsets, data) = rebase(offsets, bytes, array.offset(), array.len())?;
                (Some(offsets), data)
            }
            (_, [items]) => {
                let width = item_nbytes(ty)?;
                (None, items.slice_with_length(array.offset() * width, array.len() * width))
            }
            _ => return None,
        };
        Some(Self { name, ty, validity, offsets, data })
    }

    pub(super) fn param(&self) -> ColumnParam<'_> {
        ColumnParam {
            name: self.name,
            dtype: column_to_wit(self.ty),
            validity: self.validity.as_deref(),
            offsets: self.offsets.as_deref(),
            data: &self.data,
        }
    }
}

/// How many rows a partition has, as the contract counts.
pub(super) fn n_rows(partition: &Partition) -> u64 {
    partition.n_rows() as u64
}

/// The bytes of these texts alone, and their offsets from 0.
fn rebase(offsets: &Buffer, bytes: &Buffer, offset: usize, len: usize) -> Option<(Buffer, Buffer)> {
    if len == 0 {
        // Arrow allows an empty array without offsets; the contract has one more than rows.
        return Some((Buffer::from([0; OFFSET_NBYTES]), Buffer::default()));
    }
    let offsets = offsets.slice_with_length(offset * OFFSET_NBYTES, (len + 1) * OFFSET_NBYTES);
    let items: &[i32] = offsets.typed_data();
    let (&first, &last) = items.first().zip(items.last())?;
    let data = bytes.slice_with_length(usize::try_from(first).ok()?, usize::try_from(last - first).ok()?);
    let offsets = if first == 0 { offsets } else { items.iter().map(|item| item - first).collect() };
    Some((offsets, data))
}

/// Bytes of one item; `None` for bits and texts.
fn item_nbytes(ty: ColumnType) -> Option<usize> {
    Some(match ty {
        ColumnType::Int8 | ColumnType::UInt8 => 1,
        ColumnType::Int16 | ColumnType::UInt16 => 2,
        ColumnType::Int32 | ColumnType::UInt32 | ColumnType::Float32 | ColumnType::Date32 => 4,
        ColumnType::Int64 | ColumnType::UInt64 | ColumnType::Float64 => 8,
        ColumnType::Datetime64Ns | ColumnType::Timedelta64Ns => 8,
        ColumnType::Boolean | ColumnType::Utf8 | ColumnType::Binary => return None,
    })
}

/// The partition of a guest's table.
///
/// # Errors
/// What is wrong with it: a length, an offset, text that is no UTF-8, a name that is there twice.
pub(super) fn lift_table(table: TableResult) -> Result<Partition, String> {
    if table.rows > ROWS_MAX {
        return Err(format!("a table of {} rows; at most {ROWS_MAX} are possible", table.rows));
    }
    let n_rows = usize::try_from(table.rows).map_err(|error| error.to_string())?;
    let mut columns = Vec::with_capacity(table.columns.len());
    for column in table.columns {
        let name = column.name.clone();
        let array = lift_column(column, n_rows)
            .map_err(|reason| format!("column `{}`: {reason}", crate::text::clean(&name, 100)))?;
        columns.push((name, array));
    }
    Partition::from_columns(n_rows, columns).map_err(|error| error.to_string())
}

fn lift_column(column: ColumnResult, n_rows: usize) -> Result<ArrayRef, String> {
    let ty = column_from_wit(column.dtype);
    let n_bits = n_rows.div_ceil(8);
    if let Some(validity) = &column.validity {
        sized("its validity", validity, n_bits, n_rows)?;
    }
    match (ty, &column.offsets) {
        (ColumnType::Utf8 | ColumnType::Binary, Some(offsets)) => {
            sized("its offsets", offsets, (n_rows + 1) * OFFSET_NBYTES, n_rows)?;
        }
        (ColumnType::Utf8 | ColumnType::Binary, None) => {
            return Err("a column of texts or bytes needs offsets".into());
        }
        (_, Some(_)) => return Err(format!("a {} column has no offsets", ty.name())),
        (ColumnType::Boolean, None) => sized("its data", &column.data, n_bits, n_rows)?,
        (_, None) => sized("its data", &column.data, n_rows * item_nbytes(ty).unwrap_or(1), n_rows)?,
    }
    let mut builder = ArrayData::builder(ty.data_type())
        .len(n_rows)
        .null_bit_buffer(column.validity.map(Buffer::from_vec))
        .align_buffers(true);
    for buffer in column.offsets.into_iter().chain([column.data]) {
        builder = builder.add_buffer(Buffer::from_vec(buffer));
    }
    // `build` validates in full: offsets in order and in bounds, texts UTF-8.
    Ok(make_array(builder.build().map_err(|error| error.to_string())?))
}

fn sized(what: &str, bytes: &[u8], expected: usize, n_rows: usize) -> Result<(), String> {
    if bytes.len() == expected {
        return Ok(());
    }
    Err(format!("{what} has {} bytes, and {n_rows} rows take {expected}", bytes.len()))
}
