//! What can be wrong with a pipeline file.

use std::path::PathBuf;

/// Why a pipeline file was refused; nothing has run.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum PipelineError {
    /// The file is missing or unreadable.
    #[error("cannot read pipeline `{}`: {source}; check the path and its permissions", path.display())]
    Unreadable {
        /// The path as given.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The file is larger than any pipeline should be.
    #[error("pipeline `{}` is larger than {max} B, and no more is read; is it a pipeline file?", path.display())]
    TooLarge {
        /// The path as given.
        path: PathBuf,
        /// The limit.
        max: u64,
    },
    /// The file is not text.
    #[error("pipeline `{}` is not UTF-8: bad byte at offset {offset}", path.display())]
    InvalidUtf8 {
        /// The path as given.
        path: PathBuf,
        /// Where the first bad byte is.
        offset: usize,
    },
    /// The file is not TOML, or has a field that no pipeline has.
    #[error("pipeline `{}` cannot be understood:\n{message}", path.display())]
    Syntax {
        /// The path as given.
        path: PathBuf,
        /// Where and why, as the parser says it.
        message: String,
    },
    /// An entry of the file makes no sense.
    #[error("pipeline `{}`, [{entry}]: {message}", path.display())]
    Entry {
        /// The path as given.
        path: PathBuf,
        /// The entry: `task.rolled`.
        entry: String,
        /// What is wrong, and what to do.
        message: String,
    },
    /// Tasks of the file need one another in a circle.
    #[error("pipeline `{}` has a cycle: {}; a task cannot need its own result", path.display(), cycle.join(" -> "))]
    Cycle {
        /// The path as given.
        path: PathBuf,
        /// The names, the first one again at the end.
        cycle: Vec<String>,
    },
    /// The cluster refused a source's plan.
    #[error("pipeline `{}`, [{entry}]: {source}", path.display())]
    Refused {
        /// The path as given.
        path: PathBuf,
        /// The entry: `source.month`.
        entry: String,
        /// Why.
        source: crate::Error,
    },
}
