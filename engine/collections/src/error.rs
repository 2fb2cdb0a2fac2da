//! What can go wrong while a collection is built.

use std::path::PathBuf;
use std::sync::Arc;

use crate::program::shown;

/// Errors of building collections; none of them is worth a retry.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A component file could not be read.
    #[error("cannot read component `{}`: {source}; check the path and its permissions", path.display())]
    ReadComponent {
        /// The path as given.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A component file is larger than any component that is admitted.
    #[error("component `{}` is larger than {max} B, which is the most that is admitted; strip its debug information, or leave data out of it", path.display())]
    ComponentTooLarge {
        /// The path as given.
        path: PathBuf,
        /// The limit.
        max: u64,
    },
    /// No built-in kernel has this name.
    #[error("no built-in kernel is called `{name}`; there are: {known}")]
    UnknownKernel {
        /// The name as given.
        name: String,
        /// The names that exist, separated by commas.
        known: String,
    },
    /// A single call has more inputs than a task can name.
    #[error("call of `{name}` has {given} inputs, at most {max} fit; combine them in a tree of calls")]
    TooManyInputs {
        /// The function.
        name: String,
        /// Inputs given.
        given: usize,
        /// Inputs that fit.
        max: usize,
    },
    /// The graph refused the tasks.
    #[error(transparent)]
    Graph(#[from] gristmill_graph::Error),
    /// A value could not be encoded for its content key.
    #[error("cannot encode an argument of `{name}`: {source}")]
    Encode {
        /// The function.
        name: String,
        /// Why.
        source: gristmill_data::Error,
    },
    /// A reader planned to read a file that it was not given.
    #[error(
        "reader of `{component}` plans to read `{path}`, which is not among the files it was given; the plugin is faulty"
    )]
    ForeignPiece {
        /// The component.
        component: String,
        /// The file.
        path: String,
    },
    /// Chunks do not fit an array.
    #[error("an array of shape {shape:?} cannot be cut like that: {reason}")]
    Chunks {
        /// The array's shape.
        shape: Vec<u64>,
        /// What does not fit.
        reason: String,
    },
    /// A slice takes what is not there.
    #[error("this slice of an array of shape {shape:?} is not possible: {reason}")]
    Index {
        /// The array's shape.
        shape: Vec<u64>,
        /// What does not fit.
        reason: String,
    },
    /// An operation on arrays is not possible.
    #[error("`{name}` is not possible here: {reason}")]
    Array {
        /// The operation.
        name: &'static str,
        /// What does not fit.
        reason: String,
    },
    /// An operation is not defined for these elements.
    #[error("`{name}` is not possible here: {source}")]
    Kernel {
        /// The operation.
        name: &'static str,
        /// Why.
        source: gristmill_kernels::Error,
    },
    /// A dataframe cannot be computed.
    #[error(transparent)]
    Frame(Arc<dyn std::error::Error + Send + Sync>),
    /// An array on disk cannot be opened.
    #[error(transparent)]
    Storage(gristmill_storage::Error),
    /// A task takes more memory than a worker has: its inputs and its result, which are there at the same time.
    #[error(
        "a task of `{operation}` takes {} with {n_inputs} inputs and its result, and a worker has {}; {}",
        shown(*nbytes), shown(*limit_nbytes), smaller(*chunk_nbytes)
    )]
    TooLarge {
        /// The operation.
        operation: Arc<str>,
        /// What its largest task takes.
        nbytes: u64,
        /// How many inputs that task has.
        n_inputs: usize,
        /// What a worker has.
        limit_nbytes: u64,
        /// A size of chunks of which tasks are likely to fit; 0 where there is none.
        chunk_nbytes: u64,
    },
    /// A mistake made when an array was built, of which several know.
    #[error(transparent)]
    Shared(Arc<Error>),
}

impl Error {
    pub(crate) fn array(name: &'static str, reason: String) -> Self {
        Self::Array { name, reason }
    }

    pub(crate) fn kernel(name: &'static str) -> impl FnOnce(gristmill_kernels::Error) -> Self {
        move |source| Self::Kernel { name, source }
    }

    /// What is wrong with the chunks, shapes or elements of an operation.
    pub(crate) fn data(name: &'static str) -> impl Fn(gristmill_data::Error) -> Self + Copy {
        move |source| Self::array(name, source.to_string())
    }

    /// The same mistake, of the operation that was called.
    pub(crate) fn of(self, name: &'static str) -> Self {
        match self {
            Self::Array { reason, .. } => Self::Array { name, reason },
            other => other,
        }
    }
}

/// What to do about tasks that are too large.
fn smaller(chunk_nbytes: u64) -> String {
    match chunk_nbytes {
        0..1024 => "give workers more memory".to_owned(),
        nbytes => format!(
            "cut what it is made of into smaller chunks, such as `rechunk(\"{}\")`, or give workers more memory",
            shown(nbytes)
        ),
    }
}
