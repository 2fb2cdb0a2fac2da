//! Tables made here: from Rust vectors, from rows of another table, from tables in a row.

use crate::bindings::task::gristmill::plugin::types::{Column, ColumnDtype};
use crate::error::{Result, TaskError};
use crate::table::Table;
use crate::table::column::{Date, Datetime, Timedelta, bit, numbers};

/// Collects columns; [`finish`](TableBuilder::finish) checks them.
#[derive(Debug, Default)]
#[must_use = "a builder does nothing until it is finished"]
pub struct TableBuilder {
    columns: Vec<(usize, Column)>,
    too_long: Option<String>,
}

impl TableBuilder {
    /// Adds a column: a `Vec` of numbers, booleans, text or bytes, or of `Option`s of them for a column with nulls.
    pub fn column(mut self, name: impl Into<String>, items: impl IntoColumn) -> Self {
        let name = name.into();
        match items.into_column(name.clone()) {
            Some(column) => self.columns.push(column),
            None => self.too_long = Some(name),
        }
        self
    }

    /// The table.
    ///
    /// # Errors
    /// Invalid argument if columns differ in length or share a name; out of range if the text of a column has
    /// more than 2^31 - 1 bytes.
    pub fn finish(self) -> Result<Table> {
        if let Some(name) = self.too_long {
            return Err(TaskError::out_of_range(format!(
                "column `{name}` has more than 2^31 - 1 bytes of text"
            )));
        }
        let rows = self.columns.first().map_or(0, |(rows, _)| *rows);
        let mut columns: Vec<Column> = Vec::with_capacity(self.columns.len());
        for (n, column) in self.columns {
            let name = &column.name;
            if n != rows {
                return Err(TaskError::invalid_argument(format!(
                    "column `{name}` has {n} rows, the first has {rows}"
                )));
            }
            if columns.iter().any(|other| other.name == *name) {
                return Err(TaskError::invalid_argument(format!("two columns are called `{name}`")));
            }
            columns.push(column);
        }
        Ok(Table { rows, columns })
    }
}

/// What can become a column.
pub trait IntoColumn {
    /// Its length and the column; none if its text is too long for one.
    fn into_column(self, name: String) -> Option<(usize, Column)>;
}

/// Fixed-size items: the dtype, and the bytes of one item (a null's are zeros).
macro_rules! fixed {
    ($($ty:ty => $dtype:ident, $x:ident => $bytes:expr);*) => {
        $(
            impl IntoColumn for Vec<$ty> {
                fn into_column(self, name: String) -> Option<(usize, Column)> {
                    let data = self.iter().flat_map(|&$x| $bytes).collect();
                    Some((self.len(), Column { name, dtype: ColumnDtype::$dtype, validity: None, offsets: None, data }))
                }
            }
            impl IntoColumn for Vec<Option<$ty>> {
                fn into_column(self, name: String) -> Option<(usize, Column)> {
                    let validity = validity(self.iter().map(Option::is_some));
                    let data = self.iter().map(|x| x.unwrap_or_default()).flat_map(|$x| $bytes).collect();
                    Some((self.len(), Column { name, dtype: ColumnDtype::$dtype, validity, offsets: None, data }))
                }
            }
        )*
    };
}
fixed!(
    i8 => Int8, x => x.to_le_bytes(); i16 => Int16, x => x.to_le_bytes(); i32 => Int32, x => x.to_le_bytes();
    i64 => Int64, x => x.to_le_bytes(); u16 => Uint16, x => x.to_le_bytes(); u32 => Uint32, x => x.to_le_bytes();
    u64 => Uint64, x => x.to_le_bytes(); f32 => Float32, x => x.to_le_bytes(); f64 => Float64, x => x.to_le_bytes();
    u8 => Uint8, x => [x]; Date => Date32, x => x.0.to_le_bytes();
    Datetime => Datetime64ns, x => x.0.to_le_bytes(); Timedelta => Timedelta64ns, x => x.0.to_le_bytes()
);

