//! A file that names sources, calls and sinks, made into lazy calls.
//!
//! ```toml
//! title = "..."                       # shown in the report
//! [plugins]                           # name = component file, relative to the pipeline file
//! stats = "stats.wasm"
//! [source.part]                       # many lazy partitions
//! read = "stats.csv"                  # plugin.format
//! glob = "data/*.csv"                 # relative to the pipeline file
//! options = { delimiter = ";" }
//! [task.sizes]                        # one call, or with `each` one call an item
//! call = "stats.size"                 # plugin.function, or a built-in kernel such as "sum"
//! each = "part"                       # or a list of names with equally many items, zipped
//! window = [1, 1]                     # with `each`: the item and its neighbours, as a list
//! count_from = 0                      # where "$index" starts
//! args = ["$part", "$index", 3.5]     # "$name" is the item of an `each` name, else all of it; "$$" is a dollar
//! retries = 2
//! may_submit = true                   # the function may start tasks itself
//! [task.total]
//! reduce = "stats.mean"               # a reduction's three steps in a tree
//! of = "part"
//! fan_in = 8                          # items that are combined at once, at least 2
//! [sink.sizes]                        # written when everything is computed
//! path = "sizes.csv"                  # .csv, .jsonl, .arrow for tables; .json for anything
//! [output]
//! show = ["total"]                    # printed; default: tasks that no other task uses
//! ```

mod build;
mod check;
mod error;
mod file;
mod order;

use std::path::{Path, PathBuf};

use gristmill_collections::Delayed;

use crate::Client;
use file::PipelineFile;

pub use error::PipelineError;

/// Largest pipeline file that is read, in bytes.
const PIPELINE_NBYTES_MAX: u64 = 4 << 20;

/// A pipeline, ready to be computed: nothing has run but the readers' plans.
#[derive(Debug)]
pub struct Pipeline {
    /// The title, or the file's name.
    pub title: String,
    /// What is printed, in the order asked for.
    pub outputs: Vec<Output>,
    /// What is written, in the file's order.
    pub sinks: Vec<Sink>,
}

/// One named result: a single value, or one value an item.
#[derive(Debug, Clone)]
pub struct Output {
    /// The name in the pipeline.
    pub name: String,
    /// One lazy value, or one for each item.
    pub values: Vec<Delayed>,
}

/// Where a named result is written.
#[derive(Debug, Clone)]
pub struct Sink {
    /// What is written.
    pub output: Output,
    /// The file; its extension is the format.
    pub path: PathBuf,
}

impl Pipeline {
    /// Reads a pipeline file and makes lazy calls of it. Relative paths are relative to the file.
    ///
    /// # Errors
    /// [`PipelineError`], which names the file, the task and the field.
    pub fn open(path: impl AsRef<Path>, client: &Client) -> Result<Self, PipelineError> {
        let path = path.as_ref();
        let file = read_file(path)?;
        build::build(path, &file, client)
    }

    /// All lazy values of outputs and sinks, in order; computing them together runs what they share once.
    #[must_use]
    pub fn wanted(&self) -> Vec<Delayed> {
        let sinks = self.sinks.iter().map(|sink| &sink.output);
        self.outputs.iter().chain(sinks).flat_map(|output| output.values.iter().cloned()).collect()
    }
}

fn read_file(path: &Path) -> Result<PipelineFile, PipelineError> {
    let unreadable = |source| PipelineError::Unreadable { path: path.to_owned(), source };
    let bytes = gristmill_storage::read_at_most(path, PIPELINE_NBYTES_MAX)
        .map_err(unreadable)?
        .ok_or_else(|| PipelineError::TooLarge { path: path.to_owned(), max: PIPELINE_NBYTES_MAX })?;
    let text = String::from_utf8(bytes).map_err(|error| PipelineError::InvalidUtf8 {
        path: path.to_owned(),
        offset: error.utf8_error().valid_up_to(),
    })?;
    toml::from_str(&text)
        .map_err(|error| PipelineError::Syntax { path: path.to_owned(), message: error.to_string() })
}

#[cfg(test)]
mod tests;
