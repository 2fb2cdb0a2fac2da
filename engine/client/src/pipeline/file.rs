//! The pipeline file's own shape, before names are resolved.

use serde::Deserialize;
use toml::Table;

/// The whole file. Tables keep the order in which they are written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PipelineFile {
    pub(super) title: Option<String>,
    #[serde(default)]
    pub(super) plugins: Table,
    #[serde(default)]
    pub(super) source: Named<SourceEntry>,
    #[serde(default)]
    pub(super) task: Named<TaskEntry>,
    #[serde(default)]
    pub(super) sink: Named<SinkEntry>,
    #[serde(default)]
    pub(super) output: OutputEntry,
}

/// Entries by name, sorted by it.
pub(super) type Named<T> = std::collections::BTreeMap<String, T>;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SourceEntry {
    pub(super) read: String,
    pub(super) glob: String,
    #[serde(default)]
    pub(super) options: std::collections::BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TaskEntry {
    pub(super) call: Option<String>,
    pub(super) each: Option<OneOrMany>,
    pub(super) window: Option<[usize; 2]>,
    pub(super) count_from: Option<i64>,
    pub(super) args: Option<Vec<toml::Value>>,
    pub(super) reduce: Option<String>,
    pub(super) of: Option<String>,
    pub(super) fan_in: Option<usize>,
    #[serde(default)]
    pub(super) retries: u32,
    #[serde(default)]
    pub(super) may_submit: bool,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    pub(super) fn names(&self) -> &[String] {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::Many(names) => names,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SinkEntry {
    pub(super) path: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OutputEntry {
    pub(super) show: Option<Vec<String>>,
}