impl IntoColumn for Vec<bool> {
    fn into_column(self, name: String) -> Option<(usize, Column)> {
        let data = pack(self.iter().copied());
        Some((self.len(), Column { name, dtype: ColumnDtype::Boolean, validity: None, offsets: None, data }))
    }
}

impl IntoColumn for Vec<Option<bool>> {
    fn into_column(self, name: String) -> Option<(usize, Column)> {
        let validity = validity(self.iter().map(Option::is_some));
        let data = pack(self.iter().map(|x| x.unwrap_or_default()));
        Some((self.len(), Column { name, dtype: ColumnDtype::Boolean, validity, offsets: None, data }))
    }
}

/// Items of varying length: the dtype.
macro_rules! varying {
    ($($ty:ty => $dtype:ident),*) => {
        $(
            impl IntoColumn for Vec<$ty> {
                fn into_column(self, name: String) -> Option<(usize, Column)> {
                    let (offsets, data) = spans(self.iter().map(AsRef::<[u8]>::as_ref))?;
                    let (dtype, offsets) = (ColumnDtype::$dtype, Some(offsets));
                    Some((self.len(), Column { name, dtype, validity: None, offsets, data }))
                }
            }
            impl IntoColumn for Vec<Option<$ty>> {
                fn into_column(self, name: String) -> Option<(usize, Column)> {
                    let validity = validity(self.iter().map(Option::is_some));
                    let items = self.iter().map(|x| x.as_ref().map_or(&[][..], AsRef::<[u8]>::as_ref));
                    let (offsets, data) = spans(items)?;
                    let (dtype, offsets) = (ColumnDtype::$dtype, Some(offsets));
                    Some((self.len(), Column { name, dtype, validity, offsets, data }))
                }
            }
        )*
    };
}
varying!(String => Utf8, &str => Utf8, Vec<u8> => Binary, &[u8] => Binary);

/// A column of text that grows item by item, without an allocation for each.
#[derive(Debug, Clone, Default)]
pub struct TextColumn {
    ends: Vec<usize>,
    data: Vec<u8>,
    valid: Vec<bool>,
}

impl TextColumn {
    /// Adds one item, or a null.
    pub fn push(&mut self, item: Option<&str>) {
        self.data.extend_from_slice(item.unwrap_or_default().as_bytes());
        self.ends.push(self.data.len());
        self.valid.push(item.is_some());
    }
}

impl IntoColumn for TextColumn {
    fn into_column(self, name: String) -> Option<(usize, Column)> {
        i32::try_from(self.data.len()).ok()?;
        let offsets =
            std::iter::once(0).chain(self.ends).flat_map(|end| (end as i32).to_le_bytes()).collect();
        let (dtype, validity) = (ColumnDtype::Utf8, validity(self.valid.iter().copied()));
        Some((self.valid.len(), Column { name, dtype, validity, offsets: Some(offsets), data: self.data }))
    }
}

/// One bit for each item, least significant first.
pub(crate) fn pack(bits: impl Iterator<Item = bool>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(bits.size_hint().0.div_ceil(8));
    for (idx, on) in bits.enumerate() {
        if idx % 8 == 0 {
            bytes.push(0);
        }
        if let Some(last) = bytes.last_mut() {
            *last |= u8::from(on) << (idx % 8);
        }
    }
    bytes
}

/// The validity bits; none if all are valid.
fn validity(valid: impl Iterator<Item = bool> + Clone) -> Option<Vec<u8>> {
    if valid.clone().all(|valid| valid) { None } else { Some(pack(valid)) }
}

/// Offsets and bytes of items in a row; none if there are more bytes than an offset can count.
fn spans<'a>(items: impl Iterator<Item = &'a [u8]>) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut data = Vec::new();
    let mut offsets = 0i32.to_le_bytes().to_vec();
    for item in items {
        data.extend_from_slice(item);
        offsets.extend(i32::try_from(data.len()).ok()?.to_le_bytes());
    }
    Some((offsets, data))
}

fn short(column: &Column) -> TaskError {
    TaskError::data_corrupt(format!("column `{}` is shorter than its table", column.name))
}

