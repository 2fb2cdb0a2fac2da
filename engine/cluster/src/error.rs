//! What can go wrong while a cluster starts.

/// Why a cluster did not start. None of it is worth a retry without a change.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A setting makes no sense.
    #[error("setting `{setting}` = {given} makes no sense: {why}")]
    Setting {
        /// The setting's name.
        setting: &'static str,
        /// The value given.
        given: String,
        /// What it must be.
        why: &'static str,
    },
    /// The sandbox could not be set up.
    #[error("the sandbox cannot start: {0}")]
    Sandbox(#[from] gristmill_sandbox::Error),
    /// The spill folder cannot be used.
    #[error("the spill folder cannot be used: {0}; point the setting `spill_dir` at a writable folder")]
    Spill(#[from] gristmill_storage::Error),
    /// A folder that tasks may use is not there.
    #[error("tasks cannot use a folder: {0}")]
    Files(gristmill_storage::Error),
    /// The folder of kept results cannot be used.
    #[error("results cannot be kept: {0}")]
    Results(gristmill_storage::Error),
    /// A process cannot listen there.
    #[error("cannot listen on {address}: {why}")]
    Listen {
        /// Where, as `host:port`.
        address: String,
        /// Why.
        why: String,
    },
    /// Another process of the cluster cannot be reached, or refuses.
    #[error("{0}")]
    Network(#[from] gristmill_wire::Error),
    /// It is about to end.
    #[error("the cluster is about to end")]
    Ended,
    /// The system gave no more threads.
    #[error("cannot start thread {number}: {source}; ask for fewer threads")]
    Thread {
        /// Which thread.
        number: usize,
        /// What the operating system said.
        source: std::io::Error,
    },
}
