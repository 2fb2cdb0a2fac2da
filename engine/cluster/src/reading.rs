//! What components say of themselves, in the process that asks: what they declare, and how their readers cut files.

use std::sync::Arc;

use gristmill_client::{Error, ReadRequest};
use gristmill_collections::{Component, Declaration, Library, ReadPiece, ReadPlan};
use gristmill_sandbox::{CallContext, Kind, Plugin, ReadPartition, Signature};
use gristmill_storage::Grants;

/// What a component declares.
pub(crate) fn library(component: &Component, plugin: &Plugin) -> Library {
    let info = plugin.info();
    let declaration = |signature: &Signature| {
        let maps = matches!(signature.kind, Kind::MapBlocks | Kind::MapPartitions);
        let params = signature.params.iter();
        Declaration {
            name: signature.name.clone(),
            params: params
                .map(|param| (param.name.as_str().into(), param.ty.clone(), param.optional))
                .collect(),
            returns: signature.returns.clone(),
            is_pure: signature.traits.pure,
            keeps_rows: maps || signature.traits.elementwise || signature.traits.keeps_shape,
        }
    };
    let formats = info.formats.iter().map(|format| (format.name.clone(), format.extensions.clone()));
    Library {
        component: component.clone(),
        functions: info.functions.iter().map(declaration).collect(),
        formats: formats.collect(),
    }
}

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
