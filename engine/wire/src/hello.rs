//! What a stream begins with: who calls, and which release it is.

use std::hash::{BuildHasher, Hasher, RandomState};

use gristmill_scheduling::WorkerInfo;
use serde::{Deserialize, Serialize};

use crate::Tenant;

/// Raised when messages change: processes of one cluster must agree on it.
pub const PROTOCOL: u32 = 3;

/// The first message of a caller, as JSON: every release can read it, to refuse others in words.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Hello {
    /// The caller's [`PROTOCOL`].
    pub protocol: u32,
    /// The caller's release, for people.
    pub engine: String,
    /// Who calls. Left unread where the protocol differs.
    pub role: serde_json::Value,
}

/// Names one run of a scheduler: what another one has named means nothing to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Epoch(pub u64);

impl Epoch {
    /// A new one, by chance.
    #[must_use]
    pub fn draw() -> Self {
        Self(RandomState::new().build_hasher().finish())
    }
}

/// Who calls.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// A worker that wants tasks.
    Worker {
        /// What it offers.
        info: WorkerInfo,
        /// Where its results can be had, as `host:port`.
        address: String,
        /// If it has lost its scheduler and brings results along: how many workers there were, itself among them.
        returns: Option<u32>,
    },
    /// A client that wants results.
    Client {
        /// For people.
        name: String,
        /// Whether it has lost its scheduler, and submits again what it has not had yet.
        returns: bool,
        /// For whom a worker calls whose tasks start tasks.
        tenant: Option<Tenant>,
    },
}

impl Hello {
    /// The hello of this release.
    pub(crate) fn new(role: &Role) -> Self {
        let role = serde_json::to_value(role).unwrap_or_default();
        Self { protocol: PROTOCOL, engine: env!("CARGO_PKG_VERSION").to_owned(), role }
    }

    /// Who calls, if it speaks as this release does.
    pub(crate) fn role(self) -> Result<Role, String> {
        let Self { protocol, engine, role } = self;
        if protocol != PROTOCOL {
            return Err(format!(
                "this scheduler is gristmill {} (protocol {PROTOCOL}), and the caller is gristmill {engine} (protocol \
                 {protocol}): use the same release in all processes of a cluster",
                env!("CARGO_PKG_VERSION"),
            ));
        }
        serde_json::from_value(role).map_err(|error| format!("the hello makes no sense: {error}"))
    }
}
