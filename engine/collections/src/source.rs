//! Lazy partitions of files, read by a component.

use std::sync::Arc;

use gristmill_data::{Type, Value};
use gristmill_storage::Source;

use crate::{Argument, Component, Delayed, Error, delayed};

/// How a component's reader will read files.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadPlan {
    /// The type of every piece; what takes one is checked against it before anything is read.
    pub ty: Type,
    /// The pieces, in order.
    pub pieces: Vec<ReadPiece>,
}

/// One piece of a file, as a component's reader planned it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadPiece {
    /// The file.
    pub path: String,
    /// Where the piece starts, in bytes.
    pub offset: u64,
    /// How long it is, in bytes of file.
    pub length: u64,
    /// How many rows it has, if the reader knows.
    pub rows: Option<u64>,
    /// The reader's own: whatever it needs to find the piece again.
    pub token: Vec<u8>,
}

impl ReadPiece {
    /// The piece as the leading arguments of a read task, which [`ReadPiece::from_values`] understands.
    fn to_arguments(&self) -> Vec<Argument> {
        crate::args![
            self.path.as_str(),
            self.offset,
            self.length,
            self.rows.map_or(Value::Null, Value::UInt),
            Value::from(self.token.clone())
        ]
    }

    /// The piece that a read task's arguments name; `None` if they are not a piece.
    #[must_use]
    pub fn from_values(values: &[Value]) -> Option<Self> {
        let [Value::Text(path), Value::UInt(offset), Value::UInt(length), rows, Value::Bytes(token), ..] =
            values
        else {
            return None;
        };
        let rows = match rows {
            Value::UInt(rows) => Some(*rows),
            _ => None,
        };
        Some(Self {
            path: path.to_string(),
            offset: *offset,
            length: *length,
            rows,
            token: token.as_slice().to_vec(),
        })
    }
}

/// One lazy partition for each planned piece.
///
/// A partition's key holds the file's identity (path, size, time of last change), so a changed file gets new keys.
///
/// # Errors
/// [`Error::ForeignPiece`] when the plan names a file that is not among `sources`.
pub fn read(
    component: &Component,
    format: &str,
    sources: &[Source],
    plan: &ReadPlan,
    options: &[(String, String)],
) -> Result<Vec<Delayed>, Error> {
    let reader = component.reader(format);
    let options: Vec<_> =
        options.iter().map(|(name, value)| (name.as_str().into(), value.as_str().into())).collect();
    let ty: Arc<str> = plan.ty.to_string().into();
    plan.pieces
        .iter()
        .map(|piece| {
            let source = sources.iter().find(|source| source.path() == piece.path).ok_or_else(|| {
                Error::ForeignPiece { component: component.name().to_string(), path: piece.path.clone() }
            })?;
            let mut args = piece.to_arguments();
            args.push(Argument::Map(options.clone()));
            args.push(Value::from(source.identity()).into());
            Ok(delayed(&reader, args).returns(ty.clone()))
        })
        .collect()
}
