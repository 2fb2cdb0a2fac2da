//! Columns put together from rows of other columns.

use crate::bindings::task::gristmill::plugin::types::{Column, ColumnDtype};
use crate::error::{Result, TaskError};
use crate::table::builder::{pack, validity};
use crate::table::column::bit;

/// What has been put together so far.
#[derive(Default)]
struct Gathered {
    /// Fixed-size items, or text and bytes in a row.
    data: Vec<u8>,
    /// Where each text ends in `data`.
    ends: Vec<usize>,
    /// The items of a column of booleans.
    bits: Vec<bool>,
    valid: Vec<bool>,
}

impl Gathered {
    /// Adds the item of `column` at `row`; none if the column is shorter.
    fn push(&mut self, column: &Column, row: usize) -> Option<()> {
        match (column.dtype, column.dtype.item_nbytes()) {
            (_, Some(nbytes)) => self.data.extend_from_slice(column.data.get(row * nbytes..)?.get(..nbytes)?),
            (ColumnDtype::Boolean, None) => {
                let byte = column.data.get(row / 8)?;
                self.bits.push(byte >> (row % 8) & 1 == 1);
            }
            (_, None) => {
                self.data.extend_from_slice(column.data.get(offset(column, row)?..offset(column, row + 1)?)?);
                self.ends.push(self.data.len());
            }
        }
        self.push_valid(column, row);
        Some(())
    }

    /// Adds the first `rows` items of `column`; none if the column is shorter.
    fn append(&mut self, column: &Column, rows: usize) -> Option<()> {
        let Some(nbytes) = column.dtype.item_nbytes() else {
            return (0..rows).try_for_each(|row| self.push(column, row));
        };
        self.data.extend_from_slice(column.data.get(..rows.checked_mul(nbytes)?)?);
        (0..rows).for_each(|row| self.push_valid(column, row));
        Some(())
    }

    fn push_valid(&mut self, column: &Column, row: usize) {
        self.valid.push(column.validity.as_ref().is_none_or(|bits| bit(bits, row)));
    }

    /// The column, under the name and dtype of `like`.
    fn finish(self, like: &Column) -> Result<Column> {
        let Self { mut data, ends, bits, valid } = self;
        let mut offsets = None;
        match (like.dtype, like.dtype.item_nbytes()) {
            (_, Some(_)) => {}
            (ColumnDtype::Boolean, None) => data = pack(bits.into_iter()),
            (_, None) if i32::try_from(data.len()).is_err() => {
                let message = format!("column `{}` has more than 2^31 - 1 bytes of text", like.name);
                return Err(TaskError::out_of_range(message));
            }
            (_, None) => {
                let ends = std::iter::once(0).chain(ends);
                offsets = Some(ends.flat_map(|end| (end as i32).to_le_bytes()).collect());
            }
        }
        let validity = validity(valid.into_iter());
        Ok(Column { name: like.name.clone(), dtype: like.dtype, validity, offsets, data })
    }
}

/// Where in the data of a column of text the item at `row` starts, and the one before it ends.
fn offset(column: &Column, row: usize) -> Option<usize> {
    let bytes = column.offsets.as_ref()?.get(row * size_of::<i32>()..)?.first_chunk()?;
    usize::try_from(i32::from_le_bytes(*bytes)).ok()
}

fn short(column: &Column) -> TaskError {
    TaskError::data_corrupt(format!("column `{}` is shorter than its table", column.name))
}

/// The items of `column` at `rows`.
pub(crate) fn take(column: &Column, rows: &[usize]) -> Result<Column> {
    let mut taken = Gathered::default();
    for &row in rows {
        taken.push(column, row).ok_or_else(|| short(column))?;
    }
    taken.finish(column)
}

/// The items of all `parts` (each with its number of rows) under the name and dtype of `like`.
pub(crate) fn concat(like: &Column, parts: &[(&Column, usize)]) -> Result<Column> {
    let mut all = Gathered::default();
    for &(part, rows) in parts {
        if part.dtype != like.dtype {
            let (name, expected, given) = (&like.name, like.dtype.name(), part.dtype.name());
            return Err(TaskError::type_mismatch(format!(
                "column `{name}` is {expected} in one table, {given} in another"
            )));
        }
        all.append(part, rows).ok_or_else(|| short(part))?;
    }
    all.finish(like)
}
