//! How an array is read, beyond which one.

use std::path::PathBuf;
use std::time::Duration;

/// How long a server may be silent, if nothing else is said.
const TIMEOUT: Duration = Duration::from_secs(60);

/// How arrays are opened and read, beyond where they are.
#[non_exhaustive]
#[derive(Debug, Clone)]
pub struct ReadOptions {
    pub(super) granted: Vec<PathBuf>,
    pub(super) timeout: Duration,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self { granted: Vec::new(), timeout: TIMEOUT }
    }
}

impl ReadOptions {
    /// Lets a list of references name files at or below this folder or address, besides those in its own folder. May be
    /// called several times.
    ///
    /// A list is read with the rights of whoever opens it, wherever it comes from; without this it could make an array
    /// of any file that they may read.
    #[must_use]
    pub fn grant(mut self, prefix: impl Into<PathBuf>) -> Self {
        self.granted.push(prefix.into());
        self
    }

    /// How long a server may take until it answers, and then between two pieces of what it sends; 60 s if nothing is
    /// said.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }
}
