//! One column by type: its items, its nulls.

use std::borrow::Cow;

use bytemuck::Pod;

use crate::bindings::task::gristmill::plugin::types::{Column, ColumnDtype};
use crate::error::{Result, TaskError};

/// A moment: nanoseconds since 1970-01-01 00:00 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Datetime(pub i64);

/// A length of time in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timedelta(pub i64);

/// A day: days since 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Date(pub i32);

impl ColumnDtype {
    /// The dtype's name in the type grammar.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Boolean => "bool",
            Self::Int8 => "int8",
            Self::Int16 => "int16",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::Uint8 => "uint8",
            Self::Uint16 => "uint16",
            Self::Uint32 => "uint32",
            Self::Uint64 => "uint64",
            Self::Float32 => "float32",
            Self::Float64 => "float64",
            Self::Date32 => "date32",
            Self::Datetime64ns => "datetime64[ns]",
            Self::Timedelta64ns => "timedelta64[ns]",
            Self::Utf8 => "utf8",
            Self::Binary => "binary",
        }
    }

    /// Bytes of one item; none for bits and for items of varying length.
    pub(crate) fn item_nbytes(self) -> Option<usize> {
        match self {
            Self::Boolean | Self::Utf8 | Self::Binary => None,
            Self::Int8 | Self::Uint8 => Some(1),
            Self::Int16 | Self::Uint16 => Some(2),
            Self::Int32 | Self::Uint32 | Self::Float32 | Self::Date32 => Some(4),
            Self::Int64 | Self::Uint64 | Self::Float64 | Self::Datetime64ns | Self::Timedelta64ns => Some(8),
        }
    }
}

/// A Rust type as which a column can be read.
pub trait ColumnItem<'a>: Copy + Sized {
    /// The items in memory.
    type Items: std::fmt::Debug;

    /// The items of `column`; whoever calls checks that there are as many as rows.
    ///
    /// # Errors
    /// Type mismatch if they are not of this type.
    fn items(column: &'a Column, rows: usize) -> Result<Self::Items>;

    /// How many items there are.
    fn len(items: &Self::Items) -> usize;

    /// The item at `row`; a null's item is anything.
    fn get(items: &Self::Items, row: usize) -> Option<Self>;
}

/// One column, read as items of type `T`.
#[derive(Debug)]
pub struct ColumnView<'a, T: ColumnItem<'a>> {
    items: T::Items,
    validity: Option<&'a [u8]>,
    rows: usize,
}

impl<'a, T: ColumnItem<'a>> ColumnView<'a, T> {
    pub(crate) fn of(column: &'a Column, rows: usize) -> Result<Self> {
        let validity = column.validity.as_deref();
        if validity.is_some_and(|bits| bits.len() < rows.div_ceil(8)) {
            return Err(TaskError::data_corrupt(format!("the validity is shorter than {rows} rows")));
        }
        let items = T::items(column, rows)?;
        if T::len(&items) < rows {
            return Err(TaskError::data_corrupt(format!("{} items for {rows} rows", T::len(&items))));
        }
        Ok(Self { items, validity, rows })
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Whether `row` holds an item.
    #[must_use]
    pub fn is_valid(&self, row: usize) -> bool {
        row < self.rows && self.validity.is_none_or(|bits| bit(bits, row))
    }

    /// How many rows are null.
    #[must_use]
    pub fn null_count(&self) -> usize {
        if self.validity.is_none() { 0 } else { (0..self.rows).filter(|&row| !self.is_valid(row)).count() }
    }

    /// The item at `row`; none if it is null or if there is no such row.
    pub fn get(&self, row: usize) -> Option<T> {
        if self.is_valid(row) { T::get(&self.items, row) } else { None }
    }

    /// The items in order, none for nulls.
    pub fn iter(&self) -> impl Iterator<Item = Option<T>> {
        (0..self.rows).map(|row| self.get(row))
    }
}

impl<'a, T: ColumnItem<'a, Items = Cow<'a, [T]>> + Pod> ColumnView<'a, T> {
    /// All items as one slice; where [`is_valid`](Self::is_valid) is false the number means nothing.
    #[must_use]
    pub fn values(&self) -> &[T] {
        self.items.get(..self.rows).unwrap_or_default()
    }
}

