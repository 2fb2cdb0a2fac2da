//! Groups of rows.

use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::LogicalPlanBuilder;
use datafusion::logical_expr::utils::find_aggregate_exprs;
use datafusion::prelude::Expr;

use super::{DataFrame, IntoExpr, duration, exprs, plain};
use crate::expr::{ColumnExt, output_name};
use crate::{col, len};

/// Groups of rows that have the same values somewhere.
#[must_use = "groups do nothing until they are reduced"]
#[derive(Debug, Clone)]
pub struct GroupBy {
    frame: DataFrame,
    keys: Vec<Expr>,
}

impl GroupBy {
    pub(super) fn new(frame: DataFrame, keys: Vec<Expr>) -> Self {
        Self { frame, keys }
    }

    /// A row for each group: its keys, and reductions of its rows, or what is computed of several:
    /// `(col("a").sum() / col("b").sum()).alias("ratio")`. Rows whose key is null are a group, too.
    pub fn agg(&self, reductions: impl IntoIterator<Item = Expr>) -> DataFrame {
        let wanted: Vec<Expr> = reductions.into_iter().collect();
        self.frame.try_then(|frame| {
            let found = find_aggregate_exprs(&wanted);
            let (state, plan) = frame.into_parts();
            let keys: Vec<Expr> = self.keys.clone();
            let grouped = LogicalPlanBuilder::from(plan).aggregate(keys.clone(), found.clone())?.build()?;
            // Each reduction is a column now, and what is computed of them is computed of columns.
            let schema = grouped.schema().clone();
            let (of_keys, of_reductions) = schema.fields().split_at(keys.len().min(schema.fields().len()));
            let key_columns = keys.iter().zip(schema.iter().take(of_keys.len())).map(|(key, place)| {
                Expr::Column(datafusion::common::Column::from(place)).alias(output_name(key))
            });
            let columns = wanted.iter().map(|expr| {
                let name = output_name(expr);
                let replaced = expr.clone().transform(|expr| {
                    let at = found.iter().position(|known| *known == expr);
                    Ok(match at.and_then(|at| of_reductions.get(at)) {
                        Some(field) => Transformed::yes(col(field.name().as_str())),
                        None => Transformed::no(expr),
                    })
                })?;
                Ok(replaced.data.unalias().alias(name))
            });
            let columns = columns.collect::<datafusion::error::Result<Vec<Expr>>>()?;
            let frame = datafusion::dataframe::DataFrame::new(state, grouped);
            Ok(frame.select(key_columns.chain(columns).collect::<Vec<_>>())?)
        })
    }

    /// How many rows each group has, as column `len`.
    pub fn count(&self) -> DataFrame {
        self.agg([len()])
    }

    /// The sum of each other column of numbers.
    pub fn sum(&self) -> DataFrame {
        self.each(ColumnExt::sum)
    }

    /// The mean of each other column of numbers.
    pub fn mean(&self) -> DataFrame {
        self.each(ColumnExt::mean)
    }

    /// The smallest of each other column of numbers.
    pub fn min(&self) -> DataFrame {
        self.each(ColumnExt::min)
    }

    /// The largest of each other column of numbers.
    pub fn max(&self) -> DataFrame {
        self.each(ColumnExt::max)
    }

    /// The sample standard deviation of each other column of numbers.
    pub fn std(&self) -> DataFrame {
        self.each(ColumnExt::std)
    }

    /// The median of each other column of numbers.
    pub fn median(&self) -> DataFrame {
        self.each(ColumnExt::median)
    }

    fn each(&self, reduction: impl Fn(Expr) -> Expr) -> DataFrame {
        let keys: Vec<String> = self.keys.iter().map(output_name).collect();
        match self.frame.plan() {
            Err(error) => DataFrame::of(Err(error)),
            Ok(plan) => {
                let numeric = plan.schema().fields().iter().filter(|field| field.data_type().is_numeric());
                let others = numeric.map(|field| field.name()).filter(|name| !keys.contains(name));
                self.agg(others.map(|name| reduction(col(name.as_str()))))
            }
        }
    }
}

