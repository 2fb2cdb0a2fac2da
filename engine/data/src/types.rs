//! The types of values, as signatures declare them.

mod compare;
mod parse;

use std::fmt;
use std::sync::Arc;

use crate::{ColumnType, DType};

pub use compare::{Difference, Mismatch};
pub use parse::TYPE_DEPTH_MAX;

/// The type of a value, as a function's signature declares it or as the data has it.
///
/// Its text form is the type grammar: `any`, `float`, `ndarray<float64>`, `ndarray<float64, 2>`, `ndarray<any, 2>`,
/// `table{hour: int64, delay: float64}`, `list<table>`, `map<float>`, `option<int>`. Printing and parsing are inverse.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Type {
    /// Whatever.
    Any,
    /// Nothing.
    Null,
    /// A truth value.
    Boolean,
    /// A signed integer.
    Int,
    /// An unsigned integer.
    UInt,
    /// A number.
    Float,
    /// A complex number.
    Complex,
    /// A text.
    Text,
    /// Raw bytes.
    Bytes,
    /// A moment.
    Datetime,
    /// A length of time.
    Timedelta,
    /// A piece of an array.
    NdArray {
        /// The elements' type; `None` for any.
        dtype: Option<DType>,
        /// How many axes; `None` for any number.
        ndim: Option<usize>,
    },
    /// A piece of a dataframe with at least these columns, in any order; none for any table.
    Table(Vec<Field>),
    /// A list of items of one type.
    List(Box<Type>),
    /// Items of one type by name.
    Map(Box<Type>),
    /// Nothing, or a value of this type.
    Option(Box<Type>),
}

/// A column of a table type.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Field {
    /// The column's name.
    pub name: Arc<str>,
    /// The column's type.
    pub ty: ColumnType,
}

impl Type {
    /// A piece of an array, of any dtype and number of axes.
    pub const ANY_ARRAY: Self = Self::NdArray { dtype: None, ndim: None };

    /// A list of items of this type.
    #[must_use]
    pub fn list_of(item: Self) -> Self {
        Self::List(Box::new(item))
    }

    /// The names of the scalar types, which stand for themselves in the grammar.
    const PLAIN: [(&'static str, Self); 11] = [
        ("any", Self::Any),
        ("null", Self::Null),
        ("boolean", Self::Boolean),
        ("int", Self::Int),
        ("uint", Self::UInt),
        ("float", Self::Float),
        ("complex", Self::Complex),
        ("text", Self::Text),
        ("bytes", Self::Bytes),
        ("datetime", Self::Datetime),
        ("timedelta", Self::Timedelta),
    ];
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NdArray { dtype: None, ndim: None } => f.write_str("ndarray"),
            Self::NdArray { dtype, ndim } => {
                write!(f, "ndarray<{}", dtype.map_or("any", DType::name))?;
                if let Some(ndim) = ndim {
                    write!(f, ", {ndim}")?;
                }
                f.write_str(">")
            }
            Self::Table(fields) if fields.is_empty() => f.write_str("table"),
            Self::Table(fields) => {
                let fields: Vec<_> = fields.iter().map(Field::to_string).collect();
                write!(f, "table{{{}}}", fields.join(", "))
            }
            Self::List(item) => write!(f, "list<{item}>"),
            Self::Map(item) => write!(f, "map<{item}>"),
            Self::Option(item) => write!(f, "option<{item}>"),
            plain => {
                let name = Self::PLAIN.iter().find(|(_, ty)| ty == plain).map_or("any", |(name, _)| name);
                f.write_str(name)
            }
        }
    }
}

impl fmt::Display for Field {
    /// A name that is no plain word is written as a quoted string: `"dep delay": float64`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if parse::is_word(&self.name) {
            write!(f, "{}: {}", self.name, self.ty)
        } else {
            let quoted = self.name.replace('\\', "\\\\").replace('"', "\\\"");
            write!(f, "\"{quoted}\": {}", self.ty)
        }
    }
}

#[cfg(test)]
mod tests;