pub(crate) fn bit(bits: &[u8], idx: usize) -> bool {
    bits.get(idx / 8).is_some_and(|byte| byte >> (idx % 8) & 1 == 1)
}

/// The bytes as numbers: borrowed where their address allows it, else copied.
pub(crate) fn numbers<T: Pod>(bytes: &[u8]) -> Cow<'_, [T]> {
    match bytemuck::try_cast_slice(bytes) {
        Ok(items) => Cow::Borrowed(items),
        Err(_) => Cow::Owned(bytes.chunks_exact(size_of::<T>()).map(bytemuck::pod_read_unaligned).collect()),
    }
}

fn mismatch(expected: &str, column: &Column) -> TaskError {
    TaskError::type_mismatch(format!("expected {expected}, got {}", column.dtype.name()))
}

/// Numbers of one dtype, read as they lie.
macro_rules! exact {
    ($($ty:ty => $dtype:ident),*) => {
        $(impl<'a> ColumnItem<'a> for $ty {
            type Items = Cow<'a, [$ty]>;

            fn items(column: &'a Column, _rows: usize) -> Result<Self::Items> {
                match column.dtype {
                    ColumnDtype::$dtype => Ok(numbers(&column.data)),
                    _ => Err(mismatch(ColumnDtype::$dtype.name(), column)),
                }
            }

            fn len(items: &Self::Items) -> usize {
                items.len()
            }

            fn get(items: &Self::Items, row: usize) -> Option<Self> {
                items.get(row).copied()
            }
        })*
    };
}
exact!(i8 => Int8, i16 => Int16, i32 => Int32, u8 => Uint8, u16 => Uint16, u32 => Uint32, u64 => Uint64, f32 => Float32);

/// Items as the widest type of their kind, whatever number type the column has.
fn widened<T>(column: &Column, expected: &str, from: impl Fn(Number) -> Option<T>) -> Result<Vec<T>> {
    let Some(nbytes) = column.dtype.item_nbytes() else { return Err(mismatch(expected, column)) };
    let items = column.data.chunks_exact(nbytes).map(|bytes| from(Number::read(column.dtype, bytes)?));
    items.collect::<Option<_>>().ok_or_else(|| mismatch(expected, column))
}

/// One number of any column.
enum Number {
    Int(i64),
    UInt(u64),
    Float(f64),
}

impl Number {
    fn read(dtype: ColumnDtype, bytes: &[u8]) -> Option<Self> {
        let mut wide = [0; 8];
        wide.get_mut(..bytes.len())?.copy_from_slice(bytes);
        let bits = u64::from_le_bytes(wide);
        Some(match dtype {
            ColumnDtype::Int8 => Self::Int(i64::from(bits as i8)),
            ColumnDtype::Int16 => Self::Int(i64::from(bits as i16)),
            ColumnDtype::Int32 => Self::Int(i64::from(bits as i32)),
            ColumnDtype::Int64 => Self::Int(bits as i64),
            ColumnDtype::Uint8 | ColumnDtype::Uint16 | ColumnDtype::Uint32 | ColumnDtype::Uint64 => {
                Self::UInt(bits)
            }
            ColumnDtype::Float32 => Self::Float(f64::from(f32::from_bits(bits as u32))),
            ColumnDtype::Float64 => Self::Float(f64::from_bits(bits)),
            _ => return None,
        })
    }
}