impl DataFrame {
    /// Groups of rows whose `time` is in the same span: `15min`, `1h`, `1d`, `1w`, `1mo`, `1q`, `1y`, named by its start.
    /// Spans without rows are no groups.
    pub fn resample(&self, time: &str, every: &str) -> GroupBy {
        self.resample_by(time, every, [] as [Expr; 0])
    }

    /// The same within groups of rows that have the same `keys`.
    pub fn resample_by<E: IntoExpr>(
        &self,
        time: &str,
        every: &str,
        keys: impl IntoIterator<Item = E>,
    ) -> GroupBy {
        let frame = match duration::span(every) {
            Ok(_) => self.clone(),
            Err(reason) => DataFrame::of(Err(crate::Error::Argument { name: "resample", reason })),
        };
        let mut by = vec![col(time).dt().floor(every)];
        by.extend(exprs(keys));
        GroupBy::new(frame, by)
    }

    /// Each different value, and how often it is there, most frequent first.
    pub fn value_counts(&self, column: &str) -> Self {
        let counted = self.group_by([column]).agg([len().alias("count")]);
        counted.then(|frame| frame.sort(vec![col("count").sort(false, false), col(column).sort(true, false)]))
    }

    /// A row for each value of `index`, and a column for each of these values of `column`: the reduction of `value` in the
    /// rows that have both. `month, carrier, delay` becomes a row a month and a column a carrier:
    /// `pivot(["month"], "carrier", ["AA", "UA"], col("delay"), ColumnExt::mean)`.
    pub fn pivot<E: IntoExpr>(
        &self,
        index: impl IntoIterator<Item = E>,
        column: &str,
        values: impl IntoIterator<Item = impl datafusion::logical_expr::Literal + ToString>,
        value: Expr,
        reduction: impl Fn(Expr) -> Expr,
    ) -> Self {
        // Of the rows of one value alone: what reduces them may heed nulls.
        let of_value = |wanted: Expr| {
            let reduced = reduction(value.clone()).unalias().transform(|expr| match expr {
                Expr::AggregateFunction(mut call) => {
                    let of_value = col(column).eq(wanted.clone());
                    let filter =
                        call.params.filter.take().map_or(of_value.clone(), |filter| filter.and(of_value));
                    call.params.filter = Some(Box::new(filter));
                    Ok(Transformed::new(Expr::AggregateFunction(call), true, TreeNodeRecursion::Jump))
                }
                other => Ok(Transformed::no(other)),
            });
            reduced.map_or_else(|error| col(error.to_string()), |reduced| reduced.data)
        };
        let cells = values.into_iter().map(|wanted| {
            let name = wanted.to_string();
            of_value(wanted.lit()).unalias().alias(name)
        });
        self.group_by(index).agg(cells.collect::<Vec<_>>())
    }

    /// Rows that differ in every column, once each; or one row, whichever, of those that have the same values in `columns`.
    pub fn drop_duplicates(&self, columns: &[&str]) -> Self {
        if columns.is_empty() {
            return self.then(datafusion::dataframe::DataFrame::distinct);
        }
        self.try_then(|frame| {
            super::known(frame.schema(), columns)?;
            let all: Vec<Expr> = plain(frame.schema()).into_iter().map(|(_, column)| column).collect();
            let on: Vec<Expr> = columns.iter().map(|name| col(*name)).collect();
            Ok(frame.distinct_on(on, all, None)?)
        })
    }

    /// Of the rows that have the same values in `columns` the first one in an order.
    pub fn first_by(&self, columns: &[&str], order: Expr) -> Self {
        self.try_then(|frame| {
            super::known(frame.schema(), columns)?;
            let all: Vec<Expr> = plain(frame.schema()).into_iter().map(|(_, column)| column).collect();
            let on: Vec<Expr> = columns.iter().map(|name| col(*name)).collect();
            let mut by: Vec<_> = on.iter().map(|key| key.clone().sort(true, false)).collect();
            by.push(order.sort(true, false));
            Ok(frame.distinct_on(on, all, Some(by))?)
        })
    }
}
