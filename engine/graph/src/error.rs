//! What can be wrong with a graph: one variant a cause, each naming the culprit and what to do.
//!
//! None of these is worth a retry: the same graph fails the same way.

use crate::{LayerId, TaskRef};

/// Why a graph was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Tasks, inputs, steps or layers outgrow a named limit.
    #[error("too many {what}: {n}, the limit is {limit}; use larger chunks or split the graph")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How many there are.
        n: u64,
        /// How many there may be.
        limit: u64,
    },
    /// Nested literals or nested calls are deeper than a named limit.
    #[error("{at} is nested more than {limit} levels deep; give the inner part a key of its own")]
    TooDeep {
        /// The layer, key or document.
        at: String,
        /// How deep nesting may be.
        limit: usize,
    },
    /// No device is called so.
    #[error("there is no device `{given}`: kernels run on `auto`, `cpu` or `gpu`")]
    NoSuchDevice {
        /// What was given.
        given: String,
    },
    /// A layer reads a layer that is not in the graph before it.
    #[error(
        "layer {layer:?} reads layer {input}, but only the {n_layers} layers before it can be read; push inputs first"
    )]
    UnknownLayer {
        /// The name of the layer that was refused.
        layer: String,
        /// The input that does not exist.
        input: LayerId,
        /// How many layers the graph has so far.
        n_layers: usize,
    },
    /// A task that was asked for or is used as an input does not exist.
    #[error("task {task} does not exist: {reason}")]
    MissingTask {
        /// The task.
        task: TaskRef,
        /// Who wanted it, and what there is instead.
        reason: String,
    },
    /// A layer's wiring contradicts itself, or the layers that it reads.
    #[error("layer {layer:?}: {reason}")]
    Wiring {
        /// The name of the layer that was refused.
        layer: String,
        /// What does not fit.
        reason: String,
    },
    /// A layer's arguments or per-task literals do not fit its tasks.
    #[error("layer {layer:?}: {reason}")]
    Arguments {
        /// The name of the layer that was refused.
        layer: String,
        /// What does not fit.
        reason: String,
    },
    /// Rows that came from outside are not in order.
    #[error(
        "row ends of a table with {n_rows} rows do not fit its {n_values} values; the graph was damaged on its way"
    )]
    Rows {
        /// How many rows there are.
        n_rows: usize,
        /// How many values they should cover.
        n_values: usize,
    },
    /// A text is not a key or a digest.
    #[error("{text:?} is not a {what}: expected 64 hexadecimal digits")]
    Hex {
        /// `key` or `digest`.
        what: &'static str,
        /// What was given, shortened.
        text: String,
    },
    /// A graph document is not UTF-8.
    #[error("the graph is not UTF-8 text: byte {offset} is invalid; save the file as UTF-8")]
    Utf8 {
        /// The position of the first invalid byte.
        offset: usize,
    },
    /// A graph document is not JSON or TOML, or holds something that a graph cannot hold.
    #[error("the graph cannot be read as {format}: {reason}")]
    Syntax {
        /// `JSON` or `TOML`.
        format: &'static str,
        /// What is wrong and where.
        reason: String,
    },
    /// A key is defined twice, in different ways.
    #[error("key {key:?} is defined twice with different definitions; rename one of them")]
    DuplicateKey {
        /// The key.
        key: String,
    },
    /// A key that was asked for or is used as an input is not in the graph.
    #[error("key {key:?} is not in the graph, but {by} needs it; known keys: {known}")]
    MissingKey {
        /// The key.
        key: String,
        /// Who needs it.
        by: String,
        /// Some of the keys that exist.
        known: String,
    },
    /// A task names a function that nobody provides.
    #[error(
        "key {key:?} calls {function:?}, which is neither a known function nor a key; \
         if a list of texts is meant, write {{\"literal\": [...]}}"
    )]
    UnknownFunction {
        /// The key whose task it is.
        key: String,
        /// The name that is not known.
        function: String,
    },
    /// Tasks wait for each other in a circle.
    #[error("the graph has a cycle: {}; break it at one of these keys", .path.join(" -> "))]
    Cycle {
        /// The keys along the circle; the first is also the last.
        path: Vec<String>,
    },
}
