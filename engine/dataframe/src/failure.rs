//! Why a query failed, for whoever asked for it.

use std::error::Error as StdError;

use datafusion::arrow::error::ArrowError;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::datasource::source_as_provider;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::LogicalPlan;
use gristmill_data::{TaskError, TaskErrorKind};

use crate::Error;
use crate::error::in_words;
use crate::files::Files;

/// The error of a query's task. What is wrong in a file is looked for once more, to say where it is.
pub(crate) fn of(
    error: &DataFusionError,
    plan: Option<&LogicalPlan>,
    may_go_on: &dyn Fn() -> bool,
) -> TaskError {
    if let Some(own) = find::<TaskError>(error) {
        return own.clone();
    }
    let root = error.find_root();
    if is_of_data(root)
        && let Some(told) = plan.and_then(|plan| in_files(plan, may_go_on))
    {
        return TaskError::new(TaskErrorKind::DataCorrupt, told);
    }
    let text = in_words(root);
    match root {
        DataFusionError::ResourcesExhausted(_) => TaskError::new(
            TaskErrorKind::MemoryLimit,
            format!("the query takes more memory than it may, and this part of it cannot go to disk: {text}"),
        ),
        DataFusionError::SQL(..) | DataFusionError::Plan(_) | DataFusionError::SchemaError(..) => {
            TaskError::new(TaskErrorKind::InvalidArgument, text)
        }
        DataFusionError::NotImplemented(_) => TaskError::new(TaskErrorKind::Unsupported, text),
        DataFusionError::IoError(_) | DataFusionError::ObjectStore(_) => {
            TaskError::new(TaskErrorKind::Io, text)
        }
        _ if is_of_data(root) => TaskError::new(TaskErrorKind::DataCorrupt, text),
        _ => match find::<Error>(error) {
            Some(own) => TaskError::new(TaskErrorKind::InvalidArgument, own.to_string()),
            None => TaskError::new(TaskErrorKind::Failed, text),
        },
    }
}

/// Something of ours among the causes.
fn find<T: StdError + 'static>(error: &DataFusionError) -> Option<&T> {
    let mut next: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(error) = next {
        if let Some(own) = error.downcast_ref::<T>() {
            return Some(own);
        }
        next = match error.downcast_ref::<DataFusionError>() {
            Some(DataFusionError::External(inner)) => Some(&**inner),
            Some(DataFusionError::ArrowError(inner, _)) => match &**inner {
                ArrowError::ExternalError(inner) => Some(&**inner),
                other => Some(other),
            },
            Some(DataFusionError::Shared(inner)) => Some(&**inner),
            _ => error.source(),
        };
    }
    None
}

/// Whether it may be the content of a file that is wrong.
fn is_of_data(error: &DataFusionError) -> bool {
    match error {
        DataFusionError::ArrowError(error, _) => matches!(
            **error,
            ArrowError::ParseError(_)
                | ArrowError::CastError(_)
                | ArrowError::CsvError(_)
                | ArrowError::JsonError(_)
                | ArrowError::AvroError(_)
                | ArrowError::ParquetError(_)
                | ArrowError::IpcError(_)
                | ArrowError::ExternalError(_)
        ),
        DataFusionError::ParquetError(_) => true,
        _ => false,
    }
}

/// What is wrong with the first file of a plan with which anything is.
fn in_files(plan: &LogicalPlan, may_go_on: &dyn Fn() -> bool) -> Option<String> {
    let mut told = None;
    let looked = plan.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node
            && let Ok(table) = source_as_provider(&scan.source)
            && let Some(files) = table.downcast_ref::<Files>()
        {
            told = files.fault(may_go_on);
        }
        Ok(if told.is_some() { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    });
    looked.ok().and(told)
}
