//! What a client can be told.

use std::sync::Arc;

use gristmill_data::TaskError;

/// Why a request was refused, or a task has no result.
#[non_exhaustive]
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// A component was refused when it was loaded. The source is the sandbox's own typed error.
    #[error("component `{name}` is refused: {source}")]
    Component {
        /// The component, as people name it.
        name: Arc<str>,
        /// Why.
        source: Arc<dyn std::error::Error + Send + Sync>,
    },
    /// A call does not fit the function's declared parameters; nothing of the program was run.
    #[error("call of `{function}` is refused before anything runs:\n{diff}")]
    Call {
        /// The function, as people name it.
        function: Arc<str>,
        /// What was expected and what was given, a line each.
        diff: String,
    },
    /// The graph is refused.
    #[error("{0}")]
    Graph(Arc<gristmill_graph::Error>),
    /// The collections could not be made into a graph.
    #[error("{0}")]
    Collection(Arc<gristmill_collections::Error>),
    /// A task failed.
    #[error("{0}")]
    Task(TaskError),
    /// A native closure reached a cluster that is not in this process.
    #[error("native closure `{name}` is not shippable: it runs in a local cluster only; make it a component")]
    NotShippable {
        /// The closure's name.
        name: Arc<str>,
    },
    /// A file is missing or unreadable, or a pattern names none.
    #[error("{0}")]
    Storage(Arc<gristmill_storage::Error>),
    /// The scheduler does not take the graph: it has too many tasks, for instance. The source is its own typed error.
    #[error("the scheduler refuses the graph: {0}")]
    Refused(Arc<dyn std::error::Error + Send + Sync>),
    /// A cluster of other processes refuses the program: a component, a type, or the graph, in its words.
    #[error("{0}")]
    Rejected(String),
    /// A value cannot be put on a cluster, as it cannot be encoded; none of those it came with was.
    #[error("value {position} cannot be scattered: {source}")]
    Value {
        /// Where it stands among the values given, from 0.
        position: usize,
        /// What is wrong with it.
        source: Arc<gristmill_data::Error>,
    },
    /// The cluster cannot take the request: it is shut down, or did not answer.
    #[error("the cluster cannot take this: {0}")]
    Unavailable(String),
}

impl From<TaskError> for Error {
    fn from(error: TaskError) -> Self {
        Self::Task(error)
    }
}

impl From<gristmill_graph::Error> for Error {
    fn from(error: gristmill_graph::Error) -> Self {
        Self::Graph(Arc::new(error))
    }
}

impl From<gristmill_storage::Error> for Error {
    fn from(error: gristmill_storage::Error) -> Self {
        Self::Storage(Arc::new(error))
    }
}

impl From<gristmill_collections::Error> for Error {
    fn from(error: gristmill_collections::Error) -> Self {
        Self::Collection(Arc::new(error))
    }
}
