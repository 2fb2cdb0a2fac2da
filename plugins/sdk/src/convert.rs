//! Rust types to and from values, and their names in the type grammar.

use std::collections::BTreeMap;

use crate::error::{Result, TaskError};
use crate::ndarray::{AnyArray, Element, NdArray};
use crate::table::{Datetime, Table, Timedelta};
use crate::value::{Map, Value};

/// A Rust type that has a name in the type grammar.
pub trait Typed {
    /// Whether an argument of this type may be left out.
    const OPTIONAL: bool = false;

    /// The name: `float`, `list<table>`.
    fn ty() -> String;
}

/// A parameter type of task functions.
pub trait FromValue: Typed + Sized {
    /// Takes the Rust value out of `value`.
    ///
    /// # Errors
    /// Type mismatch, naming both types.
    fn from_value(value: Value) -> Result<Self>;
}

/// A result type of task functions.
pub trait IntoValue: Typed {
    /// The value.
    fn into_value(self) -> Value;
}

/// What a task function may return: a value, or a `Result` with any printable error.
pub trait Outcome {
    /// The value's type in the type grammar.
    fn ty() -> String;

    /// The value or the error.
    ///
    /// # Errors
    /// What the function returned.
    fn into_outcome(self) -> Result<Value>;
}

impl<T: IntoValue> Outcome for T {
    fn ty() -> String {
        <T as Typed>::ty()
    }

    fn into_outcome(self) -> Result<Value> {
        Ok(self.into_value())
    }
}

impl<T: IntoValue, E: Into<TaskError>> Outcome for std::result::Result<T, E> {
    fn ty() -> String {
        <T as Typed>::ty()
    }

    fn into_outcome(self) -> Result<Value> {
        self.map(T::into_value).map_err(Into::into)
    }
}

fn mismatch<T: Typed>(given: &Value) -> TaskError {
    TaskError::type_mismatch(format!("expected {}, got {}", T::ty(), given.type_name()))
}

/// Types with one arm for each value that they accept, and one way back.
macro_rules! plain {
    ($($ty:ty = $name:literal { $($from:pat => $to:expr),* } { $this:pat => $into:expr })*) => {
        $(
            impl Typed for $ty {
                fn ty() -> String {
                    $name.to_owned()
                }
            }
            impl FromValue for $ty {
                #[allow(clippy::cast_possible_truncation, reason = "guards check the range first")]
                fn from_value(value: Value) -> Result<Self> {
                    match value {
                        $($from => Ok($to),)*
                        #[allow(unreachable_patterns, reason = "`any` accepts everything")]
                        other => Err(mismatch::<Self>(&other)),
                    }
                }
            }
            impl IntoValue for $ty {
                fn into_value(self) -> Value {
                    let $this = self;
                    $into
                }
            }
        )*
    };
}

plain! {
    () = "null" { Value::Null => () } { () => Value::Null }
    bool = "boolean" { Value::Boolean(x) => x } { x => Value::Boolean(x) }
    String = "text" { Value::Text(x) => x } { x => Value::Text(x) }
    Vec<u8> = "bytes" { Value::Bytes(x) => x } { x => Value::Bytes(x) }
    f64 = "float" { Value::Float(x) => x, Value::Int(x) => x as f64, Value::UInt(x) => x as f64 } { x => Value::Float(x) }
    Datetime = "datetime" { Value::Datetime(x) => Datetime(x) } { x => Value::Datetime(x.0) }
    Timedelta = "timedelta" { Value::Timedelta(x) => Timedelta(x) } { x => Value::Timedelta(x.0) }
    Value = "any" { x => x } { x => x }
    Table = "table" { Value::Table(x) => x } { x => Value::Table(x) }
    AnyArray = "ndarray" { Value::NdArray(x) => x } { x => Value::NdArray(x) }
}

/// Integers: every size takes signed and unsigned values that fit.
macro_rules! integers {
    ($($ty:ty = $name:literal $variant:ident $wide:ty),*) => {
        $(
            impl Typed for $ty {
                fn ty() -> String {
                    $name.to_owned()
                }
            }
            impl FromValue for $ty {
                fn from_value(value: Value) -> Result<Self> {
                    let fitting = match value {
                        Value::Int(x) => <$ty>::try_from(x).ok(),
                        Value::UInt(x) => <$ty>::try_from(x).ok(),
                        other => return Err(mismatch::<Self>(&other)),
                    };
                    let message = concat!("the integer does not fit into ", stringify!($ty));
                    fitting.ok_or_else(|| TaskError::out_of_range(message))
                }
            }
            impl IntoValue for $ty {
                fn into_value(self) -> Value {
                    Value::$variant(<$wide>::from(self))
                }
            }
        )*
    };
}
integers!(i64 = "int" Int i64, i32 = "int" Int i64, u64 = "uint" UInt u64, u32 = "uint" UInt u64);

