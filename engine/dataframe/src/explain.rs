//! How a frame would be run, for people.

use std::fmt::Write;

use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::datasource::source_as_provider;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::displayable;

use crate::files::Files;
use crate::parts::Parts;
use crate::{Error, planner};

/// What is read, and the operators that would do the work.
pub(crate) fn explain(plan: &LogicalPlan) -> Result<String, Error> {
    let mut text = "reads\n".to_owned();
    plan.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node
            && let Ok(table) = source_as_provider(&scan.source)
        {
            if let Some(files) = table.downcast_ref::<Files>() {
                let (n, nbytes) = (files.files.len(), files.nbytes());
                let _ = writeln!(
                    text,
                    "  {}: {n} files of {}, {nbytes} bytes",
                    scan.table_name,
                    files.format.name()
                );
            }
            if let Some(parts) = table.downcast_ref::<Parts>() {
                let _ = writeln!(text, "  {}: {} results of tasks", scan.table_name, parts.parts.len());
            }
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    let plan = plan.clone();
    let physical = planner::wait_for(async move { planner::state().create_physical_plan(&plan).await })??;
    text.push_str("runs, as one task of the graph, on the threads of one worker\n");
    let shown = displayable(physical.as_ref()).set_show_statistics(true).indent(false).to_string();
    shown.lines().for_each(|line| {
        let _ = writeln!(text, "  {line}");
    });
    Ok(text)
}
