//! What a result is a result of.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A call: what was called, with what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallNote {
    /// The function, as people name it.
    pub name: String,
    /// What it is exactly: a component's digest and export, a kernel's name and version; of fused calls all of them.
    pub function: String,
    /// Its arguments in words, as far as they are no results of others.
    pub arguments: Vec<String>,
    /// The keys of the results that it was given.
    pub inputs: Vec<String>,
}

/// A note of a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultNote {
    /// What it is a result of.
    pub call: CallNote,
    /// The calls that its inputs are results of, and so on, by their keys, as far as they are known.
    pub before: BTreeMap<String, CallNote>,
    /// Bytes in memory.
    pub nbytes: u64,
    /// Bytes of the value's file, and their checksum.
    pub file_nbytes: u64,
    /// Of the file's bytes.
    pub checksum: u32,
    /// How long the call took, in nanoseconds.
    pub duration_ns: u64,
    /// When it was made, in seconds since 1970.
    pub made_s: u64,
}