/// The bytes of each item of a column of text or bytes.
fn span_items(column: &Column, rows: usize) -> Result<Vec<&[u8]>> {
    let offsets = numbers::<i32>(column.offsets.as_deref().unwrap_or_default());
    let spans = offsets.iter().zip(offsets.iter().skip(1)).take(rows);
    let items =
        spans.map(|(&start, &end)| column.data.get(usize::try_from(start).ok()?..usize::try_from(end).ok()?));
    let items = items.collect::<Option<Vec<_>>>().filter(|items| items.len() == rows);
    items.ok_or_else(|| short(column))
}

fn bits(column: &Column, rows: usize) -> Result<Vec<bool>> {
    if column.data.len() * 8 < rows {
        Err(short(column))
    } else {
        Ok((0..rows).map(|row| bit(&column.data, row)).collect())
    }
}

fn is_valid(column: &Column, row: usize) -> bool {
    column.validity.as_ref().is_none_or(|bits| bit(bits, row))
}

/// The items of `column` at `rows`, which are all less than `n_rows`.
pub(crate) fn take(column: &Column, n_rows: usize, rows: &[usize]) -> Result<Column> {
    let (offsets, data) = match (column.dtype, column.dtype.item_nbytes()) {
        (_, Some(nbytes)) => {
            let items: Vec<_> = column.data.chunks_exact(nbytes).take(n_rows).collect();
            let taken = rows.iter().map(|&row| items.get(row).copied().ok_or_else(|| short(column)));
            (None, taken.collect::<Result<Vec<_>>>()?.concat())
        }
        (ColumnDtype::Boolean, None) => {
            let items = bits(column, n_rows)?;
            (None, pack(rows.iter().filter_map(|&row| items.get(row).copied())))
        }
        (_, None) => {
            let items = span_items(column, n_rows)?;
            let (offsets, data) =
                spans(rows.iter().filter_map(|&row| items.get(row).copied())).ok_or_else(|| short(column))?;
            (Some(offsets), data)
        }
    };
    let validity = validity(rows.iter().map(|&row| is_valid(column, row)));
    Ok(Column { name: column.name.clone(), dtype: column.dtype, validity, offsets, data })
}

/// The items of all `parts` (each with its number of rows) under the name and dtype of `like`.
pub(crate) fn concat(like: &Column, parts: &[(&Column, usize)]) -> Result<Column> {
    if let Some((other, _)) = parts.iter().find(|(part, _)| part.dtype != like.dtype) {
        let (name, expected, given) = (&like.name, like.dtype.name(), other.dtype.name());
        return Err(TaskError::type_mismatch(format!(
            "column `{name}` is {expected} in one table, {given} in another"
        )));
    }
    let (offsets, data) = match (like.dtype, like.dtype.item_nbytes()) {
        (_, Some(nbytes)) => {
            let bytes =
                parts.iter().map(|&(part, rows)| part.data.get(..rows * nbytes).ok_or_else(|| short(part)));
            (None, bytes.collect::<Result<Vec<_>>>()?.concat())
        }
        (ColumnDtype::Boolean, None) => {
            let items = parts.iter().map(|&(part, rows)| bits(part, rows)).collect::<Result<Vec<_>>>()?;
            (None, pack(items.into_iter().flatten()))
        }
        (_, None) => {
            let items =
                parts.iter().map(|&(part, rows)| span_items(part, rows)).collect::<Result<Vec<_>>>()?;
            let (offsets, data) = spans(items.into_iter().flatten()).ok_or_else(|| {
                TaskError::out_of_range(format!(
                    "column `{}` has more than 2^31 - 1 bytes of text",
                    like.name
                ))
            })?;
            (Some(offsets), data)
        }
    };
    let valid: Vec<_> =
        parts.iter().flat_map(|&(part, rows)| (0..rows).map(|row| is_valid(part, row))).collect();
    Ok(Column {
        name: like.name.clone(),
        dtype: like.dtype,
        validity: validity(valid.into_iter()),
        offsets,
        data,
    })
}
