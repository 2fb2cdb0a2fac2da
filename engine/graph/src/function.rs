//! What a task does: its [`Function`] and the [`Arg`]s that it is called with.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::Digest;

/// How deep [`Arg::List`] and [`Arg::Map`] may nest.
pub const ARG_DEPTH_MAX: usize = 64;

/// The code of a task. It is part of the task's key, so another version of the code is another task.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Function {
    /// An export of a sandboxed WebAssembly component.
    Component {
        /// Which component.
        digest: Digest,
        /// Which of its exports.
        export: Export,
    },
    /// A built-in kernel.
    Kernel {
        /// Its name.
        name: Arc<str>,
        /// Raised when the kernel's results change.
        version: u32,
    },
    /// A Rust closure of this process. It cannot be shipped, and serialising it is an error.
    #[serde(skip)]
    Native {
        /// For people.
        name: Arc<str>,
        /// Which closure, unique in this process.
        id: u64,
    },
}

/// What is called in a component.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Export {
    /// A task function, by name.
    Call(Arc<str>),
    /// Read one partition of a file, by the format's name.
    Read(Arc<str>),
}

impl Function {
    /// The kernel of this name and version.
    pub fn kernel(name: &str, version: u32) -> Self {
        Self::Kernel { name: name.into(), version }
    }

    /// The kernel `identity`, version 1: returns its only argument.
    ///
    /// Literals and aliases of raw graphs are such tasks; [`TaskTable::inline`](crate::TaskTable::inline)
    /// copies them into their users.
    pub fn identity() -> Self {
        Self::kernel("identity", 1)
    }

    /// Whether this is [`Function::identity`].
    pub fn is_identity(&self) -> bool {
        matches!(self, Self::Kernel { name, version: 1 } if &**name == "identity")
    }

    /// The name that people know the function by.
    pub fn name(&self) -> &Arc<str> {
        match self {
            Self::Component { export: Export::Call(name) | Export::Read(name), .. } => name,
            Self::Kernel { name, .. } | Self::Native { name, .. } => name,
        }
    }
}

impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Component { digest, export: Export::Call(name) } => write!(f, "{}#{name}", digest.short()),
            Self::Component { digest, export: Export::Read(name) } => {
                write!(f, "{}#read {name}", digest.short())
            }
            Self::Kernel { name, version } => write!(f, "{name}@{version}"),
            Self::Native { name, .. } => write!(f, "{name} (native)"),
        }
    }
}

/// One argument of a call: a literal, or a place that an input or a per-task literal is put into.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Arg {
    /// Nothing.
    Null,
    /// A truth value.
    Boolean(bool),
    /// A signed integer.
    Int(i64),
    /// An unsigned integer.
    UInt(u64),
    /// A number.
    Float(f64),
    /// A text.
    Text(Arc<str>),
    /// Raw bytes.
    Bytes(Arc<[u8]>),
    /// The task's n-th input.
    Input(u32),
    /// All inputs of the task as one list.
    Inputs,
    /// The n-th of the task's own literals, see [`Params`](crate::Params).
    Param(u32),
    /// Several arguments as one list.
    List(Vec<Arg>),
    /// Arguments by name. The order counts: build it with [`Arg::map`], which sorts, so that equal maps have equal keys.
    Map(Vec<(Arc<str>, Arg)>),
}

impl Arg {
    /// A text.
    pub fn text(text: &str) -> Self {
        Self::Text(text.into())
    }

    /// A map with its entries sorted by name.
    pub fn map<N: Into<Arc<str>>>(entries: impl IntoIterator<Item = (N, Self)>) -> Self {
        let mut entries: Vec<_> = entries.into_iter().map(|(name, arg)| (name.into(), arg)).collect();
        entries.sort_by(|(a, _), (b, _)| a.cmp(b));
        Self::Map(entries)
    }

    /// Calls `visit` with this argument and all arguments inside it; stops and returns false below [`ARG_DEPTH_MAX`].
    pub(crate) fn walk(&self, depth: usize, visit: &mut impl FnMut(&Self)) -> bool {
        visit(self);
        match self {
            Self::List(_) | Self::Map(_) if depth >= ARG_DEPTH_MAX => false,
            Self::List(items) => items.iter().all(|item| item.walk(depth + 1, visit)),
            Self::Map(entries) => entries.iter().all(|(_, item)| item.walk(depth + 1, visit)),
            _ => true,
        }
    }
}

macro_rules! arg_from {
    ($($from:ty => $variant:ident),*) => {$(
        impl From<$from> for Arg {
            fn from(value: $from) -> Self {
                Self::$variant(value.into())
            }
        }
    )*};
}

arg_from!(bool => Boolean, i32 => Int, i64 => Int, u32 => UInt, u64 => UInt, f64 => Float, &str => Text, String => Text);
