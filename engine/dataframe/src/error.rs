//! What can go wrong between files and the rows of a query.

use std::sync::Arc;

use datafusion::error::DataFusionError;

/// Why a table cannot be had, or a query has no result.
#[non_exhaustive]
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// No file matches, or one is unreadable.
    #[error("{0}")]
    Storage(Arc<gristmill_storage::Error>),
    /// The name of a file says nothing that is known.
    #[error(
        "`{path}` is of no known format; there are csv, json (an object a line: json, jsonl, ndjson), parquet, arrow and \
         avro, and csv and json also with gz, bz2, xz or zst behind it"
    )]
    UnknownFormat {
        /// The file.
        path: String,
    },
    /// The files of one table differ in kind.
    #[error("`{path}` is of another format than the files before it; one table has one format")]
    MixedFormats {
        /// The first file that differs.
        path: String,
    },
    /// A file has other columns than those before.
    #[error("`{path}` has other columns than `{first}`: {difference}")]
    OtherColumns {
        /// The file.
        path: String,
        /// The file that said which columns there are.
        first: String,
        /// What differs.
        difference: String,
    },
    /// A file is not what its name says.
    #[error("`{path}` cannot be read as {format}: {reason}")]
    Unreadable {
        /// The file.
        path: String,
        /// The format.
        format: &'static str,
        /// Why.
        reason: String,
    },
    /// A name, number or list that makes no sense there.
    #[error("`{name}` is not possible here: {reason}")]
    Argument {
        /// The operation.
        name: &'static str,
        /// What does not fit, and what to do.
        reason: String,
    },
    /// DataFusion refuses a plan.
    #[error("{0}")]
    Plan(String),
    /// A function of a plugin cannot be used like that.
    #[error("{function}: {reason}")]
    Function {
        /// The function.
        function: String,
        /// What does not fit.
        reason: String,
    },
    /// The system gives no threads.
    #[error("no threads to look into files: {0}")]
    Threads(#[source] Arc<std::io::Error>),
}

impl From<gristmill_storage::Error> for Error {
    fn from(error: gristmill_storage::Error) -> Self {
        Self::Storage(Arc::new(error))
    }
}

impl From<DataFusionError> for Error {
    fn from(error: DataFusionError) -> Self {
        match error.find_root() {
            DataFusionError::External(own) => match own.downcast_ref::<Self>() {
                Some(own) => own.clone(),
                None => Self::Plan(own.to_string()),
            },
            root => Self::Plan(in_words(root)),
        }
    }
}

/// What DataFusion says to whoever wrote the query; it says more to those who work on it.
pub(crate) fn in_words(error: &DataFusionError) -> String {
    let said = error.strip_backtrace();
    let (before, after) =
        said.split_once("\nThis issue was likely caused by a bug in DataFusion").unwrap_or((&said, ""));
    let more = after.split_once("/issues. ").map_or("", |(_, more)| more);
    let mut words = before.to_owned();
    for kind in ["Error during planning: ", "Execution error: ", "Internal error: ", "DataFusion error: "] {
        words = words.replace(kind, "");
    }
    if more.is_empty() { words } else { format!("{words} {more}") }
}

impl From<Error> for DataFusionError {
    fn from(error: Error) -> Self {
        Self::External(Box::new(error))
    }
}
