//! What keeps tenants apart: each has keys of its own for the same work, and passes for its own results alone.
//!
//! A key is a hash of what is computed, which others can guess. So scheduler and workers know it by another name that
//! only they can tell from it: the key, changed by a mask that is the tenant's and follows from the cluster's secret.
//! Equal work of two tenants is two tasks, and a key that a client names is always one of its tenant's. Workers give
//! results away to whoever has a pass for them, which only schedulers and workers can make.

use std::fmt;
use std::str::FromStr;

use gristmill_graph::Key;
use serde::{Deserialize, Serialize};

use crate::ResultName;

/// What masks and passes are derived from, in the words that BLAKE3 asks for: who uses it, when it was made, what for.
const MASKS: &str = "gristmill 2026-11-28 masks of tenants' keys";
const NUMBERS: &str = "gristmill 2026-11-28 numbers of tenants";
const PASSES: &str = "gristmill 2026-11-28 passes for tenants' results";

/// The walls between the tenants of a cluster; none where nobody asks who calls.
#[derive(Clone, Copy, Default, Serialize, Deserialize)]
pub struct Walls(Option<[u8; 32]>);

impl fmt::Debug for Walls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Walls" } else { "Walls(none)" })
    }
}

/// One tenant, as scheduler and workers see it.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Tenant {
    mask: [u8; 32],
    number: u32,
    passes: Option<[u8; 32]>,
}

impl fmt::Debug for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tenant({})", self.number)
    }
}

/// What a worker asks for before it gives a result away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pass(u128);

impl Walls {
    /// Those that follow from a secret of the cluster.
    pub(crate) fn from_secret(secret: [u8; 32]) -> Self {
        Self(Some(secret))
    }

    /// The tenant of this name; the only one there is where there are no walls.
    #[must_use]
    pub fn tenant(&self, name: &str) -> Tenant {
        let Some(secret) = self.0 else { return Tenant::default() };
        let derive = |context: &str| {
            let mut hasher = blake3::Hasher::new_derive_key(context);
            hasher.update(&secret).update(name.as_bytes());
            *hasher.finalize().as_bytes()
        };
        let [a, b, c, d, ..] = derive(NUMBERS);
        Tenant { mask: derive(MASKS), number: u32::from_le_bytes([a, b, c, d]), passes: Some(derive(PASSES)) }
    }
}

impl Tenant {
    /// The key that scheduler and workers have for a client's, and the other way round.
    #[must_use]
    pub fn key(&self, key: Key) -> Key {
        let mut masked = key.0;
        masked.iter_mut().zip(self.mask).for_each(|(byte, mask)| *byte ^= mask);
        Key(masked)
    }

    /// Its number, the same at all times.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// The pass for a result of this tenant.
    #[must_use]
    pub fn pass(&self, name: &ResultName) -> Pass {
        let Some(key) = &self.passes else { return Pass::default() };
        let mut hasher = blake3::Hasher::new_keyed(key);
        hasher.update(name.to_string().as_bytes());
        let mut bytes = [0; 16];
        hasher.finalize_xof().fill(&mut bytes);
        Pass(u128::from_le_bytes(bytes))
    }
}

impl fmt::Display for Pass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}", self.0)
    }
}

impl FromStr for Pass {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        u128::from_str_radix(text, 16).map(Self)
    }
}
