//! Values from Rust's types, and back.

use std::sync::Arc;

use arrow_buffer::Buffer;
use num_complex::Complex64;

use super::Value;
use crate::{Chunk, Error, Partition};

macro_rules! value_from {
    ($($from:ty => $variant:ident),* $(,)?) => {$(
        impl From<$from> for Value {
            fn from(value: $from) -> Self {
                Self::$variant(value.into())
            }
        }
    )*};
}

value_from!(
    bool => Boolean, i32 => Int, i64 => Int, u32 => UInt, u64 => UInt, f32 => Float, f64 => Float,
    Complex64 => Complex, &str => Text, String => Text, Arc<str> => Text,
    Vec<u8> => Bytes, Buffer => Bytes, Chunk => Chunk, Partition => Partition, Vec<Value> => List,
);

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl FromIterator<Value> for Value {
    fn from_iter<I: IntoIterator<Item = Value>>(items: I) -> Self {
        Self::List(items.into_iter().collect())
    }
}

/// The value as one of Rust's types.
impl Value {
    /// The truth value.
    ///
    /// # Errors
    /// [`Error::WrongValue`].
    pub fn as_bool(&self) -> Result<bool, Error> {
        match self {
            Self::Boolean(value) => Ok(*value),
            other => Err(other.wrong("boolean")),
        }
    }

    /// The integer, signed or unsigned, as a signed one.
    ///
    /// # Errors
    /// [`Error::WrongValue`], or [`Error::OutOfRange`] when it is too large.
    pub fn as_int(&self) -> Result<i64, Error> {
        match self {
            Self::Int(value) => Ok(*value),
            Self::UInt(value) => {
                i64::try_from(*value).map_err(|_| Error::OutOfRange { value: value.to_string(), into: "int" })
            }
            other => Err(other.wrong("int")),
        }
    }

    /// The integer, signed or unsigned, as an unsigned one.
    ///
    /// # Errors
    /// [`Error::WrongValue`], or [`Error::OutOfRange`] when it is negative.
    pub fn as_uint(&self) -> Result<u64, Error> {
        match self {
            Self::UInt(value) => Ok(*value),
            Self::Int(value) => u64::try_from(*value)
                .map_err(|_| Error::OutOfRange { value: value.to_string(), into: "uint" }),
            other => Err(other.wrong("uint")),
        }
    }

    /// The number; an integer becomes the nearest one.
    ///
    /// # Errors
    /// [`Error::WrongValue`].
    pub fn as_float(&self) -> Result<f64, Error> {
        match self {
            Self::Float(value) => Ok(*value),
            Self::Int(value) => Ok(*value as f64),
            Self::UInt(value) => Ok(*value as f64),
            other => Err(other.wrong("float")),
        }
    }

    /// The text.
    ///
    /// # Errors
    /// [`Error::WrongValue`].
    pub fn as_text(&self) -> Result<&str, Error> {
        match self {
            Self::Text(text) => Ok(text),
            other => Err(other.wrong("text")),
        }
    }

    /// The bytes.
    ///
    /// # Errors
    /// [`Error::WrongValue`].
    pub fn as_bytes(&self) -> Result<&Buffer, Error> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            other => Err(other.wrong("bytes")),
        }
    }

    /// The piece of an array.
    ///
    /// # Errors
    /// [`Error::WrongValue`].
    pub fn as_chunk(&self) -> Result<&Chunk, Error> {
        match self {
            Self::Chunk(chunk) => Ok(chunk),
            other => Err(other.wrong("ndarray")),
        }
    }

    /// The piece of a dataframe.
    ///
    /// # Errors
    /// [`Error::WrongValue`].
    pub fn as_partition(&self) -> Result<&Partition, Error> {
        match self {
            Self::Partition(partition) => Ok(partition),
            other => Err(other.wrong("table")),
        }
    }

    /// The items of the list.
    ///
    /// # Errors
    /// [`Error::WrongValue`].
    pub fn as_list(&self) -> Result<&[Self], Error> {
        match self {
            Self::List(items) => Ok(items),
            other => Err(other.wrong("list")),
        }
    }

    /// The entries of the map.
    ///
    /// # Errors
    /// [`Error::WrongValue`].
    pub fn as_map(&self) -> Result<&[(Arc<str>, Self)], Error> {
        match self {
            Self::Map(entries) => Ok(entries),
            other => Err(other.wrong("map")),
        }
    }

    fn wrong(&self, expected: &'static str) -> Error {
        Error::WrongValue { expected, given: self.type_of() }
    }
}
