//! Tables and functions by name, and SQL over them.

use datafusion::datasource::ViewTable;
use datafusion::execution::SessionStateBuilder;
use datafusion::prelude::{SQLOptions, SessionContext};
use std::sync::Arc;

use crate::functions::check_calls;
use crate::{DataFrame, Error, Functions, planner};

/// Tables and functions by name, for queries in SQL. Names are as they are given: capitals count.
///
/// ```no_run
/// use gristmill_dataframe::{DataFrame, Session};
/// let mut session = Session::new();
/// session.register("flights", &DataFrame::read("data/2013-*.csv.gz"))?;
/// let hours = session.sql("SELECT hour, avg(dep_delay) AS delay FROM flights GROUP BY hour ORDER BY hour");
/// # hours.check()?;
/// # Ok::<(), gristmill_dataframe::Error>(())
/// ```
pub struct Session {
    context: SessionContext,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Session")
    }
}

impl Default for Session {
    fn default() -> Self {
        Self::new()
    }
}

impl Session {
    /// Without tables.
    #[must_use]
    pub fn new() -> Self {
        let builder = SessionStateBuilder::new().with_config(planner::config()).with_default_features();
        Self { context: SessionContext::new_with_state(builder.build()) }
    }

    /// Names a frame; a table of this name is replaced.
    ///
    /// # Errors
    /// The mistake in the frame, if there is one.
    pub fn register(&mut self, table: &str, frame: &DataFrame) -> Result<(), Error> {
        let view = ViewTable::new(frame.plan()?.clone(), None);
        self.context.deregister_table(planner::name(table))?;
        self.context.register_table(planner::name(table), Arc::new(view))?;
        Ok(())
    }

    /// Makes the functions of a plugin known, as `plugin.function`; those that return tables as `"plugin.function"(..)` after
    /// `FROM`.
    pub fn register_functions(&mut self, functions: &Functions) {
        for table in &functions.tables {
            // The name as the parser has it: quoted, since it has a dot.
            self.context.register_udtf(&format!("\"{}\"", table.name()), Arc::new(table.clone()));
        }
        functions.scalars.iter().for_each(|scalar| self.context.register_udf(scalar.as_ref().clone()));
        functions
            .aggregates
            .iter()
            .for_each(|aggregate| self.context.register_udaf(aggregate.as_ref().clone()));
    }

    /// A query. It reads tables and changes nothing; a mistake is kept in the frame.
    pub fn sql(&self, query: &str) -> DataFrame {
        let reads =
            SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
        let (context, query) = (self.context.clone(), query.to_owned());
        let planned = async move { context.sql_with_options(&query, reads).await };
        DataFrame::of(planner::wait_for(planned).and_then(|frame| {
            let plan = frame?.into_unoptimized_plan();
            planner::with_deep_stack(|| check_calls(&plan))??;
            Ok(plan)
        }))
    }
}
