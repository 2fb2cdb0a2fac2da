//! File formats: a plan of the pieces first, then one piece at a time.

use gristmill_data::{TaskError, TaskErrorKind, Type, Value};

use crate::bindings::exports::gristmill::plugin::reader as wit;
use crate::context::CallContext;
use crate::convert::{Budget, lift};
use crate::plugin::Plugin;
use crate::signature::read_type;
use crate::trap::from_guest;

/// Pieces of one plan.
const PARTITIONS_MAX: usize = 1_000_000;
/// Bytes of the reader's own words on one piece.
const TOKEN_NBYTES_MAX: usize = 64 << 10;

/// How files will be read.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq)]
pub struct ReadPlan {
    /// The type of every piece.
    pub ty: Type,
    /// The pieces, in order.
    pub partitions: Vec<ReadPartition>,
}

/// One piece of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadPartition {
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

impl Plugin {
    /// Cuts files into pieces of about `target_nbytes`. The files must be among the context's grants.
    ///
    /// # Errors
    /// The reader's own error, a trap, a limit, or what is wrong with the plan.
    pub fn plan_read<P: AsRef<str>>(
        &self,
        format: &str,
        paths: &[P],
        options: &[(String, String)],
        target_nbytes: u64,
        ctx: &CallContext,
    ) -> Result<ReadPlan, TaskError> {
        let paths: Vec<&str> = paths.iter().map(AsRef::as_ref).collect();
        let options = borrowed(options);
        let planned = self.with_reader(format, ctx, |reader, store| {
            reader.call_plan_read(store, format, &paths, &options, target_nbytes)
        });
        let read = planned.and_then(|plan| read_plan(plan, &paths));
        read.map_err(|error| self.named(error, &format!("read {format}"), ctx))
    }

    /// Reads one piece of a plan, or some columns of it.
    ///
    /// # Errors
    /// The reader's own error, a trap, a limit, or what is wrong with the piece.
    pub fn read_partition(
        &self,
        format: &str,
        partition: &ReadPartition,
        columns: Option<&[String]>,
        options: &[(String, String)],
        ctx: &CallContext,
    ) -> Result<Value, TaskError> {
        let columns: Option<Vec<&str>> = columns.map(|names| names.iter().map(String::as_str).collect());
        let options = borrowed(options);
        let read = self.with_reader(format, ctx, |reader, store| {
            let partition = wit::PartitionParam {
                path: &partition.path,
                offset: partition.offset,
                length: partition.length,
                rows: partition.rows,
                token: &partition.token,
            };
            reader.call_read_partition(store, format, partition, columns.as_deref(), &options)
        });
        let value = read.and_then(|nodes| lift(nodes, &mut Budget::of(&ctx.limits)));
        value.map_err(|error| self.named(error, &format!("read {format}"), ctx))
    }

    fn with_reader<R>(
        &self,
        format: &str,
        ctx: &CallContext,
        call: impl FnOnce(
            &wit::Guest,
            &mut wasmtime::Store<crate::state::State>,
        )
            -> wasmtime::Result<Result<R, crate::bindings::gristmill::plugin::types::TaskError>>,
    ) -> Result<R, TaskError> {
        if !self.info().formats.iter().any(|known| known.name == format) {
            let message = format!("the plugin has no format of this name; {}", self.formats_hint(format));
            return Err(TaskError::new(TaskErrorKind::NoSuchFunction, message));
        }
        self.enter(true, true, ctx, |sandbox, blueprint| {
            let Some(reader) = sandbox.reader(blueprint)? else {
                let message = "the plugin declares the format and does not export `reader`; it implements world `task` only";
                return Ok(Err(TaskError::new(TaskErrorKind::Unsupported, message)));
            };
            let answer = call(&reader, &mut sandbox.store)?;
            Ok(answer.map_err(|error| from_guest(error, sandbox.store.data_mut())))
        })
    }
}

fn borrowed(options: &[(String, String)]) -> Vec<(&str, &str)> {
    options.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

fn read_plan(told: wit::ReadPlan, paths: &[&str]) -> Result<ReadPlan, TaskError> {
    let bad =
        |reason| TaskError::new(TaskErrorKind::BadResult, format!("the plan to read is wrong: {reason}"));
    if told.partitions.len() > PARTITIONS_MAX {
        return Err(bad(format!("{} pieces; at most {PARTITIONS_MAX} are possible", told.partitions.len())));
    }
    let ty = read_type(&told.ty).map_err(bad)?;
    let mut partitions = Vec::with_capacity(told.partitions.len());
    for piece in told.partitions {
        if !paths.contains(&piece.path.as_str()) {
            return Err(bad(format!(
                "it names `{}`, which it was not asked for",
                crate::text::clean(&piece.path, 200)
            )));
        }
        if piece.token.len() > TOKEN_NBYTES_MAX {
            return Err(bad(format!(
                "a token of {} bytes; {TOKEN_NBYTES_MAX} are possible",
                piece.token.len()
            )));
        }
        partitions.push(ReadPartition {
            path: piece.path,
            offset: piece.offset,
            length: piece.length,
            rows: piece.rows,
            token: piece.token,
        });
    }
    Ok(ReadPlan { ty, partitions })
}
