//! Plans that DataFusion's optimiser would get wrong, written so that it does not.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column, Result as PlanResult};
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder, Projection};
use datafusion::prelude::Expr;

/// Keeps projections apart that compute the same of a column which they replace, as `a + 1 AS a` twice.
///
/// Where two such follow each other, also after others between them are gone, `optimize_projections` of DataFusion 55.2 takes
/// them for one, since their expressions are equal. Between an alias of a table and what is below it it does not look.
///
/// # Errors
/// DataFusion's, which knows no reason for one.
pub(crate) fn guarded(plan: LogicalPlan) -> PlanResult<LogicalPlan> {
    let mut n_aliases = 0;
    let guarded = plan.transform_up_with_subqueries(|node| match node {
        LogicalPlan::Projection(projection)
            if projection.expr.iter().any(|expr| is_repeated(expr, &projection.input)) =>
        {
            n_aliases += 1;
            apart(projection, &format!("__{n_aliases}")).map(Transformed::yes)
        }
        other => Ok(Transformed::no(other)),
    });
    Ok(guarded?.data)
}

/// Whether an expression computes a column anew, and one below did the same.
fn is_repeated(expr: &Expr, input: &Arc<LogicalPlan>) -> bool {
    let Expr::Alias(alias) = expr else { return false };
    if matches!(*alias.expr, Expr::Column(_))
        || !alias.expr.column_refs().iter().any(|column| column.name == alias.name)
    {
        return false;
    }
    let mut below: &LogicalPlan = input;
    loop {
        match below {
            LogicalPlan::Projection(projection) if projection.expr.contains(expr) => return true,
            LogicalPlan::SubqueryAlias(_) => return false,
            _ => {}
        }
        match below.inputs().as_slice() {
            [only] => below = only,
            _ => return false,
        }
    }
}

/// The projection with an alias below it.
fn apart(projection: Projection, name: &str) -> PlanResult<LogicalPlan> {
    let (before, input) = (projection.input.schema().clone(), Arc::unwrap_or_clone(projection.input));
    let input = LogicalPlanBuilder::from(input).alias(name)?.build()?;
    let after = input.schema().clone();
    let moved = |column: &Column| {
        let at = before.index_of_column(column)?;
        Ok(Expr::Column(Column::from(after.qualified_field(at))))
    };
    let expr = projection.expr.into_iter().map(|expr| match expr {
        // It is called as it was.
        Expr::Column(column) => Ok(moved(&column)?.alias_qualified(column.relation.clone(), column.name)),
        other => {
            let moved = other.transform(|expr| match expr {
                Expr::Column(column) => moved(&column).map(Transformed::yes),
                other => Ok(Transformed::no(other)),
            });
            Ok(moved?.data)
        }
    });
    let expr = expr.collect::<PlanResult<Vec<_>>>()?;
    LogicalPlanBuilder::from(input).project(expr)?.build()
}