/// The widest of their kind: every narrower dtype is widened.
macro_rules! widening {
    ($($ty:ty => $dtype:ident, $what:literal, $from:expr);*) => {
        $(impl<'a> ColumnItem<'a> for $ty {
            type Items = Cow<'a, [$ty]>;

            fn items(column: &'a Column, _rows: usize) -> Result<Self::Items> {
                match column.dtype {
                    ColumnDtype::$dtype => Ok(numbers(&column.data)),
                    _ => widened(column, $what, $from).map(Cow::Owned),
                }
            }

            fn len(items: &Self::Items) -> usize {
                items.len()
            }

            fn get(items: &Self::Items, row: usize) -> Option<Self> {
                items.get(row).copied()
            }
        })*
    };
}
widening!(
    i64 => Int64, "a column of integers that fit into int64", |number| match number {
        Number::Int(x) => Some(x),
        Number::UInt(x) => i64::try_from(x).ok(),
        Number::Float(_) => None,
    };
    f64 => Float64, "a column of numbers", |number| match number {
        Number::Int(x) => Some(x as f64),
        Number::UInt(x) => Some(x as f64),
        Number::Float(x) => Some(x),
    }
);

/// Newtypes over a number.
macro_rules! wrapped {
    ($($ty:ident($inner:ty) => $dtype:ident),*) => {
        $(impl<'a> ColumnItem<'a> for $ty {
            type Items = Cow<'a, [$inner]>;

            fn items(column: &'a Column, _rows: usize) -> Result<Self::Items> {
                match column.dtype {
                    ColumnDtype::$dtype => Ok(numbers(&column.data)),
                    _ => Err(mismatch(ColumnDtype::$dtype.name(), column)),
                }
            }

            fn len(items: &Self::Items) -> usize {
                items.len()
            }

            fn get(items: &Self::Items, row: usize) -> Option<Self> {
                items.get(row).copied().map($ty)
            }
        })*
    };
}
wrapped!(Date(i32) => Date32, Datetime(i64) => Datetime64ns, Timedelta(i64) => Timedelta64ns);

impl<'a> ColumnItem<'a> for bool {
    type Items = &'a [u8];

    fn items(column: &'a Column, _rows: usize) -> Result<Self::Items> {
        match column.dtype {
            ColumnDtype::Boolean => Ok(&column.data),
            _ => Err(mismatch("bool", column)),
        }
    }

    fn len(items: &Self::Items) -> usize {
        items.len() * 8
    }

    fn get(items: &Self::Items, row: usize) -> Option<Self> {
        Some(bit(items, row))
    }
}

/// Text and bytes: where each item ends, and all of them in a row.
#[derive(Debug)]
pub struct Spans<'a, D: ?Sized> {
    offsets: Cow<'a, [i32]>,
    data: &'a D,
}

impl<'a, D: ?Sized> Spans<'a, D> {
    fn of(column: &'a Column, data: &'a D) -> Self {
        Self { offsets: numbers(column.offsets.as_deref().unwrap_or_default()), data }
    }

    fn len(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    fn range(&self, row: usize) -> Option<std::ops::Range<usize>> {
        let (start, end) = (self.offsets.get(row)?, self.offsets.get(row + 1)?);
        Some(usize::try_from(*start).ok()?..usize::try_from(*end).ok()?)
    }
}

impl<'a> ColumnItem<'a> for &'a str {
    type Items = Spans<'a, str>;

    fn items(column: &'a Column, _rows: usize) -> Result<Self::Items> {
        match column.dtype {
            ColumnDtype::Utf8 => match std::str::from_utf8(&column.data) {
                Ok(data) => Ok(Spans::of(column, data)),
                Err(error) => Err(TaskError::data_corrupt(error.to_string())),
            },
            _ => Err(mismatch("utf8", column)),
        }
    }

    fn len(items: &Self::Items) -> usize {
        items.len()
    }

    fn get(items: &Self::Items, row: usize) -> Option<Self> {
        items.data.get(items.range(row)?)
    }
}

impl<'a> ColumnItem<'a> for &'a [u8] {
    type Items = Spans<'a, [u8]>;

    fn items(column: &'a Column, _rows: usize) -> Result<Self::Items> {
        match column.dtype {
            ColumnDtype::Utf8 | ColumnDtype::Binary => Ok(Spans::of(column, &column.data)),
            _ => Err(mismatch("binary", column)),
        }
    }

    fn len(items: &Self::Items) -> usize {
        items.len()
    }

    fn get(items: &Self::Items, row: usize) -> Option<Self> {
        items.data.get(items.range(row)?)
    }
}
