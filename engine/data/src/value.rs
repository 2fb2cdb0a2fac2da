//! What a task takes and returns.

mod convert;

use std::fmt;
use std::sync::Arc;

use arrow_buffer::Buffer;
use num_complex::Complex64;

use crate::{Chunk, DeviceChunk, Partition, TaskError, Type};

/// What a task takes and returns: one thing, or a list or map of values. Cheap to clone.
#[derive(Clone, Default)]
pub enum Value {
    /// Nothing.
    #[default]
    Null,
    /// A truth value.
    Boolean(bool),
    /// A signed integer.
    Int(i64),
    /// An unsigned integer.
    UInt(u64),
    /// A number.
    Float(f64),
    /// A complex number.
    Complex(Complex64),
    /// A text.
    Text(Arc<str>),
    /// Raw bytes.
    Bytes(Buffer),
    /// Nanoseconds since 1970-01-01 00:00 UTC.
    Datetime(i64),
    /// Nanoseconds.
    Timedelta(i64),
    /// One piece of an array.
    Chunk(Chunk),
    /// One piece of an array, in the memory of a device. Kernels, plugins and clients are given it as a [`Value::Chunk`].
    DeviceChunk(DeviceChunk),
    /// One piece of a dataframe.
    Partition(Partition),
    /// Values in order.
    List(Arc<[Value]>),
    /// Values by name, in order; no name stands twice in what the engine makes.
    Map(Arc<[(Arc<str>, Value)]>),
}

/// How many items of a list or map are shown by `{:?}`.
const ITEMS_SHOWN_MAX: usize = 8;
/// How many bytes of a text are shown by `{:?}`.
const TEXT_SHOWN_NBYTES_MAX: usize = 64;

impl Value {
    /// Size in memory, in bytes: the data, and what a list, a map and their names take besides. What is in a device's memory
    /// counts as if it were on the host, so that there is room for it when it must come back.
    ///
    /// Shared data counts in each value that shares it; a slice of a larger buffer counts as that slice.
    #[must_use]
    pub fn nbytes(&self) -> u64 {
        let inline = size_of::<Self>() as u64;
        inline
            + match self {
                Self::Text(text) => text.len() as u64,
                Self::Bytes(bytes) => bytes.len() as u64,
                Self::Chunk(chunk) => chunk.nbytes(),
                Self::DeviceChunk(chunk) => chunk.nbytes(),
                Self::Partition(partition) => partition.nbytes(),
                Self::List(items) => items.iter().map(Self::nbytes).sum(),
                Self::Map(entries) => entries
                    .iter()
                    .map(|(name, item)| size_of::<Arc<str>>() as u64 + name.len() as u64 + item.nbytes())
                    .sum(),
                _ => 0,
            }
    }

    /// The value's type: what is in the data itself, down to the columns of a partition.
    ///
    /// A list's or map's items have the type that all share, or `any`.
    #[must_use]
    pub fn type_of(&self) -> Type {
        match self {
            Self::Null => Type::Null,
            Self::Boolean(_) => Type::Boolean,
            Self::Int(_) => Type::Int,
            Self::UInt(_) => Type::UInt,
            Self::Float(_) => Type::Float,
            Self::Complex(_) => Type::Complex,
            Self::Text(_) => Type::Text,
            Self::Bytes(_) => Type::Bytes,
            Self::Datetime(_) => Type::Datetime,
            Self::Timedelta(_) => Type::Timedelta,
            Self::Chunk(chunk) => Type::NdArray { dtype: Some(chunk.dtype()), ndim: Some(chunk.ndim()) },
            Self::DeviceChunk(chunk) => {
                Type::NdArray { dtype: Some(chunk.dtype()), ndim: Some(chunk.shape().len()) }
            }
            Self::Partition(partition) => Type::Table(partition.fields().collect()),
            Self::List(items) => Type::List(Box::new(common_type(items.iter()))),
            Self::Map(entries) => Type::Map(Box::new(common_type(entries.iter().map(|(_, item)| item)))),
        }
    }

