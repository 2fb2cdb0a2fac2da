//! The lazy dataframe.

pub(crate) mod duration;
mod group;
mod join;
mod missing;
mod reshape;
mod rows;
mod summary;

use std::fmt;

use datafusion::arrow::datatypes::{Schema, SchemaRef};
use datafusion::common::Column;
use datafusion::dataframe::DataFrame as Builder;
use datafusion::datasource::provider_as_source;
use datafusion::error::Result as PlanResult;
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder};
use datafusion::prelude::Expr;

pub use group::GroupBy;
pub use join::Join;

use crate::expr::called;
use crate::files::{Dialect, Files, Format, Lenient};
use crate::options::ReadOptions;
use crate::parts::Parts;
use crate::{Error, col, planner};

/// A table that will be computed: files or partitions, and what is to be done with them. Cheap to clone.
///
/// Nothing runs before a client computes it. A mistake, such as a column that is not there, is kept in the frame and told by
/// [`DataFrame::check`] and when it is computed, so that methods can be chained.
///
/// Rows have no order but that of [`DataFrame::sort`]. Absent values are nulls, as in SQL: they equal nothing, and reductions
/// leave them out; NaN is a number.
///
/// ```no_run
/// use gristmill_dataframe::{ColumnExt, DataFrame, col, lit};
/// let flights = DataFrame::read_csv("data/2013-*.csv.gz");
/// let by_hour = flights
///     .filter(col("dep_delay").gt(lit(0)))
///     .group_by(["hour"])
///     .agg([col("dep_delay").mean(), gristmill_dataframe::len()])
///     .sort(["hour"]);
/// # by_hour.check()?;
/// # Ok::<(), gristmill_dataframe::Error>(())
/// ```
#[must_use = "dataframes are lazy and do nothing until computed"]
#[derive(Clone)]
pub struct DataFrame {
    plan: Result<LogicalPlan, Error>,
}

/// What names a column, or computes one: a name or an expression.
pub trait IntoExpr {
    /// The expression.
    fn into_expr(self) -> Expr;
}

impl IntoExpr for Expr {
    fn into_expr(self) -> Expr {
        self
    }
}

impl IntoExpr for &str {
    fn into_expr(self) -> Expr {
        col(self)
    }
}

impl IntoExpr for String {
    fn into_expr(self) -> Expr {
        col(self)
    }
}

pub(crate) fn exprs<E: IntoExpr>(columns: impl IntoIterator<Item = E>) -> Vec<Expr> {
    columns.into_iter().map(IntoExpr::into_expr).collect()
}

impl DataFrame {
    /// The files that `pattern` names (`*`, `?`, `[ab]`, `**`), or all below a folder, as one table, of the format that their
    /// names say: csv, tsv, json (an object a line), parquet, arrow, avro; CSV and JSON also with gz, bz2, xz or zst behind it.
    ///
    /// Parts of their paths such as `site=A`, where the pattern leaves them open, are columns. Columns and types are found by
    /// looking into the files.
    pub fn read(pattern: &str) -> Self {
        Self::read_as(pattern, None, &ReadOptions::default())
    }

    /// CSV, whatever the files' names; the first line has the names of the columns. Fields in quotes may hold newlines.
    pub fn read_csv(pattern: &str) -> Self {
        Self::read_csv_with(pattern, &ReadOptions::default())
    }

    /// CSV that is written otherwise, or whose types are known.
    pub fn read_csv_with(pattern: &str, options: &ReadOptions) -> Self {
        let dialect = options.dialect.unwrap_or_else(|| match Format::of(pattern) {
            Ok(Format::Csv(dialect)) => dialect,
            _ => Dialect::default(),
        });
        Self::read_as(pattern, Some(Format::Csv(dialect)), options)
    }

    /// CSV or JSON lines of which some may be damaged: the rows that can be read, and a table of those that cannot, with the
    /// columns `file`, `line`, `reason` and `text`. Each is read from the files when it is computed. Slower than where the first
    /// fault fails the query. Columns of paths are left out.
    pub fn read_lenient(pattern: &str, options: &ReadOptions) -> (Self, Self) {
        let planned = Files::plan(pattern, options.dialect.map(Format::Csv), options).and_then(|files| {
            let format = files.format;
            if format.is_text() {
                return Ok(files.described());
            }
            let reason = format!("{} has no lines to be read one by one", format.name());
            Err(Error::Argument { name: "read_lenient", reason })
        });
        let name = table_name(pattern);
        let table = |wants_faults| {
            Self::of(planned.clone().and_then(|files| {
                let source = provider_as_source(std::sync::Arc::new(Lenient::new(files, wants_faults)));
                Ok(LogicalPlanBuilder::scan(planner::name(&name), source, None)?.build()?)
            }))
        };
        (table(false), table(true))
    }

