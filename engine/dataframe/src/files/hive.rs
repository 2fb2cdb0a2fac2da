//! Columns that are in the paths of files: `site=A/date=2016-01-01/part.csv`.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, RecordBatch, RecordBatchOptions};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Schema};
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{DFSchema, Result as PlanResult, ScalarValue};
use datafusion::execution::context::ExecutionProps;
use datafusion::logical_expr::physical_planning_context::PhysicalPlanningContext;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, Volatility};
use datafusion::physical_expr::create_physical_expr;

use super::File;
use crate::Error;

/// What stands for an absent value in a path.
pub(crate) const NULL_PART: &str = "__HIVE_DEFAULT_PARTITION__";

/// Finds the columns that the paths have where the pattern leaves them open, and each file's values of them.
///
/// # Errors
/// When a path has others than the first.
pub(super) fn columns(pattern: &str, files: &mut [File]) -> Result<Vec<FieldRef>, Error> {
    let n_fixed = n_fixed_parts(pattern);
    let mut names: Option<Vec<String>> = None;
    for file in files.iter_mut() {
        let parts: Vec<&str> = file.path.split('/').collect();
        let folders = n_fixed.and_then(|n_fixed| parts.get(n_fixed..parts.len().saturating_sub(1)));
        let pairs: Vec<(String, Option<String>)> =
            folders.unwrap_or_default().iter().filter_map(|part| pair(part)).collect();
        let own: Vec<String> = pairs.iter().map(|(name, _)| name.clone()).collect();
        match &names {
            None => names = Some(own),
            Some(names) if *names == own => {}
            Some(names) => {
                let list = |names: &[String]| match names {
                    [] => "none".to_owned(),
                    names => names.join(", "),
                };
                let reason = format!(
                    "the path of `{}` has the columns {}, and those before have {}",
                    file.path,
                    list(&own),
                    list(names)
                );
                return Err(Error::Argument { name: "read", reason });
            }
        }
        file.path_values = pairs.into_iter().map(|(_, value)| value).collect();
    }
    let field = |(n, name): (usize, String)| {
        let mut values = files.iter().filter_map(|file| file.path_values.get(n)?.as_deref());
        let is_int = values.all(|value| value.parse::<i64>().is_ok_and(|int| int.to_string() == value));
        Arc::new(Field::new(name, if is_int { DataType::Int64 } else { DataType::Utf8 }, true))
    };
    Ok(names.unwrap_or_default().into_iter().enumerate().map(field).collect())
}

/// How many parts of a path, from its start, a pattern names itself; nothing where it leaves none open.
fn n_fixed_parts(pattern: &str) -> Option<usize> {
    let n_parts = |path: &std::path::Path| {
        let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let whole = whole.to_string_lossy();
        whole.trim_end_matches('/').split('/').filter(|part| *part != ".").count()
    };
    if gristmill_storage::is_remote(pattern) {
        let fixed = pattern.split('/').take_while(|part| !part.contains(['*', '?', '['])).count();
        let is_open = pattern.ends_with('/') || fixed < pattern.split('/').count();
        return is_open.then_some(fixed - usize::from(pattern.ends_with('/')));
    }
    if std::path::Path::new(pattern).is_dir() {
        return Some(n_parts(pattern.as_ref()));
    }
    let parts: Vec<&str> = pattern.split('/').collect();
    let first_open = parts.iter().position(|part| part.contains(['*', '?', '[']))?;
    Some(match parts.get(..first_open) {
        Some([""]) => 1,
        Some([]) | None => n_parts(".".as_ref()),
        Some(fixed) => n_parts(fixed.join("/").as_ref()),
    })
}

/// Name and value of a part such as `site=A`.
fn pair(part: &str) -> Option<(String, Option<String>)> {
    let (name, value) = part.split_once('=').filter(|(name, _)| !name.is_empty())?;
    Some((unescaped(name), (value != NULL_PART).then(|| unescaped(value))))
}

/// A part of a path with the characters that stand in it as `%2F`; what is no such thing stays.
fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|code| std::str::from_utf8(code).ok());
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()).filter(|_| first == b'%') {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

/// A file's values, of the columns' types.
pub(super) fn values(fields: &[FieldRef], texts: &[Option<String>]) -> PlanResult<Vec<ScalarValue>> {
    let value = |(field, text): (&FieldRef, &Option<String>)| match text {
        None => ScalarValue::try_from(field.data_type()),
        Some(text) => ScalarValue::try_from_string(text.clone(), field.data_type()),
    };
    fields.iter().zip(texts).map(value).collect()
}

/// Whether a filter asks for nothing but columns of paths.
pub(super) fn decides(fields: &[FieldRef], filter: &Expr) -> bool {
    let mut own = !fields.is_empty();
    let looked = filter.apply(|expr| {
        own &= match expr {
            Expr::Column(column) => fields.iter().any(|field| *field.name() == column.name),
            Expr::ScalarFunction(call) => call.func.signature().volatility == Volatility::Immutable,
            Expr::Literal(..)
            | Expr::BinaryExpr(_)
            | Expr::Not(_)
            | Expr::IsNull(_)
            | Expr::IsNotNull(_)
            | Expr::Between(_)
            | Expr::InList(_)
            | Expr::Like(_)
            | Expr::Cast(_)
            | Expr::TryCast(_)
            | Expr::Alias(_)
            | Expr::Negative(_)
            | Expr::Case(_) => true,
            _ => false,
        };
        Ok(if own { TreeNodeRecursion::Continue } else { TreeNodeRecursion::Stop })
    });
    looked.is_ok() && own
}

/// The files whose paths pass the filters.
pub(super) fn matching<'f>(
    fields: &[FieldRef],
    files: &'f [File],
    filters: &[&Expr],
) -> PlanResult<Vec<&'f File>> {
    let Some(filter) = conjunction(filters.iter().map(|filter| (*filter).clone())) else {
        return Ok(files.iter().collect());
    };
    let rows = files.iter().map(|file| values(fields, &file.path_values)).collect::<PlanResult<Vec<_>>>()?;
    let column = |n: usize| ScalarValue::iter_to_array(rows.iter().filter_map(|row| row.get(n).cloned()));
    let columns = (0..fields.len()).map(column).collect::<PlanResult<Vec<ArrayRef>>>()?;
    let schema = Arc::new(Schema::new(fields.to_vec()));
    let options = RecordBatchOptions::new().with_row_count(Some(files.len()));
    let batch = RecordBatch::try_new_with_options(schema.clone(), columns, &options)?;
    let schema = DFSchema::try_from(schema)?;
    let filter = bare(filter)?;
    let kept =
        create_physical_expr(&filter, &schema, &ExecutionProps::new(), &PhysicalPlanningContext::default())?;
    let kept = kept.evaluate(&batch)?.into_array(files.len())?;
    let kept = kept.as_boolean();
    let is_kept = |n: usize| kept.value(n) && !datafusion::arrow::array::Array::is_null(kept, n);
    Ok(files.iter().enumerate().filter(|(n, _)| is_kept(*n)).map(|(_, file)| file).collect())
}

/// Columns without the table that they are of.
fn bare(filter: Expr) -> PlanResult<Expr> {
    let stripped = filter.transform(|expr| {
        Ok(match expr {
            Expr::Column(mut column) if column.relation.is_some() => {
                column.relation = None;
                Transformed::yes(Expr::Column(column))
            }
            other => Transformed::no(other),
        })
    });
    Ok(stripped?.data)
}
