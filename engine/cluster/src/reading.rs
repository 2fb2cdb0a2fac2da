//! How files are read: planned in the process that asks, by the component's own reader.

use std::sync::Arc;

use gristmill_client::{Error, ReadRequest};
use gristmill_collections::{ReadPiece, ReadPlan};
use gristmill_sandbox::{CallContext, Plugin, ReadPartition};
use gristmill_storage::Grants;

/// How a component's reader cuts files into partitions; it may read these files and no others.
pub(crate) fn plan_read(
    plugin: &Plugin,
    ctx: CallContext,
    request: ReadRequest<'_>,
) -> Result<ReadPlan, Error> {
    let grants = Grants::files(request.paths.iter().map(String::as_str))?;
    let ctx = ctx.grants(Arc::new(grants));
    let plan = plugin
        .plan_read(request.format, request.paths, request.options, request.target_nbytes, &ctx)
        .map_err(|error| {
            let function: Arc<str> = format!("{}.{}", request.component.name(), request.format).into();
            Error::Task(error.of(function, ""))
        })?;
    let piece =
        |ReadPartition { path, offset, length, rows, token }| ReadPiece { path, offset, length, rows, token };
    Ok(ReadPlan { ty: plan.ty, pieces: plan.partitions.into_iter().map(piece).collect() })
}