    /// JSON, an object a line. Fields that the first rows of no file have are left out.
    pub fn read_json(pattern: &str) -> Self {
        Self::read_as(pattern, Some(Format::Json), &ReadOptions::default())
    }

    /// Parquet; what filters exclude by the files' statistics is not read.
    pub fn read_parquet(pattern: &str) -> Self {
        Self::read_as(pattern, Some(Format::Parquet), &ReadOptions::default())
    }

    /// Arrow IPC, files or streams.
    pub fn read_arrow(pattern: &str) -> Self {
        Self::read_as(pattern, Some(Format::Arrow), &ReadOptions::default())
    }

    /// Avro.
    pub fn read_avro(pattern: &str) -> Self {
        Self::read_as(pattern, Some(Format::Avro), &ReadOptions::default())
    }

    pub(crate) fn read_as(pattern: &str, format: Option<Format>, options: &ReadOptions) -> Self {
        let name = table_name(pattern);
        Self::of(Files::plan(pattern, format, options).and_then(|files| files.into_plan(&name)))
    }

    pub(crate) fn of_parts(parts: Parts) -> Self {
        let source = provider_as_source(std::sync::Arc::new(parts));
        let scan = LogicalPlanBuilder::scan(planner::name("partitions"), source, None);
        Self::of(scan.and_then(LogicalPlanBuilder::build).map_err(Error::from))
    }

    pub(crate) fn of(plan: Result<LogicalPlan, Error>) -> Self {
        Self { plan }
    }

    pub(crate) fn plan(&self) -> Result<&LogicalPlan, Error> {
        self.plan.as_ref().map_err(Clone::clone)
    }

    /// The frame that DataFusion's builder makes of this one.
    pub(crate) fn then(&self, change: impl FnOnce(Builder) -> PlanResult<Builder> + Send) -> Self {
        self.try_then(|builder| Ok(change(builder)?))
    }

    pub(crate) fn try_then(&self, change: impl FnOnce(Builder) -> Result<Builder, Error> + Send) -> Self {
        let changed = |plan: &LogicalPlan| {
            let change = || change(planner::builder(plan.clone())).map(Builder::into_unoptimized_plan);
            planner::with_deep_stack(change)?
        };
        Self::of(self.plan().and_then(changed))
    }

    /// The first mistake that was made on the way here.
    ///
    /// # Errors
    /// That mistake.
    pub fn check(&self) -> Result<(), Error> {
        self.plan().map(drop)
    }

    /// Names and types of its columns.
    ///
    /// # Errors
    /// The mistake in the frame, if there is one.
    pub fn schema(&self) -> Result<SchemaRef, Error> {
        let schema: &Schema = self.plan()?.schema().as_arrow();
        Ok(std::sync::Arc::new(schema.clone()))
    }

    /// Names of its columns.
    ///
    /// # Errors
    /// The mistake in the frame, if there is one.
    pub fn columns(&self) -> Result<Vec<String>, Error> {
        Ok(self.schema()?.fields().iter().map(|field| field.name().clone()).collect())
    }

    /// These columns alone, by name or computed. What is computed without an `alias` is called like its first column.
    pub fn select<E: IntoExpr>(&self, columns: impl IntoIterator<Item = E>) -> Self {
        let columns: Vec<Expr> = exprs(columns).into_iter().map(called).collect();
        self.then(|frame| frame.select(columns))
    }

    /// The rows for which this is true.
    pub fn filter(&self, condition: Expr) -> Self {
        self.then(|frame| frame.filter(condition))
    }

    /// With this column added, or in the place of the one of its name.
    pub fn with_column(&self, name: &str, value: Expr) -> Self {
        self.then(|frame| frame.with_column(name, value.unalias()))
    }

