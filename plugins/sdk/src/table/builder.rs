//! Tables made here, from Rust vectors.

use crate::bindings::task::gristmill::plugin::types::{Column, ColumnDtype};
use crate::error::{Result, TaskError};
use crate::table::Table;
use crate::table::column::{Date, Datetime, Timedelta};

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
pub(crate) fn validity(valid: impl Iterator<Item = bool> + Clone) -> Option<Vec<u8>> {
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
