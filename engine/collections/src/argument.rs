//! What a call takes.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use gristmill_data::{Chunk, Partition, Value};
use gristmill_graph::Key;

use crate::{Array, Delayed};

/// One argument of a lazy call: a value, another lazy call, a result that a cluster holds, or lists and maps of these.
#[non_exhaustive]
#[derive(Clone)]
pub enum Argument {
    /// A value known now. Small ones travel inside the task, large ones beside it under their content's key.
    Value(Value),
    /// A number, text or bytes that travel inside the task, however long they are: they are not lost with a worker.
    Inside(Value),
    /// The result of another lazy call.
    Delayed(Delayed),
    /// A result that the cluster already holds, or will.
    Held {
        /// The result's key.
        key: Key,
        /// Keeps the result alive until the call that uses it is submitted.
        keep: Arc<dyn Any + Send + Sync>,
    },
    /// A block of an array, as [`Array::to_delayed`] gives it.
    Block {
        /// The array, as it is computed.
        array: Array,
        /// The block's index.
        index: u32,
    },
    /// A list; its items may be lazy.
    List(Vec<Argument>),
    /// A map with text keys in the given order; its items may be lazy.
    Map(Vec<(Arc<str>, Argument)>),
}

impl fmt::Debug for Argument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) | Self::Inside(value) => value.fmt(f),
            Self::Delayed(delayed) => delayed.fmt(f),
            Self::Held { key, .. } => write!(f, "Held({})", key.short()),
            Self::Block { array, index } => write!(f, "Block({index} of {array:?})"),
            Self::List(items) => f.debug_list().entries(items).finish(),
            Self::Map(items) => f.debug_map().entries(items.iter().map(|(key, item)| (key, item))).finish(),
        }
    }
}

impl<T: Into<Argument> + Clone> From<&T> for Argument {
    fn from(argument: &T) -> Self {
        argument.clone().into()
    }
}

impl From<&str> for Argument {
    fn from(text: &str) -> Self {
        Self::Value(text.into())
    }
}

impl<T: Into<Argument>> From<Vec<T>> for Argument {
    fn from(items: Vec<T>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }
}

impl From<Delayed> for Argument {
    fn from(delayed: Delayed) -> Self {
        Self::Delayed(delayed)
    }
}

macro_rules! from_values {
    ($($type:ty),*) => {$(
        impl From<$type> for Argument {
            fn from(value: $type) -> Self {
                Self::Value(value.into())
            }
        }
    )*};
}
from_values!(bool, i64, u64, f64, String, Chunk, Partition);

impl From<i32> for Argument {
    fn from(value: i32) -> Self {
        Self::Value(i64::from(value).into())
    }
}

impl From<Value> for Argument {
    fn from(value: Value) -> Self {
        Self::Value(value)
    }
}

/// The arguments of one call, each converted by [`Argument::from`]: `args![&table, 3, "name"]`.
#[macro_export]
macro_rules! args {
    ($($argument:expr),* $(,)?) => {
        ::std::vec![$($crate::Argument::from($argument)),*]
    };
}
