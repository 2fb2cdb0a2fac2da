//! The types of a partition's columns.

use std::fmt;
use std::str::FromStr;

use arrow_schema::{DataType, TimeUnit};

/// The type of a partition's column: the Arrow types that cross to plugins, under the names of the type grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ColumnType {
    /// `bool`: a bit a row.
    Boolean,
    /// `int8`.
    Int8,
    /// `int16`.
    Int16,
    /// `int32`.
    Int32,
    /// `int64`.
    Int64,
    /// `uint8`.
    UInt8,
    /// `uint16`.
    UInt16,
    /// `uint32`.
    UInt32,
    /// `uint64`.
    UInt64,
    /// `float32`.
    Float32,
    /// `float64`.
    Float64,
    /// `date32`: days since 1970-01-01.
    Date32,
    /// `datetime64[ns]`: nanoseconds since 1970-01-01 00:00, in UTC or without a zone.
    Datetime64Ns,
    /// `timedelta64[ns]`: nanoseconds.
    Timedelta64Ns,
    /// `utf8`: text.
    Utf8,
    /// `binary`: bytes.
    Binary,
}

impl ColumnType {
    /// Every column type, in the order of the enum.
    pub const ALL: [Self; 16] = [
        Self::Boolean,
        Self::Int8,
        Self::Int16,
        Self::Int32,
        Self::Int64,
        Self::UInt8,
        Self::UInt16,
        Self::UInt32,
        Self::UInt64,
        Self::Float32,
        Self::Float64,
        Self::Date32,
        Self::Datetime64Ns,
        Self::Timedelta64Ns,
        Self::Utf8,
        Self::Binary,
    ];

    /// The name in the type grammar.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Boolean => "bool",
            Self::Int8 => "int8",
            Self::Int16 => "int16",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::UInt8 => "uint8",
            Self::UInt16 => "uint16",
            Self::UInt32 => "uint32",
            Self::UInt64 => "uint64",
            Self::Float32 => "float32",
            Self::Float64 => "float64",
            Self::Date32 => "date32",
            Self::Datetime64Ns => "datetime64[ns]",
            Self::Timedelta64Ns => "timedelta64[ns]",
            Self::Utf8 => "utf8",
            Self::Binary => "binary",
        }
    }

    /// The column type of an Arrow type; `None` for those that partitions do not have.
    #[must_use]
    pub fn of(data_type: &DataType) -> Option<Self> {
        Some(match data_type {
            DataType::Boolean => Self::Boolean,
            DataType::Int8 => Self::Int8,
            DataType::Int16 => Self::Int16,
            DataType::Int32 => Self::Int32,
            DataType::Int64 => Self::Int64,
            DataType::UInt8 => Self::UInt8,
            DataType::UInt16 => Self::UInt16,
            DataType::UInt32 => Self::UInt32,
            DataType::UInt64 => Self::UInt64,
            DataType::Float32 => Self::Float32,
            DataType::Float64 => Self::Float64,
            DataType::Date32 => Self::Date32,
            DataType::Timestamp(TimeUnit::Nanosecond, None) => Self::Datetime64Ns,
            DataType::Timestamp(TimeUnit::Nanosecond, Some(zone)) if is_utc(zone) => Self::Datetime64Ns,
            DataType::Duration(TimeUnit::Nanosecond) => Self::Timedelta64Ns,
            DataType::Utf8 => Self::Utf8,
            DataType::Binary => Self::Binary,
            _ => return None,
        })
    }

    /// The Arrow type; a datetime has no zone.
    #[must_use]
    pub fn data_type(self) -> DataType {
        match self {
            Self::Boolean => DataType::Boolean,
            Self::Int8 => DataType::Int8,
            Self::Int16 => DataType::Int16,
            Self::Int32 => DataType::Int32,
            Self::Int64 => DataType::Int64,
            Self::UInt8 => DataType::UInt8,
            Self::UInt16 => DataType::UInt16,
            Self::UInt32 => DataType::UInt32,
            Self::UInt64 => DataType::UInt64,
            Self::Float32 => DataType::Float32,
            Self::Float64 => DataType::Float64,
            Self::Date32 => DataType::Date32,
            Self::Datetime64Ns => DataType::Timestamp(TimeUnit::Nanosecond, None),
            Self::Timedelta64Ns => DataType::Duration(TimeUnit::Nanosecond),
            Self::Utf8 => DataType::Utf8,
            Self::Binary => DataType::Binary,
        }
    }
}

/// The names of Coordinated Universal Time that Arrow files use.
fn is_utc(zone: &str) -> bool {
    ["UTC", "Z", "+00:00", "Etc/UTC"].contains(&zone)
}

impl fmt::Display for ColumnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for ColumnType {
    type Err = ();

    /// The column type of this name.
    fn from_str(name: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|ty| ty.name() == name).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_arrow_types_round_trip() {
        for ty in ColumnType::ALL {
            assert_eq!((ty.name().parse(), ColumnType::of(&ty.data_type())), (Ok(ty), Some(ty)));
        }
        let utc = DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into()));
        assert_eq!(ColumnType::of(&utc), Some(ColumnType::Datetime64Ns));
        let zoned = DataType::Timestamp(TimeUnit::Nanosecond, Some("Europe/Paris".into()));
        assert_eq!((ColumnType::of(&zoned), ColumnType::of(&DataType::LargeUtf8)), (None, None));
    }
}
