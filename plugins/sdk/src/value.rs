//! A value of any type, and the ordered map.

use crate::{AnyArray, Table};

/// A value of any type: the parameter and result type `any`.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Value {
    /// Nothing.
    #[default]
    Null,
    /// True or false.
    Boolean(bool),
    /// A signed integer.
    Int(i64),
    /// An unsigned integer.
    UInt(u64),
    /// A floating-point number.
    Float(f64),
    /// Real and imaginary part.
    Complex(f64, f64),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Nanoseconds since 1970-01-01 00:00 UTC.
    Datetime(i64),
    /// Nanoseconds.
    Timedelta(i64),
    /// One chunk of an array, of any dtype.
    NdArray(AnyArray),
    /// One partition of a dataframe.
    Table(Table),
    /// Values in order.
    List(Vec<Value>),
    /// Values by name, in order.
    Map(Map<Value>),
}

impl Value {
    /// The value's type in the type grammar, without the types inside lists and maps.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean(_) => "boolean",
            Self::Int(_) => "int",
            Self::UInt(_) => "uint",
            Self::Float(_) => "float",
            Self::Complex(..) => "complex",
            Self::Text(_) => "text",
            Self::Bytes(_) => "bytes",
            Self::Datetime(_) => "datetime",
            Self::Timedelta(_) => "timedelta",
            Self::NdArray(_) => "ndarray",
            Self::Table(_) => "table",
            Self::List(_) => "list",
            Self::Map(_) => "map",
        }
    }
}

/// Values by name, in the order in which they were inserted; a name twice keeps both, and `get` finds the first.
#[derive(Debug, Clone, PartialEq)]
pub struct Map<T = Value>(pub Vec<(String, T)>);

/// One item of a bag with named parts, such as a parsed line of JSON.
pub type Record = Map<Value>;

impl<T> Default for Map<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Map<T> {
    /// An empty map.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The value called `name`.
    pub fn get(&self, name: &str) -> Option<&T> {
        self.0.iter().find(|(given, _)| given == name).map(|(_, value)| value)
    }

    /// Puts `value` under `name`, in the place of the old one if there is one.
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<T>) {
        let (name, value) = (name.into(), value.into());
        match self.0.iter_mut().find(|(given, _)| *given == name) {
            Some(pair) => pair.1 = value,
            None => self.0.push((name, value)),
        }
    }

    /// Names and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// How many values there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T> FromIterator<(String, T)> for Map<T> {
    fn from_iter<I: IntoIterator<Item = (String, T)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}
