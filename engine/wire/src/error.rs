//! What can go wrong between processes.

/// An error between two processes.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Nobody answers there.
    #[error(
        "nobody answers at {address}: {reason}; is the process running, can it be reached from here, and is the token one of its \
             cluster?"
    )]
    Unreachable {
        /// Where, as `host:port`.
        address: String,
        /// Why, in the network's words.
        reason: String,
    },
    /// The other side has refused.
    #[error("{address} refuses: {reason}")]
    Refused {
        /// Where, as `host:port`.
        address: String,
        /// Why, in its words.
        reason: String,
    },
    /// The other side has no such thing.
    #[error("{address} has no {what}")]
    NotFound {
        /// Where, as `host:port`.
        address: String,
        /// What was asked for.
        what: String,
    },
    /// What came makes no sense.
    #[error("what {address} sends makes no sense: {reason}")]
    Malformed {
        /// From where, as `host:port`.
        address: String,
        /// Why.
        reason: String,
    },
    /// An address that is none.
    #[error("`{given}` is no address: {reason}; give host:port, such as 127.0.0.1:7070")]
    Address {
        /// What was given.
        given: String,
        /// Why.
        reason: String,
    },
    /// A token, or the authority that issues them, cannot be had.
    #[error("the token `{}` cannot be used: {reason}", path.display())]
    Token {
        /// The file or folder.
        path: std::path::PathBuf,
        /// Why.
        reason: String,
    },
    /// A token is not good any more.
    #[error(
        "the token was good until {until}, and has expired; issue another with `gristmill cluster token`"
    )]
    Expired {
        /// Until when it was.
        until: String,
    },
    /// The process cannot have what it takes to use the network.
    #[error("cannot use the network: {0}")]
    Network(String),
}

impl Error {
    /// What a call's end says.
    pub(crate) fn of(status: &tonic::Status, address: &str) -> Self {
        use tonic::Code::{
            FailedPrecondition, Internal, InvalidArgument, NotFound, PermissionDenied, ResourceExhausted,
        };
        let (address, mut reason) = (address.to_owned(), status.message().to_owned());
        let mut source = std::error::Error::source(status);
        while let Some(error) = source {
            reason = format!("{reason}: {error}");
            source = error.source();
        }
        match status.code() {
            FailedPrecondition | Internal | InvalidArgument | PermissionDenied | ResourceExhausted => {
                Self::Refused { address, reason }
            }
            NotFound => Self::NotFound { address, what: reason },
            code => Self::Unreachable { address, reason: format!("{code}: {reason}") },
        }
    }
}
