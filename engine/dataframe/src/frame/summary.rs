//! What columns of numbers are like.

use datafusion::arrow::datatypes::DataType;
use datafusion::functions_nested::expr_fn::make_array;
use datafusion::logical_expr::{cast, lit};
use datafusion::prelude::Expr;

use super::DataFrame;
use crate::expr::ColumnExt;
use crate::{Error, col};

type Reduction = (&'static str, fn(Expr) -> Expr);

/// What is told of each column.
const STATISTICS: [Reduction; 8] = [
    ("count", ColumnExt::count),
    ("mean", ColumnExt::mean),
    ("std", ColumnExt::std),
    ("min", ColumnExt::min),
    ("25%", |column| column.quantile(0.25)),
    ("50%", |column| column.quantile(0.5)),
    ("75%", |column| column.quantile(0.75)),
    ("max", ColumnExt::max),
];

impl DataFrame {
    /// Count, mean, standard deviation, quartiles and ends of each column of numbers, a row for each, named in `statistic`.
    pub fn describe(&self) -> Self {
        let names: Vec<String> = match self.schema() {
            Err(error) => return Self::of(Err(error)),
            Ok(schema) => {
                let numeric = schema.fields().iter().filter(|field| field.data_type().is_numeric());
                numeric.map(|field| field.name().clone()).collect()
            }
        };
        if names.is_empty() {
            let reason = "no column holds numbers".to_owned();
            return Self::of(Err(Error::Argument { name: "describe", reason }));
        }
        let cell = |at: usize, statistic: &str| format!("{at} {statistic}");
        let reductions = names.iter().enumerate().flat_map(|(at, name)| {
            let reduced = move |(statistic, reduce): &Reduction| {
                let value = cast(reduce(col(name.as_str())).unalias(), DataType::Float64);
                value.alias(cell(at, statistic))
            };
            STATISTICS.iter().map(reduced).collect::<Vec<_>>()
        });
        let row = self.agg(reductions.collect::<Vec<_>>());
        row.try_then(|frame| {
            let labels =
                make_array(STATISTICS.iter().map(|(name, _)| lit(*name)).collect()).alias("statistic");
            let lists = names.iter().enumerate().map(|(at, name)| {
                let cells = STATISTICS.iter().map(|(statistic, _)| col(cell(at, statistic)));
                make_array(cells.collect()).alias(name.as_str())
            });
            let wide = frame.select(std::iter::once(labels).chain(lists).collect::<Vec<_>>())?;
            let all: Vec<&str> =
                std::iter::once("statistic").chain(names.iter().map(String::as_str)).collect();
            Ok(wide.unnest_columns(&all)?)
        })
    }

    /// The value below which a share `q` of each column of numbers is, from 0 to 1, with linear interpolation.
    pub fn quantile(&self, q: f64) -> Self {
        match self.schema() {
            Err(error) => Self::of(Err(error)),
            Ok(schema) => {
                let numeric = schema.fields().iter().filter(|field| field.data_type().is_numeric());
                let columns = numeric.map(|field| col(field.name().as_str()).quantile(q));
                self.agg(columns.collect::<Vec<_>>())
            }
        }
    }

    /// The correlation of two columns (Pearson's).
    pub fn corr(&self, one: &str, other: &str) -> Self {
        let both = datafusion::functions_aggregate::expr_fn::corr(
            cast(col(one), DataType::Float64),
            cast(col(other), DataType::Float64),
        );
        self.agg([both.alias("corr")])
    }
}