impl Typed for usize {
    fn ty() -> String {
        <u64 as Typed>::ty()
    }
}

impl FromValue for usize {
    fn from_value(value: Value) -> Result<Self> {
        usize::try_from(u64::from_value(value)?).map_err(|error| TaskError::out_of_range(error.to_string()))
    }
}

impl IntoValue for usize {
    fn into_value(self) -> Value {
        Value::UInt(self as u64)
    }
}

impl<T: Element> Typed for NdArray<T> {
    fn ty() -> String {
        format!("ndarray<{}>", T::DTYPE.name())
    }
}

impl<T: Element> FromValue for NdArray<T> {
    fn from_value(value: Value) -> Result<Self> {
        match value {
            Value::NdArray(array) => array.typed(),
            other => Err(mismatch::<Self>(&other)),
        }
    }
}

impl<T: Element> IntoValue for NdArray<T> {
    fn into_value(self) -> Value {
        Value::NdArray(self.into())
    }
}

impl<T: Typed> Typed for Option<T> {
    const OPTIONAL: bool = true;

    fn ty() -> String {
        format!("option<{}>", T::ty())
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: Value) -> Result<Self> {
        match value {
            Value::Null => Ok(None),
            given => T::from_value(given).map(Some),
        }
    }
}

impl<T: IntoValue> IntoValue for Option<T> {
    fn into_value(self) -> Value {
        self.map_or(Value::Null, T::into_value)
    }
}

/// What may be inside a `Vec`. `u8` may not: `Vec<u8>` is bytes.
trait Item {}
impl Item for bool {}
impl Item for i64 {}
impl Item for i32 {}
impl Item for u64 {}
impl Item for u32 {}
impl Item for usize {}
impl Item for f64 {}
impl Item for String {}
impl Item for Datetime {}
impl Item for Timedelta {}
impl Item for Value {}
impl Item for Table {}
impl Item for AnyArray {}
impl<T> Item for NdArray<T> {}
impl<T> Item for Option<T> {}
impl<T> Item for Vec<T> {}
impl<T> Item for Map<T> {}
impl<T> Item for BTreeMap<String, T> {}

impl<T: Typed + Item> Typed for Vec<T> {
    fn ty() -> String {
        format!("list<{}>", T::ty())
    }
}

impl<T: FromValue + Item> FromValue for Vec<T> {
    fn from_value(value: Value) -> Result<Self> {
        let Value::List(items) = value else { return Err(mismatch::<Self>(&value)) };
        let items = items.into_iter().enumerate();
        items
            .map(|(idx, item)| T::from_value(item).map_err(|error| at(error, format!("item {idx}"))))
            .collect()
    }
}

impl<T: IntoValue + Item> IntoValue for Vec<T> {
    fn into_value(self) -> Value {
        Value::List(self.into_iter().map(T::into_value).collect())
    }
}

/// Maps: the ordered one, and the standard library's sorted one.
macro_rules! maps {
    ($($map:ty, $this:ident => $pairs:expr);*) => {
        $(
            impl<T: Typed> Typed for $map {
                fn ty() -> String {
                    format!("map<{}>", T::ty())
                }
            }
            impl<T: FromValue> FromValue for $map {
                fn from_value(value: Value) -> Result<Self> {
                    let Value::Map(pairs) = value else { return Err(mismatch::<Self>(&value)) };
                    let pairs = pairs.0.into_iter().map(|(name, value)| match T::from_value(value) {
                        Ok(value) => Ok((name, value)),
                        Err(error) => Err(at(error, format!("value `{name}`"))),
                    });
                    pairs.collect()
                }
            }
            impl<T: IntoValue> IntoValue for $map {
                fn into_value(self) -> Value {
                    let $this = self;
                    Value::Map($pairs.map(|(name, value)| (name, value.into_value())).collect())
                }
            }
        )*
    };
}
maps!(Map<T>, map => map.0.into_iter(); BTreeMap<String, T>, map => map.into_iter());

fn at(error: TaskError, place: String) -> TaskError {
    error.while_doing(place)
}

/// Values from Rust literals, for maps and lists built by hand: `map.insert("name", "x")`.
macro_rules! into_any {
    ($($ty:ty),*) => {
        $(impl From<$ty> for Value {
            fn from(x: $ty) -> Self {
                x.into_value()
            }
        })*
    };
}
into_any!(bool, i64, u64, f64, String, Table, AnyArray, Datetime, Timedelta, Vec<Value>, Map<Value>);

impl From<&str> for Value {
    fn from(x: &str) -> Self {
        Self::Text(x.to_owned())
    }
}