    /// With these columns added, each under its expression's name, or in the place of those of these names. All are computed
    /// from the frame as it was.
    pub fn with_columns(&self, values: impl IntoIterator<Item = Expr>) -> Self {
        let values: Vec<Expr> = values.into_iter().map(called).collect();
        let names: Vec<String> = values.iter().map(crate::expr::output_name).collect();
        self.try_then(|frame| {
            if let Some(name) =
                names.iter().enumerate().find(|(at, name)| names.iter().take(*at).any(|n| n == *name))
            {
                let reason = format!("two columns are called `{}`; give them names with `alias`", name.1);
                return Err(Error::Argument { name: "with_columns", reason });
            }
            let kept = plain(frame.schema()).into_iter().map(|(name, column)| {
                let at = names.iter().position(|own| *own == name);
                at.and_then(|at| values.get(at).cloned()).unwrap_or(column)
            });
            let old: Vec<String> = frame.schema().fields().iter().map(|field| field.name().clone()).collect();
            let kept: Vec<Expr> = kept.collect();
            let added = names.iter().zip(&values).filter(|(name, _)| !old.contains(name));
            let added: Vec<Expr> = added.map(|(_, value)| value.clone()).collect();
            Ok(frame.select(kept.into_iter().chain(added))?)
        })
    }

    /// Without these columns.
    pub fn drop(&self, names: &[&str]) -> Self {
        self.try_then(|frame| {
            known(frame.schema(), names)?;
            let kept = plain(frame.schema()).into_iter().filter(|(name, _)| !names.contains(&name.as_str()));
            let kept: Vec<Expr> = kept.map(|(_, column)| column).collect();
            Ok(frame.select(kept)?)
        })
    }

    /// With a column called otherwise.
    pub fn rename(&self, from: &str, to: &str) -> Self {
        self.try_then(|frame| {
            known(frame.schema(), &[from])?;
            let columns = plain(frame.schema()).into_iter().map(|(name, column)| match name == from {
                true => column.unalias().alias(to),
                false => column,
            });
            let columns: Vec<Expr> = columns.collect();
            Ok(frame.select(columns)?)
        })
    }

    /// In this order, smallest first; nulls last.
    pub fn sort<E: IntoExpr>(&self, by: impl IntoIterator<Item = E>) -> Self {
        let by: Vec<_> = exprs(by).into_iter().map(|expr| expr.sort(true, false)).collect();
        self.then(|frame| frame.sort(by))
    }

    /// In this order, largest first; nulls last.
    pub fn sort_descending<E: IntoExpr>(&self, by: impl IntoIterator<Item = E>) -> Self {
        let by: Vec<_> = exprs(by).into_iter().map(|expr| expr.sort(false, false)).collect();
        self.then(|frame| frame.sort(by))
    }

    /// The groups of rows that have the same values there.
    pub fn group_by<E: IntoExpr>(&self, keys: impl IntoIterator<Item = E>) -> GroupBy {
        GroupBy::new(self.clone(), exprs(keys))
    }

    /// One row: reductions of all rows, such as `col("x").mean()`.
    pub fn agg(&self, reductions: impl IntoIterator<Item = Expr>) -> Self {
        GroupBy::new(self.clone(), Vec::new()).agg(reductions)
    }

    /// How it would be run: what is read, the operators, and where.
    ///
    /// # Errors
    /// The mistake in the frame, if there is one, or what only planning finds out.
    pub fn explain(&self) -> Result<String, Error> {
        crate::explain::explain(self.plan()?)
    }
}

impl fmt::Debug for DataFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.plan {
            Ok(plan) => write!(f, "DataFrame({})", plan.display_indent()),
            Err(error) => write!(f, "DataFrame(a mistake: {error})"),
        }
    }
}

/// What people call the table of a pattern.
fn table_name(pattern: &str) -> String {
    let last = pattern.trim_end_matches('/').rsplit('/').next().unwrap_or(pattern);
    last.split('.').next().filter(|name| !name.is_empty()).unwrap_or("table").to_owned()
}

/// Every column under its name alone.
pub(crate) fn plain(schema: &datafusion::common::DFSchema) -> Vec<(String, Expr)> {
    let column = |(table, field): (Option<&datafusion::common::TableReference>, &std::sync::Arc<_>)| {
        let column = Expr::Column(Column::from((table, field)));
        let name = datafusion::arrow::datatypes::Field::name(field).clone();
        (name.clone(), column.alias(name))
    };
    schema.iter().map(column).collect()
}

/// Whether all of these columns are there.
///
/// # Errors
/// The first that is not, with those that are.
pub(crate) fn known(schema: &datafusion::common::DFSchema, names: &[&str]) -> Result<(), Error> {
    let has = |name: &str| schema.fields().iter().any(|field| field.name() == name);
    match names.iter().find(|name| !has(name)) {
        None => Ok(()),
        Some(name) => {
            let there: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
            Err(Error::Plan(format!("there is no column `{name}`; there are {}", there.join(", "))))
        }
    }
}