    /// The entry of this name, when this is a map that has one.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Map(entries) => entries.iter().find(|(key, _)| &**key == name).map(|(_, item)| item),
            _ => None,
        }
    }

    /// The same value with everything in it on the host.
    ///
    /// # Errors
    /// As [`DeviceMemory::land`](crate::DeviceMemory::land).
    pub fn landed(self) -> Result<Self, TaskError> {
        if self.is_on_host() {
            return Ok(self);
        }
        Ok(match self {
            Self::DeviceChunk(chunk) => Self::Chunk(chunk.land()?),
            Self::List(items) => {
                Self::List(items.iter().cloned().map(Self::landed).collect::<Result<_, _>>()?)
            }
            Self::Map(entries) => {
                let landed = |(name, item): &(Arc<str>, Self)| Ok((name.clone(), item.clone().landed()?));
                Self::Map(entries.iter().map(landed).collect::<Result<_, TaskError>>()?)
            }
            other => other,
        })
    }

    /// Whether nothing in it is in the memory of a device.
    #[must_use]
    pub fn is_on_host(&self) -> bool {
        match self {
            Self::DeviceChunk(_) => false,
            Self::List(items) => items.iter().all(Self::is_on_host),
            Self::Map(entries) => entries.iter().all(|(_, item)| item.is_on_host()),
            _ => true,
        }
    }

    /// A list of these items.
    #[must_use]
    pub fn list<T: Into<Self>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }

    /// A map of these entries, in this order.
    #[must_use]
    pub fn map<N: Into<Arc<str>>, T: Into<Self>>(entries: impl IntoIterator<Item = (N, T)>) -> Self {
        Self::Map(entries.into_iter().map(|(name, item)| (name.into(), item.into())).collect())
    }
}

/// The one type of all items, or `any`.
fn common_type<'a>(mut items: impl Iterator<Item = &'a Value>) -> Type {
    let Some(first) = items.next().map(Value::type_of) else { return Type::Any };
    if items.all(|item| item.type_of() == first) { first } else { Type::Any }
}

/// Equal when they are the same variant and the same content; NaN equals itself, since results are compared and not computed with.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Boolean(a), Self::Boolean(b)) => a == b,
            (Self::UInt(a), Self::UInt(b)) => a == b,
            (Self::Int(a), Self::Int(b))
            | (Self::Datetime(a), Self::Datetime(b))
            | (Self::Timedelta(a), Self::Timedelta(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => same_float(*a, *b),
            (Self::Complex(a), Self::Complex(b)) => same_float(a.re, b.re) && same_float(a.im, b.im),
            (Self::Text(a), Self::Text(b)) => a == b,
            (Self::Bytes(a), Self::Bytes(b)) => a.as_slice() == b.as_slice(),
            (Self::Chunk(a), Self::Chunk(b)) => a == b,
            (Self::Partition(a), Self::Partition(b)) => a == b,
            (Self::List(a), Self::List(b)) => a == b,
            (Self::Map(a), Self::Map(b)) => a == b,
            _ => false,
        }
    }
}

fn same_float(a: f64, b: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan())
}

/// Short: bulk data by its shape, long texts and lists by their beginning.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Boolean(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::UInt(value) => write!(f, "{value}u"),
            Self::Float(value) => write!(f, "{value:?}"),
            Self::Complex(value) => write!(f, "{value}"),
            Self::Text(text) if text.len() > TEXT_SHOWN_NBYTES_MAX => {
                let end = text.floor_char_boundary(TEXT_SHOWN_NBYTES_MAX);
                write!(f, "{:?}... ({} bytes)", text.get(..end).unwrap_or_default(), text.len())
            }
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Bytes(bytes) => write!(f, "Bytes({})", bytes.len()),
            Self::Datetime(nanoseconds) => write!(f, "Datetime({nanoseconds})"),
            Self::Timedelta(nanoseconds) => write!(f, "Timedelta({nanoseconds})"),
            Self::Chunk(chunk) => chunk.fmt(f),
            Self::DeviceChunk(chunk) => chunk.fmt(f),
            Self::Partition(partition) => partition.fmt(f),
            Self::List(items) => {
                let mut list = f.debug_list();
                list.entries(items.iter().take(ITEMS_SHOWN_MAX));
                if items.len() > ITEMS_SHOWN_MAX { list.finish_non_exhaustive() } else { list.finish() }
            }
            Self::Map(entries) => {
                let mut map = f.debug_map();
                map.entries(entries.iter().take(ITEMS_SHOWN_MAX).map(|(name, item)| (name, item)));
                if entries.len() > ITEMS_SHOWN_MAX { map.finish_non_exhaustive() } else { map.finish() }
            }
        }
    }
}

#[cfg(test)]
mod tests;
